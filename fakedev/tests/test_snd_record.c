/* SPDX-License-Identifier: MIT
 *
 * test_snd_record.c: messages on rxq: filled as the clock passes, each frame
 * once or, where there was no buffer, not at all.
 */
#include "snd_card.h"

enum { IN = 2 };

static void begin(struct card *c, uint32_t features)
{
    card_setup(c);
    card_up(c);
    card_prepare(c, IN, features);
}

static struct buf post(struct card *c, uint32_t bytes)
{
    struct buf b = card_rx(c, IN, bytes);

    card_publish(c, RX, &b, NULL);
    return b;
}

static void expect_none(struct card *c)
{
    uint32_t len;
    uint16_t head;

    assert_false(card_used(c, RX, &head, &len));
}

/* Frames of the counter from number `first` on, then filler. */
static void expect_ramp(const struct buf *b, uint32_t first, uint32_t frames)
{
    for (uint32_t k = 0; k < frames; k++)
        assert_int_equal(get_le(b->in + 4 * k, 4), first + k);
    for (uint32_t k = 4 * frames; k + 8 < b->in_len; k++)
        assert_int_equal(b->in[k], FILLER);
}

static void test_message_completes_when_it_is_full(void **state)
{
    const struct fake_event *e;
    struct card c;
    struct buf b[3];
    uint64_t t0;

    (void)state;
    begin(&c, F_XRUNS);
    for (unsigned k = 0; k < 3; k++)
        b[k] = post(&c, CARD_PERIOD);
    card_run(&c, SECOND); /* waits for START */
    expect_none(&c);
    assert_int_equal(card_command(&c, START, IN), OK);
    t0 = c.now;
    for (unsigned k = 0; k < 3; k++) {
        card_run(&c, t0 + (k + 1) * 10 * MS - 1);
        expect_none(&c);
        assert_int_equal(c.wake, t0 + (k + 1) * 10 * MS);
        card_run(&c, c.now + 1);
        assert_int_equal(card_expect_done(&c, RX, &b[k], CARD_PERIOD + 8, OK),
                         0);
        expect_ramp(&b[k], 480 * k, 480);
    }
    e = guest_event(&c.g, FAKE_EV_SND_XFER, 0);
    assert_int_equal(e->queue, RX);
    assert_int_equal(e->arg[0], IN);
    assert_int_equal(e->arg[1], 0);
    assert_int_equal(e->arg[2], CARD_PERIOD);
    e = guest_event(&c.g, FAKE_EV_SND_XFER_DONE, 2);
    assert_int_equal(e->queue, RX);
    assert_int_equal(e->arg[1], OK);
    card_down(&c);
}

/* With the driver giving each buffer back at once. */
static struct {
    struct buf buf[3];
    unsigned at;
    uint32_t frames;
} pump;

static void repost(struct card *c)
{
    uint16_t head;
    uint32_t len;

    while (card_used(c, RX, &head, &len)) {
        struct buf *b = &pump.buf[pump.at];

        assert_int_equal(head, b->head);
        assert_int_equal(len, b->in_len);
        expect_ramp(b, pump.frames, (len - 8) / 4);
        pump.frames += (len - 8) / 4;
        card_publish(c, RX, b, NULL);
        pump.at = (pump.at + 1) % 3;
    }
}

static void test_ten_minutes_of_a_ramp_are_a_ramp(void **state)
{
    struct card c;

    (void)state;
    memset(&pump, 0, sizeof(pump));
    begin(&c, 0);
    c.g.log.on = false;
    for (unsigned k = 0; k < 3; k++)
        pump.buf[k] = post(&c, CARD_PERIOD);
    card_settle(&c);
    assert_int_equal(card_command(&c, START, IN), OK);
    c.turn = repost;
    card_run(&c, c.now + 600 * SECOND);
    assert_int_equal(pump.frames, 600 * 48000);
    card_down(&c);
}

static void test_buffers_may_be_cut_anywhere(void **state)
{
    static const uint32_t cuts[][8] = {
        {4, 0}, {1, 1, 2, 1, 100, 1, 90, 0}, {7, 0}, {4, 192, 8, 0}};

    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct card c;
        struct buf b;

        begin(&c, 0);
        b = card_rx(&c, IN, 192);
        card_publish(&c, RX, &b, cuts[k]);
        card_settle(&c);
        assert_int_equal(card_command(&c, START, IN), OK);
        for (unsigned n = 0; n < 20; n++)
            card_run(&c, c.now + 50000 + n);
        card_expect_done(&c, RX, &b, 200, OK);
        expect_ramp(&b, 0, 48);
        card_down(&c);
    }
}

static void test_overrun_loses_frames_and_tells_once(void **state)
{
    struct card c;
    struct buf b[2];
    uint32_t code, data;
    uint64_t t0;

    (void)state;
    begin(&c, F_XRUNS);
    card_post_event(&c);
    card_post_event(&c);
    b[0] = post(&c, CARD_PERIOD);
    card_settle(&c);
    assert_int_equal(card_command(&c, START, IN), OK);
    t0 = c.now;
    card_run(&c, t0 + 10 * MS);
    assert_false(card_event(&c, &code, &data));
    card_run(&c, t0 + 17 * MS);
    assert_true(card_event(&c, &code, &data));
    assert_int_equal(code, XRUN);
    assert_int_equal(data, IN);
    b[1] = post(&c, CARD_PERIOD);
    card_run(&c, t0 + 27 * MS);
    card_expect_done(&c, RX, &b[0], CARD_PERIOD + 8, OK);
    card_expect_done(&c, RX, &b[1], CARD_PERIOD + 8, OK);
    expect_ramp(&b[0], 0, 480);
    expect_ramp(&b[1], 17 * 48, 480); /* 336 frames are lost, no others */
    assert_false(card_event(&c, &code, &data));
    card_down(&c);
}

static void test_stop_keeps_what_is_half_full(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    begin(&c, 0);
    b = post(&c, CARD_PERIOD);
    card_settle(&c);
    assert_int_equal(card_command(&c, START, IN), OK);
    card_run(&c, c.now + 4 * MS);
    assert_int_equal(card_command(&c, STOP, IN), OK);
    card_run(&c, c.now + SECOND);
    expect_none(&c);
    assert_int_equal(card_command(&c, START, IN), OK);
    card_run(&c, c.now + 6 * MS);
    card_expect_done(&c, RX, &b, CARD_PERIOD + 8, OK);
    expect_ramp(&b, 0, 480);
    card_down(&c);
}

/* 5.14.6.8.2.1: short at the end of the stream, and only there. */
static void test_release_gives_back_what_was_captured(void **state)
{
    struct card c;
    struct buf b[3];

    (void)state;
    begin(&c, 0);
    for (unsigned k = 0; k < 3; k++)
        b[k] = post(&c, CARD_PERIOD);
    card_settle(&c);
    assert_int_equal(card_command(&c, START, IN), OK);
    card_run(&c, c.now + 14 * MS);
    assert_int_equal(card_command(&c, STOP, IN), OK);
    guest_mark(&c.g);
    assert_int_equal(card_command(&c, RELEASE, IN), OK);
    assert_true(guest_event(&c.g, FAKE_EV_SND_XFER_DONE, 1) <
                guest_event(&c.g, FAKE_EV_SND_CONTROL, 0));
    card_expect_done(&c, RX, &b[0], CARD_PERIOD + 8, OK);
    card_expect_done(&c, RX, &b[1], 4 * 192 + 8, OK);
    card_expect_done(&c, RX, &b[2], 8, OK);
    expect_ramp(&b[1], 480, 192);
    expect_ramp(&b[2], 0, 0);
    card_down(&c);
}

/* 5.14.6.8.2.2 asks for buffers before START: that of a resume as well. */
static void
test_buffers_of_a_stopped_stream_are_filled_after_start(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    begin(&c, 0);
    assert_int_equal(card_command(&c, START, IN), OK);
    assert_int_equal(card_command(&c, STOP, IN), OK);
    b = post(&c, CARD_PERIOD);
    card_run(&c, c.now + SECOND);
    assert_int_equal(card_command(&c, START, IN), OK);
    card_run(&c, c.now + 10 * MS);
    card_expect_done(&c, RX, &b, CARD_PERIOD + 8, OK);
    expect_ramp(&b, 0, CARD_PERIOD / 4);
    card_down(&c);
}

static void refused(struct card *c, uint32_t stream, uint32_t out, uint32_t in)
{
    struct buf b = card_buf(c, out, in);

    put_le(b.out, stream, 4);
    card_publish(c, RX, &b, NULL);
    card_settle(c);
    assert_int_equal(card_expect_done(c, RX, &b, 8, IO_ERR), 0);
    for (uint32_t k = 0; k + 8 < in; k++)
        assert_int_equal(b.in[k], FILLER);
}

static void test_messages_that_cannot_be_filled_are_io_errors(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    refused(&c, IN, 4, CARD_PERIOD + 8); /* not prepared */
    card_prepare(&c, IN, 0);
    card_prepare(&c, 0, 0);
    refused(&c, 0, 4, CARD_PERIOD + 8);  /* plays */
    refused(&c, 99, 4, CARD_PERIOD + 8); /* does not exist */
    refused(&c, IN, 4, 8);               /* no frames */
    refused(&c, IN, 4, 8 + 6);           /* no whole frame */
    refused(&c, IN, 5, CARD_PERIOD + 8); /* readable frames */
    refused(&c, IN, 4 + CARD_PERIOD, 8); /* only these */
    assert_int_equal(c.counter[IN].next, 0);
    card_down(&c);
}

static void test_failing_source_makes_messages_fail_at_their_time(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    begin(&c, 0);
    b = post(&c, CARD_PERIOD);
    card_settle(&c);
    c.counter[IN].fail_read = true;
    assert_int_equal(card_command(&c, START, IN), OK);
    card_run(&c, c.now + 10 * MS - 1);
    expect_none(&c);
    card_run(&c, c.now + 1);
    card_expect_done(&c, RX, &b, 8, IO_ERR);
    b = post(&c, CARD_PERIOD);
    card_run(&c, c.now + MS);
    assert_int_equal(card_command(&c, STOP, IN), OK);
    assert_int_equal(card_command(&c, RELEASE, IN), OK);
    card_expect_done(&c, RX, &b, 8, IO_ERR); /* what it has is not good */
    card_down(&c);
}

static void test_stream_without_a_source_captures_silence(void **state)
{
    static const struct {
        uint8_t format;
        uint8_t first[4];
    } cases[] = {{U8, {0x80, 0x80, 0x80, 0x80}},
                 {S16, {0, 0, 0, 0}},
                 {6, {0, 0x80, 0, 0x80}},
                 {1, {0xff, 0xff, 0xff, 0xff}}};

    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct card c;
        struct buf b;

        card_setup(&c);
        card_up(&c);
        c.snd.source[IN] = NULL;
        assert_int_equal(card_set(&c, IN, 192, 0, 2, cases[k].format, HZ_48000),
                         OK);
        assert_int_equal(card_command(&c, PREPARE, IN), OK);
        b = post(&c, 192);
        card_settle(&c);
        assert_int_equal(card_command(&c, START, IN), OK);
        card_run(&c, c.now + 10 * MS);
        card_expect_done(&c, RX, &b, 200, OK);
        for (unsigned n = 0; n < 192; n += 4)
            assert_memory_equal(b.in + n, cases[k].first, 4);
        card_down(&c);
    }
}

static void test_io_error_on_request_tells_no_frames(void **state)
{
    struct card c;
    struct buf b[2];

    (void)state;
    card_setup(&c);
    assert_int_equal(
        fake_fault_add(&c.g.faults, FAKE_FAULT_SND_IO_ERROR, 1, 1, 0), 0);
    card_up(&c);
    card_prepare(&c, IN, 0);
    b[0] = post(&c, CARD_PERIOD);
    b[1] = post(&c, CARD_PERIOD);
    card_settle(&c);
    assert_int_equal(card_command(&c, START, IN), OK);
    card_run(&c, c.now + 20 * MS);
    card_expect_done(&c, RX, &b[0], 8, IO_ERR);
    card_expect_done(&c, RX, &b[1], CARD_PERIOD + 8, OK);
    expect_ramp(&b[1], 480, 480);
    card_down(&c);
}

/* ---- many at once ---- */

static void test_two_streams_play_while_one_captures(void **state)
{
    struct card c;
    struct buf a[4], b[4], in[4];
    uint64_t t0;

    (void)state;
    card_setup(&c);
    card_up(&c);
    card_prepare(&c, 0, F_XRUNS);
    assert_int_equal(card_set(&c, 1, 441 * 2, F_XRUNS, 1, S16, HZ_44100), OK);
    assert_int_equal(card_command(&c, PREPARE, 1), OK);
    card_prepare(&c, IN, F_XRUNS);
    for (unsigned k = 0; k < 4; k++) {
        a[k] = card_tx(&c, 0, CARD_PERIOD, k);
        b[k] = card_tx(&c, 1, 441 * 2, 100 + k);
        card_publish(&c, TX, &a[k], NULL);
        card_publish(&c, TX, &b[k], NULL);
        in[k] = post(&c, CARD_PERIOD);
    }
    card_settle(&c);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    card_run(&c, t0 + 3 * MS);
    assert_int_equal(card_command(&c, START, 1), OK);
    card_run(&c, t0 + 5 * MS);
    assert_int_equal(card_command(&c, START, IN), OK);
    card_run(&c, t0 + 50 * MS);
    for (unsigned k = 0; k < 4; k++) { /* one after the other, as they end */
        card_expect_done(&c, TX, &a[k], 8, OK);
        card_expect_done(&c, TX, &b[k], 8, OK);
        card_expect_done(&c, RX, &in[k], CARD_PERIOD + 8, OK);
        expect_ramp(&in[k], 480 * k, 480);
        assert_memory_equal(c.tape[0].data + k * CARD_PERIOD, a[k].out + 4,
                            CARD_PERIOD);
        assert_memory_equal(c.tape[1].data + k * 882, b[k].out + 4, 882);
        assert_int_equal(guest_event(&c.g, FAKE_EV_SND_XFER_DONE, 3 * k)->t_ns,
                         t0 + (k + 1) * 10 * MS);
    }
    card_down(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_completes_when_it_is_full),
        cmocka_unit_test(test_ten_minutes_of_a_ramp_are_a_ramp),
        cmocka_unit_test(test_buffers_may_be_cut_anywhere),
        cmocka_unit_test(test_overrun_loses_frames_and_tells_once),
        cmocka_unit_test(test_stop_keeps_what_is_half_full),
        cmocka_unit_test(test_release_gives_back_what_was_captured),
        cmocka_unit_test(
            test_buffers_of_a_stopped_stream_are_filled_after_start),
        cmocka_unit_test(test_messages_that_cannot_be_filled_are_io_errors),
        cmocka_unit_test(test_failing_source_makes_messages_fail_at_their_time),
        cmocka_unit_test(test_stream_without_a_source_captures_silence),
        cmocka_unit_test(test_io_error_on_request_tells_no_frames),
        cmocka_unit_test(test_two_streams_play_while_one_captures),
    };

    return cmocka_run_group_tests_name("snd record", tests, NULL, NULL);
}
