/* SPDX-License-Identifier: MIT
 *
 * snd_control.c: requests on controlq (5.14.6).
 *
 * A request has exactly the bytes of its structure. A query names the size of
 * one item; the only one known here is that of 1.2, so any other is refused.
 */
#include <stddef.h>
#include <string.h>

#include "snd_private.h"

#define REQUEST_BYTES_MAX 24u
#define ITEM_BYTES_MAX 32u

#define SHMEM_BITS                                                             \
    (1u << VIRTIO_SND_PCM_F_SHMEM_HOST | 1u << VIRTIO_SND_PCM_F_SHMEM_GUEST)
#define FEATURE_BITS (2u * (1u << VIRTIO_SND_PCM_F_EVT_XRUNS) - 1)

/* Of the pin default configuration (HDA 7.3.3.31), what a remap changes. */
#define DEFCONF_ASSOCIATION_SHIFT 4u
#define DEFCONF_FIELD_MAX 15u
#define DEFCONF_REMAPPED 0xFFu

struct request {
    struct fake_chain *chain;
    uint64_t now_ns;
    uint8_t bytes[REQUEST_BYTES_MAX];
    uint32_t code;
    uint32_t id;      /* item, or first of them */
    uint32_t written; /* of the answer, behind its header */
};

static uint32_t field(const struct request *r, size_t offset)
{
    return (uint32_t)snd_get_le(r->bytes + offset, 4);
}

/* ---- items -------------------------------------------------------------- */

#define PUT(type, member, value)                                               \
    snd_put_le(out + offsetof(struct type, member), value,                     \
               sizeof(((struct type *)NULL)->member))

static void put_jack(const struct fake_snd *snd, uint32_t id, uint8_t *out)
{
    const struct fake_snd_jack *jack = &snd->cfg.jack[id];

    PUT(virtio_snd_jack_info, hdr.hda_fn_nid, jack->hda_fn_nid);
    PUT(virtio_snd_jack_info, features, jack->features);
    PUT(virtio_snd_jack_info, hda_reg_defconf, snd->core->defconf[id]);
    PUT(virtio_snd_jack_info, hda_reg_caps, jack->caps);
    PUT(virtio_snd_jack_info, connected, atomic_load(&snd->connected[id]));
}

static void put_stream(const struct fake_snd *snd, uint32_t id, uint8_t *out)
{
    const struct fake_snd_stream *stream = &snd->cfg.stream[id];

    PUT(virtio_snd_pcm_info, hdr.hda_fn_nid, stream->hda_fn_nid);
    PUT(virtio_snd_pcm_info, features, stream->features);
    PUT(virtio_snd_pcm_info, formats, stream->formats);
    PUT(virtio_snd_pcm_info, rates, stream->rates);
    PUT(virtio_snd_pcm_info, direction, stream->direction);
    PUT(virtio_snd_pcm_info, channels_min, stream->channels_min);
    PUT(virtio_snd_pcm_info, channels_max, stream->channels_max);
}

static void put_chmap(const struct fake_snd *snd, uint32_t id, uint8_t *out)
{
    const struct fake_snd_chmap *chmap = &snd->cfg.chmap[id];

    PUT(virtio_snd_chmap_info, hdr.hda_fn_nid, chmap->hda_fn_nid);
    PUT(virtio_snd_chmap_info, direction, chmap->direction);
    PUT(virtio_snd_chmap_info, channels, chmap->channels);
    memcpy(out + offsetof(struct virtio_snd_chmap_info, positions),
           chmap->positions, sizeof(chmap->positions));
}

/* `count` items of `size` bytes from r->id on, as many as there are. */
static uint32_t info(struct fake_snd *snd, struct request *r, uint32_t total,
                     uint32_t size,
                     void (*put)(const struct fake_snd *, uint32_t, uint8_t *))
{
    uint32_t count = field(r, offsetof(struct virtio_snd_query_info, count));
    uint32_t asked = field(r, offsetof(struct virtio_snd_query_info, size));
    uint32_t k;

    if (r->id > total || count > total - r->id || asked != size ||
        r->chain->writable_bytes < SND_HDR_BYTES + count * size)
        return VIRTIO_SND_S_BAD_MSG;
    for (k = 0; k < count; k++) {
        uint8_t item[ITEM_BYTES_MAX] = {0};

        put(snd, r->id + k, item);
        fake_chain_write(r->chain, SND_HDR_BYTES + r->written, item, size);
        r->written += size;
    }
    return VIRTIO_SND_S_OK;
}

static uint32_t jack_info(struct fake_snd *snd, struct request *r)
{
    return info(snd, r, snd->cfg.jack_count,
                sizeof(struct virtio_snd_jack_info), put_jack);
}

static uint32_t pcm_info(struct fake_snd *snd, struct request *r)
{
    return info(snd, r, snd->cfg.stream_count,
                sizeof(struct virtio_snd_pcm_info), put_stream);
}

static uint32_t chmap_info(struct fake_snd *snd, struct request *r)
{
    return info(snd, r, snd->cfg.chmap_count,
                sizeof(struct virtio_snd_chmap_info), put_chmap);
}

static uint32_t jack_remap(struct fake_snd *snd, struct request *r)
{
    uint32_t association =
        field(r, offsetof(struct virtio_snd_jack_remap, association));
    uint32_t sequence =
        field(r, offsetof(struct virtio_snd_jack_remap, sequence));
    uint32_t *defconf;

    if (r->id >= snd->cfg.jack_count || association > DEFCONF_FIELD_MAX ||
        sequence > DEFCONF_FIELD_MAX)
        return VIRTIO_SND_S_BAD_MSG;
    if (!(snd->cfg.jack[r->id].features >> VIRTIO_SND_JACK_F_REMAP & 1))
        return VIRTIO_SND_S_NOT_SUPP;
    defconf = &snd->core->defconf[r->id];
    *defconf = (*defconf & ~DEFCONF_REMAPPED) |
               association << DEFCONF_ASSOCIATION_SHIFT | sequence;
    return VIRTIO_SND_S_OK;
}

/* ---- streams ------------------------------------------------------------ */

static struct snd_stream params_of(const struct request *r)
{
    const uint8_t *at = r->bytes;
    struct snd_stream p = {.state = FAKE_SND_SET};

    p.pcm.buffer_bytes =
        field(r, offsetof(struct virtio_snd_pcm_set_params, buffer_bytes));
    p.pcm.period_bytes =
        field(r, offsetof(struct virtio_snd_pcm_set_params, period_bytes));
    p.features = field(r, offsetof(struct virtio_snd_pcm_set_params, features));
    p.pcm.channels = at[offsetof(struct virtio_snd_pcm_set_params, channels)];
    p.pcm.format = at[offsetof(struct virtio_snd_pcm_set_params, format)];
    p.pcm.rate_hz =
        fake_snd_rate_hz(at[offsetof(struct virtio_snd_pcm_set_params, rate)]);
    p.pcm.frame_bytes = fake_snd_sample_bytes(p.pcm.format) * p.pcm.channels;
    p.frame_bits = snd_sample_bits(p.pcm.format) * p.pcm.channels;
    return p;
}

/* Can it be said of any device that this makes no sense? 5.14.6.6.3.2 */
static bool malformed(const struct request *r, const struct snd_stream *p)
{
    if (r->bytes[offsetof(struct virtio_snd_pcm_set_params, padding)])
        return true;
    /* no such format, rate, or feature; no channels */
    if (!p->frame_bits || !p->pcm.rate_hz || p->features & ~FEATURE_BITS ||
        (p->features & SHMEM_BITS) == SHMEM_BITS)
        return true;
    if (!p->pcm.period_bytes || !p->pcm.buffer_bytes ||
        p->pcm.buffer_bytes % p->pcm.period_bytes)
        return true;
    return p->pcm.frame_bytes && p->pcm.period_bytes % p->pcm.frame_bytes;
}

/* Is it what this stream offers? Shared memory is not for 1.2 to select, even
 * where it is offered. */
static bool offered(const struct fake_snd_stream *s, const struct request *r,
                    const struct snd_stream *p)
{
    uint8_t rate = r->bytes[offsetof(struct virtio_snd_pcm_set_params, rate)];

    return s->formats >> p->pcm.format & 1 && s->rates >> rate & 1 &&
           p->pcm.channels >= s->channels_min &&
           p->pcm.channels <= s->channels_max &&
           !(p->features & ~s->features) && !(p->features & SHMEM_BITS);
}

static uint32_t set_params(struct fake_snd *snd, struct request *r)
{
    struct snd_stream p = params_of(r);

    if (r->id >= snd->cfg.stream_count || malformed(r, &p))
        return VIRTIO_SND_S_BAD_MSG;
    if (!offered(&snd->cfg.stream[r->id], r, &p))
        return VIRTIO_SND_S_NOT_SUPP;
    return snd_stream_command(snd, r->id, r->code, &p, r->now_ns);
}

static uint32_t command(struct fake_snd *snd, struct request *r)
{
    if (r->id >= snd->cfg.stream_count)
        return VIRTIO_SND_S_BAD_MSG;
    return snd_stream_command(snd, r->id, r->code, NULL, r->now_ns);
}

/* ---- one request -------------------------------------------------------- */

static const struct kind {
    uint32_t code;
    uint32_t bytes;
    enum fake_event_kind event; /* of what it asks for; or SND_CONTROL */
    uint32_t (*serve)(struct fake_snd *snd, struct request *r);
} kinds[] = {
#define KIND(code, type, event, serve)                                         \
    {                                                                          \
        VIRTIO_SND_R_##code, sizeof(struct virtio_snd_##type),                 \
            FAKE_EV_SND_##event, serve                                         \
    }
    KIND(JACK_INFO, query_info, QUERY, jack_info),
    KIND(JACK_REMAP, jack_remap, CONTROL, jack_remap),
    KIND(PCM_INFO, query_info, QUERY, pcm_info),
    KIND(PCM_SET_PARAMS, pcm_set_params, PARAMS, set_params),
    KIND(PCM_PREPARE, pcm_hdr, CONTROL, command),
    KIND(PCM_RELEASE, pcm_hdr, CONTROL, command),
    KIND(PCM_START, pcm_hdr, CONTROL, command),
    KIND(PCM_STOP, pcm_hdr, CONTROL, command),
    KIND(CHMAP_INFO, query_info, QUERY, chmap_info),
#undef KIND
};

static const struct kind *find_kind(uint32_t code)
{
    size_t k;

    for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        if (kinds[k].code == code)
            return &kinds[k];
    }
    return NULL;
}

/* What the driver wrote, right or wrong. Missing bytes of a query are 0; of
 * parameters that are cut short nothing can be said. */
static void tell(struct fake_snd *snd, const struct request *r,
                 const struct kind *kind)
{
    uint16_t queue = r->chain->ring->cfg.index;

    if (kind && kind->event == FAKE_EV_SND_QUERY)
        fake_emit(snd->dev.log, FAKE_EV_SND_QUERY, queue, r->code, r->id,
                  field(r, offsetof(struct virtio_snd_query_info, count)),
                  field(r, offsetof(struct virtio_snd_query_info, size)));
    if (kind && kind->event == FAKE_EV_SND_PARAMS &&
        r->chain->readable_bytes >= kind->bytes)
        fake_emit(
            snd->dev.log, FAKE_EV_SND_PARAMS, queue, r->id,
            snd_get_le(r->bytes + offsetof(struct virtio_snd_pcm_set_params,
                                           buffer_bytes),
                       8),
            field(r, offsetof(struct virtio_snd_pcm_set_params, features)),
            field(r, offsetof(struct virtio_snd_pcm_set_params, channels)));
}

/* Is it about a stream, and which? */
static uint32_t stream_of(const struct request *r)
{
    switch (r->code) {
    case VIRTIO_SND_R_PCM_SET_PARAMS:
    case VIRTIO_SND_R_PCM_PREPARE:
    case VIRTIO_SND_R_PCM_RELEASE:
    case VIRTIO_SND_R_PCM_START:
    case VIRTIO_SND_R_PCM_STOP:
        return r->id;
    default:
        return UINT32_MAX;
    }
}

static bool fires(struct fake_snd *snd, const struct request *r,
                  enum fake_fault name, uint64_t *arg)
{
    return snd_fault_at(snd, r->chain, name, (int32_t)r->code, stream_of(r),
                        arg);
}

static uint32_t execute(struct fake_snd *snd, struct request *r,
                        const struct kind *kind)
{
    uint64_t arg;

    if (fires(snd, r, FAKE_FAULT_SND_BAD_MSG, &arg))
        return VIRTIO_SND_S_BAD_MSG;
    if (fires(snd, r, FAKE_FAULT_SND_NOT_SUPP, &arg) || !kind)
        return VIRTIO_SND_S_NOT_SUPP;
    if (r->chain->readable_bytes != kind->bytes)
        return VIRTIO_SND_S_BAD_MSG;
    return kind->serve(snd, r);
}

void snd_control_serve(struct fake_snd *snd, struct fake_chain *chain,
                       uint64_t now_ns)
{
    struct request r = {.chain = chain, .now_ns = now_ns};
    uint8_t answer[SND_HDR_BYTES];
    const struct kind *kind;
    uint32_t status;
    uint64_t arg;

    fake_chain_read(chain, 0, r.bytes, sizeof(r.bytes));
    r.code = field(&r, offsetof(struct virtio_snd_hdr, code));
    r.id = field(&r, sizeof(struct virtio_snd_hdr));
    kind = find_kind(r.code);
    tell(snd, &r, kind);
    if (fires(snd, &r, FAKE_FAULT_SND_STUCK, &arg))
        return;
    if (fires(snd, &r, FAKE_FAULT_SND_JACK_FLAPS, &arg))
        snd_flap(snd, arg);
    status = execute(snd, &r, kind);
    if (fires(snd, &r, FAKE_FAULT_SND_GARBAGE_STATUS, &arg))
        status = (uint32_t)arg;
    snd_put_le(answer, status, sizeof(answer));
    fake_chain_write(chain, 0, answer, sizeof(answer));
    /* Before the answer: whoever sees a PREPARE done may leave kicks out. */
    snd_poll_queues(snd);
    fake_emit(snd->dev.log, FAKE_EV_SND_CONTROL, chain->ring->cfg.index, r.code,
              r.id, status, chain->writable_bytes);
    fake_ring_complete(chain->ring, chain, SND_HDR_BYTES + r.written);
}
