/* SPDX-License-Identifier: MIT
 *
 * spsc.h: a ring of bytes between two threads: one writes, one reads, neither
 * ever waits. A sound card's callback is one of them.
 */
#ifndef RIG_SPSC_H
#define RIG_SPSC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define RIG_SPSC_LINE 64 /* bytes of a cache line */

struct rig_spsc {
    uint8_t *data;
    size_t mask;
    /* Both run freely, and each has one thread that writes it: on lines of
     * their own they do not slow each other down. */
    uint8_t apart[RIG_SPSC_LINE];
    atomic_size_t head; /* bytes written since the beginning */
    uint8_t apart_too[RIG_SPSC_LINE - sizeof(atomic_size_t)];
    atomic_size_t tail; /* bytes read */
};

/* Room for at least `bytes`. Returns 0, or -1 without memory. */
int rig_spsc_init(struct rig_spsc *ring, size_t bytes);
void rig_spsc_free(struct rig_spsc *ring);

/* The writer's: copies as much as there is room for; returns how much. */
size_t rig_spsc_write(struct rig_spsc *ring, const void *data, size_t bytes);

/* The reader's: copies as much as there is; returns how much. */
size_t rig_spsc_read(struct rig_spsc *ring, void *data, size_t bytes);

/* Bytes in it. To the reader at least so many are there, and the writer has
 * at least the rest of `room` free. */
size_t rig_spsc_fill(const struct rig_spsc *ring);
size_t rig_spsc_room(const struct rig_spsc *ring);

#endif
