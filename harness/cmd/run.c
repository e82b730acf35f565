/* SPDX-License-Identifier: MIT
 *
 * ringtrue run: cases against a subject.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "file.h"
#include "lines.h"
#include "options.h"
#include "pool.h"
#include "progress.h"
#include "report.h"
#include "select.h"
#include "setup.h"

#define JOBS_MAX 256
#define REPEAT_MAX 1000000

struct run {
    struct rig_setup setup;
    struct rig_data data;
    char *const *patterns;
    size_t pattern_count;
    enum rig_matrix matrix;
    struct rig_cases cases;
    const char *json_path, *junit_path, *results_path;
    uint64_t jobs, deadline_ms, repeat;
    struct rig_out json, junit;
    struct rig_lines results;
    struct rig_report report;
    struct rig_progress progress;
};

/* --- options ------------------------------------------------------- */

enum {
    OPT_JSON = RIG_KEY_OWN,
    OPT_JUNIT,
    OPT_RESULTS,
    OPT_TRACE,
    OPT_JOBS,
    OPT_DEADLINE,
    OPT_REPEAT,
    OPT_MATRIX,
};

static const struct rig_option option_list[] = {
    {.key = RIG_KEY_DUT},
    {.key = RIG_KEY_SCHED},
    {.key = RIG_KEY_SEED},
    {OPT_REPEAT, "repeat", "N",
     "run each case N times, with N seeds from --seed on (default 1)"},
    {.key = RIG_KEY_MEMORY},
    {.key = RIG_KEY_READING},
    {OPT_MATRIX, "matrix", "[pairwise|full]",
     "run each case in every combination (pairwise: any two values meet) of "
     "ring, indirect, event_idx, in_order, size, memory and sched that cannot "
     "change what it is about; --memory and --sched hold theirs fast"},
    {.key = RIG_KEY_IMAGE},
    {.key = RIG_KEY_FAULT},
    {.key = RIG_KEY_INSTRUMENT},
    {.key = RIG_KEY_STRICT},
    {OPT_JSON, "json", "FILE", "write the report as JSON, too"},
    {OPT_JUNIT, "junit", "FILE", "write the report as JUnit XML, too"},
    {OPT_RESULTS, "results", "FILE",
     "write each case, when it has ended, as one line of JSON: what is there "
     "is good whatever becomes of the run"},
    {OPT_TRACE, "trace", "FILE", "write every event as one line of JSON"},
    {OPT_JOBS, "jobs", "N", "cases at once (default: one per core)"},
    {OPT_DEADLINE, "deadline", "SECONDS",
     "a case that takes longer is killed and HUNG (default 10)"},
    {0},
};

static const struct rig_options options = {
    .command = "run",
    .usage = "[ID-PATTERN...] [OPTION...]",
    .about =
        "Runs the conformance cases whose ids match a pattern (`*` and `?` "
        "as in a shell; `*` crosses '/'), or all of them, each in a process "
        "of its own, and prints the verdicts by section of VIRTIO 1.2. Behind "
        "a pattern may stand how they are run, PATTERN@ring=packed,size=7 for "
        "example, where the case is free to be run so.",
    .more = "exit codes:\n"
            "   0  every case passed, or was skipped; warnings do not count\n"
            "   1  the subject does not conform: FAIL, CRASH or HUNG\n"
            "   2  wrong usage, vector, image or shared object; nothing was "
            "run\n"
            "   3  the bench itself failed: ERROR, or a report not written\n"
            "  77  every case was skipped\n"
            " 130  interrupted (SIGINT); what was done is reported\n"
            " 143  ended (SIGTERM); the same\n"
            "\n"
            "results, one JSON object per line:\n"
            "  {\"begin\": ...}  how it is run, and how many cases there are\n"
            "  {\"case\": ...}   as in the report, in the order in which they "
            "end\n"
            "  {\"end\": ...}    the counts; a run that was killed has none, "
            "and its last\n"
            "                  line counts only with a newline behind it\n",
    .list = option_list,
};

static int default_jobs(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1 ? 1 : cores > JOBS_MAX ? JOBS_MAX : (int)cores;
}

static int take_option(struct run *run, struct rig_options *o, int key)
{
    switch (key) {
    case OPT_JSON:
        run->json_path = o->value;
        return 0;
    case OPT_JUNIT:
        run->junit_path = o->value;
        return 0;
    case OPT_RESULTS:
        run->results_path = o->value;
        return 0;
    case OPT_TRACE:
        run->setup.trace = o->value;
        return 0;
    case OPT_JOBS:
        return rig_options_number(o, 1, JOBS_MAX, &run->jobs);
    case OPT_DEADLINE:
        return rig_options_seconds(o, &run->deadline_ms);
    case OPT_MATRIX:
        run->matrix = o->value && strcmp(o->value, "pairwise") == 0
                          ? RIG_MATRIX_PAIRWISE
                          : RIG_MATRIX_FULL;
        return 0;
    default:
        return rig_options_number(o, 1, REPEAT_MAX, &run->repeat);
    }
}

/* Returns -1, or what to exit with. */
static int parse(struct run *run, int argc, char **argv)
{
    struct rig_options o = options;
    int key;

    rig_setup_init(&run->setup);
    o.setup = &run->setup;
    run->jobs = (uint64_t)default_jobs();
    run->deadline_ms = RIG_DEADLINE_MS;
    run->repeat = 1;
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (take_option(run, &o, key))
            return o.exit_code;
    if (key < 0)
        return o.exit_code;
    if (run->setup.instrument) /* there is no other */
        run->setup.sched_given = true;
    run->patterns = argv + o.first;
    run->pattern_count = (size_t)(argc - o.first);
    if (run->setup.seed > INT64_MAX - (run->repeat - 1))
        return rig_complain("run", "--seed plus --repeat is too large");
    return -1;
}

/* --- which cases --------------------------------------------------- */

static int plan(struct run *run)
{
    struct rig_report *r = &run->report;
    size_t k, used = 0;
    uint64_t n;

    r->setup = &run->setup;
    r->matrix = run->matrix;
    r->vectors = run->cases.vectors;
    r->deadline_ms = run->deadline_ms;
    r->repeat = run->repeat;
    r->jobs = (unsigned)run->jobs;
    r->keep_applied = run->json_path || run->results_path;
    if (rig_report_init(r, run->cases.count * run->repeat)) {
        rig_complain("run", "out of memory");
        return RIG_EXIT_BENCH;
    }
    for (k = 0; k < run->cases.count; k++)
        for (n = 0; n < run->repeat; n++, used++) {
            r->list[used].vector = run->cases.list[k].vector;
            r->list[used].combo = run->cases.list[k].combo;
            r->list[used].seed = run->setup.seed + n;
        }
    return 0;
}

/* --- files to write ------------------------------------------------ */

static int open_out(struct rig_out *out, const char *option, const char *path)
{
    char err[512];

    if (path && rig_out_open(out, path, err, sizeof(err)))
        return rig_complain("run", "--%s: cannot write %s", option, err);
    return 0;
}

/* A report must not end up in the image, nor in another report. */
static int check_distinct(const struct run *run)
{
    const char *paths[] = {run->json_path, run->junit_path, run->results_path,
                           run->setup.trace, run->setup.image};
    size_t a, b;

    for (a = 0; a < sizeof(paths) / sizeof(*paths); a++)
        for (b = 0; b < a; b++)
            if (paths[a] && paths[b] && strcmp(paths[a], paths[b]) == 0)
                return rig_complain("run", "'%s' is given for two purposes",
                                    paths[a]);
    return 0;
}

/* Written from the first case on, so it is emptied before it. */
static int open_results(struct run *run)
{
    char err[512];

    if (run->results_path && rig_lines_open(&run->results, run->results_path,
                                            false, err, sizeof(err)))
        return rig_complain("run", "--results: cannot write %s", err);
    return 0;
}

/* Results and trace come last: emptying them is all that shows here. */
static int open_files(struct run *run)
{
    const char *trace = run->setup.trace;
    FILE *f;

    if (check_distinct(run))
        return RIG_EXIT_USAGE;
    if (open_out(&run->json, "json", run->json_path) ||
        open_out(&run->junit, "junit", run->junit_path))
        return RIG_EXIT_USAGE;
    f = trace ? fopen(trace, "w") : NULL;
    if (trace && !f)
        return rig_complain("run", "--trace: cannot write '%s': %s", trace,
                            strerror(errno));
    if (f)
        fclose(f);
    return open_results(run);
}

static int commit(struct rig_out *out, const char *option)
{
    char err[512];

    if (!out->stream || rig_out_commit(out, err, sizeof(err)) == 0)
        return 0;
    rig_complain("run", "--%s: cannot write %s", option, err);
    return -1;
}

/* What could not be written of it is complained about once, in the end. */
static void add_result(struct run *run, json_t *line)
{
    (void)rig_lines_add(&run->results, line);
}

static int end_results(struct run *run)
{
    char err[512];

    if (run->results_path)
        add_result(run, rig_report_end(&run->report));
    if (rig_lines_close(&run->results, err, sizeof(err)) == 0)
        return 0;
    rig_complain("run", "--results: cannot write '%s': %s", run->results_path,
                 err);
    return -1;
}

static int write_reports(struct run *run)
{
    int bad = end_results(run);

    if (run->json.stream)
        rig_report_json(&run->report, run->json.stream);
    if (run->junit.stream)
        rig_report_junit(&run->report, run->junit.stream);
    bad |= commit(&run->json, "json");
    bad |= commit(&run->junit, "junit");
    return bad;
}

/* --- running ------------------------------------------------------- */

static void run_case(void *ctx, size_t k, struct rig_result *out)
{
    const struct run *run = ctx;
    const struct rig_outcome *o = &run->report.list[k];
    struct rig_setup setup = run->setup;

    setup.seed = o->seed;
    rig_case_execute(&setup, o->vector, &o->combo, out);
}

static void case_done(void *ctx, size_t k, struct rig_result *result)
{
    struct run *run = ctx;

    rig_report_keep(&run->report, k, result);
    if (run->results_path)
        add_result(run, json_pack("{so}", "case",
                                  rig_report_case(&run->report,
                                                  &run->report.list[k])));
    rig_progress_step(&run->progress, k);
}

static int run_all(struct run *run)
{
    const struct rig_pool pool = {
        .count = run->report.count,
        .at_once = (unsigned)run->jobs,
        .deadline_ms = run->deadline_ms,
        .run = run_case,
        .done = case_done,
        .ctx = run,
    };
    uint64_t start = rig_now_ms();
    int rc;

    if (run->results_path)
        add_result(run, rig_report_begin(&run->report));
    rig_progress_begin(&run->progress, &run->report);
    rc = rig_pool_run(&pool);
    rig_progress_end(&run->progress);
    if (rc < 0) {
        rig_complain("run", "no case could be run: %s", strerror(errno));
        return RIG_EXIT_BENCH;
    }
    run->report.ended_by = rc;
    run->report.seconds = (double)(rig_now_ms() - start) / 1000;
    rig_report_print(&run->report, stdout, rig_colour_wanted(STDOUT_FILENO));
    if (write_reports(run))
        return RIG_EXIT_BENCH;
    return rig_report_exit_code(&run->report);
}

static int run_checked(struct run *run)
{
    char err[512];
    int rc;

    run->setup.catalogue = &run->data.catalogue;
    run->setup.schema = run->data.vectors.schema;
    rc = rig_cases_select(&run->cases, "run", &run->data, &run->setup,
                          run->matrix, run->patterns, run->pattern_count);
    if (rc == 0)
        rc = rig_setup_check("run", &run->setup);
    if (rc == 0)
        rc = open_files(run);
    if (rc == 0)
        rc = plan(run);
    if (rc == 0)
        rc = run_all(run);
    rig_lines_close(&run->results, err, sizeof(err));
    rig_out_abandon(&run->json);
    rig_out_abandon(&run->junit);
    rig_report_free(&run->report);
    rig_cases_free(&run->cases);
    return rc;
}

int cmd_run(int argc, char **argv)
{
    struct run run = {.results = RIG_LINES_CLOSED};
    int rc = parse(&run, argc, argv);

    if (rc >= 0)
        return rc;
    rc = rig_data_load("run", &run.data);
    if (rc == 0)
        rc = run_checked(&run);
    rig_data_free(&run.data);
    return rc;
}
