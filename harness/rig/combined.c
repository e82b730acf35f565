/* SPDX-License-Identifier: MIT */
#include "combined.h"

#include <stdio.h>

#include "ringtrue/wire.h"

#define BIT(n) (UINT64_C(1) << (n))

static const struct {
    enum rig_dim dim;
    uint16_t with; /* the value that needs the feature; the other bars it */
    unsigned bit;
    const char *name;
} features[] = {
    {RIG_DIM_RING, RIG_RING_PACKED, VIRTIO_F_RING_PACKED, "RING_PACKED"},
    {RIG_DIM_INDIRECT, RIG_ON, VIRTIO_F_INDIRECT_DESC, "INDIRECT_DESC"},
    {RIG_DIM_EVENT_IDX, RIG_ON, VIRTIO_F_EVENT_IDX, "EVENT_IDX"},
    {RIG_DIM_IN_ORDER, RIG_ON, VIRTIO_F_IN_ORDER, "IN_ORDER"},
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

void rig_combo_apply(struct fake_machine_config *cfg,
                     const struct rig_combo *combo)
{
    uint64_t *offered = cfg->device_id == VIRTIO_ID_SOUND ? &cfg->snd.features
                                                          : &cfg->blk.features;

    for (size_t k = 0; k < FEATURES; k++) {
        uint16_t value = combo->value[features[k].dim];

        if (value == features[k].with)
            *offered |= BIT(features[k].bit);
        else if (value != RIG_UNNAMED)
            *offered &= ~BIT(features[k].bit);
    }
    if (combo->value[RIG_DIM_SIZE] != RIG_UNNAMED)
        cfg->queue_size_max = combo->value[RIG_DIM_SIZE];
}

static uint32_t longest_queue(const struct fake_regs *regs)
{
    uint32_t longest = 0;

    for (unsigned k = 0; k < FAKE_QUEUES_MAX; k++)
        if (regs->queue[k].ready && regs->queue[k].num > longest)
            longest = regs->queue[k].num;
    return longest;
}

void rig_settled_note(struct rig_settled *s, const struct fake_regs *regs,
                      uint32_t offset, uint32_t value)
{
    if (offset != VIRTIO_MMIO_STATUS || regs->gone)
        return;
    if (value & VIRTIO_STATUS_FEATURES_OK) {
        s->agreed = true;
        s->features = regs->accepted;
    }
    if (value & VIRTIO_STATUS_DRIVER_OK) {
        s->live = true;
        s->entries = longest_queue(regs);
    }
}

/* A size that only a packed queue can have asks for one, too: a vector whose
 * own ring is packed does not name it. */
static bool asks_for(const struct rig_combo *combo, size_t k)
{
    unsigned size = combo->value[RIG_DIM_SIZE];

    return combo->value[features[k].dim] == features[k].with ||
           (features[k].dim == RIG_DIM_RING && size != RIG_UNNAMED &&
            (size & (size - 1)) != 0);
}

bool rig_settled_otherwise(const struct rig_settled *s,
                           const struct rig_combo *combo, char *why,
                           size_t room)
{
    uint32_t size = combo->value[RIG_DIM_SIZE];

    for (size_t k = 0; k < FEATURES && s->agreed; k++)
        if (asks_for(combo, k) && !(s->features >> features[k].bit & 1)) {
            snprintf(why, room, "subject does not accept %s", features[k].name);
            return true;
        }
    if (s->live && size != RIG_UNNAMED && s->entries != size) {
        snprintf(why, room,
                 "subject makes queues of %u entries, not of the size named",
                 (unsigned)s->entries);
        return true;
    }
    return false;
}
