/* SPDX-License-Identifier: MIT
 *
 * schema_text.h: what a schema asks for and what stands there, in words.
 * Part of schema.c.
 */
#ifndef RIG_SCHEMA_TEXT_H
#define RIG_SCHEMA_TEXT_H

#include <jansson.h>
#include <stddef.h>

/* Text that grows in a buffer and is cut at its end. */
struct rig_words {
    char *at;
    size_t room, used;
};

__attribute__((format(printf, 2, 3))) void
rig_words_add(struct rig_words *w, const char *format, ...);

/* "integer from 0 to 7", "string matching ^a", `one of "a", "b"`. $ref is
 * looked up in root. */
void rig_schema_describe(struct rig_words *w, const json_t *root,
                         const json_t *schema);

/* `string "x"`, "integer 5", "array of 3 items", "nothing" for NULL. */
void rig_schema_found(struct rig_words *w, const json_t *value);

/* The schema behind "#/$defs/NAME", or NULL. */
const json_t *rig_schema_resolve(const json_t *root, const char *ref);

#endif
