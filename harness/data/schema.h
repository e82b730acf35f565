/* SPDX-License-Identifier: MIT
 *
 * schema.h: JSON Schema (draft 2020-12), the part that vectors/schema.json
 * uses: type, enum, const, required, properties, additionalProperties (false
 * or a schema), items, minItems, maxItems, minimum, maximum, pattern,
 * minLength, maxLength, oneOf, $ref to "#/$defs/...", description, and what
 * names a schema without testing anything: $schema, $id, $defs, $comment,
 * title. A keyword outside this list in a schema is an error, never ignored.
 * An integer is written as one: 1.0 is a number, but no integer.
 */
#ifndef RIG_SCHEMA_H
#define RIG_SCHEMA_H

#include <jansson.h>
#include <stddef.h>

struct rig_schema_error {
    char pointer[256];   /* JSON pointer of the offending value */
    char expected[1024]; /* what was expected and what stands there */
};

/* Checks value against schema (a sub-schema of root, in which $ref resolves).
 * Returns 0, or -1 and the first error. Where a oneOf is chosen by a const
 * property ("op"), the error is that of the alternative whose const fits. */
int rig_schema_check(const json_t *root, const json_t *schema,
                     const json_t *value, struct rig_schema_error *err);

/* Checks the schema itself: keywords, patterns, references. The pointer of an
 * error is one into the schema. */
int rig_schema_lint(const json_t *root, struct rig_schema_error *err);

/* Line (from 1) at which the value of a JSON pointer begins in a text; for a
 * missing member, that of its object. */
int rig_json_line(const char *text, const char *pointer);

/* A JSON pointer into value as a reader would write it: "steps[2].sector";
 * "" for the value itself. */
void rig_json_path(const json_t *value, const char *pointer, char *out,
                   size_t room);

#endif
