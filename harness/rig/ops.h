/* SPDX-License-Identifier: MIT
 *
 * ops.h: the one table of operations. A vector is a list of them, RPC is the
 * same operations arriving one at a time, a command line is a vector built
 * from arguments.
 */
#ifndef RIG_OPS_H
#define RIG_OPS_H

#include <jansson.h>
#include <stddef.h>

#include "rig.h"

/* What became of an operation, and "outcome" in its result. */
#define RIG_OUTCOMES(X)                                                        \
    X(OK, "ok")                                                                \
    X(REFUSED, "refused")   /* by the subject, before it began: "code" */      \
    X(ERROR, "error")       /* completed or failed with "code" */              \
    X(TIMEOUT, "timeout")   /* not completed in time */                        \
    X(MISMATCH, "mismatch") /* done, but "seen" is not what is "expected" */   \
    X(SKIP, "skip")         /* the subject has no such operation: "reason" */  \
    X(BENCH, "bench")       /* the bench cannot carry it out: "reason" */

enum rig_outcome {
#define RIG_OUTCOME_ENUM(name, text) RIG_OUTCOME_##name,
    RIG_OUTCOMES(RIG_OUTCOME_ENUM)
#undef RIG_OUTCOME_ENUM
        RIG_OUTCOME_COUNT
};

struct rig_op_entry {
    const char *name;
    /* step is checked against the schema; returns a new object with
     * "outcome". */
    json_t *(*run)(struct rig *rig, const json_t *step);
};

/* Operations on a subject (ops.c), and of the raw driver (ops_raw.c). */
extern const struct rig_op_entry rig_snd_ops[]; /* ops_snd.c */
extern const struct rig_op_entry rig_subject_ops[];
extern const struct rig_op_entry rig_raw_ops[];

/* Of either kind of driver (ops_subject.c). */
json_t *rig_op_raw_share(struct rig *rig, const json_t *step);
json_t *rig_op_raw_touch(struct rig *rig, const json_t *step);
json_t *rig_op_power_cut(struct rig *rig, const json_t *step);
json_t *rig_op_fault_add(struct rig *rig, const json_t *step);
json_t *rig_op_fault_end(struct rig *rig, const json_t *step);

/* Runs one step: {"op": name, ...}. Returns a new object. An operation of the
 * wrong kind of driver is outcome "bench". */
json_t *rig_op_run(struct rig *rig, const json_t *step);

/* Is the result what the step expects ("expect", default "ok")? Returns 1; or
 * 0 and both sides in words. */
int rig_op_as_expected(const json_t *step, const json_t *result, char *expected,
                       size_t expected_room, char *seen, size_t seen_room);

json_t *rig_result(enum rig_outcome outcome);
json_t *rig_result_code(enum rig_outcome outcome, int code);
__attribute__((format(printf, 2, 3))) json_t *
rig_result_reason(enum rig_outcome outcome, const char *reason, ...);
/* Compares members of `is` with those of result, which it returns: as a
 * mismatch of facts, if one is not so. */
json_t *rig_result_compare(json_t *result, json_t *is);

/* Is there an operation of this name, on whatever driver? */
bool rig_op_exists(const char *name);
enum rig_outcome rig_result_outcome(const json_t *result);
/* Of several operations in one: the mismatch is that of this one with what was
 * expected of it. */
void rig_result_because(json_t *result, const json_t *of);
/* The outcome of the operation at fault: its own, or that of one within. */
enum rig_outcome rig_result_root(const json_t *result);
/* A mismatch of what the driver says, not of data that it has moved. */
bool rig_result_of_facts(const json_t *result);

/* Members of a step. */
uint64_t rig_param(const json_t *step, const char *key, uint64_t otherwise);
const char *rig_param_text(const json_t *step, const char *key);
bool rig_param_true(const json_t *step, const char *key);

/* "sector", counted from the end of the disk if "from_end" is true. */
uint64_t rig_param_sector(struct rig *rig, const json_t *step);

#endif
