/* SPDX-License-Identifier: MIT
 *
 * ringtrue bench: its parts, and how many cases a run does in a second. Each
 * figure is the median of several rounds; the rounds of all rows of a part
 * are interleaved, so that a slow moment of the machine touches all of them
 * alike.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_explore.h"
#include "bench_reads.h"
#include "bench_ring.h"
#include "bench_snd.h"
#include "commands.h"
#include "fakedev/sched.h"
#include "options.h"
#include "pool.h"
#include "setup.h"

#define ROUNDS_MAX 101u

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- cases ---- */

struct cases {
    struct rig_setup setup;
    struct rig_data data;
    uint64_t passed;
};

static void run_case(void *ctx, size_t k, struct rig_result *out)
{
    struct cases *c = ctx;
    const struct rig_combo plain = {{0}};
    struct rig_setup setup = c->setup;

    setup.seed = 1 + k / c->data.vectors.count;
    rig_case_execute(&setup, &c->data.vectors.list[k % c->data.vectors.count],
                     &plain, out);
}

static void count_case(void *ctx, size_t k, struct rig_result *result)
{
    struct cases *c = ctx;

    (void)k;
    c->passed += result->verdict == RIG_PASS;
}

static int bench_cases(int sched, uint64_t count, unsigned jobs)
{
    struct cases c = {.passed = 0};
    struct rig_pool pool = {
        .count = count,
        .at_once = jobs,
        .deadline_ms = 10000,
        .run = run_case,
        .done = count_case,
        .ctx = &c,
    };
    uint64_t start;
    double s;

    rig_setup_init(&c.setup);
    c.setup.sched = sched;
    if (rig_data_load("bench", &c.data))
        return RIG_EXIT_USAGE;
    c.setup.catalogue = &c.data.catalogue;
    c.setup.schema = c.data.vectors.schema;
    start = now_ns();
    if (rig_pool_run(&pool))
        return RIG_EXIT_BENCH;
    s = (double)(now_ns() - start) / 1e9;
    printf("  %-9s  %" PRIu64 " cases in %.2f s with %u at once: %.0f cases/s, "
           "%" PRIu64 " passed\n",
           rig_sched_name(sched), count, s, jobs, (double)count / s, c.passed);
    rig_data_free(&c.data);
    return 0;
}

/* ---- command ---- */

struct amounts {
    uint64_t rounds, reads, requests, cases, jobs, seeds;
    bool one_core;
};

static int part_reads(const struct amounts *a)
{
    return rig_bench_reads((unsigned)a->rounds, a->reads);
}

static int part_rings(const struct amounts *a)
{
    return rig_bench_rings((unsigned)a->rounds, a->requests, !a->one_core);
}

static int part_sound(const struct amounts *a)
{
    return rig_bench_sound((unsigned)a->rounds);
}

static int part_cases(const struct amounts *a)
{
    int code;

    printf("conformance cases, reference driver\n\n");
    code = bench_cases(FAKE_SCHED_STEP, a->cases, (unsigned)a->jobs);
    return code ? code
                : bench_cases(FAKE_SCHED_THREADS, a->cases, (unsigned)a->jobs);
}

static int part_explore(const struct amounts *a)
{
    struct rig_data data;
    int code = rig_data_load("bench", &data);

    if (code)
        return code;
    code = rig_bench_explore((unsigned)a->rounds, (unsigned)a->seeds,
                             &data.catalogue);
    rig_data_free(&data);
    return code;
}

static const struct part {
    const char *name;
    int (*run)(const struct amounts *a);
} parts[] = {
    {"reads", part_reads}, {"rings", part_rings},     {"sound", part_sound},
    {"cases", part_cases}, {"explore", part_explore},
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Bit per part that is named; all if none is. Returns 0, or an exit code. */
static int choose(int argc, char **argv, int first, unsigned *chosen)
{
    *chosen = first < argc ? 0 : (1u << PARTS) - 1;
    for (int i = first; i < argc; i++) {
        size_t k = 0;

        while (k < PARTS && strcmp(argv[i], parts[k].name) != 0)
            k++;
        if (k == PARTS)
            return rig_complain("bench",
                                "expected reads, rings, sound, cases or "
                                "explore, found '%s'",
                                argv[i]);
        *chosen |= 1u << k;
    }
    return 0;
}

static int run_parts(unsigned chosen, const struct amounts *a)
{
    bool first = true;

    for (size_t k = 0; k < PARTS; k++) {
        int code;

        if (!(chosen >> k & 1))
            continue;
        if (!first)
            putchar('\n');
        first = false;
        code = parts[k].run(a);
        if (code)
            return code;
        fflush(stdout);
    }
    return 0;
}

enum {
    OPT_ROUNDS = RIG_KEY_OWN,
    OPT_READS,
    OPT_REQUESTS,
    OPT_ONE_CORE,
    OPT_CASES,
    OPT_JOBS,
    OPT_SEEDS,
};

static const struct rig_option option_list[] = {
    {OPT_ROUNDS, "rounds", "N",
     "rounds of which the median is shown "
     "(default 5)"},
    {OPT_READS, "reads", "N", "reads per round (default 400000)"},
    {OPT_REQUESTS, "requests", "N",
     "requests on a ring per round (default 2000000)"},
    {OPT_ONE_CORE, "one-core", NULL,
     "rings: leave out what takes two cores (under valgrind, which has one)"},
    {OPT_CASES, "cases", "N", "cases to run (default 1000)"},
    {OPT_JOBS, "jobs", "N", "cases at once (default 2)"},
    {OPT_SEEDS, "seeds", "N", "seeds of the search per round (default 2000)"},
    {0},
};

static int take_option(struct rig_options *o, int key, struct amounts *a)
{
    switch (key) {
    case OPT_ROUNDS:
        return rig_options_number(o, 1, ROUNDS_MAX, &a->rounds);
    case OPT_READS:
        return rig_options_number(o, 1000, 1000000000, &a->reads);
    case OPT_REQUESTS:
        return rig_options_number(o, 1000, 1000000000, &a->requests);
    case OPT_ONE_CORE:
        a->one_core = true;
        return 0;
    case OPT_CASES:
        return rig_options_number(o, 1, 1000000, &a->cases);
    case OPT_SEEDS:
        return rig_options_number(o, 1, 1000000, &a->seeds);
    default:
        return rig_options_number(o, 1, 256, &a->jobs);
    }
}

int cmd_bench(int argc, char **argv)
{
    struct rig_options o = {
        .command = "bench",
        .usage = "[reads] [rings] [sound] [cases] [explore] [OPTION...]",
        .about = "Measures nanoseconds per 4 KiB read through driver, ring "
                 "and device, and per request in the driver's half of a "
                 "virtqueue; how fast sound is played in virtual time; "
                 "conformance cases per second; seeds of the search per "
                 "second, and what the event log costs them. Without a name: "
                 "all of them.",
        .list = option_list,
    };
    struct amounts a = {.rounds = 5,
                        .reads = 400000,
                        .requests = 2000000,
                        .cases = 1000,
                        .jobs = 2,
                        .seeds = 2000};
    unsigned chosen;
    int key, code;

    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (take_option(&o, key, &a))
            return o.exit_code;
    if (key < 0)
        return o.exit_code;
    code = choose(argc, argv, o.first, &chosen);
    return code ? code : run_parts(chosen, &a);
}
