/* SPDX-License-Identifier: MIT
 *
 * schema_keys.h: the keywords that schema.c knows. Part of schema.c.
 */
#ifndef RIG_SCHEMA_KEYS_H
#define RIG_SCHEMA_KEYS_H

/* X(keyword, shape of its value in schema_lint.c) */
#define RIG_SCHEMA_KEYS(X)                                                     \
    X("$schema", STRING)                                                       \
    X("$id", STRING)                                                           \
    X("$comment", STRING)                                                      \
    X("$defs", MEMBERS)                                                        \
    X("$ref", REF)                                                             \
    X("title", STRING)                                                         \
    X("description", STRING)                                                   \
    X("type", TYPES)                                                           \
    X("enum", LIST)                                                            \
    X("const", ANY)                                                            \
    X("required", STRINGS)                                                     \
    X("properties", MEMBERS)                                                   \
    X("additionalProperties", FALSE_OR_SCHEMA)                                 \
    X("items", SCHEMA)                                                         \
    X("minItems", COUNT)                                                       \
    X("maxItems", COUNT)                                                       \
    X("minimum", NUMBER)                                                       \
    X("maximum", NUMBER)                                                       \
    X("minLength", COUNT)                                                      \
    X("maxLength", COUNT)                                                      \
    X("pattern", REGEX)                                                        \
    X("oneOf", SCHEMAS)

#endif
