/* SPDX-License-Identifier: MIT
 *
 * ringtrue snd: what the driver learned of a sound device, in words.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "hda_words.h"
#include "options.h"
#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sound_rig.h"

#define ITEMS_MAX 8u

static const struct rig_option option_list[] = {
    RIG_SOUND_DEVICE_OPTION, {.key = RIG_KEY_DUT},    {.key = RIG_KEY_SCHED},
    {.key = RIG_KEY_SEED},   {.key = RIG_KEY_MEMORY}, {0},
};

static const char *const stream_features[] = {"SHMEM_HOST", "SHMEM_GUEST",
                                              "MSG_POLLING",
                                              "EVT_SHMEM_PERIODS", "EVT_XRUNS"};

/* 5.14.6.9.1, in the order of the values */
static const char *const positions[] = {
    "none", "NA",  "mono", "FL",   "FR",  "RL",  "RR",  "FC",  "LFE",  "SL",
    "SR",   "RC",  "FLC",  "FRC",  "RLC", "RRC", "FLW", "FRW", "FLH",  "FCH",
    "FRH",  "TC",  "TFL",  "TFR",  "TFC", "TRL", "TRR", "TRC", "TFLC", "TFRC",
    "TSL",  "TSR", "LLFE", "RLFE", "BC",  "BLC", "BRC"};

static const char *direction(uint8_t code)
{
    return code == VIRTIO_SND_D_OUTPUT  ? "output"
           : code == VIRTIO_SND_D_INPUT ? "input"
                                        : "neither output nor input";
}

/* ---- lists of bits ---- */

static void print_formats(uint64_t bits)
{
    const char *comma = "";

    printf("    formats   ");
    for (uint8_t k = 0; k < 64; k++) {
        if (!(bits >> k & 1))
            continue;
        if (k < RIG_PCM_FORMATS)
            printf("%s%s", comma, rig_pcm_format(k)->name);
        else
            printf("%sunknown bit %u", comma, k);
        comma = " ";
    }
    printf("%s\n", *comma ? "" : "none");
}

static void print_rates(uint64_t bits)
{
    const char *comma = "";

    printf("    rates     ");
    for (uint8_t k = 0; k < 64; k++) {
        if (!(bits >> k & 1))
            continue;
        if (k < RIG_PCM_RATES)
            printf("%s%" PRIu32, comma, rig_pcm_rate_hz(k));
        else
            printf("%sunknown bit %u", comma, k);
        comma = " ";
    }
    printf("%s\n", *comma ? "" : "none");
}

static void print_features(uint32_t bits)
{
    const char *comma = "";

    printf("    features  ");
    for (unsigned k = 0; k < 32; k++) {
        if (!(bits >> k & 1))
            continue;
        if (k < sizeof(stream_features) / sizeof(*stream_features))
            printf("%s%s", comma, stream_features[k]);
        else
            printf("%sunknown bit %u", comma, k);
        comma = " ";
    }
    printf("%s\n", *comma ? "" : "none");
}

/* ---- items ---- */

static void print_jack(uint32_t id, const struct rig_snd_jack_info *jack)
{
    char words[200];

    rig_hda_words(jack->hda_reg_defconf, words, sizeof(words));
    printf("jack %u: %s, %s\n", id, words,
           jack->connected ? "connected" : "not connected");
    printf("    node      %u\n", jack->hda_fn_nid);
    printf("    remap     %s\n",
           jack->features >> VIRTIO_SND_JACK_F_REMAP & 1 ? "yes" : "no");
    printf("    pin       defconf 0x%08x, caps 0x%08x\n", jack->hda_reg_defconf,
           jack->hda_reg_caps);
}

static void print_stream(uint32_t id, const struct rig_snd_pcm_info *pcm)
{
    printf("stream %u: %s, %u to %u channels\n", id, direction(pcm->direction),
           pcm->channels_min, pcm->channels_max);
    printf("    node      %u\n", pcm->hda_fn_nid);
    print_formats(pcm->formats);
    print_rates(pcm->rates);
    print_features(pcm->features);
}

static void print_chmap(uint32_t id, const struct rig_snd_chmap_info *map)
{
    unsigned n = map->channels < sizeof(map->positions)
                     ? map->channels
                     : (unsigned)sizeof(map->positions);

    printf("channel map %u: %s, %u channel%s:", id, direction(map->direction),
           map->channels, map->channels == 1 ? "" : "s");
    for (unsigned k = 0; k < n; k++) {
        uint8_t p = map->positions[k];

        if (p < sizeof(positions) / sizeof(*positions))
            printf(" %s", positions[p]);
        else
            printf(" unknown-%u", p);
    }
    printf("\n    node      %u\n", map->hda_fn_nid);
}

/* ---- asking ---- */

static int ask(struct rig_sound_rig *s, struct rig_op *op, const char *what)
{
    struct rig_request r = {.op = *op};
    int result;

    if (op->info_count == 0)
        return 0;
    result = rig_run(&s->rig, &r, 1);
    result = result ? result : r.result;
    if (!result)
        return 0;
    rig_complain("snd", "asking for the %s: %s", what, rgt_err_name(result));
    return RIG_EXIT_FAIL;
}

static uint32_t limited(uint32_t count)
{
    return count < ITEMS_MAX ? count : ITEMS_MAX;
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

static int print_all(struct rig_sound_rig *s)
{
    struct rig_snd_jack_info jack[ITEMS_MAX] = {{0}};
    struct rig_snd_chmap_info map[ITEMS_MAX] = {{0}};
    struct rig_op jacks = {.code = RIG_OP_SND_JACK_INFO,
                           .info.jack = jack,
                           .info_count = limited(s->info.jacks)};
    struct rig_op maps = {.code = RIG_OP_SND_CHMAP_INFO,
                          .info.chmap = map,
                          .info_count = limited(s->info.chmaps)};
    int code = ask(s, &jacks, "jacks");

    if (!code)
        code = ask(s, &maps, "channel maps");
    if (code)
        return code;
    printf("%" PRIu32 " jack%s, %" PRIu32 " stream%s, %" PRIu32
           " channel map%s; features 0x%" PRIx64 " negotiated\n",
           s->info.jacks, plural(s->info.jacks), s->info.streams,
           plural(s->info.streams), s->info.chmaps, plural(s->info.chmaps),
           s->info.features);
    for (uint32_t k = 0; k < jacks.info_count; k++)
        print_jack(k, &jack[k]);
    for (uint32_t k = 0; k < s->pcm_count; k++)
        print_stream(k, &s->pcm[k]);
    for (uint32_t k = 0; k < maps.info_count; k++)
        print_chmap(k, &map[k]);
    return 0;
}

static int info(struct rig_sound_rig *s)
{
    int code = rig_sound_check(s, "");

    if (!code)
        code = rig_sound_plug_in(s, NULL, NULL);
    if (!code)
        code = print_all(s);
    return rig_sound_sum_up(s, code);
}

int cmd_snd(int argc, char **argv)
{
    struct rig_sound_rig sound;
    struct rig_options o = {
        .command = "snd",
        .usage = "info [OPTION...]",
        .about = "What the driver learned of a sound device: jacks, streams "
                 "and channel maps, in words.",
        .more = "exit codes:\n"
                "   0  done, and no clause was broken\n"
                "   1  the device did not answer, or a clause was broken\n"
                "   2  wrong usage\n",
        .list = option_list,
        .setup = &sound.setup,
    };
    int key, code;

    rig_sound_init(&sound, "snd");
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (rig_sound_option(&sound, &o, key))
            return o.exit_code;
    if (key < 0)
        return o.exit_code;
    if (o.first >= argc)
        return rig_complain("snd", "expected info (try 'ringtrue snd --help')");
    if (strcmp(argv[o.first], "info") != 0)
        return rig_complain("snd", "expected info, found '%s'", argv[o.first]);
    if (o.first + 1 < argc)
        return rig_complain("snd", "unexpected argument '%s'",
                            argv[o.first + 1]);
    code = info(&sound);
    rig_sound_free(&sound);
    return code;
}
