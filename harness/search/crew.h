/* SPDX-License-Identifier: MIT
 *
 * crew.h: a range of seeds, shared out among worker processes. Each runs many
 * seeds one after the other; what a subject does to its process costs that
 * worker, which is replaced, and is the result of that seed and of no other.
 *
 * Threads: the caller must be single-threaded, for a worker has only the
 * thread that forked.
 */
#ifndef RIG_CREW_H
#define RIG_CREW_H

#include <stdint.h>

#include "case.h"
#include "generate.h"
#include "ledger.h"
#include "play.h"

struct rig_search {
    struct rig_stage stage;
    struct rig_menu menu;
    uint64_t first, last;   /* seeds, both included */
    uint64_t shard, shards; /* of those, the ones that are shard modulo shards;
                               0 of 1: all */
    unsigned jobs;
    uint64_t deadline_ms;    /* of one seed */
    uint64_t minutes_ms;     /* no new seeds after that; 0: all of them */
    unsigned shrink_tries;   /* per failure */
    int ledger;              /* open for appending */
    const char *capsules;    /* folder, which is made when it is needed */
    json_t *build, *subject; /* origin.h */
};

struct rig_search_end {
    struct rig_tally tally;
    bool complete;   /* all seeds of the shard have ended */
    int ended_by;    /* a signal, or 0 */
    char error[256]; /* what the bench could not do, or "" */
};

/* The most workers. */
#define RIG_CREW_MAX 256

/* Seeds of the range that are in the shard; the first of them. */
uint64_t rig_search_count(const struct rig_search *search, uint64_t *first);

/* Runs them. Returns 0, or -1 with end->error: nothing could be run, or the
 * ledger could not be written. */
int rig_crew_run(const struct rig_search *search, struct rig_search_end *end);

#endif
