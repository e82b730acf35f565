/* SPDX-License-Identifier: MIT */
#include "schema_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* A schema can describe itself by way of $ref: give up in time. */
#define DEPTH_MAX 4

void rig_words_add(struct rig_words *w, const char *format, ...)
{
    va_list args;
    int bytes;

    if (w->used + 1 >= w->room)
        return;
    va_start(args, format);
    bytes = vsnprintf(w->at + w->used, w->room - w->used, format, args);
    va_end(args);
    if (bytes > 0)
        w->used += (size_t)bytes;
    if (w->used >= w->room)
        w->used = w->room - 1;
}

const json_t *rig_schema_resolve(const json_t *root, const char *ref)
{
    static const char prefix[] = "#/$defs/";

    if (!ref || strncmp(ref, prefix, sizeof(prefix) - 1) != 0)
        return NULL;
    return json_object_get(json_object_get(root, "$defs"),
                           ref + sizeof(prefix) - 1);
}

/* A value as JSON, strings cut after 40 bytes. */
static void add_value(struct rig_words *w, const json_t *value)
{
    size_t flags = JSON_ENCODE_ANY | JSON_COMPACT, used = 0, bytes;
    char *text = json_dumps(value, flags);

    if (!text)
        return;
    while (text[used] && used < 40) {
        rig_text_next(text + used, &bytes);
        used += bytes;
    }
    rig_words_add(w, "%.*s%s", (int)used, text,
                  !text[used]             ? ""
                  : json_is_string(value) ? "...\""
                                          : "...");
    free(text);
}

void rig_schema_found(struct rig_words *w, const json_t *value)
{
    size_t count = json_array_size(value);

    if (!value)
        rig_words_add(w, "nothing");
    else if (json_is_object(value))
        rig_words_add(w, json_object_size(value) ? "object" : "empty object");
    else if (json_is_array(value) && count == 0)
        rig_words_add(w, "empty array");
    else if (json_is_array(value))
        rig_words_add(w, "array of %zu item%s", count, count == 1 ? "" : "s");
    else {
        rig_words_add(w, "%s",
                      json_is_string(value)    ? "string "
                      : json_is_integer(value) ? "integer "
                      : json_is_real(value)    ? "number "
                                               : "");
        add_value(w, value);
    }
}

static void add_list(struct rig_words *w, const json_t *list)
{
    size_t k;

    for (k = 0; k < json_array_size(list); k++) {
        if (k > 0)
            rig_words_add(w, ", ");
        add_value(w, json_array_get(list, k));
    }
}

static void add_type(struct rig_words *w, const json_t *type)
{
    size_t k;

    if (json_is_string(type))
        rig_words_add(w, "%s", json_string_value(type));
    for (k = 0; k < json_array_size(type); k++)
        rig_words_add(w, "%s%s", k ? " or " : "",
                      json_string_value(json_array_get(type, k)));
}

/* " from 1 to 4", " >= 1" or " <= 4"; between is " of ... characters". */
static void add_bounds(struct rig_words *w, const json_t *low,
                       const json_t *high, const char *before,
                       const char *after)
{
    if (!low && !high)
        return;
    rig_words_add(w, "%s", before);
    if (low && high && json_equal(low, high)) {
        rig_words_add(w, " ");
        add_value(w, low);
    } else if (low && high) {
        rig_words_add(w, *after ? " " : " from ");
        add_value(w, low);
        rig_words_add(w, " to ");
        add_value(w, high);
    } else {
        rig_words_add(w, "%s",
                      *after ? (low ? " at least " : " at most ")
                             : (low ? " >= " : " <= "));
        add_value(w, low ? low : high);
    }
    rig_words_add(w, "%s", after);
}

static void describe_plain(struct rig_words *w, const json_t *schema)
{
    const json_t *type = json_object_get(schema, "type");
    const char *pattern = json_string_value(json_object_get(schema, "pattern"));

    if (type)
        add_type(w, type);
    else
        rig_words_add(w, "value");
    add_bounds(w, json_object_get(schema, "minimum"),
               json_object_get(schema, "maximum"), "", "");
    add_bounds(w, json_object_get(schema, "minLength"),
               json_object_get(schema, "maxLength"), " of", " characters");
    add_bounds(w, json_object_get(schema, "minItems"),
               json_object_get(schema, "maxItems"), " of", " items");
    if (pattern)
        rig_words_add(w, " matching %s", pattern);
}

static void describe(struct rig_words *w, const json_t *root,
                     const json_t *schema, unsigned depth)
{
    const json_t *ref = json_object_get(schema, "$ref");
    const json_t *fixed = json_object_get(schema, "const");
    const json_t *list = json_object_get(schema, "enum");
    const json_t *one = json_object_get(schema, "oneOf");
    size_t k;

    if (depth >= DEPTH_MAX)
        rig_words_add(w, "...");
    else if (ref)
        describe(w, root, rig_schema_resolve(root, json_string_value(ref)),
                 depth + 1);
    else if (fixed)
        add_value(w, fixed);
    else if (list) {
        rig_words_add(w, json_array_size(list) == 1 ? "" : "one of ");
        add_list(w, list);
    } else if (one) {
        for (k = 0; k < json_array_size(one); k++) {
            rig_words_add(w, k ? " or " : "");
            describe(w, root, json_array_get(one, k), depth + 1);
        }
    } else
        describe_plain(w, schema);
}

void rig_schema_describe(struct rig_words *w, const json_t *root,
                         const json_t *schema)
{
    describe(w, root, schema, 0);
}
