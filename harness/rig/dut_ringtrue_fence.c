/* SPDX-License-Identifier: MIT
 *
 * fence_entry.c: where the ring accesses of a reference driver built with
 * dut_ringtrue_fence.h end. They all speak of guest memory but for one, the
 * value of a kick; without a machine attached nobody looks.
 */
#include <string.h>

#include "dut_ringtrue_fence.h"
#include "instrument.h"

static const enum fake_order order_of[] = {
    [RIG_FENCE_RELAXED] = FAKE_RELAXED,
    [RIG_FENCE_ACQUIRE] = FAKE_ACQUIRE,
    [RIG_FENCE_RELEASE] = FAKE_RELEASE,
};

uint64_t rig_fence_load(const void *field, unsigned bytes,
                        enum rig_fence_order order)
{
    return fake_weak_load(rig_instrument_cpu(), field, bytes, order_of[order]);
}

void rig_fence_store(void *field, uint64_t value, unsigned bytes,
                     enum rig_fence_order order)
{
    fake_weak_store(rig_instrument_cpu(), field, value, bytes, order_of[order]);
}

void rig_fence_full(void)
{
    fake_weak_fence(rig_instrument_cpu(), FAKE_SEQ_CST);
}
