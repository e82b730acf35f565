/* SPDX-License-Identifier: MIT */
#include "fault_plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request_names.h"

/* ---- JSON ---- */

static uint64_t number(const json_t *entry, const char *key, uint64_t otherwise)
{
    const json_t *value = json_object_get(entry, key);

    return value ? (uint64_t)json_integer_value(value) : otherwise;
}

struct fake_fault_rule rig_fault_from_json(const json_t *entry)
{
    const char *type = json_string_value(json_object_get(entry, "type"));
    const json_t *sectors = json_object_get(entry, "sectors");
    struct fake_fault_rule rule = {
        .fault = (enum fake_fault)fake_fault_find(
            json_string_value(json_object_get(entry, "fault"))),
        .arg = number(entry, "arg", 0),
        .nth = number(entry, "nth", 1),
        .to = number(entry, "to", 0),
        .count = number(entry, "count", 0),
        .every = number(entry, "every", 0),
        .one_in = number(entry, "one_in", 0),
        .seed = number(entry, "seed", 0),
        .where = FAKE_SITE_ANY,
        .after_open = json_is_true(json_object_get(entry, "after_open")),
        .up_to_driver = json_object_get(entry, "otherwise") != NULL,
    };

    rule.where.queue = (uint16_t)number(entry, "queue", FAKE_NO_QUEUE);
    rule.where.stream =
        (int32_t)number(entry, "stream", (uint64_t)FAKE_ANY_STREAM);
    if (type)
        rule.where.type = rig_request_type(type);
    if (sectors) {
        rule.where.sector =
            (uint64_t)json_integer_value(json_array_get(sectors, 0));
        rule.where.sectors =
            (uint64_t)json_integer_value(json_array_get(sectors, 1));
    }
    return rule;
}

static void put(json_t *entry, const char *key, uint64_t value, bool usual)
{
    if (!usual)
        json_object_set_new(entry, key, json_integer((json_int_t)value));
}

json_t *rig_fault_to_json(const struct fake_fault_rule *rule,
                          uint32_t device_id)
{
    json_t *entry = json_pack("{s:s}", "fault", fake_fault_name(rule->fault));
    const struct fake_site *where = &rule->where;
    const char *type = rig_request_name(device_id, where->type);

    put(entry, "arg", rule->arg, rule->arg == 0);
    put(entry, "nth", rule->nth, rule->nth <= 1);
    put(entry, "to", rule->to, rule->to == 0);
    put(entry, "count", rule->count, rule->count == 0);
    put(entry, "every", rule->every, rule->every <= 1);
    put(entry, "one_in", rule->one_in, rule->one_in <= 1);
    put(entry, "seed", rule->seed, rule->seed == 0);
    put(entry, "queue", where->queue, where->queue == FAKE_NO_QUEUE);
    put(entry, "stream", (uint64_t)where->stream,
        where->stream == FAKE_ANY_STREAM);
    if (type)
        json_object_set_new(entry, "type", json_string(type));
    if (where->sectors)
        json_object_set_new(entry, "sectors",
                            json_pack("[I, I]", (json_int_t)where->sector,
                                      (json_int_t)where->sectors));
    if (rule->after_open)
        json_object_set_new(entry, "after_open", json_true());
    if (rule->up_to_driver)
        json_object_set_new(entry, "otherwise", json_string("skip"));
    return entry;
}

/* ---- text ---- */

/* What is left to read, and where to say what is wrong with it. */
struct text {
    const char *at;
    char *err;
    size_t room;
};

__attribute__((format(printf, 2, 3))) static int fail(struct text *t,
                                                      const char *format, ...)
{
    size_t used;
    va_list args;

    va_start(args, format);
    vsnprintf(t->err, t->room, format, args);
    va_end(args);
    used = strlen(t->err);
    snprintf(t->err + used, t->room - used, ", found '%s'", t->at);
    return -1;
}

static bool skip(struct text *t, const char *word)
{
    size_t bytes = strlen(word);

    if (strncmp(t->at, word, bytes) != 0)
        return false;
    t->at += bytes;
    return true;
}

static int read_number(struct text *t, uint64_t min, uint64_t max,
                       uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(t->at, &end, 0);
    if (*t->at < '0' || *t->at > '9' || errno || *value < min || *value > max)
        return fail(t, "expected a number from %llu to %llu",
                    (unsigned long long)min, (unsigned long long)max);
    t->at = end;
    return 0;
}

/* A word up to one of the characters that mean something here. */
static int read_word(struct text *t, char *word, size_t room)
{
    size_t bytes = strcspn(t->at, "=@,");

    if (bytes >= room)
        return fail(t, "expected a name of at most %zu characters", room - 1);
    memcpy(word, t->at, bytes);
    word[bytes] = '\0';
    return 0;
}

static int read_name(struct text *t, struct fake_fault_rule *rule)
{
    char word[64];
    int fault;

    if (read_word(t, word, sizeof(word)))
        return -1;
    fault = fake_fault_find(word);
    if (fault < 0)
        return fail(t, "expected a fault ('ringtrue faults' lists them)");
    rule->fault = (enum fake_fault)fault;
    t->at += strlen(word);
    return 0;
}

static int read_when(struct text *t, struct fake_fault_rule *rule)
{
    if (skip(t, "/"))
        return read_number(t, 1, INT64_MAX, &rule->every);
    if (skip(t, "~")) {
        if (read_number(t, 1, INT64_MAX, &rule->one_in))
            return -1;
        return skip(t, ":") ? read_number(t, 0, INT64_MAX, &rule->seed) : 0;
    }
    if (read_number(t, 1, INT64_MAX, &rule->nth))
        return -1;
    if (!skip(t, "..")) {
        rule->to = rule->nth;
        return 0;
    }
    if (*t->at == '\0' || *t->at == ',')
        return 0;
    return read_number(t, rule->nth, INT64_MAX, &rule->to);
}

static int read_sectors(struct text *t, struct fake_site *where)
{
    uint64_t last;

    if (read_number(t, 0, INT64_MAX, &where->sector))
        return -1;
    if (!skip(t, ".."))
        return fail(t, "expected sectors=FIRST..LAST");
    if (read_number(t, where->sector, INT64_MAX - 1, &last))
        return -1;
    where->sectors = last - where->sector + 1;
    return 0;
}

static int read_type(struct text *t, struct fake_site *where)
{
    char word[64];

    if (read_word(t, word, sizeof(word)))
        return -1;
    where->type = rig_request_type(word);
    if (where->type < 0)
        return fail(t, "expected the type of a request, as in vectors");
    t->at += strlen(word);
    return 0;
}

static int read_where(struct text *t, struct fake_fault_rule *rule)
{
    uint64_t value = 0;
    int result = 0;

    if (skip(t, "queue=")) {
        result = read_number(t, 0, FAKE_NO_QUEUE - 1, &value);
        rule->where.queue = (uint16_t)value;
    } else if (skip(t, "stream=")) {
        result = read_number(t, 0, INT32_MAX, &value);
        rule->where.stream = (int32_t)value;
    } else if (skip(t, "type=")) {
        result = read_type(t, &rule->where);
    } else if (skip(t, "sectors=")) {
        result = read_sectors(t, &rule->where);
    } else if (skip(t, "after-open")) {
        rule->after_open = true;
    } else {
        result = fail(t, "expected queue=, type=, sectors=, stream= or "
                         "after-open");
    }
    return result;
}

int rig_fault_from_text(const char *text, struct fake_fault_rule *rule,
                        char *err, size_t room)
{
    struct text t = {.at = text, .err = err, .room = room};

    *rule = (struct fake_fault_rule){.nth = 1, .where = FAKE_SITE_ANY};
    if (read_name(&t, rule))
        return -1;
    if (*t.at == '=' && !*fake_fault_arg_meaning(rule->fault))
        return fail(&t, "expected no argument for this fault");
    if (skip(&t, "=") && read_number(&t, 0, INT64_MAX, &rule->arg))
        return -1;
    if (skip(&t, "@") && read_when(&t, rule))
        return -1;
    while (skip(&t, ","))
        if (read_where(&t, rule))
            return -1;
    return *t.at ? fail(&t, "expected @WHEN, ',' or the end") : 0;
}
