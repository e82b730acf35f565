/* SPDX-License-Identifier: MIT
 *
 * test_snd_event.c: notifications on eventq, jacks, and queues that are
 * polled (VIRTIO_SND_PCM_F_MSG_POLLING).
 */
#include "snd_card.h"

static void expect_event(struct card *c, uint32_t code, uint32_t data)
{
    uint32_t got_code, got_data;

    assert_true(card_event(c, &got_code, &got_data));
    assert_int_equal(got_code, code);
    assert_int_equal(got_data, data);
}

static void expect_no_event(struct card *c)
{
    uint32_t code, data;

    assert_false(card_event(c, &code, &data));
}

/* ---- structure ---- */

static void test_notification_is_that_of_the_specification(void **state)
{
    static const uint8_t expect[8] = {0x01, 0x10, 0, 0, 0, 0, 0, 0};
    const struct fake_event *e;
    struct card c;
    struct buf b;

    (void)state;
    card_setup(&c);
    card_up(&c);
    b = card_buf(&c, 0, 16); /* larger than needed */
    card_publish(&c, EVENT, &b, NULL);
    card_settle(&c);
    c.snd.connected[0] = false;
    card_settle(&c);
    card_expect_used(&c, EVENT, &b, 8);
    assert_memory_equal(b.in, expect, 8);
    assert_int_equal(b.in[8], UNTOUCHED);
    e = guest_event(&c.g, FAKE_EV_SND_NOTIFY, 0);
    assert_int_equal(e->queue, EVENT);
    assert_int_equal(e->arg[0], JACK_DISCONNECTED);
    assert_int_equal(e->arg[1], 0);
    card_down(&c);
}

static void test_event_buffer_may_be_cut_anywhere(void **state)
{
    static const uint32_t cuts[] = {3, 3, 1, 1, 0};
    struct card c;
    struct buf b;

    (void)state;
    card_setup(&c);
    card_up(&c);
    b = card_buf(&c, 0, 8);
    card_publish(&c, EVENT, &b, cuts);
    c.snd.connected[1] = true;
    card_settle(&c);
    card_expect_used(&c, EVENT, &b, 8);
    assert_int_equal(get_le(b.in, 4), JACK_CONNECTED);
    assert_int_equal(get_le(b.in + 4, 4), 1);
    card_down(&c);
}

static void test_event_buffer_that_is_too_small_needs_a_reset(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    card_setup(&c);
    card_up(&c);
    b = card_buf(&c, 0, 7);
    card_publish(&c, EVENT, &b, NULL);
    card_settle(&c);
    assert_true(c.lines.needs_reset);
    card_down(&c);
}

/* ---- waiting ---- */

static void test_event_waits_for_a_buffer(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    c.snd.connected[0] = false;
    card_settle(&c);
    c.snd.connected[1] = true;
    card_run(&c, 5 * SECOND);
    expect_no_event(&c);
    card_post_event(&c);
    card_settle(&c);
    expect_event(&c, JACK_DISCONNECTED, 0);
    expect_no_event(&c);
    card_post_event(&c);
    card_settle(&c);
    expect_event(&c, JACK_CONNECTED, 1);
    card_down(&c);
}

static void test_no_more_events_wait_than_there_is_room_for(void **state)
{
    const struct fake_event *lost;
    struct card c;
    unsigned n = 0;
    uint32_t code, data;

    (void)state;
    card_setup(&c);
    card_up(&c);
    c.snd.connected[1] = true;
    card_settle(&c);
    for (unsigned k = 0; k < 1000; k++) {
        c.snd.connected[0] = k % 2;
        card_settle(&c);
    }
    assert_int_equal(guest_count(&c.g, FAKE_EV_SND_NOTIFY_LOST), 937);
    lost = guest_event(&c.g, FAKE_EV_SND_NOTIFY_LOST, 0);
    assert_int_equal(lost->queue, EVENT);
    assert_int_equal(lost->arg[0], JACK_CONNECTED);
    assert_int_equal(lost->arg[1], 0);
    for (unsigned k = 0; k < 100; k++)
        card_post_event(&c);
    card_settle(&c);
    expect_event(&c, JACK_CONNECTED, 1); /* the oldest ones, in order */
    while (card_event(&c, &code, &data)) {
        assert_int_equal(code, n % 2 ? JACK_CONNECTED : JACK_DISCONNECTED);
        n++;
    }
    assert_int_equal(n, 63);
    c.snd.connected[0] = false;
    card_settle(&c);
    expect_event(&c, JACK_DISCONNECTED, 0); /* works again */
    card_down(&c);
}

static void test_reset_forgets_events_and_buffers(void **state)
{
    struct fake_control ctl = {.kind = FAKE_CONTROL_QUEUE_DOWN,
                               .queue = {.index = EVENT}};
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    card_post_event(&c);
    card_settle(&c);
    fake_device_control(&c.snd.dev, &ctl);
    c.snd.connected[0] = false;
    card_settle(&c);
    assert_int_equal(get_le(c.q[EVENT].used + 2, 2), 0);
    card_again(&c);
    card_post_event(&c);
    card_settle(&c);
    expect_no_event(&c); /* of before the reset */
    card_again(&c);
    c.snd.connected[0] = true;
    card_settle(&c);
    assert_int_equal(get_le(c.q[EVENT].used + 2, 2), 0);
    card_post_event(&c);
    card_settle(&c);
    expect_event(&c, JACK_CONNECTED, 0);
    card_down(&c);
}

/* ---- jacks ---- */

static void test_jack_tells_what_it_is(void **state)
{
    static const uint8_t query[16] = {1, 0, 0, 0, 0,  0, 0, 0,
                                      2, 0, 0, 0, 24, 0, 0, 0};
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    card_post_event(&c);
    card_settle(&c);
    expect_no_event(&c); /* nothing has changed */
    c.snd.connected[0] = false;
    assert_int_equal(card_control(&c, query, 16, 52), OK);
    assert_int_equal(c.request.in[4 + 16], 0);
    assert_int_equal(c.request.in[28 + 16], 0);
    c.snd.connected[1] = true;
    assert_int_equal(card_control(&c, query, 16, 52), OK);
    assert_int_equal(c.request.in[28 + 16], 1);
    card_down(&c);
}

static void test_flapping_jack_goes_off_and_on_at_fixed_times(void **state)
{
    struct card c;
    uint64_t t0;

    (void)state;
    card_setup(&c);
    c.cfg.flap_ms = 7;
    card_up(&c);
    for (unsigned k = 0; k < 100; k++)
        card_post_event(&c);
    card_settle(&c);
    t0 = c.now;
    for (unsigned k = 1; k <= 90; k++) {
        card_run(&c, t0 + k * 7 * MS - 1);
        expect_no_event(&c);
        assert_int_equal(c.wake, t0 + k * 7 * MS);
        card_run(&c, c.now + 1);
        expect_event(&c, k % 2 ? JACK_DISCONNECTED : JACK_CONNECTED, 0);
    }
    card_down(&c);
}

static void test_flaps_that_were_missed_are_all_told(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    c.cfg.flap_ms = 1;
    card_up(&c);
    for (unsigned k = 0; k < 10; k++)
        card_post_event(&c);
    card_settle(&c);
    c.now += 5 * MS;
    card_settle(&c);
    for (unsigned k = 0; k < 5; k++)
        expect_event(&c, k % 2 ? JACK_CONNECTED : JACK_DISCONNECTED, 0);
    expect_no_event(&c);
    card_down(&c);
}

static void test_flapping_jack_does_not_disturb_playback(void **state)
{
    struct card c;
    struct buf b[4];
    uint64_t t0;

    (void)state;
    card_setup(&c);
    c.cfg.flap_ms = 1;
    card_up(&c);
    card_prepare(&c, 0, F_XRUNS);
    for (unsigned k = 0; k < 4; k++) {
        b[k] = card_tx(&c, 0, CARD_PERIOD, k);
        card_publish(&c, TX, &b[k], NULL);
        card_post_event(&c);
    }
    card_settle(&c);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    card_run(&c, t0 + 40 * MS);
    for (unsigned k = 0; k < 4; k++) {
        card_expect_done(&c, TX, &b[k], 8, OK);
        assert_int_equal(guest_event(&c.g, FAKE_EV_SND_XFER_DONE, k)->t_ns,
                         t0 + (k + 1) * 10 * MS);
    }
    assert_int_equal(c.tape[0].silence_bytes, 0);
    assert_int_equal(guest_count(&c.g, FAKE_EV_SND_NOTIFY), 4);
    card_down(&c);
}

/* ---- polling ---- */

/* The device falls asleep, as far as it does. */
static bool asleep(struct card *c)
{
    card_settle(c);
    return !fake_device_arm(&c->snd.dev);
}

static void test_polled_queue_wants_no_kicks_and_needs_none(void **state)
{
    struct card c;
    struct buf b;
    uint64_t t0;

    (void)state;
    card_setup(&c);
    card_up(&c);
    assert_true(asleep(&c));
    for (unsigned k = 0; k < QUEUES; k++)
        fake_device_kick(&c.snd.dev, k);
    card_prepare(&c, 0, F_MSG_POLLING);
    assert_false(asleep(&c)); /* it looks on, at txq alone */
    assert_false(card_wants_kick(&c, TX));
    assert_true(card_wants_kick(&c, RX));
    assert_true(card_wants_kick(&c, CONTROL));
    assert_true(c.wake <= c.now + 10 * MS / 4);
    fake_device_kick(&c.snd.dev, CONTROL);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    card_run(&c, t0 + 5 * MS);
    assert_false(asleep(&c));
    b = card_tx(&c, 0, CARD_PERIOD, 0); /* no kick */
    card_publish(&c, TX, &b, NULL);
    card_run(&c, t0 + 20 * MS);
    card_expect_done(&c, TX, &b, 8, OK);
    fake_device_kick(&c.snd.dev, CONTROL);
    assert_int_equal(card_command(&c, STOP, 0), OK);
    assert_false(asleep(&c));
    fake_device_kick(&c.snd.dev, CONTROL);
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    assert_true(asleep(&c)); /* wants them again */
    assert_true(card_wants_kick(&c, TX));
    assert_int_equal(c.wake, FAKE_NEVER);
    card_down(&c);
}

/* A driver that sees the answer to PREPARE submits without a kick, and waits:
 * by then the queue is polled. */
static void test_polling_begins_before_prepare_is_answered(void **state)
{
    struct card c;

    (void)state;
    for (uint32_t stream = 0; stream <= 2; stream += 2) {
        unsigned queue = stream ? RX : TX;

        card_setup(&c);
        card_up(&c);
        assert_int_equal(
            card_set(&c, stream, CARD_PERIOD, F_MSG_POLLING, 2, S16, HZ_48000),
            OK);
        assert_true(asleep(&c));
        fake_device_kick(&c.snd.dev, CONTROL);
        guest_mark(&c.g);
        assert_int_equal(card_command(&c, PREPARE, stream), OK);
        assert_int_equal(guest_count(&c.g, FAKE_EV_SUPPRESSED), 1);
        assert_int_equal(guest_event(&c.g, FAKE_EV_SUPPRESSED, 0)->queue,
                         queue);
        assert_true(guest_event(&c.g, FAKE_EV_SUPPRESSED, 0) <
                    guest_event(&c.g, FAKE_EV_USED, 0));
        card_down(&c);
    }
}

/* Also if the queue was asleep when the stream was prepared. */
static void test_polling_begins_when_the_stream_is_prepared(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    card_setup(&c);
    card_up(&c);
    assert_true(asleep(&c));
    fake_device_kick(&c.snd.dev, CONTROL);
    card_prepare(&c, 2, F_MSG_POLLING);
    assert_false(card_wants_kick(&c, RX));
    b = card_rx(&c, 2, CARD_PERIOD);
    card_publish(&c, RX, &b, NULL);
    card_run(&c, c.now + 3 * MS);
    assert_int_equal(guest_count(&c.g, FAKE_EV_SND_XFER), 1);
    card_down(&c);
}

static void test_sleeping_device_wakes_for_each_period(void **state)
{
    struct card c;
    struct buf b[2];

    (void)state;
    card_setup(&c);
    card_up(&c);
    card_prepare(&c, 0, 0);
    for (unsigned k = 0; k < 2; k++) {
        b[k] = card_tx(&c, 0, CARD_PERIOD, 0);
        card_publish(&c, TX, &b[k], NULL);
    }
    card_settle(&c);
    assert_int_equal(card_command(&c, START, 0), OK);
    assert_true(asleep(&c));
    assert_int_equal(c.wake, c.now + 10 * MS);
    card_run(&c, c.now + 20 * MS);
    card_expect_done(&c, TX, &b[0], 8, OK);
    card_expect_done(&c, TX, &b[1], 8, OK);
    card_down(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notification_is_that_of_the_specification),
        cmocka_unit_test(test_event_buffer_may_be_cut_anywhere),
        cmocka_unit_test(test_event_buffer_that_is_too_small_needs_a_reset),
        cmocka_unit_test(test_event_waits_for_a_buffer),
        cmocka_unit_test(test_no_more_events_wait_than_there_is_room_for),
        cmocka_unit_test(test_reset_forgets_events_and_buffers),
        cmocka_unit_test(test_jack_tells_what_it_is),
        cmocka_unit_test(test_flapping_jack_goes_off_and_on_at_fixed_times),
        cmocka_unit_test(test_flaps_that_were_missed_are_all_told),
        cmocka_unit_test(test_flapping_jack_does_not_disturb_playback),
        cmocka_unit_test(test_polled_queue_wants_no_kicks_and_needs_none),
        cmocka_unit_test(test_polling_begins_before_prepare_is_answered),
        cmocka_unit_test(test_polling_begins_when_the_stream_is_prepared),
        cmocka_unit_test(test_sleeping_device_wakes_for_each_period),
    };

    return cmocka_run_group_tests_name("snd event", tests, NULL, NULL);
}
