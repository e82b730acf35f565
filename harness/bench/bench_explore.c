/* SPDX-License-Identifier: MIT
 *
 * bench_explore.c: see bench_explore.h. The same seeds in this process, as a
 * worker of the search runs them, one after the other.
 */
#include "bench_explore.h"

#include <stdio.h>
#include <time.h>

#include "dut_ringtrue.h"
#include "generate.h"
#include "median.h"
#include "options.h"
#include "play.h"
#include "warm.h"

#define LOG_ROOM ((size_t)1 << 14)
#define ROUNDS_MAX 101u

enum { JUDGED, LOGGED, BARE, MODES };

struct row {
    const char *name;
    bool log, judge;
    double seconds[ROUNDS_MAX];
    uint64_t events;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int play(struct row *row, unsigned round, unsigned seeds,
                const struct rig_catalogue *catalogue)
{
    const struct rig_menu menu = {.faults = "all",
                                  .blk = true,
                                  .snd = true,
                                  .split = true,
                                  .packed = true};
    const struct rig_stage stage = {.dut = &rig_dut_ringtrue,
                                    .catalogue = catalogue,
                                    .log_room = LOG_ROOM,
                                    .log = row->log,
                                    .unjudged = !row->judge};
    double start = now();

    row->events = 0;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct rig_finding f;
        struct rig_trial trial;

        if (rig_generate(&menu, seed, &trial))
            return -1;
        rig_play(&stage, &trial, &f);
        rig_trial_free(&trial);
        row->events += f.events;
        if (f.verdict != RIG_PASS)
            return -1; /* a failure costs something else */
    }
    row->seconds[round] = now() - start;
    return 0;
}

static void print(struct row *rows, unsigned rounds, unsigned seeds)
{
    double median[MODES];

    printf("Search, one core              seeds/s     events/s\n");
    for (unsigned k = 0; k < MODES; k++) {
        median[k] = rig_median(rows[k].seconds, rounds);
        printf("  %-24s %10.0f %12.0f\n", rows[k].name, seeds / median[k],
               (double)rows[k].events / median[k]);
    }
    printf("  the log is %.0f %% of a run that is not judged, log and judge "
           "%.0f %% of one that is\n",
           100 * (1 - median[BARE] / median[LOGGED]),
           100 * (1 - median[BARE] / median[JUDGED]));
}

int rig_bench_explore(unsigned rounds, unsigned seeds,
                      const struct rig_catalogue *catalogue)
{
    struct row rows[MODES] = {
        [JUDGED] = {.name = "event log and judge", .log = true, .judge = true},
        [LOGGED] = {.name = "event log", .log = true},
        [BARE] = {.name = "neither"},
    };

    rig_warm_up();
    for (unsigned r = 0; r < rounds; r++)
        for (unsigned k = 0; k < MODES; k++)
            if (play(&rows[k], r, seeds, catalogue)) {
                rig_complain("bench", "a seed of the search failed");
                return RIG_EXIT_BENCH;
            }
    print(rows, rounds, seeds);
    return RIG_EXIT_PASS;
}
