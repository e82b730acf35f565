/* SPDX-License-Identifier: MIT
 *
 * score.c: see score.h.
 */
#include "score.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ringtrue/wire.h"
#include "score_io.h"

#define BLK_NEEDS                                                              \
    (UINT64_C(1) << RIG_OP_BLK_READ | UINT64_C(1) << RIG_OP_BLK_WRITE)
#define SND_NEEDS                                                              \
    (UINT64_C(1) << RIG_OP_SND_WRITE | UINT64_C(1) << RIG_OP_SND_READ)

static const char *const names[] = {
#define RIG_SCORE_NAME(name, text, law) text,
    RIG_SCORE_PARTS(RIG_SCORE_NAME)
#undef RIG_SCORE_NAME
};

static const char *const laws[] = {
#define RIG_SCORE_LAW(name, text, law) law,
    RIG_SCORE_PARTS(RIG_SCORE_LAW)
#undef RIG_SCORE_LAW
};

const char *rig_score_part_name(enum rig_score_kind part)
{
    return (unsigned)part < RIG_SCORE_COUNT ? names[part] : "?";
}

enum rig_score_kind rig_score_failed(const struct rig_score *score)
{
    unsigned k = 0;

    while (k < RIG_SCORE_COUNT && score->part[k].held)
        k++;
    return (enum rig_score_kind)k;
}

/* ---- one part ---- */

void rig_score_broken(struct rig_score_part *part, const char *expected,
                      const char *seen, ...)
{
    va_list ap;

    if (part->seen[0])
        return;
    part->held = false;
    snprintf(part->expected, sizeof(part->expected), "%s", expected);
    va_start(ap, seen);
    vsnprintf(part->seen, sizeof(part->seen), seen, ap);
    va_end(ap);
}

__attribute__((format(printf, 2, 3))) static void
holds(struct rig_score_part *part, const char *seen, ...)
{
    va_list ap;

    if (part->seen[0])
        return;
    part->held = true;
    va_start(ap, seen);
    vsnprintf(part->seen, sizeof(part->seen), seen, ap);
    va_end(ap);
}

/* ---- coming back ---- */

/* As it was opened last; by default, as a case opens it. */
static int open_again(struct rig *rig)
{
    if (!rig->how.device)
        return rig_open(rig, UINT64_MAX, 0);
    return rig_open_queues(rig, rig->how.features_mask, rig->how.queue_size,
                           rig->how.queues);
}

/* A subject that is closed has nothing in use. */
static void check_closed(const struct rig *rig, struct rig_score_part *memory)
{
    struct rig_use use = rig_in_use(rig);

    if (use.bytes || use.windows)
        rig_score_broken(memory, "a closed driver has no memory in use",
                         "%zu bytes, %u windows", use.bytes, use.windows);
}

/* Returns the code of what was called. */
static int come_back(struct rig *rig, struct rig_score *score)
{
    if (rig->open && rig->dut->recover)
        return rig_recover(rig);
    score->reopened = true;
    if (rig->open)
        rig_close(rig);
    check_closed(rig, &score->part[RIG_SCORE_MEMORY]);
    return open_again(rig);
}

/* ---- the parts ---- */

/* By the contract of dut.h, what was in flight at close() is gone. */
static void judge_returned(const struct rig *rig, struct rig_score *score,
                           unsigned pending)
{
    struct rig_score_part *part = &score->part[RIG_SCORE_RETURNED];

    if (rig->complaint[0])
        rig_score_broken(part, "every request comes back once", "%s",
                         rig->complaint);
    else if (rig->pending_count)
        rig_score_broken(part, "every request comes back once",
                         "%u of %u did not come back", rig->pending_count,
                         pending);
    else if (score->reopened)
        holds(part, "%u in flight, gone with close", pending);
    else
        holds(part, "%u in flight, all back", pending);
}

static void judge_time(const struct rig *rig, struct rig_score *score)
{
    struct rig_score_part *part = &score->part[RIG_SCORE_IN_TIME];
    double took_ms = (double)score->took_ns / 1e6;
    char bound[64];

    snprintf(bound, sizeof(bound), "recovery within %g ms",
             (double)rig->timeout_ns / 1e6);
    if (score->took_ns > rig->timeout_ns)
        rig_score_broken(part, bound, "%g ms", took_ms);
    else
        holds(part, "%g ms", took_ms);
}

static void compare_use(struct rig_score_part *part, const struct rig_use *was,
                        const struct rig_use *is, const char *when)
{
    char expected[128];

    snprintf(expected, sizeof(expected), "%zu bytes and %u windows as %s",
             was->bytes, was->windows, when);
    if (is->bytes != was->bytes || is->windows != was->windows)
        rig_score_broken(part, expected, "%zu bytes, %u windows", is->bytes,
                         is->windows);
    else
        holds(part, "%zu bytes, %u windows, as %s", is->bytes, is->windows,
              when);
}

/* What the driver has in use before any I/O, that there was before the first.
 * With other queues or features than at first it may well need other memory:
 * then one more recovery must not need more. */
static void judge_memory(struct rig *rig, struct rig_score *score,
                         const struct rig_use *use)
{
    struct rig_score_part *part = &score->part[RIG_SCORE_MEMORY];
    struct rig_use again;

    if (rig_use_alike(use, &rig->first_use)) {
        compare_use(part, &rig->first_use, use, "after the first open");
    } else if (score->reopened) {
        holds(part, "nothing after close, %zu bytes now", use->bytes);
    } else if (rig_recover(rig)) {
        rig_score_broken(part, "memory after one more recovery",
                         "it did not recover");
    } else {
        again = rig_in_use(rig);
        compare_use(part, use, &again, "before one more recovery");
    }
}

static void judge_io(struct rig *rig, struct rig_score *score)
{
    struct rig_score_part *io = &score->part[RIG_SCORE_IO];

    if (rig->machine->cfg.device_id == VIRTIO_ID_SOUND)
        rig_score_snd(rig, io);
    else
        rig_score_blk(rig, io);
}

/* A driver may take memory with its first I/O and keep it until it is closed,
 * but no more with each. `use` is what there was before the first. */
static void judge_growth(struct rig *rig, struct rig_score *score,
                         const struct rig_use *use)
{
    struct rig_use once = rig_in_use(rig), twice;
    struct rig_score again = {0};

    if (!score->part[RIG_SCORE_IO].held ||
        (once.bytes <= use->bytes && once.windows <= use->windows))
        return;
    judge_io(rig, &again);
    twice = rig_in_use(rig);
    if (twice.bytes > once.bytes || twice.windows > once.windows)
        rig_score_broken(
            &score->part[RIG_SCORE_MEMORY], "I/O that leaves no memory behind",
            "%zu bytes and %u windows more with each", twice.bytes - once.bytes,
            twice.windows - once.windows);
}

/* What cannot be said of a driver that did not come back. */
static void not_back(struct rig_score *score, int code)
{
    const char *call = score->reopened ? "open" : "recover";

    for (unsigned k = 0; k < RIG_SCORE_COUNT; k++)
        if (!score->part[k].held)
            rig_score_broken(&score->part[k], laws[k], "%s: %s", call,
                             rgt_err_name(code));
}

/* ---- all of it ---- */

static bool can_be_scored(const struct rig *rig, struct rig_score *score)
{
    bool sound = rig->machine->cfg.device_id == VIRTIO_ID_SOUND;

    if (!rig->dut)
        snprintf(score->skip, sizeof(score->skip),
                 "the raw driver does not recover");
    else if (!(rig->dut->op_mask & (sound ? SND_NEEDS : BLK_NEEDS)))
        snprintf(score->skip, sizeof(score->skip), "subject has no %s",
                 sound ? "playback or capture" : "blk.read or blk.write");
    return !score->skip[0];
}

int rig_score_run(struct rig *rig, struct rig_score *score)
{
    unsigned pending = rig->pending_count;
    struct rig_use use;
    uint64_t start;
    int code;

    memset(score, 0, sizeof(*score));
    if (!can_be_scored(rig, score))
        return -1;
    fake_fault_end(&rig->machine->cfg.faults);
    start = fake_machine_now(rig->machine);
    code = come_back(rig, score);
    score->took_ns = fake_machine_now(rig->machine) - start;
    judge_time(rig, score);
    use = rig_in_use(rig);
    if (code == 0) {
        judge_io(rig, score);
        judge_growth(rig, score, &use);
        judge_memory(rig, score, &use);
    }
    judge_returned(rig, score, pending); /* I/O would bring one back twice */
    if (code)
        not_back(score, code);
    score->recovered = rig_score_failed(score) == RIG_SCORE_COUNT;
    return 0;
}

json_t *rig_score_to_json(const struct rig_score *score)
{
    json_t *object = json_pack("{sb ss sI}", "recovered", score->recovered,
                               "by", score->reopened ? "open" : "recover",
                               "took_us", (json_int_t)(score->took_ns / 1000));

    for (unsigned k = 0; k < RIG_SCORE_COUNT; k++) {
        const struct rig_score_part *p = &score->part[k];

        json_object_set_new(object, names[k],
                            json_pack("{sb ss ss}", "held", p->held, "expected",
                                      p->held ? laws[k] : p->expected, "seen",
                                      p->seen));
    }
    return object;
}
