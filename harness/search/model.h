/* SPDX-License-Identifier: MIT
 *
 * model.h: what a disk must hold. Each sector has a set of seeds (pattern.h)
 * of which its data is one: that of the last write that ended well, joined by
 * those of later writes whose end is in doubt. It learns from results, so that
 * a sequence of steps stays a sound one when some of them are taken out.
 */
#ifndef RIG_MODEL_H
#define RIG_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/machine.h"

struct rig_model_sector;

struct rig_model {
    uint64_t count;                  /* sectors */
    struct rig_model_sector *sector; /* NULL: nothing is known of the disk */
    bool in_flight;                  /* of what is learned just now */
    bool torn; /* a write that fails may leave half a sector; set by caller */
};

/* The seed of what a disk holds at first. */
#define RIG_MODEL_FIRST 4000000u

/* A disk that is full of RIG_MODEL_FIRST, and which this makes so. One too
 * large to be followed has no model: nothing is expected of it. store NULL:
 * none. Returns 0, or -1 without memory. */
int rig_model_init(struct rig_model *model, struct fake_store *store);
void rig_model_free(struct rig_model *model);

/* Adds to a read, or to the reads of a batch, what they must find. stored:
 * may they be compared with the disk itself, too? */
void rig_model_expect(const struct rig_model *model, json_t *step, bool stored);

/* What a step did to the disk, by its result. in_flight: requests that did not
 * end well may still be with the device, and come true at any time. */
void rig_model_learn(struct rig_model *model, const json_t *step,
                     const json_t *result, bool in_flight);

/* The device was reset: nothing is in flight any more. */
void rig_model_settle(struct rig_model *model);

/* Does the disk hold what it must? Returns false, and both sides in words, of
 * `room` bytes each. */
bool rig_model_agrees(const struct rig_model *model,
                      struct fake_machine *machine, char *expected, char *seen,
                      size_t room);

/* What was not flushed may be gone. */
void rig_model_power_cut(struct rig_model *model);

#endif
