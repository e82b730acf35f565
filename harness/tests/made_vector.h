/* SPDX-License-Identifier: MIT
 *
 * made_vector.h: vectors out of JSON texts. Include after cmocka.h.
 */
#ifndef TEST_MADE_VECTOR_H
#define TEST_MADE_VECTOR_H

#include <jansson.h>

#include "vector.h"

/* Members of a vector, braces left out: "\"device\": {...}". To be freed by
 * made_vector_free(). */
static inline struct rig_vector made_vector(const char *members)
{
    struct rig_vector v = {.id = "some/where/case"};
    json_error_t error;

    v.root = json_pack("{}");
    if (*members) {
        char text[2048];

        json_decref(v.root);
        snprintf(text, sizeof(text), "{%s}", members);
        v.root = json_loads(text, 0, &error);
        if (!v.root)
            fail_msg("%s: %s", text, error.text);
    }
    v.clauses = json_object_get(v.root, "clauses");
    v.device = json_object_get(v.root, "device");
    v.applies_if = json_object_get(v.root, "applies_if");
    v.steps = json_object_get(v.root, "steps");
    return v;
}

static inline void made_vector_free(struct rig_vector *v)
{
    json_decref(v->root);
}

#endif
