/* SPDX-License-Identifier: MIT
 *
 * ringtrue play: a sound file through driver, ring and device into a sink.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "dut_ringtrue_gain.h"
#include "options.h"
#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sinks.h"
#include "sound_file.h"
#include "transfer.h"

struct play {
    struct rig_transfer t;
    const char *path;
    const char *sink_spec;
    const char *raw; /* "S16:48000:2": the file has no header */
    uint8_t format;  /* RIG_PCM_NONE: as the file */
    int gain_db;
    bool has_gain;
    struct rig_sound_file file;
    struct rig_sink *sink;
    bool at_end; /* all of the file is sent */
    uint64_t bytes_sent;
    uint64_t ahead_min, ahead_max; /* frames sent and not yet on the card */
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
    {.key = RIG_KEY_FAULT},
    {0},
};

static struct play *play_of(struct rig_transfer *t)
{
    return (struct play *)t;
}

static const struct play *play_seen(const struct rig_transfer *t)
{
    return (const struct play *)t;
}

/* ---- the file ---- */

static int gain_possible(const struct play *play)
{
    uint8_t sample[8] = {0};
    uint32_t bytes = rig_pcm_frame_bytes(play->t.want.format, 1);

    if (!play->has_gain ||
        !rig_ringtrue_gain(play->gain_db, play->t.want.format, sample,
                           bytes ? bytes : 1))
        return 0;
    return rig_complain("play", "--gain cannot be applied to %s%s",
                        rig_pcm_format(play->t.want.format)->name,
                        play->raw ? "" : " (--format FLOAT or S16 can)");
}

static int parse_raw(const struct play *play, uint8_t *format, uint32_t *hz,
                     uint8_t *channels)
{
    char name[32];
    unsigned rate, count;
    int end = 0;

    /* Of a number %u takes more than we do. */
    if (!strpbrk(play->raw, "+- \t\n") &&
        sscanf(play->raw, "%31[^:]:%9u:%3u%n", name, &rate, &count, &end) ==
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
    play->t.want = (struct rig_sound_want){
        .direction = VIRTIO_SND_D_OUTPUT,
        .format =
            play->format != RIG_PCM_NONE ? play->format : play->file.format,
        .channels = play->file.channels,
        .rate_hz = play->file.rate_hz,
    };
    if (!play->raw && !rig_pcm_has_samples(play->t.want.format))
        return rig_complain("play",
                            "--format: a sound file cannot be made "
                            "into %s",
                            rig_pcm_format(play->t.want.format)->name);
    return gain_possible(play);
}

/* ---- playing ---- */

/* How far ahead of the card the driver is: what was just submitted is on the
 * card after so many frames. */
static void note_ahead(struct play *play)
{
    struct rig_sink_stats stats;
    uint64_t ahead = rig_transfer_frames(&play->t, play->bytes_sent);

    rig_sink_stats(play->sink, &stats);
    ahead = ahead > stats.out_frames ? ahead - stats.out_frames : 0;
    if (ahead < play->ahead_min)
        play->ahead_min = ahead;
    if (ahead > play->ahead_max)
        play->ahead_max = ahead;
}

/* Fills one period and sends it. Returns 0 or an exit code. */
static int send_period(struct play *play, struct rig_period *p)
{
    uint32_t room = play->t.stream.params.period_bytes;
    char err[512];
    long n = rig_sound_read(&play->file, play->t.want.format, p->buf, room, err,
                            sizeof(err));
    int result;

    if (n < 0)
        return rig_transfer_complain(&play->t, err);
    play->at_end = n < (long)room;
    if (n == 0)
        return 0;
    if (play->has_gain)
        rig_ringtrue_gain(play->gain_db, play->t.want.format, p->buf,
                          (uint32_t)n);
    rig_meter_listen(&play->t.meter, play->t.want.format, p->buf, (size_t)n);
    result = rig_stream_send(&play->t.stream, (uint32_t)n);
    if (result)
        return rig_transfer_fail(&play->t, "a period was not taken", result);
    play->bytes_sent += (uint64_t)n;
    if (play->t.stream.running)
        note_ahead(play);
    return 0;
}

static int supply(struct rig_transfer *t)
{
    struct play *play = play_of(t);
    struct rig_period *p;

    while (!play->at_end && (p = rig_stream_free(&t->stream)) != NULL) {
        int code = send_period(play, p);

        if (code)
            return code;
    }
    return 0;
}

static int took(struct rig_transfer *t, const struct rig_period *p)
{
    (void)t;
    (void)p;
    return 0;
}

static bool over(const struct rig_transfer *t)
{
    return play_seen(t)->at_end && t->stream.used == 0;
}

static const char *error(const struct rig_transfer *t)
{
    return rig_sink_error(play_seen(t)->sink);
}

static void progress(const struct rig_transfer *t, struct rig_meter_state *m)
{
    struct rig_sink_stats stats;

    rig_sink_stats(play_seen(t)->sink, &stats);
    /* What came back was played, unless the file could not take it. */
    m->frames = rig_sink_error(play_seen(t)->sink)
                    ? stats.frames
                    : rig_transfer_frames(t, t->stream.bytes_done);
    m->frames_total = play_seen(t)->file.frames;
    m->xruns = stats.xruns + stats.starved;
}

static const struct rig_transfer_ops transfer = {
    .supply = supply,
    .took = took,
    .over = over,
    .error = error,
    .progress = progress,
};

/* ---- around it ---- */

static double ms(const struct play *play, uint64_t frames)
{
    return (double)frames * 1e3 / play->t.want.rate_hz;
}

static void sum_up(const struct play *play)
{
    rig_transfer_print(&play->t, "played", "xrun");
    printf("; worst latency %.1f ms", (double)play->t.stream.worst_ns / 1e6);
    if (rig_sink_live(play->sink) && play->ahead_max)
        printf("; %.1f to %.1f ms from submit to card",
               ms(play, play->ahead_min), ms(play, play->ahead_max));
    printf("%s\n", play->t.stopped ? "; stopped before the end" : "");
}

/* The machine is gone before the sink. */
static int with_sink(struct play *play)
{
    char err[512];
    int code = rig_transfer_run(&play->t, rig_sink_port(play->sink), NULL);

    if (code == 0 || play->t.began)
        sum_up(play);
    if (rig_sink_close(play->sink, err, sizeof(err)) && !code) {
        rig_complain("play", "%s", err);
        code = RIG_EXIT_FAIL;
    }
    return code;
}

/* Before anything is written. */
static int check_sink(const struct play *play)
{
    struct fake_pcm pcm = rig_sound_pcm(&play->t.sound, &play->t.want);
    char err[512];

    if (rig_sink_writes(play->sink, play->path))
        return rig_complain("play",
                            "--sink: input and output are the same file");
    if (rig_pcm_rate(pcm.rate_hz) != RIG_PCM_NONE &&
        rig_sink_prepare(play->sink, &pcm, err, sizeof(err)))
        return rig_complain("play", "--sink: %s", err);
    return 0;
}

static int play_file(struct play *play)
{
    char err[512];
    int code = open_file(play);

    if (code)
        return code;
    play->sink = rig_sink_open(play->sink_spec, err, sizeof(err));
    if (!play->sink)
        return rig_complain("play", "--sink: %s", err);
    code = check_sink(play);
    rig_sound_catch_signals();
    if (!code)
        return with_sink(play);
    rig_sink_close(play->sink, err, sizeof(err));
    return code;
}

/* ---- options ---- */

static int take_gain(struct play *play, struct rig_options *o)
{
    char *end = NULL;
    long db = strtol(o->value, &end, 10);

    play->has_gain = true;
    play->gain_db = (int)db;
    if (strchr("+-0123456789", *o->value) && *o->value && *end == '\0' &&
        db >= RIG_GAIN_DB_MIN && db <= RIG_GAIN_DB_MAX)
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
        return rig_sound_option(&play->t.sound, o, key);
    }
}

int cmd_play(int argc, char **argv)
{
    struct play play = {.t.ops = &transfer,
                        .format = RIG_PCM_NONE,
                        .sink_spec = "portaudio",
                        .ahead_min = UINT64_MAX};
    struct rig_options o = {
        .command = "play",
        .usage = "FILE [OPTION...]",
        .about = "Plays a sound file (WAV, FLAC, Ogg, ...) through driver, "
                 "ring and device. Real time with portaudio, virtual time "
                 "with every other sink, unless --sched says otherwise. "
                 "A card plays any rate, but no more channels than it has: "
                 "they are not mixed. Ctrl-C ends it in good order.",
        .more = "exit codes:\n"
                "   0  played, and no clause was broken\n"
                "   1  something failed on the way, or a clause was broken\n"
                "   2  wrong usage, file or sink; nothing was played\n",
        .list = option_list,
        .setup = &play.t.sound.setup,
    };
    int key, code;

    rig_sound_init(&play.t.sound, "play");
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (take_option(&play, &o, key))
            return o.exit_code;
    if (key < 0)
        return o.exit_code;
    if (o.first >= argc || !*argv[o.first])
        return rig_complain("play", "expected a FILE to play "
                                    "(try 'ringtrue play --help')");
    if (o.first + 1 < argc)
        return rig_complain("play", "unexpected argument '%s'",
                            argv[o.first + 1]);
    play.path = argv[o.first];
    code = rig_sound_check(&play.t.sound, play.sink_spec);
    if (!code)
        code = play_file(&play);
    rig_sound_close(&play.file);
    rig_sound_free(&play.t.sound);
    return code;
}
