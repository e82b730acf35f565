/* SPDX-License-Identifier: MIT
 *
 * The report for people.
 */
#include <stdarg.h>
#include <string.h>

#include "fakedev/sched.h"
#include "report_page.h"
#include "text.h"

#define SECTION_WIDTH 13
#define NUMBER_WIDTH 6
#define SKIPPED_MAX 12 /* lines for one reason, in a matrix */

static const struct {
    const char *heading, *colour;
} looks[RIG_VERDICT_COUNT] = {
    [RIG_PASS] = {"Pass", "32"},     [RIG_FAIL] = {"Fail", "1;31"},
    [RIG_WARN] = {"Warn", "33"},     [RIG_SKIP] = {"Skip", "36"},
    [RIG_CRASH] = {"Crash", "1;31"}, [RIG_HUNG] = {"Hung", "1;31"},
    [RIG_ERROR] = {"Error", "1;35"},
};

void rig_page_style(const struct rig_page *p, const char *code)
{
    if (p->colour)
        fprintf(p->out, "\033[%sm", code);
}

void rig_page_plain(const struct rig_page *p)
{
    rig_page_style(p, "0");
}

const char *rig_page_colour(enum rig_verdict verdict)
{
    return looks[verdict].colour;
}

/* --- how it was run ------------------------------------------------ */

__attribute__((format(printf, 3, 4))) static void
append(char *to, size_t room, const char *format, ...)
{
    size_t used = strlen(to);
    va_list args;

    va_start(args, format);
    vsnprintf(to + used, room - used, format, args);
    va_end(args);
}

/* What is multiplied stands in the ids. */
static void print_setup(const struct rig_page *p)
{
    const struct rig_setup *s = p->r->setup;
    bool multiplied = p->r->matrix != RIG_MATRIX_NONE;
    char line[1024] = "";

    append(line, sizeof(line), "ringtrue %s: subject %.300s", RINGTRUE_VERSION,
           s->dut);
    if (multiplied)
        append(line, sizeof(line), ", matrix %s",
               rig_matrix_name(p->r->matrix));
    if (!multiplied || s->sched_given)
        append(line, sizeof(line), ", sched %s", rig_sched_name(s->sched));
    append(line, sizeof(line), ", seed %llu", (unsigned long long)s->seed);
    if (p->r->repeat > 1)
        append(line, sizeof(line), " to %llu",
               (unsigned long long)(s->seed + p->r->repeat - 1));
    if (!multiplied || s->memory_given)
        append(line, sizeof(line), ", memory %s", rig_memory_name(s->memory));
    if (s->reading)
        append(line, sizeof(line), ", reading %s",
               rig_reading_name(s->reading));
    if (s->image)
        append(line, sizeof(line), ", image %.300s", s->image);
    for (unsigned k = 0; k < s->fault_count; k++)
        append(line, sizeof(line), ", fault %.100s", s->fault_text[k]);
    if (s->instrument)
        append(line, sizeof(line), ", instrumented");
    if (s->strict)
        append(line, sizeof(line), ", strict");
    rig_text_wrap(p->out, line, 0, RIG_PAGE_WIDTH);
    fputc('\n', p->out);
}

/* --- table --------------------------------------------------------- */

/* Pass and fail always have a column, the others if there is anything. */
static bool has_column(const struct rig_page *p, unsigned verdict)
{
    return verdict <= RIG_FAIL || p->r->tally[verdict] > 0;
}

/* A number and a blank before it, whatever the number. */
static int number_width(const struct rig_page *p)
{
    int width = 2;
    size_t n;

    for (n = p->r->count; n >= 10; n /= 10)
        width++;
    return width > NUMBER_WIDTH ? width : NUMBER_WIDTH;
}

static int title_width(const struct rig_page *p)
{
    int width = RIG_PAGE_WIDTH - SECTION_WIDTH - number_width(p);
    unsigned k;

    for (k = 0; k < RIG_VERDICT_COUNT; k++)
        if (has_column(p, k))
            width -= number_width(p);
    return width;
}

static void print_heading(const struct rig_page *p)
{
    int width = title_width(p);
    unsigned k;

    rig_page_style(p, "1");
    fprintf(p->out, "%-*s%-*s%*s", SECTION_WIDTH, "Section", width,
            "Requirements", number_width(p), "Cases");
    for (k = 0; k < RIG_VERDICT_COUNT; k++)
        if (has_column(p, k))
            fprintf(p->out, "%*s", number_width(p), looks[k].heading);
    rig_page_plain(p);
    fputc('\n', p->out);
}

static void print_number(const struct rig_page *p, size_t n, const char *code)
{
    rig_page_style(p, n ? code : "2");
    if (n)
        fprintf(p->out, "%*zu", number_width(p), n);
    else
        fprintf(p->out, "%*s", number_width(p), "-");
    rig_page_plain(p);
}

/* Headings are "Driver Requirements: Device Status Field". */
static const char *short_title(const char *title)
{
    const char *colon = strstr(title, "Requirements: ");

    return colon ? colon + strlen("Requirements: ") : title;
}

static void print_title(const struct rig_page *p, const char *title)
{
    int width = title_width(p);

    title = short_title(title);
    if ((int)strlen(title) < width)
        fprintf(p->out, "%-*s", width, title);
    else
        fprintf(p->out, "%.*s... ", width - 4, title);
}

static void print_row(const struct rig_page *p, const struct rig_clause *c,
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
    fprintf(p->out, "%*zu", number_width(p), cases);
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

static void print_table(const struct rig_page *p)
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

/* Cases of one vector stand together. */
static size_t end_of_vector(const struct rig_report *r, size_t k)
{
    const struct rig_vector *vector = r->list[k].vector;

    while (k < r->count && r->list[k].vector == vector)
        k++;
    return k;
}

static size_t count_skipped(const struct rig_report *r, size_t from, size_t to,
                            const char *reason)
{
    size_t count = 0;

    for (; from < to; from++)
        count += skipped_for(&r->list[from], reason);
    return count;
}

/* Of repetitions with other seeds, one line is enough, and of combinations a
 * number. */
static void print_skipped_for(const struct rig_page *p, const char *reason)
{
    const struct rig_report *r = p->r;
    size_t k, end, lines = 0;

    fputs("\n", p->out);
    rig_page_style(p, looks[RIG_SKIP].colour);
    fputs("SKIP", p->out);
    rig_page_plain(p);
    fputs("  ", p->out);
    rig_text_wrap(p->out, reason, 6, RIG_PAGE_WIDTH);
    for (k = 0; k < r->count; k = end) {
        size_t count;

        end = end_of_vector(r, k);
        count = count_skipped(r, k, end, reason);
        if (count == 0 || (lines++ >= SKIPPED_MAX && r->matrix))
            continue;
        fprintf(p->out, "  %s", r->list[k].vector->id);
        if (r->matrix)
            fprintf(p->out, " (%zu of %zu)", count, end - k);
        fputc('\n', p->out);
    }
    if (lines > SKIPPED_MAX && r->matrix)
        fprintf(p->out, "  and %zu more\n", lines - SKIPPED_MAX);
}

/* Thousands of combinations have few reasons: each is asked for once. */
static void print_skipped(const struct rig_page *p)
{
    const struct rig_report *r = p->r;
    json_t *told = json_object();
    size_t k;

    for (k = 0; k < r->count; k++) {
        const struct rig_outcome *o = &r->list[k];

        if (!o->done || o->verdict != RIG_SKIP ||
            json_object_get(told, skip_reason(o)))
            continue;
        json_object_set_new_nocheck(told, skip_reason(o), json_true());
        print_skipped_for(p, skip_reason(o));
    }
    json_decref(told);
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

static void print_end(const struct rig_page *p)
{
    const struct rig_report *r = p->r;
    int code = rig_report_exit_code(r);
    size_t recovered, scored = rig_report_scored(r, &recovered);
    char summary[256];

    rig_report_summary(r, summary, sizeof(summary));
    fprintf(p->out,
            "\nclauses put to the test: %zu, events: %llu, time: %.2f s\n",
            clauses_applied(r), (unsigned long long)r->event_count, r->seconds);
    if (scored)
        fprintf(p->out, "recovered %zu of %zu\n", recovered, scored);
    if (r->ended_by)
        fprintf(p->out, "interrupted: %zu of %zu cases were not run\n",
                r->count - r->done, r->count);
    rig_page_style(p, code == RIG_EXIT_PASS   ? "1;32"
                      : code == RIG_EXIT_SKIP ? "36"
                                              : "1;31");
    fputs(summary, p->out);
    rig_page_plain(p);
    fputc('\n', p->out);
}

void rig_report_print(const struct rig_report *r, FILE *out, bool colour)
{
    struct rig_page p = {r, out, colour};

    print_setup(&p);
    print_table(&p);
    print_skipped(&p);
    rig_page_bad(&p);
    print_end(&p);
}
