/* SPDX-License-Identifier: MIT
 *
 * The report as JSON, in one piece and by lines. Members may be added to a
 * format; a change of meaning gets a new number.
 */
#include "report.h"
#include "text.h"

#define FORMAT "ringtrue-report-1"
#define RESULTS_FORMAT "ringtrue-results-1"

static json_t *integer(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *faults_json(const struct rig_setup *s)
{
    json_t *list = json_array();

    for (unsigned k = 0; k < s->fault_count; k++)
        json_array_append_new(list, rig_text_json(s->fault_text[k]));
    return list;
}

static json_t *setup_json(const struct rig_report *r)
{
    const struct rig_setup *s = r->setup;

    return json_pack("{so ss so so ss ss sb so sf si so so sb}", "dut",
                     rig_text_json(s->dut), "sched", rig_sched_name(s->sched),
                     "seed", integer(s->seed), "repeat", integer(r->repeat),
                     "memory", rig_memory_name(s->memory), "reading",
                     rig_reading_name(s->reading), "strict", s->strict, "image",
                     rig_text_json(s->image), "deadline_s",
                     (double)r->deadline_ms / 1000, "jobs", (int)r->jobs,
                     "matrix", rig_text_json(rig_matrix_name(r->matrix)),
                     "faults", faults_json(s), "instrument", s->instrument);
}

/* "cases" is their number, the others add up to it. */
static json_t *counts_json(const struct rig_report *r)
{
    json_t *counts = json_pack("{so}", "cases", integer(r->done));
    unsigned k;

    for (k = 0; k < RIG_VERDICT_COUNT; k++)
        json_object_set_new(counts, rig_verdict_name((enum rig_verdict)k),
                            integer(r->tally[k]));
    return counts;
}

static json_t *failure_json(const struct rig_report *r,
                            const struct rig_failure *f)
{
    const struct rig_clause *c = rig_report_find(r, f->clause);
    json_t *event = f->event == UINT64_MAX ? json_null() : integer(f->event);

    return json_pack("{so so so so so so so so}", "clause",
                     rig_text_json(*f->clause ? f->clause : NULL), "section",
                     rig_text_json(c ? c->section : NULL), "level",
                     rig_text_json(c ? c->level : NULL), "requirement",
                     rig_text_json(c ? c->statement : NULL), "expected",
                     rig_text_json(f->expected), "seen", rig_text_json(f->seen),
                     "event", event, "times", integer(f->times));
}

static json_t *failures_json(const struct rig_report *r,
                             const struct rig_outcome *o)
{
    json_t *list = json_array();
    unsigned k;

    for (k = 0; k < o->failure_count; k++)
        json_array_append_new(list, failure_json(r, &o->failure[k]));
    return list;
}

/* Key -> value as in the id, but sizes as numbers; empty without a matrix. */
static json_t *combination_json(const struct rig_combo *combo)
{
    json_t *object = json_object();

    for (unsigned d = 0; d < RIG_DIM_COUNT; d++) {
        enum rig_dim dim = (enum rig_dim)d;
        uint16_t value = combo->value[d];
        char word[16];

        if (value == RIG_UNNAMED)
            continue;
        rig_value_text(dim, value, word, sizeof(word));
        json_object_set_new(object, rig_dim_name(dim),
                            dim == RIG_DIM_SIZE ? json_integer(value)
                                                : json_string(word));
    }
    return object;
}

json_t *rig_report_case(const struct rig_report *r, const struct rig_outcome *o)
{
    const struct rig_clause *c = rig_report_clause(r, o);
    char replay[2048], id[RIG_CASE_ID_ROOM];

    rig_report_replay(r, o, replay, sizeof(replay));
    rig_report_case_id(o, id, sizeof(id));
    return json_pack(
        "{so so so so so sO? so ss so sf so so so sO? so sO?}", "id",
        rig_text_json(id), "vector", rig_text_json(o->vector->id),
        "combination", combination_json(&o->combo), "title",
        rig_text_json(o->vector->title), "section",
        rig_text_json(c ? c->section : NULL), "clauses", o->vector->clauses,
        "seed", integer(o->seed), "verdict", rig_verdict_name(o->verdict),
        "reason", rig_text_json(o->reason), "ms", o->ms, "events",
        integer(o->event_count), "replay", rig_text_json(replay), "failures",
        failures_json(r, o), "applied", o->applied, "output",
        rig_text_json(o->output), "score", o->score);
}

static json_t *recovery_json(const struct rig_report *r)
{
    size_t recovered, scored = rig_report_scored(r, &recovered);

    return json_pack("{so so}", "scored", integer(scored), "recovered",
                     integer(recovered));
}

json_t *rig_report_begin(const struct rig_report *r)
{
    return json_pack("{s{ss ss so so}}", "begin", "format", RESULTS_FORMAT,
                     "ringtrue", RINGTRUE_VERSION, "setup", setup_json(r),
                     "cases", integer(r->count));
}

json_t *rig_report_end(const struct rig_report *r)
{
    return json_pack("{s{sb si sf so so}}", "end", "complete", r->ended_by == 0,
                     "exit_code", rig_report_exit_code(r), "seconds",
                     r->seconds, "counts", counts_json(r), "recovery",
                     recovery_json(r));
}

void rig_report_json(const struct rig_report *r, FILE *out)
{
    json_t *cases = json_array(), *all;
    size_t k;

    for (k = 0; k < r->count; k++)
        if (r->list[k].done)
            json_array_append_new(cases, rig_report_case(r, &r->list[k]));
    all = json_pack("{ss ss so sb si sf so so sO so}", "format", FORMAT,
                    "ringtrue", RINGTRUE_VERSION, "setup", setup_json(r),
                    "complete", r->ended_by == 0, "exit_code",
                    rig_report_exit_code(r), "seconds", r->seconds, "counts",
                    counts_json(r), "recovery", recovery_json(r), "applied",
                    r->applied, "cases", cases);
    json_dumpf(all, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(all);
}
