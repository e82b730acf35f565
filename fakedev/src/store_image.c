/* SPDX-License-Identifier: MIT
 *
 * store_image.c: opening image files.
 */
#include "store_image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fake_image_open(const char *path, int flags, uint64_t *bytes, char *err,
                    size_t room)
{
    int fd = open(path, flags | O_CLOEXEC);
    struct stat st;
    off_t end;

    if (fd < 0) {
        snprintf(err, room, "%s: %s", path, strerror(errno));
        return -1;
    }
    /* The end of a block device is its size, too; st_size is not. */
    end = fstat(fd, &st) == 0 ? lseek(fd, 0, SEEK_END) : -1;
    if (end < 0)
        snprintf(err, room, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        snprintf(err, room, "%s: not a regular file or block device", path);
    else if (end == 0)
        snprintf(err, room, "%s: is empty", path);
    else if (end % FAKE_SECTOR_BYTES)
        snprintf(err, room, "%s: %" PRIu64 " bytes is not a multiple of %u",
                 path, (uint64_t)end, FAKE_SECTOR_BYTES);
    else {
        *bytes = (uint64_t)end;
        return fd;
    }
    (void)close(fd);
    return -1;
}
