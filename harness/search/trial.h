/* SPDX-License-Identifier: MIT
 *
 * trial.h: what one run of the search is made of: a device with its faults,
 * the steps, and the seed of the schedule. Played by play.h; made from a seed
 * by generate.h, made smaller by shrink.h, kept in a capsule (capsule.h).
 */
#ifndef RIG_TRIAL_H
#define RIG_TRIAL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct rig_trial {
    uint64_t schedule; /* seed of the step scheduler */
    int memory;        /* enum fake_mem_mode */
    json_t *device;    /* as a vector's; owned, and so are the steps */
    json_t *steps;
};

void rig_trial_free(struct rig_trial *trial);

/* A deep copy. */
struct rig_trial rig_trial_copy(const struct rig_trial *trial);

/* {"schedule", "memory", "device", "steps"}: a new object. */
json_t *rig_trial_to_json(const struct rig_trial *trial);

/* json has been checked against the schema (capsule.h). */
struct rig_trial rig_trial_from_json(const json_t *json);

#endif
