/* SPDX-License-Identifier: MIT
 *
 * merge.c: see merge.h.
 */
#include "merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A bit each: 128 MiB. */
#define SEEDS_MAX (UINT64_C(1) << 30)

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static uint64_t number_of(const json_t *object, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(object, key));

    return n < 0 ? 0 : (uint64_t)n;
}

static int fail(char *err, size_t room, const char *path, unsigned line,
                const char *what)
{
    snprintf(err, room, "%s:%u: %s", path, line, what);
    return -1;
}

/* ---- lines ---- */

static bool has(const json_t *array, const json_t *value)
{
    const json_t *one;
    size_t k;

    json_array_foreach(array, k, one)
    {
        if (json_equal(one, value))
            return true;
    }
    return false;
}

static bool agrees(const json_t *a, const json_t *b, const char *key)
{
    return json_equal(json_object_get(a, key), json_object_get(b, key));
}

/* Seeds are the same runs only with the same generator, menu and subject.
 * Builds may differ: the caller tells. */
static const char *quarrel(const json_t *a, const json_t *b)
{
    if (!agrees(json_object_get(a, "build"), json_object_get(b, "build"),
                "generator"))
        return "its generator makes other runs of the same seeds";
    if (!agrees(a, b, "faults") || !agrees(a, b, "device") ||
        !agrees(a, b, "ring"))
        return "it was run with other --faults, --device or --ring";
    if (!agrees(json_object_get(a, "subject"), json_object_get(b, "subject"),
                "hash") ||
        !agrees(json_object_get(a, "subject"), json_object_get(b, "subject"),
                "name"))
        return "it is about another driver";
    return NULL;
}

static int take_run(struct rig_merge *m, json_t *line, const char **what)
{
    uint64_t first = number_of(line, "first"), last = number_of(line, "last");
    json_t *build = json_object_get(line, "build");

    *what = m->run ? quarrel(m->run, line) : NULL;
    if (!*what && (!build || last < first || last - first >= SEEDS_MAX))
        *what = "expected a run with at most 2^30 seeds";
    if (*what)
        return -1;
    if (!m->run || first < m->first)
        m->first = first;
    if (!m->run || last > m->last)
        m->last = last;
    if (!m->run)
        m->run = json_incref(line);
    if (!has(m->builds, build))
        json_array_append(m->builds, build);
    return 0;
}

static int take_line(struct rig_merge *m, json_t *line, const char **what)
{
    const char *type = text_of(line, "type");

    *what = "expected a line of a result file of ringtrue explore";
    if (strcmp(type, "run") == 0)
        return take_run(m, line, what);
    if (!m->run)
        return -1;
    if (strcmp(type, "seeds") == 0) {
        if (number_of(line, "step") == 0 ||
            number_of(line, "count") > SEEDS_MAX)
            return -1;
        return json_array_append(m->lines, line);
    }
    if (strcmp(type, "failure") == 0)
        return json_array_append(m->failures, line);
    return strcmp(type, "end") == 0 ? 0 : -1;
}

/* ---- files ---- */

/* A line that is cut off, by a loss of power or a full disk, is the last one,
 * or a later run was appended behind it. The first one says what the file is.
 */
static int take_text(struct rig_merge *m, const char *path, unsigned number,
                     const char *text, char *err, size_t room)
{
    const char *what = "no JSON";
    json_t *line = strchr(text, '\n') ? json_loads(text, 0, NULL) : NULL;
    int rc;

    if (!line && (number > 1 || !strchr(text, '\n'))) {
        m->cut++;
        return 0;
    }
    rc = line ? take_line(m, line, &what) : -1;
    json_decref(line);
    return rc ? fail(err, room, path, number, what) : 0;
}

static int make(struct rig_merge *m)
{
    if (!m->builds)
        m->builds = json_array();
    if (!m->lines)
        m->lines = json_array();
    if (!m->failures)
        m->failures = json_array();
    return m->builds && m->lines && m->failures ? 0 : -1;
}

int rig_merge_read(struct rig_merge *m, const char *path, char *err,
                   size_t room)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t text_room = 0;
    unsigned number = 0;
    int rc = 0;

    if (!f || make(m)) {
        snprintf(err, room, "%s: %s", path, strerror(errno));
        if (f)
            fclose(f);
        return -1;
    }
    while (rc == 0 && getline(&text, &text_room, f) > 0)
        rc = take_text(m, path, ++number, text, err, room);
    if (rc == 0 && ferror(f))
        rc = fail(err, room, path, number + 1, strerror(errno));
    if (rc == 0 && number == 0)
        rc = fail(err, room, path, 1, "the file is empty");
    free(text);
    fclose(f);
    return rc;
}

/* ---- all of it ---- */

static int by_key(const json_t *a, const json_t *b, const char *key)
{
    uint64_t x = number_of(a, key), y = number_of(b, key);

    return x < y ? -1 : x > y;
}

static int by_from(const void *a, const void *b)
{
    return by_key(*(json_t *const *)a, *(json_t *const *)b, "from");
}

static int by_seed(const void *a, const void *b)
{
    return by_key(*(json_t *const *)a, *(json_t *const *)b, "seed");
}

static int sort(json_t *array, int (*order)(const void *, const void *))
{
    size_t count = json_array_size(array);
    json_t **list = calloc(count + 1, sizeof(json_t *));

    if (!list)
        return -1;
    for (size_t k = 0; k < count; k++)
        list[k] = json_incref(json_array_get(array, k));
    qsort(list, count, sizeof(json_t *), order);
    for (size_t k = 0; k < count; k++)
        json_array_set_new(array, k, list[k]);
    free(list);
    return 0;
}

/* Returns how many of a line's seeds are new. */
static uint64_t mark(struct rig_merge *m, const json_t *line)
{
    uint64_t seed = number_of(line, "from"), step = number_of(line, "step");
    uint64_t fresh = 0;

    for (uint64_t k = number_of(line, "count"); k; k--, seed += step) {
        uint64_t at = seed - m->first;

        if (seed < m->first || seed > m->last)
            break;
        if (m->seen[at / 8] >> at % 8 & 1) {
            m->twice++;
            continue;
        }
        m->seen[at / 8] = (uint8_t)(m->seen[at / 8] | 1u << at % 8);
        fresh++;
    }
    return fresh;
}

/* A seed is the same run wherever it is played. */
static bool came_out_otherwise(const json_t *lines, size_t k)
{
    const json_t *line = json_array_get(lines, k);
    const json_t *before = k ? json_array_get(lines, k - 1) : NULL;

    return before && agrees(line, before, "from") &&
           agrees(line, before, "count") && agrees(line, before, "step") &&
           !(agrees(line, before, "events") &&
             agrees(line, before, "failures"));
}

/* A piece that has nothing new is left out; of one that overlaps, all
 * counts. */
static void add_up(struct rig_merge *m)
{
    for (size_t k = 0; k < json_array_size(m->lines);) {
        const json_t *line = json_array_get(m->lines, k);
        struct rig_tally piece;
        uint64_t fresh = mark(m, line);

        if (fresh == 0) {
            m->unlike += came_out_otherwise(m->lines, k);
            json_array_remove(m->lines, k);
            continue;
        }
        rig_tally_from_json(&piece, line);
        piece.seeds = fresh;
        rig_tally_join(&m->tally, &piece);
        k++;
    }
}

static void find_gaps(struct rig_merge *m)
{
    for (uint64_t at = 0; at <= m->last - m->first; at++) {
        if (m->seen[at / 8] >> at % 8 & 1)
            continue;
        if (m->missing++ == 0)
            m->gap = m->first + at;
    }
}

static void drop_repeated_failures(struct rig_merge *m)
{
    for (size_t k = 1; k < json_array_size(m->failures);)
        if (by_key(json_array_get(m->failures, k - 1),
                   json_array_get(m->failures, k), "seed") == 0)
            json_array_remove(m->failures, k);
        else
            k++;
    m->tally.failures = json_array_size(m->failures);
}

int rig_merge_finish(struct rig_merge *m, char *err, size_t room)
{
    if (!m->run) {
        snprintf(err, room, "no run in these files");
        return -1;
    }
    if (m->last - m->first >= SEEDS_MAX) {
        snprintf(err, room, "the ranges lie too far apart");
        return -1;
    }
    m->seen = calloc(1, (m->last - m->first) / 8 + 1);
    if (!m->seen || sort(m->lines, by_from) || sort(m->failures, by_seed)) {
        snprintf(err, room, "out of memory");
        return -1;
    }
    add_up(m);
    find_gaps(m);
    drop_repeated_failures(m);
    return 0;
}

/* ---- out ---- */

static void put_line(FILE *to, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);

    fprintf(to, "%s\n", text ? text : "{}");
    free(text);
}

static void put_lines(FILE *to, const json_t *lines)
{
    json_t *line;
    size_t k;

    json_array_foreach(lines, k, line) put_line(to, line);
}

void rig_merge_write(const struct rig_merge *m, FILE *to)
{
    json_t *run = json_copy(m->run), *end;

    json_object_set_new(run, "first", json_integer((json_int_t)m->first));
    json_object_set_new(run, "last", json_integer((json_int_t)m->last));
    json_object_set_new(run, "shard", json_integer(0));
    json_object_set_new(run, "shards", json_integer(1));
    json_object_set(run, "builds", m->builds);
    put_line(to, run);
    json_decref(run);
    put_lines(to, m->lines);
    put_lines(to, m->failures);
    end = json_pack("{s:s, s:I, s:I, s:b}", "type", "end", "seeds",
                    (json_int_t)m->tally.seeds, "failures",
                    (json_int_t)m->tally.failures, "complete", m->missing == 0);
    put_line(to, end);
    json_decref(end);
}

void rig_merge_free(struct rig_merge *m)
{
    json_decref(m->run);
    json_decref(m->builds);
    json_decref(m->lines);
    json_decref(m->failures);
    free(m->seen);
    memset(m, 0, sizeof(*m));
}
