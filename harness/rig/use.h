/* SPDX-License-Identifier: MIT
 *
 * use.h: what of the machine's memory the subject has in use, and what the
 * amount may hang on.
 */
#ifndef RIG_USE_H
#define RIG_USE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/machine.h"

struct rig_use {
    size_t bytes;      /* dma_alloc'ed, and copies of what is shared */
    uint32_t windows;  /* open: allocations and shares */
    uint64_t features; /* accepted */
    uint32_t entries[FAKE_QUEUES_MAX]; /* of queues that are ready, else 0 */
};

/* On the driver's thread. */
struct rig_use rig_use_of(const struct fake_machine *machine);

/* Is there reason to take equally much memory? */
bool rig_use_alike(const struct rig_use *a, const struct rig_use *b);

#endif
