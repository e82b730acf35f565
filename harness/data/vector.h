/* SPDX-License-Identifier: MIT
 *
 * vector.h: conformance cases as data. One JSON file is one vector; its id is
 * its path below vectors/driver/, without ".json", and stands in the file too.
 * vectors/schema.json says what a vector may contain.
 */
#ifndef RIG_VECTOR_H
#define RIG_VECTOR_H

#include <jansson.h>
#include <stddef.h>

struct rig_vector {
    const char *id;
    const char *title;
    const json_t *clauses;    /* array of clause ids it puts to the test */
    const json_t *device;     /* object: how the device is made up */
    const json_t *applies_if; /* object: what a matrix may try, or NULL */
    const json_t *marks;      /* array: what has to happen, or NULL */
    const json_t *steps;      /* array: operations on the subject */
    const json_t *liar;       /* array: operations of the liar */
    const json_t *guilty; /* array: clauses the liar must be found guilty of */
    json_t *root;         /* owns all of the above */
    char *path;
};

struct rig_vectors {
    struct rig_vector *list; /* sorted by id */
    size_t count;
    json_t *schema; /* vectors/schema.json, for RPC parameters too */
};

/* Reads every vector below dir/driver and checks it against dir/schema.json.
 * Returns 0, or -1 and one line in err: file, line, what was expected. */
int rig_vectors_load(struct rig_vectors *v, const char *dir, char *err,
                     size_t room);
void rig_vectors_free(struct rig_vectors *v);

/* Does id match one of the patterns (fnmatch; `*` also crosses '/')? No
 * patterns: everything matches. */
int rig_vector_matches(const char *id, char *const *patterns, size_t count);

/* Where vectors/ is: $RINGTRUE_VECTORS, else the source tree this was built
 * from, else the installed place. */
const char *rig_vectors_dir(void);

#endif
