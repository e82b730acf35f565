/* SPDX-License-Identifier: MIT */
#include "request_names.h"

#include <stddef.h>
#include <string.h>

#include "ringtrue/wire.h"

static const struct request {
    const char *name;
    uint32_t device_id;
    int32_t type;
} requests[] = {
    {"read", VIRTIO_ID_BLOCK, VIRTIO_BLK_T_IN},
    {"write", VIRTIO_ID_BLOCK, VIRTIO_BLK_T_OUT},
    {"flush", VIRTIO_ID_BLOCK, VIRTIO_BLK_T_FLUSH},
    {"id", VIRTIO_ID_BLOCK, VIRTIO_BLK_T_GET_ID},
    {"lifetime", VIRTIO_ID_BLOCK, VIRTIO_BLK_T_GET_LIFETIME},
    {"discard", VIRTIO_ID_BLOCK, VIRTIO_BLK_T_DISCARD},
    {"write-zeroes", VIRTIO_ID_BLOCK, VIRTIO_BLK_T_WRITE_ZEROES},
    {"secure-erase", VIRTIO_ID_BLOCK, VIRTIO_BLK_T_SECURE_ERASE},
    {"jack-info", VIRTIO_ID_SOUND, VIRTIO_SND_R_JACK_INFO},
    {"jack-remap", VIRTIO_ID_SOUND, VIRTIO_SND_R_JACK_REMAP},
    {"pcm-info", VIRTIO_ID_SOUND, VIRTIO_SND_R_PCM_INFO},
    {"set-params", VIRTIO_ID_SOUND, VIRTIO_SND_R_PCM_SET_PARAMS},
    {"prepare", VIRTIO_ID_SOUND, VIRTIO_SND_R_PCM_PREPARE},
    {"release", VIRTIO_ID_SOUND, VIRTIO_SND_R_PCM_RELEASE},
    {"start", VIRTIO_ID_SOUND, VIRTIO_SND_R_PCM_START},
    {"stop", VIRTIO_ID_SOUND, VIRTIO_SND_R_PCM_STOP},
    {"chmap-info", VIRTIO_ID_SOUND, VIRTIO_SND_R_CHMAP_INFO},
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

int32_t rig_request_type(const char *name)
{
    for (size_t k = 0; k < REQUESTS; k++)
        if (strcmp(requests[k].name, name) == 0)
            return requests[k].type;
    return -1;
}

const char *rig_request_name(uint32_t device_id, int32_t type)
{
    for (size_t k = 0; k < REQUESTS; k++)
        if (requests[k].device_id == device_id && requests[k].type == type)
            return requests[k].name;
    return NULL;
}
