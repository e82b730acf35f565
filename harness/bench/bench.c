/* SPDX-License-Identifier: MIT
 *
 * ringtrue bench: how fast driver, ring and device are together, and how many
 * cases a run does in a second. Each figure is the median of several rounds;
 * the rounds of all rows are interleaved, so that a slow moment of the
 * machine touches all of them alike.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_snd.h"
#include "commands.h"
#include "dut_ringtrue.h"
#include "options.h"
#include "pool.h"
#include "rig.h"
#include "setup.h"

#define BLOCK_BYTES 4096u
#define BLOCK_SECTORS 8u
#define DISK_SECTORS 32768u /* 16 MiB */
#define DEPTH_MAX 32u
#define ROUNDS_MAX 101u
#define ARENA_BYTES ((size_t)64 << 20)
#define LOG_ROOM 16384u              /* as that of a case */
#define WAIT_NS UINT64_C(1000000000) /* for a completion */

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct row {
    enum fake_sched_kind sched;
    unsigned depth;
    bool judge;
    double ns[ROUNDS_MAX];
};

/* ---- reads ---- */

struct slots {
    struct rig_op op[DEPTH_MAX];
    struct rig_seg seg[DEPTH_MAX];
    uint64_t next_sector;
};

static int submit(struct rig *rig, struct slots *s, unsigned k)
{
    s->op[k].sector = s->next_sector;
    s->next_sector = (s->next_sector + BLOCK_SECTORS) % DISK_SECTORS;
    return rig->dut->submit(rig->self, &s->op[k]);
}

/* Takes interrupts and completions, puts each slot to use again while more
 * reads are to be started. Returns completions, or an error. */
static int turn(struct rig *rig, struct slots *s, uint64_t *to_start)
{
    struct rig_done done[DEPTH_MAX];
    int irq = rig_take_interrupt(rig);
    int n = rig->dut->poll(rig->self, done, DEPTH_MAX);
    bool started = false;

    if (irq < 0)
        return irq;
    for (int k = 0; k < n; k++) {
        if (done[k].result)
            return done[k].result;
        if (*to_start == 0)
            continue;
        (*to_start)--;
        started = true;
        if (submit(rig, s, (unsigned)done[k].token))
            return RGT_E_AGAIN;
    }
    if (started)
        rig->dut->kick(rig->self);
    return n;
}

/* Reads `reads` blocks with `depth` in flight. Returns 0 or an error. */
static int read_blocks(struct rig *rig, unsigned depth, uint64_t reads)
{
    struct slots s = {.next_sector = 0};
    uint64_t to_start = reads, left = reads;

    for (unsigned k = 0; k < depth; k++) {
        s.seg[k].buf = rig_take(rig, BLOCK_BYTES);
        s.seg[k].bytes = BLOCK_BYTES;
        s.op[k] = (struct rig_op){.code = RIG_OP_BLK_READ,
                                  .token = k,
                                  .seg = &s.seg[k],
                                  .seg_count = 1};
        to_start--;
        if (!s.seg[k].buf || submit(rig, &s, k))
            return RGT_E_NOMEM;
    }
    rig->dut->kick(rig->self);
    while (left) {
        int n = turn(rig, &s, &to_start);

        if (n < 0)
            return n;
        left -= (uint64_t)n;
        if (n == 0 && !fake_machine_irq(rig->machine) &&
            !fake_machine_wait(rig->machine,
                               fake_machine_now(rig->machine) + WAIT_NS))
            return RGT_E_TIMEOUT;
    }
    for (unsigned k = 0; k < depth; k++)
        rig_give(rig, s.seg[k].buf);
    return 0;
}

static int measure(struct row *row, unsigned round, uint64_t reads)
{
    struct rig_machine_setup machine = {
        .sched = row->sched,
        .memory = FAKE_MEM_DIRECT,
        .seed = 1,
        .log = row->judge,
        .log_room = LOG_ROOM,
        .arena_bytes = ARENA_BYTES,
    };
    json_t *device = json_pack("{s:i}", "capacity", (int)DISK_SECTORS);
    char err[256];
    struct rig rig;
    uint64_t start;
    int code;

    code =
        rig_start(&rig, &machine, device, &rig_dut_ringtrue, err, sizeof(err));
    json_decref(device);
    if (!code)
        code = rig_open(&rig, UINT64_MAX, 0);
    if (!code)
        code = read_blocks(&rig, row->depth, reads / 8); /* warm up */
    start = now_ns();
    if (!code)
        code = read_blocks(&rig, row->depth, reads);
    row->ns[round] = (double)(now_ns() - start) / (double)reads;
    if (code)
        rig_complain("bench", "reads failed: %s", rgt_err_name(code));
    rig_stop(&rig);
    rig_free(&rig);
    return code;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *list, unsigned count)
{
    qsort(list, count, sizeof(*list), ascending);
    return list[count / 2];
}

static void print_rows(struct row *rows, unsigned count, unsigned rounds)
{
    printf("4 KiB reads, reference driver, split ring, memory disk\n\n"
           "  scheduler  depth  judge   ns/read (min .. max)      reads/s\n");
    for (unsigned k = 0; k < count; k++) {
        struct row *r = &rows[k];
        double m = median(r->ns, rounds);

        printf("  %-9s  %5u  %-5s  %8.0f (%.0f .. %.0f)%*s%11.0f\n",
               rig_sched_name((int)r->sched), r->depth, r->judge ? "on" : "off",
               m, r->ns[0], r->ns[rounds - 1],
               (int)(14 - snprintf(NULL, 0, "%.0f .. %.0f", r->ns[0],
                                   r->ns[rounds - 1])),
               "", 1e9 / m);
    }
}

static int bench_reads(unsigned rounds, uint64_t reads)
{
    struct row rows[8];
    unsigned n = 0;

    memset(rows, 0, sizeof(rows));
    for (unsigned k = 0; k < 8; k++) {
        rows[n].sched = k & 4 ? FAKE_SCHED_THREADS : FAKE_SCHED_STEP;
        rows[n].depth = k & 2 ? DEPTH_MAX : 1;
        rows[n++].judge = k & 1;
    }
    for (unsigned round = 0; round < rounds; round++)
        for (unsigned k = 0; k < n; k++)
            if (measure(&rows[k], round,
                        rows[k].depth == 1 ? reads / 4 : reads))
                return RIG_EXIT_BENCH;
    print_rows(rows, n, rounds);
    return 0;
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

enum { OPT_ROUNDS = RIG_KEY_OWN, OPT_READS, OPT_CASES, OPT_JOBS };

static const struct rig_option option_list[] = {
    {OPT_ROUNDS, "rounds", "N",
     "rounds of which the median is shown "
     "(default 5)"},
    {OPT_READS, "reads", "N", "reads per round (default 400000)"},
    {OPT_CASES, "cases", "N", "cases to run (default 1000)"},
    {OPT_JOBS, "jobs", "N", "cases at once (default 2)"},
    {0},
};

int cmd_bench(int argc, char **argv)
{
    struct rig_options o = {
        .command = "bench",
        .usage = "[OPTION...]",
        .about = "Measures nanoseconds per 4 KiB read through driver, ring "
                 "and device, how fast sound is played in virtual time, and "
                 "conformance cases per second.",
        .list = option_list,
    };
    uint64_t rounds = 5, reads = 400000, cases = 1000, jobs = 2;
    int key, code = 0;

    while ((key = rig_options_next(&o, argc, argv)) > 0) {
        if (key == OPT_ROUNDS)
            code = rig_options_number(&o, 1, ROUNDS_MAX, &rounds);
        else if (key == OPT_READS)
            code = rig_options_number(&o, 1000, 1000000000, &reads);
        else if (key == OPT_CASES)
            code = rig_options_number(&o, 1, 1000000, &cases);
        else
            code = rig_options_number(&o, 1, 256, &jobs);
        if (code)
            return o.exit_code;
    }
    if (key < 0)
        return o.exit_code;
    if (o.first < argc)
        return rig_complain("bench", "unexpected argument '%s'", argv[o.first]);
    code = bench_reads((unsigned)rounds, reads);
    if (code)
        return code;
    code = rig_bench_sound((unsigned)rounds);
    if (code)
        return code;
    printf("\nconformance cases, reference driver\n\n");
    code = bench_cases(FAKE_SCHED_STEP, cases, (unsigned)jobs);
    if (!code)
        code = bench_cases(FAKE_SCHED_THREADS, cases, (unsigned)jobs);
    return code;
}
