/* SPDX-License-Identifier: MIT */
#include "feature_names.h"

#include <stddef.h>
#include <string.h>

#include "ringtrue/wire.h"

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
    {"MQ", VIRTIO_BLK_F_MQ},
    {"DISCARD", VIRTIO_BLK_F_DISCARD},
    {"WRITE_ZEROES", VIRTIO_BLK_F_WRITE_ZEROES},
    {"LIFETIME", VIRTIO_BLK_F_LIFETIME},
    {"SECURE_ERASE", VIRTIO_BLK_F_SECURE_ERASE},
};

static uint64_t feature_bit(const json_t *value)
{
    const char *name = json_string_value(value);

    if (!name)
        return UINT64_C(1) << (json_integer_value(value) & 63);
    for (size_t k = 0; k < sizeof(features) / sizeof(features[0]); k++)
        if (strcmp(features[k].name, name) == 0)
            return UINT64_C(1) << features[k].bit;
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
