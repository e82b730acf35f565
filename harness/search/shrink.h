/* SPDX-License-Identifier: MIT
 *
 * shrink.h: from a trial that fails to a small one that fails in the same way:
 * fewer steps, faults, requests and features, smaller queues and sizes.
 */
#ifndef RIG_SHRINK_H
#define RIG_SHRINK_H

#include <stdatomic.h>

#include "play.h"

struct rig_shrink {
    const struct rig_stage *stage;
    uint64_t deadline_ms; /* of one try */
    unsigned tries_max;
    const atomic_int *stop; /* not 0: leave it as small as it is; or NULL */
    unsigned tries;         /* done; set by rig_shrink() */
};

/* Makes *trial smaller while a run of it fails like *finding, which becomes
 * what the smallest one came to. Returns false, and leaves both alone, if the
 * trial does not fail that way when it is run alone: then the subject keeps
 * something from one machine to the next. */
bool rig_shrink(struct rig_shrink *s, struct rig_trial *trial,
                struct rig_finding *finding);

#endif
