/* SPDX-License-Identifier: MIT
 *
 * test_weak.c: the reference driver on a weakly ordered CPU, built with
 * dut_ringtrue_fence.h: with all of its fences it passes under every seed, on
 * either ring, with EVENT_IDX and without; with one of them taken out
 * (-DMISSING: a program of its own for each) it is convicted on each of the
 * four. These builds are kept so that the proof is made anew with each change
 * of driver, device or CPU.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fakedev/judge.h"
#include "rig.h"
#include "weak_subject.h"

#ifdef MISSING
#define SEEDS 100u
#else
#define SEEDS 300u
#endif

#define TURNS 40u
#define BATCH 6u
#define SECTORS 64u
#define SECTOR_BYTES 512u

struct kind {
    const char *ring, *event;
};

struct fixture {
    struct rig rig;
    struct rig_seg seg[BATCH];
    struct rig_request request[BATCH];
    uint8_t holds[SECTORS]; /* what each byte of a sector is */
    uint64_t rng;
    char verdict[400]; /* "" as long as all is well */
};

static uint32_t choose(struct fixture *f, uint32_t n)
{
    f->rng = f->rng * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(f->rng >> 33) % n;
}

static void start(struct fixture *f, const struct kind *kind, uint64_t seed)
{
    const struct rig_machine_setup setup = {
        .sched = FAKE_SCHED_STEP,
        .memory = FAKE_MEM_DIRECT,
        .seed = seed,
        .instrument = true,
        .log = true,
        .log_room = (size_t)1 << 12,
        .arena_bytes = (size_t)8 << 20,
    };
    json_t *device =
        json_pack("{s:i, s:i, s:i, s:[s, s, s, s]}", "capacity", (int)SECTORS,
                  "queue_size", 16, "latency_us", (int)(seed % 3), "features",
                  "VERSION_1", "INDIRECT_DESC", kind->ring, kind->event);
    char err[256];

    memset(f, 0, sizeof(*f));
    f->rng = seed;
    assert_int_equal(
        rig_start(&f->rig, &setup, device, &weak_subject, err, sizeof(err)), 0);
    json_decref(device);
    for (unsigned k = 0; k < BATCH; k++) {
        f->seg[k] =
            (struct rig_seg){rig_take(&f->rig, SECTOR_BYTES), SECTOR_BYTES};
        assert_non_null(f->seg[k].buf);
    }
}

static void stop(struct fixture *f)
{
    for (unsigned k = 0; k < BATCH; k++)
        rig_give(&f->rig, f->seg[k].buf);
    rig_free(&f->rig);
}

/* ---- requests, each on a sector of its own ---- */

static uint64_t sector_of(const struct fixture *f, unsigned k)
{
    return f->request[k].op.sector;
}

static void prepare(struct fixture *f, unsigned k, uint32_t sector)
{
    bool writes = choose(f, 2);
    uint8_t byte = (uint8_t)choose(f, 256);

    f->request[k] = (struct rig_request){
        .op = {.code = writes ? RIG_OP_BLK_WRITE : RIG_OP_BLK_READ,
               .sector = sector,
               .seg = &f->seg[k],
               .seg_count = 1}};
    memset(f->seg[k].buf, byte, SECTOR_BYTES);
    if (writes)
        f->holds[sector] = byte;
}

static bool is_right(const struct fixture *f, unsigned k)
{
    const uint8_t *data = f->seg[k].buf;
    uint8_t byte = f->holds[sector_of(f, k)];

    for (unsigned at = 0; at < SECTOR_BYTES; at++)
        if (data[at] != byte)
            return false;
    return true;
}

static void check(struct fixture *f, unsigned k)
{
    int32_t result = f->request[k].result;

    if (result)
        snprintf(f->verdict, sizeof(f->verdict), "a request ended with %d",
                 result);
    else if (!is_right(f, k))
        snprintf(f->verdict, sizeof(f->verdict), "wrong data");
}

/* The second part while the device is at the first. */
static int run_in_parts(struct fixture *f, unsigned count, unsigned first)
{
    uint64_t deadline = fake_machine_now(f->rig.machine) + f->rig.timeout_ns;
    int code = rig_begin(&f->rig, f->request, first);

    if (code == 0)
        code = rig_begin(&f->rig, f->request + first, count - first);
    return code ? code : rig_finish(&f->rig, f->request, count, deadline);
}

static void turn(struct fixture *f)
{
    unsigned count = 1 + choose(f, BATCH);
    uint32_t sector = choose(f, SECTORS);
    int code;

    for (unsigned k = 0; k < count; k++)
        prepare(f, k, (sector + k) % SECTORS);
    code = run_in_parts(f, count, choose(f, count));
    if (code == 0 && choose(f, 4) == 0)
        code = rig_idle(&f->rig, 5000);
    if (code)
        snprintf(f->verdict, sizeof(f->verdict), "the driver says %s",
                 rgt_err_name(code));
    for (unsigned k = 0; k < count && !f->verdict[0]; k++)
        check(f, k);
}

static void judge(struct fixture *f)
{
    const struct fake_violation *list;

    if (f->verdict[0] || !fake_judge_violations(f->rig.machine->judge, &list))
        return;
    snprintf(f->verdict, sizeof(f->verdict), "%s: %.120s; seen %.120s",
             list[0].clause, list[0].expected, list[0].seen);
}

/* Returns the number of events. */
static uint64_t run(struct fixture *f, const struct kind *kind, uint64_t seed)
{
    uint64_t events;
    int code;

    start(f, kind, seed);
    code = rig_open(&f->rig, UINT64_MAX, 0);
    if (code)
        snprintf(f->verdict, sizeof(f->verdict), "open says %s",
                 rgt_err_name(code));
    for (unsigned k = 0; k < TURNS && !f->verdict[0]; k++)
        turn(f);
    rig_stop(&f->rig);
    judge(f);
    events = f->rig.machine->log.count;
    stop(f);
    return events;
}

/* ---- the laws ---- */

#ifndef MISSING

static void test_whole_driver_passes_every_seed(const struct kind *kind)
{
    struct fixture f;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        (void)run(&f, kind, seed);
        if (f.verdict[0])
            fail_msg("%s, %s, seed %u: %s", kind->ring, kind->event,
                     (unsigned)seed, f.verdict);
    }
}

#define LAW test_whole_driver_passes_every_seed

#else

static void test_missing_fence_is_convicted(const struct kind *kind)
{
    unsigned guilty = 0, first = 0;
    char verdict[400] = "";
    struct fixture f;

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        (void)run(&f, kind, seed);
        if (f.verdict[0] && !guilty++) {
            first = seed;
            memcpy(verdict, f.verdict, sizeof(verdict));
        }
    }
    print_message("%s, %s: %u of %u seeds, first %u: %s\n", kind->ring,
                  kind->event, guilty, SEEDS, first, verdict);
    assert_true(guilty);
}

#define LAW test_missing_fence_is_convicted

#endif

static void test_on_split(void **state)
{
    (void)state;
    LAW(&(const struct kind){"FLUSH", "FLUSH"});
}

static void test_on_split_with_event_idx(void **state)
{
    (void)state;
    LAW(&(const struct kind){"FLUSH", "EVENT_IDX"});
}

static void test_on_packed(void **state)
{
    (void)state;
    LAW(&(const struct kind){"RING_PACKED", "FLUSH"});
}

static void test_on_packed_with_event_idx(void **state)
{
    (void)state;
    LAW(&(const struct kind){"RING_PACKED", "EVENT_IDX"});
}

static void test_run_is_a_function_of_the_seed(void **state)
{
    static const struct kind kind = {"RING_PACKED", "EVENT_IDX"};
    struct fixture f;
    char verdict[sizeof(f.verdict)];

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t events = run(&f, &kind, seed);

        memcpy(verdict, f.verdict, sizeof(verdict));
        assert_int_equal(run(&f, &kind, seed), events);
        assert_string_equal(f.verdict, verdict);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_split),
        cmocka_unit_test(test_on_split_with_event_idx),
        cmocka_unit_test(test_on_packed),
        cmocka_unit_test(test_on_packed_with_event_idx),
        cmocka_unit_test(test_run_is_a_function_of_the_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
