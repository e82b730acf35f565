/* SPDX-License-Identifier: MIT
 *
 * store_image.h: what the stores share: bounds, and opening an image file.
 */
#ifndef FAKEDEV_STORE_IMAGE_H
#define FAKEDEV_STORE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "fakedev/store.h"

#define FAKE_SECTOR_BYTES 512u

static inline bool fake_store_has(const struct fake_store *store,
                                  uint64_t offset, size_t bytes)
{
    return offset <= store->bytes && bytes <= store->bytes - offset;
}

/* Opens an image with these open() flags. Returns the descriptor, or -1 and
 * one line in err. */
int fake_image_open(const char *path, int flags, uint64_t *bytes, char *err,
                    size_t room);

#endif
