/* SPDX-License-Identifier: MIT */
/* Items from the answers to *_INFO (5.14.6.2). Each is copied out of the
 * device's reach before anything is concluded from it. */
#include "mem.h"
#include "ringtrue/err.h"
#include "ringtrue/le.h"
#include "snd_private.h"

static bool direction_valid(uint8_t direction)
{
    return direction == VIRTIO_SND_D_OUTPUT || direction == VIRTIO_SND_D_INPUT;
}

static int store_jack(struct rgt_snd *snd, uint32_t id, const uint8_t *item)
{
    struct virtio_snd_jack_info info;

    memcpy(&info, item, sizeof(info));
    snd->jacks[id] = (struct rgt_snd_jack){
        .hda_fn_nid = rgt_le32(info.hdr.hda_fn_nid),
        .features = rgt_le32(info.features),
        .hda_reg_defconf = rgt_le32(info.hda_reg_defconf),
        .hda_reg_caps = rgt_le32(info.hda_reg_caps),
        /* An event since the question is newer, or says the same. */
        .connected = snd->jacks[id].told ? snd->jacks[id].connected
                                         : info.connected != 0,
        .told = snd->jacks[id].told,
        .known = true,
    };
    return 0;
}

/* 5.14.6.6.2.1: no undefined direction, and a number of channels that can be.
 * Undefined bits do no harm. A stream in use keeps its direction, by which its
 * transfers are found. */
static int store_pcm(struct rgt_snd *snd, uint32_t id, const uint8_t *item)
{
    struct rgt_snd_pcm *pcm = &snd->streams[id].pcm;
    struct virtio_snd_pcm_info info;

    memcpy(&info, item, sizeof(info));
    if (!direction_valid(info.direction) || info.channels_max == 0 ||
        info.channels_min > info.channels_max ||
        (pcm->known && pcm->direction != info.direction))
        return RGT_E_PROTO;
    *pcm = (struct rgt_snd_pcm){
        .hda_fn_nid = rgt_le32(info.hdr.hda_fn_nid),
        .features = rgt_le32(info.features),
        .formats = rgt_le64(info.formats),
        .rates = rgt_le64(info.rates),
        .direction = info.direction,
        .channels_min = info.channels_min,
        .channels_max = info.channels_max,
        .known = true,
    };
    return 0;
}

/* 5.14.6.9.1.1 */
static int store_chmap(struct rgt_snd *snd, uint32_t id, const uint8_t *item)
{
    struct rgt_snd_chmap *map = &snd->chmaps[id];
    struct virtio_snd_chmap_info info;

    memcpy(&info, item, sizeof(info));
    if (!direction_valid(info.direction) ||
        info.channels > VIRTIO_SND_CHMAP_MAX_SIZE)
        return RGT_E_PROTO;
    map->hda_fn_nid = rgt_le32(info.hdr.hda_fn_nid);
    map->direction = info.direction;
    map->channels = info.channels;
    memcpy(map->positions, info.positions, sizeof(map->positions));
    map->known = true;
    return 0;
}

int rgt__snd_items_store(struct rgt_snd *snd, const struct rgt_snd_ctl *ctl,
                         const uint8_t *items)
{
    uint32_t item_bytes = rgt__snd_kind(ctl->op)->item_bytes;
    int err = 0;

    for (uint32_t i = 0; i < ctl->at_count && err == 0; i++) {
        const uint8_t *item = items + (size_t)i * item_bytes;
        if (ctl->op == RGT_SND_JACK_INFO)
            err = store_jack(snd, ctl->at + i, item);
        else if (ctl->op == RGT_SND_PCM_INFO)
            err = store_pcm(snd, ctl->at + i, item);
        else
            err = store_chmap(snd, ctl->at + i, item);
    }
    return err;
}
