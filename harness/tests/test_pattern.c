/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pattern.h"

#define BYTES 4096u

static void test_seed_0_is_zeroes(void **state)
{
    uint8_t data[64], zero[64] = {0};

    (void)state;
    memset(data, 0xff, sizeof(data));
    rig_pattern_fill(0, 12345, data, sizeof(data));
    assert_memory_equal(data, zero, sizeof(data));
    assert_int_equal(rig_pattern_check(0, 0, zero, sizeof(zero)), sizeof(zero));
    zero[63] = 1;
    assert_int_equal(rig_pattern_check(0, 0, zero, sizeof(zero)), 63);
}

static void test_what_was_filled_is_found_again(void **state)
{
    static uint8_t data[BYTES];

    (void)state;
    for (unsigned offset = 0; offset < 20; offset++)
        for (unsigned bytes = 0; bytes < 70; bytes++) {
            memset(data, 0, sizeof(data));
            rig_pattern_fill(3, offset, data + 1, bytes);
            assert_int_equal(data[0], 0);
            assert_int_equal(data[1 + bytes], 0);
            assert_int_equal(rig_pattern_check(3, offset, data + 1, bytes),
                             bytes);
        }
}

static void test_byte_depends_on_seed_and_offset_only(void **state)
{
    static uint8_t whole[BYTES], pieces[BYTES];
    unsigned at = 0;

    (void)state;
    rig_pattern_fill(9, 1000, whole, BYTES);
    for (unsigned n = 1; at < BYTES; at += n, n = n % 37 + 3) {
        n = n < BYTES - at ? n : BYTES - at;
        rig_pattern_fill(9, 1000 + at, pieces + at, n);
    }
    assert_memory_equal(whole, pieces, BYTES);
}

static void test_each_wrong_byte_is_found_where_it_is(void **state)
{
    static uint8_t data[BYTES];

    (void)state;
    rig_pattern_fill(1, 512, data, BYTES);
    for (unsigned k = 0; k < BYTES; k += 61) {
        data[k] ^= 0x40;
        assert_int_equal(rig_pattern_check(1, 512, data, BYTES), k);
        data[k] ^= 0x40;
    }
}

/* A sector that was moved, repeated, or is of another seed looks wrong, and
 * does so within its first bytes. */
static void test_no_two_sectors_look_alike(void **state)
{
    static uint8_t data[512];
    static const uint64_t far[] = {
        1, 2, 8, 1u << 11, 1u << 23, UINT64_C(1) << 32, UINT64_C(1) << 40};

    (void)state;
    for (uint64_t s = 0; s < 200; s++) {
        rig_pattern_fill(5, s * 512, data, 512);
        for (unsigned k = 0; k < sizeof(far) / sizeof(*far); k++)
            assert_true(rig_pattern_check(5, (s + far[k]) * 512, data, 512) <
                        8);
        assert_true(rig_pattern_check(5, s * 512 + 8, data, 512) < 8);
        assert_true(rig_pattern_check(5, s * 512 + 1, data, 512) < 8);
        assert_true(rig_pattern_check(6, s * 512, data, 512) < 8);
        assert_true(rig_pattern_check(0, s * 512, data, 512) < 8);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed_0_is_zeroes),
        cmocka_unit_test(test_what_was_filled_is_found_again),
        cmocka_unit_test(test_byte_depends_on_seed_and_offset_only),
        cmocka_unit_test(test_each_wrong_byte_is_found_where_it_is),
        cmocka_unit_test(test_no_two_sectors_look_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
