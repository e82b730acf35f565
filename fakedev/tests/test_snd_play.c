/* SPDX-License-Identifier: MIT
 *
 * test_snd_play.c: messages on txq: paced, played once, accounted for.
 */
#include "snd_card.h"

#include <time.h>

static void expect_data(const struct tape *t, size_t at, const struct buf *b)
{
    assert_true(at + b->out_len - 4 <= t->bytes);
    assert_memory_equal(t->data + at, b->out + 4, b->out_len - 4);
}

static void expect_none(struct card *c, unsigned queue)
{
    uint32_t len;
    uint16_t head;

    assert_false(card_used(c, queue, &head, &len));
}

static uint32_t expect_ok(struct card *c, const struct buf *b)
{
    return card_expect_done(c, TX, b, 8, OK);
}

static void begin(struct card *c, enum fake_snd_reading reading)
{
    card_setup(c);
    c->cfg.reading = reading;
    card_up(c);
}

/* Stream 0 prepared, n periods queued. */
static void queue_periods(struct card *c, struct buf *b, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        b[k] = card_tx(c, 0, CARD_PERIOD, 7 * k);
        card_publish(c, TX, &b[k], NULL);
    }
    card_settle(c);
}

/* ---- pace ---- */

static void test_message_completes_when_its_last_frame_was_played(void **state)
{
    struct card c;
    struct buf b[3];

    (void)state;
    for (unsigned reading = 0; reading < 2; reading++) {
        uint64_t t0;

        begin(&c, reading ? FAKE_SND_LAZY : FAKE_SND_EAGER);
        card_prepare(&c, 0, 0);
        queue_periods(&c, b, 3);
        card_run(&c, 5 * SECOND); /* waits for START */
        expect_none(&c, TX);
        assert_int_equal(card_command(&c, START, 0), OK);
        t0 = c.now;
        for (unsigned k = 0; k < 3; k++) {
            card_run(&c, t0 + (k + 1) * 10 * MS - 1);
            expect_none(&c, TX);
            assert_int_equal(c.wake, t0 + (k + 1) * 10 * MS);
            card_run(&c, t0 + (k + 1) * 10 * MS);
            assert_int_equal(expect_ok(&c, &b[k]), (2 - k) * CARD_PERIOD);
            expect_data(&c.tape[0], k * CARD_PERIOD, &b[k]);
        }
        assert_int_equal(c.tape[0].silence_bytes, 0);
        card_down(&c);
    }
}

static void test_xfer_is_told_when_taken_and_when_done(void **state)
{
    const struct fake_event *e;
    struct card c;
    struct buf b;

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    card_prepare(&c, 1, 0);
    b = card_tx(&c, 1, 1000, 0);
    card_publish(&c, TX, &b, NULL);
    card_settle(&c);
    e = guest_event(&c.g, FAKE_EV_SND_XFER, 0);
    assert_int_equal(e->queue, TX);
    assert_int_equal(e->arg[0], 1);
    assert_int_equal(e->arg[1], 1000);
    assert_int_equal(e->arg[2], 0);
    assert_int_equal(e->arg[3], b.head);
    assert_int_equal(guest_count(&c.g, FAKE_EV_SND_XFER_DONE), 0);
    assert_int_equal(card_command(&c, START, 1), OK);
    card_run(&c, c.now + SECOND);
    e = guest_event(&c.g, FAKE_EV_SND_XFER_DONE, 0);
    assert_int_equal(e->arg[0], 1);
    assert_int_equal(e->arg[1], OK);
    assert_int_equal(e->arg[2], 0);
    assert_int_equal(e->arg[3], b.head);
    assert_int_equal(e->t_ns, c.now - SECOND + 250 * SECOND / 48000 + 1);
    card_down(&c);
}

/* A driver that keeps four periods queued. */
static struct {
    struct buf buf[4];
    unsigned at;
    uint64_t done, first_ns, last_ns;
} pump;

static void refill(struct card *c)
{
    uint16_t head;
    uint32_t len;

    while (card_used(c, TX, &head, &len)) {
        struct buf *b = &pump.buf[pump.at];

        assert_int_equal(head, b->head);
        assert_int_equal(get_le(b->in, 4), OK);
        assert_int_equal(get_le(b->in + 4, 4), 3 * (b->out_len - 4));
        pump.done++;
        pump.last_ns = c->now;
        card_publish(c, TX, b, NULL);
        pump.at = (pump.at + 1) % 4;
    }
}

static void start_pump(struct card *c, uint32_t period, uint8_t channels,
                       uint8_t format, uint8_t rate)
{
    memset(&pump, 0, sizeof(pump));
    assert_int_equal(card_set(c, 0, period, F_XRUNS, channels, format, rate),
                     OK);
    assert_int_equal(card_command(c, PREPARE, 0), OK);
    for (unsigned k = 0; k < 4; k++) {
        pump.buf[k] = card_tx(c, 0, period, k);
        card_publish(c, TX, &pump.buf[k], NULL);
    }
    card_settle(c);
    assert_int_equal(card_command(c, START, 0), OK);
    pump.first_ns = c->now;
    c->turn = refill;
}

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void test_an_hour_at_44100_hz_does_not_drift_by_a_frame(void **state)
{
    struct card c;
    double cpu;

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    c.g.log.on = false;
    c.tape[0].drop_data = true;
    c.now = 123456789; /* an odd time */
    start_pump(&c, 441 * 4, 2, S16, HZ_44100);
    cpu = cpu_seconds();
    card_run(&c, pump.first_ns + 3600 * SECOND);
    cpu = cpu_seconds() - cpu;
    /* 158,760,000 frames, in 360,000 periods, each at its time */
    assert_int_equal(pump.done, 360000);
    assert_int_equal(pump.last_ns, pump.first_ns + 3600 * SECOND);
    assert_int_equal(c.tape[0].bytes, UINT64_C(158760000) * 4);
    assert_int_equal(c.tape[0].silence_bytes, 0);
    print_message("%.0f times real time\n", 3600 / (cpu + 1e-9));
    assert_true(cpu < 60);
    card_down(&c);
}

static void test_every_rate_and_format_is_paced_exactly(void **state)
{
    static const uint8_t channels[] = {1, 2, 6};

    (void)state;
    for (uint8_t rate = 0; rate < 14; rate++) {
        for (uint8_t format = 0; format < 25; format++) {
            uint8_t ch = channels[(rate + format) % 3];
            struct card c;
            uint64_t bits, frames;

            begin(&c, format % 2 ? FAKE_SND_LAZY : FAKE_SND_EAGER);
            start_pump(&c, 5760, ch, format, rate);
            card_run(&c, pump.first_ns + SECOND);
            bits = format == ADPCM ? 4u * ch
                                   : 8u * ch * fake_snd_sample_bytes(format);
            frames = fake_snd_rate_hz(rate);
            /* Played up to the last wake at least, and all that is done. */
            assert_int_equal(c.tape[0].bytes, frames * bits / 8);
            assert_int_equal(pump.done, frames * bits / 8 / 5760);
            assert_int_equal(c.tape[0].silence_bytes, 0);
            assert_int_equal(
                pump.last_ns,
                pump.first_ns +
                    fake_snd_time_of((pump.done * 5760 * 8 + bits - 1) / bits,
                                     (uint32_t)frames));
            card_down(&c);
        }
    }
}

static void test_short_last_message_plays_its_frames(void **state)
{
    struct card c;
    struct buf b[2];
    uint64_t t0;

    (void)state;
    begin(&c, FAKE_SND_EAGER);
    card_prepare(&c, 0, 0);
    b[0] = card_tx(&c, 0, CARD_PERIOD, 0);
    b[1] = card_tx(&c, 0, 4 * 48, 9);
    card_publish(&c, TX, &b[0], NULL);
    card_publish(&c, TX, &b[1], NULL);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    card_run(&c, t0 + 11 * MS);
    assert_int_equal(expect_ok(&c, &b[0]), 4 * 48);
    assert_int_equal(expect_ok(&c, &b[1]), 0);
    assert_int_equal(guest_event(&c.g, FAKE_EV_SND_XFER_DONE, 1)->t_ns,
                     t0 + 11 * MS);
    expect_data(&c.tape[0], CARD_PERIOD, &b[1]);
    card_down(&c);
}

static void test_payload_may_be_cut_anywhere(void **state)
{
    static const uint32_t cuts[][8] = {
        {4, 0},         {1, 1, 1, 1, 100, 1, 997, 0}, {7, 0}, {3, 2, 333, 0},
        {4, 192, 8, 0},
    };

    (void)state;
    for (unsigned k = 0; k < 10; k++) {
        struct card c;
        struct buf b;

        begin(&c, k % 2 ? FAKE_SND_LAZY : FAKE_SND_EAGER);
        card_prepare(&c, 0, 0);
        b = card_tx(&c, 0, 192, 3);
        card_publish(&c, TX, &b, cuts[k / 2]);
        assert_int_equal(card_command(&c, START, 0), OK);
        for (unsigned n = 0; n < 20; n++)
            card_run(&c, c.now + 50000 + n); /* frames at odd times */
        expect_ok(&c, &b);
        expect_data(&c.tape[0], 0, &b);
        card_down(&c);
    }
}

/* ---- eager and lazy ---- */

static void test_eager_and_lazy_hear_the_same_of_a_good_driver(void **state)
{
    struct card c[2];

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct buf b[8];

        begin(&c[k], k ? FAKE_SND_LAZY : FAKE_SND_EAGER);
        card_prepare(&c[k], 0, 0);
        queue_periods(&c[k], b, 8);
        assert_int_equal(card_command(&c[k], START, 0), OK);
        card_run(&c[k], c[k].now + 80 * MS);
    }
    assert_int_equal(c[0].tape[0].bytes, 8 * CARD_PERIOD);
    assert_int_equal(c[1].tape[0].bytes, 8 * CARD_PERIOD);
    assert_memory_equal(c[0].tape[0].data, c[1].tape[0].data, 8 * CARD_PERIOD);
    card_down(&c[0]);
    card_down(&c[1]);
}

static void test_lazy_hears_what_was_scribbled_and_eager_does_not(void **state)
{
    (void)state;
    for (unsigned lazy = 0; lazy < 2; lazy++) {
        struct card c;
        struct buf b;
        uint8_t before[CARD_PERIOD];

        begin(&c, lazy ? FAKE_SND_LAZY : FAKE_SND_EAGER);
        card_prepare(&c, 0, 0);
        queue_periods(&c, &b, 1);
        memcpy(before, b.out + 4, CARD_PERIOD);
        assert_int_equal(card_command(&c, START, 0), OK);
        card_run(&c, c.now + 5 * MS);
        memset(b.out + 4, 0xAB, CARD_PERIOD); /* half of it is played */
        card_run(&c, c.now + 5 * MS);
        expect_ok(&c, &b);
        assert_memory_equal(c.tape[0].data, before, CARD_PERIOD / 2);
        if (lazy)
            assert_memory_equal(c.tape[0].data + CARD_PERIOD / 2, b.out + 4,
                                CARD_PERIOD / 2);
        else
            assert_memory_equal(c.tape[0].data, before, CARD_PERIOD);
        card_down(&c);
    }
}

/* ---- xrun ---- */

static void test_starved_stream_plays_silence_for_what_is_missing(void **state)
{
    struct card c;
    struct buf b[2], late;
    uint64_t t0;
    uint32_t code, data;

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    card_post_event(&c);
    card_post_event(&c);
    card_prepare(&c, 0, F_XRUNS);
    queue_periods(&c, b, 2);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    card_run(&c, t0 + 20 * MS);
    assert_false(card_event(&c, &code, &data)); /* nothing missing yet */
    assert_int_equal(c.wake, t0 + 20 * MS + 20834);
    card_run(&c, t0 + 20 * MS + 20833);
    assert_false(card_event(&c, &code, &data));
    card_run(&c, t0 + 20 * MS + 20834); /* one frame is */
    assert_true(card_event(&c, &code, &data));
    assert_int_equal(code, XRUN);
    assert_int_equal(data, 0);
    card_run(&c, t0 + 30 * MS);
    late = card_tx(&c, 0, CARD_PERIOD, 99);
    card_publish(&c, TX, &late, NULL);
    card_run(&c, t0 + 40 * MS);
    expect_ok(&c, &b[0]);
    expect_ok(&c, &b[1]);
    expect_ok(&c, &late);
    /* Silence for exactly one period, then the late one, and nothing twice. */
    assert_int_equal(c.tape[0].gaps, 1);
    assert_int_equal(c.tape[0].gap[0].at, 2 * CARD_PERIOD);
    assert_int_equal(c.tape[0].gap[0].bytes, CARD_PERIOD);
    assert_int_equal(c.tape[0].bytes, 3 * CARD_PERIOD);
    expect_data(&c.tape[0], 2 * CARD_PERIOD, &late);
    assert_false(card_event(&c, &code, &data)); /* once per gap */
    card_run(&c, t0 + 41 * MS);
    assert_true(card_event(&c, &code, &data)); /* the next gap */
    assert_int_equal(code, XRUN);
    card_down(&c);
}

/* However late or often the device looks. */
static void test_gap_ends_where_the_data_came(void **state)
{
    (void)state;
    for (unsigned frames = 1; frames < 2000; frames += 37) {
        struct card c;
        struct buf b;
        uint64_t t0;

        begin(&c, FAKE_SND_EAGER);
        card_prepare(&c, 0, 0);
        assert_int_equal(card_command(&c, START, 0), OK);
        t0 = c.now;
        c.now = t0 + fake_snd_time_of(frames, 48000) + 100; /* one big step */
        b = card_tx(&c, 0, 400, 1);
        card_publish(&c, TX, &b, NULL);
        card_settle(&c);
        card_run(&c, t0 + fake_snd_time_of(frames + 100, 48000) - 1);
        expect_none(&c, TX);
        card_run(&c, c.now + 1);
        expect_ok(&c, &b);
        assert_int_equal(c.tape[0].gaps, 1);
        assert_int_equal(c.tape[0].gap[0].at, 0);
        assert_int_equal(c.tape[0].gap[0].bytes, 4 * frames);
        card_down(&c);
    }
}

static void test_xrun_is_told_only_if_selected(void **state)
{
    struct card c;
    uint32_t code, data;

    (void)state;
    begin(&c, FAKE_SND_EAGER);
    card_post_event(&c);
    card_prepare(&c, 0, F_SHMEM_PERIODS);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + SECOND);
    assert_int_equal(c.tape[0].silence_bytes, 4 * 48000);
    assert_false(card_event(&c, &code, &data));
    card_down(&c);
}

static void test_data_in_the_last_moment_is_no_gap(void **state)
{
    struct card c;
    struct buf b[2];
    uint64_t t0;

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    card_prepare(&c, 0, F_XRUNS);
    queue_periods(&c, b, 1);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    card_run(&c, t0 + 10 * MS + 20000);
    b[1] = card_tx(&c, 0, CARD_PERIOD, 5);
    card_publish(&c, TX, &b[1], NULL);
    card_run(&c, t0 + 20 * MS);
    expect_ok(&c, &b[0]);
    expect_ok(&c, &b[1]);
    assert_int_equal(c.tape[0].gaps, 0);
    card_down(&c);
}

static void test_gap_after_another_start_is_another_xrun(void **state)
{
    struct card c;
    uint32_t code, data;

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    card_post_event(&c);
    card_post_event(&c);
    card_prepare(&c, 0, F_XRUNS);
    for (unsigned k = 0; k < 2; k++) {
        assert_int_equal(card_command(&c, START, 0), OK);
        card_run(&c, c.now + MS);
        assert_true(card_event(&c, &code, &data));
        assert_int_equal(card_command(&c, STOP, 0), OK);
    }
    card_down(&c);
}

/* ---- latency ---- */

static void test_latency_is_what_is_queued_behind(void **state)
{
    struct card c;
    struct buf b[4], other;
    uint64_t t0;

    (void)state;
    begin(&c, FAKE_SND_EAGER);
    card_prepare(&c, 0, 0);
    card_prepare(&c, 1, 0);
    for (unsigned k = 0; k < 3; k++) {
        b[k] = card_tx(&c, 0, 400 * (k + 1), k);
        card_publish(&c, TX, &b[k], NULL);
    }
    other = card_tx(&c, 1, 4000, 0); /* of another stream: does not count */
    card_publish(&c, TX, &other, NULL);
    card_settle(&c);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    /* All three at once: each as it was when it ended. */
    c.now = t0 + 50 * MS;
    card_settle(&c);
    assert_int_equal(expect_ok(&c, &b[0]), 800 + 1200);
    assert_int_equal(expect_ok(&c, &b[1]), 1200);
    assert_int_equal(expect_ok(&c, &b[2]), 0);
    card_down(&c);
}

/* ---- stop and release ---- */

static void test_stop_keeps_messages_and_start_goes_on(void **state)
{
    struct card c;
    struct buf b[2];

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    card_prepare(&c, 0, F_XRUNS);
    queue_periods(&c, b, 2);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 4 * MS);
    assert_int_equal(card_command(&c, STOP, 0), OK);
    assert_int_equal(c.tape[0].bytes, 4 * 192);
    card_run(&c, c.now + SECOND);
    expect_none(&c, TX);
    assert_int_equal(c.tape[0].bytes, 4 * 192);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 6 * MS - 1);
    expect_none(&c, TX);
    card_run(&c, c.now + 1);
    assert_int_equal(expect_ok(&c, &b[0]), CARD_PERIOD);
    card_run(&c, c.now + 10 * MS);
    expect_ok(&c, &b[1]);
    expect_data(&c.tape[0], 0, &b[0]);
    expect_data(&c.tape[0], CARD_PERIOD, &b[1]);
    assert_int_equal(c.tape[0].silence_bytes, 0);
    assert_int_equal(c.tape[0].starts, 2);
    card_down(&c);
}

/* Its turn comes with the new START, not where the old clock stood. */
static void test_message_that_came_before_a_stop_comes_first(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    card_prepare(&c, 0, 0);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + SECOND);
    queue_periods(&c, &b, 1);
    assert_int_equal(card_command(&c, STOP, 0), OK);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 10 * MS);
    expect_ok(&c, &b);
    assert_int_equal(c.tape[0].silence_bytes, 48000 * 4);
    card_down(&c);
}

/* As if they had been there before the first START. */
static void test_messages_of_a_stopped_stream_wait_for_start(void **state)
{
    struct card c;
    struct buf b[3];

    (void)state;
    begin(&c, FAKE_SND_EAGER);
    card_prepare(&c, 0, F_XRUNS);
    queue_periods(&c, b, 1);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 4 * MS);
    assert_int_equal(card_command(&c, STOP, 0), OK);
    queue_periods(&c, b + 1, 2);
    card_run(&c, c.now + SECOND);
    expect_none(&c, TX);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 16 * MS);
    expect_ok(&c, &b[0]);
    expect_ok(&c, &b[1]);
    expect_data(&c.tape[0], CARD_PERIOD, &b[1]);
    assert_int_equal(c.tape[0].silence_bytes, 0);
    assert_int_equal(card_command(&c, STOP, 0), OK);
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    card_expect_done(&c, TX, &b[2], 8, IO_ERR);
    card_down(&c);
}

/* 5.14.6.6.5.1 */
static void test_release_comes_after_all_pending_messages(void **state)
{
    (void)state;
    for (unsigned started = 0; started < 2; started++) {
        const struct fake_event *e;
        struct card c;
        struct buf b[3], late;
        unsigned done;

        begin(&c, FAKE_SND_EAGER);
        card_prepare(&c, 0, 0);
        queue_periods(&c, b, 3);
        if (started) {
            assert_int_equal(card_command(&c, START, 0), OK);
            card_run(&c, c.now + 15 * MS);
            assert_int_equal(expect_ok(&c, &b[0]), 2 * CARD_PERIOD);
            assert_int_equal(card_command(&c, STOP, 0), OK);
        }
        guest_mark(&c.g);
        assert_int_equal(card_command(&c, RELEASE, 0), OK);
        done = guest_count(&c.g, FAKE_EV_SND_XFER_DONE);
        assert_int_equal(done, 3 - started);
        e = guest_event(&c.g, FAKE_EV_SND_XFER_DONE, done - 1);
        assert_true(e < guest_event(&c.g, FAKE_EV_SND_CONTROL, 0));
        for (unsigned k = started; k < 3; k++)
            assert_int_equal(card_expect_done(&c, TX, &b[k], 8, IO_ERR), 0);
        late = card_tx(&c, 0, CARD_PERIOD, 0);
        card_publish(&c, TX, &late, NULL);
        card_settle(&c);
        card_expect_done(&c, TX, &late, 8, IO_ERR);
        card_down(&c);
    }
}

/* Published before the request, and not even looked at when it is. */
static void test_release_sees_messages_that_were_published_before(void **state)
{
    static const uint8_t release[8] = {3, 1, 0, 0, 0, 0, 0, 0};
    struct card c;
    struct buf b[200], r;

    (void)state;
    begin(&c, FAKE_SND_EAGER);
    card_prepare(&c, 0, 0);
    while (fake_device_arm(&c.snd.dev))
        card_settle(&c); /* it sleeps */
    for (unsigned k = 0; k < 200; k++) {
        b[k] = card_tx(&c, 0, 400, 0);
        card_publish(&c, TX, &b[k], NULL);
    }
    r = card_buf(&c, 8, 4);
    memcpy(r.out, release, 8);
    card_publish(&c, CONTROL, &r, NULL);
    /* The kicks arrive one by one, the wrong way round. */
    fake_device_kick(&c.snd.dev, CONTROL);
    assert_true(card_step(&c));
    fake_device_kick(&c.snd.dev, TX);
    card_settle(&c);
    for (unsigned k = 0; k < 200; k++)
        card_expect_done(&c, TX, &b[k], 8, IO_ERR);
    card_expect_used(&c, CONTROL, &r, 4);
    assert_int_equal(get_le(r.in, 4), OK);
    assert_true(guest_event(&c.g, FAKE_EV_SND_XFER_DONE, 199) <
                guest_event(&c.g, FAKE_EV_SND_CONTROL, 2));
    card_down(&c);
}

static void test_release_leaves_other_streams_alone(void **state)
{
    struct card c;
    struct buf a, b;

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    card_prepare(&c, 0, 0);
    card_prepare(&c, 1, 0);
    a = card_tx(&c, 0, CARD_PERIOD, 0);
    b = card_tx(&c, 1, CARD_PERIOD, 1);
    card_publish(&c, TX, &a, NULL);
    card_publish(&c, TX, &b, NULL);
    assert_int_equal(card_command(&c, START, 1), OK);
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    card_expect_done(&c, TX, &a, 8, IO_ERR);
    card_run(&c, c.now + 10 * MS);
    expect_ok(&c, &b);
    assert_int_equal(c.tape[0].bytes, 0);
    expect_data(&c.tape[1], 0, &b);
    card_down(&c);
}

static void test_new_parameters_end_what_is_pending(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    begin(&c, FAKE_SND_EAGER);
    card_prepare(&c, 0, 0);
    queue_periods(&c, &b, 1);
    assert_int_equal(card_command(&c, PREPARE, 0), OK); /* does not */
    expect_none(&c, TX);
    assert_int_equal(card_set(&c, 0, 960, 0, 1, U8, HZ_44100), OK);
    card_expect_done(&c, TX, &b, 8, IO_ERR);
    card_down(&c);
}

static void test_reset_and_queue_reset_forget_messages(void **state)
{
    struct fake_control ctl = {.kind = FAKE_CONTROL_QUEUE_DOWN,
                               .queue = {.index = TX}};
    struct card c;
    struct buf b[3];

    (void)state;
    begin(&c, FAKE_SND_EAGER);
    card_prepare(&c, 0, 0);
    queue_periods(&c, b, 3);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 5 * MS);
    fake_device_control(&c.snd.dev, &ctl);
    card_run(&c, c.now + SECOND); /* goes on with silence */
    assert_int_equal(get_le(c.q[TX].used + 2, 2), 0);
    assert_int_equal(c.tape[0].bytes, CARD_PERIOD / 2);
    card_down(&c);
}

/* ---- errors ---- */

/* A message that is refused at once. */
static void refused(struct card *c, uint32_t stream, uint32_t out, uint32_t in)
{
    struct buf b = card_buf(c, out, in);

    put_le(b.out, stream, 4);
    card_publish(c, TX, &b, NULL);
    card_settle(c);
    assert_int_equal(card_expect_done(c, TX, &b, 8, IO_ERR), 0);
    for (uint32_t k = 0; k + 8 < in; k++)
        assert_int_equal(b.in[k], FILLER);
}

static void test_messages_that_cannot_be_played_are_io_errors(void **state)
{
    struct card c;

    (void)state;
    begin(&c, FAKE_SND_EAGER);
    card_prepare(&c, 0, 0);
    refused(&c, 3, 4 + CARD_PERIOD, 8);          /* no such stream */
    refused(&c, UINT32_MAX, 4 + CARD_PERIOD, 8); /* the same */
    refused(&c, 2, 4 + CARD_PERIOD, 8);          /* captures */
    refused(&c, 1, 4 + CARD_PERIOD, 8);          /* not prepared */
    refused(&c, 0, 4, 8);                        /* no frames */
    refused(&c, 0, 4 + 3, 8);                    /* no whole frame */
    refused(&c, 0, 4 + CARD_PERIOD, 9);          /* writable frames */
    refused(&c, 0, 4, 8 + CARD_PERIOD);          /* only these */
    assert_int_equal(card_command(&c, START, 0), OK);
    refused(&c, 0, 4 + 5, 8);
    assert_int_equal(card_command(&c, STOP, 0), OK);
    refused(&c, 0, 4 + 5, 8);
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    refused(&c, 0, 4 + CARD_PERIOD, 8); /* released */
    assert_int_equal(c.tape[0].bytes, 0);
    card_down(&c);
}

static void test_no_room_for_header_or_status_needs_a_reset(void **state)
{
    static const uint32_t wrong[][2] = {{3, 8}, {0, 8}, {1924, 7}, {1924, 0}};

    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        struct card c;
        struct buf b;

        begin(&c, FAKE_SND_EAGER);
        b = card_buf(&c, wrong[k / 2][0], wrong[k / 2][1]);
        card_publish(&c, k % 2 ? TX : RX, &b, NULL);
        card_settle(&c);
        assert_true(c.lines.needs_reset);
        card_down(&c);
    }
}

static void test_failing_sink_makes_messages_fail_at_their_time(void **state)
{
    struct card c;
    struct buf b[3];
    uint64_t t0;

    (void)state;
    begin(&c, FAKE_SND_EAGER);
    card_prepare(&c, 0, 0);
    queue_periods(&c, b, 3);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    card_run(&c, t0 + 10 * MS);
    expect_ok(&c, &b[0]);
    c.tape[0].fail_write = true;
    c.tape[0].writes = 0;
    card_run(&c, t0 + 20 * MS - 1);
    expect_none(&c, TX);
    card_run(&c, t0 + 30 * MS);
    card_expect_done(&c, TX, &b[1], 8, IO_ERR);
    card_expect_done(&c, TX, &b[2], 8, IO_ERR);
    assert_int_equal(c.tape[0].writes, 1); /* left alone after that */
    c.tape[0].fail_write = false;
    assert_int_equal(card_command(&c, STOP, 0), OK);
    assert_int_equal(card_command(&c, START, 0), OK); /* works again */
    b[0] = card_tx(&c, 0, CARD_PERIOD, 0);
    card_publish(&c, TX, &b[0], NULL);
    card_run(&c, c.now + 10 * MS);
    expect_ok(&c, &b[0]);
    card_down(&c);
}

static void fault(struct card *c, struct buf *b, enum fake_fault name,
                  uint64_t arg)
{
    card_setup(c);
    assert_int_equal(fake_fault_add(&c->g.faults, name, 2, 1, arg), 0);
    card_up(c);
    card_prepare(c, 0, 0);
    queue_periods(c, b, 3);
    assert_int_equal(card_command(c, START, 0), OK);
    card_run(c, c->now + 30 * MS);
    assert_int_equal(expect_ok(c, &b[0]), 2 * CARD_PERIOD);
}

static void test_faults_of_messages(void **state)
{
    struct card c;
    struct buf b[3];

    (void)state;
    fault(&c, b, FAKE_FAULT_SND_IO_ERROR, 0);
    card_expect_done(&c, TX, &b[1], 8, IO_ERR);
    expect_ok(&c, &b[2]);
    card_down(&c);
    fault(&c, b, FAKE_FAULT_SND_LATENCY, UINT64_C(1) << 40);
    assert_int_equal(expect_ok(&c, &b[1]), 0xffffffff);
    assert_int_equal(expect_ok(&c, &b[2]), 0);
    card_down(&c);
}

static void test_needs_reset_comes_instead_of_a_completion(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    card_setup(&c);
    assert_int_equal(
        fake_fault_add(&c.g.faults, FAKE_FAULT_NEEDS_RESET, 3, 1, 0), 0);
    card_up(&c);
    card_prepare(&c, 0, 0);
    b = card_tx(&c, 0, CARD_PERIOD, 0);
    card_publish(&c, TX, &b, NULL);
    card_settle(&c);
    assert_true(c.lines.needs_reset);
    assert_int_equal(get_le(c.q[TX].used + 2, 2), 0);
    card_again(&c); /* and it is as new */
    card_prepare(&c, 0, 0);
    queue_periods(&c, &b, 1);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 10 * MS);
    expect_ok(&c, &b);
    card_down(&c);
}

/* ---- clock of the sink ---- */

static void test_sink_with_a_clock_sets_the_pace(void **state)
{
    struct card c;
    struct buf b[2];

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    c.tape[0].sink.ops = &card_clocked_ops;
    card_prepare(&c, 0, 0);
    queue_periods(&c, b, 2);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + SECOND); /* it stands still */
    expect_none(&c, TX);
    assert_int_equal(c.wake, c.now + 2500000); /* looks four times a period */
    assert_int_equal(c.tape[0].bytes, 0);
    c.tape[0].clock = 479;
    card_run(&c, c.now + MS);
    expect_none(&c, TX);
    assert_int_equal(c.tape[0].bytes, 479 * 4);
    assert_int_equal(c.wake, c.now + 50000); /* not for every frame */
    c.tape[0].clock = 480;
    card_run(&c, c.now + MS);
    assert_int_equal(expect_ok(&c, &b[0]), CARD_PERIOD);
    c.tape[0].clock = 100; /* never backwards */
    card_run(&c, c.now + MS);
    c.tape[0].clock = 1000;
    card_run(&c, c.now + MS);
    expect_ok(&c, &b[1]);
    assert_int_equal(c.tape[0].bytes, 2 * CARD_PERIOD);
    assert_int_equal(c.tape[0].silence_bytes, 40 * 4);
    card_down(&c);
}

static void test_stream_without_a_sink_is_paced_all_the_same(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    c.snd.sink[0] = NULL;
    card_prepare(&c, 0, 0);
    queue_periods(&c, &b, 1);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 10 * MS - 1);
    expect_none(&c, TX);
    card_run(&c, c.now + 1);
    expect_ok(&c, &b);
    assert_int_equal(card_command(&c, STOP, 0), OK);
    card_down(&c);
}

static void test_one_step_does_a_bounded_amount(void **state)
{
    struct card c;
    struct buf b[100];

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    card_prepare(&c, 0, 0);
    for (unsigned k = 0; k < 100; k++) {
        b[k] = card_tx(&c, 0, 4, k);
        card_publish(&c, TX, &b[k], NULL);
    }
    card_settle(&c);
    assert_int_equal(card_command(&c, START, 0), OK);
    c.now += 100 * SECOND; /* 19 MB of silence behind them */
    assert_true(card_step(&c));
    assert_true(c.wake <= c.now);
    assert_in_range(get_le(c.q[TX].used + 2, 2), 1, 99);
    assert_true(card_step(&c));
    assert_true(c.tape[0].silence_bytes < 2u << 20);
    /* A command waits until the stream is where the clock is. */
    assert_int_equal(card_command(&c, STOP, 0), OK);
    assert_int_equal(c.tape[0].bytes, 400);
    assert_int_equal(c.tape[0].silence_bytes + 400, 100 * 48000 * 4);
    card_down(&c);
}

static void test_large_moves_are_whole_frames(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    begin(&c, FAKE_SND_LAZY);
    /* Frames of 6 bytes, that no power of two is a multiple of: the tape looks
     * at each write. */
    assert_int_equal(card_set(&c, 0, 480 * 6, 0, 3, S16, HZ_48000), OK);
    assert_int_equal(card_command(&c, PREPARE, 0), OK);
    b = card_tx(&c, 0, 300000, 0);
    card_publish(&c, TX, &b, NULL);
    card_settle(&c);
    assert_int_equal(card_command(&c, START, 0), OK);
    c.now += 60 * SECOND;
    card_settle(&c);
    expect_ok(&c, &b);
    expect_data(&c.tape[0], 0, &b);
    assert_int_equal(c.tape[0].silence_bytes, 60 * 48000 * 6 - 300000);
    card_down(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_completes_when_its_last_frame_was_played),
        cmocka_unit_test(test_xfer_is_told_when_taken_and_when_done),
        cmocka_unit_test(test_an_hour_at_44100_hz_does_not_drift_by_a_frame),
        cmocka_unit_test(test_every_rate_and_format_is_paced_exactly),
        cmocka_unit_test(test_short_last_message_plays_its_frames),
        cmocka_unit_test(test_payload_may_be_cut_anywhere),
        cmocka_unit_test(test_eager_and_lazy_hear_the_same_of_a_good_driver),
        cmocka_unit_test(test_lazy_hears_what_was_scribbled_and_eager_does_not),
        cmocka_unit_test(test_starved_stream_plays_silence_for_what_is_missing),
        cmocka_unit_test(test_gap_ends_where_the_data_came),
        cmocka_unit_test(test_xrun_is_told_only_if_selected),
        cmocka_unit_test(test_data_in_the_last_moment_is_no_gap),
        cmocka_unit_test(test_gap_after_another_start_is_another_xrun),
        cmocka_unit_test(test_latency_is_what_is_queued_behind),
        cmocka_unit_test(test_stop_keeps_messages_and_start_goes_on),
        cmocka_unit_test(test_message_that_came_before_a_stop_comes_first),
        cmocka_unit_test(test_messages_of_a_stopped_stream_wait_for_start),
        cmocka_unit_test(test_release_comes_after_all_pending_messages),
        cmocka_unit_test(test_release_sees_messages_that_were_published_before),
        cmocka_unit_test(test_release_leaves_other_streams_alone),
        cmocka_unit_test(test_new_parameters_end_what_is_pending),
        cmocka_unit_test(test_reset_and_queue_reset_forget_messages),
        cmocka_unit_test(test_messages_that_cannot_be_played_are_io_errors),
        cmocka_unit_test(test_no_room_for_header_or_status_needs_a_reset),
        cmocka_unit_test(test_failing_sink_makes_messages_fail_at_their_time),
        cmocka_unit_test(test_faults_of_messages),
        cmocka_unit_test(test_needs_reset_comes_instead_of_a_completion),
        cmocka_unit_test(test_sink_with_a_clock_sets_the_pace),
        cmocka_unit_test(test_stream_without_a_sink_is_paced_all_the_same),
        cmocka_unit_test(test_one_step_does_a_bounded_amount),
        cmocka_unit_test(test_large_moves_are_whole_frames),
    };

    return cmocka_run_group_tests_name("snd play", tests, NULL, NULL);
}
