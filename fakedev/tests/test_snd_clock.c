/* SPDX-License-Identifier: MIT
 *
 * test_snd_clock.c: time and frames, formats and rates in plain numbers.
 */
#include "../src/snd_private.h"
#include "guest.h"

/* Constants by arbitrary precision: floor(ns * rate / 10^9). */
static void test_frames_at_is_the_floor_of_the_exact_product(void **state)
{
    static const struct {
        uint64_t ns;
        uint32_t rate;
        uint64_t frames;
    } cases[] = {
        {0, 44100, 0},
        {22675, 44100, 0},
        {22676, 44100, 1},
        {UINT64_C(3600000000000), 44100, UINT64_C(158760000)},
        {UINT64_C(3600000022675), 44100, UINT64_C(158760000)},
        {UINT64_C(3600000022676), 44100, UINT64_C(158760001)},
        {UINT64_C(31536000000000001), 384000, UINT64_C(12109824000000)},
        {UINT64_MAX, 384000, UINT64_C(7083549724304467)},
        {UINT64_MAX, 5512, UINT64_C(101678453334287)},
        {UINT64_C(1000000000999999999), 11025, UINT64_C(11025000011024)},
        {UINT64_C(999999999), UINT32_MAX, UINT64_C(4294967290)},
        {UINT64_MAX, 0, 0},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
        assert_true(fake_snd_frames_at(cases[k].ns, cases[k].rate) ==
                    cases[k].frames);
}

/* The same: ceil(frames * 10^9 / rate). */
static void test_time_of_is_the_ceiling_of_the_exact_quotient(void **state)
{
    static const struct {
        uint64_t frames;
        uint32_t rate;
        uint64_t ns;
    } cases[] = {
        {0, 44100, 0},
        {0, 0, 0},
        {1, 0, FAKE_NEVER},
        {1, 44100, 22676},
        {441, 44100, 10000000},
        {158760000, 44100, UINT64_C(3600000000000)},
        {158760001, 44100, UINT64_C(3600000022676)},
        {1, 384000, 2605},
        {UINT64_C(1000000000001), 384000, UINT64_C(2604166666669271)},
        {UINT64_C(1000000000000007), 5512, FAKE_NEVER}, /* 5,753 years */
        {UINT64_C(7083549724304467), 384000, UINT64_C(18446744073709549480)},
        {UINT64_MAX, 5512, FAKE_NEVER},
        {UINT32_MAX, UINT32_MAX, UINT64_C(1000000000)},
        {UINT64_C(4294967296), UINT32_MAX, UINT64_C(1000000001)},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
        assert_true(fake_snd_time_of(cases[k].frames, cases[k].rate) ==
                    cases[k].ns);
}

/* The same of floor(ns * rate * (10^6 + ppm) / 10^15). */
static void test_drifting_clock_is_the_floor_of_the_exact_product(void **state)
{
    static const struct {
        uint64_t ns;
        uint32_t rate;
        int32_t ppm;
        uint64_t frames;
    } cases[] = {
        {UINT64_C(0), 44100, 100, UINT64_C(0)},
        {UINT64_C(22675), 44100, -1, UINT64_C(0)},
        {UINT64_C(22676), 44100, 0, UINT64_C(1)},
        {UINT64_C(22674), 44100, 100, UINT64_C(1)},
        {UINT64_C(3600000000000), 44100, 1, UINT64_C(158760158)},
        {UINT64_C(3600000000000), 44100, -1, UINT64_C(158759841)},
        {UINT64_C(31536000000000001), 384000, -500000, UINT64_C(6054912000000)},
        {UINT64_C(18446744073709551615), 384000, 1000000,
         UINT64_C(14167099448608935)},
        {UINT64_C(18446744073709551615), 5512, -499999,
         UINT64_C(50839328345596)},
        {UINT64_C(999999999), 192000, 12345, UINT64_C(194370)},
        {UINT64_C(1000000000999999999), 11025, -333333,
         UINT64_C(7350003682350)},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
        assert_true(snd_frames_at_ppm(cases[k].ns, cases[k].rate,
                                      cases[k].ppm) == cases[k].frames);
}

static void test_drifting_clock_and_its_time_are_inverse(void **state)
{
    uint64_t rng = 1;

    (void)state;
    for (unsigned k = 0; k < 20000; k++) {
        uint32_t rate = fake_snd_rate_hz((uint8_t)(k % 14));
        uint64_t frames, ns;
        int32_t ppm;

        rng ^= rng << 13;
        rng ^= rng >> 7;
        rng ^= rng << 17;
        ppm = (int32_t)(rng % 1500001) - 500000;
        frames = (rng >> k % 40) % (UINT64_C(1) << 45) + 1;
        ns = snd_time_of_ppm(frames, rate, ppm);
        assert_true(snd_frames_at_ppm(ns, rate, ppm) >= frames);
        assert_true(snd_frames_at_ppm(ns - 1, rate, ppm) < frames);
        assert_true(snd_frames_at_ppm(ns, rate, 0) ==
                    fake_snd_frames_at(ns, rate));
    }
    assert_int_equal(snd_time_of_ppm(0, 44100, 7), 0);
}

static void test_frames_are_scaled_by_parts_in_a_million(void **state)
{
    (void)state;
    assert_int_equal(snd_scale_ppm(0, 5), 0);
    assert_int_equal(snd_scale_ppm(999999, -1), 999998);
    assert_int_equal(snd_scale_ppm(1000000, -1), 999999);
    assert_int_equal(snd_scale_ppm(999999, 1), 999999);
    assert_int_equal(snd_scale_ppm(UINT64_C(48000000000001), 1000000),
                     UINT64_C(96000000000002));
}

/* At the time of frame n it is there, and one nanosecond before it is not. */
static void test_frames_and_time_are_each_others_inverse(void **state)
{
    uint64_t rng = 1;

    (void)state;
    for (unsigned k = 0; k < 200000; k++) {
        uint32_t rate = fake_snd_rate_hz((uint8_t)(k % 14));
        uint64_t frames, ns;

        rng ^= rng << 13;
        rng ^= rng >> 7;
        rng ^= rng << 17;
        frames = k < 1000 ? k + 1 : (rng >> k % 40) % (UINT64_C(1) << 46) + 1;
        ns = fake_snd_time_of(frames, rate);
        assert_true(fake_snd_frames_at(ns, rate) == frames);
        assert_true(fake_snd_frames_at(ns - 1, rate) == frames - 1);
    }
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;

static void test_clock_agrees_with_128_bit_arithmetic(void **state)
{
    uint64_t rng = 88172645463325252u;

    (void)state;
    for (unsigned k = 0; k < 200000; k++) {
        uint32_t rate;
        uint64_t n;

        rng ^= rng << 13;
        rng ^= rng >> 7;
        rng ^= rng << 17;
        rate = (uint32_t)(rng >> 32) >> k % 20 | 1;
        n = rng >> k % 64;
        assert_true(fake_snd_frames_at(n, rate) ==
                    (uint64_t)((wide)n * rate / 1000000000u));
        n %= UINT64_C(18000000000) * rate;
        assert_true(fake_snd_time_of(n, rate) ==
                    (uint64_t)(((wide)n * 1000000000u + rate - 1) / rate));
    }
}
#endif

static void test_bytes_and_frames_are_each_others_inverse(void **state)
{
    static const uint32_t bits[] = {4, 8, 12, 16, 20, 24, 32, 60, 64, 16320};

    (void)state;
    for (size_t b = 0; b < sizeof(bits) / sizeof(bits[0]); b++) {
        for (uint64_t frames = 0; frames < 5000; frames++) {
            uint64_t bytes = snd_bytes_of(frames, bits[b]);

            assert_int_equal(bytes, frames * bits[b] / 8);
            assert_true(snd_frames_for(bytes, bits[b]) <= frames);
            assert_true(snd_frames_for(bytes + 1, bits[b]) > frames);
        }
    }
}

/* 5.14.6.6.2, transcribed. */
static void test_rates_are_those_of_the_specification(void **state)
{
    static const uint32_t hz[] = {5512,  8000,   11025,  16000, 22050,
                                  32000, 44100,  48000,  64000, 88200,
                                  96000, 176400, 192000, 384000};

    (void)state;
    assert_int_equal(sizeof(hz) / sizeof(hz[0]), 14);
    for (unsigned k = 0; k < 256; k++)
        assert_int_equal(fake_snd_rate_hz((uint8_t)k), k < 14 ? hz[k] : 0);
}

static void test_sample_sizes_are_those_of_the_specification(void **state)
{
    static const uint8_t bits[] = {4,  8,  8,  8,  8,  16, 16, 24, 24,
                                   24, 24, 24, 24, 32, 32, 32, 32, 32,
                                   32, 32, 64, 8,  16, 32, 32};

    (void)state;
    assert_int_equal(sizeof(bits), 25);
    for (unsigned k = 0; k < 256; k++) {
        assert_int_equal(snd_sample_bits((uint8_t)k), k < 25 ? bits[k] : 0);
        assert_int_equal(fake_snd_sample_bytes((uint8_t)k),
                         k < 25 ? bits[k] / 8 : 0);
    }
}

static void test_silence_is_the_middle_of_the_range(void **state)
{
    static const struct {
        uint8_t format, bytes;
        uint64_t sample;
    } cases[] = {
        {VIRTIO_SND_PCM_FMT_IMA_ADPCM, 1, 0},
        {VIRTIO_SND_PCM_FMT_MU_LAW, 1, 0xff},
        {VIRTIO_SND_PCM_FMT_A_LAW, 1, 0xd5},
        {VIRTIO_SND_PCM_FMT_S8, 1, 0},
        {VIRTIO_SND_PCM_FMT_U8, 1, 1u << 7},
        {VIRTIO_SND_PCM_FMT_U16, 2, 1u << 15},
        {VIRTIO_SND_PCM_FMT_U18_3, 3, 1u << 17},
        {VIRTIO_SND_PCM_FMT_U20_3, 3, 1u << 19},
        {VIRTIO_SND_PCM_FMT_U24_3, 3, 1u << 23},
        {VIRTIO_SND_PCM_FMT_U20, 4, 1u << 19},
        {VIRTIO_SND_PCM_FMT_U24, 4, 1u << 23},
        {VIRTIO_SND_PCM_FMT_U32, 4, 1u << 31},
        {VIRTIO_SND_PCM_FMT_FLOAT, 4, 0},
        {VIRTIO_SND_PCM_FMT_FLOAT64, 8, 0},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        unsigned bytes;

        assert_true(snd_silence(cases[k].format, &bytes) == cases[k].sample);
        assert_int_equal(bytes, cases[k].bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_at_is_the_floor_of_the_exact_product),
        cmocka_unit_test(test_time_of_is_the_ceiling_of_the_exact_quotient),
        cmocka_unit_test(test_drifting_clock_is_the_floor_of_the_exact_product),
        cmocka_unit_test(test_drifting_clock_and_its_time_are_inverse),
        cmocka_unit_test(test_frames_are_scaled_by_parts_in_a_million),
        cmocka_unit_test(test_frames_and_time_are_each_others_inverse),
#ifdef __SIZEOF_INT128__
        cmocka_unit_test(test_clock_agrees_with_128_bit_arithmetic),
#endif
        cmocka_unit_test(test_bytes_and_frames_are_each_others_inverse),
        cmocka_unit_test(test_rates_are_those_of_the_specification),
        cmocka_unit_test(test_sample_sizes_are_those_of_the_specification),
        cmocka_unit_test(test_silence_is_the_middle_of_the_range),
    };

    return cmocka_run_group_tests_name("snd clock", tests, NULL, NULL);
}
