/* SPDX-License-Identifier: MIT
 *
 * ringtrue clauses: what checks which clause, and why nothing does.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "fakedev/judge.h"
#include "options.h"
#include "setup.h"
#include "text.h"

#define WIDTH 80
#define INDENT 33

/* How a clause is covered. X(enum, words for the count) */
#define COVERS(X)                                                              \
    X(JUDGE_AND_CASES, "have a check in the judge and cases that need it")     \
    X(JUDGE, "have a check in the judge, but no case of their own")            \
    X(CASES, "have cases that check the outcome")                              \
    X(PERMISSION, "only permit something (MAY)")                               \
    X(INVISIBLE, "cannot be observed by a bench")                              \
    X(DEVICE, "bind the device; this version tests drivers")                   \
    X(OTHER, "are about PCI; not in this version")                             \
    X(NOTHING, "have no check yet")

enum cover {
#define COVER_ENUM(name, text) COVER_##name,
    COVERS(COVER_ENUM)
#undef COVER_ENUM
        COVER_COUNT
};

struct listing {
    const struct rig_data *data;
    bool unchecked, text;
    size_t count[COVER_COUNT];
    size_t total;
};

enum { OPT_UNCHECKED = RIG_KEY_OWN, OPT_TEXT };

static const struct rig_option option_list[] = {
    {OPT_UNCHECKED, "unchecked", NULL, "only clauses that nothing checks"},
    {OPT_TEXT, "text", NULL, "print what each clause says"},
    {0},
};

static const struct rig_options options = {
    .command = "clauses",
    .usage = "[CLAUSE-PATTERN...] [OPTION...]",
    .about = "Prints the clauses of VIRTIO 1.2 in the catalogue whose ids "
             "match a pattern, or all of them: level, and what checks each "
             "one, or why nothing does.",
    .list = option_list,
};

static bool judge_knows(const char *id)
{
    const char *known;
    size_t k;

    for (k = 0; (known = fake_judge_clause(k)); k++)
        if (strcmp(known, id) == 0)
            return true;
    return false;
}

static bool names(const struct rig_vector *v, const char *id)
{
    size_t k;

    for (k = 0; k < json_array_size(v->clauses); k++)
        if (strcmp(json_string_value(json_array_get(v->clauses, k)), id) == 0)
            return true;
    return false;
}

static size_t case_count(const struct rig_vectors *v, const char *id)
{
    size_t k, count = 0;

    for (k = 0; k < v->count; k++)
        count += names(&v->list[k], id);
    return count;
}

static bool is_other(const struct rig_clause *c)
{
    return strcmp(c->where, "pci") == 0;
}

static enum cover cover_of(const struct listing *l, const struct rig_clause *c)
{
    bool judged = judge_knows(c->id);
    bool cases = case_count(&l->data->vectors, c->id) > 0;

    if (judged)
        return cases ? COVER_JUDGE_AND_CASES : COVER_JUDGE;
    if (cases)
        return COVER_CASES;
    if (strcmp(c->level, "MAY") == 0)
        return COVER_PERMISSION;
    if (strcmp(c->how, "none") == 0)
        return COVER_INVISIBLE;
    if (strcmp(c->actor, "device") == 0)
        return COVER_DEVICE;
    return is_other(c) ? COVER_OTHER : COVER_NOTHING;
}

/* The remark in brackets that ends the statement of an invisible clause. */
static void print_remark(const char *statement)
{
    const char *open = strrchr(statement, '[');
    size_t bytes = open ? strlen(open) : 0;
    char line[256];

    if (bytes < 2 || open[bytes - 1] != ']')
        snprintf(line, sizeof(line), "cannot be observed");
    else
        snprintf(line, sizeof(line), "cannot be observed: %.*s", (int)bytes - 2,
                 open + 1);
    rig_text_wrap(stdout, line, INDENT, WIDTH);
}

static void print_cases(const struct listing *l, const char *id)
{
    const struct rig_vectors *v = &l->data->vectors;
    size_t k;

    for (k = 0; k < v->count; k++)
        if (names(&v->list[k], id))
            printf("%*s%s\n", INDENT, "", v->list[k].id);
}

static void print_cover(const struct listing *l, const struct rig_clause *c,
                        enum cover cover)
{
    size_t cases = case_count(&l->data->vectors, c->id);

    switch (cover) {
    case COVER_JUDGE_AND_CASES:
        printf("judge, %zu case%s\n", cases, cases == 1 ? "" : "s");
        break;
    case COVER_JUDGE:
        puts("judge, in every case where it applies");
        break;
    case COVER_CASES:
        printf("outcome of %zu case%s\n", cases, cases == 1 ? "" : "s");
        break;
    case COVER_PERMISSION:
        puts("a permission: nothing to check");
        break;
    case COVER_INVISIBLE:
        print_remark(c->statement);
        break;
    case COVER_DEVICE:
        puts("not in this version: binds the device");
        break;
    case COVER_OTHER:
        printf("not in this version: %s\n", c->where);
        break;
    default:
        puts("nothing yet");
    }
    print_cases(l, c->id);
}

static void print_clause(struct listing *l, const struct rig_clause *c,
                         const char **section)
{
    enum cover cover = cover_of(l, c);

    if (l->unchecked && cover <= COVER_CASES)
        return;
    l->count[cover]++;
    l->total++;
    if (!*section || strcmp(*section, c->section) != 0)
        printf("%s%s %s\n", *section ? "\n" : "", c->section, c->title);
    *section = c->section;
    printf("  %-19s %-11s", c->id, c->level);
    print_cover(l, c, cover);
    if (l->text) {
        printf("    ");
        rig_text_wrap(stdout, c->statement, 4, WIDTH);
    }
}

static void print_counts(const struct listing *l)
{
    static const char *const words[COVER_COUNT] = {
#define COVER_WORDS(name, text) text,
        COVERS(COVER_WORDS)
#undef COVER_WORDS
    };
    unsigned k;

    printf("\n%zu clauses:\n", l->total);
    for (k = 0; k < COVER_COUNT; k++)
        if (l->count[k])
            printf("%5zu %s\n", l->count[k], words[k]);
}

static int list(struct listing *l, char *const *patterns, size_t count)
{
    const struct rig_catalogue *c = &l->data->catalogue;
    const char *section = NULL;
    size_t k, p;

    for (p = 0; p < count; p++) {
        for (k = 0; k < c->count; k++)
            if (rig_vector_matches(c->list[k].id, patterns + p, 1))
                break;
        if (k == c->count)
            return rig_complain("clauses", "no clause matches '%s'",
                                patterns[p]);
    }
    for (k = 0; k < c->count; k++)
        if (rig_vector_matches(c->list[k].id, patterns, count))
            print_clause(l, &c->list[k], &section);
    print_counts(l);
    return 0;
}

int cmd_clauses(int argc, char **argv)
{
    struct rig_options o = options;
    struct rig_data data;
    struct listing l = {.data = &data};
    int key, rc;

    while ((key = rig_options_next(&o, argc, argv)) > 0) {
        if (key == OPT_UNCHECKED)
            l.unchecked = true;
        else
            l.text = true;
    }
    if (key < 0)
        return o.exit_code;
    rc = rig_data_load("clauses", &data);
    if (rc == 0)
        rc = list(&l, argv + o.first, (size_t)(argc - o.first));
    rig_data_free(&data);
    return rc;
}
