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

/* A place within one lap of a packed ring around the next slot; an idx of a
 * split ring comes round by itself. */
static uint64_t wrong_event(const struct fake_ring *ring, uint64_t places)
{
    uint64_t size = ring->cfg.size;

    if (!ring->packed)
        return here(ring) + places;
    places %= 2 * size;
    return here(ring) + (places < size ? places : places - 2 * size);
}

bool fake_ring_event(struct fake_ring *ring, uint64_t *event)
{
    uint64_t arg;

    *event = here(ring);
    /* A ring that is as the driver made it wants them all: no occasion. */
    if (!(ring->packed && fake_packed_wants_all(ring)) &&
        ring_fault(ring, FAKE_FAULT_EVENT_STUCK, &arg))
        return false;
    if (ring_fault(ring, FAKE_FAULT_EVENT_WRONG, &arg))
        *event = wrong_event(ring, arg);
    return true;
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

/* Logged after the last look: for entries from here on a kick is due. */
static void tell_armed(struct fake_ring *ring, bool always)
{
    ring->polling = false;
    ring->armed_idx = here(ring);
    fake_emit(ring->log, FAKE_EV_ARMED, ring->cfg.index, here(ring),
              ring->event_idx ? ring->event_at : 0, always, 0);
}

/* Asks for kicks, though it goes on looking. */
static void unsuppress(struct fake_ring *ring)
{
    bool always = ask_for_kick(ring);

    if (!fake_ring_pending(ring))
        tell_armed(ring, always);
    else if (!ring->broken)
        refuse_kicks(ring);
}

/* Not more often than a move of the step scheduler takes: a thread that spins
 * would fill the log with it. */
#define FLAP_NS 500u

void fake_ring_flap(struct fake_ring *ring, uint64_t now_ns)
{
    uint64_t arg;

    if (!ring->live || ring->broken || ring->asleep ||
        now_ns - ring->late.flapped_ns < FLAP_NS ||
        !ring_fault(ring, FAKE_FAULT_KICK_FLAPS, &arg))
        return;
    ring->late.flapped_ns = now_ns;
    if (ring->polling)
        unsuppress(ring);
    else
        fake_ring_suppress(ring);
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
    ring->asleep = true;
    tell_armed(ring, always);
    return false;
}
