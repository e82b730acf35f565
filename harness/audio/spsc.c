/* SPDX-License-Identifier: MIT
 *
 * spsc.c: see spsc.h.
 */
#include "spsc.h"

#include <stdlib.h>
#include <string.h>

int rig_spsc_init(struct rig_spsc *ring, size_t bytes)
{
    size_t size = 1;

    while (size < bytes)
        size *= 2;
    memset(ring, 0, sizeof(*ring));
    ring->data = calloc(1, size);
    ring->mask = size - 1;
    return ring->data ? 0 : -1;
}

void rig_spsc_free(struct rig_spsc *ring)
{
    free(ring->data);
    ring->data = NULL;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t rig_spsc_write(struct rig_spsc *ring, const void *data, size_t bytes)
{
    /* Only this thread writes head. The acquire on tail is the counterpart of
     * the reader's release: its copy out of the place is over before ours
     * into it begins. */
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    size_t n = least(bytes, ring->mask + 1 - (head - tail));
    size_t at = head & ring->mask;
    size_t first = least(n, ring->mask + 1 - at);

    memcpy(ring->data + at, data, first);
    memcpy(ring->data, (const uint8_t *)data + first, n - first);
    /* The bytes before the index that shows them. */
    atomic_store_explicit(&ring->head, head + n, memory_order_release);
    return n;
}

size_t rig_spsc_read(struct rig_spsc *ring, void *data, size_t bytes)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t n = least(bytes, head - tail);
    size_t at = tail & ring->mask;
    size_t first = least(n, ring->mask + 1 - at);

    memcpy(data, ring->data + at, first);
    memcpy((uint8_t *)data + first, ring->data, n - first);
    /* The copy before the index that frees the place. */
    atomic_store_explicit(&ring->tail, tail + n, memory_order_release);
    return n;
}

size_t rig_spsc_fill(const struct rig_spsc *ring)
{
    /* tail first: read the other way round, the reader could overtake the
     * head seen here, and the difference would be huge. */
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

    return least(head - tail, ring->mask + 1);
}

size_t rig_spsc_room(const struct rig_spsc *ring)
{
    return ring->mask + 1 - rig_spsc_fill(ring);
}
