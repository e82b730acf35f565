/* SPDX-License-Identifier: MIT
 *
 * Is a schema one that schema.c can carry out in full? Run once after
 * loading, so that checking values need not doubt it again.
 */
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "schema.h"
#include "schema_keys.h"
#include "schema_text.h"

struct lint {
    const json_t *root;
    struct rig_schema_error *err;
};

enum shape {
    ANY,
    STRING,
    COUNT, /* integer >= 0 */
    NUMBER,
    LIST,    /* non-empty array */
    STRINGS, /* array of strings */
    TYPES,   /* a type name or an array of them */
    REGEX,   /* POSIX extended */
    REF,     /* to something in $defs */
    SCHEMA,  /* one schema */
    SCHEMAS, /* non-empty array of schemas */
    MEMBERS, /* object of schemas */
    FALSE_OR_SCHEMA,
};

static const struct {
    const char *name;
    enum shape shape;
} keys[] = {
#define KEY(name, shape) {name, shape},
    RIG_SCHEMA_KEYS(KEY)
#undef KEY
};

static int lint(struct lint *l, const json_t *schema, const char *pointer);

static int fail(struct lint *l, const char *pointer, const char *what)
{
    snprintf(l->err->pointer, sizeof(l->err->pointer), "%s", pointer);
    snprintf(l->err->expected, sizeof(l->err->expected), "%s", what);
    return -1;
}

static bool is_type(const json_t *j)
{
    static const char *const types[] = {"null",   "boolean", "object", "array",
                                        "number", "string",  "integer"};
    size_t k;

    for (k = 0; json_is_string(j) && k < sizeof(types) / sizeof(*types); k++)
        if (strcmp(json_string_value(j), types[k]) == 0)
            return true;
    return false;
}

static bool every(const json_t *list, bool (*fits)(const json_t *))
{
    size_t k;

    for (k = 0; k < json_array_size(list); k++)
        if (!fits(json_array_get(list, k)))
            return false;
    return json_is_array(list) && json_array_size(list) > 0;
}

static bool is_string(const json_t *j)
{
    return json_is_string(j);
}

static bool is_regex(const json_t *j)
{
    regex_t regex;

    if (!json_is_string(j) ||
        regcomp(&regex, json_string_value(j), REG_EXTENDED | REG_NOSUB))
        return false;
    regfree(&regex);
    return true;
}

static int lint_list(struct lint *l, const json_t *list, const char *pointer)
{
    char below[256];
    size_t k;

    if (!json_is_array(list) || json_array_size(list) == 0)
        return fail(l, pointer, "expected a non-empty array of schemas");
    for (k = 0; k < json_array_size(list); k++) {
        snprintf(below, sizeof(below), "%.200s/%zu", pointer, k);
        if (lint(l, json_array_get(list, k), below))
            return -1;
    }
    return 0;
}

static int lint_members(struct lint *l, const json_t *members,
                        const char *pointer)
{
    char below[256];
    const char *name;
    json_t *schema;

    if (!json_is_object(members))
        return fail(l, pointer, "expected an object of schemas");
    json_object_foreach((json_t *)members, name, schema)
    {
        snprintf(below, sizeof(below), "%.190s/%.60s", pointer, name);
        if (lint(l, schema, below))
            return -1;
    }
    return 0;
}

/* Values that are not schemas themselves. */
static const char *wrong_value(const struct lint *l, enum shape shape,
                               const json_t *v)
{
    switch (shape) {
    case STRING:
        return json_is_string(v) ? NULL : "expected a string";
    case COUNT:
        return json_is_integer(v) && json_integer_value(v) >= 0
                   ? NULL
                   : "expected an integer >= 0";
    case NUMBER:
        return json_is_number(v) ? NULL : "expected a number";
    case LIST:
        return json_array_size(v) ? NULL : "expected a non-empty array";
    case STRINGS:
        return every(v, is_string) ? NULL : "expected an array of strings";
    case TYPES:
        return is_type(v) || every(v, is_type) ? NULL : "expected type names";
    case REGEX:
        return is_regex(v) ? NULL : "expected a regular expression";
    case REF:
        return rig_schema_resolve(l->root, json_string_value(v))
                   ? NULL
                   : "expected a reference into #/$defs";
    default:
        return NULL;
    }
}

static int lint_key(struct lint *l, enum shape shape, const json_t *v,
                    const char *pointer)
{
    const char *wrong = wrong_value(l, shape, v);

    if (wrong)
        return fail(l, pointer, wrong);
    if (shape == SCHEMA || (shape == FALSE_OR_SCHEMA && !json_is_false(v)))
        return lint(l, v, pointer);
    if (shape == SCHEMAS)
        return lint_list(l, v, pointer);
    return shape == MEMBERS ? lint_members(l, v, pointer) : 0;
}

static int lint(struct lint *l, const json_t *schema, const char *pointer)
{
    char below[256];
    const char *name;
    json_t *value;

    if (!json_is_object(schema))
        return fail(l, pointer, "expected a schema: an object");
    json_object_foreach((json_t *)schema, name, value)
    {
        size_t k = 0;

        snprintf(below, sizeof(below), "%.190s/%.60s", pointer, name);
        while (k < sizeof(keys) / sizeof(*keys) &&
               strcmp(keys[k].name, name) != 0)
            k++;
        if (k == sizeof(keys) / sizeof(*keys))
            return fail(l, below, "a keyword that is not supported here");
        if (lint_key(l, keys[k].shape, value, below))
            return -1;
    }
    return 0;
}

int rig_schema_lint(const json_t *root, struct rig_schema_error *err)
{
    struct lint l = {root, err};

    return lint(&l, root, "");
}
