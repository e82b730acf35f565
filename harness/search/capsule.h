/* SPDX-License-Identifier: MIT
 *
 * capsule.h: one failure as one file, which says all that is needed to see it
 * again: the trial (device with its faults, steps, schedule), the subject, the
 * build, the verdict, and the event log, line by line.
 */
#ifndef RIG_CAPSULE_H
#define RIG_CAPSULE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "finding.h"
#include "trial.h"

/* Counts up with every change of a member or of a meaning. */
#define RIG_CAPSULE_FORMAT 1

struct rig_capsule {
    uint64_t seed;   /* that it was found with */
    json_t *build;   /* rig_origin_build(), borrowed */
    json_t *subject; /* rig_origin_subject(), borrowed */
    const struct rig_trial *trial;
    const struct rig_finding *finding;
    bool alone;     /* it fails when run alone, too */
    unsigned tries; /* it took to make it small */
    FILE *events;   /* the event log, a line per event; read from its start */
};

/* Writes it. Returns 0, or -1 and one line in err. */
int rig_capsule_write(const struct rig_capsule *capsule, const char *path,
                      char *err, size_t room);

/* Reads one and checks it against schema ("capsule" in vectors/schema.json).
 * Returns NULL and one line in err: the file, the place as a JSON pointer, and
 * what was expected there. */
json_t *rig_capsule_read(const char *path, const json_t *schema, char *err,
                         size_t room);

/* {"verdict", "law", "op", "expected", "seen", "event"}: a new object. */
json_t *rig_finding_to_json(const struct rig_finding *finding);

#endif
