/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "scratch.h"

#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sinks.h"
#include "sound_file.h"

#define FRAMES 3000u
#define BYTES_MAX (FRAMES * 6 * 8)

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

static struct rig_sink *open_sink(const struct scratch *s, const char *kind,
                                  const char *name)
{
    struct rig_sink *sink;
    char spec[300], err[512];

    snprintf(spec, sizeof(spec), "%s:%s/%s", kind, s->dir, name);
    sink = rig_sink_open(spec, err, sizeof(err));
    if (!sink)
        fail_msg("%s: %s", spec, err);
    return sink;
}

static int start(struct rig_sink *sink, const struct fake_pcm *pcm)
{
    struct fake_sink *port = rig_sink_port(sink);

    return port->ops->start(port, pcm);
}

static int put(struct rig_sink *sink, const void *data, size_t bytes)
{
    struct fake_sink *port = rig_sink_port(sink);

    return port->ops->write(port, data, bytes, data == NULL);
}

static void stop(struct rig_sink *sink)
{
    struct fake_sink *port = rig_sink_port(sink);

    port->ops->stop(port);
}

static void close_well(struct rig_sink *sink)
{
    char err[512];

    if (rig_sink_close(sink, err, sizeof(err)))
        fail_msg("%s", err);
}

/* The samples of a whole file, in `format`. */
static size_t read_back(const char *path, uint8_t format, void *to, size_t room,
                        struct rig_sound_file *was)
{
    struct rig_sound_file f;
    char err[512];
    long n;

    if (rig_sound_open(&f, path, err, sizeof(err)))
        fail_msg("%s", err);
    n = rig_sound_read(&f, format, to, room, err, sizeof(err));
    if (n < 0)
        fail_msg("%s", err);
    *was = f;
    rig_sound_close(&f);
    return (size_t)n;
}

static void round_trip(const struct scratch *s, const char *name,
                       uint8_t format, uint8_t channels, uint32_t hz)
{
    static uint8_t in[BYTES_MAX], out[BYTES_MAX + 64];
    struct fake_pcm pcm = pcm_of(format, channels, hz);
    size_t bytes = FRAMES * pcm.frame_bytes, at = 0;
    struct rig_sink *sink = open_sink(s, "wav", name);
    struct rig_sink_stats stats;
    struct rig_sound_file f;

    rig_pcm_counter(format, 1, in, (size_t)FRAMES * channels);
    assert_int_equal(start(sink, &pcm), 0);
    for (unsigned n = 1; at < bytes; n = n * 3 % 101 + 1) {
        size_t some = (size_t)n * pcm.frame_bytes;

        some = some < bytes - at ? some : bytes - at;
        assert_int_equal(put(sink, in + at, some), 0);
        at += some;
    }
    stop(sink);
    rig_sink_stats(sink, &stats);
    assert_int_equal(stats.frames, FRAMES);
    assert_int_equal(stats.xruns, 0);
    close_well(sink);
    assert_int_equal(
        read_back(scratch_path(s, name), format, out, sizeof(out), &f), bytes);
    assert_int_equal(f.frames, FRAMES);
    assert_int_equal(f.channels, channels);
    assert_int_equal(f.rate_hz, hz);
    assert_memory_equal(in, out, bytes);
}

static void test_wav_holds_every_sample_of_every_format(void **state)
{
    static const uint8_t channels[] = {1, 2, 6};

    for (uint8_t f = 0; f < RIG_PCM_FORMATS; f++)
        for (unsigned c = 0; rig_pcm_has_samples(f) && c < 3; c++) {
            round_trip(*state, "x.wav", f, channels[c], 48000);
            round_trip(*state, "x.W64", f, channels[c], 384000);
            round_trip(*state, "x.rf64", f, channels[c], 8000);
        }
}

static void test_wav_goes_by_the_end_of_the_name(void **state)
{
    static const char *const good[] = {"x", "x.WAV", ".x", "x.wave", "x.RF64"};
    static const char *const bad[] = {"x.flac", "x.wav.flac", "x.w", "x."};
    char spec[300], err[512];

    for (size_t k = 0; k < 5; k++)
        close_well(open_sink(*state, "wav", good[k]));
    for (size_t k = 0; k < 4; k++) {
        snprintf(spec, sizeof(spec), "wav:%s", scratch_path(*state, bad[k]));
        assert_null(rig_sink_open(spec, err, sizeof(err)));
        assert_non_null(strstr(err, bad[k]));
        assert_int_equal(access(scratch_path(*state, bad[k]), F_OK), -1);
    }
}

static void test_wav_says_which_format_it_cannot_hold(void **state)
{
    for (uint8_t f = 0; f < RIG_PCM_FORMATS; f++) {
        struct fake_pcm pcm = pcm_of(f, 2, 48000);
        struct rig_sink *sink;
        char err[512];

        if (rig_pcm_has_samples(f))
            continue;
        sink = open_sink(*state, "wav", "x.wav");
        assert_int_equal(start(sink, &pcm), -1);
        assert_int_equal(put(sink, "12345678", 8), -1);
        assert_int_equal(rig_sink_close(sink, err, sizeof(err)), -1);
        assert_non_null(strstr(err, rig_pcm_format(f)->name));
        assert_int_equal(access(scratch_path(*state, "x.wav"), F_OK), -1);
    }
}

static void test_raw_takes_every_format_as_it_is(void **state)
{
    for (uint8_t f = 0; f < RIG_PCM_FORMATS; f++) {
        struct fake_pcm pcm = pcm_of(f, 2, 48000);
        struct rig_sink *sink = open_sink(*state, "raw", "x.raw");
        uint8_t in[64], out[100];
        FILE *file;

        rig_pcm_counter(f, 1, in, 8);
        assert_int_equal(start(sink, &pcm), 0);
        assert_int_equal(put(sink, in, 8), 0);
        stop(sink);
        close_well(sink);
        file = fopen(scratch_path(*state, "x.raw"), "rb");
        assert_non_null(file);
        assert_int_equal(fread(out, 1, sizeof(out), file), 8);
        fclose(file);
        assert_memory_equal(in, out, 8);
    }
}

static void test_silence_counts_when_data_follow(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_S16, 2, 48000);
    struct rig_sink *sink = open_sink(*state, "wav", "x.wav");
    struct rig_sink_stats stats;
    struct rig_sound_file f;
    uint8_t data[400], out[20000], zero[12000] = {0};

    memset(data, 0x55, sizeof(data));
    assert_int_equal(start(sink, &pcm), 0);
    put(sink, data, 400);
    put(sink, NULL, 8000);
    put(sink, NULL, 4000);
    put(sink, data, 400);
    put(sink, NULL, 4000);
    stop(sink);
    assert_int_equal(start(sink, &pcm), 0);
    put(sink, data, 400);
    stop(sink);
    rig_sink_stats(sink, &stats);
    assert_int_equal(stats.frames, 300);
    assert_int_equal(stats.silent_frames, 3000);
    assert_int_equal(stats.xruns, 1);
    close_well(sink);
    assert_int_equal(read_back(scratch_path(*state, "x.wav"), pcm.format, out,
                               sizeof(out), &f),
                     13200);
    assert_memory_equal(out + 400, zero, 12000);
    assert_int_equal(out[12400], 0x55);
}

static void test_null_counts(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_IMA_ADPCM, 2, 8000);
    struct rig_sink_stats stats;
    struct rig_sink *sink;
    char err[200];

    (void)state;
    sink = rig_sink_open("null", err, sizeof(err));
    assert_non_null(sink);
    assert_null(rig_sink_port(sink)->ops->clock);
    assert_int_equal(start(sink, &pcm), 0);
    assert_int_equal(put(sink, err, 100), 0);
    stop(sink);
    rig_sink_stats(sink, &stats);
    assert_int_equal(stats.frames, 100); /* 4 bits a sample, 2 a frame */
    close_well(sink);
}

static void test_bad_spec_is_named(void **state)
{
    static const char *const bad[] = {
        "",          "wav",      "wav:",      "raw",          "raw:",
        "tape",      "null:x",   "nul",       "wavy",         ":null",
        "wav:/no/x", "wav:/tmp", "raw:/no/x", "wav:/dev/full"};

    (void)state;
    for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++) {
        char err[512] = "";

        assert_null(rig_sink_open(bad[k], err, sizeof(err)));
        assert_true(strlen(err) > 10);
        assert_null(strchr(err, '\n'));
    }
}

static void test_file_is_left_alone_until_a_stream_starts(void **state)
{
    static const char *const kinds[] = {"wav", "raw"};

    for (size_t k = 0; k < 2; k++) {
        char text[10] = "";
        FILE *file;

        scratch_write(*state, "x.wav", "precious");
        close_well(open_sink(*state, kinds[k], "x.wav"));
        file = fopen(scratch_path(*state, "x.wav"), "r");
        assert_non_null(file);
        assert_non_null(fgets(text, sizeof(text), file));
        fclose(file);
        assert_string_equal(text, "precious");
        unlink(scratch_path(*state, "x.wav"));
        close_well(open_sink(*state, kinds[k], "x.wav"));
        assert_int_equal(access(scratch_path(*state, "x.wav"), F_OK), -1);
    }
}

/* Created through the link, and removed there: the link stays. */
static void test_link_to_nothing_is_a_file_to_be_made(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_S16, 2, 48000);
    char link[256], target[256];
    struct rig_sink *sink;
    struct stat st;

    strcpy(link, scratch_path(*state, "link.wav"));
    strcpy(target, scratch_path(*state, "target.wav"));
    assert_int_equal(symlink("target.wav", link), 0);
    close_well(open_sink(*state, "wav", "link.wav"));
    assert_int_equal(lstat(link, &st), 0);
    assert_int_equal(access(target, F_OK), -1);
    sink = open_sink(*state, "wav", "link.wav");
    assert_int_equal(start(sink, &pcm), 0);
    stop(sink);
    close_well(sink);
    assert_int_equal(access(target, F_OK), 0);
}

/* ---- a full disk ---- */

static void test_raw_notices_a_full_disk(void **state)
{
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_S16, 2, 48000);
    char err[512];
    struct rig_sink *sink = rig_sink_open("raw:/dev/full", err, sizeof(err));

    (void)state;
    assert_non_null(sink);
    assert_int_equal(start(sink, &pcm), 0);
    put(sink, err, 400);
    stop(sink);
    assert_int_equal(rig_sink_close(sink, err, sizeof(err)), -1);
    assert_string_equal(err, "/dev/full: No space left on device");
}

/* In a child process, for the limit cannot be taken back. Returns what it
 * exits with. */
static int fill_up(const struct scratch *s, const char *name, rlim_t limit)
{
    static uint8_t data[4 * 1000];
    struct fake_pcm pcm = pcm_of(VIRTIO_SND_PCM_FMT_S24_3, 2, 48000);
    struct rlimit most = {limit, limit};
    struct rig_sink *sink = open_sink(s, "wav", name);
    char err[512];

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &most) || start(sink, &pcm))
        return 1;
    for (unsigned n = 0; n < 1000; n++) {
        rig_pcm_counter(pcm.format, n * 1000 + 1, data, 1000);
        if (put(sink, data, 3000) == 0)
            continue;
        if (put(sink, data, 3000) == 0)
            return 2; /* it does not go on as if nothing was */
        stop(sink);
        if (rig_sink_close(sink, err, sizeof(err)) == 0)
            return 3;
        return strstr(err, "File too large") && !strchr(err, '\n') ? 0 : 4;
    }
    return 5;
}

static void test_wav_on_a_full_disk_is_valid_as_far_as_it_goes(void **state)
{
    /* limits that cut within a sample, a frame, a second, and the header */
    static const rlim_t limits[] = {5003, 100000, 100001, 100005, 400444, 300};

    for (size_t k = 0; k < sizeof(limits) / sizeof(*limits); k++) {
        static uint8_t out[500000];
        struct rig_sound_file f;
        size_t n;
        int status;
        pid_t child = fork();

        if (child == 0)
            _exit(fill_up(*state, "x.wav", limits[k]));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        n = read_back(scratch_path(*state, "x.wav"), VIRTIO_SND_PCM_FMT_S24_3,
                      out, sizeof(out), &f);
        assert_in_range(n, limits[k] - 200, limits[k]);
        assert_int_equal(f.frames, n / 6);
        assert_int_equal(
            rig_pcm_counter_check(VIRTIO_SND_PCM_FMT_S24_3, 1, out, n / 3),
            n / 3);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_wav_holds_every_sample_of_every_format),
        SCRATCH_TEST(test_wav_goes_by_the_end_of_the_name),
        SCRATCH_TEST(test_wav_says_which_format_it_cannot_hold),
        SCRATCH_TEST(test_raw_takes_every_format_as_it_is),
        SCRATCH_TEST(test_silence_counts_when_data_follow),
        cmocka_unit_test(test_null_counts),
        cmocka_unit_test(test_bad_spec_is_named),
        SCRATCH_TEST(test_file_is_left_alone_until_a_stream_starts),
        SCRATCH_TEST(test_link_to_nothing_is_a_file_to_be_made),
        cmocka_unit_test(test_raw_notices_a_full_disk),
        SCRATCH_TEST(test_wav_on_a_full_disk_is_valid_as_far_as_it_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
