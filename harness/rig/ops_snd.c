/* SPDX-License-Identifier: MIT
 *
 * ops_snd.c: the operations on a sound device. Messages are queued and left
 * on their way (snd.play, snd.capture), commands wait for their answer.
 */
#include <string.h>

#include "ops.h"
#include "pattern.h"
#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "snd_json.h"
#include "voice.h"

#define US_NS 1000u
#define FINISH_US 10000000u
#define ITEMS_MAX 8u

static json_t *not_open(void)
{
    return rig_result_reason(RIG_OUTCOME_BENCH, "the subject is not open");
}

static struct rig_voice *voice_of(struct rig *rig, const json_t *step)
{
    return &rig->voice[rig_param(step, "stream", 0) % FAKE_SND_STREAMS_MAX];
}

static json_t *outcome(const struct rig_request *r, int run)
{
    if (!r->submitted && r->result)
        return rig_result_code(RIG_OUTCOME_REFUSED, r->result);
    if (!r->done && run == RGT_E_TIMEOUT)
        return rig_result_code(RIG_OUTCOME_TIMEOUT, run);
    if (!r->done || r->result)
        return rig_result_code(RIG_OUTCOME_ERROR, r->done ? r->result : run);
    return rig_result(RIG_OUTCOME_OK);
}

/* One control request, start to end. What is late stays with the rig: its
 * answer may still come. */
static json_t *control(struct rig *rig, const struct rig_op *op)
{
    struct rig_message *m;
    json_t *result;
    int run;

    if (!rig->open)
        return not_open();
    if (!(rig->dut->op_mask >> op->code & 1))
        return rig_result_reason(RIG_OUTCOME_SKIP,
                                 "subject has no operation %d", (int)op->code);
    if (rig_voice_add(rig, rig->control, op->code, op->id, 0, 0))
        return rig_result_reason(RIG_OUTCOME_BENCH, "out of memory");
    for (m = rig->control->first; m->next; m = m->next)
        ;
    m->request.op = *op;
    run = rig_run(rig, &m->request, 1);
    result = outcome(&m->request, run);
    rig_voice_drop(rig, rig->control, false);
    return result;
}

/* ---- what there is ---- */

static json_t *op_info(struct rig *rig, const json_t *step)
{
    struct rig_snd_info info = {0};
    json_t *result;

    if (!rig->open)
        return not_open();
    if (!rig->dut->snd_info)
        return rig_result_reason(RIG_OUTCOME_SKIP, "subject has no snd_info");
    rig->dut->snd_info(rig->self, &info);
    result = rig_result(RIG_OUTCOME_OK);
    json_object_set_new(result, "jacks", json_integer(info.jacks));
    json_object_set_new(result, "streams", json_integer(info.streams));
    json_object_set_new(result, "chmaps", json_integer(info.chmaps));
    return rig_result_compare(result, json_object_get(step, "is"));
}

static json_t *jack_to_json(const struct rig_snd_jack_info *j)
{
    return json_pack("{s:I, s:I, s:b}", "nid", (json_int_t)j->hda_fn_nid,
                     "features", (json_int_t)j->features, "connected",
                     j->connected);
}

static json_t *pcm_to_json(const struct rig_snd_pcm_info *p)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:i, s:i, s:i}", "nid", (json_int_t)p->hda_fn_nid,
        "features", (json_int_t)p->features, "formats", (json_int_t)p->formats,
        "rates", (json_int_t)p->rates, "direction", p->direction,
        "channels_min", p->channels_min, "channels_max", p->channels_max);
}

static json_t *chmap_to_json(const struct rig_snd_chmap_info *c)
{
    json_t *positions = json_array();

    for (unsigned k = 0; k < c->channels && k < sizeof(c->positions); k++)
        json_array_append_new(positions, json_integer(c->positions[k]));
    return json_pack("{s:I, s:i, s:o}", "nid", (json_int_t)c->hda_fn_nid,
                     "direction", c->direction, "positions", positions);
}

static json_t *op_query(struct rig *rig, const json_t *step)
{
    const char *name = rig_param_text(step, "op");
    struct rig_snd_jack_info jack[ITEMS_MAX] = {{0}};
    struct rig_snd_pcm_info pcm[ITEMS_MAX] = {{0}};
    struct rig_snd_chmap_info chmap[ITEMS_MAX] = {{0}};
    struct rig_op op = {
        .id = (uint32_t)rig_param(step, "first", 0),
        .info_count = (uint32_t)rig_param(step, "count", 1),
    };
    json_t *result, *items = json_array();

    if (strcmp(name, "snd.jack_info") == 0) {
        op.code = RIG_OP_SND_JACK_INFO;
        op.info.jack = jack;
    } else if (strcmp(name, "snd.pcm_info") == 0) {
        op.code = RIG_OP_SND_PCM_INFO;
        op.info.pcm = pcm;
    } else {
        op.code = RIG_OP_SND_CHMAP_INFO;
        op.info.chmap = chmap;
    }
    result = control(rig, &op);
    for (uint32_t k = 0; k < op.info_count; k++)
        json_array_append_new(
            items, op.code == RIG_OP_SND_JACK_INFO  ? jack_to_json(&jack[k])
                   : op.code == RIG_OP_SND_PCM_INFO ? pcm_to_json(&pcm[k])
                                                    : chmap_to_json(&chmap[k]));
    json_object_set_new(result, "items", items);
    return result;
}

/* ---- commands ---- */

static json_t *op_remap(struct rig *rig, const json_t *step)
{
    const struct rig_op op = {
        .code = RIG_OP_SND_JACK_REMAP,
        .id = (uint32_t)rig_param(step, "jack", 0),
        .association = (uint32_t)rig_param(step, "association", 1),
        .sequence = (uint32_t)rig_param(step, "sequence", 0),
    };

    return control(rig, &op);
}

static uint8_t format_param(const json_t *step)
{
    const json_t *value = json_object_get(step, "format");

    if (json_is_integer(value))
        return (uint8_t)json_integer_value(value);
    return value ? (uint8_t)rig_snd_format(json_string_value(value))
                 : VIRTIO_SND_PCM_FMT_S16;
}

static uint8_t rate_param(const json_t *step)
{
    return rig_pcm_rate((uint32_t)rig_param(step, "rate", 48000));
}

static json_t *op_set_params(struct rig *rig, const json_t *step)
{
    uint32_t period = (uint32_t)rig_param(step, "period_bytes", 1920);
    const struct rig_op op = {
        .code = RIG_OP_SND_SET_PARAMS,
        .id = (uint32_t)rig_param(step, "stream", 0),
        .params = {.buffer_bytes = (uint32_t)rig_param(step, "buffer_bytes",
                                                       4 * (uint64_t)period),
                   .period_bytes = period,
                   .features =
                       rig_snd_features(json_object_get(step, "select")),
                   .channels = (uint8_t)rig_param(step, "channels", 2),
                   .format = format_param(step),
                   .rate = rate_param(step)},
    };

    voice_of(rig, step)->period_bytes = period;
    return control(rig, &op);
}

static json_t *op_command(struct rig *rig, const json_t *step)
{
    const char *name = rig_param_text(step, "op");
    struct rig_op op = {.id = (uint32_t)rig_param(step, "stream", 0)};

    if (strcmp(name, "snd.prepare") == 0)
        op.code = RIG_OP_SND_PREPARE;
    else if (strcmp(name, "snd.start") == 0)
        op.code = RIG_OP_SND_START;
    else if (strcmp(name, "snd.stop") == 0)
        op.code = RIG_OP_SND_STOP;
    else
        op.code = RIG_OP_SND_RELEASE;
    return control(rig, &op);
}

/* ---- frames ---- */

static json_t *op_frames(struct rig *rig, const json_t *step)
{
    bool play = strcmp(rig_param_text(step, "op"), "snd.play") == 0;
    enum rig_op_code code = play ? RIG_OP_SND_WRITE : RIG_OP_SND_READ;
    uint32_t stream = (uint32_t)rig_param(step, "stream", 0);
    struct rig_voice *v = voice_of(rig, step);
    uint32_t bytes = (uint32_t)rig_param(step, "bytes", v->period_bytes);
    uint64_t count = rig_param(step, "periods", 1);

    if (!rig->open)
        return not_open();
    for (uint64_t k = 0; k < count; k++) {
        struct rig_message *m;
        int run;

        if (rig_voice_add(rig, v, code, stream, bytes,
                          rig_param(step, "data", 1)))
            return rig_result_reason(RIG_OUTCOME_BENCH, "arena is full");
        for (m = v->first; m->next; m = m->next)
            ;
        run = rig_begin(rig, &m->request, 1);
        if (run < 0 || m->request.result) {
            json_t *result = outcome(&m->request, run);

            if (!m->request.submitted)
                rig_voice_take_back(rig, v);
            return result;
        }
    }
    return rig_result(RIG_OUTCOME_OK);
}

/* Captured bytes are those of the source, in their order. */
static json_t *check_captured(struct rig_voice *v, const struct rig_request *r)
{
    size_t bytes = r->bytes <= r->op.seg->bytes ? r->bytes : 0;
    size_t at =
        rig_pattern_check(v->source.seed, v->checked, r->op.seg->buf, bytes);

    if (at < bytes)
        return json_pack("{s:s, s:o, s:o}", "outcome", "mismatch", "expected",
                         json_sprintf("captured byte %llu of the source",
                                      (unsigned long long)(v->checked + at)),
                         "seen", json_string("another byte"));
    v->checked += bytes;
    return NULL;
}

static json_t *op_finish(struct rig *rig, const json_t *step)
{
    struct rig_voice *v = voice_of(rig, step);
    uint64_t deadline = fake_machine_now(rig->machine) +
                        rig_param(step, "timeout_us", FINISH_US) * US_NS;
    json_t *result = NULL;

    if (!rig->open)
        return not_open();
    for (struct rig_message *m = v->first; m && !result; m = m->next) {
        int run = rig_finish(rig, &m->request, 1, deadline);

        if (run < 0 || m->request.result)
            result = outcome(&m->request, run);
        else if (m->request.op.code == RIG_OP_SND_READ)
            result = check_captured(v, &m->request);
    }
    rig_voice_drop(rig, v, false);
    return result ? result : rig_result(RIG_OUTCOME_OK);
}

/* What came out at the other end, so far. Threads: only when the stream is
 * released. */
static json_t *op_played(struct rig *rig, const json_t *step)
{
    const struct rig_tape *t = &voice_of(rig, step)->tape;
    size_t at =
        rig_pattern_check(rig_param(step, "data", 1), 0, t->data, t->bytes);
    json_t *result = rig_result(RIG_OUTCOME_OK);

    json_object_set_new(result, "bytes", json_integer((json_int_t)t->bytes));
    json_object_set_new(result, "silent_bytes",
                        json_integer((json_int_t)t->silent_bytes));
    json_object_set_new(result, "gaps", json_integer(t->gaps));
    if (at < t->bytes) {
        json_object_set_new(result, "outcome", json_string("mismatch"));
        json_object_set_new(result, "expected",
                            json_sprintf("byte %zu of what was sent", at));
        json_object_set_new(result, "seen",
                            json_sprintf("0x%02x played", t->data[at]));
        return result;
    }
    return rig_result_compare(result, json_object_get(step, "is"));
}

static json_t *op_event(struct rig *rig, const json_t *step)
{
    struct rig_snd_event event = {0};
    json_t *result;

    if (!rig->open)
        return not_open();
    if (!rig->dut->snd_event)
        return rig_result_reason(RIG_OUTCOME_SKIP, "subject has no events");
    result = rig_result(RIG_OUTCOME_OK);
    if (rig->dut->snd_event(rig->self, &event)) {
        json_object_set_new(result, "code", json_integer(event.code));
        json_object_set_new(result, "id", json_integer(event.data));
    } else {
        json_object_set_new(result, "code", json_integer(0));
    }
    return rig_result_compare(result, json_object_get(step, "is"));
}

const struct rig_op_entry rig_snd_ops[] = {
    {"snd.info", op_info},       {"snd.jack_info", op_query},
    {"snd.pcm_info", op_query},  {"snd.chmap_info", op_query},
    {"snd.remap", op_remap},     {"snd.set_params", op_set_params},
    {"snd.prepare", op_command}, {"snd.start", op_command},
    {"snd.stop", op_command},    {"snd.release", op_command},
    {"snd.play", op_frames},     {"snd.capture", op_frames},
    {"snd.finish", op_finish},   {"snd.played", op_played},
    {"snd.event", op_event},     {NULL, NULL},
};
