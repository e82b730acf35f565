/* SPDX-License-Identifier: MIT
 *
 * ringtrue record: from a source through device, ring and driver into a file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "meter.h"
#include "options.h"
#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sinks.h"
#include "sound_rig.h"
#include "sources.h"
#include "stream.h"

#define TURN_NS UINT64_C(50000000) /* how often Ctrl-C is looked for */
#define GRACE_NS UINT64_C(2000000000)
#define RATE_HZ 48000u
#define CHANNELS 2u

struct record {
    struct rig_sound_rig sound;
    const char *path;
    const char *source_spec;
    bool raw;
    uint64_t ms;
    uint64_t rate_hz, channels; /* 0: as the source, or the default */
    uint8_t format;             /* RIG_PCM_NONE: the same */
    struct rig_source *source;
    struct rig_sink *file;
    struct rig_sound_want want;
    uint64_t bytes_wanted, bytes_written;
    struct rig_stream stream;
    struct rig_meter meter;
    uint64_t moved_ns;
    bool stopped; /* by Ctrl-C */
};

enum {
    OPT_SECONDS = RIG_KEY_OWN,
    OPT_SOURCE,
    OPT_RATE,
    OPT_CHANNELS,
    OPT_FORMAT,
    OPT_RAW,
};

static const struct rig_option option_list[] = {
    {OPT_SECONDS, "seconds", "N", "how long (needed)"},
    {OPT_SOURCE, "source", "SOURCE",
     "portaudio[:DEVICE], file:PATH, sine:HZ, ramp, counter or silence "
     "(default portaudio)"},
    {OPT_RATE, "rate", "HZ", "default: that of the file, or 48000"},
    {OPT_CHANNELS, "channels", "N", "default: those of the file, or 2"},
    {OPT_FORMAT, "format", "FORMAT",
     "of the stream (default: what holds the file without loss, or S16)"},
    {OPT_RAW, "raw", NULL, "write frames without a header"},
    RIG_SOUND_PERIOD_OPTIONS,
    RIG_SOUND_DEVICE_OPTION,
    {.key = RIG_KEY_DUT},
    {.key = RIG_KEY_SCHED},
    {.key = RIG_KEY_SEED},
    {.key = RIG_KEY_MEMORY},
    {0},
};

/* A transfer or command that failed: the source knows better why. */
static int fail(const struct record *rec, const char *what, int result)
{
    const char *error = rig_source_error(rec->source);

    if (error)
        rig_complain("record", "%s", error);
    else
        rig_complain("record", "%s: %s", what, rgt_err_name(result));
    return RIG_EXIT_FAIL;
}

static int fail_file(const struct record *rec)
{
    rig_complain("record", "%s", rig_sink_error(rec->file));
    return RIG_EXIT_FAIL;
}

/* ---- recording ---- */

/* Posts what is free. Returns 0 or an exit code. */
static int supply(struct record *rec)
{
    while (rig_stream_free(&rec->stream)) {
        int result =
            rig_stream_send(&rec->stream, rec->stream.params.period_bytes);

        if (result)
            return fail(rec, "a period was not taken", result);
    }
    return 0;
}

static int write_period(struct record *rec, const struct rig_period *p)
{
    struct fake_sink *file = rig_sink_port(rec->file);
    uint64_t left = rec->bytes_wanted - rec->bytes_written;
    uint64_t bytes = p->request.bytes < left ? p->request.bytes : left;

    rig_meter_listen(&rec->meter, rec->want.format, p->buf, (size_t)bytes);
    if (file->ops->write(file, p->buf, (size_t)bytes, false))
        return fail_file(rec);
    rec->bytes_written += bytes;
    return 0;
}

/* Takes what is back. Returns 0 or an exit code. */
static int collect(struct record *rec, uint64_t now_ns)
{
    struct rig_period *p;

    while ((p = rig_stream_done(&rec->stream)) != NULL) {
        int result = p->request.result;
        int code = result ? fail(rec, "a period was not recorded", result)
                          : write_period(rec, p);

        rig_stream_take(&rec->stream);
        rec->moved_ns = now_ns;
        if (code)
            return code;
    }
    return 0;
}

static uint64_t frames_of(const struct record *rec, uint64_t bytes)
{
    return rig_pcm_frames(rec->want.format, rec->want.channels, bytes);
}

static uint64_t overruns(const struct record *rec)
{
    struct rig_source_stats stats;

    rig_source_stats(rec->source, &stats);
    return rec->stream.xrun_events + stats.overruns;
}

static void show(struct record *rec)
{
    struct rig_meter_state state = {
        .frames = frames_of(rec, rec->bytes_written),
        .frames_total = frames_of(rec, rec->bytes_wanted),
        .rate_hz = rec->want.rate_hz,
        .used = rec->stream.used,
        .count = rec->stream.count,
        .xruns = overruns(rec),
    };

    rig_meter_show(&rec->meter, &state);
}

static int run(struct record *rec)
{
    struct fake_machine *machine = rec->sound.rig.machine;
    uint64_t patience = GRACE_NS + 3 * (uint64_t)rec->stream.count *
                                       rec->sound.period_ms * 1000000;

    rec->moved_ns = fake_machine_now(machine);
    while (!rec->stopped && rec->bytes_written < rec->bytes_wanted) {
        uint64_t now = fake_machine_now(machine);
        int result = rig_stream_turn(&rec->stream, now + TURN_NS);
        int code;

        if (result)
            return fail(rec, "the device is dead", result);
        code = collect(rec, now);
        code = code ? code : supply(rec);
        if (code)
            return code;
        if (now - rec->moved_ns > patience)
            return fail(rec, "no period came back", RGT_E_TIMEOUT);
        rec->stopped = rig_sound_interrupted();
        show(rec);
    }
    return 0;
}

/* The file is made as soon as there is something to write into it. */
static int begin_file(struct record *rec)
{
    struct fake_sink *file = rig_sink_port(rec->file);
    struct fake_pcm pcm = rig_sound_pcm(&rec->sound, &rec->want);

    return file->ops->start(file, &pcm) ? fail_file(rec) : 0;
}

static int with_stream(struct record *rec)
{
    int code = supply(rec), result;

    if (code)
        return code;
    result = rig_stream_start(&rec->stream);
    if (result)
        return fail(rec, "START", result);
    code = begin_file(rec);
    if (!code)
        code = run(rec);
    rig_meter_end(&rec->meter);
    result = rig_stream_end(&rec->stream);
    if (!code && result)
        code = fail(rec, "STOP and RELEASE", result);
    return code;
}

static int with_machine(struct record *rec)
{
    struct rig_snd_params params;
    uint32_t id;
    int code =
        rig_sound_plug_in(&rec->sound, NULL, rig_source_port(rec->source));
    int result;

    if (!code)
        code = rig_sound_choose(&rec->sound, &rec->want, &id, &params);
    if (code)
        return code;
    result = rig_stream_open(&rec->stream, &rec->sound.rig, id, true, &params,
                             (unsigned)rec->sound.buffer_periods);
    if (result)
        return fail(rec, "the stream was not set up", result);
    return with_stream(rec);
}

/* ---- around it ---- */

static void sum_up(const struct record *rec)
{
    uint64_t frames = frames_of(rec, rec->bytes_written), n = overruns(rec);
    uint32_t hz = rec->want.rate_hz;

    printf("recorded %" PRIu64 " frames (%" PRIu64 ".%03" PRIu64
           " s) of %s, %u channel%s, %u Hz; %" PRIu64 " overrun%s%s\n",
           frames, frames / hz, frames % hz * 1000 / hz,
           rig_pcm_format(rec->want.format)->name, rec->want.channels,
           rec->want.channels == 1 ? "" : "s", hz, n, n == 1 ? "" : "s",
           rec->stopped ? "; stopped before the end" : "");
}

static void decide(struct record *rec)
{
    struct rig_source_wish wish;
    uint64_t frames;
    uint32_t frame;

    rig_source_wish(rec->source, &wish);
    rec->want = (struct rig_sound_want){
        .direction = VIRTIO_SND_D_INPUT,
        .format = rec->format != RIG_PCM_NONE ? rec->format
                  : wish.channels             ? wish.format
                                              : VIRTIO_SND_PCM_FMT_S16,
        .channels = (uint8_t)(rec->channels   ? rec->channels
                              : wish.channels ? wish.channels
                                              : CHANNELS),
        .rate_hz = (uint32_t)(rec->rate_hz   ? rec->rate_hz
                              : wish.rate_hz ? wish.rate_hz
                                             : RATE_HZ),
    };
    frames = rec->ms * rec->want.rate_hz / 1000;
    frame = rig_pcm_frame_bytes(rec->want.format, rec->want.channels);
    rec->bytes_wanted =
        frame ? frames * frame : (frames * rec->want.channels + 1) / 2;
}

static int check_container(const struct record *rec)
{
    if (rec->raw || rig_pcm_has_samples(rec->want.format))
        return 0;
    return rig_complain("record",
                        "--format: a WAV file cannot hold %s "
                        "(--raw can)",
                        rig_pcm_format(rec->want.format)->name);
}

static int prepare(struct record *rec)
{
    struct fake_pcm pcm = rig_sound_pcm(&rec->sound, &rec->want);
    char err[512];

    if (rig_pcm_rate(pcm.rate_hz) == RIG_PCM_NONE ||
        !rig_source_prepare(rec->source, &pcm, err, sizeof(err)))
        return 0;
    return rig_complain("record", "--source: %s", err);
}

static int with_file(struct record *rec)
{
    struct fake_sink *file = rig_sink_port(rec->file);
    char err[512];
    bool started;
    int code;

    rig_meter_init(&rec->meter);
    code = with_machine(rec);
    rig_meter_end(&rec->meter);
    started = rec->stream.count > 0;
    code = rig_sound_sum_up(&rec->sound, code);
    rig_stream_close(&rec->stream);
    rig_sound_free_machine(&rec->sound);
    if (started)
        file->ops->stop(file);
    if (code == 0 || started)
        sum_up(rec);
    if (rig_sink_close(rec->file, err, sizeof(err)) && !code) {
        rig_complain("record", "%s", err);
        code = RIG_EXIT_FAIL;
    }
    return code;
}

static int open_file(struct record *rec)
{
    char spec[4200], err[512];

    snprintf(spec, sizeof(spec), "%s:%s", rec->raw ? "raw" : "wav", rec->path);
    rec->file = rig_sink_open(spec, err, sizeof(err));
    return rec->file ? 0 : rig_complain("record", "%s", err);
}

static int record(struct record *rec)
{
    char err[512];
    int code;

    rec->source = rig_source_open(rec->source_spec, err, sizeof(err));
    if (!rec->source)
        return rig_complain("record", "--source: %s", err);
    decide(rec);
    code = check_container(rec);
    code = code ? code : prepare(rec);
    code = code ? code : open_file(rec);
    code = code ? code : with_file(rec);
    rig_source_close(rec->source);
    return code;
}

/* ---- options ---- */

static int take_option(struct record *rec, struct rig_options *o, int key)
{
    switch (key) {
    case OPT_SECONDS:
        return rig_options_seconds(o, &rec->ms);
    case OPT_SOURCE:
        rec->source_spec = o->value;
        return 0;
    case OPT_RATE:
        return rig_options_number(o, 1, 384000, &rec->rate_hz);
    case OPT_CHANNELS:
        return rig_options_number(o, 1, 255, &rec->channels);
    case OPT_FORMAT:
        return rig_sound_format(o, &rec->format);
    case OPT_RAW:
        rec->raw = true;
        return 0;
    default:
        return rig_sound_option(&rec->sound, o, key);
    }
}

int cmd_record(int argc, char **argv)
{
    struct record rec = {.format = RIG_PCM_NONE, .source_spec = "portaudio"};
    struct rig_options o = {
        .command = "record",
        .usage = "OUT.wav --seconds N [OPTION...]",
        .about = "Records through device, ring and driver into a WAV file "
                 "(.w64 and .rf64 for more than 4 GiB). Real time with "
                 "portaudio, virtual time with every other source, unless "
                 "--sched says otherwise. Ctrl-C ends it in good order.",
        .more = "exit codes:\n"
                "   0  recorded, and no clause was broken\n"
                "   1  something failed on the way, or a clause was broken; "
                "what was recorded is\n      in the file\n"
                "   2  wrong usage, file or source; nothing was recorded\n",
        .list = option_list,
        .setup = &rec.sound.setup,
    };
    int key, code;

    rig_sound_init(&rec.sound, "record");
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (take_option(&rec, &o, key))
            return o.exit_code;
    if (key < 0)
        return o.exit_code;
    if (o.first >= argc)
        return rig_complain("record", "expected a file to record into "
                                      "(try 'ringtrue record --help')");
    if (o.first + 1 < argc)
        return rig_complain("record", "unexpected argument '%s'",
                            argv[o.first + 1]);
    if (rec.ms == 0)
        return rig_complain("record", "--seconds N is needed");
    rec.path = argv[o.first];
    code = rig_sound_check(&rec.sound, rec.source_spec);
    if (!code)
        code = record(&rec);
    rig_sound_free(&rec.sound);
    return code;
}
