/* SPDX-License-Identifier: MIT
 *
 * The report for people: what went wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "report_page.h"
#include "text.h"

/* Replay lines of cases that end alike, before it is "and so on". */
#define OTHERS_MAX 16

static void print_field(const struct rig_page *p, const char *name,
                        const char *text)
{
    rig_page_style(p, "2");
    fprintf(p->out, "    %-10s", name);
    rig_page_plain(p);
    rig_text_wrap(p->out, text, 14, RIG_PAGE_WIDTH);
}

static void print_requirement(const struct rig_page *p, const char *id)
{
    const struct rig_clause *clause = rig_report_find(p->r, id);
    char line[1024];

    snprintf(line, sizeof(line), "%s%s%s%s%s", id, clause ? " " : "",
             clause ? clause->level : "", clause ? ": " : "",
             clause ? clause->statement : "");
    fputs("  ", p->out);
    rig_text_wrap(p->out, line, 2, RIG_PAGE_WIDTH);
}

/* No clause says that data has to arrive, or that dut.h is to be kept. */
static void print_outcome(const struct rig_page *p, const struct rig_outcome *o)
{
    const struct rig_clause *clause = rig_report_clause(p->r, o);

    fprintf(p->out, "  Outcome of an operation%s%s\n",
            clause ? ", in a case about " : "", clause ? clause->id : "");
}

static void print_failure(const struct rig_page *p, const struct rig_outcome *o,
                          const struct rig_failure *f)
{
    char event[96];

    if (*f->clause)
        print_requirement(p, f->clause);
    else
        print_outcome(p, o);
    print_field(p, "expected", f->expected);
    print_field(p, "seen", f->seen);
    if (f->event == UINT64_MAX)
        return;
    snprintf(event, sizeof(event), "%llu", (unsigned long long)f->event);
    if (f->times > 1)
        snprintf(event + strlen(event), sizeof(event) - strlen(event),
                 ", the first of %llu", (unsigned long long)f->times);
    print_field(p, "event", event);
}

/* The case has no better end than its reason. */
static void print_reason(const struct rig_page *p, const struct rig_outcome *o)
{
    const struct rig_clause *clause = rig_report_clause(p->r, o);

    if (o->verdict == RIG_ERROR) {
        print_field(p, "reason", o->reason);
        return;
    }
    if (clause)
        print_requirement(p, clause->id);
    print_field(p, "expected", "the subject comes to the end of the case");
    print_field(p, "seen", o->reason);
}

static void print_score(const struct rig_page *p, const struct rig_outcome *o)
{
    char line[160];

    rig_report_score(o, line, sizeof(line));
    print_field(p, "recovery", line);
}

static void print_output(const struct rig_page *p, const char *output)
{
    rig_page_style(p, "2");
    fprintf(p->out, "    its last output:\n");
    while (*output) {
        size_t bytes = strcspn(output, "\n");
        char *line = strndup(output, bytes);

        fputs("    | ", p->out);
        if (line)
            rig_text_plain(p->out, line);
        fputc('\n', p->out);
        free(line);
        output += bytes + (output[bytes] == '\n');
    }
    rig_page_plain(p);
}

/* --- combinations that end alike ----------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* By the clauses that were broken; what was seen differs with every address.
 * Where no clause stands behind it, by what was expected. */
static bool alike(const struct rig_outcome *a, const struct rig_outcome *b)
{
    unsigned k;

    if (a->vector != b->vector || !rig_outcome_is_bad(b) ||
        a->verdict != b->verdict || a->failure_count != b->failure_count ||
        !same_text(a->reason, b->reason))
        return false;
    for (k = 0; k < a->failure_count; k++) {
        const struct rig_failure *x = &a->failure[k], *y = &b->failure[k];

        if (strcmp(x->clause, y->clause) != 0 ||
            (!*x->clause && strcmp(x->expected, y->expected) != 0))
            return false;
    }
    return true;
}

/* Cases of one vector stand together: the range that k is in. */
static void range_of(const struct rig_report *r, size_t k, size_t *from,
                     size_t *to)
{
    const struct rig_vector *vector = r->list[k].vector;

    for (*from = k; *from > 0 && r->list[*from - 1].vector == vector;)
        --*from;
    for (*to = k; *to < r->count && r->list[*to].vector == vector;)
        ++*to;
}

static bool is_first_of_its_kind(const struct rig_report *r, size_t k)
{
    size_t from, to;

    range_of(r, k, &from, &to);
    for (; from < k; from++)
        if (alike(&r->list[k], &r->list[from]))
            return false;
    return true;
}

static bool was_tested(const struct rig_outcome *o)
{
    return o->done && o->verdict != RIG_SKIP;
}

/* What combinations [from, to) that end like k have in common, as far as it
 * tells them from others in which the case was put to the test. */
static void find_common(const struct rig_report *r, size_t k, size_t from,
                        size_t to, struct rig_combo *common)
{
    bool tells[RIG_DIM_COUNT] = {false};

    *common = r->list[k].combo;
    for (; from < to; from++)
        for (unsigned d = 0; d < RIG_DIM_COUNT && was_tested(&r->list[from]);
             d++) {
            if (r->list[from].combo.value[d] == r->list[k].combo.value[d])
                continue;
            tells[d] = true;
            if (alike(&r->list[k], &r->list[from]))
                common->value[d] = RIG_UNNAMED;
        }
    for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
        if (!tells[d])
            common->value[d] = RIG_UNNAMED;
}

static void print_replay(const struct rig_page *p, const struct rig_outcome *o)
{
    char replay[2048];

    rig_report_replay(p->r, o, replay, sizeof(replay));
    rig_text_plain(p->out, replay);
}

/* "The same in 3 more of 20, all of them with ring=packed" */
static void print_common(const struct rig_page *p, size_t k, size_t from,
                         size_t to, size_t more)
{
    char text[RIG_COMBO_ROOM], line[RIG_COMBO_ROOM + 96];
    struct rig_combo common;

    find_common(p->r, k, from, to, &common);
    rig_combo_text(&common, text, sizeof(text));
    snprintf(line, sizeof(line), "The same in %zu more of %zu%s%s", more,
             to - from, *text ? ", all of them with " : "", text);
    fputs("  ", p->out);
    rig_text_wrap(p->out, line, 2, RIG_PAGE_WIDTH);
}

/* The replay lines of the others that end like k. */
static void print_others(const struct rig_page *p, size_t k)
{
    const struct rig_report *r = p->r;
    size_t from, to, at, more = 0, lines = 0;

    range_of(r, k, &from, &to);
    for (at = k + 1; at < to; at++)
        more += alike(&r->list[k], &r->list[at]);
    if (more == 0)
        return;
    print_common(p, k, from, to, more);
    for (at = k + 1; at < to && lines < OTHERS_MAX; at++)
        if (alike(&r->list[k], &r->list[at])) {
            fputs("    ", p->out);
            print_replay(p, &r->list[at]);
            fputc('\n', p->out);
            lines++;
        }
    if (more > lines)
        fprintf(p->out, "    and %zu more, which --json and --junit list\n",
                more - lines);
}

/* --- one case ------------------------------------------------------ */

static void print_bad(const struct rig_page *p, size_t at)
{
    const struct rig_outcome *o = &p->r->list[at];
    const char *name = rig_verdict_name(o->verdict);
    unsigned k;

    fputc('\n', p->out);
    rig_page_style(p, "1");
    print_replay(p, o);
    rig_page_plain(p);
    fputs("\n  ", p->out);
    rig_page_style(p, rig_page_colour(o->verdict));
    fputs(name, p->out);
    rig_page_plain(p);
    fputs("  ", p->out);
    rig_text_wrap(p->out, o->vector->title ? o->vector->title : "",
                  (unsigned)strlen(name) + 4, RIG_PAGE_WIDTH);
    if (o->reason)
        print_reason(p, o);
    for (k = 0; k < o->failure_count; k++)
        print_failure(p, o, &o->failure[k]);
    if (o->score)
        print_score(p, o);
    if (o->output)
        print_output(p, o->output);
    print_others(p, at);
}

void rig_page_bad(const struct rig_page *p)
{
    size_t k;

    for (k = 0; k < p->r->count; k++)
        if (rig_outcome_is_bad(&p->r->list[k]) && is_first_of_its_kind(p->r, k))
            print_bad(p, k);
}
