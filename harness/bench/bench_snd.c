/* SPDX-License-Identifier: MIT
 *
 * bench_snd.c: see bench_snd.h. 48 kHz, stereo, S16, periods of 10 ms, four
 * to eight of them in flight, through driver, txq and model into a sink that
 * drops them.
 */
#include "bench_snd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "dut_ringtrue.h"
#include "median.h"
#include "options.h"
#include "rig.h"
#include "ringtrue/wire.h"

#define PERIOD_BYTES 1920u
#define PERIODS_PER_S 100u
#define IN_FLIGHT 8u
#define VIRTUAL_S 120u
#define REAL_S 3u
#define ARENA_BYTES ((size_t)64 << 20)
#define LOG_ROOM 16384u
#define ROUNDS_MAX 101u

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- a sink that drops all ---- */

static int drop_start(struct fake_sink *sink, const struct fake_pcm *pcm)
{
    (void)sink;
    (void)pcm;
    return 0;
}

static int drop_write(struct fake_sink *sink, const void *data, size_t bytes,
                      bool silence)
{
    (void)sink;
    (void)data;
    (void)bytes;
    (void)silence;
    return 0;
}

static void drop_stop(struct fake_sink *sink)
{
    (void)sink;
}

static const struct fake_sink_ops drop_ops = {
    .start = drop_start, .write = drop_write, .stop = drop_stop};

/* ---- playback ---- */

struct player {
    struct rig rig;
    struct fake_sink sink;
    struct rig_request message[IN_FLIGHT];
    struct rig_seg seg[IN_FLIGHT];
};

static int command(struct player *p, enum rig_op_code code)
{
    struct rig_request r = {
        .op = {.code = code,
               .params = {.buffer_bytes = IN_FLIGHT * PERIOD_BYTES,
                          .period_bytes = PERIOD_BYTES,
                          .channels = 2,
                          .format = VIRTIO_SND_PCM_FMT_S16,
                          .rate = VIRTIO_SND_PCM_RATE_48000}}};
    int run = rig_run(&p->rig, &r, 1);

    return run ? run : r.result;
}

static int send(struct player *p, unsigned k)
{
    struct rig_request *r = &p->message[k];

    *r = (struct rig_request){
        .op = {.code = RIG_OP_SND_WRITE, .seg = &p->seg[k], .seg_count = 1}};
    return rig_begin(&p->rig, r, 1);
}

static int bring_up(struct player *p, enum fake_sched_kind sched, bool judge)
{
    struct rig_machine_setup setup = {
        .sched = sched,
        .memory = FAKE_MEM_DIRECT,
        .seed = 1,
        .sink = {&p->sink},
        .log = judge,
        .log_room = LOG_ROOM,
        .arena_bytes = ARENA_BYTES,
    };
    json_t *device = json_pack("{s:s}", "type", "snd");
    char err[256];
    int code;

    memset(p, 0, sizeof(*p));
    p->sink.ops = &drop_ops;
    code =
        rig_start(&p->rig, &setup, device, &rig_dut_ringtrue, err, sizeof(err));
    json_decref(device);
    if (!code)
        code = rig_open(&p->rig, UINT64_MAX, 0);
    for (unsigned k = 0; !code && k < IN_FLIGHT; k++) {
        p->seg[k] =
            (struct rig_seg){rig_take(&p->rig, PERIOD_BYTES), PERIOD_BYTES};
        code = p->seg[k].buf ? 0 : RGT_E_NOMEM;
    }
    return code;
}

/* Plays `periods` of them. Returns 0 or an error. */
static int play(struct player *p, unsigned periods)
{
    unsigned left = periods;
    int code = command(p, RIG_OP_SND_SET_PARAMS);

    if (!code)
        code = command(p, RIG_OP_SND_PREPARE);
    for (unsigned k = 0; !code && k < IN_FLIGHT; k++, left--)
        code = send(p, k);
    if (!code)
        code = command(p, RIG_OP_SND_START);
    while (!code && left) {
        code =
            rig_turn(&p->rig, fake_machine_now(p->rig.machine) + 1000000000u);
        for (unsigned k = 0; !code && left && k < IN_FLIGHT; k++)
            if (p->message[k].done && !(code = p->message[k].result)) {
                code = send(p, k);
                left--;
            }
    }
    return code;
}

static int measure(enum fake_sched_kind sched, bool judge, unsigned periods,
                   double *wall, double *cpu)
{
    struct player *p = malloc(sizeof(*p));
    double wall_start, cpu_start;
    int code;

    if (!p)
        return RGT_E_NOMEM;
    code = bring_up(p, sched, judge);
    wall_start = seconds(CLOCK_MONOTONIC);
    cpu_start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (!code)
        code = play(p, periods);
    *wall = seconds(CLOCK_MONOTONIC) - wall_start;
    *cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
    rig_stop(&p->rig);
    rig_free(&p->rig);
    free(p);
    return code;
}

static int in_virtual_time(unsigned rounds, bool judge)
{
    double times[ROUNDS_MAX], wall, cpu, median;

    for (unsigned k = 0; k < rounds; k++) {
        if (measure(FAKE_SCHED_STEP, judge, VIRTUAL_S * PERIODS_PER_S, &wall,
                    &cpu))
            return -1;
        times[k] = VIRTUAL_S / wall;
    }
    median = rig_median(times, rounds);
    printf("  step, judge %-3s  %8.0f (%.0f .. %.0f) times real time\n",
           judge ? "on" : "off", median, times[0], times[rounds - 1]);
    return 0;
}

static int in_real_time(void)
{
    double wall, cpu;

    if (measure(FAKE_SCHED_THREADS, true, REAL_S * PERIODS_PER_S, &wall, &cpu))
        return -1;
    printf("  threads, judge on   %.2f %% of one processor, over %.1f s\n",
           100 * cpu / wall, wall);
    return 0;
}

int rig_bench_sound(unsigned rounds)
{
    printf("playback, 48 kHz stereo S16, periods of 10 ms\n\n");
    if (in_virtual_time(rounds, false) || in_virtual_time(rounds, true) ||
        in_real_time()) {
        rig_complain("bench", "playback failed");
        return 3;
    }
    return 0;
}
