/* SPDX-License-Identifier: MIT */
/* Gain and mute, against the same arithmetic in wide integers and doubles. */
#include "fake.h"
#include "ringtrue/snd.h"
#include "ringtrue/snd_gain.h"
#include <float.h>
#include <math.h>
#include <string.h>

static const struct {
    unsigned format, bits, bytes;
    bool is_unsigned;
} integers[16] = {
    {3, 8, 1, false},   {4, 8, 1, true},    {5, 16, 2, false},
    {6, 16, 2, true},   {7, 18, 3, false},  {8, 18, 3, true},
    {9, 20, 3, false},  {10, 20, 3, true},  {11, 24, 3, false},
    {12, 24, 3, true},  {13, 20, 4, false}, {14, 20, 4, true},
    {15, 24, 4, false}, {16, 24, 4, true},  {17, 32, 4, false},
    {18, 32, 4, true},
};

static const uint32_t gains[] = {
    0,       1,       0x7fff,  0x8000,     0x8001,     0xb505,     0xffff,
    0x10001, 0x18000, 0x20000, 0x00abcdef, 0x80000000, 0xffffffff,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed ^ *seed >> 15;
}

/* What the header promises; the product of 32 by 32 bits fits. */
static int64_t expected(int64_t sample, uint32_t gain, unsigned bits)
{
    int64_t max = ((int64_t)1 << (bits - 1)) - 1;
    int64_t product = sample * (int64_t)gain;
    int64_t rounded = product >= 0 ? (product + 0x8000) / 0x10000
                                   : (product - 0x8000) / 0x10000;

    if (rounded > max)
        return max;
    return rounded < -max - 1 ? -max - 1 : rounded;
}

static int64_t read_sample(size_t k, const uint8_t *at)
{
    uint64_t raw = 0;
    uint64_t half = (uint64_t)1 << (integers[k].bits - 1);

    for (unsigned i = 0; i < integers[k].bytes; i++)
        raw |= (uint64_t)at[i] << 8 * i;
    raw &= half * 2 - 1;
    if (integers[k].is_unsigned)
        return (int64_t)raw - (int64_t)half;
    return raw >= half ? (int64_t)raw - 2 * (int64_t)half : (int64_t)raw;
}

static void write_sample(size_t k, uint8_t *at, int64_t sample)
{
    uint64_t half = (uint64_t)1 << (integers[k].bits - 1);
    uint64_t raw = (uint64_t)sample + (integers[k].is_unsigned ? half : 0);

    for (unsigned i = 0; i < integers[k].bytes; i++)
        at[i] = (uint8_t)(raw >> 8 * i);
}

static void check_sample(size_t k, int64_t sample, uint32_t gain)
{
    struct rgt_snd_gain g = {.gain_q16 = gain};
    uint8_t in[5], out[5], want[5];

    memset(out, 0xdd, 5);
    memset(want, 0xdd, 5);
    write_sample(k, in, sample);
    assert_true(read_sample(k, in) == sample);
    write_sample(k, want, expected(sample, gain, integers[k].bits));
    assert_int_equal(
        rgt_snd_gain_apply(&g, integers[k].format, in, out, integers[k].bytes),
        0);
    assert_memory_equal(out, want, 5); /* high bits, and none too many */
}

static void test_gain_is_exact_for_every_integer_format(void **state)
{
    uint32_t seed = 1;
    (void)state;

    for (size_t k = 0; k < 16; k++) {
        int64_t half = (int64_t)1 << (integers[k].bits - 1);
        for (size_t n = 0; n < COUNT(gains); n++) {
            static const int64_t near[] = {-2, -1, 0, 1, 2};
            for (size_t i = 0; i < 5; i++)
                check_sample(k, near[i], gains[n]);
            for (int64_t d = 0; d < 3; d++) {
                check_sample(k, half - 1 - d, gains[n]);
                check_sample(k, -half + d, gains[n]);
            }
            for (int i = 0; i < 500; i++) {
                uint32_t r = next_random(&seed);
                check_sample(k, (int64_t)(r % (uint64_t)(2 * half)) - half,
                             gains[n]);
            }
        }
    }
}

static void test_gain_rounds_halves_away_from_zero_and_saturates(void **state)
{
    static const int16_t in[6] = {1, -1, 3, -3, 32767, -32768};
    static const int16_t halved[6] = {1, -1, 2, -2, 16384, -16384};
    static const int16_t doubled[6] = {2, -2, 6, -6, 32767, -32768};
    struct rgt_snd_gain g = {.gain_q16 = 0x8000};
    uint8_t bytes[12], out[12], want[12];
    (void)state;

    for (unsigned i = 0; i < 6; i++)
        fake_put16(bytes + 2 * i, (uint16_t)in[i]);
    for (unsigned i = 0; i < 6; i++)
        fake_put16(want + 2 * i, (uint16_t)halved[i]);
    assert_int_equal(
        rgt_snd_gain_apply(&g, VIRTIO_SND_PCM_FMT_S16, bytes, out, 12), 0);
    assert_memory_equal(out, want, 12);
    g.gain_q16 = 0x20000;
    for (unsigned i = 0; i < 6; i++)
        fake_put16(want + 2 * i, (uint16_t)doubled[i]);
    assert_int_equal(rgt_snd_gain_apply(&g, VIRTIO_SND_PCM_FMT_S16, bytes,
                                        bytes, 12), /* in place */
                     0);
    assert_memory_equal(bytes, want, 12);
}

static void test_gain_of_one_changes_no_bit_of_any_format(void **state)
{
    struct rgt_snd_gain unity = {.gain_q16 = RGT_SND_GAIN_UNITY};
    uint8_t in[48], out[48];
    uint32_t seed = 2;
    (void)state;

    for (unsigned format = 0; format < 25; format++)
        for (int round = 0; round < 100; round++) {
            for (unsigned i = 0; i < 48; i++)
                in[i] = (uint8_t)next_random(&seed);
            memset(out, 0, 48);
            assert_int_equal(rgt_snd_gain_apply(&unity, format, in, out, 48),
                             0);
            assert_memory_equal(in, out, 48);
        }
}

static void test_gain_mute_is_silence(void **state)
{
    static const uint8_t silence[25][4] = {[1] = {0xff, 0xff, 0xff, 0xff},
                                           [2] = {0xd5, 0xd5, 0xd5, 0xd5},
                                           [4] = {0x80, 0x80, 0x80, 0x80},
                                           [6] = {0, 0x80, 0, 0x80},
                                           [8] = {0, 0, 2, 0},
                                           [10] = {0, 0, 8, 0},
                                           [12] = {0, 0, 0x80, 0},
                                           [14] = {0, 0, 8, 0},
                                           [16] = {0, 0, 0x80, 0},
                                           [18] = {0, 0, 0, 0x80},
                                           [21] = {0x69, 0x69, 0x69, 0x69},
                                           [22] = {0x69, 0x69, 0x69, 0x69},
                                           [23] = {0x69, 0x69, 0x69, 0x69}};
    struct rgt_snd_gain mute = {.gain_q16 = RGT_SND_GAIN_UNITY, .mute = true};
    (void)state;

    for (unsigned format = 0; format < 25; format++) {
        bool can = format != 0 && format != 24;
        uint8_t out[48];
        memset(out, 0xee, 48);
        assert_int_equal(rgt_snd_gain_apply(&mute, format, out, out, 48),
                         can ? 0 : RGT_E_NOTSUP);
        unsigned step = rgt_snd_format_bits(format) == 24 ? 3 : 4;
        for (unsigned i = 0; i < 48; i++)
            assert_int_equal(out[i], can ? silence[format][i % step] : 0xee);
    }
}

static void test_gain_knows_its_limits(void **state)
{
    struct rgt_snd_gain g = {.gain_q16 = 0x8000};
    uint8_t buf[16] = {0};
    (void)state;

    for (unsigned format = 0; format < 64; format++) {
        bool can = (format >= 3 && format <= 18) || format == 19;
        int want = format > 24 ? RGT_E_INVAL : can ? 0 : RGT_E_NOTSUP;
        assert_int_equal(
            rgt_snd_gain_apply(&g, format, buf, buf,
                               rgt_snd_format_bits(format) == 24 ? 12 : 16),
            want);
    }
    assert_int_equal(
        rgt_snd_gain_apply(&g, VIRTIO_SND_PCM_FMT_S16, buf, buf, 3),
        RGT_E_INVAL);
    assert_int_equal(
        rgt_snd_gain_apply(&g, VIRTIO_SND_PCM_FMT_S24_3, buf, buf, 16),
        RGT_E_INVAL);
    assert_int_equal(
        rgt_snd_gain_apply(&g, VIRTIO_SND_PCM_FMT_S16, buf, buf, 0), 0);
}

/* ---- float ----------------------------------------------------------------
 */

static void check_float(uint32_t bits, uint32_t gain)
{
    struct rgt_snd_gain g = {.gain_q16 = gain};
    uint8_t bytes[4];
    float in, got, want;

    memcpy(&in, &bits, 4);
    /* 24 bits times 32 are exact in this, and rounded once on the way out. */
    long double product = (long double)in * gain / 65536.0L;
    want = (float)product;
    if (isinf(want) && !isinf(in))
        want = in > 0 ? FLT_MAX : -FLT_MAX;
    if (isinf(in))
        want = in;
    fake_put32(bytes, bits);
    assert_int_equal(
        rgt_snd_gain_apply(&g, VIRTIO_SND_PCM_FMT_FLOAT, bytes, bytes, 4), 0);
    uint32_t out = fake_get32(bytes);
    memcpy(&got, &out, 4);
    if (isnan(in)) {
        assert_int_equal(out, bits);
        return;
    }
    assert_memory_equal(&got, &want, 4);
}

static void test_gain_of_float_is_rounded_like_ieee_754(void **state)
{
    static const uint32_t special[] = {
        0,          0x80000000, 1,          0x80000001, 0x007fffff, 0x00800000,
        0x00800001, 0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff, 0x7f800000,
        0xff800000, 0x7fc00000, 0x7f800001, 0x33800000, 0x3f7fffff};
    uint32_t seed = 3;
    (void)state;

    if (LDBL_MANT_DIG < 56)
        skip();
    for (size_t n = 0; n < COUNT(gains); n++) {
        for (size_t i = 0; i < COUNT(special); i++)
            check_float(special[i], gains[n]);
        for (int i = 0; i < 20000; i++)
            check_float(next_random(&seed), gains[n]);
    }
    for (int i = 0; i < 100000; i++) {
        uint32_t bits = next_random(&seed);
        check_float(bits, next_random(&seed));
    }
}

static void test_gain_from_db(void **state)
{
    (void)state;
    assert_int_equal(rgt_snd_gain_from_db(0), RGT_SND_GAIN_UNITY);
    assert_int_equal(rgt_snd_gain_from_db(-97), 0);
    assert_int_equal(rgt_snd_gain_from_db(-1000), 0);
    assert_int_equal(rgt_snd_gain_from_db(1000), rgt_snd_gain_from_db(24));
    for (int db = -96; db <= 24; db++)
        assert_int_equal(rgt_snd_gain_from_db(db),
                         lround(pow(10, db / 20.0) * 65536));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gain_is_exact_for_every_integer_format),
        cmocka_unit_test(test_gain_rounds_halves_away_from_zero_and_saturates),
        cmocka_unit_test(test_gain_of_one_changes_no_bit_of_any_format),
        cmocka_unit_test(test_gain_mute_is_silence),
        cmocka_unit_test(test_gain_knows_its_limits),
        cmocka_unit_test(test_gain_of_float_is_rounded_like_ieee_754),
        cmocka_unit_test(test_gain_from_db),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
