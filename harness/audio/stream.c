/* SPDX-License-Identifier: MIT
 *
 * stream.c: see stream.h.
 */
#include "stream.h"

#include <string.h>

#include "ringtrue/wire.h"

static uint64_t now_ns(const struct rig_stream *s)
{
    return fake_machine_now(s->rig->machine);
}

/* ---- events ---- */

static void take_events(struct rig_stream *s)
{
    struct rig_snd_event event;

    while (s->rig->dut->snd_event &&
           s->rig->dut->snd_event(s->rig->self, &event) > 0)
        if (event.code == VIRTIO_SND_EVT_PCM_XRUN && event.data == s->id &&
            s->running)
            s->xrun_events++;
}

int rig_stream_turn(struct rig_stream *s, uint64_t deadline_ns)
{
    int result = rig_turn(s->rig, deadline_ns);

    take_events(s);
    return result;
}

/* ---- commands ---- */

/* Periods are with the device meanwhile: only the command is waited for. */
static int command(struct rig_stream *s, enum rig_op_code code)
{
    struct rig_request r = {
        .op = {.code = code, .id = s->id, .params = s->params}};
    uint64_t deadline = now_ns(s) + s->rig->timeout_ns;
    int result = rig_begin(s->rig, &r, 1);

    if (result == 0)
        result = rig_finish(s->rig, &r, 1, deadline);
    take_events(s);
    return result ? result : r.result;
}

static int take_memory(struct rig_stream *s)
{
    for (unsigned k = 0; k < s->count; k++) {
        s->period[k].buf = rig_take(s->rig, s->params.period_bytes);
        if (!s->period[k].buf)
            return RGT_E_NOMEM;
    }
    return 0;
}

int rig_stream_open(struct rig_stream *s, struct rig *rig, uint32_t id,
                    bool capture, const struct rig_snd_params *params,
                    unsigned count)
{
    int result;

    memset(s, 0, sizeof(*s));
    s->rig = rig;
    s->id = id;
    s->capture = capture;
    s->params = *params;
    s->params.buffer_bytes = params->period_bytes * count;
    if (count == 0 || count > RIG_STREAM_PERIODS_MAX)
        return RGT_E_INVAL;
    s->count = count;
    result = take_memory(s);
    if (result == 0)
        result = command(s, RIG_OP_SND_SET_PARAMS);
    if (result == 0)
        result = command(s, RIG_OP_SND_PREPARE);
    return result;
}

int rig_stream_start(struct rig_stream *s)
{
    int result = command(s, RIG_OP_SND_START);

    s->running = result == 0;
    return result;
}

static bool is_out(const struct rig_period *p)
{
    return p->request.submitted && !p->request.done;
}

/* A RELEASE is done when the device has let go of everything, but what it
 * gave back may not have been collected yet. */
static int collect(struct rig_stream *s)
{
    uint64_t deadline = now_ns(s) + s->rig->timeout_ns;

    for (unsigned k = 0; k < s->count; k++) {
        int result = rig_finish(s->rig, &s->period[k].request, 1, deadline);

        if (result)
            return result;
    }
    return 0;
}

int rig_stream_end(struct rig_stream *s)
{
    int result = 0, released;

    if (s->running)
        result = command(s, RIG_OP_SND_STOP);
    s->running = false;
    released = command(s, RIG_OP_SND_RELEASE);
    result = result ? result : released;
    if (released == 0)
        released = collect(s);
    return result ? result : released;
}

void rig_stream_close(struct rig_stream *s)
{
    for (unsigned k = 0; k < s->count; k++)
        rig_give(s->rig, s->period[k].buf);
    s->count = s->used = 0;
}

/* ---- periods ---- */

struct rig_period *rig_stream_free(struct rig_stream *s)
{
    return s->used < s->count ? &s->period[(s->first + s->used) % s->count]
                              : NULL;
}

int rig_stream_send(struct rig_stream *s, uint32_t bytes)
{
    struct rig_period *p = rig_stream_free(s);
    int result;

    p->seg = (struct rig_seg){p->buf, bytes};
    p->request = (struct rig_request){
        .op = {.code = s->capture ? RIG_OP_SND_READ : RIG_OP_SND_WRITE,
               .id = s->id,
               .seg = &p->seg,
               .seg_count = 1}};
    p->sent_ns = now_ns(s);
    s->used++;
    result = rig_begin(s->rig, &p->request, 1);
    if (result == 0)
        result = p->request.submitted ? 0 : p->request.result;
    if (result)
        s->used--;
    return result;
}

struct rig_period *rig_stream_done(struct rig_stream *s)
{
    struct rig_period *p = &s->period[s->first];

    return s->used && !is_out(p) ? p : NULL;
}

void rig_stream_take(struct rig_stream *s)
{
    struct rig_period *p = &s->period[s->first];
    uint64_t took = now_ns(s) - p->sent_ns;

    if (p->request.result == 0)
        s->bytes_done += s->capture ? p->request.bytes : p->seg.bytes;
    if (p->request.latency_bytes > s->latency_max)
        s->latency_max = p->request.latency_bytes;
    if (took > s->worst_ns)
        s->worst_ns = took;
    s->first = (s->first + 1) % s->count;
    s->used--;
}
