/* SPDX-License-Identifier: MIT
 *
 * store_cow.c: a disk that starts as an image and keeps its changes in
 * memory: a private mapping of the file. The file must not shrink meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store_image.h"

struct cow {
    struct fake_store store;
    uint8_t *mem;
};

static int cow_read(struct fake_store *store, uint64_t offset, void *to,
                    size_t bytes)
{
    const struct cow *c = (const struct cow *)store;

    if (!fake_store_has(store, offset, bytes))
        return -1;
    memcpy(to, c->mem + offset, bytes);
    return 0;
}

static int cow_write(struct fake_store *store, uint64_t offset,
                     const void *from, size_t bytes)
{
    struct cow *c = (struct cow *)store;

    if (!fake_store_has(store, offset, bytes))
        return -1;
    memcpy(c->mem + offset, from, bytes);
    return 0;
}

static int cow_flush(struct fake_store *store)
{
    (void)store; /* nothing of it is to reach a medium */
    return 0;
}

static void cow_close(struct fake_store *store)
{
    struct cow *c = (struct cow *)store;

    (void)munmap(c->mem, (size_t)store->bytes);
    free(c);
}

static const struct fake_store_ops cow_ops = {
    cow_read,
    cow_write,
    cow_flush,
    cow_close,
};

static void *map_private(const char *path, uint64_t *bytes, char *err,
                         size_t room)
{
    int fd = fake_image_open(path, O_RDONLY, bytes, err, room);
    void *mem = MAP_FAILED;

    if (fd < 0)
        return NULL;
    errno = ENOMEM;
    if (*bytes <= SIZE_MAX / 2)
        mem = mmap(NULL, (size_t)*bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (mem == MAP_FAILED) {
        snprintf(err, room, "%s: %s", path, strerror(errno));
        mem = NULL;
    }
    (void)close(fd);
    return mem;
}

struct fake_store *fake_store_cow(const char *path, char *err, size_t room)
{
    struct cow *c = calloc(1, sizeof(*c));

    if (!c) {
        snprintf(err, room, "%s: no memory", path);
        return NULL;
    }
    c->store.ops = &cow_ops;
    c->mem = map_private(path, &c->store.bytes, err, room);
    if (!c->mem) {
        free(c);
        return NULL;
    }
    return &c->store;
}
