/* SPDX-License-Identifier: MIT
 *
 * ops_subject.c: the operations on a subject: open, close, recover, idle and
 * those of a block device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "device_json.h"
#include "ops.h"

#define US_NS 1000u

static json_t *op_open(struct rig *rig, const json_t *step)
{
    uint64_t without = rig_features_from_json(json_object_get(step, "without"));
    char why[160];
    int code;

    if (rig->open)
        return rig_result_reason(RIG_OUTCOME_BENCH, "already open");
    code = rig_open(rig, ~without, (uint32_t)rig_param(step, "queue_size", 0));
    rig->declined =
        rig_settled_otherwise(&rig->settled, &rig->combo, why, sizeof(why));
    if (rig->declined)
        return rig_result_reason(RIG_OUTCOME_SKIP, why);
    return code ? rig_result_code(RIG_OUTCOME_ERROR, code)
                : rig_result(RIG_OUTCOME_OK);
}

static json_t *op_close(struct rig *rig, const json_t *step)
{
    (void)step;
    if (rig->open)
        rig_close(rig);
    return rig_result(RIG_OUTCOME_OK);
}

static json_t *not_open(void)
{
    return rig_result_reason(RIG_OUTCOME_BENCH, "the subject is not open");
}

static json_t *outcome_of(int code)
{
    if (code == RGT_E_TIMEOUT)
        return rig_result_code(RIG_OUTCOME_TIMEOUT, code);
    return code < 0 ? rig_result_code(RIG_OUTCOME_ERROR, code)
                    : rig_result(RIG_OUTCOME_OK);
}

static json_t *op_recover(struct rig *rig, const json_t *step)
{
    (void)step;
    if (!rig->open)
        return not_open();
    if (!rig->dut->recover)
        return rig_result_reason(RIG_OUTCOME_SKIP, "subject cannot recover");
    return outcome_of(rig_recover(rig));
}

static json_t *op_idle(struct rig *rig, const json_t *step)
{
    if (!rig->open)
        return not_open();
    return outcome_of(rig_idle(rig, rig_param(step, "us", 100) * US_NS));
}

/* ---- block device ---- */

/* step may have a time of its own. */
static json_t *run_batch(struct rig *rig, const json_t *step,
                         const json_t *steps, bool one)
{
    uint64_t usual_ns = rig->timeout_ns;
    struct rig_batch *batch;
    json_t *result;

    if (!rig->open)
        return not_open();
    batch = rig_batch_new(rig, steps, &result);
    if (!batch)
        return result;
    rig->timeout_ns = rig_param(step, "timeout_us", usual_ns / US_NS) * US_NS;
    result = one ? rig_batch_run_one(rig, batch) : rig_batch_run(rig, batch);
    rig->timeout_ns = usual_ns;
    rig_batch_end(rig, batch);
    return result;
}

/* One request is a batch of one. */
static json_t *op_blk_one(struct rig *rig, const json_t *step)
{
    json_t *steps = json_array();
    json_t *result;

    json_array_append(steps, (json_t *)(uintptr_t)step);
    result = run_batch(rig, step, steps, true);
    json_decref(steps);
    return result;
}

static json_t *op_blk_batch(struct rig *rig, const json_t *step)
{
    uint64_t times = rig_param(step, "repeat", 1);
    json_t *result;

    for (;;) {
        result = run_batch(rig, step, json_object_get(step, "requests"), false);
        if (--times == 0 || rig_result_outcome(result) != RIG_OUTCOME_OK)
            return result;
        json_decref(result);
    }
}

static json_t *info_to_json(const struct rig_blk_info *info)
{
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b}", "outcome", "ok",
        "capacity", (json_int_t)info->capacity, "features",
        (json_int_t)info->features, "blk_size", (json_int_t)info->blk_size,
        "size_max", (json_int_t)info->size_max, "seg_max",
        (json_int_t)info->seg_max, "queue_size", (json_int_t)info->queue_size,
        "read_only", info->read_only, "flush", info->flush);
}

/* Compares the members of "is" with what the driver learned. */
static json_t *op_blk_info(struct rig *rig, const json_t *step)
{
    json_t *is = json_object_get(step, "is");
    struct rig_blk_info info;
    json_t *result;
    int code;

    if (!rig->open)
        return not_open();
    if (!rig->dut->blk_info)
        return rig_result_reason(RIG_OUTCOME_SKIP, "subject has no blk_info");
    code = rig->dut->blk_info(rig->self, &info);
    if (code)
        return rig_result_code(RIG_OUTCOME_ERROR, code);
    result = info_to_json(&info);
    return rig_result_compare(result, is);
}

const struct rig_op_entry rig_subject_ops[] = {
    {"open", op_open},           {"close", op_close},
    {"recover", op_recover},     {"idle", op_idle},
    {"blk.read", op_blk_one},    {"blk.write", op_blk_one},
    {"blk.flush", op_blk_one},   {"blk.id", op_blk_one},
    {"queue.reset", op_blk_one}, {"blk.batch", op_blk_batch},
    {"blk.info", op_blk_info},   {NULL, NULL},
};
