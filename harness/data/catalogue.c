/* SPDX-License-Identifier: MIT */
#include "catalogue.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define FIELD_COUNT 8

static const char *const header[FIELD_COUNT] = {
    "id", "section", "title", "actor", "level", "statement", "where", "how"};

/* A place in the file; fields are cut out of the text where they stand. */
struct csv {
    const char *path;
    char *p;
    int line;
    char *err;
    size_t room;
};

__attribute__((format(printf, 3, 4))) static int
fail(const struct csv *csv, int line, const char *format, ...)
{
    va_list args;
    int used = snprintf(csv->err, csv->room, "%s:%d: ", csv->path, line);

    va_start(args, format);
    if (used > 0 && (size_t)used < csv->room)
        vsnprintf(csv->err + used, csv->room - (size_t)used, format, args);
    va_end(args);
    return -1;
}

/* Cuts `"..."` out in place, with "" for a quote inside. */
static int quoted_field(struct csv *csv, char **field)
{
    int start = csv->line;
    char *to = ++csv->p;

    *field = to;
    for (;;) {
        if (*csv->p == '\0')
            return fail(csv, start, "expected a closing quote, found the end");
        if (*csv->p == '"') {
            if (csv->p[1] != '"')
                break;
            csv->p++;
        } else if (*csv->p == '\n') {
            csv->line++;
        }
        *to++ = *csv->p++;
    }
    csv->p++;
    if (!strchr(",\n", *csv->p)) /* the final NUL is found too */
        return fail(csv, csv->line, "expected ',' after a closing quote");
    *to = '\0';
    return 0;
}

/* One field; *last tells whether it ended its row. */
static int next_field(struct csv *csv, char **field, bool *last)
{
    char end;

    if (*csv->p == '"') {
        if (quoted_field(csv, field))
            return -1;
    } else {
        *field = csv->p;
        csv->p += strcspn(csv->p, ",\"\r\n");
        if (*csv->p == '"')
            return fail(csv, csv->line, "quote inside an unquoted field");
        if (*csv->p == '\r')
            return fail(csv, csv->line, "expected LF line ends, found CR");
    }
    end = *csv->p;
    *last = end != ',';
    if (end != '\0')
        *csv->p++ = '\0';
    if (end == '\n')
        csv->line++;
    return 0;
}

static int next_row(struct csv *csv, char *fields[FIELD_COUNT])
{
    int line = csv->line;
    size_t count = 0;
    bool last;

    do {
        char *field;

        if (next_field(csv, &field, &last))
            return -1;
        if (count < FIELD_COUNT)
            fields[count] = field;
        count++;
    } while (!last);
    if (count != FIELD_COUNT)
        return fail(csv, line, "expected %d fields, found %zu", FIELD_COUNT,
                    count);
    return 0;
}

static int read_header(struct csv *csv)
{
    char *fields[FIELD_COUNT];
    size_t k;

    if (next_row(csv, fields))
        return -1;
    for (k = 0; k < FIELD_COUNT; k++)
        if (strcmp(fields[k], header[k]) != 0)
            return fail(csv, 1, "header field %zu: expected '%s', found '%s'",
                        k + 1, header[k], fields[k]);
    return 0;
}

/* Is s one of the words in list, which are separated by '|'? */
static bool one_of(const char *s, const char *list)
{
    size_t bytes = strlen(s);

    for (; list; list = strchr(list, '|')) {
        if (*list == '|')
            list++;
        if (bytes > 0 && strncmp(list, s, bytes) == 0 &&
            (list[bytes] == '|' || list[bytes] == '\0'))
            return true;
    }
    return false;
}

static const char *prefix_of(const struct rig_clause *c)
{
    if (strcmp(c->level, "PROSE") == 0)
        return "prose-";
    return strcmp(c->actor, "driver") == 0 ? "drv-" : "dev-";
}

/* id is the actor, the section and a number: drv-2.1.1-1; or prose-... for
 * what the specification says without a keyword. */
static bool id_fits(const struct rig_clause *c)
{
    const char *prefix = prefix_of(c);
    size_t before = strlen(prefix), bytes = strlen(c->section);
    const char *number;

    if (strncmp(c->id, prefix, before) != 0 ||
        strncmp(c->id + before, c->section, bytes) != 0 ||
        c->id[before + bytes] != '-')
        return false;
    number = c->id + before + bytes + 1;
    return *number && number[strspn(number, "0123456789")] == '\0';
}

static int check_clause(const struct csv *csv, int line,
                        const struct rig_catalogue *c,
                        const struct rig_clause *clause)
{
    static const char actors[] = "driver|device";
    static const char levels[] = "MUST|MUST NOT|SHOULD|SHOULD NOT|MAY|PROSE";
    static const char hows[] = "wire|stimulus|api|device|none";

    if (!one_of(clause->actor, actors))
        return fail(csv, line, "actor: expected %s, found '%s'", actors,
                    clause->actor);
    if (!one_of(clause->level, levels))
        return fail(csv, line, "level: expected %s, found '%s'", levels,
                    clause->level);
    if (!one_of(clause->how, hows))
        return fail(csv, line, "how: expected %s, found '%s'", hows,
                    clause->how);
    if (!id_fits(clause))
        return fail(csv, line,
                    "id: expected drv-, dev- or prose-, section, '-', number, "
                    "found '%s'",
                    clause->id);
    if (rig_catalogue_find(c, clause->id))
        return fail(csv, line, "id: '%s' stands there twice", clause->id);
    return 0;
}

static int add_clause(struct csv *csv, struct rig_catalogue *c, int line,
                      char *fields[FIELD_COUNT])
{
    struct rig_clause clause = {fields[0], fields[1], fields[2], fields[3],
                                fields[4], fields[5], fields[6], fields[7]};

    if (check_clause(csv, line, c, &clause))
        return -1;
    if (c->count % 64 == 0) {
        size_t bytes = (c->count + 64) * sizeof(*c->list);
        struct rig_clause *more = realloc(c->list, bytes);

        if (!more)
            return fail(csv, line, "out of memory");
        c->list = more;
    }
    c->list[c->count++] = clause;
    return 0;
}

static int read_rows(struct csv *csv, struct rig_catalogue *c)
{
    if (read_header(csv))
        return -1;
    while (*csv->p) {
        char *fields[FIELD_COUNT];
        int line = csv->line;

        if (next_row(csv, fields) || add_clause(csv, c, line, fields))
            return -1;
    }
    if (c->count == 0)
        return fail(csv, csv->line, "no clause below the header");
    return 0;
}

int rig_catalogue_load(struct rig_catalogue *c, const char *dir, char *err,
                       size_t room)
{
    struct csv csv = {.line = 1, .err = err, .room = room};
    char path[4096];

    memset(c, 0, sizeof(*c));
    snprintf(path, sizeof(path), "%s/clauses.csv", dir);
    c->text = rig_file_read(path, err, room);
    if (!c->text)
        return -1;
    csv.path = path;
    csv.p = c->text;
    if (read_rows(&csv, c)) {
        rig_catalogue_free(c);
        return -1;
    }
    return 0;
}

void rig_catalogue_free(struct rig_catalogue *c)
{
    free(c->list);
    free(c->text);
    memset(c, 0, sizeof(*c));
}

const struct rig_clause *rig_catalogue_find(const struct rig_catalogue *c,
                                            const char *id)
{
    size_t k;

    for (k = 0; k < c->count; k++)
        if (strcmp(c->list[k].id, id) == 0)
            return &c->list[k];
    return NULL;
}

bool rig_clause_is_must(const struct rig_clause *c)
{
    return strncmp(c->level, "MUST", 4) == 0;
}
