/* SPDX-License-Identifier: MIT
 *
 * score_snd.c: does a sound card work again? See score_io.h.
 */
#include <stdio.h>
#include <string.h>

#include "pattern.h"
#include "pcm_format.h"
#include "probe.h"
#include "ringtrue/wire.h"
#include "score_io.h"
#include "voice.h"

#define PERIODS 3u         /* or fewer, if the queue holds no more */
#define PERIODS_PER_S 200u /* 5 ms each */
#define PATTERN 77u
#define UNWRITTEN 0xa5

/* One stream, and what is sent on it. */
struct turn {
    struct rig *rig;
    struct rig_score_part *io;
    uint32_t stream;
    bool output;
    struct rig_snd_params params;
    struct rig_probe *period[PERIODS];
    unsigned periods; /* that were sent */
};

static bool has(const struct rig *rig, enum rig_op_code code)
{
    return rig->dut->op_mask >> code & 1;
}

static const char *direction(const struct turn *t)
{
    return t->output ? "output" : "input";
}

/* ---- what is asked for ---- */

static uint8_t lowest(uint64_t bits)
{
    return (uint8_t)__builtin_ctzll(bits);
}

/* 16 bits at 48 kHz if it can be had. Returns false for a stream without a
 * format whose frames are whole bytes. */
static bool choose(struct turn *t, const struct fake_snd_stream *s)
{
    uint64_t formats =
        s->formats & ~(UINT64_C(1) << VIRTIO_SND_PCM_FMT_IMA_ADPCM);
    struct rig_snd_params *p = &t->params;
    uint32_t frames;

    if (!formats || !s->rates || !s->channels_max)
        return false;
    p->format = formats >> VIRTIO_SND_PCM_FMT_S16 & 1 ? VIRTIO_SND_PCM_FMT_S16
                                                      : lowest(formats);
    p->rate = s->rates >> VIRTIO_SND_PCM_RATE_48000 & 1
                  ? VIRTIO_SND_PCM_RATE_48000
                  : lowest(s->rates);
    p->channels = s->channels_min > 1    ? s->channels_min
                  : s->channels_max >= 2 ? 2
                                         : 1;
    frames = rig_pcm_rate_hz(p->rate) / PERIODS_PER_S;
    p->period_bytes = frames * rig_pcm_frame_bytes(p->format, p->channels);
    p->buffer_bytes = (PERIODS + 1) * p->period_bytes;
    return p->period_bytes > 0;
}

/* ---- commands ---- */

static bool command(struct turn *t, enum rig_op_code code, const char *name)
{
    struct rig_probe *probe = rig_probe_new(t->rig, code, 0);
    int result = RGT_E_NOMEM;

    if (probe) {
        probe->request.op.id = t->stream;
        probe->request.op.params = t->params;
        result = rig_probe_run(t->rig, probe);
    }
    if (result)
        rig_score_broken(t->io, "commands that are done",
                         "%s of %s stream %u:"
                         " %s",
                         name, direction(t), t->stream, rgt_err_name(result));
    return result == 0;
}

/* Does the driver see the stream that is there? */
static bool is_known(struct turn *t, const struct fake_snd_stream *s)
{
    struct rig_probe *probe;
    struct rig_snd_pcm_info *info;
    int result = RGT_E_NOMEM;

    if (!has(t->rig, RIG_OP_SND_PCM_INFO))
        return true;
    /* The buffer is for the answer; the operation has no segments. */
    probe = rig_probe_new(t->rig, RIG_OP_SND_PCM_INFO, sizeof(*info));
    if (probe) {
        probe->request.op.id = t->stream;
        probe->request.op.seg = NULL;
        probe->request.op.seg_count = 0;
        probe->request.op.info.pcm = info = probe->seg.buf;
        probe->request.op.info_count = 1;
        result = rig_probe_run(t->rig, probe);
    }
    if (result)
        rig_score_broken(t->io, "PCM_INFO that is answered", "%s for stream %u",
                         rgt_err_name(result), t->stream);
    else if (info->direction != s->direction || info->formats != s->formats)
        rig_score_broken(t->io, "PCM_INFO of what is there",
                         "direction %u, formats 0x%llx of stream %u",
                         info->direction, (unsigned long long)info->formats,
                         t->stream);
    else
        return true;
    return false;
}

/* ---- periods ---- */

static bool send_all(struct turn *t)
{
    enum rig_op_code code = t->output ? RIG_OP_SND_WRITE : RIG_OP_SND_READ;
    uint32_t bytes = t->params.period_bytes;

    for (unsigned k = 0; k < PERIODS; k++) {
        struct rig_probe *p = rig_probe_new(t->rig, code, bytes);
        int result = RGT_E_NOMEM;

        t->period[k] = p;
        if (p) {
            p->request.op.id = t->stream;
            if (t->output)
                rig_pattern_fill(PATTERN, (uint64_t)k * bytes, p->seg.buf,
                                 bytes);
            else
                memset(p->seg.buf, UNWRITTEN, bytes);
            result = rig_try(t->rig, &p->request);
        }
        if (!result) {
            t->periods++;
            continue;
        }
        if (result == RGT_E_AGAIN && k)
            break;
        rig_score_broken(t->io, "periods that are taken", "%s for %s stream %u",
                         rgt_err_name(result), direction(t), t->stream);
        return false;
    }
    return true;
}

static bool finish_all(struct turn *t)
{
    for (unsigned k = 0; k < t->periods; k++) {
        int result = rig_probe_finish(t->rig, t->period[k]);

        if (!result)
            continue;
        rig_score_broken(t->io, "periods that come back well",
                         "%s for period %u of %s stream %u",
                         rgt_err_name(result), k, direction(t), t->stream);
        return false;
    }
    return true;
}

/* What came out behind the device is what was sent. */
static bool was_played(struct turn *t, size_t before)
{
    struct rig_voice *v = &t->rig->voice[t->stream];
    size_t bytes = (size_t)t->periods * t->params.period_bytes;
    size_t seen = v->tape.bytes - before, good;

    if (t->rig->machine->cfg.sink[t->stream] != &v->tape.sink)
        return true; /* somebody else's sink */
    good = seen < bytes ? seen : bytes;
    good = rig_pattern_check(PATTERN, 0, v->tape.data + before, good);
    if (good == bytes && seen == bytes)
        return true;
    rig_score_broken(t->io, "what was sent is played",
                     "%zu of %zu bytes right, %zu played, stream %u", good,
                     bytes, seen, t->stream);
    return false;
}

/* Captured is what the source gave, without a hole, from wherever the device
 * began. */
static bool was_captured(struct turn *t, uint64_t from)
{
    struct rig_voice *v = &t->rig->voice[t->stream];
    uint64_t at = from;
    unsigned k = 0;

    if (t->rig->machine->cfg.source[t->stream] != &v->source.source)
        return true;
    while (k < t->periods) {
        const struct rig_request *r = &t->period[k]->request;
        uint64_t start = at + (uint64_t)k * t->params.period_bytes;

        if (r->bytes == t->params.period_bytes &&
            rig_pattern_check(v->source.seed, start, r->op.seg->buf,
                              r->bytes) == r->bytes) {
            k++;
            continue;
        }
        k = 0;
        if (r->bytes != t->params.period_bytes || ++at > v->source.given)
            break;
    }
    if (k < t->periods)
        rig_score_broken(t->io, "what is captured is what was to be heard",
                         "something else in stream %u", t->stream);
    return k == t->periods;
}

/* ---- one stream, and all of it ---- */

static bool turn(struct turn *t)
{
    struct rig_voice *v = &t->rig->voice[t->stream];
    struct rig_tape tape = v->tape; /* the case goes on where it was */
    uint64_t given = v->source.given;
    bool well;

    well = command(t, RIG_OP_SND_SET_PARAMS, "SET_PARAMS") &&
           command(t, RIG_OP_SND_PREPARE, "PREPARE") && send_all(t) &&
           command(t, RIG_OP_SND_START, "START") && finish_all(t) &&
           command(t, RIG_OP_SND_STOP, "STOP") &&
           command(t, RIG_OP_SND_RELEASE, "RELEASE") &&
           (t->output ? was_played(t, tape.bytes) : was_captured(t, given));
    if (!well)
        return false;
    /* Released: the device has let go of sink and source. */
    tape.data = v->tape.data;
    tape.room = v->tape.room;
    v->tape = tape;
    v->source.given = given;
    return true;
}

static bool has_stream_ops(const struct rig *rig, bool output)
{
    return has(rig, output ? RIG_OP_SND_WRITE : RIG_OP_SND_READ) &&
           has(rig, RIG_OP_SND_SET_PARAMS) && has(rig, RIG_OP_SND_PREPARE) &&
           has(rig, RIG_OP_SND_START) && has(rig, RIG_OP_SND_STOP) &&
           has(rig, RIG_OP_SND_RELEASE);
}

struct heard {
    unsigned streams, periods;
};

/* The first stream of a direction; returns false if it does not work. */
static bool look_at(struct rig *rig, struct rig_score_part *io, bool output,
                    struct heard *heard)
{
    const struct fake_snd_config *card = &rig->machine->cfg.snd;
    uint32_t wanted = output ? VIRTIO_SND_D_OUTPUT : VIRTIO_SND_D_INPUT;

    for (uint32_t k = 0; k < card->stream_count; k++) {
        struct turn t = {.rig = rig, .io = io, .stream = k, .output = output};
        const struct fake_snd_stream *s = &card->stream[k];

        if (s->direction != wanted || !has_stream_ops(rig, output) ||
            !choose(&t, s))
            continue;
        if (!is_known(&t, s) || !turn(&t))
            return false;
        heard->streams++;
        heard->periods += t.periods;
        return true;
    }
    return true;
}

void rig_score_snd(struct rig *rig, struct rig_score_part *io)
{
    struct heard h = {0};

    io->held = look_at(rig, io, true, &h) && look_at(rig, io, false, &h);
    if (io->held)
        snprintf(io->seen, sizeof(io->seen), "%u periods on %u stream%s",
                 h.periods, h.streams, h.streams == 1 ? "" : "s");
    rig_probes_drop(rig, false);
}
