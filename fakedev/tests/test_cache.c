/* SPDX-License-Identifier: MIT
 *
 * test_cache.c: what a power cut may take, and what it may not. A model of
 * each sector in a few lines watches over random histories.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakedev/cache.h"

#define SECTORS 1200u /* more than one page */
#define SECTOR 512u

static struct fake_store *medium;
static struct fake_cache *cache;

static void begin(uint64_t seed)
{
    char err[64];

    medium = fake_store_memory((uint64_t)SECTORS * SECTOR, err, sizeof(err));
    assert_non_null(medium);
    cache = fake_cache_new(medium, seed);
    assert_non_null(cache);
}

static void end(void)
{
    fake_cache_free(cache);
    medium->ops->close(medium);
}

static void write_sector(uint64_t sector, uint8_t byte, uint64_t number)
{
    uint8_t data[SECTOR];

    memset(data, byte, sizeof(data));
    assert_int_equal(
        fake_cache_write(cache, sector * SECTOR, data, SECTOR, number), 0);
}

static void write_through(uint64_t sector, uint8_t byte)
{
    uint8_t data[SECTOR];

    memset(data, byte, sizeof(data));
    assert_int_equal(
        fake_cache_write_through(cache, sector * SECTOR, data, SECTOR), 0);
}

/* The one byte that a sector consists of. */
static uint8_t read_sector(uint64_t sector)
{
    uint8_t data[SECTOR];

    assert_int_equal(fake_cache_read(cache, sector * SECTOR, data, SECTOR), 0);
    for (unsigned k = 1; k < SECTOR; k++)
        assert_int_equal(data[k], data[0]);
    return data[0];
}

static uint8_t on_medium(uint64_t sector)
{
    uint8_t byte;

    assert_int_equal(medium->ops->read(medium, sector * SECTOR, &byte, 1), 0);
    return byte;
}

static void test_newest_is_read_and_the_medium_is_left_alone(void **state)
{
    (void)state;
    begin(1);
    write_sector(3, 7, 1);
    assert_int_equal(read_sector(3), 7);
    assert_int_equal(read_sector(4), 0);
    assert_int_equal(on_medium(3), 0);
    assert_int_equal(fake_cache_dirty(cache), 1);
    end();
}

static void test_cut_that_spares_nothing_leaves_what_was_committed(void **state)
{
    (void)state;
    begin(1);
    write_sector(1, 1, 1);
    write_sector(1100, 2, 2);
    assert_int_equal(fake_cache_commit(cache, 2), 0);
    write_sector(2, 3, 3);
    assert_int_equal(fake_cache_cut(cache, FAKE_SURVIVE_NONE), 0);
    assert_int_equal(read_sector(1), 1);
    assert_int_equal(read_sector(1100), 2);
    assert_int_equal(read_sector(2), 0);
    assert_int_equal(fake_cache_dirty(cache), 0);
    end();
}

static void test_cut_that_spares_all_keeps_all(void **state)
{
    (void)state;
    begin(1);
    for (unsigned k = 0; k < SECTORS; k++)
        write_sector(k, (uint8_t)(k + 1), k + 1);
    assert_int_equal(fake_cache_cut(cache, FAKE_SURVIVE_ALL), 0);
    for (unsigned k = 0; k < SECTORS; k++)
        assert_int_equal(read_sector(k), (uint8_t)(k + 1));
    end();
}

/* Any subset: over a few seeds all, none, and something in between. */
static void test_seed_chooses_what_survives(void **state)
{
    bool none = false, all = false, some = false;

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        unsigned kept = 0;

        begin(seed);
        for (unsigned k = 0; k < 100; k++)
            write_sector(k, 9, k + 1);
        assert_int_equal(fake_cache_cut(cache, FAKE_SURVIVE_BY_SEED), 0);
        for (unsigned k = 0; k < 100; k++)
            kept += read_sector(k) == 9;
        none |= kept == 0;
        all |= kept == 100;
        some |= kept > 20 && kept < 80;
        end();
    }
    assert_true(none && all && some);
}

static void test_commit_stops_at_its_number(void **state)
{
    (void)state;
    begin(1);
    write_sector(1, 1, 1);
    write_sector(2, 2, 2);
    write_sector(3, 3, 3);
    assert_int_equal(fake_cache_commit(cache, 2), 0);
    assert_int_equal(on_medium(1), 1);
    assert_int_equal(on_medium(2), 2);
    assert_int_equal(on_medium(3), 0);
    assert_int_equal(fake_cache_dirty(cache), 1);
    end();
}

/* The flush was sent before the second write completed: it owes the first. */
static void test_owed_write_survives_being_written_over(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 20; seed++) {
        begin(seed);
        write_sector(5, 1, 1);
        fake_cache_owe(cache, 1);
        write_sector(5, 2, 2);
        assert_int_equal(fake_cache_commit(cache, 1), 0);
        assert_int_equal(fake_cache_cut(cache, FAKE_SURVIVE_NONE), 0);
        assert_int_equal(read_sector(5), 1);
        end();
    }
}

static void test_write_through_commits_nothing_but_itself(void **state)
{
    (void)state;
    begin(1);
    write_sector(1, 1, 1);
    write_sector(2, 2, 2);
    write_through(2, 3);
    assert_int_equal(read_sector(2), 3);
    assert_int_equal(fake_cache_cut(cache, FAKE_SURVIVE_NONE), 0);
    assert_int_equal(read_sector(1), 0);
    assert_int_equal(read_sector(2), 3);
    end();
}

static void test_part_of_a_sector_leaves_the_rest_as_it_is(void **state)
{
    uint8_t data[SECTOR], two[2] = {7, 8};

    (void)state;
    begin(1);
    write_sector(0, 1, 1);
    write_sector(1, 2, 2);
    /* across the border, volatile and through */
    assert_int_equal(fake_cache_write(cache, SECTOR - 1, two, 2, 3), 0);
    assert_int_equal(fake_cache_read(cache, 0, data, SECTOR), 0);
    assert_int_equal(data[SECTOR - 2], 1);
    assert_int_equal(data[SECTOR - 1], 7);
    assert_int_equal(fake_cache_read(cache, SECTOR, data, SECTOR), 0);
    assert_int_equal(data[0], 8);
    assert_int_equal(data[1], 2);
    assert_int_equal(fake_cache_write_through(cache, 10, two, 2), 0);
    assert_int_equal(fake_cache_read(cache, 9, data, 4), 0);
    assert_memory_equal(data, "\1\7\10\1", 4);
    end();
}

/* Written over often enough, a sector is dropped at least once, unless it is
 * owed to a flush. */
static bool old_data_survive(uint64_t seed, bool forgiven)
{
    bool survive;

    begin(seed);
    write_sector(3, 7, 1);
    fake_cache_owe(cache, 1);
    if (forgiven)
        fake_cache_forgive(cache);
    write_sector(3, 8, 2);
    assert_int_equal(fake_cache_cut(cache, FAKE_SURVIVE_NONE), 0);
    survive = read_sector(3) == 7;
    end();
    return survive;
}

static void test_what_was_owed_to_no_one_is_volatile(void **state)
{
    unsigned owed = 0, forgiven = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 64; seed++) {
        owed += old_data_survive(seed, false);
        forgiven += old_data_survive(seed, true);
    }
    assert_int_equal(owed, 64);
    assert_in_range(forgiven, 1, 63);
}

static void test_full_cache_writes_out(void **state)
{
    char err[64];
    uint64_t k;

    (void)state;
    medium = fake_store_memory((FAKE_CACHE_SECTORS + 8) * (uint64_t)SECTOR, err,
                               sizeof(err));
    assert_non_null(medium);
    cache = fake_cache_new(medium, 1);
    for (k = 0; k < FAKE_CACHE_SECTORS + 8; k++)
        write_sector(k, 5, k + 1);
    assert_true(fake_cache_dirty(cache) <= FAKE_CACHE_SECTORS);
    assert_int_equal(read_sector(0), 5);
    assert_int_equal(read_sector(k - 1), 5);
    end();
}

static void test_out_of_bounds_is_refused(void **state)
{
    uint8_t data[SECTOR] = {0};
    uint64_t bytes = (uint64_t)SECTORS * SECTOR;

    (void)state;
    begin(1);
    assert_int_equal(fake_cache_read(cache, bytes, data, 1), -1);
    assert_int_equal(fake_cache_write(cache, bytes - 511, data, SECTOR, 1), -1);
    assert_int_equal(fake_cache_write_through(cache, bytes, data, 1), -1);
    assert_int_equal(fake_cache_write(cache, UINT64_MAX, data, SECTOR, 1), -1);
    assert_int_equal(fake_cache_dirty(cache), 0);
    end();
}

/* ---- random histories ---- */

/* What a sector may hold after a cut: bit k: the byte k. */
struct sector {
    uint8_t now;
    uint64_t may; /* committed, or written since */
    struct {
        uint64_t number;
        uint8_t byte;
    } log[64]; /* since the last cut */
    unsigned count;
};

static void model_write(struct sector *s, uint8_t byte, uint64_t number)
{
    s->now = byte;
    s->may |= UINT64_C(1) << byte;
    s->log[s->count].number = number;
    s->log[s->count++].byte = byte;
}

/* All up to number is committed: of that, only the newest remains possible. */
static void model_commit(struct sector *s, uint64_t number)
{
    unsigned first = s->count;

    for (unsigned k = 0; k < s->count; k++)
        if (s->log[k].number <= number)
            first = k;
    if (first == s->count)
        return;
    s->may = 0;
    for (unsigned k = first; k < s->count; k++)
        s->may |= UINT64_C(1) << s->log[k].byte;
}

static void model_through(struct sector *s, uint8_t byte, uint64_t number)
{
    model_write(s, byte, number);
    s->may = UINT64_C(1) << byte;
}

#define FEW 8u

static void one_step(struct sector *model, uint64_t *number)
{
    unsigned which = (unsigned)rand() % FEW;
    uint8_t byte = (uint8_t)(1 + rand() % 60);

    switch (rand() % 8) {
    case 0:
        fake_cache_owe(cache, *number);
        assert_int_equal(fake_cache_commit(cache, *number), 0);
        for (unsigned k = 0; k < FEW; k++)
            model_commit(&model[k], *number);
        break;
    case 1:
        write_through(which, byte);
        model_through(&model[which], byte, ++*number);
        break;
    default:
        write_sector(which, byte, ++*number);
        model_write(&model[which], byte, *number);
    }
    for (unsigned k = 0; k < FEW; k++)
        assert_int_equal(read_sector(k), model[k].now);
}

static void test_after_any_history_a_cut_leaves_what_it_may(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 300; seed++) {
        struct sector model[FEW];
        uint64_t number = 0;

        srand(seed);
        memset(model, 0, sizeof(model));
        begin(seed);
        for (unsigned cuts = 0; cuts < 4; cuts++) {
            for (unsigned k = 0; k < FEW; k++) {
                model[k].may = UINT64_C(1) << model[k].now;
                model[k].count = 0;
            }
            for (unsigned k = 0; k < 40; k++)
                one_step(model, &number);
            assert_int_equal(fake_cache_cut(cache, FAKE_SURVIVE_BY_SEED), 0);
            for (unsigned k = 0; k < FEW; k++) {
                model[k].now = read_sector(k);
                if (!(model[k].may >> model[k].now & 1))
                    fail_msg("seed %u: sector %u has %u", seed, k,
                             model[k].now);
            }
        }
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newest_is_read_and_the_medium_is_left_alone),
        cmocka_unit_test(
            test_cut_that_spares_nothing_leaves_what_was_committed),
        cmocka_unit_test(test_cut_that_spares_all_keeps_all),
        cmocka_unit_test(test_seed_chooses_what_survives),
        cmocka_unit_test(test_commit_stops_at_its_number),
        cmocka_unit_test(test_owed_write_survives_being_written_over),
        cmocka_unit_test(test_write_through_commits_nothing_but_itself),
        cmocka_unit_test(test_part_of_a_sector_leaves_the_rest_as_it_is),
        cmocka_unit_test(test_what_was_owed_to_no_one_is_volatile),
        cmocka_unit_test(test_full_cache_writes_out),
        cmocka_unit_test(test_out_of_bounds_is_refused),
        cmocka_unit_test(test_after_any_history_a_cut_leaves_what_it_may),
    };

    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
