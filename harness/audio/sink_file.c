/* SPDX-License-Identifier: MIT
 *
 * sink_file.c: see sink_file.h.
 */
#include "sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Creates it if nothing is there; *made tells. Returns the descriptor or -1. */
static int open_or_create(const char *path, int access, bool *made)
{
    int fd = open(path, access | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    *made = fd >= 0;
    if (fd >= 0 || errno != EEXIST)
        return fd;
    fd = open(path, access | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    /* A link to nothing: what it points at can be made. */
    fd = open(path, access | O_CREAT | O_CLOEXEC, 0666);
    *made = fd >= 0;
    return fd;
}

int rig_sink_file_open(struct rig_sink_file *f, const char *path, int access,
                       char *err, size_t room)
{
    struct stat st;
    bool made;

    memset(f, 0, sizeof(*f));
    f->path = strdup(path);
    f->fd = f->path ? open_or_create(path, access, &made) : -1;
    if (f->fd < 0 || fstat(f->fd, &st)) {
        snprintf(err, room, "%s: %s", path, strerror(errno));
        if (f->fd >= 0)
            close(f->fd);
        free(f->path);
        return -1;
    }
    f->regular = S_ISREG(st.st_mode);
    f->made = made ? realpath(path, NULL) : NULL;
    return 0;
}

int rig_sink_file_begin(struct rig_sink_file *f)
{
    bool begun = f->begun;

    f->begun = true;
    return begun || !f->regular ? 0 : ftruncate(f->fd, 0);
}

bool rig_sink_file_is(const struct rig_sink_file *f, const char *path)
{
    struct stat ours, other;

    return fstat(f->fd, &ours) == 0 && stat(path, &other) == 0 &&
           ours.st_dev == other.st_dev && ours.st_ino == other.st_ino;
}

void rig_sink_file_free(struct rig_sink_file *f)
{
    if (f->made && !f->begun)
        unlink(f->made);
    free(f->made);
    free(f->path);
}
