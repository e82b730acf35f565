/* SPDX-License-Identifier: MIT
 *
 * batch.h: block requests described in JSON, run together: submitted one
 * after the other, kicked once, checked when all are done.
 */
#ifndef RIG_BATCH_H
#define RIG_BATCH_H

#include <jansson.h>

#include "rig.h"

struct rig_batch;

/* Buffers and requests for an array of steps (blk.read, blk.write, ...).
 * Returns NULL and a result that says why. */
struct rig_batch *rig_batch_new(struct rig *rig, const json_t *steps,
                                json_t **result);

/* Returns the result: "ok" if each request was as it expects, else "mismatch"
 * naming the first that was not; "requests" has the result of each. */
json_t *rig_batch_run(struct rig *rig, struct rig_batch *batch);

/* Of a batch of one: the result of the request itself. */
json_t *rig_batch_run_one(struct rig *rig, struct rig_batch *batch);

/* Gives everything back; what is still pending stays until rig_free(). */
void rig_batch_end(struct rig *rig, struct rig_batch *batch);

/* For rig_free(). */
void rig_batch_free_all(struct rig *rig);

#endif
