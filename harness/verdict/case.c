/* SPDX-License-Identifier: MIT
 *
 * case.c: plays one vector on one subject and comes to a verdict.
 */
#include "case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "choices.h"
#include "dut_ringtrue.h"
#include "dut_so.h"
#include "fakedev/judge.h"
#include "laws.h"
#include "marks.h"
#include "ops.h"
#include "rig.h"
#include "trace.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define LOG_ROOM ((size_t)1 << 14)
#define TRACE_ROOM ((size_t)1 << 20)

const char *rig_sched_name(int sched)
{
    return sched == FAKE_SCHED_STEP ? "step" : "threads";
}

const char *rig_reading_name(int reading)
{
    return reading == RIG_READING_EAGER  ? "eager"
           : reading == RIG_READING_LAZY ? "lazy"
                                         : "as the case says";
}

const char *rig_memory_name(int memory)
{
    return memory == FAKE_MEM_DIRECT   ? "direct"
           : memory == FAKE_MEM_BOUNCE ? "bounce"
                                       : "guarded";
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ERROR and SKIP end a case; the first reason stands. What the bench did not
 * achieve weighs more than a SHOULD, what does not apply does not. */
__attribute__((format(printf, 3, 4))) static void
conclude(struct rig_result *out, enum rig_verdict verdict, const char *reason,
         ...)
{
    va_list ap;

    if (out->verdict != RIG_PASS &&
        !(out->verdict == RIG_WARN && verdict == RIG_ERROR))
        return;
    out->verdict = verdict;
    va_start(ap, reason);
    vsnprintf(out->reason, sizeof(out->reason), reason, ap);
    va_end(ap);
}

static struct rig_failure *add_failure(struct rig_result *out,
                                       const char *clause)
{
    struct rig_failure *f;

    if (out->failure_count == RIG_FAILURES_MAX)
        return NULL;
    f = &out->failure[out->failure_count++];
    memset(f, 0, sizeof(*f));
    snprintf(f->clause, sizeof(f->clause), "%s", clause);
    f->event = UINT64_MAX;
    f->times = 1;
    return f;
}

/* ---- the run ---- */

/* A liar's steps say what it does, not what comes of it, unless they do. */
static bool is_expected(const struct rig *rig, const json_t *step,
                        const json_t *result, struct rig_failure *f)
{
    if (!rig->dut && !json_object_get(step, "expect"))
        return true;
    return rig_op_as_expected(step, result, f->expected, sizeof(f->expected),
                              f->seen, sizeof(f->seen));
}

/* The vector knows nothing of a fault that came by the command line. What an
 * operation may come to after one goes by those that have fired; after one that
 * is legal, and after none, nothing but what is expected. What the disk holds
 * is in doubt once an operation has failed after one. */
static bool is_excused(const struct rig_setup *setup, const struct rig *rig,
                       const json_t *step, const json_t *result, bool in_doubt)
{
    const struct fake_fault_plan *plan = &rig->machine->cfg.faults;
    enum rig_outcome outcome = rig_result_root(result);

    if (!setup->fault_count)
        return false;
    if (outcome == RIG_OUTCOME_MISMATCH && rig_result_of_facts(result))
        return rig_laws_retold(plan);
    if (strcmp(rig_param_text(step, "op"), "score") == 0)
        return rig_laws_estranged(plan) || rig_laws_spoiled(plan);
    if (outcome == RIG_OUTCOME_MISMATCH)
        return in_doubt || rig_laws_spoiled(plan);
    return outcome != RIG_OUTCOME_OK && rig_laws_loosened(plan);
}

/* Did it fail, or one of several in it? */
static bool has_failed(const json_t *result)
{
    const json_t *one;
    size_t k;

    json_array_foreach(json_object_get(result, "requests"), k, one)
    {
        if (rig_result_outcome(one) != RIG_OUTCOME_OK)
            return true;
    }
    return rig_result_outcome(result) != RIG_OUTCOME_OK;
}

static bool is_wished(const struct rig_setup *setup, enum fake_fault fault)
{
    for (unsigned k = 0; k < setup->fault_count; k++)
        if (setup->fault[k].fault == fault)
            return true;
    return false;
}

static bool any_wish_came_true(const struct rig_setup *setup,
                               const struct fake_fault_plan *plan)
{
    for (unsigned k = 0; k < plan->count; k++)
        if (plan->entry[k].hit && is_wished(setup, plan->entry[k].rule.fault))
            return true;
    return false;
}

/* A fault of the vector that was to spoil an operation and has not fired,
 * because the driver gave no occasion to, or a fault by the command line took
 * it away. */
static const struct fake_fault_entry *
idle_fault(const struct rig_setup *setup, const struct fake_fault_plan *plan)
{
    bool disturbed = any_wish_came_true(setup, plan);

    for (unsigned k = 0; k < plan->count; k++) {
        const struct fake_fault_entry *e = &plan->entry[k];

        if (!e->hit && !is_wished(setup, e->rule.fault) &&
            (e->rule.up_to_driver || disturbed))
            return e;
    }
    return NULL;
}

/* Returns false when the case cannot go on. */
static bool play_step(const struct rig_setup *setup, struct rig *rig,
                      size_t number, const json_t *step, bool *in_doubt,
                      struct rig_result *out)
{
    const struct fake_fault_plan *plan = &rig->machine->cfg.faults;
    json_t *result = rig_op_run(rig, step);
    enum rig_outcome outcome = rig_result_outcome(result);
    const char *reason = rig_param_text(result, "reason");
    const struct fake_fault_entry *idle;
    struct rig_failure seen, *f;
    bool go_on = false;

    if (outcome == RIG_OUTCOME_BENCH) {
        conclude(out, RIG_ERROR, "step %zu: %s", number, reason);
    } else if (outcome == RIG_OUTCOME_SKIP) {
        conclude(out, RIG_SKIP, "%s", reason);
    } else if (is_expected(rig, step, result, &seen)) {
        go_on = true;
        *in_doubt |= has_failed(result) && rig_laws_loosened(plan);
    } else if (is_excused(setup, rig, step, result, *in_doubt)) {
        go_on = false;
    } else if (rig->dut && outcome == RIG_OUTCOME_OK &&
               (idle = idle_fault(setup, plan))) {
        conclude(out, RIG_SKIP, "fault %s never fired",
                 fake_fault_name(idle->rule.fault));
    } else if (!rig->dut) { /* no subject to blame */
        conclude(out, RIG_ERROR, "liar: step %zu, %.120s; seen %.100s", number,
                 seen.expected, seen.seen);
    } else if ((f = add_failure(out, ""))) {
        snprintf(f->expected, sizeof(f->expected), "step %zu, %.290s", number,
                 seen.expected);
        snprintf(f->seen, sizeof(f->seen), "%.400s%s%.150s", seen.seen,
                 rig->last_log[0] ? "; driver log: " : "", rig->last_log);
        out->verdict = RIG_FAIL;
    }
    json_decref(result);
    return go_on;
}

static void play(const struct rig_setup *setup, struct rig *rig,
                 const json_t *steps, struct rig_result *out)
{
    bool in_doubt = false;
    const json_t *step;
    size_t k;

    json_array_foreach(steps, k, step)
    {
        if (!play_step(setup, rig, k, step, &in_doubt, out))
            break;
    }
}

/* ---- the verdict ---- */

static void add_violation(const struct rig_setup *setup,
                          const struct fake_violation *v,
                          struct rig_result *out)
{
    const struct rig_clause *clause =
        rig_catalogue_find(setup->catalogue, v->clause);
    struct rig_failure *f = add_failure(out, v->clause);
    /* What the specification says without a keyword binds nobody. */
    bool prose = clause && strcmp(clause->level, "PROSE") == 0;
    bool fails =
        v->contract ||
        (!prose && (!clause || rig_clause_is_must(clause) || setup->strict));

    if (fails && out->verdict != RIG_ERROR)
        out->verdict = RIG_FAIL;
    else if (out->verdict == RIG_PASS)
        out->verdict = RIG_WARN;
    if (!f)
        return;
    snprintf(f->expected, sizeof(f->expected), "%s", v->expected);
    snprintf(f->seen, sizeof(f->seen), "%s", v->seen);
    f->event = v->event;
    f->times = v->times;
}

static bool is_judged(const char *clause)
{
    const char *id;

    for (size_t k = 0; (id = fake_judge_clause(k)); k++)
        if (strcmp(id, clause) == 0)
            return true;
    return false;
}

/* What a case was written for did not happen. Faults that were wished for may
 * have kept it from happening, and some things are up to the driver. */
static void check_marks(const struct rig_setup *setup,
                        const struct rig_marks *marks, struct rig_result *out)
{
    char text[256];
    const struct rig_mark *missing =
        rig_marks_missing(marks, text, sizeof(text));
    bool excused = missing && (missing->or_skip || setup->fault_count);

    if (missing)
        conclude(out, excused ? RIG_SKIP : RIG_ERROR, "%s", text);
}

/* A clause that never applied to this driver (one that only polls is never
 * interrupted) was not put to the test. Where it did apply, a fault that never
 * fired tested nothing: the bench failed; or, with a fault by the command line,
 * the case ended before, or had no occasion for that one. No pass either way.
 */
static void check_situation(const struct rig_setup *setup,
                            const struct rig *rig,
                            const struct rig_vector *vector,
                            const struct rig_marks *marks,
                            struct rig_result *out)
{
    const struct fake_machine *m = rig->machine;
    const struct fake_fault_entry *idle = fake_fault_unfired(&m->cfg.faults);
    const json_t *clause;
    size_t k;

    json_array_foreach(vector->clauses, k, clause)
    {
        const char *id = json_string_value(clause);

        if (is_judged(id) && fake_judge_applied(m->judge, id) == 0)
            conclude(out, RIG_SKIP, "%s never applied to this driver", id);
    }
    if (m->ledger && fake_ledger_astray(m->ledger))
        conclude(out, RIG_ERROR, "the device wrote memory that it had not got");
    if (idle)
        conclude(out,
                 idle->rule.up_to_driver || setup->fault_count ? RIG_SKIP
                                                               : RIG_ERROR,
                 "fault %s never fired", fake_fault_name(idle->rule.fault));
    check_marks(setup, marks, out);
}

/* The newest event of a kind that is kept, or NULL. */
static const struct fake_event *last_event(const struct fake_log *log,
                                           enum fake_event_kind kind)
{
    for (uint64_t k = log->count; k-- > fake_log_first(log);)
        if (fake_log_get(log, k)->kind == kind)
            return fake_log_get(log, k);
    return NULL;
}

/* No clause may stand behind a device that stopped, only a ring that it could
 * not serve: then the author learns of it here. */
static void explain_outcome(const struct fake_log *log, struct rig_result *out)
{
    const struct fake_event *bad = last_event(log, FAKE_EV_CHAIN_BAD);
    struct rig_failure *f = &out->failure[0];
    size_t used = strlen(f->seen);

    if (bad && out->failure_count && !*f->clause)
        snprintf(f->seen + used, sizeof(f->seen) - used,
                 "; device stopped at the chain of head %u: %s",
                 (unsigned)bad->arg[0],
                 fake_chain_bad_text((enum fake_chain_bad)bad->arg[1]));
}

static void append_event(char *to, size_t room, const char *what,
                         uint64_t event)
{
    size_t used = strlen(to);

    if (event != FAKE_WEAK_NEVER)
        snprintf(to + used, room - used, "; last %s: event %llu", what,
                 (unsigned long long)event);
}

/* Nothing says which of the two it was, if it was one: here they are. */
static void explain_order(const struct fake_weak *w, struct rig_result *out)
{
    struct fake_weak_last last = fake_weak_last(w);
    struct rig_failure *f = &out->failure[0];

    if (!out->failure_count)
        return;
    append_event(f->seen, sizeof(f->seen), "early load", last.load_early);
    append_event(f->seen, sizeof(f->seen), "late stores", last.stores_late);
}

bool rig_case_port_breach(const struct fake_arena *arena, char *seen,
                          size_t room, uint64_t *event)
{
    const struct fake_mismatch *m = &arena->mismatch;

    if (!m->any)
        return false;
    snprintf(seen, room, "%s of 0x%llx, %llu bytes, that matches nothing",
             m->freed ? "dma_free" : "unshare", (unsigned long long)m->dma,
             (unsigned long long)m->bytes);
    *event = m->event;
    return true;
}

static void check_port(const struct fake_arena *arena, struct rig_result *out)
{
    char seen[160];
    uint64_t event;
    struct rig_failure *f;

    if (!rig_case_port_breach(arena, seen, sizeof(seen), &event))
        return;
    out->verdict = RIG_FAIL;
    if (!(f = add_failure(out, "")))
        return;
    snprintf(f->expected, sizeof(f->expected), "the contract of dut.h");
    snprintf(f->seen, sizeof(f->seen), "%s", seen);
    f->event = event;
}

static void judge_subject(const struct rig_setup *setup, const struct rig *rig,
                          const struct rig_vector *vector,
                          const struct rig_marks *marks, struct rig_result *out)
{
    const struct fake_violation *list;
    size_t n = fake_judge_violations(rig->machine->judge, &list);
    struct rig_failure *f;

    explain_outcome(&rig->machine->log, out);
    for (size_t k = 0; k < n; k++)
        if (!setup->fault_count ||
            !rig_laws_excuse(&rig->machine->cfg.faults, list[k].clause))
            add_violation(setup, &list[k], out);
    if (rig->machine->weak)
        explain_order(rig->machine->weak, out);
    check_port(&rig->machine->arena, out);
    if (rig->complaint[0] && (f = add_failure(out, ""))) {
        snprintf(f->expected, sizeof(f->expected), "the contract of dut.h");
        snprintf(f->seen, sizeof(f->seen), "%s", rig->complaint);
        out->verdict = RIG_FAIL;
    }
    if (out->verdict == RIG_FAIL)
        out->reason[0] = '\0'; /* that of a SKIP is no failure */
    if (out->verdict == RIG_PASS || out->verdict == RIG_WARN)
        check_situation(setup, rig, vector, marks, out);
}

static bool contains(const json_t *array, const char *text)
{
    const json_t *e;
    size_t k;

    json_array_foreach(array, k, e)
    {
        if (strcmp(json_string_value(e), text) == 0)
            return true;
    }
    return false;
}

/* The judge has to find the liar guilty of what it did, and of nothing else:
 * if not, it is the bench that failed. */
static void judge_liar(const struct rig *rig, const struct rig_vector *vector,
                       struct rig_result *out)
{
    const struct fake_violation *list;
    size_t n = fake_judge_violations(rig->machine->judge, &list);
    char found[160] = "";
    bool exact = n == json_array_size(vector->guilty);
    char *guilty;

    for (size_t k = 0; k < n; k++) {
        size_t at = strlen(found);

        exact &= contains(vector->guilty, list[k].clause);
        snprintf(found + at, sizeof(found) - at, "%s%s", k ? ", " : "",
                 list[k].clause);
    }
    if (exact)
        return;
    guilty = json_dumps(vector->guilty, 0);
    conclude(out, RIG_ERROR, "liar is guilty of %.120s, judge found [%s]",
             guilty, found);
    free(guilty);
}

static json_t *applied(const struct fake_judge *judge)
{
    json_t *object = json_object();
    const char *id;

    for (size_t k = 0; (id = fake_judge_clause(k)); k++) {
        uint64_t times = fake_judge_applied(judge, id);

        if (times)
            json_object_set_new(object, id, json_integer((json_int_t)times));
    }
    return object;
}

/* ---- all of it ---- */

static const struct rig_dut *subject(const struct rig_setup *setup,
                                     struct rig_result *out)
{
    const struct rig_dut *dut = NULL;
    char err[256];

    if (setup->subject == RIG_SUBJECT_RINGTRUE)
        return &rig_dut_ringtrue;
    if (setup->subject == RIG_SUBJECT_SO &&
        rig_so_open(setup->so_path, &dut, err, sizeof(err)))
        conclude(out, RIG_ERROR, "%s: %s", setup->so_path, err);
    return dut;
}

#define BLK_OPS UINT64_C(0xffff)     /* 1 << RIG_OP_BLK_* */
#define SND_OPS UINT64_C(0xffff0000) /* 1 << RIG_OP_SND_* */

/* A subject without a single operation of a device has no driver for it. */
static bool has_driver(const struct rig_dut *dut,
                       const struct rig_vector *vector)
{
    const char *type = rig_param_text(vector->device, "type");
    bool sound = type && strcmp(type, "snd") == 0;

    return dut->op_mask & (sound ? SND_OPS : BLK_OPS);
}

_Static_assert((int)RIG_SCHED_STEP == FAKE_SCHED_STEP + 1 &&
                   (int)RIG_SCHED_THREADS == FAKE_SCHED_THREADS + 1 &&
                   (int)RIG_MEMORY_DIRECT == FAKE_MEM_DIRECT + 1 &&
                   (int)RIG_MEMORY_BOUNCE == FAKE_MEM_BOUNCE + 1 &&
                   (int)RIG_MEMORY_GUARDED == FAKE_MEM_GUARDED + 1,
               "the values of a combination count from 1");

/* The combination, and what the command line says where it is silent. */
static struct rig_combo whole_of(const struct rig_setup *setup,
                                 const struct rig_combo *combo)
{
    struct rig_combo whole = *combo;

    if (whole.value[RIG_DIM_MEMORY] == RIG_UNNAMED)
        whole.value[RIG_DIM_MEMORY] = (uint16_t)(setup->memory + 1);
    if (whole.value[RIG_DIM_SCHED] == RIG_UNNAMED)
        whole.value[RIG_DIM_SCHED] = (uint16_t)(setup->sched + 1);
    return whole;
}

/* A vector may be for one kind of memory or scheduler only, and which of them
 * it gets, the command line says as well. */
static bool applies(const struct rig_vector *vector, bool script,
                    const struct rig_combo *whole, struct rig_result *out)
{
    struct rig_choices choices;
    char why[160];

    rig_choices_of(&choices, vector, script);
    if (rig_choices_allow(&choices, whole, why, sizeof(why)))
        return true;
    conclude(out, RIG_SKIP, "%s", why);
    return false;
}

static void run(const struct rig_setup *setup, const struct rig_vector *vector,
                const struct rig_combo *combo, const struct rig_dut *dut,
                struct rig_result *out)
{
    struct rig_combo whole = whole_of(setup, combo);
    struct rig_machine_setup machine = {
        .sched = (enum fake_sched_kind)(whole.value[RIG_DIM_SCHED] - 1),
        .memory = (enum fake_mem_mode)(whole.value[RIG_DIM_MEMORY] - 1),
        .reading = (enum rig_reading)setup->reading,
        .seed = setup->seed,
        .faults = setup->fault,
        .fault_count = setup->fault_count,
        .image = setup->image,
        .combo = combo,
        .instrument = setup->instrument,
        .log = true,
        .ledger = true,
        .log_room = setup->trace ? TRACE_ROOM : LOG_ROOM,
        .arena_bytes = ARENA_BYTES,
    };
    char err[256], id[RIG_CASE_ID_ROOM];
    struct rig_marks marks;
    struct rig rig;

    if (dut && !has_driver(dut, vector)) {
        conclude(out, RIG_SKIP, "subject has no driver for this device");
        return;
    }
    if (!applies(vector, !dut, &whole, out))
        return;
    if (setup->instrument && machine.memory == FAKE_MEM_GUARDED) {
        conclude(out, RIG_SKIP, "guarded memory cannot be instrumented");
        return;
    }
    if (rig_start(&rig, &machine, vector->device, dut, err, sizeof(err))) {
        conclude(out, RIG_ERROR, "%s", err);
        return;
    }
    rig_marks_begin(&marks, dut ? vector->marks : NULL, &rig.machine->log);
    play(setup, &rig, dut ? vector->steps : vector->liar, out);
    rig_stop(&rig);
    if (!dut)
        judge_liar(&rig, vector, out);
    else if (!rig.declined) /* what was broken up to another SKIP counts */
        judge_subject(setup, &rig, vector, &marks, out);
    out->applied = applied(rig.machine->judge);
    out->score = json_incref(rig.score);
    out->event_count = rig.machine->log.count;
    rig_case_id(vector->id, combo, id, sizeof(id));
    if (setup->trace && rig_trace_append(setup->trace, id, setup->seed,
                                         &rig.machine->log, err, sizeof(err)))
        conclude(out, RIG_ERROR, "%s", err);
    rig_free(&rig);
}

void rig_case_execute(const struct rig_setup *setup,
                      const struct rig_vector *vector,
                      const struct rig_combo *combo, struct rig_result *out)
{
    double start = now_ms();
    const struct rig_dut *dut;

    memset(out, 0, sizeof(*out));
    dut = subject(setup, out);
    if (out->verdict == RIG_PASS)
        run(setup, vector, combo, dut, out);
    out->ms = now_ms() - start;
}
