/* SPDX-License-Identifier: MIT
 *
 * ringtrue record: from a source through device, ring and driver into a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "options.h"
#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sinks.h"
#include "sources.h"
#include "transfer.h"

#define RATE_HZ 48000u
#define CHANNELS 2u

struct record {
    struct rig_transfer t;
    const char *path;
    const char *source_spec;
    bool raw;
    uint64_t ms;
    uint64_t rate_hz, channels; /* 0: as the source, or the default */
    uint8_t format;             /* RIG_PCM_NONE: the same */
    struct rig_source *source;
    struct rig_sink *file;
    uint64_t bytes_wanted, bytes_written;
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
    {.key = RIG_KEY_FAULT},
    {0},
};

static struct record *record_of(struct rig_transfer *t)
{
    return (struct record *)t;
}

static const struct record *record_seen(const struct rig_transfer *t)
{
    return (const struct record *)t;
}

static int fail_file(struct record *rec)
{
    return rig_transfer_complain(&rec->t, rig_sink_error(rec->file));
}

/* ---- recording ---- */

static int supply(struct rig_transfer *t)
{
    while (rig_stream_free(&t->stream)) {
        int result = rig_stream_send(&t->stream, t->stream.params.period_bytes);

        if (result)
            return rig_transfer_fail(t, "a period was not taken", result);
    }
    return 0;
}

static int took(struct rig_transfer *t, const struct rig_period *p)
{
    struct record *rec = record_of(t);
    struct fake_sink *file = rig_sink_port(rec->file);
    uint64_t left = rec->bytes_wanted - rec->bytes_written;
    uint64_t bytes = p->request.bytes < left ? p->request.bytes : left;

    rig_meter_listen(&t->meter, t->want.format, p->buf, (size_t)bytes);
    if (file->ops->write(file, p->buf, (size_t)bytes, false))
        return fail_file(rec);
    rec->bytes_written += bytes;
    return 0;
}

/* The file is made as soon as there is something to write into it. */
static int started(struct rig_transfer *t)
{
    struct fake_sink *file = rig_sink_port(record_of(t)->file);
    struct fake_pcm pcm = rig_sound_pcm(&t->sound, &t->want);

    return file->ops->start(file, &pcm) ? fail_file(record_of(t)) : 0;
}

static bool over(const struct rig_transfer *t)
{
    return record_seen(t)->bytes_written >= record_seen(t)->bytes_wanted;
}

static const char *error(const struct rig_transfer *t)
{
    return rig_source_error(record_seen(t)->source);
}

static void progress(const struct rig_transfer *t, struct rig_meter_state *m)
{
    struct rig_source_stats stats;
    struct rig_sink_stats file;

    rig_source_stats(record_seen(t)->source, &stats);
    rig_sink_stats(record_seen(t)->file, &file);
    m->frames = file.frames;
    m->frames_total = rig_transfer_frames(t, record_seen(t)->bytes_wanted);
    /* Not by the driver's events: a device need not offer them. */
    m->xruns = stats.gaps + stats.overruns;
}

static const struct rig_transfer_ops transfer = {
    .capture = true,
    .supply = supply,
    .took = took,
    .started = started,
    .over = over,
    .error = error,
    .progress = progress,
};

/* ---- around it ---- */

static void decide(struct record *rec)
{
    struct rig_source_wish wish;
    uint64_t frames;
    uint32_t frame;

    rig_source_wish(rec->source, &wish);
    rec->t.want = (struct rig_sound_want){
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
    frames = rec->ms * rec->t.want.rate_hz / 1000;
    frame = rig_pcm_frame_bytes(rec->t.want.format, rec->t.want.channels);
    rec->bytes_wanted =
        frame ? frames * frame : (frames * rec->t.want.channels + 1) / 2;
}

static int check_container(const struct record *rec)
{
    if (rec->raw || rig_pcm_has_samples(rec->t.want.format))
        return 0;
    return rig_complain("record",
                        "--format: a WAV file cannot hold %s "
                        "(--raw can)",
                        rig_pcm_format(rec->t.want.format)->name);
}

static int prepare(struct record *rec)
{
    struct fake_pcm pcm = rig_sound_pcm(&rec->t.sound, &rec->t.want);
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
    int code = rig_transfer_run(&rec->t, NULL, rig_source_port(rec->source));

    if (rec->t.began)
        file->ops->stop(file);
    if (code == 0 || rec->t.began) {
        rig_transfer_print(&rec->t, "recorded", "overrun");
        printf("%s\n", rec->t.stopped ? "; stopped before the end" : "");
    }
    if (rig_sink_close(rec->file, err, sizeof(err)) && !code) {
        rig_complain("record", "%s", err);
        code = RIG_EXIT_FAIL;
    }
    return code;
}

static int open_file(struct record *rec)
{
    char spec[4200], err[512];
    const char *from;

    snprintf(spec, sizeof(spec), "%s:%s", rec->raw ? "raw" : "wav", rec->path);
    rec->file = rig_sink_open(spec, err, sizeof(err));
    if (!rec->file)
        return rig_complain("record", "%s", err);
    from = rig_source_path(rec->source);
    if (!from || !rig_sink_writes(rec->file, from))
        return 0;
    rig_sink_close(rec->file, err, sizeof(err));
    return rig_complain("record", "input and output are the same file");
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
    rig_sound_catch_signals();
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
        return rig_sound_option(&rec->t.sound, o, key);
    }
}

int cmd_record(int argc, char **argv)
{
    struct record rec = {
        .t.ops = &transfer, .format = RIG_PCM_NONE, .source_spec = "portaudio"};
    struct rig_options o = {
        .command = "record",
        .usage = "OUT.wav --seconds N [OPTION...]",
        .about =
            "Records through device, ring and driver into a WAV file "
            "(.w64 and .rf64 for more than 4 GiB). Real time with "
            "portaudio, virtual time with every other source, unless "
            "--sched says otherwise. A card records at any rate, "
            "but no more channels than it has. Ctrl-C ends it in good order.",
        .more = "exit codes:\n"
                "   0  recorded, and no clause was broken\n"
                "   1  something failed on the way, or a clause was broken; "
                "what was recorded is\n      in the file\n"
                "   2  wrong usage, file or source; nothing was recorded\n",
        .list = option_list,
        .setup = &rec.t.sound.setup,
    };
    int key, code;

    rig_sound_init(&rec.t.sound, "record");
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (take_option(&rec, &o, key))
            return o.exit_code;
    if (key < 0)
        return o.exit_code;
    if (o.first >= argc || !*argv[o.first])
        return rig_complain("record", "expected a file to record into "
                                      "(try 'ringtrue record --help')");
    if (o.first + 1 < argc)
        return rig_complain("record", "unexpected argument '%s'",
                            argv[o.first + 1]);
    if (rec.ms == 0)
        return rig_complain("record", "--seconds N is needed");
    rec.path = argv[o.first];
    code = rig_sound_check(&rec.t.sound, rec.source_spec);
    if (!code)
        code = record(&rec);
    rig_sound_free(&rec.t.sound);
    return code;
}
