/* SPDX-License-Identifier: MIT */
#include "vector.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device_rules.h"
#include "file.h"
#include "schema.h"

/* Folders in folders; a symbolic link to its own parent ends here. */
#define DEPTH_MAX 8

struct load {
    struct rig_vectors *v;
    size_t base; /* bytes of a path before the id: "dir/driver/" */
    char *err;
    size_t room;
};

static int fail_at(char *err, size_t room, const char *path, int line,
                   const char *what, const char *why)
{
    snprintf(err, room, "%s:%d: %s%s%s", path, line, what, *what ? ": " : "",
             why);
    return -1;
}

/* Returns NULL and one line in err. *text is to be freed in any case. */
static json_t *load_json(const char *path, char **text, char *err, size_t room)
{
    json_error_t error;
    json_t *root;

    *text = rig_file_read(path, err, room);
    if (!*text)
        return NULL;
    root = json_loads(*text, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_at(err, room, path, error.line, "not JSON", error.text);
    return root;
}

/* --- one vector ---------------------------------------------------- */

static int check_id(const struct load *l, const struct rig_vector *vector,
                    const char *text)
{
    const char *expected = vector->path + l->base;
    size_t bytes = strlen(expected) - strlen(".json");
    char why[512];

    if (vector->id && strlen(vector->id) == bytes &&
        strncmp(vector->id, expected, bytes) == 0)
        return 0;
    snprintf(why, sizeof(why),
             "expected \"%.*s\" as the path says, found %s%s%s", (int)bytes,
             expected, vector->id ? "\"" : "", vector->id ? vector->id : "none",
             vector->id ? "\"" : "");
    return fail_at(l->err, l->room, vector->path, rig_json_line(text, "/id"),
                   "id", why);
}

static int check_vector(const struct load *l, const struct rig_vector *vector,
                        const char *text)
{
    struct rig_schema_error error;
    char where[256];

    if (rig_schema_check(l->v->schema, l->v->schema, vector->root, &error) ||
        rig_vector_check_rules(vector->root, &error)) {
        rig_json_path(vector->root, error.pointer, where, sizeof(where));
        return fail_at(l->err, l->room, vector->path,
                       rig_json_line(text, error.pointer), where,
                       error.expected);
    }
    return check_id(l, vector, text);
}

static int append(struct load *l, const struct rig_vector *vector)
{
    struct rig_vectors *v = l->v;

    if (v->count % 64 == 0) {
        size_t bytes = (v->count + 64) * sizeof(*v->list);
        struct rig_vector *more = realloc(v->list, bytes);

        if (!more) {
            snprintf(l->err, l->room, "%s: out of memory", vector->path);
            return -1;
        }
        v->list = more;
    }
    v->list[v->count++] = *vector;
    return 0;
}

static void free_vector(struct rig_vector *vector)
{
    json_decref(vector->root);
    free(vector->path);
}

static int load_vector(struct load *l, const char *path)
{
    struct rig_vector vector = {.path = strdup(path)};
    char *text = NULL;
    int rc = -1;

    vector.root = load_json(path, &text, l->err, l->room);
    if (vector.root) {
        vector.id = json_string_value(json_object_get(vector.root, "id"));
        vector.title = json_string_value(json_object_get(vector.root, "title"));
        vector.clauses = json_object_get(vector.root, "clauses");
        vector.device = json_object_get(vector.root, "device");
        vector.applies_if = json_object_get(vector.root, "applies_if");
        vector.marks = json_object_get(vector.root, "marks");
        vector.steps = json_object_get(vector.root, "steps");
        vector.liar = json_object_get(vector.root, "liar");
        vector.guilty = json_object_get(vector.root, "guilty");
        rc = check_vector(l, &vector, text) || append(l, &vector) ? -1 : 0;
    }
    free(text);
    if (rc)
        free_vector(&vector);
    return rc;
}

/* --- all of them --------------------------------------------------- */

static int load_dir(struct load *l, const char *dir, unsigned depth);

static bool has_suffix(const char *name, const char *suffix)
{
    size_t bytes = strlen(name), tail = strlen(suffix);

    return bytes > tail && strcmp(name + bytes - tail, suffix) == 0;
}

static int load_entry(struct load *l, const char *path, unsigned depth)
{
    struct stat st;

    if (stat(path, &st)) {
        snprintf(l->err, l->room, "%s: %s", path, strerror(errno));
        return -1;
    }
    if (S_ISDIR(st.st_mode))
        return load_dir(l, path, depth + 1);
    return has_suffix(path, ".json") ? load_vector(l, path) : 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int load_entries(struct load *l, const char *dir, unsigned depth,
                        struct dirent **entries, int count)
{
    char path[4096];
    int k;

    for (k = 0; k < count; k++) {
        int bytes =
            snprintf(path, sizeof(path), "%s/%s", dir, entries[k]->d_name);

        if (bytes < 0 || (size_t)bytes >= sizeof(path)) {
            snprintf(l->err, l->room, "%s: path too long", dir);
            return -1;
        }
        if (load_entry(l, path, depth))
            return -1;
    }
    return 0;
}

/* In order of names, so that of several errors always the same is told. */
static int load_dir(struct load *l, const char *dir, unsigned depth)
{
    struct dirent **entries = NULL;
    int rc, count = 0;

    if (depth <= DEPTH_MAX)
        count = scandir(dir, &entries, not_hidden, by_name);
    if (depth > DEPTH_MAX || count < 0) {
        snprintf(l->err, l->room, "%s: %s", dir,
                 count < 0 ? strerror(errno) : "folders nested too deeply");
        return -1;
    }
    rc = load_entries(l, dir, depth, entries, count);
    while (count-- > 0)
        free(entries[count]);
    free(entries);
    return rc;
}

static int load_schema(struct rig_vectors *v, const char *dir, char *err,
                       size_t room)
{
    struct rig_schema_error error;
    char path[4096], *text;
    int rc = -1;

    snprintf(path, sizeof(path), "%s/schema.json", dir);
    v->schema = load_json(path, &text, err, room);
    if (v->schema) {
        rc = rig_schema_lint(v->schema, &error);
        if (rc)
            fail_at(err, room, path, rig_json_line(text, error.pointer),
                    error.pointer, error.expected);
    }
    free(text);
    return rc;
}

static int by_id(const void *a, const void *b)
{
    const struct rig_vector *x = a, *y = b;

    return strcmp(x->id, y->id);
}

static int load_all(struct rig_vectors *v, const char *dir, char *err,
                    size_t room)
{
    struct load l = {.v = v, .err = err, .room = room};
    char driver[4096];

    if (load_schema(v, dir, err, room))
        return -1;
    l.base = (size_t)snprintf(driver, sizeof(driver), "%s/driver", dir) + 1;
    if (load_dir(&l, driver, 0))
        return -1;
    if (v->count == 0) {
        snprintf(err, room, "%s: no vector in there", driver);
        return -1;
    }
    qsort(v->list, v->count, sizeof(*v->list), by_id);
    return 0;
}

int rig_vectors_load(struct rig_vectors *v, const char *dir, char *err,
                     size_t room)
{
    memset(v, 0, sizeof(*v));
    if (load_all(v, dir, err, room)) {
        rig_vectors_free(v);
        return -1;
    }
    return 0;
}

void rig_vectors_free(struct rig_vectors *v)
{
    size_t k;

    for (k = 0; k < v->count; k++)
        free_vector(&v->list[k]);
    free(v->list);
    json_decref(v->schema);
    memset(v, 0, sizeof(*v));
}

int rig_vector_matches(const char *id, char *const *patterns, size_t count)
{
    size_t k;

    for (k = 0; k < count; k++)
        if (strcmp(patterns[k], id) == 0 || fnmatch(patterns[k], id, 0) == 0)
            return 1;
    return count == 0;
}

const char *rig_vectors_dir(void)
{
    const char *dir = getenv("RINGTRUE_VECTORS");

    if (dir && *dir)
        return dir;
    if (access(RINGTRUE_SOURCE_VECTORS "/clauses.csv", R_OK) == 0)
        return RINGTRUE_SOURCE_VECTORS;
    return RINGTRUE_INSTALL_VECTORS;
}
