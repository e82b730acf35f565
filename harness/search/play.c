/* SPDX-License-Identifier: MIT
 *
 * play.c: see play.h.
 */
#include "play.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "laws.h"
#include "model.h"
#include "ops.h"
#include "play_end.h"
#include "rig.h"
#include "voice.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define INFLIGHT 32u
/* Of an operation: far more than any device of a trial takes. With a line that
 * is never let go, each microsecond of it is an interrupt. */
#define PATIENCE_NS UINT64_C(100000000)
/* Interrupts in a row for nothing: a seed is to take milliseconds, in a slow
 * build, too, or its real deadline would decide. */
#define STORM_MAX 10000u
/* The longest that one operation may take, in virtual time: what its batch may
 * wait, the driver's own deadlines several times over. */
#define BOUND_NS UINT64_C(30000000000)

struct play {
    struct rig rig;
    const struct rig_stage *stage;
    const struct rig_trial *trial;
    struct rig_finding *finding;
    struct rig_laws laws;
    struct rig_model model;
    bool kept; /* memory of an instance that was closed may be kept by it */
    bool cut;  /* power was cut: nothing works before a recovery */
    bool broken_off[FAKE_SND_STREAMS_MAX]; /* messages came back unplayed */
};

void rig_play_fail(struct rig_finding *f, const char *law, const char *op,
                   const char *expected, const char *seen, ...)
{
    va_list ap;

    if (f->verdict != RIG_PASS)
        return; /* the first one counts */
    f->verdict = RIG_FAIL;
    snprintf(f->law, sizeof(f->law), "%s", law);
    snprintf(f->op, sizeof(f->op), "%s", op);
    snprintf(f->expected, sizeof(f->expected), "%s", expected);
    va_start(ap, seen);
    vsnprintf(f->seen, sizeof(f->seen), seen, ap);
    va_end(ap);
}

static void bench_failed(struct rig_finding *f, const char *op,
                         const char *reason)
{
    if (f->verdict == RIG_ERROR)
        return;
    f->verdict = RIG_PASS;
    rig_play_fail(f, "bench", op, "the bench to carry it out", "%s", reason);
    f->verdict = RIG_ERROR;
}

/* ---- one step ---- */

static bool is_op(const json_t *step, const char *name)
{
    return strcmp(rig_param_text(step, "op"), name) == 0;
}

/* The step as it is asked for now: what a read must find, and whether it may
 * fail. */
static json_t *prepared(const struct play *p, const json_t *step)
{
    json_t *copy = json_deep_copy(step);

    if (p->laws.honest)
        rig_model_expect(&p->model, copy,
                         p->laws.strict && !is_op(step, "blk.batch"));
    if (!p->laws.strict || p->cut)
        rig_laws_let(copy);
    return copy;
}

/* Messages of a stream are still on their way. */
static bool is_pending(const struct rig_voice *v)
{
    for (const struct rig_message *m = v->first; m; m = m->next)
        if (m->request.submitted && !m->request.done)
            return true;
    return false;
}

/* What is cut short is not played, and what comes behind it does not continue
 * what came before. */
static void note_streams(struct play *p, const json_t *step)
{
    bool all = is_op(step, "recover") || is_op(step, "close");

    if (!p->rig.voice || !(all || is_op(step, "snd.release")))
        return;
    for (unsigned k = 0; k < FAKE_SND_STREAMS_MAX; k++)
        if (all || k == rig_param(step, "stream", 0))
            p->broken_off[k] |= is_pending(&p->rig.voice[k]);
}

/* Steps that say nothing as things stand. */
static bool is_void(const struct play *p, const json_t *step)
{
    if (is_op(step, "open"))
        return p->rig.open;
    if (is_op(step, "power_cut"))
        return !p->rig.machine->cache;
    if (is_op(step, "snd.played"))
        return !p->laws.strict || p->broken_off[rig_param(step, "stream", 0) %
                                                FAKE_SND_STREAMS_MAX];
    return !p->rig.open;
}

static void note_power(struct play *p, const json_t *step,
                       enum rig_outcome outcome)
{
    if (is_op(step, "power_cut")) {
        rig_model_power_cut(&p->model);
        p->cut = true;
    } else if (p->laws.power && outcome != RIG_OUTCOME_OK) {
        rig_model_power_cut(&p->model);
    }
    if (is_op(step, "recover") && outcome == RIG_OUTCOME_OK)
        p->cut = false;
}

/* Once a fault has fired, an operation may fail; never with wrong data. */
static bool is_lawful(const struct play *p, const json_t *step,
                      const json_t *asked, const json_t *result,
                      struct rig_finding *f)
{
    bool loose = p->cut || (!p->laws.strict &&
                            rig_laws_loosened(&p->rig.machine->cfg.faults));

    /* A recording goes on where it was only if each message came back whole. */
    if (loose && is_op(step, "snd.finish"))
        return true;
    return rig_op_as_expected(asked, result, f->expected, sizeof(f->expected),
                              f->seen, sizeof(f->seen)) &&
           (loose || is_op(step, "blk.batch") ||
            rig_op_as_expected(step, result, f->expected, sizeof(f->expected),
                               f->seen, sizeof(f->seen)));
}

/* The requests of a batch were let off lightly before it was known whether a
 * fault would fire. If none did, each is as its step says. */
static bool batch_is_lawful(const struct play *p, const json_t *step,
                            const json_t *result, struct rig_finding *f)
{
    const json_t *one, *results = json_object_get(result, "requests");
    size_t k;

    if (p->cut || rig_laws_loosened(&p->rig.machine->cfg.faults))
        return true;
    json_array_foreach(json_object_get(step, "requests"), k, one)
    {
        if (results &&
            !rig_op_as_expected(one, json_array_get(results, k), f->expected,
                                sizeof(f->expected), f->seen, sizeof(f->seen)))
            return false;
    }
    return true;
}

/* Of a batch, a request that failed is no wrong data. */
static bool has_wrong_data(const json_t *result)
{
    const json_t *one, *results = json_object_get(result, "requests");
    size_t k;

    if (!results)
        return rig_result_outcome(result) == RIG_OUTCOME_MISMATCH;
    json_array_foreach(results, k, one)
    {
        if (rig_result_outcome(one) == RIG_OUTCOME_MISMATCH)
            return true;
    }
    return false;
}

static void check_result(struct play *p, const json_t *step,
                         const json_t *asked, const json_t *result)
{
    const char *op = rig_param_text(step, "op");
    bool wrong_data = has_wrong_data(result);
    struct rig_finding f = {.verdict = RIG_PASS};

    if (is_lawful(p, step, asked, result, &f) &&
        (!is_op(step, "blk.batch") || batch_is_lawful(p, step, result, &f)))
        return;
    rig_play_fail(p->finding, wrong_data ? "data" : "outcome", op, f.expected,
                  "%.480s%s%.140s", f.seen,
                  p->rig.last_log[0] ? "; driver log: " : "", p->rig.last_log);
}

static void check_time(struct play *p, const char *op, uint64_t from_ns)
{
    uint64_t took = rig_play_now(&p->rig) - from_ns;

    if (took > BOUND_NS)
        rig_play_fail(p->finding, "time", op, "an end within 30 s",
                      "%llu ms of virtual time",
                      (unsigned long long)(took / 1000000));
}

/* A device that does not answer a reset may still write: a driver that closes
 * then leaves it the memory. */
static void note_memory(struct play *p, const json_t *step)
{
    const struct fake_fault_plan *plan = &p->rig.machine->cfg.faults;

    if ((is_op(step, "close") || (is_op(step, "open") && !p->rig.open)) &&
        rig_laws_loosened(plan))
        p->kept = true;
}

/* dut.h: a release is done when the device has let go of every message. Whoever
 * is told so frees them. */
static void check_release(struct play *p, const json_t *step,
                          enum rig_outcome outcome)
{
    uint64_t stream = rig_param(step, "stream", 0) % FAKE_SND_STREAMS_MAX;

    if (is_op(step, "snd.release") && outcome == RIG_OUTCOME_OK &&
        is_pending(&p->rig.voice[stream]))
        rig_play_fail(p->finding, "release", "snd.release",
                      "the stream's messages to come back before it is done",
                      "some are still out");
}

static void play_step(struct play *p, const json_t *step)
{
    uint64_t from = rig_play_now(&p->rig);
    enum rig_outcome outcome;
    json_t *asked, *result;

    if (is_void(p, step))
        return;
    asked = prepared(p, step);
    note_streams(p, step);
    result = rig_op_run(&p->rig, asked);
    outcome = rig_result_outcome(result);
    if (outcome == RIG_OUTCOME_BENCH)
        bench_failed(p->finding, rig_param_text(step, "op"),
                     rig_param_text(result, "reason"));
    else if (outcome != RIG_OUTCOME_SKIP) /* it has no such operation */
        check_result(p, step, asked, result);
    check_release(p, step, outcome);
    rig_model_learn(&p->model, step, result, p->rig.pending_count != 0);
    if (is_op(step, "close") ||
        (is_op(step, "recover") && outcome == RIG_OUTCOME_OK))
        rig_model_settle(&p->model);
    note_power(p, step, outcome);
    note_memory(p, step);
    check_time(p, rig_param_text(step, "op"), from);
    json_decref(result);
    json_decref(asked);
}

static void play_steps(struct play *p)
{
    const json_t *step;
    size_t k;

    json_array_foreach(p->trial->steps, k, step)
    {
        play_step(p, step);
        if (p->finding->verdict != RIG_PASS)
            return;
    }
}

/* ---- what the log says ---- */

static void judge(struct play *p)
{
    const struct fake_fault_plan *plan = &p->rig.machine->cfg.faults;
    const struct fake_violation *list;
    size_t n = fake_judge_violations(p->rig.machine->judge, &list);

    for (size_t k = 0; k < n; k++) {
        const struct rig_clause *clause =
            rig_catalogue_find(p->stage->catalogue, list[k].clause);

        if ((clause && !rig_clause_is_must(clause)) || rig_laws_blind(plan) ||
            rig_laws_excuse(plan, list[k].clause))
            continue;
        /* What the clause says tells more than what came of it. */
        if (p->finding->verdict == RIG_FAIL)
            p->finding->verdict = RIG_PASS;
        rig_play_fail(p->finding, list[k].clause, "", list[k].expected, "%s",
                      list[k].seen);
        p->finding->event = list[k].event;
        return;
    }
}

static void check_contract(struct play *p)
{
    char seen[160];
    uint64_t event;

    if (p->rig.complaint[0])
        rig_play_fail(p->finding, "contract", "", "the contract of dut.h", "%s",
                      p->rig.complaint);
    if (p->finding->verdict == RIG_PASS &&
        rig_case_port_breach(&p->rig.machine->arena, seen, sizeof(seen),
                             &event)) {
        rig_play_fail(p->finding, "contract", "", "the contract of dut.h", "%s",
                      seen);
        p->finding->event = event;
    }
}

static void note_faults(const struct play *p)
{
    const struct fake_fault_plan *plan = &p->rig.machine->cfg.faults;

    for (unsigned k = 0; k < plan->count; k++) {
        enum fake_fault fault = plan->entry[k].rule.fault;

        p->finding->drawn[fault] = 1;
        p->finding->fired[fault] |= plan->entry[k].hit != 0;
    }
}

void rig_print_events(struct fake_log *log, FILE *to)
{
    char line[256];

    for (uint64_t k = fake_log_first(log); k < log->count; k++) {
        fake_event_format(fake_log_get(log, k), k, line, sizeof(line));
        fprintf(to, "%s\n", line);
    }
}

/* ---- all of it ---- */

static void end(struct play *p)
{
    struct rig_finding *f = p->finding;
    bool shut = false;

    if (f->verdict == RIG_PASS && !p->cut)
        rig_play_check_size(&p->rig, f);
    if (f->verdict == RIG_PASS)
        shut = rig_play_end(&p->rig, &p->laws, !p->laws.strict || p->cut,
                            p->kept, &p->model, f);
    f->virtual_ns = rig_play_now(&p->rig);
    rig_stop(&p->rig);
    if (shut && !p->kept && f->verdict == RIG_PASS)
        rig_play_check_memory(&p->rig, f);
    if (p->stage->log && !p->stage->unjudged && f->verdict != RIG_ERROR) {
        judge(p);
        check_contract(p);
    }
    f->events = p->rig.machine->log.count;
    note_faults(p);
    if (p->stage->events)
        rig_print_events(&p->rig.machine->log, p->stage->events);
}

void rig_play(const struct rig_stage *stage, const struct rig_trial *trial,
              struct rig_finding *finding)
{
    const struct rig_machine_setup machine = {
        .sched = FAKE_SCHED_STEP,
        .memory = (enum fake_mem_mode)trial->memory,
        .seed = trial->schedule,
        .log = stage->log,
        .unjudged = stage->unjudged,
        .ledger = stage->log && !stage->unjudged,
        .log_room = stage->log_room,
        .arena_bytes = ARENA_BYTES,
        .inflight_max = INFLIGHT,
    };
    struct play p = {.stage = stage, .trial = trial, .finding = finding};
    char err[256];

    memset(finding, 0, sizeof(*finding));
    finding->event = UINT64_MAX;
    if (rig_start(&p.rig, &machine, trial->device, stage->dut, err,
                  sizeof(err))) {
        bench_failed(finding, "", err);
        return;
    }
    p.rig.timeout_ns = PATIENCE_NS;
    p.rig.storm_max = STORM_MAX;
    if (stage->live)
        *stage->live = &p.rig.machine->log;
    p.laws = rig_laws_of(&p.rig.machine->cfg.faults);
    if (rig_model_init(&p.model, p.rig.machine->store))
        bench_failed(finding, "", "out of memory");
    p.model.torn = !p.laws.whole;
    if (finding->verdict == RIG_PASS)
        play_steps(&p);
    end(&p);
    if (stage->live)
        *stage->live = NULL;
    rig_model_free(&p.model);
    rig_free(&p.rig);
}
