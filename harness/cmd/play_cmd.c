/* SPDX-License-Identifier: MIT
 *
 * ringtrue play: a sound file through driver, ring and device into a sink.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "commands.h"
#include "dut_ringtrue_gain.h"
#include "meter.h"
#include "options.h"
#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sinks.h"
#include "sound_file.h"
#include "sound_rig.h"
#include "stream.h"

#define TURN_NS UINT64_C(50000000) /* how often Ctrl-C is looked for */
#define GRACE_NS UINT64_C(2000000000)

struct play {
    struct rig_sound_rig sound;
    const char *path;
    const char *sink_spec;
    const char *raw; /* "S16:48000:2": the file has no header */
    uint8_t format;  /* RIG_PCM_NONE: as the file */
    int gain_db;
    bool has_gain;
    struct rig_sound_file file;
    struct rig_sink *sink;
    struct rig_sound_want want;
    struct rig_stream stream;
    struct rig_meter meter;
    uint64_t moved_ns; /* when a period last came back */
    bool at_end;       /* all of the file is sent */
    bool stopped;      /* by Ctrl-C */
};

enum { OPT_SINK = RIG_KEY_OWN, OPT_GAIN, OPT_FORMAT, OPT_RAW };

static const struct rig_option option_list[] = {
    {OPT_SINK, "sink", "SINK",
     "portaudio[:DEVICE], wav:OUT, raw:OUT or null (default portaudio)"},
    {OPT_GAIN, "gain", "DB", "louder or softer, -96 to 24 dB"},
    {OPT_FORMAT, "format", "FORMAT",
     "of the stream, S16 for example (default: what holds the file without "
     "loss)"},
    {OPT_RAW, "raw", "FORMAT:HZ:CHANNELS",
     "FILE has no header and holds frames like this"},
    RIG_SOUND_PERIOD_OPTIONS,
    RIG_SOUND_DEVICE_OPTION,
    {.key = RIG_KEY_DUT},
    {.key = RIG_KEY_SCHED},
    {.key = RIG_KEY_SEED},
    {.key = RIG_KEY_MEMORY},
    {0},
};

static int fail(const char *what, int result)
{
    rig_complain("play", "%s: %s", what, rgt_err_name(result));
    return RIG_EXIT_FAIL;
}

/* A transfer or command that failed: the sink knows better why. */
static int fail_stream(const struct play *play, const char *what, int result)
{
    const char *error = rig_sink_error(play->sink);

    if (!error)
        return fail(what, result);
    rig_complain("play", "%s", error);
    return RIG_EXIT_FAIL;
}

/* ---- the file ---- */

static int gain_possible(const struct play *play)
{
    uint8_t sample[8] = {0};
    uint32_t bytes = rig_pcm_frame_bytes(play->want.format, 1);

    if (!play->has_gain || !rig_ringtrue_gain(play->gain_db, play->want.format,
                                              sample, bytes ? bytes : 1))
        return 0;
    return rig_complain("play", "--gain cannot be applied to %s",
                        rig_pcm_format(play->want.format)->name);
}

static int parse_raw(const struct play *play, uint8_t *format, uint32_t *hz,
                     uint8_t *channels)
{
    char name[32];
    unsigned rate, count;
    int end = 0;

    if (sscanf(play->raw, "%31[^:]:%9u:%3u%n", name, &rate, &count, &end) ==
            3 &&
        play->raw[end] == '\0' && count >= 1 && count <= 255 && rate &&
        rig_pcm_format_named(name) != RIG_PCM_NONE) {
        *format = rig_pcm_format_named(name);
        *hz = rate;
        *channels = (uint8_t)count;
        return 0;
    }
    return rig_complain("play",
                        "--raw: expected FORMAT:HZ:CHANNELS like "
                        "S16:48000:2, found '%s'",
                        play->raw);
}

static int open_file(struct play *play)
{
    uint8_t format = 0, channels = 0;
    uint32_t hz = 0;
    char err[512];

    if (play->raw) {
        if (parse_raw(play, &format, &hz, &channels))
            return RIG_EXIT_USAGE;
        if (rig_sound_open_raw(&play->file, play->path, format, hz, channels,
                               err, sizeof(err)))
            return rig_complain("play", "%s", err);
        if (play->format != RIG_PCM_NONE && play->format != format)
            return rig_complain("play", "--raw names the format; --format "
                                        "cannot be another");
    } else if (rig_sound_open(&play->file, play->path, err, sizeof(err))) {
        return rig_complain("play", "%s", err);
    }
    play->want = (struct rig_sound_want){
        .direction = VIRTIO_SND_D_OUTPUT,
        .format =
            play->format != RIG_PCM_NONE ? play->format : play->file.format,
        .channels = play->file.channels,
        .rate_hz = play->file.rate_hz,
    };
    if (!play->raw && !rig_pcm_has_samples(play->want.format))
        return rig_complain("play",
                            "--format: a sound file cannot be made "
                            "into %s",
                            rig_pcm_format(play->want.format)->name);
    return gain_possible(play);
}

/* ---- playing ---- */

/* Fills and sends what is free. Returns 0 or an exit code. */
static int supply(struct play *play)
{
    struct rig_stream *s = &play->stream;
    struct rig_period *p;

    while (!play->at_end && (p = rig_stream_free(s)) != NULL) {
        char err[512];
        long n = rig_sound_read(&play->file, play->want.format, p->buf,
                                s->params.period_bytes, err, sizeof(err));
        int result;

        if (n < 0) {
            rig_complain("play", "%s", err);
            return RIG_EXIT_FAIL;
        }
        play->at_end = n < (long)s->params.period_bytes;
        if (n == 0)
            break;
        if (play->has_gain)
            rig_ringtrue_gain(play->gain_db, play->want.format, p->buf,
                              (uint32_t)n);
        rig_meter_listen(&play->meter, play->want.format, p->buf, (size_t)n);
        result = rig_stream_send(s, (uint32_t)n);
        if (result)
            return fail_stream(play, "a period was not taken", result);
    }
    return 0;
}

/* Takes what is back. Returns 0 or an exit code. */
static int collect(struct play *play, uint64_t now_ns)
{
    struct rig_period *p;

    while ((p = rig_stream_done(&play->stream)) != NULL) {
        int result = p->request.result;

        rig_stream_take(&play->stream);
        play->moved_ns = now_ns;
        if (result)
            return fail_stream(play, "a period was not played", result);
    }
    return 0;
}

static uint64_t frames_done(const struct play *play)
{
    return rig_pcm_frames(play->want.format, play->want.channels,
                          play->stream.bytes_done);
}

static uint64_t xruns(const struct play *play)
{
    struct rig_sink_stats stats;

    rig_sink_stats(play->sink, &stats);
    return stats.xruns + stats.starved;
}

static void show(struct play *play)
{
    struct rig_meter_state state = {
        .frames = frames_done(play),
        .frames_total = play->file.frames,
        .rate_hz = play->want.rate_hz,
        .used = play->stream.used,
        .count = play->stream.count,
        .xruns = xruns(play),
    };

    rig_meter_show(&play->meter, &state);
}

/* From START to the last period, or Ctrl-C. */
static int run(struct play *play)
{
    struct rig_stream *s = &play->stream;
    struct fake_machine *machine = play->sound.rig.machine;
    uint64_t patience =
        GRACE_NS + 3 * (uint64_t)s->count * play->sound.period_ms * 1000000;

    play->moved_ns = fake_machine_now(machine);
    while (!play->stopped && !(play->at_end && s->used == 0)) {
        uint64_t now = fake_machine_now(machine);
        int result = rig_stream_turn(s, now + TURN_NS);
        int code;

        if (result)
            return fail_stream(play, "the device is dead", result);
        code = collect(play, now);
        code = code ? code : supply(play);
        if (code)
            return code;
        if (now - play->moved_ns > patience)
            return fail_stream(play, "no period came back", RGT_E_TIMEOUT);
        play->stopped = rig_sound_interrupted();
        show(play);
    }
    return 0;
}

static int with_stream(struct play *play)
{
    int code, result;

    code = supply(play);
    if (code)
        return code;
    result = rig_stream_start(&play->stream);
    if (result)
        return fail_stream(play, "START", result);
    code = run(play);
    rig_meter_end(&play->meter);
    result = rig_stream_end(&play->stream);
    if (!code && result)
        code = fail_stream(play, "STOP and RELEASE", result);
    return code;
}

static int with_machine(struct play *play)
{
    struct rig_snd_params params;
    uint32_t id;
    int code = rig_sound_plug_in(&play->sound, rig_sink_port(play->sink), NULL);
    int result;

    if (!code)
        code = rig_sound_choose(&play->sound, &play->want, &id, &params);
    if (code)
        return code;
    result = rig_stream_open(&play->stream, &play->sound.rig, id, false,
                             &params, (unsigned)play->sound.buffer_periods);
    if (result)
        return fail("the stream was not set up", result);
    return with_stream(play);
}

/* ---- around it ---- */

static void sum_up(const struct play *play)
{
    uint64_t frames = frames_done(play), n = xruns(play);
    uint32_t hz = play->want.rate_hz;

    printf("played %" PRIu64 " frames (%" PRIu64 ".%03" PRIu64
           " s) of %s, %u channel%s, %u Hz; %" PRIu64
           " xrun%s; worst latency %.1f ms%s\n",
           frames, frames / hz, frames % hz * 1000 / hz,
           rig_pcm_format(play->want.format)->name, play->want.channels,
           play->want.channels == 1 ? "" : "s", hz, n, n == 1 ? "" : "s",
           (double)play->stream.worst_ns / 1e6,
           play->stopped ? "; stopped before the end" : "");
}

/* Memory of the machine before the machine, the machine before the sink. */
static int with_sink(struct play *play)
{
    char err[512];
    bool started;
    int code;

    rig_meter_init(&play->meter);
    code = with_machine(play);
    rig_meter_end(&play->meter);
    started = play->stream.count > 0;
    code = rig_sound_sum_up(&play->sound, code);
    rig_stream_close(&play->stream);
    rig_sound_free_machine(&play->sound);
    if (code == 0 || started)
        sum_up(play);
    if (rig_sink_close(play->sink, err, sizeof(err)) && !code) {
        rig_complain("play", "%s", err);
        code = RIG_EXIT_FAIL;
    }
    return code;
}

static int play_file(struct play *play)
{
    struct fake_pcm pcm;
    char err[512];
    int code = open_file(play);

    if (code)
        return code;
    play->sink = rig_sink_open(play->sink_spec, err, sizeof(err));
    if (!play->sink)
        return rig_complain("play", "--sink: %s", err);
    pcm = rig_sound_pcm(&play->sound, &play->want);
    if (rig_pcm_rate(pcm.rate_hz) != RIG_PCM_NONE &&
        rig_sink_prepare(play->sink, &pcm, err, sizeof(err))) {
        code = rig_complain("play", "--sink: %s", err);
        rig_sink_close(play->sink, err, sizeof(err));
        return code;
    }
    return with_sink(play);
}

/* ---- options ---- */

static int take_gain(struct play *play, struct rig_options *o)
{
    char *end = NULL;
    long db = strtol(o->value, &end, 10);

    play->has_gain = true;
    play->gain_db = (int)db;
    if (*o->value && *end == '\0' && db >= RIG_GAIN_DB_MIN &&
        db <= RIG_GAIN_DB_MAX)
        return 0;
    o->exit_code = rig_complain(
        "play", "--gain: expected whole dB from %d to %d, found '%s'",
        RIG_GAIN_DB_MIN, RIG_GAIN_DB_MAX, o->value);
    return -1;
}

static int take_option(struct play *play, struct rig_options *o, int key)
{
    switch (key) {
    case OPT_SINK:
        play->sink_spec = o->value;
        return 0;
    case OPT_RAW:
        play->raw = o->value;
        return 0;
    case OPT_GAIN:
        return take_gain(play, o);
    case OPT_FORMAT:
        return rig_sound_format(o, &play->format);
    default:
        return rig_sound_option(&play->sound, o, key);
    }
}

int cmd_play(int argc, char **argv)
{
    struct play play = {.format = RIG_PCM_NONE, .sink_spec = "portaudio"};
    struct rig_options o = {
        .command = "play",
        .usage = "FILE [OPTION...]",
        .about = "Plays a sound file (WAV, FLAC, Ogg, ...) through driver, "
                 "ring and device. Real time with portaudio, virtual time "
                 "with every other sink, unless --sched says otherwise. "
                 "Ctrl-C ends it in good order.",
        .more = "exit codes:\n"
                "   0  played, and no clause was broken\n"
                "   1  something failed on the way, or a clause was broken\n"
                "   2  wrong usage, file or sink; nothing was played\n",
        .list = option_list,
        .setup = &play.sound.setup,
    };
    int key, code;

    rig_sound_init(&play.sound, "play");
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (take_option(&play, &o, key))
            return o.exit_code;
    if (key < 0)
        return o.exit_code;
    if (o.first >= argc)
        return rig_complain("play", "expected a FILE to play "
                                    "(try 'ringtrue play --help')");
    if (o.first + 1 < argc)
        return rig_complain("play", "unexpected argument '%s'",
                            argv[o.first + 1]);
    play.path = argv[o.first];
    code = rig_sound_check(&play.sound, play.sink_spec);
    if (!code)
        code = play_file(&play);
    rig_sound_close(&play.file);
    rig_sound_free(&play.sound);
    return code;
}
