/* SPDX-License-Identifier: MIT
 *
 * ops_subject.c: the operations on a subject: open, close, recover, idle and
 * those of a block device.
 */
#include <string.h>

#include "batch.h"
#include "device_json.h"
#include "fault_plan.h"
#include "ops.h"
#include "score.h"

#define US_NS 1000u

/* A driver may do without a feature; what is about the feature then tells
 * nothing of the driver. */
static json_t *needs_are_met(struct rig *rig, const json_t *needs)
{
    const json_t *one;
    size_t k;

    json_array_foreach(needs, k, one)
    {
        json_t *list = json_pack("[O]", one);
        uint64_t bit = rig_features_from_json(list);

        json_decref(list);
        if (!(rig->machine->regs.accepted & bit))
            return rig_result_reason(
                RIG_OUTCOME_SKIP, "the driver does not accept %s",
                json_is_string(one) ? json_string_value(one) : "a feature");
    }
    return rig_result(RIG_OUTCOME_OK);
}

static json_t *op_open(struct rig *rig, const json_t *step)
{
    uint64_t without = rig_features_from_json(json_object_get(step, "without"));
    char why[160];
    int code;

    if (rig->open)
        return rig_result_reason(RIG_OUTCOME_BENCH, "already open");
    code = rig_open_queues(rig, ~without,
                           (uint32_t)rig_param(step, "queue_size", 0),
                           (uint32_t)rig_param(step, "queues", 1));
    rig->declined =
        rig_settled_otherwise(&rig->settled, &rig->combo, why, sizeof(why));
    if (rig->declined)
        return rig_result_reason(RIG_OUTCOME_SKIP, "%s", why);
    if (code)
        return rig_result_code(RIG_OUTCOME_ERROR, code);
    return needs_are_met(rig, json_object_get(step, "needs"));
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

/* The first part that did not hold is what went wrong. */
static json_t *score_result(const struct rig_score *score)
{
    enum rig_score_kind failed = rig_score_failed(score);
    json_t *result = rig_score_to_json(score);

    json_object_set_new(result, "outcome",
                        json_string(score->recovered ? "ok" : "mismatch"));
    if (score->recovered)
        return result;
    json_object_set_new(result, "expected",
                        json_sprintf("%s: %s", rig_score_part_name(failed),
                                     score->part[failed].expected));
    json_object_set_new(result, "seen", json_string(score->part[failed].seen));
    return result;
}

/* The report shows the last score of a case, or the first that is bad. */
static void keep_score(struct rig *rig, const struct rig_score *score)
{
    if (rig->score && !json_is_true(json_object_get(rig->score, "recovered")))
        return;
    json_decref(rig->score);
    rig->score = rig_score_to_json(score);
}

static json_t *op_score(struct rig *rig, const json_t *step)
{
    uint64_t usual_ns = rig->timeout_ns;
    struct rig_score score;
    int result;

    rig->timeout_ns = rig_param(step, "timeout_us", usual_ns / US_NS) * US_NS;
    result = rig_score_run(rig, &score);
    rig->timeout_ns = usual_ns;
    if (result)
        return rig_result_reason(RIG_OUTCOME_SKIP, "%s", score.skip);
    keep_score(rig, &score);
    return score_result(&score);
}

static json_t *op_idle(struct rig *rig, const json_t *step)
{
    if (!rig->open)
        return not_open();
    return outcome_of(rig_idle(rig, rig_param(step, "us", 100) * US_NS));
}

/* For a device that a driver may refuse: what it does if it did not. */
static json_t *op_when_open(struct rig *rig, const json_t *step)
{
    const json_t *body = json_object_get(step, "do");
    const json_t *one;
    size_t k;

    json_array_foreach(body, k, one)
    {
        char expected[200], seen[300];
        json_t *result = rig->open ? rig_op_run(rig, one) : NULL;
        enum rig_outcome outcome = rig_result_outcome(result);

        if (!result || outcome == RIG_OUTCOME_SKIP ||
            outcome == RIG_OUTCOME_BENCH)
            return result ? result : rig_result(RIG_OUTCOME_OK);
        if (!rig_op_as_expected(one, result, expected, sizeof(expected), seen,
                                sizeof(seen))) {
            json_t *bad = rig_result(RIG_OUTCOME_MISMATCH);

            json_object_set_new(bad, "expected", json_string(expected));
            json_object_set_new(bad, "seen", json_string(seen));
            rig_result_because(bad, result);
            json_decref(result);
            return bad;
        }
        json_decref(result);
    }
    return rig_result(RIG_OUTCOME_OK);
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

/* X(member), each named as in struct rig_blk_info. */
#define NUMBERS(X)                                                             \
    X(capacity)                                                                \
    X(features)                                                                \
    X(blk_size)                                                                \
    X(size_max)                                                                \
    X(seg_max)                                                                 \
    X(queue_size)                                                              \
    X(queues)                                                                  \
    X(physical_block_exp)                                                      \
    X(alignment_offset)                                                        \
    X(min_io_blocks)                                                           \
    X(opt_io_blocks)                                                           \
    X(cylinders)                                                               \
    X(heads)                                                                   \
    X(sectors_per_track)                                                       \
    X(max_discard_sectors)                                                     \
    X(max_discard_seg)                                                         \
    X(discard_sector_alignment)                                                \
    X(max_write_zeroes_sectors)                                                \
    X(max_write_zeroes_seg)                                                    \
    X(max_secure_erase_sectors)                                                \
    X(max_secure_erase_seg)                                                    \
    X(secure_erase_sector_alignment)

#define TRUTHS(X) X(read_only) X(flush) X(writeback) X(write_zeroes_may_unmap)

static json_t *info_to_json(const struct rig_blk_info *info)
{
    json_t *result = rig_result(RIG_OUTCOME_OK);

#define ADD(name)                                                              \
    json_object_set_new(result, #name, json_integer((json_int_t)info->name));
    NUMBERS(ADD)
#undef ADD
#define ADD(name) json_object_set_new(result, #name, json_boolean(info->name));
    TRUTHS(ADD)
#undef ADD
    return result;
}

/* Compares the members of "is" with what the driver learned. */
static json_t *op_blk_info(struct rig *rig, const json_t *step)
{
    json_t *is = json_object_get(step, "is");
    struct rig_blk_info info = {0};
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

/* Power of the disk; the device then needs a reset. */
json_t *rig_op_power_cut(struct rig *rig, const json_t *step)
{
    const char *survive = rig_param_text(step, "survive");
    enum fake_survival survival = FAKE_SURVIVE_BY_SEED;

    if (!rig->machine->cache)
        return rig_result_reason(RIG_OUTCOME_BENCH,
                                 "the device has no cache that could be lost");
    if (survive && strcmp(survive, "none") == 0)
        survival = FAKE_SURVIVE_NONE;
    if (survive && strcmp(survive, "all") == 0)
        survival = FAKE_SURVIVE_ALL;
    fake_machine_power_cut(rig->machine, survival);
    return rig_result(RIG_OUTCOME_OK);
}

/* Somebody changes the size of the disk while the driver runs. */
static json_t *op_blk_resize(struct rig *rig, const json_t *step)
{
    uint64_t sectors = rig_param(step, "capacity", 0);

    if (fake_machine_resize(rig->machine, sectors))
        return rig_result_reason(RIG_OUTCOME_BENCH,
                                 "the disk has fewer than %llu sectors",
                                 (unsigned long long)sectors);
    return rig_result(RIG_OUTCOME_OK);
}

/* As in a vector: it could never fire, and nothing would tell. */
static enum fake_part other_part(const struct rig *rig)
{
    return rig->machine->cfg.device_id == RIG_DEVICE_BLK ? FAKE_PART_SND
                                                         : FAKE_PART_BLK;
}

json_t *rig_op_fault_add(struct rig *rig, const json_t *step)
{
    const json_t *entry = json_object_get(step, "fault");
    struct fake_fault_rule rule;

    if (fake_fault_find(rig_param_text(entry, "fault")) < 0)
        return rig_result_reason(RIG_OUTCOME_BENCH, "there is no fault %.64s",
                                 rig_param_text(entry, "fault"));
    rule = rig_fault_from_json(entry);
    if (fake_fault_part(rule.fault) == other_part(rig))
        return rig_result_reason(RIG_OUTCOME_BENCH,
                                 "this type of device has no fault %.64s",
                                 fake_fault_name(rule.fault));
    if (fake_fault_plan(&rig->machine->cfg.faults, &rule))
        return rig_result_reason(RIG_OUTCOME_BENCH,
                                 "a plan has at most %d faults",
                                 FAKE_FAULT_PLAN_MAX);
    return rig_result(RIG_OUTCOME_OK);
}

json_t *rig_op_fault_end(struct rig *rig, const json_t *step)
{
    (void)step;
    fake_fault_end(&rig->machine->cfg.faults);
    return rig_result(RIG_OUTCOME_OK);
}

const struct rig_op_entry rig_subject_ops[] = {
    {"open", op_open},
    {"close", op_close},
    {"recover", op_recover},
    {"score", op_score},
    {"idle", op_idle},
    {"when_open", op_when_open},
    {"blk.read", op_blk_one},
    {"blk.write", op_blk_one},
    {"blk.flush", op_blk_one},
    {"blk.id", op_blk_one},
    {"blk.batch", op_blk_batch},
    {"blk.info", op_blk_info},
    {"blk.lifetime", op_blk_one},
    {"blk.discard", op_blk_one},
    {"blk.write_zeroes", op_blk_one},
    {"blk.secure_erase", op_blk_one},
    {"blk.writeback", op_blk_one},
    {"queue.reset", op_blk_one},
    {"blk.resize", op_blk_resize},
    {"power_cut", rig_op_power_cut},
    {"fault.add", rig_op_fault_add},
    {"fault.end", rig_op_fault_end},
    {NULL, NULL},
};
