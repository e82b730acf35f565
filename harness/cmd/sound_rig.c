/* SPDX-License-Identifier: MIT
 *
 * sound_rig.c: see sound_rig.h.
 */
#include "sound_rig.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "dut_ringtrue.h"
#include "dut_so.h"
#include "file.h"
#include "pcm_format.h"
#include "quiet.h"
#include "ringtrue/wire.h"
#include "schema.h"
#include "setup.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define LOG_ROOM 4096u
#define PERIOD_MS 10u
#define PERIOD_MS_MAX 500u
#define BUFFER_PERIODS 4u
#define BUFFER_PERIODS_MAX 32u

static volatile sig_atomic_t interrupted;

/* ---- options and signals ---- */

static void note(int number)
{
    (void)number;
    interrupted = 1;
}

void rig_sound_catch_signals(void)
{
    struct sigaction asked = {.sa_handler = note,
                              .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &asked, NULL);
    sigaction(SIGTERM, &asked, NULL);
}

bool rig_sound_interrupted(void)
{
    return interrupted != 0;
}

void rig_sound_init(struct rig_sound_rig *s, const char *command)
{
    memset(s, 0, sizeof(*s));
    s->command = command;
    rig_setup_init(&s->setup);
    s->setup.sched = -1;
    s->period_ms = PERIOD_MS;
    s->buffer_periods = BUFFER_PERIODS;
}

int rig_sound_format(struct rig_options *o, uint8_t *format)
{
    char names[400] = "";

    *format = rig_pcm_format_named(o->value);
    if (*format != RIG_PCM_NONE)
        return 0;
    for (uint8_t k = 0; k < RIG_PCM_FORMATS; k++) {
        strcat(names, k ? " " : "");
        strcat(names, rig_pcm_format(k)->name);
    }
    o->exit_code = rig_complain(o->command,
                                "--%s: expected one of %s, found "
                                "'%s'",
                                o->name, names, o->value);
    return -1;
}

int rig_sound_option(struct rig_sound_rig *s, struct rig_options *o, int key)
{
    switch (key) {
    case RIG_KEY_PERIOD_MS:
        return rig_options_number(o, 1, PERIOD_MS_MAX, &s->period_ms);
    case RIG_KEY_BUFFER_PERIODS:
        return rig_options_number(o, 2, BUFFER_PERIODS_MAX, &s->buffer_periods);
    default:
        s->device_path = o->value;
        return 0;
    }
}

/* ---- the device ---- */

static int check_device(struct rig_sound_rig *s, const char *text)
{
    struct rig_schema_error error;
    struct rig_data data;
    int code = rig_data_load(s->command, &data);
    const json_t *schema, *type;
    char path[300];

    if (code)
        return code;
    schema = json_object_get(json_object_get(data.vectors.schema, "$defs"),
                             "device");
    type = json_object_get(s->device, "type");
    if (rig_schema_check(data.vectors.schema, schema, s->device, &error)) {
        rig_json_path(s->device, error.pointer, path, sizeof(path));
        code = rig_complain(s->command, "--device %s:%d: %s%s%s",
                            s->device_path, rig_json_line(text, error.pointer),
                            path, *path ? ": " : "", error.expected);
    } else if (!type || strcmp(json_string_value(type), "snd") != 0) {
        code =
            rig_complain(s->command, "--device %s: expected \"type\": \"snd\"",
                         s->device_path);
    }
    rig_data_free(&data);
    return code;
}

static int load_device(struct rig_sound_rig *s)
{
    char err[512];
    json_error_t where;
    char *text;
    int code;

    if (!s->device_path) {
        s->device = json_pack("{s:s}", "type", "snd");
        return s->device ? 0 : rig_complain(s->command, "out of memory");
    }
    text = rig_file_read(s->device_path, err, sizeof(err));
    if (!text)
        return rig_complain(s->command, "--device %s", err);
    s->device = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (s->device)
        code = check_device(s, text);
    else
        code = rig_complain(s->command, "--device %s:%d: %s", s->device_path,
                            where.line, where.text);
    free(text);
    return code;
}

/* Real time where somebody listens. */
static int default_sched(const char *end)
{
    size_t n = strcspn(end, ":");

    return n == strlen("portaudio") && strncmp(end, "portaudio", n) == 0
               ? FAKE_SCHED_THREADS
               : FAKE_SCHED_STEP;
}

int rig_sound_check(struct rig_sound_rig *s, const char *end)
{
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    int code;

    /* To the end of the process: a card that is gone may have more to say
     * than it has time for. A driver that is plugged in may say what it likes.
     */
    if (s->setup.subject != RIG_SUBJECT_SO)
        rig_quiet_begin();
    if (s->setup.sched < 0)
        s->setup.sched = default_sched(end);
    /* A file that may not grow is an error like a full disk, no signal. */
    sigaction(SIGXFSZ, &ignored, NULL);
    if (s->setup.sched == FAKE_SCHED_STEP &&
        default_sched(end) == FAKE_SCHED_THREADS)
        return rig_complain(s->command,
                            "--sched step has no real time, and a sound card "
                            "has no other (portaudio)");
    if (s->setup.subject == RIG_SUBJECT_LIAR)
        return rig_complain(s->command, "--dut liar makes no sound");
    code = rig_setup_check(s->command, &s->setup);
    return code ? code : load_device(s);
}

/* ---- the machine ---- */

static int fail(const struct rig_sound_rig *s, const char *what, int result)
{
    rig_complain(s->command, "%s: %s", what, rgt_err_name(result));
    return RIG_EXIT_FAIL;
}

static int ask_streams(struct rig_sound_rig *s)
{
    struct rig_request r = {.op = {.code = RIG_OP_SND_PCM_INFO}};
    int result;

    result = s->rig.dut->snd_info(s->rig.self, &s->info);
    if (result)
        return fail(s, "what the device has", result);
    s->pcm_count = s->info.streams < RIG_SOUND_STREAMS_MAX
                       ? s->info.streams
                       : RIG_SOUND_STREAMS_MAX;
    if (s->pcm_count == 0)
        return 0;
    r.op.info.pcm = s->pcm;
    r.op.info_count = s->pcm_count;
    result = rig_run(&s->rig, &r, 1);
    result = result ? result : r.result;
    return result ? fail(s, "asking for the streams", result) : 0;
}

int rig_sound_plug_in(struct rig_sound_rig *s, struct fake_sink *sink,
                      struct fake_source *source)
{
    struct rig_machine_setup machine = {
        .sched = (enum fake_sched_kind)s->setup.sched,
        .memory = (enum fake_mem_mode)s->setup.memory,
        .seed = s->setup.seed,
        .faults = s->setup.fault,
        .fault_count = s->setup.fault_count,
        .log = true,
        .log_room = LOG_ROOM,
        /* Once for the stream, and once for copies of it (bounce). */
        .arena_bytes = ARENA_BYTES + 2 * s->buffer_bytes,
    };
    const struct rig_dut *dut = &rig_dut_ringtrue;
    char err[512];
    int result;

    /* One stream is used, and which one is not known yet. */
    for (unsigned k = 0; k < FAKE_SND_STREAMS_MAX; k++) {
        machine.sink[k] = sink;
        machine.source[k] = source;
    }
    if (s->setup.subject == RIG_SUBJECT_SO &&
        rig_so_open(s->setup.so_path, &dut, err, sizeof(err)))
        return rig_complain(s->command, "--dut '%s': %s", s->setup.so_path,
                            err);
    if (!dut->snd_info)
        return rig_complain(s->command, "--dut '%s' has no sound",
                            s->setup.dut);
    if (rig_start(&s->rig, &machine, s->device, dut, err, sizeof(err)))
        return rig_complain(s->command, "%s", err);
    result = rig_open(&s->rig, UINT64_MAX, 0);
    if (result)
        return fail(s, "opening the device", result);
    return ask_streams(s);
}

int rig_sound_sum_up(struct rig_sound_rig *s, int code)
{
    const struct fake_violation *list;
    size_t n;

    if (!s->rig.machine)
        return code;
    rig_stop(&s->rig);
    n = fake_judge_violations(s->rig.machine->judge, &list);
    for (size_t k = 0; k < n; k++)
        fprintf(rig_err(), "ringtrue: %s: %s broken: expected %s; seen %s\n",
                s->command, list[k].clause, list[k].expected, list[k].seen);
    if (s->rig.complaint[0])
        rig_complain(s->command, "%s", s->rig.complaint);
    return code || !(n || s->rig.complaint[0]) ? code : RIG_EXIT_FAIL;
}

void rig_sound_free_machine(struct rig_sound_rig *s)
{
    if (!s->rig.machine)
        return;
    rig_stop(&s->rig);
    rig_free(&s->rig);
}

void rig_sound_free(struct rig_sound_rig *s)
{
    rig_sound_free_machine(s);
    json_decref(s->device);
}

/* ---- choosing a stream ---- */

/* What this stream lacks, or NULL. */
static const char *lack(const struct rig_snd_pcm_info *pcm,
                        const struct rig_sound_want *want, uint8_t rate)
{
    if (want->channels < pcm->channels_min ||
        want->channels > pcm->channels_max)
        return "channels";
    if (!(pcm->rates >> rate & 1))
        return "rate";
    return pcm->formats >> want->format & 1 ? NULL : "format";
}

static int refuse(const struct rig_sound_rig *s,
                  const struct rig_sound_want *want, const char *lacking)
{
    const char *name = rig_pcm_format(want->format)->name;

    if (!lacking)
        return rig_complain(s->command, "the device has no %s stream",
                            want->direction == VIRTIO_SND_D_OUTPUT ? "output"
                                                                   : "input");
    return rig_complain(
        s->command,
        "no stream of the device has %u channel%s of %s at %u Hz: the %s "
        "%s not supported",
        want->channels, want->channels == 1 ? "" : "s", name, want->rate_hz,
        lacking, lacking[strlen(lacking) - 1] == 's' ? "are" : "is");
}

int rig_sound_choose(const struct rig_sound_rig *s,
                     const struct rig_sound_want *want, uint32_t *id,
                     struct rig_snd_params *params)
{
    uint8_t rate = rig_pcm_rate(want->rate_hz);
    const char *lacking = NULL;

    if (rate == RIG_PCM_NONE)
        return rig_complain(s->command,
                            "%u Hz is none of the rates of a virtio sound "
                            "device (5512 to 384000 Hz, 14 of them)",
                            want->rate_hz);
    for (uint32_t k = 0; k < s->pcm_count; k++) {
        if (s->pcm[k].direction != want->direction)
            continue;
        lacking = lack(&s->pcm[k], want, rate);
        if (lacking)
            continue;
        *id = k;
        *params = (struct rig_snd_params){
            .features = s->pcm[k].features & 1u << VIRTIO_SND_PCM_F_EVT_XRUNS,
            .channels = want->channels,
            .format = want->format,
            .rate = rate,
            .period_bytes = rig_sound_pcm(s, want).period_bytes,
        };
        return 0;
    }
    return refuse(s, want, lacking);
}

struct fake_pcm rig_sound_pcm(const struct rig_sound_rig *s,
                              const struct rig_sound_want *want)
{
    uint32_t frame_bytes = rig_pcm_frame_bytes(want->format, want->channels);
    uint64_t frames = want->rate_hz * s->period_ms / 1000;
    struct fake_pcm pcm = {
        .format = want->format,
        .channels = want->channels,
        .rate_hz = want->rate_hz,
        .frame_bytes = frame_bytes,
    };

    frames = frames ? frames : 1;
    pcm.period_bytes =
        (uint32_t)(frame_bytes ? frames * frame_bytes
                               : (frames * want->channels + 1) / 2);
    pcm.buffer_bytes = pcm.period_bytes * (uint32_t)s->buffer_periods;
    return pcm;
}
