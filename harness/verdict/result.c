/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char *const names[RIG_VERDICT_COUNT] = {
#define RIG_VERDICT_NAME(name, text) #name,
    RIG_VERDICTS(RIG_VERDICT_NAME)
#undef RIG_VERDICT_NAME
};

const char *rig_verdict_name(enum rig_verdict v)
{
    return (unsigned)v < RIG_VERDICT_COUNT ? names[v] : "?";
}

/* JSON integers are signed; a count beyond 2^63 is none that happens. */
static json_t *count_to_json(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *failure_to_json(const struct rig_failure *f)
{
    return json_pack(
        "{so so so so so}", "clause", rig_text_json(f->clause), "expected",
        rig_text_json(f->expected), "seen", rig_text_json(f->seen), "event",
        f->event == UINT64_MAX ? json_null() : count_to_json(f->event), "times",
        count_to_json(f->times));
}

json_t *rig_result_to_json(const struct rig_result *r)
{
    json_t *failures = json_array();
    unsigned k;

    for (k = 0; k < r->failure_count && k < RIG_FAILURES_MAX; k++)
        json_array_append_new(failures, failure_to_json(&r->failure[k]));
    return json_pack(
        "{ss so so sO? so sf so sO?}", "verdict", rig_verdict_name(r->verdict),
        "reason", rig_text_json(r->reason), "failures", failures, "applied",
        r->applied, "events", count_to_json(r->event_count), "ms", r->ms,
        "output", rig_text_json(r->output), "score", r->score);
}

static int verdict_from_json(enum rig_verdict *v, const json_t *j)
{
    const char *name = json_string_value(j);
    unsigned k;

    for (k = 0; name && k < RIG_VERDICT_COUNT; k++)
        if (strcmp(names[k], name) == 0) {
            *v = (enum rig_verdict)k;
            return 0;
        }
    return -1;
}

static int count_from_json(uint64_t *n, const json_t *j)
{
    if (!json_is_integer(j) || json_integer_value(j) < 0)
        return -1;
    *n = (uint64_t)json_integer_value(j);
    return 0;
}

/* Copies as much as there is room for, without cutting a character. */
static int text_from_json(char *to, size_t room, const json_t *j)
{
    const char *s = json_string_value(j);
    size_t used = 0, bytes;

    if (!s)
        return -1;
    for (; *s; s += bytes, used += bytes) {
        rig_text_next(s, &bytes);
        if (used + bytes >= room)
            break;
        memcpy(to + used, s, bytes);
    }
    to[used] = '\0';
    return 0;
}

static int failure_from_json(struct rig_failure *f, const json_t *j)
{
    const json_t *event = json_object_get(j, "event");

    if (text_from_json(f->clause, sizeof(f->clause),
                       json_object_get(j, "clause")) ||
        text_from_json(f->expected, sizeof(f->expected),
                       json_object_get(j, "expected")) ||
        text_from_json(f->seen, sizeof(f->seen), json_object_get(j, "seen")) ||
        count_from_json(&f->times, json_object_get(j, "times")))
        return -1;
    f->event = UINT64_MAX;
    return json_is_null(event) ? 0 : count_from_json(&f->event, event);
}

static int failures_from_json(struct rig_result *r, const json_t *list)
{
    size_t k, count = json_array_size(list);

    if (!json_is_array(list) || count > RIG_FAILURES_MAX)
        return -1;
    for (k = 0; k < count; k++)
        if (failure_from_json(&r->failure[k], json_array_get(list, k)))
            return -1;
    r->failure_count = (unsigned)count;
    return 0;
}

/* NULL stays NULL. */
static int object_from_json(json_t **to, const json_t *object)
{
    if (json_is_null(object))
        return 0;
    if (!json_is_object(object))
        return -1;
    *to = json_deep_copy(object);
    return *to ? 0 : -1;
}

static int output_from_json(struct rig_result *r, const json_t *output)
{
    if (json_is_null(output))
        return 0;
    if (!json_is_string(output))
        return -1;
    r->output = strdup(json_string_value(output));
    return r->output ? 0 : -1;
}

int rig_result_from_json(struct rig_result *r, const json_t *j)
{
    const json_t *ms = json_object_get(j, "ms");

    memset(r, 0, sizeof(*r));
    if (verdict_from_json(&r->verdict, json_object_get(j, "verdict")) ||
        text_from_json(r->reason, sizeof(r->reason),
                       json_object_get(j, "reason")) ||
        failures_from_json(r, json_object_get(j, "failures")) ||
        count_from_json(&r->event_count, json_object_get(j, "events")) ||
        !json_is_number(ms) ||
        object_from_json(&r->applied, json_object_get(j, "applied")) ||
        object_from_json(&r->score, json_object_get(j, "score")) ||
        output_from_json(r, json_object_get(j, "output"))) {
        rig_result_free(r);
        return -1;
    }
    r->ms = json_number_value(ms);
    return 0;
}

void rig_result_free(struct rig_result *r)
{
    json_decref(r->applied);
    json_decref(r->score);
    free(r->output);
    r->applied = r->score = NULL;
    r->output = NULL;
}
