/* SPDX-License-Identifier: MIT
 *
 * device_json.c: see device_json.h.
 */
#include "device_json.h"

#include <stdio.h>
#include <string.h>

#include "fault_plan.h"
#include "ringtrue/wire.h"
#include "snd_json.h"

#define SECTORS 2048u
#define QUEUE_SIZE 64u
#define SEG_MAX 126u
#define SIZE_MAX_BYTES 65536u
#define POLL_US 50u /* about what waking a sleeping thread costs */
#define US_NS 1000u

#define BIT(n) (UINT64_C(1) << (n))

static uint64_t number(const json_t *object, const char *key, uint64_t other)
{
    const json_t *value = json_object_get(object, key);

    return value ? (uint64_t)json_integer_value(value) : other;
}

static uint64_t inner(const json_t *object, const char *outer, const char *key,
                      uint64_t other)
{
    return number(json_object_get(object, outer), key, other);
}

static enum fake_blk_order order_of(const json_t *device)
{
    const char *name = json_string_value(json_object_get(device, "order"));

    if (name && strcmp(name, "lifo") == 0)
        return FAKE_BLK_LIFO;
    if (name && strcmp(name, "shuffle") == 0)
        return FAKE_BLK_SHUFFLE;
    return FAKE_BLK_FIFO;
}

static void read_faults(struct fake_fault_plan *plan, const json_t *list)
{
    const json_t *f;
    size_t k;

    json_array_foreach(list, k, f)
    {
        struct fake_fault_rule rule = rig_fault_from_json(f);

        (void)fake_fault_plan(plan, &rule); /* the schema sees to the room */
    }
}

static uint64_t offered(const json_t *device, uint64_t otherwise)
{
    const json_t *list = json_object_get(device, "features");

    return list ? rig_features_from_json(list) : otherwise;
}

#define RING_FEATURES                                                          \
    (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_INDIRECT_DESC) |                   \
     BIT(VIRTIO_F_EVENT_IDX))

static void read_shape(struct fake_blk_config *blk, const json_t *d)
{
    blk->cylinders = (uint16_t)inner(d, "geometry", "cylinders", 16);
    blk->heads = (uint8_t)inner(d, "geometry", "heads", 4);
    blk->sectors_per_track = (uint8_t)inner(d, "geometry", "sectors", 32);
    blk->physical_block_exp =
        (uint8_t)inner(d, "topology", "physical_block_exp", 3);
    blk->alignment_offset =
        (uint8_t)inner(d, "topology", "alignment_offset", 0);
    blk->min_io_size = (uint16_t)inner(d, "topology", "min_io_size", 8);
    blk->opt_io_size = (uint32_t)inner(d, "topology", "opt_io_size", 64);
    blk->num_queues = (uint16_t)number(d, "num_queues", 4);
}

static void read_limits(struct fake_blk_config *blk, const json_t *d)
{
    blk->discard = (struct fake_blk_limits){
        .max_sectors = (uint32_t)number(d, "max_discard_sectors", 1024),
        .max_seg = (uint32_t)number(d, "max_discard_seg", 8),
        .alignment = (uint32_t)number(d, "discard_sector_alignment", 8),
    };
    blk->write_zeroes = (struct fake_blk_limits){
        .max_sectors = (uint32_t)number(d, "max_write_zeroes_sectors", 1024),
        .max_seg = (uint32_t)number(d, "max_write_zeroes_seg", 8),
    };
    blk->write_zeroes_may_unmap =
        (uint8_t)number(d, "write_zeroes_may_unmap", 1);
    blk->secure_erase = (struct fake_blk_limits){
        .max_sectors = (uint32_t)number(d, "max_secure_erase_sectors", 1024),
        .max_seg = (uint32_t)number(d, "max_secure_erase_seg", 4),
        .alignment = (uint32_t)number(d, "secure_erase_sector_alignment", 8),
    };
}

static enum fake_blk_discard discarded_of(const json_t *device)
{
    static const char *const names[] = {"any", "keep", "zero", "garbage"};
    const char *name = json_string_value(json_object_get(device, "discard"));

    for (unsigned k = 0; name && k < sizeof(names) / sizeof(names[0]); k++)
        if (strcmp(name, names[k]) == 0)
            return (enum fake_blk_discard)(FAKE_BLK_DISCARD_BY_SEED + k);
    return FAKE_BLK_DISCARD_BY_SEED;
}

/* What becomes of data, and how worn the disk is. */
static void read_medium(struct fake_blk_config *blk, const json_t *d)
{
    const char *cache = json_string_value(json_object_get(d, "cache"));

    blk->cache = cache && strcmp(cache, "volatile") == 0;
    blk->nonsense = json_is_true(json_object_get(d, "nonsense"));
    blk->writeback = (uint8_t)number(d, "writeback", 1);
    blk->discarded = discarded_of(d);
    blk->pre_eol_info = (uint16_t)inner(d, "lifetime", "pre_eol_info", 1);
    blk->lifetime_a = (uint16_t)inner(d, "lifetime", "typ_a", 2);
    blk->lifetime_b = (uint16_t)inner(d, "lifetime", "typ_b", 3);
}

static void read_blk(struct fake_blk_config *blk, const json_t *device)
{
    const char *id = json_string_value(json_object_get(device, "id"));

    blk->features = offered(device, RING_FEATURES | BIT(VIRTIO_BLK_F_FLUSH) |
                                        BIT(VIRTIO_BLK_F_SEG_MAX));
    blk->sectors = number(device, "capacity", SECTORS);
    blk->size_max = (uint32_t)number(device, "size_max", SIZE_MAX_BYTES);
    blk->seg_max = (uint32_t)number(device, "seg_max", SEG_MAX);
    blk->blk_size = (uint32_t)number(device, "blk_size", 512);
    read_shape(blk, device);
    read_limits(blk, device);
    read_medium(blk, device);
    snprintf(blk->id, sizeof(blk->id), "%s", id ? id : "ringtrue-disk-0");
    blk->latency_ns = number(device, "latency_us", 0) * US_NS;
    blk->hold = (uint32_t)number(device, "hold", 0);
    blk->order = order_of(device);
    blk->config_extra = (uint32_t)number(device, "config_extra", 0);
}

void rig_device_from_json(struct fake_machine_config *cfg, const json_t *device)
{
    const char *type = json_string_value(json_object_get(device, "type"));

    cfg->queue_size_max = (uint32_t)number(device, "queue_size", QUEUE_SIZE);
    cfg->poll_ns = number(device, "poll_us", POLL_US) * US_NS;
    read_faults(&cfg->faults, json_object_get(device, "faults"));
    if (type && strcmp(type, "snd") == 0) {
        cfg->device_id = VIRTIO_ID_SOUND;
        cfg->snd.features = offered(device, RING_FEATURES);
        rig_snd_from_json(&cfg->snd, device);
        return;
    }
    cfg->device_id = VIRTIO_ID_BLOCK;
    read_blk(&cfg->blk, device);
}
