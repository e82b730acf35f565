/* SPDX-License-Identifier: MIT
 *
 * ring_kick.c: how the device asks for kicks, and to be left alone (2.7.10,
 * 2.8.10). What it asks for is written by ring_split.c and ring_packed.c.
 */
#include "ring_mem.h"

/* The next entry, or slot, to be taken. */
static uint64_t here(const struct fake_ring *ring)
{
    return ring->packed ? ring->next.count : ring->avail_idx;
}

static void refuse_kicks(struct fake_ring *ring)
{
    if (ring->packed)
        fake_packed_refuse(ring);
    else
        fake_split_refuse(ring);
    /* Logged afterwards: whoever sees the event sees the wish. */
    fake_emit(ring->log, FAKE_EV_SUPPRESSED, ring->cfg.index, here(ring),
              ring->event_idx ? ring->armed_idx : 0, 0, 0);
}

void fake_ring_kick(struct fake_ring *ring)
{
    ring->asleep = false;
}

void fake_ring_suppress(struct fake_ring *ring)
{
    if (!ring->live || ring->broken || ring->asleep)
        return;
    if (ring->polling) {
        if (!ring->packed)
            fake_split_refresh(ring);
        return;
    }
    ring->polling = true;
    /* Logged first: a driver may see the wish before SUPPRESSED is logged, and
     * rightly go to sleep without a kick. */
    fake_emit(ring->log, FAKE_EV_SUPPRESSING, ring->cfg.index, here(ring), 0, 0,
              0);
    refuse_kicks(ring);
}

/* Returns true if it has asked for a kick at each new entry. */
static bool ask_for_kick(struct fake_ring *ring)
{
    bool always;

    /* Logged first: from here on a kick is no surprise. */
    if (ring->polling)
        fake_emit(ring->log, FAKE_EV_ARMING, ring->cfg.index, here(ring), 0, 0,
                  0);
    always = ring->packed ? fake_packed_ask(ring) : fake_split_ask(ring);
    /* seq_cst: our wish is visible before the driver's newest entry is looked
     * for once more. Pairs with the driver's fence between its entry and its
     * look at our wish (2.7.13.4.1, 2.8.21.3.1): one of the two sees the
     * other. */
    atomic_thread_fence(memory_order_seq_cst);
    return always;
}

bool fake_ring_arm(struct fake_ring *ring)
{
    bool always;
    uint64_t arg;

    if (!ring->live || ring->broken)
        return false;
    if (fake_ring_pending(ring))
        return true;
    if (!ring->always_polls)
        ring->always_polls = ring_fault(ring, FAKE_FAULT_KICK_SUPPRESSED, &arg);
    if (ring->always_polls) {
        fake_ring_suppress(ring);
        return true;
    }
    ring->asleep = !ring->polling && ring->armed_idx == here(ring);
    if (ring->asleep)
        return false;
    always = ask_for_kick(ring);
    if (fake_ring_pending(ring)) {
        if (ring->polling && !ring->broken)
            refuse_kicks(ring);
        return true;
    }
    ring->polling = false;
    ring->asleep = true;
    ring->armed_idx = here(ring);
    /* Logged after the last look: for entries from here on a kick is due. */
    fake_emit(ring->log, FAKE_EV_ARMED, ring->cfg.index, here(ring),
              ring->event_idx ? ring->armed_idx : 0, always, 0);
    return false;
}
