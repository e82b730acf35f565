/* SPDX-License-Identifier: MIT
 *
 * ops.c: running operations, and what they all share.
 */
#include "ops.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "differs.h"

static const char *const outcome_names[] = {
#define RIG_OUTCOME_NAME(name, text) text,
    RIG_OUTCOMES(RIG_OUTCOME_NAME)
#undef RIG_OUTCOME_NAME
};

json_t *rig_result(enum rig_outcome outcome)
{
    return json_pack("{s:s}", "outcome", outcome_names[outcome]);
}

json_t *rig_result_code(enum rig_outcome outcome, int code)
{
    return json_pack("{s:s, s:s}", "outcome", outcome_names[outcome], "code",
                     rgt_err_name(code));
}

json_t *rig_result_reason(enum rig_outcome outcome, const char *reason, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, reason);
    vsnprintf(text, sizeof(text), reason, ap);
    va_end(ap);
    return json_pack("{s:s, s:s}", "outcome", outcome_names[outcome], "reason",
                     text);
}

static enum rig_outcome outcome_of(const char *name)
{
    for (unsigned k = 0; name && k < RIG_OUTCOME_COUNT; k++)
        if (strcmp(outcome_names[k], name) == 0)
            return (enum rig_outcome)k;
    return RIG_OUTCOME_BENCH;
}

enum rig_outcome rig_result_outcome(const json_t *result)
{
    return outcome_of(json_string_value(json_object_get(result, "outcome")));
}

void rig_result_because(json_t *result, const json_t *of)
{
    json_object_set_new(result, "because",
                        json_string(outcome_names[rig_result_root(of)]));
    if (rig_result_of_facts(of))
        json_object_set_new(result, "of", json_string("facts"));
}

enum rig_outcome rig_result_root(const json_t *result)
{
    const char *because = json_string_value(json_object_get(result, "because"));

    return because ? outcome_of(because) : rig_result_outcome(result);
}

bool rig_result_of_facts(const json_t *result)
{
    const char *of = json_string_value(json_object_get(result, "of"));

    return of && strcmp(of, "facts") == 0;
}

uint64_t rig_param(const json_t *step, const char *key, uint64_t otherwise)
{
    const json_t *value = json_object_get(step, key);

    return value ? (uint64_t)json_integer_value(value) : otherwise;
}

const char *rig_param_text(const json_t *step, const char *key)
{
    return json_string_value(json_object_get(step, key));
}

bool rig_param_true(const json_t *step, const char *key)
{
    return json_is_true(json_object_get(step, key));
}

uint64_t rig_param_sector(struct rig *rig, const json_t *step)
{
    uint64_t sector = rig_param(step, "sector", 0);

    if (rig_param_true(step, "from_end"))
        return atomic_load(&rig->machine->lines.sectors) - sector;
    return sector;
}

static const struct rig_op_entry *find(const struct rig_op_entry *table,
                                       const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

bool rig_op_exists(const char *name)
{
    return find(rig_subject_ops, name) || find(rig_snd_ops, name) ||
           find(rig_raw_ops, name);
}

json_t *rig_op_run(struct rig *rig, const json_t *step)
{
    const char *name = rig_param_text(step, "op");
    const struct rig_op_entry *entry =
        find(rig->dut ? rig_subject_ops : rig_raw_ops, name);

    if (!entry && rig->dut)
        entry = find(rig_snd_ops, name);

    if (!entry)
        return rig_result_reason(RIG_OUTCOME_BENCH,
                                 "operation %s does not exist on %s", name,
                                 rig->dut ? "a subject" : "the raw driver");
    return entry->run(rig, step);
}

json_t *rig_result_compare(json_t *result, json_t *is)
{
    const char *key;
    json_t *want;

    json_object_foreach(is, key, want)
    {
        json_t *have = json_object_get(result, key);
        char *w, *h;

        if (json_equal(have, want))
            continue;
        w = json_dumps(want, JSON_ENCODE_ANY);
        h = json_dumps(have, JSON_ENCODE_ANY);
        json_object_set_new(result, "outcome", json_string("mismatch"));
        json_object_set_new(result, "of", json_string("facts"));
        json_object_set_new(result, "expected", json_sprintf("%s %s", key, w));
        json_object_set_new(result, "seen", json_sprintf("%s %s", key, h));
        free(w);
        free(h);
        break;
    }
    return result;
}

/* ---- expectations ---- */

static bool fits(const char *expected, const char *outcome, const char *code)
{
    if (strcmp(expected, "any") == 0)
        return strcmp(outcome, "ok") == 0 || strcmp(outcome, "error") == 0 ||
               strcmp(outcome, "refused") == 0;
    return strcmp(expected, outcome) == 0 ||
           (code && strcmp(expected, code) == 0);
}

/* "a", or "a or b or c" for an array. */
static void expectation_text(const json_t *expect, char *out, size_t room)
{
    size_t at = 0, k;
    const json_t *e;

    if (json_is_string(expect)) {
        snprintf(out, room, "%s", json_string_value(expect));
        return;
    }
    out[0] = '\0';
    json_array_foreach(expect, k, e)
    {
        int n = snprintf(out + at, room - at, "%s%s", k ? " or " : "",
                         json_string_value(e));

        at = n < 0 || (size_t)n >= room - at ? room - 1 : at + (size_t)n;
    }
}

static bool any_fits(const json_t *expect, const char *outcome,
                     const char *code)
{
    const json_t *e;
    size_t k;

    if (json_is_string(expect))
        return fits(json_string_value(expect), outcome, code);
    json_array_foreach(expect, k, e)
    {
        if (fits(json_string_value(e), outcome, code))
            return true;
    }
    return false;
}

int rig_op_as_expected(const json_t *step, const json_t *result, char *expected,
                       size_t expected_room, char *seen, size_t seen_room)
{
    const json_t *expect = json_object_get(step, "expect");
    const char *outcome = rig_param_text(result, "outcome");
    const char *code = rig_param_text(result, "code");
    const char *name = rig_param_text(step, "op");
    char words[128] = "ok";

    if (rig_result_outcome(result) == RIG_OUTCOME_MISMATCH) {
        if (rig_differs_as_expected(step, result))
            return 1;
        snprintf(expected, expected_room, "%s: %s", name,
                 rig_param_text(result, "expected"));
        snprintf(seen, seen_room, "%s", rig_param_text(result, "seen"));
        return 0;
    }
    if (expect ? any_fits(expect, outcome, code) : strcmp(outcome, "ok") == 0)
        return 1;
    if (expect)
        expectation_text(expect, words, sizeof(words));
    snprintf(expected, expected_room, "%s: %s", name, words);
    snprintf(seen, seen_room, "%s%s%s", outcome, code ? ", " : "",
             code ? code : "");
    return 0;
}
