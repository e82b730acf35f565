/* SPDX-License-Identifier: MIT
 *
 * sink_kind.h: what the kinds of sinks have to do, and what they are spared.
 * For harness/audio only.
 */
#ifndef RIG_SINK_KIND_H
#define RIG_SINK_KIND_H

#include <stdatomic.h>

#include "pcm_format.h"
#include "sink_file.h"
#include "sinks.h"

#define RIG_AUDIO_ERR 512

struct rig_sink_kind {
    const char *name;
    /* Silence is passed on at once, for there is a listener. */
    bool live;
    /* Creates a sink from what follows the name in the spec, NULL if nothing
     * does. Returns NULL and one line in err. */
    struct rig_sink *(*open)(const char *arg, char *err, size_t room);
    /* As rig_sink_prepare(); NULL: nothing to do. */
    int (*prepare)(struct rig_sink *s, const struct fake_pcm *pcm, char *err,
                   size_t room);
    /* START, with s->pcm set; also after a stop. `anew`: with parameters that
     * are not those of the last time, or for the first time. */
    int (*start)(struct rig_sink *s, bool anew);
    /* Whole frames. Returns 0, or -1 after rig_sink_fail(). */
    int (*write)(struct rig_sink *s, const void *data, size_t bytes);
    void (*stop)(struct rig_sink *s);
    /* Frees everything but s itself; errors by rig_sink_fail(). */
    void (*close)(struct rig_sink *s);
    uint64_t (*clock)(struct rig_sink *s); /* NULL: none */
};

struct rig_sink {
    struct fake_sink port;
    struct fake_sink_ops ops; /* of this sink: clock or none */
    const struct rig_sink_kind *kind;
    struct rig_sink_file *file; /* that it writes; NULL: none */
    struct fake_pcm pcm;
    bool set;           /* pcm is valid */
    uint64_t gap_bytes; /* of silence since the last data */
    uint8_t *silence;
    atomic_uint_least64_t bytes, silent_bytes, xruns, starved;
    atomic_uint_least64_t heard; /* live: frames that the card has taken */
    atomic_uint frame_bytes, byte_samples; /* of pcm, for stats */
    atomic_bool failed;
    char err[RIG_AUDIO_ERR]; /* valid once failed */
};

/* One line about what went wrong; the first one counts. Returns -1. */
__attribute__((format(printf, 2, 3))) int rig_sink_fail(struct rig_sink *s,
                                                        const char *text, ...);

/* Before that: the file has so many bytes, as the wire counts them, of all that
 * was written; gaps are in them. */
void rig_sink_holds(struct rig_sink *s, uint64_t bytes);

extern const struct rig_sink_kind rig_sink_kind_null;
extern const struct rig_sink_kind rig_sink_kind_wav;
extern const struct rig_sink_kind rig_sink_kind_raw;
extern const struct rig_sink_kind rig_sink_kind_portaudio;

#endif
