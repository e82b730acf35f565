/* SPDX-License-Identifier: MIT
 *
 * store.h: where a simulated disk keeps its bytes.
 *
 *   memory  zeroed memory of its own
 *   file    the image file itself: writes go to it, flush reaches the medium
 *   cow     copy on write over a file: starts as the image, never changes it
 *
 * Threads: one at a time. Errors: a call returns 0, or -1 when the host's
 * I/O failed (the device then answers VIRTIO_BLK_S_IOERR).
 */
#ifndef FAKEDEV_STORE_H
#define FAKEDEV_STORE_H

#include <stddef.h>
#include <stdint.h>

struct fake_store;

struct fake_store_ops {
    int (*read)(struct fake_store *store, uint64_t offset, void *to,
                size_t bytes);
    int (*write)(struct fake_store *store, uint64_t offset, const void *from,
                 size_t bytes);
    int (*flush)(struct fake_store *store);
    void (*close)(struct fake_store *store);
};

struct fake_store {
    const struct fake_store_ops *ops;
    uint64_t bytes; /* a multiple of 512 */
};

/* Each returns a store to be ended with store->ops->close(store), or NULL and
 * one line in err: what is wrong with which file. An image has to be a
 * non-empty regular file (or block device) whose size is a multiple of 512.
 * Calls with offset + bytes > store->bytes are refused with -1. */
struct fake_store *fake_store_memory(uint64_t bytes, char *err, size_t room);
struct fake_store *fake_store_file(const char *path, char *err, size_t room);
struct fake_store *fake_store_cow(const char *path, char *err, size_t room);

#endif
