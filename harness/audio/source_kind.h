/* SPDX-License-Identifier: MIT
 *
 * source_kind.h: what the kinds of sources have to do. For harness/audio
 * only.
 */
#ifndef RIG_SOURCE_KIND_H
#define RIG_SOURCE_KIND_H

#include <stdatomic.h>
#include <stdbool.h>

#include "pcm_format.h"
#include "sources.h"

#define RIG_SOURCE_ERR 512

struct rig_source_kind {
    const char *name;
    /* Creates a source from what follows the name in the spec, NULL if
     * nothing does. Returns NULL and one line in err. */
    struct rig_source *(*open)(const char *arg, char *err, size_t room);
    /* As rig_source_prepare(); NULL: nothing to do. */
    int (*prepare)(struct rig_source *s, const struct fake_pcm *pcm, char *err,
                   size_t room);
    /* START, with s->pcm set. `anew`: with other parameters than before, or
     * for the first time. Returns 0, or -1 after rig_source_fail(). */
    int (*start)(struct rig_source *s, bool anew);
    /* `bytes` more, whole frames if frames have whole bytes. s->bytes were
     * given so far. Returns 0, or -1 after rig_source_fail(). */
    int (*read)(struct rig_source *s, void *data, size_t bytes);
    void (*stop)(struct rig_source *s);
    /* Frees everything but s itself. */
    void (*close)(struct rig_source *s);
    uint64_t (*clock)(struct rig_source *s); /* NULL: none */
    bool samples_only; /* formats without samples are refused */
};

struct rig_source {
    struct fake_source port;
    struct fake_source_ops ops;
    const struct rig_source_kind *kind;
    struct fake_pcm pcm;
    struct rig_source_wish wish;
    const char *path; /* of the file that it reads; NULL: none */
    bool set;         /* pcm is valid */
    atomic_uint_least64_t bytes, overruns, gaps;
    bool missing; /* what is read next is lost */
    bool gap;     /* what was read last is lost */
    atomic_bool failed;
    char err[RIG_SOURCE_ERR]; /* valid once failed */
};

/* One line about what went wrong; the first one counts. Returns -1. */
__attribute__((format(printf, 2, 3))) int
rig_source_fail(struct rig_source *s, const char *text, ...);

extern const struct rig_source_kind rig_source_kind_silence;
extern const struct rig_source_kind rig_source_kind_sine;
extern const struct rig_source_kind rig_source_kind_ramp;
extern const struct rig_source_kind rig_source_kind_counter;
extern const struct rig_source_kind rig_source_kind_file;
extern const struct rig_source_kind rig_source_kind_portaudio;

#endif
