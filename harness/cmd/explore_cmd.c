/* SPDX-License-Identifier: MIT
 *
 * ringtrue explore: random vectors, faults and schedules.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "crew.h"
#include "dut_ringtrue.h"
#include "dut_so.h"
#include "explore_print.h"
#include "options.h"
#include "origin.h"
#include "setup.h"

#define SEEDS_DEFAULT 10000u
#define SHARDS_MAX 1000000u
#define DEADLINE_MS 10000u
#define SHRINK_TRIES 400u
#define LOG_ROOM ((size_t)1 << 14)

struct explore {
    struct rig_setup setup;
    struct rig_data data;
    struct rig_search search;
    const char *out, *device, *ring;
    uint64_t jobs;
};

enum {
    OPT_SEEDS = RIG_KEY_OWN,
    OPT_JOBS,
    OPT_FAULTS,
    OPT_DEVICE,
    OPT_RING,
    OPT_MINUTES,
    OPT_SHARD,
    OPT_OUT,
    OPT_CAPSULES,
    OPT_DEADLINE,
};

static const struct rig_option option_list[] = {
    {.key = RIG_KEY_DUT},
    {OPT_SEEDS, "seeds", "A..B", "the seeds to run (default 1..10000)"},
    {OPT_JOBS, "jobs", "N", "worker processes (default: one per core)"},
    {OPT_FAULTS, "faults", "all|none|PATTERN[,PATTERN...]",
     "the faults that devices are given, up to 3 at a time, by names as "
     "'ringtrue faults' lists them (default all)"},
    {OPT_DEVICE, "device", "blk|snd", "only this device (default: both)"},
    {OPT_RING, "ring", "split|packed", "only this ring (default: both)"},
    {OPT_MINUTES, "minutes", "M", "begin no more seeds after that time"},
    {OPT_SHARD, "shard", "K/N",
     "only the seeds that leave K when divided by N: N machines with K from 0 "
     "to N-1 share a range without talking to each other"},
    {OPT_OUT, "out", "FILE",
     "append the results there, a line of JSON each, for 'ringtrue merge'"},
    {OPT_CAPSULES, "capsules", "DIR",
     "folder for the capsules of failures (default capsules)"},
    {OPT_DEADLINE, "deadline", "SECONDS",
     "a seed that takes longer in real time is killed and HUNG (default 10)"},
    {0},
};

static const struct rig_options options = {
    .command = "explore",
    .usage = "[OPTION...]",
    .about =
        "Runs a driver against random devices, random requests, random faults "
        "and random schedules, in virtual time. One seed is one run, and the "
        "same one everywhere. What fails is made as small as it gets and "
        "written as a capsule, which 'ringtrue replay' runs again.",
    .more = "exit codes:\n"
            "   0  no seed failed\n"
            "   1  some did\n"
            "   2  wrong usage or shared object; nothing was run\n"
            "   3  the bench itself failed\n"
            " 130  interrupted (143: by SIGTERM); what had ended is in the "
            "result file\n",
    .list = option_list,
};

/* --- options ------------------------------------------------------- */

static int bad(struct rig_options *o, const char *expected)
{
    o->exit_code = rig_complain("explore", "--%s: expected %s, found '%s'",
                                o->name, expected, o->value);
    return -1;
}

/* Two numbers with something between them, and nothing else. */
static bool two_numbers(const char *text, const char *between, uint64_t *a,
                        uint64_t *b)
{
    char *end;

    errno = 0;
    if (*text < '0' || *text > '9')
        return false;
    *a = strtoull(text, &end, 10);
    if (errno || strncmp(end, between, strlen(between)) != 0)
        return false;
    text = end + strlen(between);
    if (*text < '0' || *text > '9')
        return false;
    *b = strtoull(text, &end, 10);
    return !errno && *end == '\0' && *a <= INT64_MAX && *b <= INT64_MAX;
}

static int take_seeds(struct explore *x, struct rig_options *o)
{
    struct rig_search *s = &x->search;

    if (!two_numbers(o->value, "..", &s->first, &s->last) || s->first > s->last)
        return bad(o, "A..B with A up to B");
    return 0;
}

static int take_shard(struct explore *x, struct rig_options *o)
{
    struct rig_search *s = &x->search;

    if (!two_numbers(o->value, "/", &s->shard, &s->shards) || s->shards == 0 ||
        s->shards > SHARDS_MAX || s->shard >= s->shards)
        return bad(o, "K/N with K from 0 to N-1");
    return 0;
}

static int take_device(struct explore *x, struct rig_options *o)
{
    bool blk = strcmp(o->value, "blk") == 0;

    if (!blk && strcmp(o->value, "snd") != 0)
        return bad(o, "blk or snd");
    x->device = o->value;
    x->search.menu.blk = blk;
    x->search.menu.snd = !blk;
    return 0;
}

static int take_ring(struct explore *x, struct rig_options *o)
{
    bool split = strcmp(o->value, "split") == 0;

    if (!split && strcmp(o->value, "packed") != 0)
        return bad(o, "split or packed");
    x->ring = o->value;
    x->search.menu.split = split;
    x->search.menu.packed = !split;
    return 0;
}

static int take_minutes(struct explore *x, struct rig_options *o)
{
    return rig_options_time(o, "minutes", 60000, &x->search.minutes_ms);
}

/* Told now, and not after hours, when the first seed has failed. It is made
 * when there is something to put into it. */
static int check_capsules(const char *path)
{
    bool made = mkdir(path, 0777) == 0;
    bool bad = !made && errno != EEXIST;
    char inside[PATH_MAX];

    snprintf(inside, sizeof(inside), "%s/.", path);
    if (!bad)
        bad = access(inside, W_OK) != 0;
    if (bad)
        rig_complain("explore", "--capsules: cannot write to '%s': %s", path,
                     strerror(errno));
    if (made)
        rmdir(path);
    return bad;
}

static int take_option(struct explore *x, struct rig_options *o, int key)
{
    switch (key) {
    case OPT_SEEDS:
        return take_seeds(x, o);
    case OPT_JOBS:
        return rig_options_number(o, 1, RIG_CREW_MAX, &x->jobs);
    case OPT_FAULTS:
        x->search.menu.faults = o->value;
        return 0;
    case OPT_DEVICE:
        return take_device(x, o);
    case OPT_RING:
        return take_ring(x, o);
    case OPT_MINUTES:
        return take_minutes(x, o);
    case OPT_SHARD:
        return take_shard(x, o);
    case OPT_OUT:
        x->out = o->value;
        return 0;
    case OPT_CAPSULES:
        x->search.capsules = o->value;
        o->exit_code = RIG_EXIT_USAGE;
        return check_capsules(o->value);
    default:
        return rig_options_seconds(o, &x->search.deadline_ms);
    }
}

/* A word that matches nothing would be a fault that nobody meets, and nobody
 * misses. Known only when --device is. */
static int check_faults(const struct explore *x)
{
    char word[64];

    if (rig_menu_check(&x->search.menu, word, sizeof(word)))
        return 0;
    return rig_complain("explore",
                        "--faults: expected all, none, or names or patterns of "
                        "'ringtrue faults'%s%s, found '%s'",
                        x->device ? " that go with --device " : "",
                        x->device ? x->device : "", word);
}

static uint64_t default_jobs(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1              ? 1
           : cores > RIG_CREW_MAX ? RIG_CREW_MAX
                                  : (uint64_t)cores;
}

/* Returns -1, or what to exit with. */
static int parse(struct explore *x, int argc, char **argv)
{
    struct rig_options o = options;
    int key;

    rig_setup_init(&x->setup);
    o.setup = &x->setup;
    x->jobs = default_jobs();
    x->search = (struct rig_search){
        .menu = {.faults = "all",
                 .blk = true,
                 .snd = true,
                 .split = true,
                 .packed = true},
        .first = 1,
        .last = SEEDS_DEFAULT,
        .shards = 1,
        .deadline_ms = DEADLINE_MS,
        .shrink_tries = SHRINK_TRIES,
        .capsules = "capsules",
        .ledger = -1,
    };
    while ((key = rig_options_next(&o, argc, argv)) > 0)
        if (take_option(x, &o, key))
            return o.exit_code;
    if (key < 0)
        return o.exit_code;
    if (o.first < argc)
        return rig_complain("explore", "unexpected argument '%s'",
                            argv[o.first]);
    if (x->setup.subject == RIG_SUBJECT_LIAR)
        return rig_complain("explore", "--dut: a driver, not the liar, which "
                                       "each case has its own of");
    x->search.jobs = (unsigned)x->jobs;
    if (check_faults(x))
        return RIG_EXIT_USAGE;
    return -1;
}

/* --- running ------------------------------------------------------- */

/* What is behind a line that was cut off would be lost with it. */
static int end_last_line(int fd)
{
    off_t bytes = lseek(fd, 0, SEEK_END);
    char last = '\n';

    if (bytes > 0 && pread(fd, &last, 1, bytes - 1) != 1)
        return -1;
    return last == '\n' || write(fd, "\n", 1) == 1 ? 0 : -1;
}

static int open_ledger(struct explore *x)
{
    x->search.ledger =
        x->out ? open(x->out, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666)
               : memfd_create("ringtrue-results", MFD_CLOEXEC);
    if (x->search.ledger < 0 || end_last_line(x->search.ledger))
        return rig_complain("explore", "--out: cannot write '%s': %s",
                            x->out ? x->out : "memory", strerror(errno));
    if (!x->out) /* what is in memory is appended to as well */
        (void)fcntl(x->search.ledger, F_SETFL, O_APPEND);
    return 0;
}

static json_t *run_line(const struct explore *x)
{
    const struct rig_search *s = &x->search;

    return json_pack(
        "{s:s, s:O, s:O, s:I, s:I, s:I, s:I, s:s, s:s, s:s}", "type", "run",
        "build", s->build, "subject", s->subject, "first", (json_int_t)s->first,
        "last", (json_int_t)s->last, "shard", (json_int_t)s->shard, "shards",
        (json_int_t)s->shards, "faults", s->menu.faults, "device",
        x->device ? x->device : "both", "ring", x->ring ? x->ring : "both");
}

static json_t *end_line(const struct rig_search_end *end, double seconds)
{
    return json_pack("{s:s, s:I, s:I, s:f, s:b}", "type", "end", "seeds",
                     (json_int_t)end->tally.seeds, "failures",
                     (json_int_t)end->tally.failures, "seconds", seconds,
                     "complete", end->complete);
}

static int broke(const char *why)
{
    rig_complain("explore", "%s", why);
    return RIG_EXIT_BENCH;
}

static int search(struct explore *x)
{
    uint64_t start = rig_now_ms();
    off_t from = lseek(x->search.ledger, 0, SEEK_END);
    struct rig_search_end end;
    double seconds;

    if (rig_ledger_append(x->search.ledger, run_line(x)))
        return broke("cannot write the results");
    if (rig_crew_run(&x->search, &end))
        return broke(end.error);
    seconds = (double)(rig_now_ms() - start) / 1000;
    if (rig_ledger_append(x->search.ledger, end_line(&end, seconds)))
        return broke("cannot write the results");
    rig_explore_print_failures(x->search.ledger, from, &x->setup);
    rig_explore_print_tally(&x->search.menu, &end.tally, seconds, end.complete);
    if (end.ended_by)
        return 128 + end.ended_by;
    return end.tally.failures ? RIG_EXIT_FAIL : RIG_EXIT_PASS;
}

static int run_checked(struct explore *x, const struct rig_dut *dut)
{
    int rc = open_ledger(x);

    if (rc)
        return rc;
    x->search.stage = (struct rig_stage){.dut = dut,
                                         .catalogue = &x->data.catalogue,
                                         .log = true,
                                         .log_room = LOG_ROOM};
    x->search.build = rig_origin_build();
    x->search.subject = rig_origin_subject(&x->setup, dut);
    rc = search(x);
    json_decref(x->search.build);
    json_decref(x->search.subject);
    close(x->search.ledger);
    return rc;
}

int rig_subject_load(const char *command, const struct rig_setup *setup,
                     const struct rig_dut **dut)
{
    char err[512];
    int rc;

    *dut = &rig_dut_ringtrue;
    if (setup->subject != RIG_SUBJECT_SO)
        return 0;
    /* In a process of its own first, for loading may be the end of it. */
    rc = rig_setup_check(command, setup);
    if (rc == 0 && rig_so_open(setup->so_path, dut, err, sizeof(err)))
        rc = rig_complain(command, "--dut '%s': %s", setup->so_path, err);
    return rc;
}

int cmd_explore(int argc, char **argv)
{
    struct explore x = {0};
    const struct rig_dut *dut;
    int rc = parse(&x, argc, argv);

    if (rc >= 0)
        return rc;
    rc = rig_data_load("explore", &x.data);
    if (rc)
        return rc;
    rc = rig_subject_load("explore", &x.setup, &dut);
    if (rc == 0)
        rc = run_checked(&x, dut);
    rig_data_free(&x.data);
    return rc;
}
