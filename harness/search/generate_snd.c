/* SPDX-License-Identifier: MIT
 *
 * generate_snd.c: a sound card, and what is asked of its driver.
 */
#include "generate_parts.h"

#define STREAMS_MAX 3u
#define ROUNDS_MAX 3u
#define MESSAGE_ENTRIES 4u  /* descriptors of one message, or fewer */
#define EARLY_MAX 4u        /* messages before a start */
#define PATIENCE_US 400000u /* all messages of a round, and twice that */
#define PERIOD_BYTES 96u    /* whole frames in each of the formats drawn */

struct card {
    struct rig_random *r;
    const struct rig_menu *menu;
    uint32_t streams;
    bool input[STREAMS_MAX];
    bool heard[STREAMS_MAX]; /* input: used already */
    uint32_t room;           /* messages that a queue takes at least */
};

/* ---- the device ---- */

static void draw_streams(struct card *c, json_t *device)
{
    json_t *list = json_array();

    c->streams = (uint32_t)rig_between(c->r, 1, STREAMS_MAX);
    for (uint32_t k = 0; k < c->streams; k++) {
        json_t *stream = json_object();

        c->input[k] = rig_chance(c->r, 1, 3);
        if (c->input[k])
            json_object_set_new(stream, "direction", json_string("input"));
        if (rig_chance(c->r, 1, 2))
            json_object_set_new(stream, "features",
                                json_pack("[s]", "EVT_XRUNS"));
        json_array_append_new(list, stream);
    }
    json_object_set_new(device, "streams", list);
    json_object_set_new(device, "chmaps", json_array());
}

static void draw_device(struct card *c, json_t *device)
{
    json_t *features = json_array();

    json_object_set_new(device, "type", json_string("snd"));
    c->room = rig_generate_ring(c->r, c->menu, false, features, device) /
              MESSAGE_ENTRIES;
    json_object_set_new(device, "features", features);
    draw_streams(c, device);
    rig_put(device, "capture_data", rig_between(c->r, 1, 200));
    if (rig_chance(c->r, 1, 2))
        json_object_set_new(device, "reading", json_string("lazy"));
}

/* ---- steps ---- */

static json_t *on_stream(json_t *steps, const char *op, uint32_t stream)
{
    json_t *step = rig_step(steps, op);

    if (stream)
        rig_put(step, "stream", stream);
    return step;
}

/* Small and short: what passes is virtual time, but each period is events. */
static void add_params(struct card *c, json_t *steps, uint32_t stream)
{
    static const struct {
        const char *format;
        uint32_t bytes; /* of one sample */
    } formats[] = {{"S16", 2}, {"U8", 1}, {"S32", 4}};
    static const uint32_t rates[] = {44100, 48000, 96000, 192000};
    uint64_t format = rig_below(c->r, 3);
    uint64_t period = PERIOD_BYTES * rig_between(c->r, 1, 10);
    json_t *step = on_stream(steps, "snd.set_params", stream);

    json_object_set_new(step, "format", json_string(formats[format].format));
    rig_put(step, "channels", rig_chance(c->r, 1, 3) ? 1 : 2);
    rig_put(step, "rate", rates[rig_below(c->r, 4)]);
    rig_put(step, "period_bytes", period);
    rig_put(step, "buffer_bytes", period * rig_between(c->r, 2, 8));
}

static void add_frames(struct card *c, json_t *steps, uint32_t stream,
                       uint64_t most)
{
    json_t *step =
        on_stream(steps, c->input[stream] ? "snd.capture" : "snd.play", stream);

    rig_put(step, "periods", rig_between(c->r, 1, most));
    if (!c->input[stream])
        rig_put(step, "data", stream + 1);
}

static void add_query(struct card *c, json_t *steps)
{
    static const char *const events[] = {"snd.plug", "snd.unplug"};

    switch (rig_below(c->r, 4)) {
    case 0:
        rig_put(rig_step(steps, "snd.pcm_info"), "count", c->streams);
        break;
    case 1:
        rig_step(steps, "snd.jack_info");
        break;
    case 2:
        for (uint64_t n = rig_between(c->r, 1, 3); n; n--) {
            rig_put(rig_step(steps, events[n % 2]), "jack", 0);
            rig_put(rig_step(steps, "snd.event"), "timeout_us",
                    rig_below(c->r, 200));
        }
        break;
    default:
        rig_put(rig_step(steps, "idle"), "us", rig_between(c->r, 1, 5000));
    }
}

static json_t *add_finish(json_t *steps, uint32_t stream)
{
    json_t *step = on_stream(steps, "snd.finish", stream);

    rig_put(step, "timeout_us", PATIENCE_US);
    return step;
}

/* How a stream comes to its end: played out; with messages on their way; or
 * with the device reset under it. */
static void add_end(struct card *c, json_t *steps, uint32_t stream)
{
    bool early = rig_chance(c->r, 1, 4);
    bool reset = rig_chance(c->r, 1, 6);

    if (reset) {
        rig_step(steps, "recover");
        rig_may(add_finish(steps, stream), "ok", "error");
        return;
    }
    if (!early)
        add_finish(steps, stream);
    on_stream(steps, "snd.stop", stream);
    if (!early && !c->input[stream] && rig_chance(c->r, 1, 4)) {
        add_frames(c, steps, stream, 1);
        early = true;
        on_stream(steps, "snd.start", stream);
        on_stream(steps, "snd.stop", stream);
    }
    on_stream(steps, "snd.release", stream);
    if (early)
        rig_may(add_finish(steps, stream), "ok", "error");
    else if (!c->input[stream])
        rig_put(on_stream(steps, "snd.played", stream), "data", stream + 1);
}

/* What is captured goes on where it was only if nothing was missed, which is
 * sure of one start with all its messages there. */
static void add_round(struct card *c, json_t *steps)
{
    uint32_t stream = (uint32_t)rig_below(c->r, c->streams);
    uint64_t early = c->room < EARLY_MAX ? c->room : EARLY_MAX;

    if (c->heard[stream])
        return;
    c->heard[stream] = c->input[stream];
    add_params(c, steps, stream);
    if (rig_chance(c->r, 1, 4))
        add_query(c, steps);
    on_stream(steps, "snd.prepare", stream);
    add_frames(c, steps, stream, early);
    on_stream(steps, "snd.start", stream);
    if (rig_chance(c->r, 1, 3))
        add_query(c, steps);
    if (rig_chance(c->r, 1, 2) && !c->input[stream])
        add_frames(c, steps, stream, EARLY_MAX);
    add_end(c, steps, stream);
}

void rig_generate_snd(struct rig_random *r, const struct rig_menu *menu,
                      json_t *device, json_t *steps)
{
    struct card c = {.r = r, .menu = menu};
    uint64_t rounds;

    draw_device(&c, device);
    rig_step(steps, "open");
    rounds = rig_between(r, 1, ROUNDS_MAX);
    for (uint64_t k = 0; k < rounds; k++) {
        if (rig_chance(r, 1, 3))
            add_query(&c, steps);
        add_round(&c, steps);
        if (rig_menu_is_faulty(menu) && rig_chance(r, 1, 4))
            rig_step(steps, "recover");
    }
}
