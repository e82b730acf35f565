/* SPDX-License-Identifier: MIT
 *
 * test_fences.c: the reference driver loses neither a kick nor an interrupt
 * to a device on another thread.
 *
 * Driver and device fall asleep on each other by the same rule: say what you
 * want, fence, look once more. Without the fence the look comes first, and
 * both sleep. Here the device goes to sleep after each request, and the
 * driver hesitates for a different time in each turn, so that the two meet at
 * every distance. Built with -DRINGTRUE_OMIT_FENCE=IDX_BEFORE_SUPPRESSION the
 * first test fails in about every second run, with SUPPRESSION_BEFORE_IDX the
 * second in most (3 of 6 and 3 of 4 seen on x86); with its fences the driver
 * must pass every time, on a packed ring as well (harness_fences_packed). The
 * other two fences order accesses that ThreadSanitizer sees, see
 * driver/CMakeLists.txt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dut_ringtrue.h"
#include "rig.h"

/* RING_PACKED, or nothing about rings. */
#ifndef RING_FEATURE
#define RING_FEATURE "FLUSH"
#endif

#define TURNS 100000u
#define SECOND_NS UINT64_C(1000000000)

struct fixture {
    struct rig rig;
    struct rig_seg seg;
    struct rig_op op;
    uint32_t random;
};

static void start(struct fixture *f, int poll_us)
{
    const struct rig_machine_setup setup = {
        .sched = FAKE_SCHED_THREADS,
        .memory = FAKE_MEM_DIRECT,
        .seed = 1,
        .arena_bytes = (size_t)16 << 20,
    };
    json_t *device = json_pack("{s:i, s:i, s:[s, s, s, s]}", "capacity", 64,
                               "poll_us", poll_us, "features", "VERSION_1",
                               "EVENT_IDX", "INDIRECT_DESC", RING_FEATURE);
    char err[256];

    assert_int_equal(
        rig_start(&f->rig, &setup, device, &rig_dut_ringtrue, err, sizeof(err)),
        0);
    json_decref(device);
    assert_int_equal(rig_open(&f->rig, UINT64_MAX, 0), 0);
    f->seg = (struct rig_seg){rig_take(&f->rig, 512), 512};
    assert_non_null(f->seg.buf);
    f->op = (struct rig_op){
        .code = RIG_OP_BLK_READ, .seg = &f->seg, .seg_count = 1};
    f->random = 1;
}

static void stop(struct fixture *f)
{
    rig_give(&f->rig, f->seg.buf);
    rig_stop(&f->rig);
    rig_free(&f->rig);
}

/* For 0 to `most` turns of an empty loop. */
static void hesitate(struct fixture *f, uint32_t most)
{
    f->random = f->random * 1664525u + 1013904223u;
    for (volatile uint32_t k = (f->random >> 16) % most; k; k--)
        ;
}

/* One read, with `wait` before the driver looks for its completion. Each
 * sleep of the driver has to end by an interrupt. */
static void read_once(struct fixture *f, uint32_t wait)
{
    const struct rig_dut *dut = f->rig.dut;
    struct rig_done done;

    assert_int_equal(dut->submit(f->rig.self, &f->op), 0);
    dut->kick(f->rig.self);
    hesitate(f, wait);
    while (dut->poll(f->rig.self, &done, 1) == 0) {
        uint64_t now = fake_machine_now(f->rig.machine);

        assert_int_equal(fake_machine_wait(f->rig.machine, now + SECOND_NS), 1);
        assert_true(dut->interrupt(f->rig.self) >= 0);
    }
    assert_int_equal(done.result, 0);
    rig_take_interrupt(&f->rig);
}

static void test_no_kick_is_lost_to_a_device_falling_asleep(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, 0);
    for (unsigned k = 0; k < TURNS; k++) {
        hesitate(&f, 150);
        read_once(&f, 1);
    }
    stop(&f);
}

static void test_no_interrupt_is_lost_to_a_driver_falling_asleep(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, 50);
    for (unsigned k = 0; k < TURNS; k++)
        read_once(&f, 400);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_kick_is_lost_to_a_device_falling_asleep),
        cmocka_unit_test(test_no_interrupt_is_lost_to_a_driver_falling_asleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
