/* SPDX-License-Identifier: MIT
 *
 * test_blk_range.c: requests that carry segments (5.2.6): what they change,
 * and how each wrong one ends. GET_LIFETIME, which came with them, too.
 */
#include <stdlib.h>

#include "disk.h"

#define ALL (F_FLUSH | F_DISCARD | F_WRITE_ZEROES | F_SECURE_ERASE | F_LIFETIME)

struct segment {
    uint64_t sector;
    uint32_t sectors, flags;
};

static void ready(struct fixture *f, uint64_t offered)
{
    setup(f);
    f->cfg.features = offered;
    f->cfg.discard = (struct fake_blk_limits){16, 3, 8};
    f->cfg.write_zeroes = (struct fake_blk_limits){32, 2, 0};
    f->cfg.secure_erase = (struct fake_blk_limits){64, 1, 4};
    f->cfg.discarded = FAKE_BLK_DISCARD_ZERO;
    up(f, offered);
}

static void build(struct fixture *f, uint32_t type, const struct segment *list,
                  unsigned count)
{
    request(f, type, 0, 16 * count, 0);
    for (unsigned k = 0; k < count; k++) {
        put_le(f->out + 16 + 16 * k, list[k].sector, 8);
        put_le(f->out + 24 + 16 * k, list[k].sectors, 4);
        put_le(f->out + 28 + 16 * k, list[k].flags, 4);
    }
}

static uint8_t ask(struct fixture *f, uint32_t type, const struct segment *list,
                   unsigned count)
{
    build(f, type, list, count);
    return serve(f, whole);
}

static const uint8_t *stored(struct fixture *f, uint64_t sector)
{
    static uint8_t data[512];

    f->disk.inner->ops->read(f->disk.inner, sector * 512, data, 512);
    return data;
}

static bool is_zero(struct fixture *f, uint64_t sector)
{
    const uint8_t *data = stored(f, sector);

    for (unsigned k = 0; k < 512; k++)
        if (data[k])
            return false;
    return true;
}

/* ---- what they do ---- */

static void test_segments_are_zeroed_and_nothing_else(void **state)
{
    static const struct segment list[] = {{3, 2, 0}, {10, 1, 0}};
    static const uint32_t types[] = {T_DISCARD, T_WRITE_ZEROES};

    (void)state;
    for (unsigned t = 0; t < 2; t++) {
        struct fixture f;

        ready(&f, ALL);
        assert_int_equal(ask(&f, types[t], list, 2), S_OK);
        for (uint64_t s = 0; s < SECTORS; s++)
            assert_int_equal(is_zero(&f, s), s == 3 || s == 4 || s == 10);
        expect_data(stored(&f, 5), 5 * 512, 512);
        down(&f);
    }
}

static void test_erased_sectors_are_gone(void **state)
{
    static const struct segment all = {0, SECTORS, 0};
    struct fixture f;

    (void)state;
    ready(&f, ALL);
    assert_int_equal(ask(&f, T_SECURE_ERASE, &all, 1), S_OK);
    for (uint64_t s = 0; s < SECTORS; s++)
        assert_true(is_zero(&f, s));
    down(&f);
}

/* 5.2.6.2: whatever unmap was */
static void test_zeroes_with_unmap_are_zeroes(void **state)
{
    static const struct segment one = {7, 1, 1};
    struct fixture f;

    (void)state;
    ready(&f, ALL);
    assert_int_equal(ask(&f, T_WRITE_ZEROES, &one, 1), S_OK);
    assert_true(is_zero(&f, 7));
    down(&f);
}

/* Over the seeds a discarded sector is seen in each of its fates. */
static void test_discarded_sector_holds_anything(void **state)
{
    static const struct segment list = {0, 16, 0};
    unsigned kept = 0, zero = 0, garbage = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct fixture f;

        setup(&f);
        f.cfg.features = ALL;
        f.cfg.discard = (struct fake_blk_limits){16, 1, 1};
        f.cfg.seed = seed;
        up(&f, ALL);
        assert_int_equal(ask(&f, T_DISCARD, &list, 1), S_OK);
        for (uint64_t s = 0; s < 16; s++) {
            const uint8_t *data = stored(&f, s);

            if (data[0] == disk_byte(s * 512) &&
                data[1] == disk_byte(s * 512 + 1))
                kept++;
            else if (is_zero(&f, s))
                zero++;
            else
                garbage++;
        }
        expect_data(stored(&f, 16), 16 * 512, 512);
        down(&f);
    }
    assert_true(kept && zero && garbage);
}

static void test_segments_over_any_framing(void **state)
{
    static const struct segment list[] = {{3, 2, 0}, {10, 1, 0}};
    static const uint32_t cuts[][24] = {
        {16, 7, 7, 7, 11, 1},
        {15, 2, 30, 1},
        {16, 16, 16, 1},
        {1, 1, 46, 1},
    };

    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct fixture f;

        ready(&f, ALL);
        build(&f, T_WRITE_ZEROES, list, 2);
        assert_int_equal(serve(&f, cuts[k]), S_OK);
        assert_true(is_zero(&f, 3) && is_zero(&f, 4) && is_zero(&f, 10));
        assert_false(is_zero(&f, 5));
        down(&f);
    }
}

static void test_segments_are_logged_as_the_driver_wrote_them(void **state)
{
    static const struct segment list[] = {{3, 2, 5}, {1000, 70000, 1}};
    struct fixture f;

    (void)state;
    ready(&f, ALL);
    assert_int_equal(ask(&f, T_DISCARD, list, 2), S_UNSUPP);
    for (unsigned k = 0; k < 2; k++) {
        const struct fake_event *e = guest_event(&f.g, FAKE_EV_RANGE, k);

        assert_int_equal(e->arg[0], T_DISCARD);
        assert_int_equal(e->arg[1], list[k].sector);
        assert_int_equal(e->arg[2], list[k].sectors);
        assert_int_equal(e->arg[3], list[k].flags);
    }
    assert_int_equal(guest_event(&f.g, FAKE_EV_FAILED, 0)->arg[1], S_UNSUPP);
    assert_int_equal(guest_event(&f.g, FAKE_EV_FAILED, 0)->arg[2], 2);
    expect_disk_unchanged(&f);
    down(&f);
}

/* ---- what is wrong with them ---- */

static void expect(uint64_t offered, uint32_t type, const struct segment *list,
                   unsigned count, uint8_t status)
{
    struct fixture f;

    ready(&f, offered);
    assert_int_equal(ask(&f, type, list, count), status);
    expect_disk_unchanged(&f);
    assert_false(f.lines.needs_reset);
    down(&f);
}

static void test_without_the_feature_it_is_not_supported(void **state)
{
    static const struct segment one = {1, 1, 0};
    struct fixture f;

    (void)state;
    expect(ALL & ~F_DISCARD, T_DISCARD, &one, 1, S_UNSUPP);
    expect(ALL & ~F_WRITE_ZEROES, T_WRITE_ZEROES, &one, 1, S_UNSUPP);
    expect(ALL & ~F_SECURE_ERASE, T_SECURE_ERASE, &one, 1, S_UNSUPP);
    ready(&f, ALL & ~F_LIFETIME);
    request(&f, T_GET_LIFETIME, 0, 0, 6);
    assert_int_equal(serve(&f, whole), S_UNSUPP);
    down(&f);
}

static void test_unknown_flags_are_not_supported(void **state)
{
    static const uint32_t types[] = {T_DISCARD, T_WRITE_ZEROES, T_SECURE_ERASE};
    static const uint32_t flags[] = {2, 3, 0x80000000, UINT32_MAX};

    (void)state;
    for (unsigned t = 0; t < 3; t++) {
        for (unsigned k = 0; k < 4; k++) {
            const struct segment one = {1, 1, flags[k]};

            expect(ALL, types[t], &one, 1, S_UNSUPP);
        }
    }
}

static void test_unmap_is_for_zeroes_only(void **state)
{
    static const struct segment one = {1, 1, 1};
    static const struct segment second[] = {{1, 1, 0}, {2, 1, 1}};

    (void)state;
    expect(ALL, T_DISCARD, &one, 1, S_UNSUPP);
    expect(ALL, T_DISCARD, second, 2, S_UNSUPP);
    expect(ALL, T_SECURE_ERASE, &one, 1, S_UNSUPP);
}

static void test_limits_of_the_config_space_bind(void **state)
{
    static const struct segment list[] = {
        {1, 1, 0}, {2, 1, 0}, {3, 1, 0}, {4, 1, 0}};
    static const struct segment long16 = {0, 17, 0}, long32 = {0, 33, 0},
                                nothing = {5, 0, 0};

    (void)state;
    expect(ALL, T_DISCARD, list, 4, S_IOERR);
    expect(ALL, T_WRITE_ZEROES, list, 3, S_IOERR);
    expect(ALL, T_SECURE_ERASE, list, 2, S_IOERR);
    expect(ALL, T_DISCARD, list, 0, S_IOERR);
    expect(ALL, T_DISCARD, &long16, 1, S_IOERR);
    expect(ALL, T_WRITE_ZEROES, &long32, 1, S_IOERR);
    expect(ALL, T_WRITE_ZEROES, &nothing, 1, S_IOERR);
}

static void test_segments_past_the_capacity_are_errors(void **state)
{
    static const struct segment wrong[] = {
        {SECTORS, 1, 0},
        {SECTORS - 1, 2, 0},
        {UINT64_MAX, 1, 0},
        {UINT64_MAX / 512 + 1, 1, 0}, /* times 512 this is 0 */
        {UINT64_MAX - 7, 16, 0},
    };

    (void)state;
    for (unsigned k = 0; k < 5; k++) {
        expect(ALL, T_DISCARD, &wrong[k], 1, S_IOERR);
        expect(ALL, T_WRITE_ZEROES, &wrong[k], 1, S_IOERR);
        expect(ALL, T_SECURE_ERASE, &wrong[k], 1, S_IOERR);
    }
}

static void test_read_only_disk_keeps_everything(void **state)
{
    static const struct segment one = {1, 1, 0};

    (void)state;
    expect(ALL | F_RO, T_DISCARD, &one, 1, S_IOERR);
    expect(ALL | F_RO, T_WRITE_ZEROES, &one, 1, S_IOERR);
    expect(ALL | F_RO, T_SECURE_ERASE, &one, 1, S_IOERR);
}

static void test_data_that_is_no_list_is_an_error(void **state)
{
    static const uint32_t out[] = {15, 17, 0, 16}, in[] = {0, 0, 16, 1};

    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct fixture f;

        ready(&f, ALL);
        request(&f, T_DISCARD, 0, out[k], in[k]);
        if (out[k] >= 16)
            put_le(f.out + 24, 1, 4);
        assert_int_equal(serve(&f, whole), S_IOERR);
        expect_disk_unchanged(&f);
        down(&f);
    }
}

/* 5.2.6: a segment may have completed, failed, or not been processed. */
static void test_failed_list_leaves_its_segments_in_doubt(void **state)
{
    static const struct segment list[] = {{3, 1, 0}, {4, 1, 0}};
    bool seen[4] = {false};

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct fixture f;

        setup(&f);
        fake_fault_add(&f.g.faults, FAKE_FAULT_BLK_IO_ERROR, 1, 1, 0);
        f.cfg.features = ALL;
        f.cfg.write_zeroes = (struct fake_blk_limits){32, 2, 0};
        f.cfg.seed = seed;
        up(&f, ALL);
        assert_int_equal(ask(&f, T_WRITE_ZEROES, list, 2), S_IOERR);
        seen[is_zero(&f, 3) + 2 * is_zero(&f, 4)] = true;
        assert_false(is_zero(&f, 5));
        down(&f);
    }
    assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
}

static void test_store_that_fails_is_an_io_error(void **state)
{
    static const struct segment one = {3, 1, 0};
    struct fixture f;

    (void)state;
    ready(&f, ALL);
    f.disk.fail = true;
    assert_int_equal(ask(&f, T_WRITE_ZEROES, &one, 1), S_IOERR);
    assert_int_equal(ask(&f, T_SECURE_ERASE, &one, 1), S_IOERR);
    down(&f);
}

/* ---- lifetime ---- */

static void test_lifetime_is_that_of_the_configuration(void **state)
{
    static const uint8_t wire[] = {3, 0, 11, 0, 1, 2};
    static const uint32_t cuts[] = {16, 1, 3, 3, 0};
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.features = F_LIFETIME;
    f.cfg.pre_eol_info = 3;
    f.cfg.lifetime_a = 11;
    f.cfg.lifetime_b = 0x201;
    up(&f, F_LIFETIME);
    request(&f, T_GET_LIFETIME, 0, 0, 6);
    assert_int_equal(serve(&f, cuts), S_OK);
    assert_memory_equal(f.in, wire, 6);
    request(&f, T_GET_LIFETIME, 0, 0, 7);
    assert_int_equal(serve(&f, whole), S_IOERR);
    expect_filler(&f);
    request(&f, T_GET_LIFETIME, 0, 6, 0);
    assert_int_equal(serve(&f, whole), S_IOERR);
    down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments_are_zeroed_and_nothing_else),
        cmocka_unit_test(test_erased_sectors_are_gone),
        cmocka_unit_test(test_zeroes_with_unmap_are_zeroes),
        cmocka_unit_test(test_discarded_sector_holds_anything),
        cmocka_unit_test(test_segments_over_any_framing),
        cmocka_unit_test(test_segments_are_logged_as_the_driver_wrote_them),
        cmocka_unit_test(test_without_the_feature_it_is_not_supported),
        cmocka_unit_test(test_unknown_flags_are_not_supported),
        cmocka_unit_test(test_unmap_is_for_zeroes_only),
        cmocka_unit_test(test_limits_of_the_config_space_bind),
        cmocka_unit_test(test_segments_past_the_capacity_are_errors),
        cmocka_unit_test(test_read_only_disk_keeps_everything),
        cmocka_unit_test(test_data_that_is_no_list_is_an_error),
        cmocka_unit_test(test_failed_list_leaves_its_segments_in_doubt),
        cmocka_unit_test(test_store_that_fails_is_an_io_error),
        cmocka_unit_test(test_lifetime_is_that_of_the_configuration),
    };

    return cmocka_run_group_tests_name("blk range", tests, NULL, NULL);
}
