/* SPDX-License-Identifier: MIT
 *
 * store_file.c: a disk that is an image file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "store_image.h"

struct file {
    struct fake_store store;
    int fd;
};

static int file_read(struct fake_store *store, uint64_t offset, void *to,
                     size_t bytes)
{
    const struct file *f = (const struct file *)store;
    uint8_t *at = to;

    if (!fake_store_has(store, offset, bytes))
        return -1;
    while (bytes) {
        ssize_t n = pread(f->fd, at, bytes, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) /* 0: somebody has cut the file short */
            return -1;
        at += n;
        offset += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return 0;
}

static int file_write(struct fake_store *store, uint64_t offset,
                      const void *from, size_t bytes)
{
    const struct file *f = (const struct file *)store;
    const uint8_t *at = from;

    if (!fake_store_has(store, offset, bytes))
        return -1;
    while (bytes) {
        ssize_t n = pwrite(f->fd, at, bytes, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += n;
        offset += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return 0;
}

static int file_flush(struct fake_store *store)
{
    const struct file *f = (const struct file *)store;
    int rc;

    do
        rc = fdatasync(f->fd);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -1;
}

static void file_close(struct fake_store *store)
{
    struct file *f = (struct file *)store;

    (void)close(f->fd);
    free(f);
}

static const struct fake_store_ops file_ops = {
    file_read,
    file_write,
    file_flush,
    file_close,
};

struct fake_store *fake_store_file(const char *path, char *err, size_t room)
{
    struct file *f = calloc(1, sizeof(*f));

    if (!f) {
        snprintf(err, room, "%s: no memory", path);
        return NULL;
    }
    f->store.ops = &file_ops;
    f->fd = fake_image_open(path, O_RDWR, &f->store.bytes, err, room);
    if (f->fd < 0) {
        free(f);
        return NULL;
    }
    return &f->store;
}
