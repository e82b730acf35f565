/* SPDX-License-Identifier: MIT
 *
 * ring_packed_odd.c: slots of a packed ring that faults write over, at a time
 * when no device has business there.
 */
#include <stddef.h>

#include "ring_mem.h"

uint16_t fake_packed_flags(const uint8_t *entry)
{
    return get16(entry + offsetof(struct pvirtq_desc, flags),
                 memory_order_relaxed);
}

/* Changed at once: the driver may be writing the slot at this moment. */
void fake_packed_amend(uint8_t *entry, uint16_t flags, uint64_t mask,
                       uint64_t bits)
{
    _Atomic uint64_t *word =
        (_Atomic uint64_t *)(void *)(entry + offsetof(struct pvirtq_desc, len));
    uint64_t old = get64(entry + offsetof(struct pvirtq_desc, len));
    uint64_t was = FAKE_LE64(old);

    if (old >> 48 == flags)
        atomic_compare_exchange_strong_explicit(
            word, &was, FAKE_LE64((old & ~mask) | bits), memory_order_relaxed,
            memory_order_relaxed);
}

void fake_packed_reread(struct fake_ring *ring, const struct fake_fetched *was)
{
    struct fake_fetched *d = &ring->was[was->index];

    d->addr = get64(was->at);
    d->len = get32(was->at + offsetof(struct pvirtq_desc, len));
    d->next =
        get16(was->at + offsetof(struct pvirtq_desc, id), memory_order_relaxed);
    d->flags = fake_packed_flags(was->at);
}
