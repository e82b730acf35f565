/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "schema_keys.h"
#include "schema_text.h"

/* Deeper than any vector; a $ref that leads to itself ends here. */
#define DEPTH_MAX 64

/* A walk down a value and its schema at once. */
struct walk {
    const json_t *root;
    struct rig_schema_error *err;
    char pointer[sizeof(((struct rig_schema_error *)0)->pointer)];
    size_t used; /* bytes of pointer */
    unsigned depth;
};

static int check(struct walk *w, const json_t *schema, const json_t *value);

/* --- errors -------------------------------------------------------- */

static struct rig_words begin_error(struct walk *w)
{
    struct rig_words words = {w->err->expected, sizeof(w->err->expected), 0};

    w->err->expected[0] = '\0';
    memcpy(w->err->pointer, w->pointer, sizeof(w->pointer));
    return words;
}

static int fail(struct walk *w, const char *what, const char *name)
{
    struct rig_words words = begin_error(w);

    rig_words_add(&words, "%s%s", what, name);
    return -1;
}

static int fail_value(struct walk *w, const json_t *schema, const json_t *value)
{
    struct rig_words words = begin_error(w);

    rig_words_add(&words, "expected ");
    rig_schema_describe(&words, w->root, schema);
    rig_words_add(&words, ", found ");
    rig_schema_found(&words, value);
    return -1;
}

/* --- where we are -------------------------------------------------- */

static void push(struct walk *w, const char *segment)
{
    size_t room = sizeof(w->pointer) - 2; /* for an escape and the NUL */

    if (w->used < room)
        w->pointer[w->used++] = '/';
    for (; *segment && w->used < room; segment++) {
        if (*segment == '~' || *segment == '/') {
            w->pointer[w->used++] = '~';
            w->pointer[w->used++] = *segment == '~' ? '0' : '1';
        } else {
            w->pointer[w->used++] = *segment;
        }
    }
    w->pointer[w->used] = '\0';
}

static void pop(struct walk *w, size_t used)
{
    w->used = used;
    w->pointer[used] = '\0';
}

static int check_member(struct walk *w, const char *name, const json_t *schema,
                        const json_t *value)
{
    size_t used = w->used;
    int rc;

    push(w, name);
    rc = check(w, schema, value);
    pop(w, used);
    return rc;
}

static int fail_member(struct walk *w, const char *name, const char *what)
{
    size_t used = w->used;

    push(w, name);
    fail(w, what, "");
    pop(w, used);
    return -1;
}

/* --- one value ----------------------------------------------------- */

static bool has_type(const json_t *value, const char *type)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return strcmp(type, "object") == 0;
    case JSON_ARRAY:
        return strcmp(type, "array") == 0;
    case JSON_STRING:
        return strcmp(type, "string") == 0;
    case JSON_INTEGER:
        return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
    case JSON_REAL:
        return strcmp(type, "number") == 0;
    case JSON_NULL:
        return strcmp(type, "null") == 0;
    default:
        return strcmp(type, "boolean") == 0;
    }
}

static bool type_fits(const json_t *type, const json_t *value)
{
    size_t k;

    if (json_is_string(type))
        return has_type(value, json_string_value(type));
    for (k = 0; k < json_array_size(type); k++)
        if (has_type(value, json_string_value(json_array_get(type, k))))
            return true;
    return !type;
}

/* Integers are compared as such: a double cannot hold each of them. */
static bool less(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b))
        return json_integer_value(a) < json_integer_value(b);
    return json_number_value(a) < json_number_value(b);
}

static bool number_fits(const json_t *schema, const json_t *value)
{
    const json_t *low = json_object_get(schema, "minimum");
    const json_t *high = json_object_get(schema, "maximum");

    return !json_is_number(value) ||
           ((!low || !less(value, low)) && (!high || !less(high, value)));
}

static bool count_fits(const json_t *schema, const char *low_key,
                       const char *high_key, size_t count)
{
    const json_t *low = json_object_get(schema, low_key);
    const json_t *high = json_object_get(schema, high_key);

    return (!low || count >= (size_t)json_integer_value(low)) &&
           (!high || count <= (size_t)json_integer_value(high));
}

/* Characters, not bytes. */
static size_t length(const char *s)
{
    size_t count = 0;

    for (; *s; s++)
        count += (*s & 0xc0) != 0x80;
    return count;
}

static bool matches(const char *pattern, const char *s)
{
    regex_t regex;
    bool found;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
        return false;
    found = regexec(&regex, s, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static bool string_fits(const json_t *schema, const json_t *value)
{
    const char *s = json_string_value(value);
    const char *pattern = json_string_value(json_object_get(schema, "pattern"));

    return !s || (count_fits(schema, "minLength", "maxLength", length(s)) &&
                  (!pattern || matches(pattern, s)));
}

static bool constants_fit(const json_t *schema, const json_t *value)
{
    const json_t *fixed = json_object_get(schema, "const");
    const json_t *list = json_object_get(schema, "enum");
    size_t k;

    if (fixed && !json_equal(fixed, value))
        return false;
    for (k = 0; k < json_array_size(list); k++)
        if (json_equal(json_array_get(list, k), value))
            return true;
    return !list;
}

static bool value_fits(const json_t *schema, const json_t *value)
{
    return constants_fit(schema, value) &&
           type_fits(json_object_get(schema, "type"), value) &&
           number_fits(schema, value) && string_fits(schema, value) &&
           (!json_is_array(value) ||
            count_fits(schema, "minItems", "maxItems", json_array_size(value)));
}

/* --- what is inside a value ---------------------------------------- */

static int check_required(struct walk *w, const json_t *schema,
                          const json_t *value)
{
    const json_t *required = json_object_get(schema, "required");
    size_t k;

    for (k = 0; k < json_array_size(required); k++) {
        const char *name = json_string_value(json_array_get(required, k));

        if (!json_object_get(value, name))
            return fail_member(w, name, "required, but missing");
    }
    return 0;
}

static int check_extra(struct walk *w, const json_t *extra, const char *name,
                       const json_t *value)
{
    if (!extra)
        return 0;
    if (json_is_false(extra))
        return fail_member(w, name, "unknown member");
    return check_member(w, name, extra, value);
}

static int check_object(struct walk *w, const json_t *schema,
                        const json_t *value)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *extra = json_object_get(schema, "additionalProperties");
    const char *name;
    json_t *member;

    /* An unknown member first: it is often the missing one, misspelt. */
    json_object_foreach((json_t *)value, name, member)
    {
        const json_t *known = json_object_get(properties, name);

        if (known ? check_member(w, name, known, member)
                  : check_extra(w, extra, name, member))
            return -1;
    }
    return check_required(w, schema, value);
}

static int check_array(struct walk *w, const json_t *schema,
                       const json_t *value)
{
    const json_t *items = json_object_get(schema, "items");
    size_t k;

    for (k = 0; items && k < json_array_size(value); k++) {
        char index[24];

        snprintf(index, sizeof(index), "%zu", k);
        if (check_member(w, index, items, json_array_get(value, k)))
            return -1;
    }
    return 0;
}

/* --- oneOf --------------------------------------------------------- */

static const json_t *behind_ref(const struct walk *w, const json_t *schema)
{
    unsigned k;

    for (k = 0; k < DEPTH_MAX && json_object_get(schema, "$ref"); k++)
        schema = rig_schema_resolve(
            w->root, json_string_value(json_object_get(schema, "$ref")));
    return schema;
}

/* The first property of an alternative that has to be a constant, such as
 * "op"; NULL if it has none. */
static const json_t *constant_of(const json_t *alternative, const char **name)
{
    json_t *properties = json_object_get(alternative, "properties");
    json_t *schema;

    json_object_foreach(properties, *name, schema)
    {
        const json_t *fixed = json_object_get(schema, "const");

        if (fixed)
            return fixed;
    }
    return NULL;
}

/* Can this alternative be the one that was meant? */
static bool is_meant(const struct walk *w, const json_t *alternative,
                     const json_t *value)
{
    const json_t *target = behind_ref(w, alternative), *fixed;
    const char *name;

    if (!type_fits(json_object_get(target, "type"), value))
        return false;
    fixed = constant_of(target, &name);
    return !fixed || json_equal(fixed, json_object_get(value, name));
}

/* No alternative has the constant that stands there: names all that are. */
static int fail_constant(struct walk *w, const json_t *list,
                         const json_t *value)
{
    const char *name = NULL, *first = NULL;
    json_t *constants = json_array();
    size_t k, used = w->used;
    json_t *choice;

    for (k = 0; k < json_array_size(list); k++) {
        const json_t *fixed =
            constant_of(behind_ref(w, json_array_get(list, k)), &name);

        if (!fixed || (first && strcmp(first, name) != 0)) {
            json_decref(constants);
            return -1;
        }
        first = name;
        json_array_append(constants, (json_t *)fixed);
    }
    choice = json_pack("{so}", "enum", constants);
    push(w, first);
    fail_value(w, choice, json_object_get(value, first));
    pop(w, used);
    json_decref(choice);
    return 0;
}

/* value fits none of them: the error is that of the one that was meant. */
static int explain(struct walk *w, const json_t *schema, const json_t *list,
                   const json_t *value)
{
    const json_t *meant = NULL;
    size_t k, count = 0;

    for (k = 0; k < json_array_size(list); k++)
        if (is_meant(w, json_array_get(list, k), value)) {
            meant = json_array_get(list, k);
            count++;
        }
    if (count == 1)
        return check(w, meant, value);
    if (count == 0 && json_is_object(value) &&
        fail_constant(w, list, value) == 0)
        return -1;
    return fail_value(w, schema, value);
}

static int check_one_of(struct walk *w, const json_t *schema,
                        const json_t *value)
{
    const json_t *list = json_object_get(schema, "oneOf");
    struct rig_schema_error *err = w->err, ignored;
    size_t k, count = 0;

    if (!list)
        return 0;
    w->err = &ignored;
    for (k = 0; k < json_array_size(list); k++) {
        const json_t *alternative = json_array_get(list, k);

        if (is_meant(w, alternative, value) &&
            check(w, alternative, value) == 0)
            count++;
    }
    w->err = err;
    if (count == 1)
        return 0;
    if (count > 1)
        return fail(w, "fits more than one alternative of the schema", "");
    return explain(w, schema, list, value);
}

/* --- all of it ----------------------------------------------------- */

static bool known_key(const char *name)
{
    static const char *const known[] = {
#define KEY(key, shape) key,
        RIG_SCHEMA_KEYS(KEY)
#undef KEY
    };
    size_t k;

    for (k = 0; k < sizeof(known) / sizeof(*known); k++)
        if (strcmp(known[k], name) == 0)
            return true;
    return false;
}

static int check_keys(struct walk *w, const json_t *schema)
{
    const char *name;
    json_t *value;

    if (!json_is_object(schema))
        return fail(w, "the schema is broken here: not an object", "");
    json_object_foreach((json_t *)schema, name, value)
    {
        if (!known_key(name))
            return fail(w,
                        "the schema has an unsupported keyword here: ", name);
    }
    return 0;
}

static int check_ref(struct walk *w, const json_t *schema, const json_t *value)
{
    const json_t *ref = json_object_get(schema, "$ref");
    const json_t *target;

    if (!ref)
        return 0;
    target = rig_schema_resolve(w->root, json_string_value(ref));
    if (!target)
        return fail(w, "the schema has a $ref to nowhere here", "");
    return check(w, target, value);
}

static int check_here(struct walk *w, const json_t *schema, const json_t *value)
{
    if (check_keys(w, schema) || check_ref(w, schema, value))
        return -1;
    if (!value_fits(schema, value))
        return fail_value(w, schema, value);
    if (json_is_object(value) && check_object(w, schema, value))
        return -1;
    if (json_is_array(value) && check_array(w, schema, value))
        return -1;
    return check_one_of(w, schema, value);
}

static int check(struct walk *w, const json_t *schema, const json_t *value)
{
    int rc;

    if (w->depth >= DEPTH_MAX)
        return fail(w, "nested too deeply", "");
    w->depth++;
    rc = check_here(w, schema, value);
    w->depth--;
    return rc;
}

int rig_schema_check(const json_t *root, const json_t *schema,
                     const json_t *value, struct rig_schema_error *err)
{
    struct walk w = {.root = root, .err = err};

    return check(&w, schema, value);
}
