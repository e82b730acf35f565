/* SPDX-License-Identifier: MIT
 *
 * test_blk_fault.c: each fault of a disk fires where the plan says, and does
 * what its name says.
 */
#include <stdlib.h>

#include "disk.h"

#define DATA 0xc3
#define COUNT 8u /* sectors of most requests */

static void ready(struct fixture *f, enum fake_fault name, uint64_t arg)
{
    setup(f);
    fake_fault_add(&f->g.faults, name, 1, 1, arg);
    up(f, F_FLUSH);
}

static void finished(struct fixture *f)
{
    assert_null(fake_fault_unfired(&f->g.faults));
    assert_int_equal(guest_count(&f->g, FAKE_EV_FAULT), 1);
    down(f);
}

static void build_write(struct fixture *f, uint64_t sector, uint32_t sectors)
{
    request(f, T_OUT, sector, 512 * sectors, 0);
    memset(f->out + 16, DATA, 512 * (size_t)sectors);
}

static uint8_t write(struct fixture *f, uint64_t sector, uint32_t sectors)
{
    build_write(f, sector, sectors);
    return serve(f, whole);
}

static uint8_t medium(struct fixture *f, uint64_t byte)
{
    uint8_t value;

    f->disk.inner->ops->read(f->disk.inner, byte, &value, 1);
    return value;
}

/* Bytes [first, end) of the disk are new, all others are what they were. */
static void expect_new(struct fixture *f, uint64_t first, uint64_t end)
{
    for (uint64_t k = 0; k < SECTORS * 512; k++)
        assert_int_equal(medium(f, k),
                         k >= first && k < end ? DATA : disk_byte(k));
}

/* ---- writes ---- */

static void test_torn_write_is_an_error_and_half_there(void **state)
{
    static const uint64_t lengths[] = {0, 1, 512, 700, 4095};
    static const uint32_t cuts[] = {100, 1, 600, 0};

    (void)state;
    for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
        struct fixture f;

        ready(&f, FAKE_FAULT_BLK_TORN, lengths[k]);
        build_write(&f, 5, COUNT);
        assert_int_equal(serve(&f, cuts), S_IOERR);
        expect_new(&f, 5 * 512, 5 * 512 + lengths[k]);
        assert_int_equal(write(&f, 5, COUNT), S_OK); /* once only */
        expect_new(&f, 5 * 512, 13 * 512);
        finished(&f);
    }
}

static void test_torn_write_may_say_ok(void **state)
{
    struct fixture f;

    (void)state;
    ready(&f, FAKE_FAULT_BLK_TORN_OK, 1000);
    assert_int_equal(write(&f, 5, COUNT), S_OK);
    expect_new(&f, 5 * 512, 5 * 512 + 1000);
    finished(&f);
}

static void test_lost_write_leaves_nothing(void **state)
{
    struct fixture f;

    (void)state;
    ready(&f, FAKE_FAULT_BLK_LOST, 0);
    assert_int_equal(write(&f, 5, COUNT), S_OK);
    expect_disk_unchanged(&f);
    assert_int_equal(write(&f, 5, 1), S_OK);
    expect_new(&f, 5 * 512, 6 * 512);
    finished(&f);
}

static void test_misdirected_write_goes_elsewhere(void **state)
{
    static const uint32_t cuts[] = {300, 0};
    struct fixture f;

    (void)state;
    ready(&f, FAKE_FAULT_BLK_MISDIRECTED, 16);
    build_write(&f, 5, 2);
    assert_int_equal(serve(&f, cuts), S_OK);
    expect_new(&f, 21 * 512, 23 * 512);
    finished(&f);
    /* Round the end, and by more than the whole disk. */
    ready(&f, FAKE_FAULT_BLK_MISDIRECTED, 3 * SECTORS + 2);
    assert_int_equal(write(&f, SECTORS - 1, 1), S_OK);
    expect_new(&f, 512, 1024);
    finished(&f);
}

/* What would not have been written anyway is no occasion. */
static void test_faults_of_writes_wait_for_a_write(void **state)
{
    struct fixture f;

    (void)state;
    ready(&f, FAKE_FAULT_BLK_LOST, 0);
    assert_int_equal(write(&f, SECTORS, 1), S_IOERR);
    request(&f, T_IN, 5, 0, 512);
    assert_int_equal(serve(&f, whole), S_OK);
    request(&f, T_FLUSH, 0, 0, 0);
    assert_int_equal(serve(&f, whole), S_OK);
    assert_non_null(fake_fault_unfired(&f.g.faults));
    assert_int_equal(write(&f, 5, 1), S_OK);
    expect_disk_unchanged(&f);
    finished(&f);
}

/* ---- reads ---- */

static void test_bit_rot_turns_one_bit_of_what_is_delivered(void **state)
{
    static const uint64_t bits[] = {0, 7, 8 * 511 + 3, 8 * 1024 + 9};
    static const uint32_t cuts[] = {16, 100, 1, 300, 0};

    (void)state;
    for (size_t k = 0; k < sizeof(bits) / sizeof(bits[0]); k++) {
        struct fixture f;

        ready(&f, FAKE_FAULT_BLK_BIT_ROT, bits[k]);
        request(&f, T_IN, 5, 0, 1024);
        assert_int_equal(serve(&f, cuts), S_OK);
        f.in[bits[k] / 8 % 1024] ^= (uint8_t)(1u << bits[k] % 8);
        expect_data(f.in, 5 * 512, 1024);
        expect_disk_unchanged(&f);
        request(&f, T_IN, 5, 0, 1024);
        assert_int_equal(serve(&f, whole), S_OK);
        expect_data(f.in, 5 * 512, 1024);
        finished(&f);
    }
}

static void test_read_that_fails_has_nothing_to_rot(void **state)
{
    struct fixture f;

    (void)state;
    ready(&f, FAKE_FAULT_BLK_BIT_ROT, 0);
    request(&f, T_IN, SECTORS, 0, 512);
    assert_int_equal(serve(&f, whole), S_IOERR);
    expect_filler(&f);
    request(&f, T_IN, 0, 0, 0);
    assert_int_equal(serve(&f, whole), S_OK);
    assert_non_null(fake_fault_unfired(&f.g.faults));
    down(&f);
}

/* ---- place ---- */

static void planned_at(struct fixture *f, struct fake_site where)
{
    const struct fake_fault_rule rule = {
        .fault = FAKE_FAULT_BLK_IO_ERROR, .count = 1, .where = where};

    setup(f);
    f->cfg.features |= F_DISCARD;
    f->cfg.discard = (struct fake_blk_limits){64, 4, 0};
    assert_int_equal(fake_fault_plan(&f->g.faults, &rule), 0);
    up(f, F_FLUSH | F_DISCARD);
}

static uint8_t discard(struct fixture *f, uint64_t sector, uint32_t sectors)
{
    request(f, T_DISCARD, 0, 32, 0);
    put_le(f->out + 16, sector, 8);
    put_le(f->out + 24, sectors, 4);
    put_le(f->out + 32, sector + 8, 8);
    put_le(f->out + 40, sectors, 4);
    return serve(f, whole);
}

static void test_plan_says_at_which_sectors(void **state)
{
    struct fake_site where = FAKE_SITE_ANY;
    struct fixture f;

    (void)state;
    where.sector = 20;
    where.sectors = 2;
    planned_at(&f, where);
    assert_int_equal(write(&f, 16, 4), S_OK);
    assert_int_equal(write(&f, 22, 4), S_OK);
    request(&f, T_FLUSH, 0, 0, 0);
    assert_int_equal(serve(&f, whole), S_OK);
    assert_int_equal(discard(&f, 1, 8), S_OK);
    request(&f, T_IN, 21, 0, 512);
    assert_int_equal(serve(&f, whole), S_IOERR);
    finished(&f);
    planned_at(&f, where);
    assert_int_equal(discard(&f, 12, 1), S_IOERR); /* 12 and 20 */
    finished(&f);
}

static void test_plan_says_at_which_request(void **state)
{
    struct fake_site where = FAKE_SITE_ANY;
    struct fixture f;

    (void)state;
    where.type = T_FLUSH;
    planned_at(&f, where);
    assert_int_equal(write(&f, 16, 4), S_OK);
    request(&f, T_FLUSH, 0, 0, 0);
    assert_int_equal(serve(&f, whole), S_IOERR);
    finished(&f);
}

/* ---- slow ---- */

static void test_slow_request_comes_late_and_is_overtaken(void **state)
{
    struct fixture f;
    uint8_t *slow;

    (void)state;
    ready(&f, FAKE_FAULT_BLK_SLOW, 5000000);
    request(&f, T_IN, 5, 0, 512);
    slow = f.in;
    publish(&f, 0, whole);
    request(&f, T_IN, 6, 0, 512);
    publish(&f, 1, whole);
    assert_true(step(&f));
    assert_int_equal(f.wake, 5000000);
    assert_int_equal(guest_used_idx(&f.g), 1);
    assert_int_equal(guest_used_id(&f.g, 0), 1);
    f.now = 4999999;
    assert_false(step(&f));
    assert_int_equal(guest_used_idx(&f.g), 1);
    f.now = 5000000;
    assert_true(step(&f));
    assert_int_equal(guest_used_id(&f.g, 1), 0);
    expect_data(slow, 5 * 512, 512);
    assert_int_equal(slow[512], S_OK);
    finished(&f);
}

static void test_slow_request_is_forgotten_with_its_queue(void **state)
{
    static const enum fake_control_kind kinds[] = {FAKE_CONTROL_RESET,
                                                   FAKE_CONTROL_QUEUE_DOWN};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fake_control c = {.kind = kinds[k]};
        struct fixture f;

        ready(&f, FAKE_FAULT_BLK_SLOW, 1000);
        build_write(&f, 5, 1);
        publish(&f, 0, whole);
        assert_true(step(&f));
        assert_non_null(f.blk.late);
        fake_device_control(&f.blk.dev, &c);
        assert_null(f.blk.late);
        f.now = 1000000;
        step(&f);
        expect_disk_unchanged(&f);
        finished(&f);
    }
}

/* ---- capacity ---- */

static void test_capacity_shrinks_under_requests_in_flight(void **state)
{
    uint8_t *in[3];
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.latency_ns = 1000;
    fake_fault_add(&f.g.faults, FAKE_FAULT_BLK_SHRINKS, 2, 1, 32);
    up(&f, F_FLUSH);
    for (uint16_t k = 0; k < 3; k++) {
        request(&f, T_IN, k == 2 ? 31 : 40, 0, 512);
        in[k] = f.in;
        publish(&f, k, whole);
    }
    assert_true(step(&f));
    assert_int_equal(f.lines.sectors, 32);
    assert_true(f.lines.resized);
    assert_int_equal(f.lines.irq_status, 2);
    f.now = 1000;
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g), 3);
    assert_int_equal(in[0][512], S_IOERR);
    assert_int_equal(in[1][512], S_IOERR);
    assert_int_equal(in[2][512], S_OK);
    expect_data(in[2], 31 * 512, 512);
    finished(&f);
}

static void test_capacity_never_grows_by_shrinking(void **state)
{
    struct fixture f;

    (void)state;
    ready(&f, FAKE_FAULT_BLK_SHRINKS, SECTORS + 1);
    assert_int_equal(write(&f, SECTORS - 1, 1), S_OK);
    assert_int_equal(f.lines.sectors, SECTORS);
    assert_false(f.lines.resized);
    assert_int_equal(f.lines.irq_status, 1); /* of the request */
    finished(&f);
}

/* ---- power ---- */

struct outcome {
    bool none, all, some;
};

/* A write of COUNT sectors is on its way as power goes. */
static void cut_in_flight(uint64_t seed, bool late, bool cached,
                          struct outcome *o)
{
    static const uint32_t cuts[] = {100, 0};
    struct fake_cache *cache;
    struct fixture f;
    unsigned written = 0;

    setup(&f);
    f.cfg.latency_ns = 1000;
    f.cfg.seed = seed;
    if (late)
        fake_fault_add(&f.g.faults, FAKE_FAULT_BLK_SLOW, 1, 1, 1000);
    fake_fault_add(&f.g.faults, FAKE_FAULT_POWER_CUT, 2, 1, 0);
    cache = cached ? fake_cache_new(&f.disk.store, seed) : NULL;
    f.blk.cache = cache;
    up(&f, cached ? F_FLUSH : 0);
    build_write(&f, 5, COUNT);
    publish(&f, 0, cuts);
    request(&f, T_IN, 0, 0, 512);
    publish(&f, 1, whole);
    assert_true(step(&f));
    assert_true(f.lines.needs_reset);
    assert_int_equal(guest_used_idx(&f.g), 0);
    for (unsigned k = 0; k < COUNT; k++) {
        bool fresh = medium(&f, (5 + k) * 512) == DATA;

        for (uint64_t at = (5 + k) * 512; at < (6 + k) * 512; at++)
            assert_int_equal(medium(&f, at), fresh ? DATA : disk_byte(at));
        written += fresh;
    }
    assert_int_equal(medium(&f, 5 * 512 - 1), disk_byte(5 * 512 - 1));
    assert_int_equal(medium(&f, 13 * 512), disk_byte(13 * 512));
    o->none |= written == 0;
    o->all |= written == COUNT;
    o->some |= written > 0 && written < COUNT;
    assert_null(fake_fault_unfired(&f.g.faults));
    down(&f);
    fake_cache_free(cache);
}

static void test_power_cut_may_tear_a_request_but_no_sector(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        struct outcome o = {false, false, false};

        for (uint64_t seed = 1; seed < 40; seed++)
            cut_in_flight(seed * 0x9e3779b97f4a7c15u, kind & 1, kind & 2, &o);
        assert_true(o.none);
        assert_true(o.all);
        assert_true(o.some);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_torn_write_is_an_error_and_half_there),
        cmocka_unit_test(test_torn_write_may_say_ok),
        cmocka_unit_test(test_lost_write_leaves_nothing),
        cmocka_unit_test(test_misdirected_write_goes_elsewhere),
        cmocka_unit_test(test_faults_of_writes_wait_for_a_write),
        cmocka_unit_test(test_bit_rot_turns_one_bit_of_what_is_delivered),
        cmocka_unit_test(test_read_that_fails_has_nothing_to_rot),
        cmocka_unit_test(test_plan_says_at_which_sectors),
        cmocka_unit_test(test_plan_says_at_which_request),
        cmocka_unit_test(test_slow_request_comes_late_and_is_overtaken),
        cmocka_unit_test(test_slow_request_is_forgotten_with_its_queue),
        cmocka_unit_test(test_capacity_shrinks_under_requests_in_flight),
        cmocka_unit_test(test_capacity_never_grows_by_shrinking),
        cmocka_unit_test(test_power_cut_may_tear_a_request_but_no_sector),
    };

    return cmocka_run_group_tests_name("blk_fault", tests, NULL, NULL);
}
