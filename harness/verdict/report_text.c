/* SPDX-License-Identifier: MIT
 *
 * The report for people.
 */
#include <stdlib.h>
#include <string.h>

#include "fakedev/sched.h"
#include "report.h"
#include "text.h"

#define WIDTH 80
#define SECTION_WIDTH 13
#define NUMBER_WIDTH 6

struct page {
    const struct rig_report *r;
    FILE *out;
    bool colour;
};

static const struct {
    const char *heading, *colour;
} looks[RIG_VERDICT_COUNT] = {
    [RIG_PASS] = {"Pass", "32"},     [RIG_FAIL] = {"Fail", "1;31"},
    [RIG_WARN] = {"Warn", "33"},     [RIG_SKIP] = {"Skip", "36"},
    [RIG_CRASH] = {"Crash", "1;31"}, [RIG_HUNG] = {"Hung", "1;31"},
    [RIG_ERROR] = {"Error", "1;35"},
};

static void style(const struct page *p, const char *code)
{
    if (p->colour)
        fprintf(p->out, "\033[%sm", code);
}

static void plain(const struct page *p)
{
    style(p, "0");
}

/* --- how it was run ------------------------------------------------ */

static void print_setup(const struct page *p)
{
    const struct rig_setup *s = p->r->setup;
    char line[1024];
    size_t used;

    used = (size_t)snprintf(line, sizeof(line),
                            "ringtrue %s: subject %.300s, sched %s, seed %llu",
                            RINGTRUE_VERSION, s->dut, rig_sched_name(s->sched),
                            (unsigned long long)s->seed);
    if (p->r->repeat > 1)
        used +=
            (size_t)snprintf(line + used, sizeof(line) - used, " to %llu",
                             (unsigned long long)(s->seed + p->r->repeat - 1));
    used += (size_t)snprintf(line + used, sizeof(line) - used, ", memory %s",
                             rig_memory_name(s->memory));
    if (s->reading)
        used += (size_t)snprintf(line + used, sizeof(line) - used,
                                 ", reading %s", rig_reading_name(s->reading));
    if (s->image)
        used += (size_t)snprintf(line + used, sizeof(line) - used,
                                 ", image %.300s", s->image);
    if (s->strict)
        snprintf(line + used, sizeof(line) - used, ", strict");
    rig_text_wrap(p->out, line, 0, WIDTH);
    fputc('\n', p->out);
}

/* --- table --------------------------------------------------------- */

/* Pass and fail always have a column, the others if there is anything. */
static bool has_column(const struct page *p, unsigned verdict)
{
    return verdict <= RIG_FAIL || p->r->tally[verdict] > 0;
}

static int title_width(const struct page *p)
{
    int width = WIDTH - SECTION_WIDTH - NUMBER_WIDTH;
    unsigned k;

    for (k = 0; k < RIG_VERDICT_COUNT; k++)
        if (has_column(p, k))
            width -= NUMBER_WIDTH;
    return width;
}

static void print_heading(const struct page *p)
{
    int width = title_width(p);
    unsigned k;

    style(p, "1");
    fprintf(p->out, "%-*s%-*s%*s", SECTION_WIDTH, "Section", width,
            "Requirements", NUMBER_WIDTH, "Cases");
    for (k = 0; k < RIG_VERDICT_COUNT; k++)
        if (has_column(p, k))
            fprintf(p->out, "%*s", NUMBER_WIDTH, looks[k].heading);
    plain(p);
    fputc('\n', p->out);
}

static void print_number(const struct page *p, size_t n, const char *code)
{
    style(p, n ? code : "2");
    if (n)
        fprintf(p->out, "%*zu", NUMBER_WIDTH, n);
    else
        fprintf(p->out, "%*s", NUMBER_WIDTH, "-");
    plain(p);
}

/* Headings are "Driver Requirements: Device Status Field". */
static const char *short_title(const char *title)
{
    const char *colon = strstr(title, "Requirements: ");

    return colon ? colon + strlen("Requirements: ") : title;
}

static void print_title(const struct page *p, const char *title)
{
    int width = title_width(p);

    title = short_title(title);
    if ((int)strlen(title) < width)
        fprintf(p->out, "%-*s", width, title);
    else
        fprintf(p->out, "%.*s... ", width - 4, title);
}

static void print_row(const struct page *p, const struct rig_clause *c,
                      const size_t tally[])
{
    size_t cases = 0;
    unsigned k;

    for (k = 0; k < RIG_VERDICT_COUNT; k++)
        cases += tally[k];
    if (cases == 0)
        return;
    fprintf(p->out, "%-*s", SECTION_WIDTH, c->section);
    print_title(p, c->title);
    fprintf(p->out, "%*zu", NUMBER_WIDTH, cases);
    for (k = 0; k < RIG_VERDICT_COUNT; k++)
        if (has_column(p, k))
            print_number(p, tally[k], looks[k].colour);
    fputc('\n', p->out);
}

static bool section_begins(const struct rig_catalogue *c, size_t k)
{
    return k == 0 || strcmp(c->list[k].section, c->list[k - 1].section) != 0;
}

static void count_section(const struct rig_report *r, const char *section,
                          size_t tally[])
{
    size_t k;

    memset(tally, 0, RIG_VERDICT_COUNT * sizeof(*tally));
    for (k = 0; k < r->count; k++) {
        const struct rig_outcome *o = &r->list[k];
        const struct rig_clause *clause =
            o->done ? rig_report_clause(r, o) : NULL;

        if (clause && strcmp(clause->section, section) == 0)
            tally[o->verdict]++;
    }
}

static void print_table(const struct page *p)
{
    const struct rig_catalogue *c = p->r->setup->catalogue;
    size_t tally[RIG_VERDICT_COUNT], k;

    print_heading(p);
    for (k = 0; k < c->count; k++)
        if (section_begins(c, k)) {
            count_section(p->r, c->list[k].section, tally);
            print_row(p, &c->list[k], tally);
        }
}

/* --- what went wrong ----------------------------------------------- */

static void print_field(const struct page *p, const char *name,
                        const char *text)
{
    style(p, "2");
    fprintf(p->out, "    %-10s", name);
    plain(p);
    rig_text_wrap(p->out, text, 14, WIDTH);
}

static void print_requirement(const struct page *p, const char *id)
{
    const struct rig_clause *clause = rig_report_find(p->r, id);
    char line[1024];

    snprintf(line, sizeof(line), "%s%s%s%s%s", id, clause ? " " : "",
             clause ? clause->level : "", clause ? ": " : "",
             clause ? clause->statement : "");
    fputs("  ", p->out);
    rig_text_wrap(p->out, line, 2, WIDTH);
}

/* No clause says that data has to arrive, or that dut.h is to be kept. */
static void print_outcome(const struct page *p, const struct rig_outcome *o)
{
    const struct rig_clause *clause = rig_report_clause(p->r, o);

    fprintf(p->out, "  Outcome of an operation%s%s\n",
            clause ? ", in a case about " : "", clause ? clause->id : "");
}

static void print_failure(const struct page *p, const struct rig_outcome *o,
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
static void print_reason(const struct page *p, const struct rig_outcome *o)
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

static void print_output(const struct page *p, const char *output)
{
    style(p, "2");
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
    plain(p);
}

static void print_bad(const struct page *p, const struct rig_outcome *o)
{
    const char *name = rig_verdict_name(o->verdict);
    char replay[2048];
    unsigned k;

    rig_report_replay(p->r, o, replay, sizeof(replay));
    fputc('\n', p->out);
    style(p, "1");
    rig_text_plain(p->out, replay);
    plain(p);
    fputs("\n  ", p->out);
    style(p, looks[o->verdict].colour);
    fputs(name, p->out);
    plain(p);
    fputs("  ", p->out);
    rig_text_wrap(p->out, o->vector->title ? o->vector->title : "",
                  (unsigned)strlen(name) + 4, WIDTH);
    if (o->reason)
        print_reason(p, o);
    for (k = 0; k < o->failure_count; k++)
        print_failure(p, o, &o->failure[k]);
    if (o->output)
        print_output(p, o->output);
}

/* --- what was skipped ---------------------------------------------- */

static const char *skip_reason(const struct rig_outcome *o)
{
    return o->reason ? o->reason : "no reason given";
}

static bool skipped_for(const struct rig_outcome *o, const char *reason)
{
    return o->done && o->verdict == RIG_SKIP &&
           strcmp(skip_reason(o), reason) == 0;
}

/* Of repetitions with other seeds, one is enough. */
static void print_skipped_for(const struct page *p, const char *reason)
{
    const struct rig_vector *last = NULL;
    size_t k;

    fputs("\n", p->out);
    style(p, looks[RIG_SKIP].colour);
    fputs("SKIP", p->out);
    plain(p);
    fputs("  ", p->out);
    rig_text_wrap(p->out, reason, 6, WIDTH);
    for (k = 0; k < p->r->count; k++) {
        const struct rig_outcome *o = &p->r->list[k];

        if (!skipped_for(o, reason) || o->vector == last)
            continue;
        fprintf(p->out, "  %s\n", o->vector->id);
        last = o->vector;
    }
}

static bool is_first_for(const struct rig_report *r, size_t k)
{
    const char *reason = skip_reason(&r->list[k]);
    size_t before;

    for (before = 0; before < k; before++)
        if (skipped_for(&r->list[before], reason))
            return false;
    return true;
}

static void print_skipped(const struct page *p)
{
    const struct rig_report *r = p->r;
    size_t k;

    for (k = 0; k < r->count; k++)
        if (r->list[k].done && r->list[k].verdict == RIG_SKIP &&
            is_first_for(r, k))
            print_skipped_for(p, skip_reason(&r->list[k]));
}

/* --- the end ------------------------------------------------------- */

static size_t clauses_applied(const struct rig_report *r)
{
    const char *id;
    json_t *times;
    size_t count = 0;

    json_object_foreach(r->applied, id, times)
    {
        const struct rig_clause *clause = rig_report_find(r, id);

        if (clause && json_integer_value(times) > 0)
            count++;
    }
    return count;
}

static void print_end(const struct page *p)
{
    const struct rig_report *r = p->r;
    int code = rig_report_exit_code(r);
    char summary[256];

    rig_report_summary(r, summary, sizeof(summary));
    fprintf(p->out,
            "\nclauses put to the test: %zu, events: %llu, time: %.2f s\n",
            clauses_applied(r), (unsigned long long)r->event_count, r->seconds);
    if (r->ended_by)
        fprintf(p->out, "interrupted: %zu of %zu cases were not run\n",
                r->count - r->done, r->count);
    style(p, code == RIG_EXIT_PASS   ? "1;32"
             : code == RIG_EXIT_SKIP ? "36"
                                     : "1;31");
    fputs(summary, p->out);
    plain(p);
    fputc('\n', p->out);
}

void rig_report_print(const struct rig_report *r, FILE *out, bool colour)
{
    struct page p = {r, out, colour};
    size_t k;

    print_setup(&p);
    print_table(&p);
    print_skipped(&p);
    for (k = 0; k < r->count; k++)
        if (rig_outcome_is_bad(&r->list[k]))
            print_bad(&p, &r->list[k]);
    print_end(&p);
}
