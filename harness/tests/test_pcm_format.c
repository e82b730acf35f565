/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "pcm_format.h"
#include "ringtrue/wire.h"

static bool is_integer(uint8_t format)
{
    return rig_pcm_format(format)->kind <= RIG_PCM_UNSIGNED;
}

static void test_every_format_and_rate_is_found_by_its_name(void **state)
{
    (void)state;
    for (uint8_t k = 0; k < RIG_PCM_FORMATS; k++)
        assert_int_equal(rig_pcm_format_named(rig_pcm_format(k)->name), k);
    assert_int_equal(rig_pcm_format_named("s20_3"), VIRTIO_SND_PCM_FMT_S20_3);
    assert_int_equal(rig_pcm_format_named("S17"), RIG_PCM_NONE);
    assert_null(rig_pcm_format(RIG_PCM_FORMATS));
    for (uint8_t k = 0; k < RIG_PCM_RATES; k++)
        assert_int_equal(rig_pcm_rate(rig_pcm_rate_hz(k)), k);
    assert_int_equal(rig_pcm_rate(12345), RIG_PCM_NONE);
    assert_int_equal(rig_pcm_rate_hz(RIG_PCM_RATES), 0);
}

/* Bytes as the specification's table of formats has them: lowest, middle and
 * highest sample. */
static void test_limits_are_where_the_specification_has_them(void **state)
{
    static const struct {
        uint8_t format, low[4], zero[4], high[4];
    } want[] = {
        {VIRTIO_SND_PCM_FMT_S8, {0x80}, {0}, {0x7f}},
        {VIRTIO_SND_PCM_FMT_U8, {0}, {0x80}, {0xff}},
        {VIRTIO_SND_PCM_FMT_S16, {0, 0x80}, {0}, {0xff, 0x7f}},
        {VIRTIO_SND_PCM_FMT_U16, {0}, {0, 0x80}, {0xff, 0xff}},
        {VIRTIO_SND_PCM_FMT_S18_3, {0, 0, 0xfe}, {0}, {0xff, 0xff, 1}},
        {VIRTIO_SND_PCM_FMT_U18_3, {0}, {0, 0, 2}, {0xff, 0xff, 3}},
        {VIRTIO_SND_PCM_FMT_S20_3, {0, 0, 0xf8}, {0}, {0xff, 0xff, 7}},
        {VIRTIO_SND_PCM_FMT_U20_3, {0}, {0, 0, 8}, {0xff, 0xff, 0xf}},
        {VIRTIO_SND_PCM_FMT_S24_3, {0, 0, 0x80}, {0}, {0xff, 0xff, 0x7f}},
        {VIRTIO_SND_PCM_FMT_U24_3, {0}, {0, 0, 0x80}, {0xff, 0xff, 0xff}},
        {VIRTIO_SND_PCM_FMT_S20, {0, 0, 0xf8, 0xff}, {0}, {0xff, 0xff, 7}},
        {VIRTIO_SND_PCM_FMT_U20, {0}, {0, 0, 8}, {0xff, 0xff, 0xf}},
        {VIRTIO_SND_PCM_FMT_S24, {0, 0, 0x80, 0xff}, {0}, {0xff, 0xff, 0x7f}},
        {VIRTIO_SND_PCM_FMT_U24, {0}, {0, 0, 0x80}, {0xff, 0xff, 0xff}},
        {VIRTIO_SND_PCM_FMT_S32,
         {0, 0, 0, 0x80},
         {0},
         {0xff, 0xff, 0xff, 0x7f}},
        {VIRTIO_SND_PCM_FMT_U32,
         {0},
         {0, 0, 0, 0x80},
         {0xff, 0xff, 0xff, 0xff}},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(want) / sizeof(*want); k++) {
        static const double in[5] = {-1, 0, 1, -7, NAN};
        unsigned n = rig_pcm_format(want[k].format)->bytes;
        uint8_t wire[5 * 4];

        rig_pcm_pack(want[k].format, in, wire, 5);
        assert_memory_equal(wire, want[k].low, n);
        assert_memory_equal(wire + n, want[k].zero, n);
        assert_memory_equal(wire + 2 * n, want[k].high, n);
        assert_memory_equal(wire + 3 * n, want[k].low, n);
        assert_memory_equal(wire + 4 * n, want[k].zero, n);
    }
}

static void test_every_sample_comes_back_the_same(void **state)
{
    static uint8_t wire[65536 * 8], again[65536 * 8];
    static double samples[65536];

    (void)state;
    for (uint8_t f = 0; f < RIG_PCM_FORMATS; f++) {
        unsigned bytes = rig_pcm_format(f)->bytes;
        size_t n = bytes == 1 ? 256 : 65536;

        if (!rig_pcm_has_samples(f))
            continue;
        for (uint64_t at = 0; at < 3; at++) {
            /* 3 places of the counter, the wrap of 18 and 20 bits in them */
            rig_pcm_counter(f, at * 262000, wire, n);
            rig_pcm_unpack(f, wire, samples, n);
            rig_pcm_pack(f, samples, again, n);
            /* Two bytes of mu-law mean 0. */
            if (f == VIRTIO_SND_PCM_FMT_MU_LAW)
                for (size_t k = 0; k < n; k++)
                    wire[k] = wire[k] == 0x7f ? 0xff : wire[k];
            assert_memory_equal(wire, again, n * bytes);
        }
    }
}

static void test_floats_are_not_clipped(void **state)
{
    static const double in[] = {1.5, -3, 1e-30, -0.0};
    double out[4];
    uint8_t wire[4 * 8];

    (void)state;
    for (uint8_t f = VIRTIO_SND_PCM_FMT_FLOAT; f <= VIRTIO_SND_PCM_FMT_FLOAT64;
         f++) {
        rig_pcm_pack(f, in, wire, 4);
        rig_pcm_unpack(f, wire, out, 4);
        for (unsigned k = 0; k < 4; k++)
            assert_true((float)out[k] == (float)in[k]);
    }
}

/* Points of the tables of G.711. */
static void test_laws_are_those_of_g711(void **state)
{
    static const uint8_t mu[] = {0x00, 0x80, 0x0f, 0xf0, 0xff, 0x7e};
    static const int mu_is[] = {-32124, 32124, -16764, 120, 0, -8};
    static const uint8_t a[] = {0xd5, 0x55, 0x2a, 0xaa, 0xd4};
    static const int a_is[] = {8, -8, -32256, 32256, 24};
    double v[6];

    (void)state;
    rig_pcm_unpack(VIRTIO_SND_PCM_FMT_MU_LAW, mu, v, 6);
    for (unsigned k = 0; k < 6; k++)
        assert_int_equal(lrint(v[k] * 32768), mu_is[k]);
    rig_pcm_unpack(VIRTIO_SND_PCM_FMT_A_LAW, a, v, 5);
    for (unsigned k = 0; k < 5; k++)
        assert_int_equal(lrint(v[k] * 32768), a_is[k]);
}

static void test_laws_take_the_nearest(void **state)
{
    static const uint8_t law[] = {VIRTIO_SND_PCM_FMT_MU_LAW,
                                  VIRTIO_SND_PCM_FMT_A_LAW};

    (void)state;
    for (unsigned l = 0; l < 2; l++)
        for (int s = -32768; s < 32768; s += 7) {
            double in = s / 32768.0, out, best = 2, each;
            uint8_t wire;

            rig_pcm_pack(law[l], &in, &wire, 1);
            rig_pcm_unpack(law[l], &wire, &out, 1);
            for (unsigned code = 0; code < 256; code++) {
                wire = (uint8_t)code;
                rig_pcm_unpack(law[l], &wire, &each, 1);
                best = fmin(best, fabs(each - in));
            }
            assert_true(fabs(out - in) == best);
        }
}

static void test_recoding_into_more_bits_loses_nothing(void **state)
{
    static uint8_t wire[4096 * 4], other[4096 * 4], back[4096 * 4];
    static double a[4096], b[4096];

    (void)state;
    for (uint8_t from = 0; from < RIG_PCM_FORMATS; from++)
        for (uint8_t to = 0; to < RIG_PCM_FORMATS; to++) {
            if (!is_integer(from) || !is_integer(to) ||
                rig_pcm_format(to)->bits < rig_pcm_format(from)->bits)
                continue;
            rig_pcm_counter(from, 130000, wire, 4096);
            rig_pcm_recode(from, wire, to, other, 4096);
            rig_pcm_unpack(from, wire, a, 4096);
            rig_pcm_unpack(to, other, b, 4096);
            assert_memory_equal(a, b, sizeof(a));
            rig_pcm_recode(to, other, from, back, 4096);
            assert_memory_equal(wire, back,
                                4096u * rig_pcm_format(from)->bytes);
        }
}

static void test_container_has_room_for_every_bit(void **state)
{
    (void)state;
    for (uint8_t f = 0; f < RIG_PCM_FORMATS; f++) {
        uint8_t c = rig_pcm_container(f);

        if (!rig_pcm_has_samples(f))
            assert_int_equal(c, RIG_PCM_NONE);
        else
            assert_true(rig_pcm_format(c)->bits >= rig_pcm_format(f)->bits);
    }
    assert_int_equal(rig_pcm_container(RIG_PCM_FORMATS), RIG_PCM_NONE);
}

static void test_silence_is_silent(void **state)
{
    (void)state;
    for (uint8_t f = 0; f < RIG_PCM_FORMATS; f++) {
        uint8_t wire[8 * 8];
        double v[8];

        rig_pcm_silence(f, wire, sizeof(wire));
        if (!rig_pcm_has_samples(f))
            continue;
        rig_pcm_unpack(f, wire, v, 8);
        for (unsigned k = 0; k < 8; k++)
            assert_true(fabs(v[k]) <= 8 / 32768.0); /* A-law has no 0 */
    }
}

static void test_counter_names_what_is_out_of_place(void **state)
{
    (void)state;
    for (uint8_t f = 0; f < RIG_PCM_FORMATS; f++) {
        unsigned width = rig_pcm_format(f)->bytes;
        uint8_t wire[100 * 8];

        width = width ? width : 1;
        rig_pcm_counter(f, 1, wire, 100);
        assert_int_equal(rig_pcm_counter_check(f, 1, wire, 100), 100);
        assert_int_equal(rig_pcm_counter_check(f, 2, wire, 100), 0);
        assert_int_equal(rig_pcm_counter_off(f, 1, wire, 99), 0);
        assert_int_equal(rig_pcm_counter_off(f, 3, wire, 9), -2); /* stale */
        assert_int_equal(rig_pcm_counter_off(f, 1, wire + width, 9), 1);
        memcpy(wire + 50 * width, wire + 49 * width, width); /* repeated */
        assert_int_equal(rig_pcm_counter_check(f, 1, wire, 100), 50);
        assert_int_equal(rig_pcm_counter_off(f, 1, wire, 50), -1);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_format_and_rate_is_found_by_its_name),
        cmocka_unit_test(test_limits_are_where_the_specification_has_them),
        cmocka_unit_test(test_every_sample_comes_back_the_same),
        cmocka_unit_test(test_floats_are_not_clipped),
        cmocka_unit_test(test_laws_are_those_of_g711),
        cmocka_unit_test(test_laws_take_the_nearest),
        cmocka_unit_test(test_recoding_into_more_bits_loses_nothing),
        cmocka_unit_test(test_container_has_room_for_every_bit),
        cmocka_unit_test(test_silence_is_silent),
        cmocka_unit_test(test_counter_names_what_is_out_of_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
