/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "scratch.h"

#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sinks.h"
#include "sound_file.h"
#include "sources.h"

static struct fake_pcm pcm_of(uint8_t format, uint8_t channels, uint32_t hz)
{
    struct fake_pcm pcm = {
        .format = format,
        .channels = channels,
        .rate_hz = hz,
        .frame_bytes = rig_pcm_frame_bytes(format, channels),
    };

    pcm.period_bytes = pcm.frame_bytes * 100;
    pcm.buffer_bytes = pcm.period_bytes * 4;
    return pcm;
}

static struct rig_source *open_source(const char *spec)
{
    char err[512];
    struct rig_source *source = rig_source_open(spec, err, sizeof(err));

    if (!source)
        fail_msg("%s: %s", spec, err);
    return source;
}

static void take(struct rig_source *source, const struct fake_pcm *pcm,
                 void *data, size_t bytes)
{
    struct fake_source *port = rig_source_port(source);

    assert_int_equal(port->ops->start(port, pcm), 0);
    assert_int_equal(port->ops->read(port, data, bytes), 0);
    port->ops->stop(port);
}

/* However it is cut, and over a stop and a start, the stream is the same. */
static void test_made_sources_depend_on_the_place_only(void **state)
{
    static const char *const specs[] = {"silence", "counter", "ramp",
                                        "sine:440", "sine:999.5"};

    (void)state;
    for (size_t k = 0; k < 5; k++)
        for (uint8_t f = 0; f < RIG_PCM_FORMATS; f++) {
            struct fake_pcm pcm = pcm_of(f, 2, 44100);
            uint8_t whole[1600], pieces[1600];
            size_t frame = pcm.frame_bytes ? pcm.frame_bytes : 1;
            size_t bytes = 1600 / frame * frame, at = 0;
            struct rig_source *a, *b;

            if (specs[k][1] == 'i' && specs[k][2] == 'n' &&
                !rig_pcm_has_samples(f))
                continue;
            a = open_source(specs[k]);
            b = open_source(specs[k]);
            take(a, &pcm, whole, bytes);
            for (size_t n = 1; at < bytes; n = n * 7 % 11 + 1) {
                size_t some = n * frame < bytes - at ? n * frame : bytes - at;

                take(b, &pcm, pieces + at, some);
                at += some;
            }
            assert_memory_equal(whole, pieces, bytes);
            rig_source_close(a);
            rig_source_close(b);
        }
}

static void test_counter_counts_samples_and_ramp_frames(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_U16, 3, 48000);
    struct rig_source *counter = open_source("counter");
    struct rig_source *ramp = open_source("ramp");
    uint16_t c[30], r[30];

    (void)state;
    take(counter, &pcm, c, sizeof(c));
    take(ramp, &pcm, r, sizeof(r));
    for (unsigned k = 0; k < 30; k++) {
        assert_int_equal(c[k], 0x8000 + k + 1);
        assert_int_equal(r[k], 0x8000 + k / 3);
    }
    rig_source_close(counter);
    rig_source_close(ramp);
}

static void test_sine_has_its_pitch_and_half_the_scale(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_FLOAT64, 1, 48000);
    struct rig_source *sine = open_source("sine:1000");
    static double v[48000];
    unsigned rising = 0;
    double most = 0;

    (void)state;
    take(sine, &pcm, v, sizeof(v));
    for (unsigned k = 1; k < 48000; k++) {
        rising += v[k - 1] < 0 && v[k] >= 0;
        most = fmax(most, fabs(v[k]));
    }
    assert_in_range(rising, 999, 1000);
    assert_true(fabs(most - 0.5) < 1e-6);
    rig_source_close(sine);
}

static void test_sine_refuses_what_cannot_be_heard(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_S16, 1, 8000);
    struct rig_source *sine = open_source("sine:4000");
    struct fake_source *port = rig_source_port(sine);

    (void)state;
    assert_int_equal(port->ops->start(port, &pcm), -1);
    assert_non_null(strstr(rig_source_error(sine), "4000 Hz"));
    rig_source_close(sine);
}

static void lose(struct rig_source *source, void *data, size_t bytes)
{
    struct fake_source *port = rig_source_port(source);

    port->ops->missed(port);
    assert_int_equal(port->ops->read(port, data, bytes), 0);
}

static void test_gap_counts_once_and_when_something_follows(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_S16, 2, 48000);
    struct rig_source *source = open_source("counter");
    struct fake_source *port = rig_source_port(source);
    struct rig_source_stats stats;
    uint8_t data[400];

    (void)state;
    assert_int_equal(port->ops->start(port, &pcm), 0);
    for (unsigned k = 0; k < 3; k++) {
        assert_int_equal(port->ops->read(port, data, 400), 0);
        assert_int_equal(port->ops->read(port, data, 400), 0);
        rig_source_stats(source, &stats);
        assert_int_equal(stats.gaps, k);
        lose(source, data, 400);
        lose(source, data, 4);
        rig_source_stats(source, &stats);
        assert_int_equal(stats.gaps, k);
    }
    port->ops->stop(port);
    take(source, &pcm, data, 400);
    rig_source_stats(source, &stats);
    assert_int_equal(stats.gaps, 2);
    rig_source_close(source);
}

static void test_bad_spec_is_named(void **state)
{
    static const char *const bad[] = {
        "",         "sine",      "sine:",    "sine:x",     "sine:-1", "sine:0",
        "sine:1e9", "sine:nan",  "ramp:1",   "noise",      "file",    "file:",
        "file:/no", "file:/tmp", "counter:", "silence:db",
    };

    (void)state;
    for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++) {
        char err[512] = "";

        assert_null(rig_source_open(bad[k], err, sizeof(err)));
        assert_true(strlen(err) > 5);
        assert_null(strchr(err, '\n'));
    }
}

/* ---- files ---- */

static void make_wav(const char *path, uint8_t format, unsigned frames)
{
    struct fake_pcm pcm = pcm_of(format, 2, 44100);
    struct rig_sink *sink;
    struct fake_sink *port;
    char spec[300], err[512];
    uint8_t data[16];

    snprintf(spec, sizeof(spec), "wav:%s", path);
    sink = rig_sink_open(spec, err, sizeof(err));
    assert_non_null(sink);
    port = rig_sink_port(sink);
    assert_int_equal(port->ops->start(port, &pcm), 0);
    for (unsigned k = 0; k < frames; k++) {
        rig_pcm_counter(format, 1 + 2 * k, data, 2);
        assert_int_equal(port->ops->write(port, data, pcm.frame_bytes, false),
                         0);
    }
    port->ops->stop(port);
    assert_int_equal(rig_sink_close(sink, err, sizeof(err)), 0);
}

static void test_file_is_played_once_then_silence(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_S24, 2, 44100);
    struct rig_source *source;
    struct rig_source_wish wish;
    int32_t v[300];
    char spec[300];

    snprintf(spec, sizeof(spec), "file:%s", scratch_path(*state, "x.wav"));
    make_wav(spec + 5, VIRTIO_SND_PCM_FMT_S16, 100);
    source = open_source(spec);
    rig_source_wish(source, &wish);
    assert_int_equal(wish.rate_hz, 44100);
    assert_int_equal(wish.channels, 2);
    assert_int_equal(wish.frames, 100);
    assert_int_equal(wish.format, VIRTIO_SND_PCM_FMT_S16);
    take(source, &pcm, v, 160 * 4);
    take(source, &pcm, v + 160, 140 * 4);
    for (int k = 0; k < 300; k++)
        assert_int_equal(v[k], k < 200 ? (k + 1) * 256 : 0);
    rig_source_close(source);
}

static void test_file_of_another_rate_is_refused(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_S16, 2, 48000);
    struct rig_source *source;
    struct fake_source *port;
    char spec[300];

    snprintf(spec, sizeof(spec), "file:%s", scratch_path(*state, "x.wav"));
    make_wav(spec + 5, VIRTIO_SND_PCM_FMT_S16, 100);
    source = open_source(spec);
    port = rig_source_port(source);
    assert_int_equal(port->ops->start(port, &pcm), -1);
    assert_non_null(strstr(rig_source_error(source), "44100"));
    rig_source_close(source);
}

static void expect_bad(const char *path, const char *words)
{
    struct rig_sound_file f;
    char err[512] = "";

    assert_int_equal(rig_sound_open(&f, path, err, sizeof(err)), -1);
    assert_memory_equal(err, path, strlen(path));
    if (!strstr(err, words) || strchr(err, '\n'))
        fail_msg("expected '%s' in '%s'", words, err);
}

static void test_what_is_no_sound_is_named(void **state)
{
    const char *path = scratch_path(*state, "x.wav");

    expect_bad("/no/such", "No such file");
    expect_bad("/tmp", "no regular file");
    scratch_write(*state, "x.wav", "");
    expect_bad(path, "is empty");
    scratch_write(*state, "x.wav",
                  "It was a dark and stormy night; the rain "
                  "fell in torrents, except at ...");
    expect_bad(path, "no sound file");
    make_wav(path, VIRTIO_SND_PCM_FMT_S16, 0);
    expect_bad(path, "no frame");
}

static void test_file_that_is_cut_off_is_named(void **state)
{
    static const char *const names[] = {"x.wav", "x.w64", "x.rf64"};

    for (unsigned k = 0; k < 3; k++)
        for (long cut = 1; cut < 3000; cut = cut * 3 + 1) {
            const char *path = scratch_path(*state, names[k]);

            remove(path);
            make_wav(path, VIRTIO_SND_PCM_FMT_S16, 1000);
            assert_int_equal(truncate(path, 4000 - cut), 0);
            expect_bad(path, "cut off");
        }
}

static void test_file_without_header_is_bytes(void **state)
{
    struct rig_sound_file f;
    char err[512], out[100];

    scratch_write(*state, "x.raw", "abcdefgh");
    assert_int_equal(rig_sound_open_raw(&f, scratch_path(*state, "x.raw"),
                                        VIRTIO_SND_PCM_FMT_DSD_U16, 48000, 2,
                                        err, sizeof(err)),
                     0);
    assert_int_equal(f.frames, 2);
    assert_int_equal(
        rig_sound_read(&f, f.format, out, sizeof(out), err, sizeof(err)), 8);
    assert_memory_equal(out, "abcdefgh", 8);
    assert_int_equal(
        rig_sound_read(&f, f.format, out, sizeof(out), err, sizeof(err)), 0);
    rig_sound_close(&f);
    assert_int_equal(rig_sound_open_raw(&f, scratch_path(*state, "x.raw"),
                                        VIRTIO_SND_PCM_FMT_S24_3, 48000, 1, err,
                                        sizeof(err)),
                     -1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_sources_depend_on_the_place_only),
        cmocka_unit_test(test_counter_counts_samples_and_ramp_frames),
        cmocka_unit_test(test_sine_has_its_pitch_and_half_the_scale),
        cmocka_unit_test(test_sine_refuses_what_cannot_be_heard),
        cmocka_unit_test(test_gap_counts_once_and_when_something_follows),
        cmocka_unit_test(test_bad_spec_is_named),
        SCRATCH_TEST(test_file_is_played_once_then_silence),
        SCRATCH_TEST(test_file_of_another_rate_is_refused),
        SCRATCH_TEST(test_what_is_no_sound_is_named),
        SCRATCH_TEST(test_file_that_is_cut_off_is_named),
        SCRATCH_TEST(test_file_without_header_is_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
