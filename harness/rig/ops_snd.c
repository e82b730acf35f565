/* SPDX-License-Identifier: MIT
 *
 * ops_snd.c: the operations on a sound device. Messages are queued and left
 * on their way (snd.play, snd.capture), commands wait for their answer.
 */
#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "pattern.h"
#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "snd_json.h"
#include "voice.h"

#define US_NS 1000u
#define FINISH_US 10000000u
#define TURN_NS 100000u
#define PERIOD_BYTES 1920u
#define ITEMS_MAX 8u
#define ITEM_BYTES_MAX sizeof(struct rig_snd_pcm_info) /* the largest */

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

/* ---- items ---- */

static json_t *jack_to_json(const struct rig_snd_jack_info *j)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:b}", "nid",
                     (json_int_t)j->hda_fn_nid, "features",
                     (json_int_t)j->features, "defconf",
                     (json_int_t)j->hda_reg_defconf, "caps",
                     (json_int_t)j->hda_reg_caps, "connected", j->connected);
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

static json_t *items_to_json(const struct rig_op *op)
{
    json_t *items = json_array();

    for (uint32_t k = 0; k < op->info_count; k++)
        json_array_append_new(items, op->code == RIG_OP_SND_JACK_INFO
                                         ? jack_to_json(&op->info.jack[k])
                                     : op->code == RIG_OP_SND_PCM_INFO
                                         ? pcm_to_json(&op->info.pcm[k])
                                         : chmap_to_json(&op->info.chmap[k]));
    return items;
}

/* ---- requests ---- */

static json_t *no_operation(enum rig_op_code code)
{
    return rig_result_reason(RIG_OUTCOME_SKIP, "subject has no operation %d",
                             (int)code);
}

/* One control request, start to end. What is late stays with the rig: its
 * answer may still come, into `items` too, which is the message's from here
 * on. */
static json_t *query(struct rig *rig, const struct rig_op *op, void *items)
{
    struct rig_message *m;
    json_t *result;
    int run;

    if (!rig->open || !(rig->dut->op_mask >> op->code & 1)) {
        free(items);
        return rig->open ? no_operation(op->code) : not_open();
    }
    if (rig_voice_add(rig, rig->control, op->code, op->id, 0, 0)) {
        free(items);
        return rig_result_reason(RIG_OUTCOME_BENCH, "out of memory");
    }
    m = rig_voice_newest(rig->control);
    m->items = items;
    m->request.op = *op;
    run = rig_run(rig, &m->request, 1);
    result = outcome(&m->request, run);
    if (items && rig_result_outcome(result) == RIG_OUTCOME_OK)
        json_object_set_new(result, "items", items_to_json(op));
    rig_voice_drop(rig, rig->control, false);
    return result;
}

static json_t *control(struct rig *rig, const struct rig_op *op)
{
    return query(rig, op, NULL);
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

/* `is` has one object per item, of members that must be so. */
static json_t *compare_items(json_t *result, const json_t *is)
{
    const json_t *items = json_object_get(result, "items"), *want;
    size_t k;

    json_array_foreach(is, k, want)
    {
        json_t *item = json_copy(json_array_get(items, k));

        rig_result_compare(item, (json_t *)want);
        if (json_object_get(item, "outcome")) {
            json_object_set_new(result, "outcome", json_string("mismatch"));
            json_object_set_new(result, "of", json_string("facts"));
            json_object_set_new(result, "expected",
                                json_sprintf("item %zu: %s", k,
                                             rig_param_text(item, "expected")));
            json_object_set(result, "seen", json_object_get(item, "seen"));
        }
        json_decref(item);
    }
    return result;
}

static json_t *op_query(struct rig *rig, const json_t *step)
{
    const char *name = rig_param_text(step, "op");
    struct rig_op op = {
        .id = (uint32_t)rig_param(step, "first", 0),
        .info_count = (uint32_t)rig_param(step, "count", 1),
    };
    void *items = calloc(ITEMS_MAX, ITEM_BYTES_MAX);
    json_t *result;

    if (!items)
        return rig_result_reason(RIG_OUTCOME_BENCH, "out of memory");
    if (strcmp(name, "snd.jack_info") == 0) {
        op.code = RIG_OP_SND_JACK_INFO;
        op.info.jack = items;
    } else if (strcmp(name, "snd.pcm_info") == 0) {
        op.code = RIG_OP_SND_PCM_INFO;
        op.info.pcm = items;
    } else {
        op.code = RIG_OP_SND_CHMAP_INFO;
        op.info.chmap = items;
    }
    result = query(rig, &op, items);
    return rig_result_outcome(result) == RIG_OUTCOME_OK
               ? compare_items(result, json_object_get(step, "is"))
               : result;
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
    uint32_t period = (uint32_t)rig_param(step, "period_bytes", PERIOD_BYTES);
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

    json_t *result = control(rig, &op);

    if (rig_result_outcome(result) == RIG_OUTCOME_OK)
        voice_of(rig, step)->params = op.params;
    return result;
}

static enum rig_op_code command_of(const char *name)
{
    if (strcmp(name, "snd.prepare") == 0)
        return RIG_OP_SND_PREPARE;
    if (strcmp(name, "snd.start") == 0)
        return RIG_OP_SND_START;
    return strcmp(name, "snd.stop") == 0 ? RIG_OP_SND_STOP : RIG_OP_SND_RELEASE;
}

/* What the messages of a stream may look like from here on. */
static void note_command(struct rig_voice *v, enum rig_op_code code)
{
    if (code == RIG_OP_SND_START) {
        v->ended = false;
        v->late = v->late || !v->first;
    }
    if (code == RIG_OP_SND_STOP || code == RIG_OP_SND_RELEASE)
        v->ended = true;
}

static json_t *op_command(struct rig *rig, const json_t *step)
{
    const struct rig_op op = {
        .code = command_of(rig_param_text(step, "op")),
        .id = (uint32_t)rig_param(step, "stream", 0),
    };
    json_t *result = control(rig, &op);

    if (rig_result_outcome(result) == RIG_OUTCOME_OK)
        note_command(voice_of(rig, step), op.code);
    return result;
}

/* ---- frames ---- */

static json_t *send(struct rig *rig, struct rig_voice *v)
{
    struct rig_message *m = rig_voice_newest(v);
    int run = rig_begin(rig, &m->request, 1);
    json_t *result;

    if (run >= 0 && !m->request.result)
        return NULL;
    result = outcome(&m->request, run);
    if (!m->request.submitted)
        rig_voice_take_back(rig, v);
    return result;
}

static json_t *op_frames(struct rig *rig, const json_t *step)
{
    bool play = strcmp(rig_param_text(step, "op"), "snd.play") == 0;
    enum rig_op_code code = play ? RIG_OP_SND_WRITE : RIG_OP_SND_READ;
    uint32_t stream = (uint32_t)rig_param(step, "stream", 0);
    struct rig_voice *v = voice_of(rig, step);
    uint32_t bytes = (uint32_t)rig_param(
        step, "bytes",
        v->params.period_bytes ? v->params.period_bytes : PERIOD_BYTES);
    uint64_t count = rig_param(step, "periods", 1);
    json_t *result = NULL;

    if (!rig->open)
        return not_open();
    if (!(rig->dut->op_mask >> code & 1))
        return no_operation(code);
    for (uint64_t k = 0; k < count && !result; k++) {
        if (rig_voice_add(rig, v, code, stream, bytes,
                          rig_param(step, "data", 1)))
            return rig_result_reason(RIG_OUTCOME_BENCH, "arena is full");
        result = send(rig, v);
    }
    return result ? result : rig_result(RIG_OUTCOME_OK);
}

static json_t *mismatch(json_t *expected, json_t *seen)
{
    return json_pack("{s:s, s:o, s:o}", "outcome", "mismatch", "expected",
                     expected, "seen", seen);
}

/* Bytes that may be lost in one place, at most. */
#define LOST_MAX (UINT64_C(1) << 20)

/* Where in what the source gave, from `from` on, these bytes stand; or `from`,
 * if they do not. */
static uint64_t find_place(const struct rig_voice *v,
                           const struct rig_request *r, uint64_t from,
                           uint64_t end)
{
    for (uint64_t at = from; at + r->bytes <= end; at++)
        if (rig_pattern_check(v->source.seed, at, r->op.seg->buf, r->bytes) ==
            r->bytes)
            return at;
    return from;
}

/* Has the device lost frames of its own accord? */
static bool device_lost_some(const struct rig *rig)
{
    const struct fake_fault_plan *plan = &rig->machine->cfg.faults;
    unsigned count = atomic_load(&plan->count);

    for (unsigned k = 0; k < count; k++)
        if (plan->entry[k].rule.fault == FAKE_FAULT_SND_XRUN &&
            atomic_load(&plan->entry[k].hit))
            return true;
    return false;
}

/* Frames are lost before the first message of a stream that was started without
 * one, and before any if the device loses them. */
static void skip_lost(const struct rig *rig, struct rig_voice *v,
                      const struct rig_request *r)
{
    if (v->late && v->checked == 0)
        v->checked = find_place(v, r, 0, v->source.given);
    else if (device_lost_some(rig))
        v->checked = find_place(v, r, v->checked, v->checked + LOST_MAX);
}

/* Captured bytes are those of the source, in their order; and a message is
 * full while its stream runs. */
static json_t *check_captured(const struct rig *rig, struct rig_voice *v,
                              const struct rig_request *r)
{
    uint32_t room = r->op.seg->bytes;
    size_t at;

    if (r->bytes > room || (r->bytes < room && !v->ended))
        return mismatch(json_sprintf("%u bytes captured", room),
                        json_sprintf("%u", r->bytes));
    skip_lost(rig, v, r);
    at =
        rig_pattern_check(v->source.seed, v->checked, r->op.seg->buf, r->bytes);
    if (at < r->bytes)
        return mismatch(json_sprintf("captured byte %llu of the source",
                                     (unsigned long long)(v->checked + at)),
                        json_string("another byte"));
    v->checked += r->bytes;
    return NULL;
}

static json_t *finish_one(struct rig *rig, struct rig_voice *v,
                          struct rig_message *m, uint64_t deadline)
{
    int run = rig_finish(rig, &m->request, 1, deadline);

    if (run < 0 || m->request.result)
        return outcome(&m->request, run);
    return m->request.op.code == RIG_OP_SND_READ
               ? check_captured(rig, v, &m->request)
               : NULL;
}

/* Waits for all of them; the first that is not well is told, by number. */
static json_t *op_finish(struct rig *rig, const json_t *step)
{
    struct rig_voice *v = voice_of(rig, step);
    uint64_t deadline = fake_machine_now(rig->machine) +
                        rig_param(step, "timeout_us", FINISH_US) * US_NS;
    json_int_t failed = 0, number = 0;
    json_t *result = NULL;

    if (!rig->open)
        return not_open();
    for (struct rig_message *m = v->first; m; m = m->next) {
        json_t *one = finish_one(rig, v, m, deadline);

        number++;
        failed += one != NULL;
        if (one && !result)
            json_object_set_new(result = one, "message", json_integer(number));
        else
            json_decref(one);
    }
    rig_voice_drop(rig, v, false);
    result = result ? result : rig_result(RIG_OUTCOME_OK);
    if (failed)
        json_object_set_new(result, "failed", json_integer(failed));
    return rig_result_compare(result, json_object_get(step, "is"));
}

/* The sink was started as the last SET_PARAMS had it. */
static bool same_params(const struct rig_voice *v)
{
    const struct fake_pcm *pcm = &v->tape.pcm;

    return pcm->format == v->params.format &&
           pcm->channels == v->params.channels &&
           pcm->rate_hz == rig_pcm_rate_hz(v->params.rate);
}

/* What came out at the other end, so far. Threads: only when the stream is
 * released. */
static json_t *op_played(struct rig *rig, const json_t *step)
{
    const struct rig_voice *v = voice_of(rig, step);
    const struct rig_tape *t = &v->tape;
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
    if (t->bytes && !same_params(v)) {
        json_decref(result);
        return mismatch(
            json_sprintf("format %u, %u channels, %u Hz", v->params.format,
                         v->params.channels, rig_pcm_rate_hz(v->params.rate)),
            json_sprintf("format %u, %u channels, %u Hz", t->pcm.format,
                         t->pcm.channels, t->pcm.rate_hz));
    }
    return rig_result_compare(result, json_object_get(step, "is"));
}

/* The device's jack, by its own hand. */
static json_t *op_plug(struct rig *rig, const json_t *step)
{
    bool in = strcmp(rig_param_text(step, "op"), "snd.plug") == 0;

    if (rig->machine->cfg.device_id != RIG_DEVICE_SND)
        return rig_result_reason(RIG_OUTCOME_BENCH, "the device has no jacks");
    fake_machine_plug(rig->machine, (uint32_t)rig_param(step, "jack", 0), in);
    return rig_result(RIG_OUTCOME_OK);
}

/* Turns until the driver has an event. Short turns: one that collects an event
 * and no completion goes on to wait. */
static int await_event(struct rig *rig, uint64_t timeout_us,
                       struct rig_snd_event *event)
{
    uint64_t deadline = fake_machine_now(rig->machine) + timeout_us * US_NS;

    while (!rig->dut->snd_event(rig->self, event)) {
        uint64_t now = fake_machine_now(rig->machine);

        if (now >= deadline || rig_turn(rig, now + TURN_NS) < 0)
            return 0;
    }
    return 1;
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
    if (await_event(rig, rig_param(step, "timeout_us", 0), &event)) {
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
    {"snd.event", op_event},     {"snd.plug", op_plug},
    {"snd.unplug", op_plug},     {NULL, NULL},
};
