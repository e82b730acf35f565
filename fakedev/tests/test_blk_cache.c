/* SPDX-License-Identifier: MIT
 *
 * test_blk_cache.c: which writes are on the medium when (5.2.6.2), seen
 * through power cuts.
 */
#include <stdlib.h>

#include "disk.h"

struct cached {
    struct fixture f;
    struct fake_cache *cache;
};

static void ready(struct cached *c, uint64_t offered, uint64_t negotiated,
                  unsigned writeback, uint64_t seed)
{
    setup(&c->f);
    c->f.cfg.features = offered;
    c->f.cfg.write_zeroes = (struct fake_blk_limits){64, 4, 0};
    c->f.cfg.discard = (struct fake_blk_limits){64, 4, 0};
    c->f.cfg.secure_erase = (struct fake_blk_limits){64, 4, 0};
    c->f.cfg.discarded = FAKE_BLK_DISCARD_GARBAGE;
    c->f.cfg.seed = seed;
    c->f.lines.writeback = writeback;
    c->cache = fake_cache_new(&c->f.disk.store, seed);
    assert_non_null(c->cache);
    c->f.blk.cache = c->cache;
    up(&c->f, negotiated);
}

static void finished(struct cached *c)
{
    down(&c->f);
    fake_cache_free(c->cache);
}

static void write(struct cached *c, uint64_t sector, uint8_t byte)
{
    request(&c->f, T_OUT, sector, 512, 0);
    memset(c->f.out + 16, byte, 512);
    assert_int_equal(serve(&c->f, whole), S_OK);
}

static void flush(struct cached *c)
{
    request(&c->f, T_FLUSH, 0, 0, 0);
    assert_int_equal(serve(&c->f, whole), S_OK);
}

static void range(struct cached *c, uint32_t type, uint64_t sector)
{
    request(&c->f, type, 0, 16, 0);
    put_le(c->f.out + 16, sector, 8);
    put_le(c->f.out + 24, 1, 4);
    assert_int_equal(serve(&c->f, whole), S_OK);
}

static void cut(struct cached *c, enum fake_survival survival)
{
    struct fake_control control = {.kind = FAKE_CONTROL_POWER_CUT,
                                   .survival = survival};

    fake_device_control(&c->f.blk.dev, &control);
    assert_true(c->f.lines.needs_reset);
    assert_false(step(&c->f));
}

/* First byte of a sector on the medium. */
static uint8_t medium(struct cached *c, uint64_t sector)
{
    uint8_t byte;

    c->f.disk.inner->ops->read(c->f.disk.inner, sector * 512, &byte, 1);
    return byte;
}

static uint8_t old(uint64_t sector)
{
    return disk_byte(sector * 512);
}

#define NEW 0xc3

/* ---- the table of 5.2.6.2 ---- */

static const struct stability {
    uint64_t offered, negotiated;
    unsigned writeback;
    bool stable;
} table[] = {
    {F_FLUSH, 0, 1, true}, /* condition 1 */
    {F_FLUSH, F_FLUSH, 0, false},
    {0, 0, 0, false}, /* no duty */
    {F_FLUSH | F_WCE, 0, 1, true},
    {F_FLUSH | F_WCE, F_FLUSH, 0, false}, /* the field counts for nothing */
    {F_FLUSH | F_WCE, F_WCE, 0, true},    /* condition 2 */
    {F_FLUSH | F_WCE, F_WCE, 1, false},
    {F_FLUSH | F_WCE, F_FLUSH | F_WCE, 0, true},
    {F_FLUSH | F_WCE, F_FLUSH | F_WCE, 1, false},
};

static void test_write_is_stable_exactly_when_it_has_to_be(void **state)
{
    static const uint32_t types[] = {T_OUT, T_WRITE_ZEROES};

    (void)state;
    for (size_t k = 0; k < sizeof(table) / sizeof(table[0]); k++) {
        for (unsigned t = 0; t < 2; t++) {
            const uint64_t more = F_WRITE_ZEROES;
            struct cached c;

            ready(&c, table[k].offered | more, table[k].negotiated | more,
                  table[k].writeback, 1);
            if (types[t] == T_OUT)
                write(&c, 5, NEW);
            else
                range(&c, T_WRITE_ZEROES, 5);
            cut(&c, FAKE_SURVIVE_NONE);
            assert_int_equal(medium(&c, 5), !table[k].stable    ? old(5)
                                            : types[t] == T_OUT ? NEW
                                                                : 0);
            finished(&c);
        }
    }
}

/* Condition 3. */
static void test_flush_makes_what_was_completed_stable(void **state)
{
    struct cached c;

    (void)state;
    ready(&c, F_FLUSH, F_FLUSH, 0, 1);
    write(&c, 5, NEW);
    flush(&c);
    assert_int_equal(c.f.disk.flushes, 1);
    write(&c, 6, NEW);
    cut(&c, FAKE_SURVIVE_NONE);
    assert_int_equal(medium(&c, 5), NEW);
    assert_int_equal(medium(&c, 6), old(6));
    finished(&c);
}

/* A write that is in flight when the flush is sent is none of its business,
 * although it is served before. */
static void test_flush_does_not_cover_writes_still_in_flight(void **state)
{
    struct cached c;

    (void)state;
    ready(&c, F_FLUSH, F_FLUSH, 0, 1);
    request(&c.f, T_OUT, 5, 512, 0);
    memset(c.f.out + 16, NEW, 512);
    publish(&c.f, 0, whole);
    request(&c.f, T_FLUSH, 0, 0, 0);
    publish(&c.f, 1, whole);
    while (step(&c.f))
        ;
    assert_int_equal(guest_used_idx(&c.f.g), 2);
    cut(&c, FAKE_SURVIVE_NONE);
    assert_int_equal(medium(&c, 5), old(5));
    finished(&c);
}

/* 5.2.6.1: after writing 0 to writeback nothing that was volatile is safe. */
static void test_switch_to_writethrough_commits_nothing_old(void **state)
{
    struct cached c;

    (void)state;
    ready(&c, F_FLUSH | F_WCE, F_FLUSH | F_WCE, 1, 1);
    write(&c, 5, NEW);
    c.f.lines.writeback = 2;
    write(&c, 6, NEW);
    cut(&c, FAKE_SURVIVE_NONE);
    assert_int_equal(medium(&c, 5), old(5));
    assert_int_equal(medium(&c, 6), NEW);
    finished(&c);
}

/* Writeback has to be 0 all the time. */
static void test_switch_during_a_write_leaves_it_volatile(void **state)
{
    static const unsigned before[] = {0, 3, 0}, after[] = {3, 4, 4};

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct cached c;

        ready(&c, F_FLUSH | F_WCE, F_FLUSH | F_WCE, before[k], 1);
        c.f.blk.cfg.latency_ns = 1000;
        request(&c.f, T_OUT, 5, 512, 0);
        memset(c.f.out + 16, NEW, 512);
        publish(&c.f, 0, whole);
        assert_true(step(&c.f));
        c.f.lines.writeback = after[k];
        c.f.now = 1000;
        assert_true(step(&c.f));
        assert_int_equal(guest_used_idx(&c.f.g), 1);
        cut(&c, FAKE_SURVIVE_NONE);
        assert_int_equal(medium(&c, 5), old(5));
        finished(&c);
    }
}

/* Neither by what survives of the cache, nor by what does not. */
/* What lay in the ring while the mode was changed was submitted before. */
static void test_write_submitted_before_a_switch_is_volatile(void **state)
{
    struct cached c;

    (void)state;
    ready(&c, F_FLUSH | F_WCE, F_FLUSH | F_WCE, 1, 1);
    request(&c.f, T_OUT, 5, 512, 0);
    memset(c.f.out + 16, NEW, 512);
    publish(&c.f, 0, whole);
    c.f.lines.mode_from[0] = 1; /* not yet taken */
    c.f.lines.writeback = 2;
    while (step(&c.f))
        continue;
    assert_int_equal(guest_used_idx(&c.f.g), 1);
    write(&c, 6, NEW);
    assert_int_equal(guest_count(&c.f.g, FAKE_EV_OLD_MODE), 1);
    assert_int_equal(guest_event(&c.f.g, FAKE_EV_OLD_MODE, 0)->arg[0], 0);
    assert_true(guest_event(&c.f.g, FAKE_EV_OLD_MODE, 0) <
                guest_event(&c.f.g, FAKE_EV_REQUEST, 0));
    cut(&c, FAKE_SURVIVE_NONE);
    assert_int_equal(medium(&c, 5), old(5));
    assert_int_equal(medium(&c, 6), NEW);
    finished(&c);
}

static void test_erased_sector_never_comes_back(void **state)
{
    static const enum fake_survival survival[] = {FAKE_SURVIVE_ALL,
                                                  FAKE_SURVIVE_NONE};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct cached c;

        ready(&c, F_FLUSH | F_SECURE_ERASE, F_FLUSH | F_SECURE_ERASE, 1, 1);
        write(&c, 5, NEW);
        range(&c, T_SECURE_ERASE, 5);
        range(&c, T_SECURE_ERASE, 6);
        assert_int_equal(c.f.disk.flushes, 2);
        cut(&c, survival[k]);
        assert_int_equal(medium(&c, 5), 0);
        assert_int_equal(medium(&c, 6), 0);
        finished(&c);
    }
}

/* The flush was taken when the first write had completed, and is served after
 * a second one of the same sector. */
static void test_flush_is_owed_what_was_written_over_meanwhile(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct cached c;

        ready(&c, F_FLUSH, F_FLUSH, 0, seed);
        c.f.blk.cfg.order = FAKE_BLK_LIFO;
        write(&c, 5, NEW);
        request(&c.f, T_FLUSH, 0, 0, 0);
        publish(&c.f, 0, whole);
        request(&c.f, T_OUT, 5, 512, 0);
        memset(c.f.out + 16, NEW + 1, 512);
        publish(&c.f, 1, whole);
        while (step(&c.f))
            ;
        assert_int_equal(guest_used_id(&c.f.g, 1), 1);
        assert_int_equal(guest_used_id(&c.f.g, 2), 0);
        cut(&c, FAKE_SURVIVE_NONE);
        assert_true(medium(&c, 5) == NEW || medium(&c, 5) == NEW + 1);
        finished(&c);
    }
}

static void test_reads_see_what_is_volatile(void **state)
{
    struct cached c;

    (void)state;
    ready(&c, F_FLUSH, F_FLUSH, 0, 1);
    write(&c, 5, NEW);
    request(&c.f, T_IN, 4, 0, 1536);
    assert_int_equal(serve(&c.f, whole), S_OK);
    expect_data(c.f.in, 4 * 512, 512);
    assert_int_equal(c.f.in[512], NEW);
    assert_int_equal(c.f.in[1023], NEW);
    expect_data(c.f.in + 1024, 6 * 512, 512);
    finished(&c);
}

/* ---- power cuts ---- */

static void test_reset_is_no_power_cut(void **state)
{
    struct cached c;

    (void)state;
    ready(&c, F_FLUSH, F_FLUSH, 0, 1);
    write(&c, 5, NEW);
    again(&c.f, F_FLUSH);
    request(&c.f, T_IN, 5, 0, 512);
    assert_int_equal(serve(&c.f, whole), S_OK);
    assert_int_equal(c.f.in[0], NEW);
    flush(&c);
    cut(&c, FAKE_SURVIVE_NONE);
    assert_int_equal(medium(&c, 5), NEW);
    finished(&c);
}

static void test_write_in_flight_is_old_or_new_after_a_cut(void **state)
{
    bool was[2] = {false};

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct cached c;
        uint8_t byte;

        ready(&c, F_FLUSH, F_FLUSH, 0, seed);
        c.f.blk.cfg.latency_ns = 1000;
        request(&c.f, T_OUT, 5, 512, 0);
        memset(c.f.out + 16, NEW, 512);
        publish(&c.f, 0, whole);
        assert_true(step(&c.f));
        cut(&c, FAKE_SURVIVE_BY_SEED);
        byte = medium(&c, 5);
        assert_true(byte == NEW || byte == old(5));
        was[byte == NEW] = true;
        assert_int_equal(guest_used_idx(&c.f.g), 0);
        assert_int_equal(c.f.blk.held_count, 0);
        finished(&c);
    }
    assert_true(was[0] && was[1]);
}

static void test_fault_cuts_power_instead_of_serving(void **state)
{
    struct cached c;

    (void)state;
    ready(&c, F_FLUSH, F_FLUSH, 0, 1);
    fake_fault_add(&c.f.g.faults, FAKE_FAULT_POWER_CUT, 2, 1,
                   FAKE_SURVIVE_NONE);
    write(&c, 5, NEW);
    request(&c.f, T_OUT, 6, 512, 0);
    publish(&c.f, 0, whole);
    assert_true(step(&c.f));
    assert_true(c.f.lines.needs_reset);
    assert_int_equal(guest_event(&c.f.g, FAKE_EV_POWER_CUT, 0)->arg[0],
                     FAKE_SURVIVE_NONE);
    assert_null(fake_fault_unfired(&c.f.g.faults));
    assert_int_equal(guest_used_idx(&c.f.g), 1);
    assert_int_equal(medium(&c, 5), old(5));
    assert_int_equal(medium(&c, 6), old(6));
    /* It recovers by a reset, and the disk is as it was left. */
    again(&c.f, F_FLUSH);
    assert_false(c.f.lines.needs_reset);
    request(&c.f, T_IN, 5, 0, 512);
    assert_int_equal(serve(&c.f, whole), S_OK);
    expect_data(c.f.in, 5 * 512, 512);
    finished(&c);
}

/* The write that the fault meets is on its way like any other. */
static void test_write_that_meets_the_fault_may_be_done(void **state)
{
    struct cached c;

    (void)state;
    ready(&c, F_FLUSH, F_FLUSH, 0, 1);
    fake_fault_add(&c.f.g.faults, FAKE_FAULT_POWER_CUT, 1, 1, FAKE_SURVIVE_ALL);
    request(&c.f, T_OUT, 6, 512, 0);
    memset(c.f.out + 16, NEW, 512);
    publish(&c.f, 0, whole);
    assert_true(step(&c.f));
    assert_int_equal(guest_used_idx(&c.f.g), 0);
    assert_int_equal(medium(&c, 6), NEW);
    finished(&c);
}

static void test_cut_without_a_cache_loses_nothing(void **state)
{
    struct fake_control control = {.kind = FAKE_CONTROL_POWER_CUT,
                                   .survival = FAKE_SURVIVE_NONE};
    struct fixture f;
    uint8_t byte;

    (void)state;
    setup(&f);
    up(&f, F_FLUSH);
    request(&f, T_OUT, 5, 512, 0);
    memset(f.out + 16, NEW, 512);
    assert_int_equal(serve(&f, whole), S_OK);
    fake_device_control(&f.blk.dev, &control);
    assert_true(f.lines.needs_reset);
    f.disk.inner->ops->read(f.disk.inner, 5 * 512, &byte, 1);
    assert_int_equal(byte, NEW);
    down(&f);
}

static void test_peek_shows_what_a_read_would(void **state)
{
    uint8_t data[512];
    struct fake_peek peek = {.offset = 5 * 512, .to = data, .bytes = 512};
    struct fake_control control = {.kind = FAKE_CONTROL_PEEK, .peek = &peek};
    struct cached c;

    (void)state;
    ready(&c, F_FLUSH, F_FLUSH, 0, 1);
    write(&c, 5, NEW);
    fake_device_control(&c.f.blk.dev, &control);
    assert_false(peek.failed);
    assert_int_equal(data[0], NEW);
    peek.offset = SECTORS * 512;
    fake_device_control(&c.f.blk.dev, &control);
    assert_true(peek.failed);
    finished(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_is_stable_exactly_when_it_has_to_be),
        cmocka_unit_test(test_flush_makes_what_was_completed_stable),
        cmocka_unit_test(test_flush_does_not_cover_writes_still_in_flight),
        cmocka_unit_test(test_switch_to_writethrough_commits_nothing_old),
        cmocka_unit_test(test_switch_during_a_write_leaves_it_volatile),
        cmocka_unit_test(test_write_submitted_before_a_switch_is_volatile),
        cmocka_unit_test(test_erased_sector_never_comes_back),
        cmocka_unit_test(test_flush_is_owed_what_was_written_over_meanwhile),
        cmocka_unit_test(test_reads_see_what_is_volatile),
        cmocka_unit_test(test_reset_is_no_power_cut),
        cmocka_unit_test(test_write_in_flight_is_old_or_new_after_a_cut),
        cmocka_unit_test(test_fault_cuts_power_instead_of_serving),
        cmocka_unit_test(test_write_that_meets_the_fault_may_be_done),
        cmocka_unit_test(test_cut_without_a_cache_loses_nothing),
        cmocka_unit_test(test_peek_shows_what_a_read_would),
    };

    return cmocka_run_group_tests_name("blk cache", tests, NULL, NULL);
}
