/* SPDX-License-Identifier: MIT
 *
 * test_snd_fault.c: each fault of a sound device fires where the plan says,
 * and does what its name says: to the frame, where it is about time.
 */
#include "snd_card.h"

#define FRAME 4u   /* bytes of stereo S16 */
#define PERIODS 6u /* of 480 frames */
#define RATE 48000u

static void plan(struct card *c, enum fake_fault name, uint64_t nth,
                 uint64_t count, uint64_t arg)
{
    assert_int_equal(fake_fault_add(&c->g.faults, name, nth, count, arg), 0);
}

static void finished(struct card *c)
{
    assert_null(fake_fault_unfired(&c->g.faults));
    card_down(c);
}

static void expect_none(struct card *c, unsigned queue)
{
    uint32_t len;
    uint16_t head;

    assert_false(card_used(c, queue, &head, &len));
}

/* Stream 0 prepared, with n periods queued. */
static void begin(struct card *c, struct buf *b, unsigned n, uint32_t features)
{
    card_prepare(c, 0, features);
    for (unsigned k = 0; k < n; k++) {
        b[k] = card_tx(c, 0, CARD_PERIOD, 7 * k);
        card_publish(c, TX, &b[k], NULL);
    }
    card_settle(c);
}

/* All of them were played, in order and once. */
static void expect_all_played(const struct card *c, const struct buf *b,
                              unsigned n)
{
    assert_int_equal(c->tape[0].bytes, n * CARD_PERIOD);
    for (unsigned k = 0; k < n; k++)
        assert_memory_equal(c->tape[0].data + k * CARD_PERIOD, b[k].out + 4,
                            CARD_PERIOD);
}

/* ---- the clock ---- */

/* The last moment before a time, and the time itself. */
static void expect_done_at(struct card *c, const struct buf *b, uint64_t t)
{
    card_run(c, t - 1);
    expect_none(c, TX);
    card_run(c, t);
    card_expect_done(c, TX, b, 8, OK);
}

/* When `frames` have passed on a clock of (10^6 + ppm) / 10^6 of the rate. */
static uint64_t due(uint64_t frames, int64_t ppm)
{
    uint64_t rate = RATE * (uint64_t)(1000000 + ppm);
    uint64_t parts = frames * SECOND; /* times 10^6 is too much */

    return parts / rate * 1000000 + (parts % rate * 1000000 + rate - 1) / rate;
}

static void test_clock_drift_is_exact_to_the_frame(void **state)
{
    static const struct {
        enum fake_fault fault;
        uint64_t arg;
        int64_t ppm;
    } cases[] = {
        {FAKE_FAULT_SND_CLOCK_FAST, 0, 0},
        {FAKE_FAULT_SND_CLOCK_FAST, 100, 100},
        {FAKE_FAULT_SND_CLOCK_SLOW, 100, -100},
        {FAKE_FAULT_SND_CLOCK_FAST, 12345, 12345},
        {FAKE_FAULT_SND_CLOCK_SLOW, 333333, -333333},
        {FAKE_FAULT_SND_CLOCK_FAST, UINT64_MAX, 1000000}, /* its limits */
        {FAKE_FAULT_SND_CLOCK_SLOW, UINT64_MAX, -500000},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct buf b[PERIODS];
        struct card c;
        uint64_t t0;

        card_setup(&c);
        plan(&c, cases[k].fault, 1, 1, cases[k].arg);
        card_up(&c);
        begin(&c, b, PERIODS, 0);
        assert_int_equal(card_command(&c, START, 0), OK);
        t0 = c.now;
        for (unsigned n = 0; n < PERIODS; n++)
            expect_done_at(&c, &b[n], t0 + due(480 * (n + 1), cases[k].ppm));
        expect_all_played(&c, b, PERIODS);
        assert_int_equal(c.tape[0].silence_bytes, 0);
        finished(&c);
    }
}

static void test_clock_is_right_again_after_the_next_start(void **state)
{
    struct buf b[2];
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_CLOCK_FAST, 1, 1, 500000);
    card_up(&c);
    begin(&c, b, 2, 0);
    assert_int_equal(card_command(&c, START, 0), OK);
    expect_done_at(&c, &b[0], c.now + due(480, 500000));
    assert_int_equal(card_command(&c, STOP, 0), OK);
    assert_int_equal(card_command(&c, START, 0), OK);
    expect_done_at(&c, &b[1], c.now + 10 * MS);
    finished(&c);
}

static void test_stalled_clock_stands_for_just_that_long(void **state)
{
    struct buf b[3];
    struct card c;
    uint64_t t0;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_STALLED, 2, 1, 7 * MS + 3);
    card_up(&c);
    begin(&c, b, 3, F_XRUNS);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    expect_done_at(&c, &b[0], t0 + 10 * MS);
    card_run(&c, t0 + 17 * MS + 2);
    assert_in_range(c.tape[0].bytes, CARD_PERIOD, CARD_PERIOD + FRAME);
    expect_done_at(&c, &b[1], t0 + 27 * MS + 3);
    expect_done_at(&c, &b[2], t0 + 37 * MS + 3);
    expect_all_played(&c, b, 3);
    assert_int_equal(c.tape[0].silence_bytes, 0);
    assert_int_equal(c.tape[0].gaps, 0);
    finished(&c);
}

/* One step that comes far too late sees the same as many in time. */
static void test_stall_does_not_depend_on_when_steps_come(void **state)
{
    struct buf b[3];
    struct card c;
    uint64_t t0;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_STALLED, 2, 1, 5 * MS);
    card_up(&c);
    begin(&c, b, 3, 0);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    c.now = t0 + 24 * MS;
    card_settle(&c);
    card_expect_done(&c, TX, &b[0], 8, OK);
    expect_none(&c, TX);
    assert_int_equal(c.tape[0].bytes, CARD_PERIOD + CARD_PERIOD / 10 * 9);
    c.now = t0 + 35 * MS;
    card_settle(&c);
    card_expect_done(&c, TX, &b[1], 8, OK);
    card_expect_done(&c, TX, &b[2], 8, OK);
    finished(&c);
}

/* With a clock of its own, that of the sink counts, less what it stood. */
static void test_sink_with_a_clock_stalls_and_drifts(void **state)
{
    struct buf b[2];
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_STALLED, 2, 1, 5 * MS); /* 240 frames */
    plan(&c, FAKE_FAULT_SND_CLOCK_SLOW, 1, 1, 500000);
    card_up(&c);
    c.tape[0].sink.ops = &card_clocked_ops;
    begin(&c, b, 2, 0);
    assert_int_equal(card_command(&c, START, 0), OK);
    c.tape[0].clock = 959;
    card_run(&c, c.now + SECOND);
    expect_none(&c, TX);
    c.tape[0].clock = 960; /* 480 of ours */
    card_run(&c, c.now + SECOND);
    card_expect_done(&c, TX, &b[0], 8, OK);
    c.tape[0].clock = 960 + 960 + 239;
    card_run(&c, c.now + SECOND);
    expect_none(&c, TX);
    c.tape[0].clock++;
    card_run(&c, c.now + SECOND);
    card_expect_done(&c, TX, &b[1], 8, OK);
    finished(&c);
}

/* ---- gaps ---- */

static void test_device_makes_an_xrun_of_so_many_frames(void **state)
{
    uint32_t code, data;
    struct buf b[3];
    struct card c;
    uint64_t t0;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_XRUN, 2, 1, 100);
    card_up(&c);
    card_post_event(&c);
    begin(&c, b, 3, F_XRUNS);
    assert_int_equal(card_command(&c, START, 0), OK);
    t0 = c.now;
    expect_done_at(&c, &b[0], t0 + 10 * MS);
    assert_false(card_event(&c, &code, &data));
    expect_done_at(&c, &b[1], t0 + due(480 + 100 + 480, 0));
    assert_true(card_event(&c, &code, &data));
    assert_int_equal(code, XRUN);
    assert_int_equal(data, 0);
    expect_done_at(&c, &b[2], t0 + due(480 + 100 + 960, 0));
    expect_all_played(&c, b, 3);
    assert_int_equal(c.tape[0].gaps, 1);
    assert_int_equal(c.tape[0].gap[0].at, CARD_PERIOD);
    assert_int_equal(c.tape[0].gap[0].bytes, 100 * FRAME);
    finished(&c);
}

static void test_frames_are_lost_before_a_capture(void **state)
{
    struct buf b[2];
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_XRUN, 2, 1, 100);
    card_up(&c);
    card_prepare(&c, 2, 0);
    for (unsigned k = 0; k < 2; k++) {
        b[k] = card_rx(&c, 2, CARD_PERIOD);
        card_publish(&c, RX, &b[k], NULL);
    }
    card_settle(&c);
    assert_int_equal(card_command(&c, START, 2), OK);
    card_run(&c, c.now + 30 * MS);
    for (unsigned k = 0; k < 2; k++) {
        card_expect_done(&c, RX, &b[k], 8 + CARD_PERIOD, OK);
        assert_int_equal(get_le(b[k].in, 4), k ? 480 + 100 : 0);
    }
    assert_int_equal(card_command(&c, STOP, 2), OK);
    finished(&c);
}

/* ---- messages ---- */

static void test_latency_is_what_the_plan_says(void **state)
{
    static const uint64_t args[] = {0, 4711, UINT32_MAX, UINT64_MAX};

    (void)state;
    for (size_t k = 0; k < sizeof(args) / sizeof(args[0]); k++) {
        struct buf b[2];
        struct card c;
        uint32_t right;

        card_setup(&c);
        plan(&c, FAKE_FAULT_SND_LATENCY, 2, 1, args[k]);
        card_up(&c);
        begin(&c, b, 2, 0);
        assert_int_equal(card_command(&c, START, 0), OK);
        card_run(&c, c.now + 10 * MS);
        right = card_expect_done(&c, TX, &b[0], 8, OK);
        assert_true(right > 0 && right <= 2 * CARD_PERIOD);
        card_run(&c, c.now + 10 * MS);
        assert_int_equal(card_expect_done(&c, TX, &b[1], 8, OK),
                         args[k] < UINT32_MAX ? args[k] : UINT32_MAX);
        finished(&c);
    }
}

static void test_lost_period_comes_back_with_a_release(void **state)
{
    struct buf b[3];
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_PERIOD_LOST, 1, 2, 0);
    card_up(&c);
    begin(&c, b, 3, 0);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + SECOND);
    card_expect_done(&c, TX, &b[2], 8, OK);
    expect_none(&c, TX);
    expect_all_played(&c, b, 3);
    assert_int_equal(card_command(&c, STOP, 0), OK);
    expect_none(&c, TX);
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    card_expect_done(&c, TX, &b[0], 8, OK); /* they were heard */
    card_expect_done(&c, TX, &b[1], 8, OK);
    expect_none(&c, TX);
    finished(&c);
}

static void test_lost_periods_are_forgotten_by_a_reset(void **state)
{
    struct buf b[2];
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_PERIOD_LOST, 1, 1, 0);
    card_up(&c);
    begin(&c, b, 2, 0);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 15 * MS);
    card_again(&c);
    begin(&c, b, 1, 0);
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    card_expect_done(&c, TX, &b[0], 8, IO_ERR);
    expect_none(&c, TX);
    finished(&c);
}

static void test_release_may_be_answered_too_early(void **state)
{
    struct buf b[3];
    struct card c;
    uint64_t t;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_RELEASE_EARLY, 1, 1, 3 * MS);
    card_up(&c);
    begin(&c, b, 3, 0);
    guest_mark(&c.g);
    t = c.now;
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    expect_none(&c, TX);
    card_run(&c, t + 3 * MS - 1);
    expect_none(&c, TX);
    card_run(&c, t + 3 * MS);
    for (unsigned k = 0; k < 3; k++)
        card_expect_done(&c, TX, &b[k], 8, IO_ERR);
    assert_true(guest_event(&c.g, FAKE_EV_SND_CONTROL, 0) <
                guest_event(&c.g, FAKE_EV_SND_XFER_DONE, 0));
    assert_int_equal(c.tape[0].bytes, 0);
    begin(&c, b, 1, 0); /* once only */
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    card_expect_done(&c, TX, &b[0], 8, IO_ERR);
    finished(&c);
}

/* What was not given back is not played either, in another life. */
static void test_stream_set_up_anew_begins_without_old_messages(void **state)
{
    struct buf old[2], b;
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_RELEASE_EARLY, 1, 1, UINT64_MAX);
    card_up(&c);
    begin(&c, old, 2, 0);
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    card_run(&c, c.now + SECOND);
    expect_none(&c, TX);
    assert_int_equal(card_command(&c, PREPARE, 0), OK);
    card_expect_done(&c, TX, &old[0], 8, IO_ERR);
    card_expect_done(&c, TX, &old[1], 8, IO_ERR);
    b = card_tx(&c, 0, CARD_PERIOD, 99);
    card_publish(&c, TX, &b, NULL);
    card_settle(&c);
    assert_int_equal(card_command(&c, START, 0), OK);
    card_run(&c, c.now + 10 * MS);
    card_expect_done(&c, TX, &b, 8, OK);
    expect_all_played(&c, &b, 1);
    finished(&c);
}

/* A release with nothing pending is no occasion. */
static void test_early_release_waits_for_one_with_messages(void **state)
{
    struct buf b;
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_RELEASE_EARLY, 1, 1, 0);
    card_up(&c);
    card_prepare(&c, 0, 0);
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    assert_non_null(fake_fault_unfired(&c.g.faults));
    begin(&c, &b, 1, 0);
    assert_int_equal(card_command(&c, RELEASE, 0), OK);
    expect_none(&c, TX); /* even so: the answer is alone */
    card_run(&c, c.now + 1);
    card_expect_done(&c, TX, &b, 8, IO_ERR);
    finished(&c);
}

/* ---- events ---- */

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

static void unplug(struct card *c, bool in)
{
    c->snd.connected[0] = in;
    card_settle(c);
}

static void post_events(struct card *c, unsigned n)
{
    while (n--)
        card_post_event(c);
    card_settle(c);
}

static void test_lost_event_is_never_sent(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_EVENT_LOST, 1, 1, 0);
    card_up(&c);
    post_events(&c, 4);
    unplug(&c, false);
    card_run(&c, c.now + SECOND);
    expect_no_event(&c);
    unplug(&c, true);
    expect_event(&c, JACK_CONNECTED, 0);
    expect_no_event(&c);
    finished(&c);
}

static void test_garbage_event_comes_before_the_right_one(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_EVENT_GARBAGE, 1, 1, UINT64_C(0x12345678cafe0001));
    card_up(&c);
    post_events(&c, 4);
    unplug(&c, false);
    expect_event(&c, 0xcafe0001, 0x12345678);
    expect_event(&c, JACK_DISCONNECTED, 0);
    expect_no_event(&c);
    finished(&c);
}

static void test_faults_of_events_may_be_of_one_kind_only(void **state)
{
    struct fake_fault_rule rule = {.fault = FAKE_FAULT_SND_EVENT_LOST,
                                   .where = FAKE_SITE_ANY};
    struct card c;

    (void)state;
    card_setup(&c);
    rule.where.type = JACK_CONNECTED;
    assert_int_equal(fake_fault_plan(&c.g.faults, &rule), 0);
    card_up(&c);
    post_events(&c, 4);
    unplug(&c, false);
    expect_event(&c, JACK_DISCONNECTED, 0);
    unplug(&c, true);
    expect_no_event(&c);
    finished(&c);
}

static void test_jack_flaps_so_many_times(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    plan(&c, FAKE_FAULT_SND_JACK_FLAPS, 1, 1, 3);
    card_up(&c);
    post_events(&c, 8);
    card_prepare(&c, 0, 0);
    for (unsigned k = 0; k < 3; k++) {
        expect_event(&c, JACK_DISCONNECTED, 0);
        expect_event(&c, JACK_CONNECTED, 0);
    }
    expect_no_event(&c);
    assert_true(c.snd.connected[0]);
    finished(&c);
}

static void test_jack_flaps_more_than_events_have_room(void **state)
{
    static const uint64_t times[] = {100, UINT64_MAX};

    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        struct card c;

        card_setup(&c);
        plan(&c, FAKE_FAULT_SND_JACK_FLAPS, 1, 1, times[n]);
        card_up(&c);
        card_prepare(&c, 0, 0);
        assert_int_equal(guest_count(&c.g, FAKE_EV_SND_NOTIFY_LOST),
                         2 * (n ? 1024 : 100) - 64);
        post_events(&c, 100);
        for (unsigned k = 0; k < 32; k++) {
            expect_event(&c, JACK_DISCONNECTED, 0);
            expect_event(&c, JACK_CONNECTED, 0);
        }
        expect_no_event(&c);
        finished(&c);
    }
}

/* ---- place ---- */

static void test_plan_says_at_which_request_and_stream(void **state)
{
    struct fake_fault_rule rule = {.fault = FAKE_FAULT_SND_BAD_MSG,
                                   .where = FAKE_SITE_ANY};
    struct card c;

    (void)state;
    card_setup(&c);
    rule.where.type = PREPARE;
    rule.where.stream = 1;
    assert_int_equal(fake_fault_plan(&c.g.faults, &rule), 0);
    card_up(&c);
    card_prepare(&c, 0, 0);
    assert_int_equal(card_set(&c, 1, CARD_PERIOD, 0, 2, S16, HZ_48000), OK);
    assert_int_equal(card_command(&c, PREPARE, 1), BAD_MSG);
    assert_int_equal(card_command(&c, START, 0), OK);
    assert_int_equal(card_command(&c, STOP, 0), OK);
    finished(&c);
}

static void test_plan_says_at_which_stream_a_message_fails(void **state)
{
    struct fake_fault_rule rule = {.fault = FAKE_FAULT_SND_IO_ERROR,
                                   .where = FAKE_SITE_ANY};
    struct buf b[2];
    struct card c;

    (void)state;
    card_setup(&c);
    rule.where.stream = 1;
    assert_int_equal(fake_fault_plan(&c.g.faults, &rule), 0);
    card_up(&c);
    for (unsigned k = 0; k < 2; k++) {
        card_prepare(&c, k, 0);
        b[k] = card_tx(&c, k, CARD_PERIOD, 0);
        card_publish(&c, TX, &b[k], NULL);
        assert_int_equal(card_command(&c, START, k), OK);
    }
    card_run(&c, c.now + 10 * MS);
    card_expect_done(&c, TX, &b[0], 8, OK);
    card_expect_done(&c, TX, &b[1], 8, IO_ERR);
    finished(&c);
}

static void test_needs_reset_at_one_kind_of_request(void **state)
{
    struct fake_fault_rule rule = {.fault = FAKE_FAULT_NEEDS_RESET,
                                   .where = FAKE_SITE_ANY};
    struct buf r;
    struct card c;

    (void)state;
    card_setup(&c);
    rule.where.type = START;
    assert_int_equal(fake_fault_plan(&c.g.faults, &rule), 0);
    card_up(&c);
    card_prepare(&c, 0, 0);
    assert_false(c.lines.needs_reset);
    r = card_buf(&c, 8, 4);
    put_le(r.out, START, 4);
    card_publish(&c, CONTROL, &r, NULL);
    card_settle(&c);
    assert_true(c.lines.needs_reset);
    finished(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_drift_is_exact_to_the_frame),
        cmocka_unit_test(test_clock_is_right_again_after_the_next_start),
        cmocka_unit_test(test_stalled_clock_stands_for_just_that_long),
        cmocka_unit_test(test_stall_does_not_depend_on_when_steps_come),
        cmocka_unit_test(test_sink_with_a_clock_stalls_and_drifts),
        cmocka_unit_test(test_device_makes_an_xrun_of_so_many_frames),
        cmocka_unit_test(test_frames_are_lost_before_a_capture),
        cmocka_unit_test(test_latency_is_what_the_plan_says),
        cmocka_unit_test(test_lost_period_comes_back_with_a_release),
        cmocka_unit_test(test_lost_periods_are_forgotten_by_a_reset),
        cmocka_unit_test(test_release_may_be_answered_too_early),
        cmocka_unit_test(test_stream_set_up_anew_begins_without_old_messages),
        cmocka_unit_test(test_early_release_waits_for_one_with_messages),
        cmocka_unit_test(test_lost_event_is_never_sent),
        cmocka_unit_test(test_garbage_event_comes_before_the_right_one),
        cmocka_unit_test(test_faults_of_events_may_be_of_one_kind_only),
        cmocka_unit_test(test_jack_flaps_so_many_times),
        cmocka_unit_test(test_jack_flaps_more_than_events_have_room),
        cmocka_unit_test(test_plan_says_at_which_request_and_stream),
        cmocka_unit_test(test_plan_says_at_which_stream_a_message_fails),
        cmocka_unit_test(test_needs_reset_at_one_kind_of_request),
    };

    return cmocka_run_group_tests_name("snd_fault", tests, NULL, NULL);
}
