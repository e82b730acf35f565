/* SPDX-License-Identifier: MIT
 *
 * store_memory.c: a disk in memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "store_image.h"

struct memory {
    struct fake_store store;
    uint8_t *mem;
};

static int memory_read(struct fake_store *store, uint64_t offset, void *to,
                       size_t bytes)
{
    const struct memory *m = (const struct memory *)store;

    if (!fake_store_has(store, offset, bytes))
        return -1;
    memcpy(to, m->mem + offset, bytes);
    return 0;
}

static int memory_write(struct fake_store *store, uint64_t offset,
                        const void *from, size_t bytes)
{
    struct memory *m = (struct memory *)store;

    if (!fake_store_has(store, offset, bytes))
        return -1;
    memcpy(m->mem + offset, from, bytes);
    return 0;
}

static int memory_flush(struct fake_store *store)
{
    (void)store;
    return 0;
}

static void memory_close(struct fake_store *store)
{
    struct memory *m = (struct memory *)store;

    (void)munmap(m->mem, (size_t)store->bytes);
    free(m);
}

static const struct fake_store_ops memory_ops = {
    memory_read,
    memory_write,
    memory_flush,
    memory_close,
};

struct fake_store *fake_store_memory(uint64_t bytes, char *err, size_t room)
{
    struct memory *m;

    if (!bytes || bytes % FAKE_SECTOR_BYTES) {
        snprintf(err, room,
                 "memory disk: %" PRIu64 " bytes is not a multiple of %u, "
                 "or 0",
                 bytes, FAKE_SECTOR_BYTES);
        return NULL;
    }
    m = bytes <= SIZE_MAX / 2 ? calloc(1, sizeof(*m)) : NULL;
    if (m) {
        /* Sectors cost nothing until they are written. */
        m->mem = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (m->mem != MAP_FAILED) {
            m->store.ops = &memory_ops;
            m->store.bytes = bytes;
            return &m->store;
        }
        free(m);
    }
    snprintf(err, room, "memory disk: no memory for %" PRIu64 " bytes", bytes);
    return NULL;
}
