/* SPDX-License-Identifier: MIT
 *
 * transfer.c: see transfer.h.
 */
#include "transfer.h"

#include <inttypes.h>
#include <stdio.h>

#include "pcm_format.h"

#define TURN_NS UINT64_C(50000000) /* how often Ctrl-C is looked for */
#define GRACE_NS UINT64_C(2000000000)
#define BUFFER_BYTES_MAX (UINT64_C(1) << 30)

int rig_transfer_complain(struct rig_transfer *t, const char *line)
{
    rig_meter_end(&t->meter); /* it shares the terminal's line */
    rig_complain(t->sound.command, "%s", line);
    return RIG_EXIT_FAIL;
}

int rig_transfer_fail(struct rig_transfer *t, const char *what, int result)
{
    const char *error = t->ops->error(t);
    char line[200];

    snprintf(line, sizeof(line), "%s: %s", what, rgt_err_name(result));
    return rig_transfer_complain(t, error ? error : line);
}

/* Takes what is back. Returns 0 or an exit code. */
static int collect(struct rig_transfer *t, uint64_t now_ns)
{
    struct rig_period *p;

    while ((p = rig_stream_done(&t->stream)) != NULL) {
        int result = p->request.result;
        int code = result ? rig_transfer_fail(t, "a period failed", result)
                          : t->ops->took(t, p);

        rig_stream_take(&t->stream);
        t->moved_ns = now_ns;
        if (code)
            return code;
    }
    return 0;
}

static void show(struct rig_transfer *t)
{
    struct rig_meter_state state = {
        .rate_hz = t->want.rate_hz,
        .used = t->stream.used,
        .count = t->stream.count,
    };

    t->ops->progress(t, &state);
    rig_meter_show(&t->meter, &state);
}

/* From START until it is over, or Ctrl-C. */
static int turns(struct rig_transfer *t)
{
    struct fake_machine *machine = t->sound.rig.machine;
    uint64_t patience =
        GRACE_NS + 3 * (uint64_t)t->stream.count * t->sound.period_ms * 1000000;

    t->moved_ns = fake_machine_now(machine);
    while (!t->stopped && !t->ops->over(t)) {
        uint64_t now = fake_machine_now(machine);
        int result = rig_stream_turn(&t->stream, now + TURN_NS);
        int code;

        if (result)
            return rig_transfer_fail(t, "the device is dead", result);
        code = collect(t, now);
        code = code ? code : t->ops->supply(t);
        if (code)
            return code;
        if (now - t->moved_ns > patience)
            return rig_transfer_fail(t, "no period came back", RGT_E_TIMEOUT);
        t->stopped = rig_sound_interrupted();
        show(t);
    }
    return 0;
}

static int with_stream(struct rig_transfer *t)
{
    int code = t->ops->supply(t), result;

    if (code)
        return code;
    result = rig_stream_start(&t->stream);
    if (result)
        return rig_transfer_fail(t, "START", result);
    if (t->ops->started)
        code = t->ops->started(t);
    code = code ? code : turns(t);
    rig_meter_end(&t->meter);
    result = rig_stream_end(&t->stream);
    if (!code && result)
        code = rig_transfer_fail(t, "STOP and RELEASE", result);
    return code;
}

static int with_machine(struct rig_transfer *t, struct fake_sink *sink,
                        struct fake_source *source)
{
    struct fake_pcm pcm = rig_sound_pcm(&t->sound, &t->want);
    uint64_t bytes = pcm.period_bytes * t->sound.buffer_periods;
    struct rig_snd_params params;
    uint32_t id;
    int code, result;

    if (bytes > BUFFER_BYTES_MAX)
        return rig_complain(t->sound.command,
                            "a buffer of %" PRIu64
                            " bytes is more than %" PRIu64
                            " (--period-ms, --buffer-periods)",
                            bytes, BUFFER_BYTES_MAX);
    t->sound.buffer_bytes = bytes;
    code = rig_sound_plug_in(&t->sound, sink, source);
    if (!code)
        code = rig_sound_choose(&t->sound, &t->want, &id, &params);
    if (code)
        return code;
    result = rig_stream_open(&t->stream, &t->sound.rig, id, t->ops->capture,
                             &params, (unsigned)t->sound.buffer_periods);
    t->began = t->stream.count > 0;
    if (result)
        return rig_transfer_fail(t, "the stream was not set up", result);
    return with_stream(t);
}

/* Memory of the machine before the machine. */
int rig_transfer_run(struct rig_transfer *t, struct fake_sink *sink,
                     struct fake_source *source)
{
    int code;

    rig_meter_init(&t->meter);
    code = with_machine(t, sink, source);
    rig_meter_end(&t->meter);
    code = rig_sound_sum_up(&t->sound, code);
    rig_stream_close(&t->stream);
    rig_sound_free_machine(&t->sound);
    return code;
}

uint64_t rig_transfer_frames(const struct rig_transfer *t, uint64_t bytes)
{
    return rig_pcm_frames(t->want.format, t->want.channels, bytes);
}

void rig_transfer_print(const struct rig_transfer *t, const char *done,
                        const char *xrun)
{
    uint32_t hz = t->want.rate_hz;
    struct rig_meter_state m = {0};

    t->ops->progress(t, &m);
    printf("%s %" PRIu64 " frame%s (%" PRIu64 ".%03" PRIu64
           " s) of %s, %u channel%s, %u Hz; %" PRIu64 " %s%s",
           done, m.frames, m.frames == 1 ? "" : "s", m.frames / hz,
           m.frames % hz * 1000 / hz, rig_pcm_format(t->want.format)->name,
           t->want.channels, t->want.channels == 1 ? "" : "s", hz, m.xruns,
           xrun, m.xruns == 1 ? "" : "s");
}
