/* SPDX-License-Identifier: MIT
 *
 * crew_parts.h: what a worker shares with its parent, private to crew.h.
 */
#ifndef RIG_CREW_PARTS_H
#define RIG_CREW_PARTS_H

#include <stdatomic.h>

#include "crew.h"

#define RIG_KINDS_MAX 32u

enum rig_phase {
    RIG_PHASE_PLAY,   /* a seed: since_ms counts, a crash is the subject's */
    RIG_PHASE_REPORT, /* shrinking and writing: it has deadlines of its own */
    RIG_PHASE_FAILED, /* the seed failed, and this worker has ended */
    RIG_PHASE_OVER    /* nothing left to do */
};

/* One worker's, written by it; by the parent while there is none. */
struct rig_slot {
    atomic_int phase;
    atomic_uint_least64_t since_ms;
    uint64_t at, to;        /* seeds of its piece, by number in the shard */
    uint64_t from;          /* the first of the piece */
    struct rig_tally tally; /* of the piece, so far */
    struct rig_tally total; /* of all pieces that were written */
    /* The last worker ended at seed `at`, with this. The next one begins with
     * a process in which the subject has done nothing yet. */
    bool failed;
    struct rig_finding finding;
    struct rig_kind {
        struct rig_finding like;
        unsigned times;
    } kind[RIG_KINDS_MAX]; /* of failures so far */
    unsigned kinds;
    char error[128]; /* what the worker could not do, or "" */
};

struct rig_shared {
    atomic_uint_least64_t next; /* seed that nobody has taken, by number */
    atomic_int stop;
    struct rig_slot slot[];
};

/* In the worker: takes pieces until there are none. Never returns. */
_Noreturn void rig_worker_run(const struct rig_search *search,
                              struct rig_shared *shared, struct rig_slot *slot);

#endif
