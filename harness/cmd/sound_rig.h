/* SPDX-License-Identifier: MIT
 *
 * sound_rig.h: what the sound commands have in common: a machine with a sound
 * device, what the driver learned of it, Ctrl-C, and the verdict at the end.
 */
#ifndef RIG_SOUND_RIG_H
#define RIG_SOUND_RIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "case.h"
#include "options.h"
#include "rig.h"

#define RIG_SOUND_STREAMS_MAX FAKE_SND_STREAMS_MAX

/* Options that all of them have; see rig_sound_option(). */
enum {
    RIG_KEY_DEVICE = RIG_KEY_OWN + 100,
    RIG_KEY_PERIOD_MS,
    RIG_KEY_BUFFER_PERIODS,
};

#define RIG_SOUND_DEVICE_OPTION                                                \
    {                                                                          \
        RIG_KEY_DEVICE, "device", "FILE",                                      \
            "JSON of the sound device, as \"device\" of a vector (default: "   \
            "one output, one input, every format and rate)"                    \
    }

#define RIG_SOUND_PERIOD_OPTIONS                                               \
    {RIG_KEY_PERIOD_MS, "period-ms", "N",                                      \
     "length of a period in ms, 1 to 500 (default 10)"},                       \
    {                                                                          \
        RIG_KEY_BUFFER_PERIODS, "buffer-periods", "N",                         \
            "periods in the buffer, 2 to 32 (default 4)"                       \
    }

struct rig_sound_rig {
    const char *command;
    struct rig_setup setup; /* .sched -1: not given */
    const char *device_path;
    uint64_t period_ms, buffer_periods;
    uint64_t buffer_bytes; /* of the stream, if there will be one */

    json_t *device;
    struct rig rig;
    struct rig_snd_info info;
    struct rig_snd_pcm_info pcm[RIG_SOUND_STREAMS_MAX];
    uint32_t pcm_count;
};

/* A stream as it is wanted. */
struct rig_sound_want {
    uint8_t direction; /* VIRTIO_SND_D_* */
    uint8_t format;    /* VIRTIO_SND_PCM_FMT_* */
    uint8_t channels;
    uint32_t rate_hz;
};

void rig_sound_init(struct rig_sound_rig *s, const char *command);

/* One of the options above. Returns 0 or -1 as rig_options_number() does. */
int rig_sound_option(struct rig_sound_rig *s, struct rig_options *o, int key);

/* The value just found as a format, VIRTIO_SND_PCM_FMT_*. The same. */
int rig_sound_format(struct rig_options *o, uint8_t *format);

/* Everything that can be wrong with these options, before anything happens.
 * end: the spec of sink or source, by which the scheduler is chosen if it was
 * not given. Returns 0, or an exit code after one line on stderr. */
int rig_sound_check(struct rig_sound_rig *s, const char *end);

/* From here on Ctrl-C asks for an end, and the second time it is one. Not
 * before the card is open: PortAudio cannot be asked to end. */
void rig_sound_catch_signals(void);
bool rig_sound_interrupted(void);

/* Starts the machine (either end may be NULL), opens the subject, asks for
 * its streams. Returns 0, or an exit code after one line on stderr. */
int rig_sound_plug_in(struct rig_sound_rig *s, struct fake_sink *sink,
                      struct fake_source *source);

/* Finds the stream that can do it. Returns 0, with *id and *params (but for
 * the sizes) set, or an exit code after one line on stderr. */
int rig_sound_choose(const struct rig_sound_rig *s,
                     const struct rig_sound_want *want, uint32_t *id,
                     struct rig_snd_params *params);

/* The same as a device sees it; whole frames, or of IMA_ADPCM whole bytes. */
struct fake_pcm rig_sound_pcm(const struct rig_sound_rig *s,
                              const struct rig_sound_want *want);

/* Stops the machine, lists broken clauses. Returns the exit code: `code` if
 * that says something already. */
int rig_sound_sum_up(struct rig_sound_rig *s, int code);

/* Memory taken from the machine must have been given back. */
void rig_sound_free_machine(struct rig_sound_rig *s);

/* After everything else; also if plug_in failed. */
void rig_sound_free(struct rig_sound_rig *s);

#endif
