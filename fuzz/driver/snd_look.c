/* SPDX-License-Identifier: MIT */
#include "law.h"
#include "snd.h"

static void look_at_items(const struct fuzz_snd *f, uint32_t id)
{
    const struct rgt_snd_pcm *pcm = rgt_snd_pcm(f->snd, id);
    const struct rgt_snd_chmap *map = rgt_snd_chmap(f->snd, id);
    const struct rgt_snd_jack *jack = rgt_snd_jack(f->snd, id);

    FUZZ_LAW(pcm == NULL ||
                 (pcm->known && pcm->direction <= VIRTIO_SND_D_INPUT &&
                  pcm->channels_max > 0 &&
                  pcm->channels_min <= pcm->channels_max),
             "a stream of direction %u with %u to %u channels", pcm->direction,
             pcm->channels_min, pcm->channels_max);
    FUZZ_LAW(map == NULL ||
                 (map->known && map->direction <= VIRTIO_SND_D_INPUT &&
                  map->channels <= VIRTIO_SND_CHMAP_MAX_SIZE),
             "a map of %u channels", map->channels);
    FUZZ_LAW(jack == NULL || jack->known, "a jack that is not known");
}

static void look_at_stream(struct fuzz_snd *f, uint32_t id)
{
    struct rgt_snd_position position;
    enum rgt_snd_state state = rgt_snd_state(f->snd, id);
    int result = rgt_snd_position(f->snd, id, &position);

    (void)fuzz_result(f->p, "position", result, 0, MAY(INVAL));
    FUZZ_LAW(result == 0 || state == RGT_SND_LOST,
             "a stream that there is not, in state %u", state);
    FUZZ_LAW(result != 0 || position.pending <= FUZZ_XFERS,
             "%u transfers pending", position.pending);
}

void fuzz_snd_look(struct fuzz_snd *f, uint32_t id)
{
    const struct rgt_snd_info *info = rgt_snd_info(f->snd);
    const unsigned format = id & 0xff, channels = id >> 8 & 0xff;

    FUZZ_LAW(info->jack_count <= FUZZ_ITEMS_MAX &&
                 info->stream_count <= FUZZ_ITEMS_MAX &&
                 info->chmap_count <= FUZZ_ITEMS_MAX,
             "more items than there is room for");
    look_at_items(f, id);
    look_at_stream(f, id);
    peer_digest(f->p, rgt_snd_deadline_ns(f->snd));
    peer_digest(f->p, rgt_snd_rate_hz(format));
    FUZZ_LAW(rgt_snd_frame_bytes(format, channels) <= 8 * channels,
             "frames of %u bytes for %u channels",
             rgt_snd_frame_bytes(format, channels), channels);
}
