/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "fakedev/arena.h"
#include "text.h"

int rig_report_init(struct rig_report *r, size_t count)
{
    r->list = calloc(count, sizeof(*r->list));
    r->applied = json_object();
    r->count = count;
    return r->list && r->applied ? 0 : -1;
}

void rig_report_free(struct rig_report *r)
{
    size_t k;

    for (k = 0; r->list && k < r->count; k++) {
        free(r->list[k].reason);
        free(r->list[k].failure);
        free(r->list[k].output);
        json_decref(r->list[k].applied);
        json_decref(r->list[k].score);
    }
    free(r->list);
    json_decref(r->applied);
    r->list = NULL;
    r->applied = NULL;
}

static void add_applied(struct rig_report *r, json_t *applied)
{
    const char *id;
    json_t *times;

    json_object_foreach(applied, id, times)
    {
        json_int_t sum = json_integer_value(json_object_get(r->applied, id));

        sum += json_integer_value(times);
        json_object_set_new(r->applied, id, json_integer(sum));
    }
}

static void keep_failures(struct rig_outcome *o,
                          const struct rig_result *result)
{
    size_t bytes = result->failure_count * sizeof(*o->failure);

    if (bytes == 0)
        return;
    o->failure = malloc(bytes);
    if (!o->failure)
        return;
    memcpy(o->failure, result->failure, bytes);
    o->failure_count = result->failure_count;
}

void rig_report_keep(struct rig_report *r, size_t k, struct rig_result *result)
{
    struct rig_outcome *o = &r->list[k];

    o->done = true;
    o->verdict = result->verdict;
    o->reason = *result->reason ? strdup(result->reason) : NULL;
    o->event_count = result->event_count;
    o->ms = result->ms;
    o->output = result->output;
    result->output = NULL;
    o->score = result->score;
    result->score = NULL;
    keep_failures(o, result);
    add_applied(r, result->applied);
    if (r->keep_applied) {
        o->applied = result->applied;
        result->applied = NULL;
    }
    r->done++;
    r->tally[o->verdict]++;
    r->event_count += o->event_count;
}

int rig_report_exit_code(const struct rig_report *r)
{
    if (r->ended_by)
        return 128 + r->ended_by;
    if (r->tally[RIG_ERROR])
        return RIG_EXIT_BENCH;
    if (r->tally[RIG_FAIL] || r->tally[RIG_CRASH] || r->tally[RIG_HUNG])
        return RIG_EXIT_FAIL;
    return r->tally[RIG_SKIP] == r->done ? RIG_EXIT_SKIP : RIG_EXIT_PASS;
}

const struct rig_clause *rig_report_find(const struct rig_report *r,
                                         const char *id)
{
    return id ? rig_catalogue_find(r->setup->catalogue, id) : NULL;
}

const struct rig_clause *rig_report_clause(const struct rig_report *r,
                                           const struct rig_outcome *o)
{
    return rig_report_find(
        r, json_string_value(json_array_get(o->vector->clauses, 0)));
}

void rig_report_case_id(const struct rig_outcome *o, char *to, size_t room)
{
    rig_case_id(o->vector->id, &o->combo, to, room);
}

static void append_option(char *to, size_t room, const char *option,
                          const char *value)
{
    size_t used = strlen(to);

    snprintf(to + used, room - used, " --%s%s", option, value ? " " : "");
    if (value)
        rig_text_shell(to, room, value);
}

void rig_report_replay(const struct rig_report *r, const struct rig_outcome *o,
                       char *to, size_t room)
{
    const struct rig_setup *setup = r->setup;
    char id[RIG_CASE_ID_ROOM], number[32];

    snprintf(to, room, "ringtrue run ");
    rig_report_case_id(o, id, sizeof(id));
    rig_text_shell(to, room, id);
    append_option(to, room, "dut", setup->dut);
    if (o->combo.value[RIG_DIM_SCHED] == RIG_UNNAMED)
        append_option(to, room, "sched", rig_sched_name(setup->sched));
    snprintf(number, sizeof(number), "%llu", (unsigned long long)o->seed);
    append_option(to, room, "seed", number);
    if (setup->memory != FAKE_MEM_DIRECT &&
        o->combo.value[RIG_DIM_MEMORY] == RIG_UNNAMED)
        append_option(to, room, "memory", rig_memory_name(setup->memory));
    if (setup->reading)
        append_option(to, room, "reading", rig_reading_name(setup->reading));
    if (setup->image)
        append_option(to, room, "image", setup->image);
    for (unsigned k = 0; k < setup->fault_count; k++)
        append_option(to, room, "fault", setup->fault_text[k]);
    if (setup->instrument)
        append_option(to, room, "instrument", NULL);
    if (setup->strict)
        append_option(to, room, "strict", NULL);
    if (r->deadline_ms != RIG_DEADLINE_MS) {
        snprintf(number, sizeof(number), "%g", (double)r->deadline_ms / 1000);
        append_option(to, room, "deadline", number);
    }
}

bool rig_outcome_is_bad(const struct rig_outcome *o)
{
    return o->done && o->verdict != RIG_PASS && o->verdict != RIG_SKIP;
}

void rig_report_summary(const struct rig_report *r, char *to, size_t room)
{
    static const char *const words[RIG_VERDICT_COUNT] = {
        "pass", "fail", "warn", "skip", "crash", "hung", "error"};
    size_t used;
    unsigned k;

    if (r->matrix)
        used = (size_t)snprintf(to, room, "%zu combination%s of %zu case%s",
                                r->done, r->done == 1 ? "" : "s", r->vectors,
                                r->vectors == 1 ? "" : "s");
    else
        used = (size_t)snprintf(to, room, "%zu case%s", r->done,
                                r->done == 1 ? "" : "s");
    snprintf(to + used, room - used, ": %zu pass, %zu fail", r->tally[RIG_PASS],
             r->tally[RIG_FAIL]);
    for (k = RIG_WARN; k < RIG_VERDICT_COUNT; k++) {
        used = strlen(to);
        if (r->tally[k])
            snprintf(to + used, room - used, ", %zu %s", r->tally[k], words[k]);
    }
}
