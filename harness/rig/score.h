/* SPDX-License-Identifier: MIT
 *
 * score.h: did the driver recover? After a fault the bench takes the fault
 * away, asks the subject to recover, and looks at four things.
 *
 * Threads: the rig's.
 */
#ifndef RIG_SCORE_H
#define RIG_SCORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "rig.h"

/* X(enum name, member of the result, what has to hold) */
#define RIG_SCORE_PARTS(X)                                                     \
    X(RETURNED, "returned", "every request came back, once")                   \
    X(IN_TIME, "in_time", "recovery, and I/O after it, within their time")     \
    X(MEMORY, "memory", "memory and windows in use as after the first open")   \
    X(IO, "io", "reads and writes, or streams, work again")

enum rig_score_kind {
#define RIG_SCORE_ENUM(name, text, law) RIG_SCORE_##name,
    RIG_SCORE_PARTS(RIG_SCORE_ENUM)
#undef RIG_SCORE_ENUM
        RIG_SCORE_COUNT
};

/* One of the four. Of a part that held, `seen` says what was looked at. */
struct rig_score_part {
    bool held;
    char expected[128];
    char seen[192];
};

struct rig_score {
    struct rig_score_part part[RIG_SCORE_COUNT];
    bool recovered;   /* all parts held */
    bool reopened;    /* by close and open: the subject cannot recover, or was
                         not open */
    uint64_t took_ns; /* recovery alone, without the I/O after it */
    char skip[128];   /* why there is no score, or "" */
};

/* Ends the plan of faults for good and leaves the subject open, unless it did
 * not recover. What is on the disk stays as it is; a stream that was in use is
 * released. rig->timeout_ns is the bound of recovery and of each operation
 * after it.
 *
 * Returns 0 with a score, good or bad; or -1: none is possible with this
 * subject or device, `skip` says why. */
int rig_score_run(struct rig *rig, struct rig_score *score);

/* {"recovered": true, "by": "recover" or "open", "took_us": 12, "returned":
 * {"held": true, "expected": ..., "seen": ...}, ...}. A new object. */
json_t *rig_score_to_json(const struct rig_score *score);

/* The first part that did not hold; RIG_SCORE_COUNT if all did. */
enum rig_score_kind rig_score_failed(const struct rig_score *score);

const char *rig_score_part_name(enum rig_score_kind part);

#endif
