/* SPDX-License-Identifier: MIT
 *
 * unusual.h: what a conforming device may do and few do. Every driver has to
 * work through it. No faults, so a device is given it by members of its own.
 */
#ifndef RIG_UNUSUAL_H
#define RIG_UNUSUAL_H

#include <stddef.h>

struct rig_unusual {
    const char *name;
    const char *means;
    const char *vector;  /* members of "device", for example; or "": none */
    const char *command; /* options that ask for the same, or alike; or "" */
};

/* Number k, or NULL past the end. */
const struct rig_unusual *rig_unusual(size_t k);

#endif
