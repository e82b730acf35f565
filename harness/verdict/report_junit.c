/* SPDX-License-Identifier: MIT
 *
 * The report as JUnit's XML, as CI systems read it.
 */
#include <string.h>
#include <time.h>

#include "report.h"
#include "text.h"

static void attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    rig_text_xml(out, value, true);
    fputc('"', out);
}

static void property(FILE *out, const char *name, const char *value)
{
    fputs("      <property", out);
    attribute(out, "name", name);
    attribute(out, "value", value);
    fputs("/>\n", out);
}

static void properties(const struct rig_report *r, FILE *out)
{
    const struct rig_setup *s = r->setup;
    char seed[32];

    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)s->seed);
    fputs("    <properties>\n", out);
    property(out, "ringtrue", RINGTRUE_VERSION);
    property(out, "dut", s->dut);
    property(out, "sched", rig_sched_name(s->sched));
    property(out, "seed", seed);
    property(out, "memory", rig_memory_name(s->memory));
    property(out, "reading", rig_reading_name(s->reading));
    if (r->matrix)
        property(out, "matrix", rig_matrix_name(r->matrix));
    if (s->image)
        property(out, "image", s->image);
    property(out, "instrument", s->instrument ? "true" : "false");
    property(out, "strict", s->strict ? "true" : "false");
    fputs("    </properties>\n", out);
}

/* What stands in a list of failures: the first one, on one line. */
static void message(const struct rig_outcome *o, char *to, size_t room)
{
    const struct rig_failure *f = o->failure;

    if (o->reason)
        snprintf(to, room, "%s", o->reason);
    else if (o->failure_count == 0)
        snprintf(to, room, "%s", rig_verdict_name(o->verdict));
    else
        snprintf(to, room, "%s%sexpected %s; seen %s", f->clause,
                 *f->clause ? ": " : "", f->expected, f->seen);
}

static void text(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s", name);
    rig_text_xml(out, value, false);
    fputc('\n', out);
}

static void failure(const struct rig_report *r, FILE *out,
                    const struct rig_failure *f)
{
    const struct rig_clause *c = rig_report_find(r, f->clause);

    if (c) {
        fprintf(out, "%s %s: ", c->id, c->level);
        text(out, "", c->statement);
    }
    text(out, "expected: ", f->expected);
    text(out, "seen: ", f->seen);
    if (f->event != UINT64_MAX)
        fprintf(out, "event: %llu\n", (unsigned long long)f->event);
}

/* Everything, beginning with the command that replays it. */
static void body(const struct rig_report *r, FILE *out,
                 const struct rig_outcome *o)
{
    char replay[2048];
    unsigned k;

    rig_report_replay(r, o, replay, sizeof(replay));
    text(out, "", replay);
    if (o->reason)
        text(out, "", o->reason);
    for (k = 0; k < o->failure_count; k++)
        failure(r, out, &o->failure[k]);
    if (o->output)
        text(out, "output:\n", o->output);
}

static void element(const struct rig_report *r, FILE *out,
                    const struct rig_outcome *o, const char *name)
{
    char line[1536];

    message(o, line, sizeof(line));
    fprintf(out, "      <%s", name);
    attribute(out, "type", rig_verdict_name(o->verdict));
    attribute(out, "message", line);
    fputc('>', out);
    body(r, out, o);
    fprintf(out, "</%s>\n", name);
}

static void recovery(FILE *out, const struct rig_outcome *o)
{
    char line[160];

    if (!o->score)
        return;
    rig_report_score(o, line, sizeof(line));
    fputs("      <properties>\n        <property", out);
    attribute(out, "name", "recovery");
    attribute(out, "value", line);
    fputs("/>\n      </properties>\n", out);
}

static void verdict(const struct rig_report *r, FILE *out,
                    const struct rig_outcome *o)
{
    switch (o->verdict) {
    case RIG_PASS:
        break;
    case RIG_SKIP:
        fputs("      <skipped", out);
        attribute(out, "message", o->reason ? o->reason : "");
        fputs("/>\n", out);
        break;
    case RIG_WARN:
        fputs("      <system-out>WARN\n", out);
        body(r, out, o);
        fputs("</system-out>\n", out);
        break;
    case RIG_ERROR:
        element(r, out, o, "error");
        break;
    default:
        element(r, out, o, "failure");
    }
}

static void test_case(const struct rig_report *r, FILE *out,
                      const struct rig_outcome *o)
{
    const char *id = o->vector->id, *slash = strrchr(id, '/');
    char name[RIG_CASE_ID_ROOM], folder[512];
    size_t used;

    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - id) : 0, id);
    rig_report_case_id(o, name, sizeof(name));
    used = strlen(name);
    if (r->repeat > 1)
        snprintf(name + used, sizeof(name) - used, " [seed %llu]",
                 (unsigned long long)o->seed);
    fputs("    <testcase", out);
    attribute(out, "classname", folder);
    attribute(out, "name", name);
    fprintf(out, " time=\"%.6f\">\n", o->ms / 1000);
    recovery(out, o);
    verdict(r, out, o);
    fputs("    </testcase>\n", out);
}

/* The same for the one suite and for all suites. */
static void totals(const struct rig_report *r, FILE *out)
{
    size_t failures =
        r->tally[RIG_FAIL] + r->tally[RIG_CRASH] + r->tally[RIG_HUNG];

    fprintf(out,
            " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\""
            " time=\"%.6f\"",
            r->done, failures, r->tally[RIG_ERROR], r->tally[RIG_SKIP],
            r->seconds);
}

void rig_report_junit(const struct rig_report *r, FILE *out)
{
    time_t now = time(NULL);
    char stamp[32] = "";
    struct tm utc;
    size_t k;

    if (gmtime_r(&now, &utc))
        strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
    fputs("<testsuites name=\"ringtrue\"", out);
    totals(r, out);
    fputs(">\n  <testsuite name=\"ringtrue\"", out);
    totals(r, out);
    fprintf(out, " timestamp=\"%s\">\n", stamp);
    properties(r, out);
    for (k = 0; k < r->count; k++)
        if (r->list[k].done)
            test_case(r, out, &r->list[k]);
    fputs("  </testsuite>\n</testsuites>\n", out);
}
