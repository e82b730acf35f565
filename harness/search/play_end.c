/* SPDX-License-Identifier: MIT
 *
 * play_end.c: see play_end.h.
 */
#include "play_end.h"

#include "ops.h"
#include "score.h"

#define LAST_DATA 4000001u /* a seed that no step has */
#define NOTICE_US 1000     /* for a driver to take an interrupt */

uint64_t rig_play_now(const struct rig *rig)
{
    return rig->machine->sched.ops->now(
        (struct fake_sched *)&rig->machine->sched);
}

/* Runs one operation that must end well. Returns whether it did; one that the
 * subject does not have counts as well done. */
static bool must(struct rig *rig, json_t *step, const char *law,
                 struct rig_finding *f)
{
    json_t *result = rig_op_run(rig, step);
    char expected[320], seen[640];
    bool ok = true;

    if (rig_result_outcome(result) != RIG_OUTCOME_SKIP &&
        !rig_op_as_expected(step, result, expected, sizeof(expected), seen,
                            sizeof(seen))) {
        bool data = rig_result_outcome(result) == RIG_OUTCOME_MISMATCH;

        rig_play_fail(f, data ? "data" : law, rig_param_text(step, "op"),
                      expected, "%.480s%s%.140s", seen,
                      rig->last_log[0] ? "; driver log: " : "", rig->last_log);
        ok = false;
    }
    json_decref(step);
    json_decref(result);
    return ok;
}

static json_t *op(const char *name)
{
    return json_pack("{s:s}", "op", name);
}

/* Back to life: open if it could not open, else recover; a subject that cannot
 * recover, or that has another device before it, is closed and opened. */
static bool revive(struct rig *rig, const struct rig_laws *laws,
                   struct rig_finding *f)
{
    if (rig->open && rig->dut->recover && !laws->strange)
        return must(rig, op("recover"), "recovery", f);
    if (rig->open)
        rig_close(rig);
    return must(rig, op("open"), "recovery", f);
}

static bool all_came_back(const struct rig *rig, struct rig_finding *f)
{
    if (rig->pending_count == 0)
        return true;
    rig_play_fail(f, "recovery", "recover",
                  "all requests to have come back with a recovery",
                  "%u are still out", rig->pending_count);
    return false;
}

/* The score looks at all of it: recovery in time, requests, memory, I/O. A
 * subject whose memory may be kept by an earlier instance, or that has another
 * device before it, is asked for less. */
static bool recovers(struct rig *rig, const struct rig_laws *laws, bool kept,
                     struct rig_finding *f)
{
    struct rig_score score;
    enum rig_score_kind failed;

    if (kept || laws->strange || rig_score_run(rig, &score))
        return revive(rig, laws, f) && all_came_back(rig, f);
    failed = rig_score_failed(&score);
    if (failed != RIG_SCORE_COUNT)
        rig_play_fail(f, "recovery", rig_score_part_name(failed),
                      score.part[failed].expected, "%s",
                      score.part[failed].seen);
    return score.recovered;
}

/* ---- does it work? ---- */

/* Written and read back; with a size of its own, for the disk may be a smaller
 * one by now. */
static bool disk_works(struct rig *rig, struct rig_model *model,
                       struct rig_finding *f)
{
    uint64_t sectors = atomic_load(&rig->machine->lines.sectors);
    json_t *write;

    if (sectors == 0)
        return true;
    write = json_pack("{s:s, s:I, s:i}", "op", "blk.write", "sector",
                      (json_int_t)sectors - 1, "data", (int)LAST_DATA);
    json_incref(write);
    if (must(rig, write, "recovery", f)) {
        json_t *ok = rig_result(RIG_OUTCOME_OK);

        rig_model_learn(model, write, ok, false);
        json_decref(ok);
    }
    json_decref(write);
    return f->verdict == RIG_PASS &&
           must(rig,
                json_pack("{s:s, s:I, s:i}", "op", "blk.read", "sector",
                          (json_int_t)sectors - 1, "data", (int)LAST_DATA),
                "recovery", f);
}

static bool card_works(struct rig *rig, struct rig_finding *f)
{
    return must(rig, op("snd.pcm_info"), "recovery", f);
}

/* The whole disk, whatever way the data came there. */
static void check_disk(struct rig *rig, const struct rig_model *model,
                       struct rig_finding *f)
{
    char expected[160], seen[160];

    if (rig_model_agrees(model, rig->machine, expected, seen, sizeof(seen)))
        return;
    rig_play_fail(f, "data", "disk", expected, "%s", seen);
}

void rig_play_check_size(struct rig *rig, struct rig_finding *f)
{
    json_int_t sectors;

    if (rig->machine->cfg.device_id != RIG_DEVICE_BLK || !rig->open ||
        !rig_laws_resized(&rig->machine->cfg.faults) ||
        !must(rig, json_pack("{s:s, s:i}", "op", "idle", "us", NOTICE_US),
              "config", f))
        return;
    sectors = (json_int_t)atomic_load(&rig->machine->lines.sectors);
    /* To know it, and to go by it. */
    if (must(rig,
             json_pack("{s:s, s:{s:I}}", "op", "blk.info", "is", "capacity",
                       sectors),
             "config", f))
        must(rig,
             json_pack("{s:s, s:I, s:s}", "op", "blk.read", "sector", sectors,
                       "expect", "refused"),
             "config", f);
}

bool rig_play_end(struct rig *rig, const struct rig_laws *laws, bool ill,
                  bool kept, struct rig_model *model, struct rig_finding *f)
{
    bool disk = rig->machine->cfg.device_id == RIG_DEVICE_BLK;

    if (!rig->open && !ill)
        return true; /* the last step was a close */
    fake_fault_end(&rig->machine->cfg.faults);
    rig->storm = 0;
    if (ill && !recovers(rig, laws, kept, f))
        return false;
    if (ill)
        rig_model_settle(model);
    if (laws->power)
        rig_model_power_cut(model);
    if (disk ? !disk_works(rig, model, f) : !card_works(rig, f))
        return false;
    if (disk && laws->honest)
        check_disk(rig, model, f);
    return f->verdict == RIG_PASS;
}

void rig_play_check_memory(const struct rig *rig, struct rig_finding *f)
{
    size_t left = rig->machine->arena.used_bytes;

    if (left)
        rig_play_fail(f, "memory", "close",
                      "all memory free and nothing lent after close",
                      "%zu bytes are not", left);
}
