/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "spsc.h"

#define MANY (UINT32_C(1) << 21)

static void test_room_is_a_power_of_two_and_never_exceeded(void **state)
{
    struct rig_spsc ring;
    uint8_t in[200], out[200];

    (void)state;
    for (unsigned k = 0; k < sizeof(in); k++)
        in[k] = (uint8_t)k;
    assert_int_equal(rig_spsc_init(&ring, 100), 0);
    assert_int_equal(rig_spsc_room(&ring), 128);
    assert_int_equal(rig_spsc_write(&ring, in, 200), 128);
    assert_int_equal(rig_spsc_write(&ring, in, 1), 0);
    assert_int_equal(rig_spsc_fill(&ring), 128);
    assert_int_equal(rig_spsc_read(&ring, out, 200), 128);
    assert_memory_equal(in, out, 128);
    assert_int_equal(rig_spsc_read(&ring, out, 1), 0);
    rig_spsc_free(&ring);
}

static void test_bytes_come_out_in_order_across_the_seam(void **state)
{
    struct rig_spsc ring;
    uint8_t byte_in = 0, byte_out = 0, buf[16];

    (void)state;
    assert_int_equal(rig_spsc_init(&ring, 16), 0);
    for (unsigned round = 0; round < 5000; round++) {
        unsigned n = round % 13;

        for (unsigned k = 0; k < n; k++)
            buf[k] = byte_in++;
        assert_int_equal(rig_spsc_write(&ring, buf, n), n);
        assert_int_equal(rig_spsc_read(&ring, buf, 16), n);
        for (unsigned k = 0; k < n; k++)
            assert_int_equal(buf[k], byte_out++);
    }
    rig_spsc_free(&ring);
}

/* Indices run freely: the seam of size_t is nothing special. */
static void test_indices_may_wrap(void **state)
{
    struct rig_spsc ring;
    uint8_t in[8] = {1, 2, 3, 4, 5, 6, 7, 8}, out[8];

    (void)state;
    assert_int_equal(rig_spsc_init(&ring, 8), 0);
    atomic_store(&ring.head, SIZE_MAX - 2);
    atomic_store(&ring.tail, SIZE_MAX - 2);
    assert_int_equal(rig_spsc_write(&ring, in, 8), 8);
    assert_int_equal(rig_spsc_fill(&ring), 8);
    assert_int_equal(rig_spsc_room(&ring), 0);
    assert_int_equal(rig_spsc_read(&ring, out, 8), 8);
    assert_memory_equal(in, out, 8);
    rig_spsc_free(&ring);
}

static void *write_numbers(void *arg)
{
    struct rig_spsc *ring = arg;
    uint32_t some[64];

    for (uint32_t next = 0; next < MANY;) {
        size_t room = rig_spsc_room(ring) / 4; /* it grows meanwhile */
        size_t n = 1 + next % 61, done;

        for (size_t k = 0; k < n; k++)
            some[k] = next + (uint32_t)k;
        n = n < room ? n : room;
        done = rig_spsc_write(ring, some, n * 4);
        next += (uint32_t)(done / 4);
        if (!done)
            sched_yield();
    }
    return NULL;
}

static void test_two_threads_lose_and_repeat_nothing(void **state)
{
    struct rig_spsc ring;
    pthread_t thread;
    uint32_t some[64], expected = 0;

    (void)state;
    assert_int_equal(rig_spsc_init(&ring, 512), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_numbers, &ring), 0);
    while (expected < MANY) {
        size_t n = rig_spsc_read(&ring, some, (1 + expected % 64) * 4);

        assert_int_equal(n % 4, 0);
        for (size_t k = 0; k < n / 4; k++)
            if (some[k] != expected++)
                fail_msg("%u instead of %u", some[k], expected - 1);
        if (!n)
            sched_yield();
    }
    pthread_join(thread, NULL);
    assert_true(expected >= MANY);
    rig_spsc_free(&ring);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room_is_a_power_of_two_and_never_exceeded),
        cmocka_unit_test(test_bytes_come_out_in_order_across_the_seam),
        cmocka_unit_test(test_indices_may_wrap),
        cmocka_unit_test(test_two_threads_lose_and_repeat_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
