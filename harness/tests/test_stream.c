/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rigged.h"

#include "pcm_format.h"
#include "ringtrue/wire.h"
#include "sinks.h"
#include "sources.h"
#include "stream.h"

#define S16 VIRTIO_SND_PCM_FMT_S16
#define PERIOD 1920u /* 10 ms of it */
#define FRAMES 480u
#define TURN_NS UINT64_C(1000000)

/* A machine with a sink or source of our own that keeps what it is given. */
struct desk {
    struct rig rig;
    struct fake_sink sink;
    struct fake_source source;
    struct rig_stream stream;
    uint8_t data[PERIOD * 64];
    size_t bytes;
    uint64_t read; /* samples */
    unsigned missed;
    bool broken;
};

static struct desk *desk_of_sink(struct fake_sink *sink)
{
    return (struct desk *)((uint8_t *)sink - offsetof(struct desk, sink));
}

static struct desk *desk_of_source(struct fake_source *source)
{
    return (struct desk *)((uint8_t *)source - offsetof(struct desk, source));
}

static int keep_start(struct fake_sink *sink, const struct fake_pcm *pcm)
{
    (void)sink;
    return pcm->format == S16 ? 0 : -1;
}

static int keep_write(struct fake_sink *sink, const void *data, size_t bytes,
                      bool silence)
{
    struct desk *d = desk_of_sink(sink);

    if (d->broken)
        return -1;
    if (silence || d->bytes + bytes > sizeof(d->data))
        return 0;
    memcpy(d->data + d->bytes, data, bytes);
    d->bytes += bytes;
    return 0;
}

static void keep_stop(struct fake_sink *sink)
{
    (void)sink;
}

static const struct fake_sink_ops keep = {keep_start, keep_write, NULL,
                                          keep_stop};

static int give_start(struct fake_source *source, const struct fake_pcm *pcm)
{
    (void)source;
    (void)pcm;
    return 0;
}

static int give_read(struct fake_source *source, void *data, size_t bytes)
{
    struct desk *d = desk_of_source(source);

    rig_pcm_counter(S16, d->read + 1, data, bytes / 2);
    d->read += bytes / 2;
    return 0;
}

static void give_stop(struct fake_source *source)
{
    (void)source;
}

static void give_missed(struct fake_source *source)
{
    desk_of_source(source)->missed++;
}

static const struct fake_source_ops give = {give_start, give_read, NULL,
                                            give_stop, give_missed};

static const struct rig_snd_params params = {
    .period_bytes = PERIOD,
    .channels = 2,
    .format = S16,
    .rate = VIRTIO_SND_PCM_RATE_48000,
    .features = 1u << VIRTIO_SND_PCM_F_EVT_XRUNS,
};

static int setup(void **state)
{
    struct rig_machine_setup machine = {
        .sched = FAKE_SCHED_STEP,
        .seed = 1,
        .log = true,
        .log_room = 1u << 12,
        .arena_bytes = (size_t)16 << 20,
    };
    struct desk *d = calloc(1, sizeof(*d));
    json_t *device = json_of("{\"type\": \"snd\"}");
    char err[256];

    assert_non_null(d);
    d->sink.ops = &keep;
    d->source.ops = &give;
    machine.sink[0] = &d->sink;
    machine.source[1] = &d->source;
    if (rig_start(&d->rig, &machine, device, &rig_dut_ringtrue, err,
                  sizeof(err)))
        fail_msg("%s", err);
    json_decref(device);
    assert_int_equal(rig_open(&d->rig, UINT64_MAX, 0), 0);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    struct desk *d = *state;

    rig_stop(&d->rig);
    rig_stream_close(&d->stream);
    rigged_guilty(&d->rig, NULL);
    free(d);
    return 0;
}

static void prepare(struct desk *d, uint32_t id, bool capture, unsigned count)
{
    struct rig_snd_pcm_info info[2];
    struct rig_request ask = {
        .op = {.code = RIG_OP_SND_PCM_INFO, .info.pcm = info, .info_count = 2}};

    assert_int_equal(rig_run(&d->rig, &ask, 1), 0);
    assert_int_equal(ask.result, 0);
    assert_int_equal(
        rig_stream_open(&d->stream, &d->rig, id, capture, &params, count), 0);
    assert_int_equal(d->stream.params.buffer_bytes, PERIOD * count);
}

static void send(struct desk *d, uint64_t *at, uint32_t bytes)
{
    struct rig_period *p = rig_stream_free(&d->stream);

    assert_non_null(p);
    rig_pcm_counter(S16, *at + 1, p->buf, bytes / 2);
    *at += bytes / 2;
    assert_int_equal(rig_stream_send(&d->stream, bytes), 0);
}

static uint64_t soon(struct desk *d)
{
    return fake_machine_now(d->rig.machine) + TURN_NS;
}

/* Takes all that are back; returns how many. */
static unsigned take(struct desk *d)
{
    unsigned n = 0;

    assert_int_equal(rig_stream_turn(&d->stream, soon(d)), 0);
    for (struct rig_period *p; (p = rig_stream_done(&d->stream)); n++) {
        assert_int_equal(p->request.result, 0);
        rig_stream_take(&d->stream);
    }
    return n;
}

static void test_periods_are_played_in_order_and_reused(void **state)
{
    struct desk *d = *state;
    uint64_t at = 0;

    prepare(d, 0, false, 3);
    while (rig_stream_free(&d->stream))
        send(d, &at, PERIOD);
    assert_int_equal(rig_stream_start(&d->stream), 0);
    for (unsigned sent = 3; sent < 30;)
        for (unsigned n = take(d); n && sent < 30; n--, sent++)
            send(d, &at, sent == 29 ? 400 : PERIOD);
    while (d->stream.used)
        take(d);
    assert_int_equal(rig_stream_end(&d->stream), 0);
    assert_int_equal(d->bytes, 29 * PERIOD + 400);
    assert_int_equal(d->stream.bytes_done, d->bytes);
    assert_int_equal(rig_pcm_counter_check(S16, 1, d->data, d->bytes / 2),
                     d->bytes / 2);
    assert_in_range(d->stream.worst_ns, 29000000, 31000000);
    assert_int_equal(d->stream.latency_max, 2 * PERIOD);
    assert_int_equal(d->stream.xrun_events, 0);
}

static void test_end_brings_back_what_was_not_played(void **state)
{
    struct desk *d = *state;
    uint64_t at = 0;

    prepare(d, 0, false, 4);
    while (rig_stream_free(&d->stream))
        send(d, &at, PERIOD);
    assert_int_equal(rig_stream_start(&d->stream), 0);
    assert_int_equal(rig_stream_end(&d->stream), 0);
    for (unsigned k = 0; k < 4; k++) {
        assert_non_null(rig_stream_done(&d->stream));
        rig_stream_take(&d->stream);
    }
    assert_null(rig_stream_done(&d->stream));
    assert_true(d->stream.bytes_done < 4 * PERIOD);
}

static void test_stream_may_end_before_it_began(void **state)
{
    struct desk *d = *state;
    uint64_t at = 0;

    prepare(d, 0, false, 2);
    send(d, &at, PERIOD);
    assert_int_equal(rig_stream_end(&d->stream), 0);
    assert_non_null(rig_stream_done(&d->stream));
}

static void test_late_period_is_an_xrun(void **state)
{
    struct desk *d = *state;
    uint64_t at = 0;

    prepare(d, 0, false, 2);
    send(d, &at, PERIOD);
    assert_int_equal(rig_stream_start(&d->stream), 0);
    for (unsigned k = 0; k < 30; k++) /* 10 ms are played within these */
        take(d);
    assert_int_equal(d->stream.xrun_events, 1);
    send(d, &at, PERIOD);
    while (d->stream.used)
        take(d);
    assert_int_equal(rig_stream_end(&d->stream), 0);
    assert_int_equal(rig_pcm_counter_check(S16, 1, d->data, 2 * FRAMES * 2),
                     2 * FRAMES * 2);
}

static void test_sink_that_breaks_fails_the_period(void **state)
{
    struct desk *d = *state;
    uint64_t at = 0;

    prepare(d, 0, false, 2);
    send(d, &at, PERIOD);
    d->broken = true;
    assert_int_equal(rig_stream_start(&d->stream), 0);
    while (!rig_stream_done(&d->stream))
        assert_int_equal(rig_stream_turn(&d->stream, soon(d)), 0);
    assert_int_equal(rig_stream_done(&d->stream)->request.result, RGT_E_IO);
    rig_stream_take(&d->stream);
    assert_int_equal(d->stream.bytes_done, 0);
    assert_int_equal(rig_stream_end(&d->stream), 0);
}

static void test_what_is_captured_comes_in_order(void **state)
{
    struct desk *d = *state;
    uint64_t at = 0;

    prepare(d, 1, true, 4);
    while (rig_stream_free(&d->stream))
        assert_int_equal(rig_stream_send(&d->stream, PERIOD), 0);
    assert_int_equal(rig_stream_start(&d->stream), 0);
    while (at < 20 * FRAMES * 2) {
        struct rig_period *p;

        assert_int_equal(rig_stream_turn(&d->stream, soon(d)), 0);
        while ((p = rig_stream_done(&d->stream)) != NULL) {
            size_t n = p->request.bytes / 2;

            assert_int_equal(n, FRAMES * 2);
            assert_int_equal(rig_pcm_counter_check(S16, at + 1, p->buf, n), n);
            at += n;
            rig_stream_take(&d->stream);
            assert_int_equal(rig_stream_send(&d->stream, PERIOD), 0);
        }
    }
    assert_int_equal(rig_stream_end(&d->stream), 0);
    assert_int_equal(d->stream.xrun_events, 0);
}

/* Whether the stream asked for events or not. */
static void test_source_is_told_what_the_driver_had_no_room_for(void **state)
{
    struct desk *d = *state;

    prepare(d, 1, true, 2);
    while (rig_stream_free(&d->stream))
        assert_int_equal(rig_stream_send(&d->stream, PERIOD), 0);
    assert_int_equal(rig_stream_start(&d->stream), 0);
    while (d->read < 2 * FRAMES * 2) {
        assert_int_equal(d->missed, 0);
        take(d);
    }
    for (unsigned k = 0; k < 5; k++)
        take(d);
    assert_true(d->missed > 0);
    assert_true(d->read > 2 * FRAMES * 2);
    assert_int_equal(rig_stream_end(&d->stream), 0);
}

static void test_impossible_parameters_are_refused(void **state)
{
    struct desk *d = *state;
    struct rig_snd_params bad = params;

    bad.channels = 99;
    assert_int_equal(rig_stream_open(&d->stream, &d->rig, 0, false, &bad, 2),
                     RGT_E_INVAL);
    rig_stream_close(&d->stream);
    assert_int_equal(rig_stream_open(&d->stream, &d->rig, 0, false, &params,
                                     RIG_STREAM_PERIODS_MAX + 1),
                     RGT_E_INVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_periods_are_played_in_order_and_reused),
        TEST(test_end_brings_back_what_was_not_played),
        TEST(test_stream_may_end_before_it_began),
        TEST(test_late_period_is_an_xrun),
        TEST(test_sink_that_breaks_fails_the_period),
        TEST(test_what_is_captured_comes_in_order),
        TEST(test_source_is_told_what_the_driver_had_no_room_for),
        TEST(test_impossible_parameters_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
