/* SPDX-License-Identifier: MIT
 *
 * device_json.c: see device_json.h.
 */
#include "device_json.h"

#include <stdio.h>
#include <string.h>

#include "ringtrue/wire.h"
#include "snd_json.h"

#define SECTORS 2048u
#define QUEUE_SIZE 64u
#define SEG_MAX 126u
#define SIZE_MAX_BYTES 65536u
#define POLL_US 50u /* about what waking a sleeping thread costs */
#define US_NS 1000u

static const struct feature {
    const char *name;
    unsigned bit;
} features[] = {
    {"INDIRECT_DESC", VIRTIO_F_INDIRECT_DESC},
    {"EVENT_IDX", VIRTIO_F_EVENT_IDX},
    {"VERSION_1", VIRTIO_F_VERSION_1},
    {"ACCESS_PLATFORM", VIRTIO_F_ACCESS_PLATFORM},
    {"RING_PACKED", VIRTIO_F_RING_PACKED},
    {"IN_ORDER", VIRTIO_F_IN_ORDER},
    {"ORDER_PLATFORM", VIRTIO_F_ORDER_PLATFORM},
    {"SR_IOV", VIRTIO_F_SR_IOV},
    {"NOTIFICATION_DATA", VIRTIO_F_NOTIFICATION_DATA},
    {"NOTIF_CONFIG_DATA", VIRTIO_F_NOTIF_CONFIG_DATA},
    {"RING_RESET", VIRTIO_F_RING_RESET},
    {"SIZE_MAX", VIRTIO_BLK_F_SIZE_MAX},
    {"SEG_MAX", VIRTIO_BLK_F_SEG_MAX},
    {"GEOMETRY", VIRTIO_BLK_F_GEOMETRY},
    {"RO", VIRTIO_BLK_F_RO},
    {"BLK_SIZE", VIRTIO_BLK_F_BLK_SIZE},
    {"FLUSH", VIRTIO_BLK_F_FLUSH},
    {"TOPOLOGY", VIRTIO_BLK_F_TOPOLOGY},
    {"CONFIG_WCE", VIRTIO_BLK_F_CONFIG_WCE},
};

#define BIT(n) (UINT64_C(1) << (n))

static uint64_t feature_bit(const json_t *value)
{
    const char *name = json_string_value(value);

    if (!name)
        return BIT(json_integer_value(value) & 63);
    for (size_t k = 0; k < sizeof(features) / sizeof(features[0]); k++)
        if (strcmp(features[k].name, name) == 0)
            return BIT(features[k].bit);
    return 0;
}

uint64_t rig_features_from_json(const json_t *list)
{
    uint64_t bits = 0;
    const json_t *value;
    size_t k;

    json_array_foreach(list, k, value) bits |= feature_bit(value);
    return bits;
}

static uint64_t number(const json_t *object, const char *key, uint64_t other)
{
    const json_t *value = json_object_get(object, key);

    return value ? (uint64_t)json_integer_value(value) : other;
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
        int fault =
            fake_fault_find(json_string_value(json_object_get(f, "fault")));

        if (fault >= 0)
            fake_fault_add(plan, (enum fake_fault)fault, number(f, "nth", 1),
                           number(f, "count", 0), number(f, "arg", 0));
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

static void read_blk(struct fake_blk_config *blk, const json_t *device)
{
    const char *id = json_string_value(json_object_get(device, "id"));

    blk->features = offered(device, RING_FEATURES | BIT(VIRTIO_BLK_F_FLUSH) |
                                        BIT(VIRTIO_BLK_F_SEG_MAX));
    blk->sectors = number(device, "capacity", SECTORS);
    blk->size_max = (uint32_t)number(device, "size_max", SIZE_MAX_BYTES);
    blk->seg_max = (uint32_t)number(device, "seg_max", SEG_MAX);
    blk->blk_size = (uint32_t)number(device, "blk_size", 512);
    blk->cylinders = 16;
    blk->heads = 4;
    blk->sectors_per_track = 32;
    blk->physical_block_exp = 3;
    blk->min_io_size = 8;
    blk->opt_io_size = 64;
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
