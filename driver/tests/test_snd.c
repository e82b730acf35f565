/* SPDX-License-Identifier: MIT */
/* Control requests and the life cycle of a stream (5.14.6). */
#include "fake_snd.h"
#include "snd_state.h"
#include <string.h>

/* ---- life cycle ---------------------------------------------------------- */

static const char *const commands[RGT__SND_COMMANDS] = {
    "set-params", "prepare", "start", "stop", "release", "transfer"};

/* 5.14.6.6.1, transcribed: after (row), valid (columns), leads to. Transfers
 * are for a START that can come, 5.14.6.8.2.2. */
static const int lawful[RGT__SND_STATES][RGT__SND_COMMANDS] = {
    [RGT_SND_FRESH] = {RGT_SND_SET, -1, -1, -1, -1, -1},
    [RGT_SND_SET] = {RGT_SND_SET, RGT_SND_PREPARED, -1, -1, -1, -1},
    [RGT_SND_PREPARED] = {RGT_SND_SET, RGT_SND_PREPARED, RGT_SND_RUNNING, -1,
                          RGT_SND_RELEASED, RGT_SND_PREPARED},
    [RGT_SND_RUNNING] = {-1, -1, -1, RGT_SND_STOPPED, -1, RGT_SND_RUNNING},
    [RGT_SND_STOPPED] = {-1, -1, RGT_SND_RUNNING, -1, RGT_SND_RELEASED,
                         RGT_SND_STOPPED},
    [RGT_SND_RELEASED] = {RGT_SND_SET, RGT_SND_PREPARED, -1, -1, -1, -1},
    [RGT_SND_LOST] = {-1, -1, -1, -1, -1, -1},
};

static void test_snd_table_is_that_of_the_specification(void **state)
{
    (void)state;
    for (int s = 0; s < RGT__SND_STATES; s++)
        for (int c = 0; c < RGT__SND_COMMANDS; c++)
            assert_int_equal(
                rgt__snd_next((enum rgt_snd_state)s, (enum rgt__snd_command)c),
                lawful[s][c]);
}

/* Submits one command; what would reach the device is seen in the ring. */
static int submit(struct fake_snd *s, struct rgt_snd_ctl *ctl,
                  struct rgt_snd_xfer *xfer, int command)
{
    static const enum rgt_snd_ctl_op ops[] = {RGT_SND_SET_PARAMS,
                                              RGT_SND_PREPARE, RGT_SND_START,
                                              RGT_SND_STOP, RGT_SND_RELEASE};

    if (command == RGT__SND_DO_TRANSFER)
        return rgt_snd_xfer_submit(&s->snd, xfer);
    *ctl =
        (struct rgt_snd_ctl){.op = ops[command], .params = fake_snd_params(s)};
    return rgt_snd_ctl_submit(&s->snd, ctl);
}

static void check_pair(int from, int command)
{
    static uint8_t frames[256];
    struct fake_snd s;
    struct rgt_snd_ctl ctl;
    struct rgt_seg seg = {.buf = frames, .len = 256};
    struct rgt_snd_xfer xfer = {.segs = &seg, .seg_count = 1};
    unsigned queue = command == RGT__SND_DO_TRANSFER ? FAKE_SND_TX : 0;
    int next = lawful[from][command];

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, (enum rgt_snd_state)from);
    unsigned log_count = s.f.log_count, shares = s.f.shares;
    int err = submit(&s, &ctl, &xfer, command);
    if (next < 0) {
        assert_int_equal(err, RGT_E_STATE);
        assert_int_equal(s.f.log_count, log_count);
        assert_int_equal(s.f.shares, shares);
        assert_int_equal(rgt_snd_kick(&s.snd), 0);
        assert_int_equal(fake_snd_take(&s, queue).head, -1);
        next = from;
    } else {
        assert_int_equal(err, 0);
        assert_int_equal(rgt_snd_state(&s.snd, 0), from); /* not before OK */
        assert_int_equal(rgt_snd_kick(&s.snd), 0);
        fake_snd_answer(&s);
        fake_snd_end(&s, FAKE_SND_TX, 0x8000, 0, 0);
        assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), 1);
    }
    assert_int_equal(rgt_snd_state(&s.snd, 0), next);
    fake_snd_down(&s);
}

static void test_snd_every_command_in_every_state(void **state)
{
    (void)state;
    for (int from = 0; from < RGT__SND_STATES; from++)
        for (int c = 0; c < RGT__SND_COMMANDS; c++) {
            print_message("[ pair     ] state %d, %s\n", from, commands[c]);
            check_pair(from, c);
        }
}

static void test_snd_second_command_of_a_stream_waits(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_SET);
    fake_snd_bring(&s, 1, RGT_SND_SET);
    struct rgt_snd_ctl a = {.op = RGT_SND_PREPARE};
    struct rgt_snd_ctl b = {.op = RGT_SND_START};
    struct rgt_snd_ctl other = {.op = RGT_SND_PREPARE, .id = 1};
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &a), 0);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &b), RGT_E_AGAIN);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &other), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    fake_snd_answer(&s);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 8), 2);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &b), 0);
    fake_snd_down(&s);
}

/* ---- answers --------------------------------------------------------------
 */

static void check_answer(uint32_t status, uint32_t len, int expected,
                         uint32_t seen, enum rgt_snd_state after)
{
    struct fake_snd s;
    struct rgt_snd_ctl ctl = {.op = RGT_SND_PREPARE};
    struct rgt_snd_done done[2];

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_SET);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    struct fake_chain c = fake_snd_take(&s, FAKE_SND_CONTROL);
    if (len > 0)
        fake_put32(c.piece[1].at, status);
    fake_snd_use(&s, &c, len);
    assert_int_equal(rgt_snd_poll(&s.snd, done, 2), 1);
    assert_ptr_equal(done[0].ctl, &ctl);
    assert_null(done[0].xfer);
    assert_int_equal(ctl.result, expected);
    assert_int_equal(ctl.status, seen);
    assert_int_equal(rgt_snd_state(&s.snd, 0), after);
    fake_snd_down(&s);
}

static void test_snd_maps_every_status(void **state)
{
    (void)state;
    check_answer(0x8000, 4, 0, 0x8000, RGT_SND_PREPARED);
    check_answer(0x8001, 4, RGT_E_INVAL, 0x8001, RGT_SND_SET);
    check_answer(0x8002, 4, RGT_E_NOTSUP, 0x8002, RGT_SND_SET);
    check_answer(0x8003, 4, RGT_E_IO, 0x8003, RGT_SND_SET);
    check_answer(0x8004, 4, RGT_E_PROTO, 0x8004, RGT_SND_LOST);
    check_answer(0x7fff, 4, RGT_E_PROTO, 0x7fff, RGT_SND_LOST);
    check_answer(0, 4, RGT_E_PROTO, 0, RGT_SND_LOST);
}

static void test_snd_answer_cut_short_is_an_unknown_outcome(void **state)
{
    (void)state;
    for (uint32_t len = 0; len < 4; len++)
        check_answer(0x8000, len, RGT_E_IO, 0, RGT_SND_LOST);
}

/* The place has an OK in it from before. */
static void test_snd_answer_that_was_not_written_is_none(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    s.f.queue_max_of[FAKE_SND_CONTROL] = 2; /* the same place every time */
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_SET);
    struct rgt_snd_ctl ctl = {.op = RGT_SND_PREPARE};
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    struct fake_chain c = fake_snd_take(&s, FAKE_SND_CONTROL);
    fake_snd_use(&s, &c, 4);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 2), 1);
    assert_int_equal(ctl.result, RGT_E_PROTO);
    fake_snd_down(&s);
}

static void test_snd_request_has_a_deadline(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_SET);
    fake_snd_bring(&s, 1, RGT_SND_SET);
    assert_true(rgt_snd_deadline_ns(&s.snd) == UINT64_MAX);
    struct rgt_snd_ctl slow = {.op = RGT_SND_PREPARE, .timeout_ns = 5000};
    struct rgt_snd_ctl fine = {.op = RGT_SND_PREPARE, .id = 1};
    struct rgt_snd_done done[2];
    uint64_t t0 = s.f.now_ns;
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &fine), 0);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &slow), 0);
    assert_true(rgt_snd_deadline_ns(&s.snd) == t0 + 5000);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    s.f.now_ns = t0 + 4999;
    assert_int_equal(rgt_snd_poll(&s.snd, done, 2), 0);
    s.f.now_ns = t0 + 5000;
    assert_int_equal(rgt_snd_poll(&s.snd, done, 2), 1);
    assert_ptr_equal(done[0].ctl, &slow);
    assert_int_equal(slow.result, RGT_E_TIMEOUT);
    assert_int_equal(slow.status, 0);
    assert_int_equal(rgt_snd_state(&s.snd, 0), RGT_SND_LOST);
    assert_true(rgt_snd_deadline_ns(&s.snd) == t0 + 1000000);
    /* The late answer is dropped, that of the other stream counts. */
    memset(&slow, 0xdd, sizeof(slow));
    fake_snd_answer(&s);
    assert_int_equal(rgt_snd_poll(&s.snd, done, 2), 1);
    assert_ptr_equal(done[0].ctl, &fine);
    assert_int_equal(fine.result, 0);
    assert_int_equal(rgt_snd_state(&s.snd, 0), RGT_SND_LOST);
    assert_int_equal(rgt_snd_state(&s.snd, 1), RGT_SND_PREPARED);
    fake_snd_down(&s);
}

static void test_snd_answer_at_the_deadline_counts(void **state)
{
    struct fake_snd s;
    struct rgt_snd_ctl ctl = {.op = RGT_SND_PREPARE, .timeout_ns = 10};
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, 0, RGT_SND_SET);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    fake_snd_answer(&s);
    s.f.now_ns += 1000;
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 2), 1);
    assert_int_equal(ctl.result, 0);
    fake_snd_down(&s);
}

static void test_snd_timed_out_requests_keep_their_descriptors(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    s.f.serve = NULL;
    for (int i = 0; i < 32; i++) /* 64 descriptors, 2 each */
        assert_int_equal(rgt_snd_jack_info_sync(&s.snd, 0, 1), RGT_E_TIMEOUT);
    struct rgt_snd_ctl ctl = {.op = RGT_SND_JACK_INFO, .count = 1};
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), RGT_E_AGAIN);
    assert_int_equal(rgt_snd_jack_info_sync(&s.snd, 0, 1), RGT_E_TIMEOUT);
    assert_int_equal(rgt_snd_recover(&s.snd), 0);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 8), 0);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    fake_snd_down(&s);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 8), 1);
    assert_int_equal(ctl.result, RGT_E_IO);
}

/* ---- items ----------------------------------------------------------------
 */

static void test_snd_long_queries_go_in_parts(void **state)
{
    struct fake_snd s;
    struct rgt_snd_ctl ctl = {.op = RGT_SND_PCM_INFO, .id = 1, .count = 7};
    (void)state;

    fake_snd_init(&s);
    fake_put32(s.f.config + 4, 8);
    s.cfg.info_items = 3;
    fake_snd_up(&s);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    for (int part = 0; part < 2; part++) {
        fake_snd_answer(&s);
        assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), 0);
    }
    fake_snd_answer(&s);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), 1);
    assert_int_equal(ctl.result, 0);
    static const uint32_t parts[3][2] = {{1, 3}, {4, 3}, {7, 1}};
    assert_int_equal(s.asked, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fake_get32(s.ask[i] + 4), parts[i][0]);
        assert_int_equal(fake_get32(s.ask[i] + 8), parts[i][1]);
    }
    fake_snd_down(&s);
}

static void test_snd_answer_has_room_for_all_items(void **state)
{
    struct fake_snd s;
    struct rgt_snd_ctl ctl = {.op = RGT_SND_CHMAP_INFO, .count = 2};
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    struct fake_chain c = fake_snd_take(&s, FAKE_SND_CONTROL);
    assert_int_equal(c.writable_bytes, 4 + 2 * 24); /* 5.14.6.2 */
    fake_put32(c.piece[1].at, 0x8000);
    fake_snd_use(&s, &c, 4 + 24 + 23); /* the last item is not covered */
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 4), 1);
    assert_int_equal(ctl.result, RGT_E_IO);
    fake_snd_down(&s);
}

static void test_snd_refuses_items_that_are_not_there(void **state)
{
    static const uint32_t bad[][2] = {{0, 0},
                                      {0, 3},
                                      {2, 1},
                                      {1, 2},
                                      {UINT32_MAX, 1},
                                      {1, UINT32_MAX},
                                      {UINT32_MAX, UINT32_MAX}};
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rgt_snd_ctl ctl = {
            .op = RGT_SND_JACK_INFO, .id = bad[i][0], .count = bad[i][1]};
        assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), RGT_E_INVAL);
        ctl.op = RGT_SND_CHMAP_INFO;
        assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), RGT_E_INVAL);
    }
    struct rgt_snd_ctl odd = {.op = (enum rgt_snd_ctl_op)9};
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &odd), RGT_E_INVAL);
    odd.op = (enum rgt_snd_ctl_op) - 1;
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &odd), RGT_E_INVAL);
    odd = (struct rgt_snd_ctl){.op = RGT_SND_PREPARE, .id = 4};
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &odd), RGT_E_INVAL);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    assert_int_equal(fake_snd_take(&s, FAKE_SND_CONTROL).head, -1);
    fake_snd_down(&s);
}

static void test_snd_refuses_impossible_items(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    s.pcm_items[1][24] = 2; /* direction */
    assert_int_equal(rgt_snd_pcm_info_sync(&s.snd, 0, 2), RGT_E_PROTO);
    s.pcm_items[1][24] = 1; /* a stream does not change its direction */
    assert_int_equal(rgt_snd_pcm_info_sync(&s.snd, 1, 1), RGT_E_PROTO);
    s.chmap_items[0][4] = 2;
    assert_int_equal(rgt_snd_chmap_info_sync(&s.snd, 0, 1), RGT_E_PROTO);
    s.chmap_items[0][4] = 1;
    s.chmap_items[0][5] = 19;
    assert_int_equal(rgt_snd_chmap_info_sync(&s.snd, 0, 1), RGT_E_PROTO);
    s.chmap_items[0][5] = 18;
    assert_int_equal(rgt_snd_chmap_info_sync(&s.snd, 0, 1), 0);
    fake_snd_down(&s);
}

static void test_snd_items_are_unknown_until_asked_for(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    struct rgt_snd_params params = fake_snd_params(&s);
    assert_int_equal(rgt_snd_init(&s.snd, &s.cfg), 0);
    assert_null(rgt_snd_jack(&s.snd, 0));
    assert_null(rgt_snd_pcm(&s.snd, 0));
    assert_null(rgt_snd_chmap(&s.snd, 0));
    assert_int_equal(rgt_snd_set_params_sync(&s.snd, 0, &params), RGT_E_STATE);
    assert_int_equal(rgt_snd_jack_remap_sync(&s.snd, 0, 1, 1), RGT_E_STATE);
    assert_int_equal(rgt_snd_discover_sync(&s.snd), 0);
    assert_non_null(rgt_snd_jack(&s.snd, 1));
    assert_non_null(rgt_snd_pcm(&s.snd, 3));
    assert_null(rgt_snd_pcm(&s.snd, 4));
    assert_int_equal(rgt_snd_jack_remap_sync(&s.snd, 0, 1, 1), 0);
    assert_int_equal(rgt_snd_jack_remap_sync(&s.snd, 1, 1, 1), RGT_E_NOTSUP);
    assert_int_equal(rgt_snd_jack_remap_sync(&s.snd, 2, 1, 1), RGT_E_INVAL);
    fake_snd_down(&s);
}

static void test_snd_uses_a_device_as_far_as_there_is_room(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_put32(s.f.config, UINT32_MAX);
    s.cfg.stream_max = 3;
    s.cfg.chmaps = NULL;
    fake_snd_up(&s);
    const struct rgt_snd_info *info = rgt_snd_info(&s.snd);
    assert_int_equal(info->jacks, UINT32_MAX);
    assert_int_equal(info->jack_count, FAKE_SND_ITEMS);
    assert_int_equal(info->streams, 4);
    assert_int_equal(info->stream_count, 3);
    assert_int_equal(info->chmap_count, 0);
    fake_snd_down(&s);
}

/* ---- parameters -----------------------------------------------------------
 */

static int set_params(struct fake_snd *s, struct rgt_snd_params p)
{
    unsigned asked = s->asked;
    int err = rgt_snd_set_params_sync(&s->snd, 0, &p);

    assert_int_equal(s->asked, asked + (err == 0)); /* refused: not sent */
    return err;
}

static void test_snd_params_every_format_rate_and_channel_count(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    struct rgt_snd_pcm *pcm = &s.streams[0].pcm;
    for (unsigned format = 0; format < 256; format++)
        for (unsigned rate = 0; rate < 16; rate++)
            for (unsigned offered = 0; offered < 4; offered++) {
                struct rgt_snd_params p = fake_snd_params(&s);
                p.format = (uint8_t)format;
                p.rate = (uint8_t)rate;
                p.period_bytes = 192; /* whole frames of every format */
                p.buffer_bytes = 768;
                pcm->formats =
                    offered & 1 ? UINT64_MAX : ~((uint64_t)1 << (format & 63));
                pcm->rates =
                    offered & 2 ? UINT64_MAX : ~((uint64_t)1 << (rate & 63));
                bool good = format < 25 && rate < 14 && offered == 3;
                s.f.log_count = 0;
                assert_int_equal(set_params(&s, p), good ? 0 : RGT_E_INVAL);
            }
    pcm->channels_min = 2;
    pcm->channels_max = 6;
    for (unsigned channels = 0; channels < 256; channels++) {
        struct rgt_snd_params p = fake_snd_params(&s);
        p.channels = (uint8_t)channels;
        p.period_bytes = 2 * channels;
        p.buffer_bytes = 4 * channels;
        s.f.log_count = 0;
        assert_int_equal(set_params(&s, p),
                         channels >= 2 && channels <= 6 ? 0 : RGT_E_INVAL);
    }
    pcm->channels_min = 0; /* nonsense of the device */
    struct rgt_snd_params none = fake_snd_params(&s);
    none.channels = 0;
    assert_int_equal(set_params(&s, none), RGT_E_INVAL);
    fake_snd_down(&s);
}

static void test_snd_params_period_divides_buffer(void **state)
{
    static const struct {
        uint32_t buffer, period;
        bool good;
    } cases[] = {
        {1024, 256, true},
        {1024, 1024, true},
        {1024, 0, false},
        {0, 256, false},
        {0, 0, false},
        {1024, 384, false},
        {1000, 256, false},
        {256, 1024, false},
        {1022, 2, false},
        {0xfffffffc, 4, true},
        {0xfffffffc, 0xfffffffc, true},
        {0xffffffff, 1, false},
        {12, 6, false},
    };
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rgt_snd_params p = fake_snd_params(&s);
        p.buffer_bytes = cases[i].buffer;
        p.period_bytes = cases[i].period;
        assert_int_equal(set_params(&s, p), cases[i].good ? 0 : RGT_E_INVAL);
    }
    fake_snd_down(&s);
}

static void test_snd_params_features_are_offered_and_never_shmem(void **state)
{
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    fake_snd_up(&s);
    for (uint32_t offered = 0; offered < 64; offered++)
        for (uint32_t wanted = 0; wanted < 64; wanted++) {
            struct rgt_snd_params p = fake_snd_params(&s);
            p.features = wanted;
            s.streams[0].pcm.features = offered;
            bool good = (wanted & ~(offered & 0x1c)) == 0;
            s.f.log_count = 0;
            assert_int_equal(set_params(&s, p), good ? 0 : RGT_E_INVAL);
        }
    fake_snd_down(&s);
}

static void test_snd_knows_the_size_of_every_format(void **state)
{
    static const unsigned bits[25] = {4,  8,  8,  8,  8,  16, 16, 24, 24,
                                      24, 24, 24, 24, 32, 32, 32, 32, 32,
                                      32, 32, 64, 8,  16, 32, 32};
    static const uint32_t hz[14] = {5512,  8000,   11025,  16000, 22050,
                                    32000, 44100,  48000,  64000, 88200,
                                    96000, 176400, 192000, 384000};
    (void)state;

    for (unsigned i = 0; i < 25; i++) {
        assert_int_equal(rgt_snd_format_bits(i), bits[i]);
        assert_int_equal(rgt_snd_frame_bytes(i, 6),
                         i == 0 ? 0 : bits[i] * 6 / 8);
    }
    assert_int_equal(rgt_snd_format_bits(25), 0);
    for (unsigned i = 0; i < 14; i++)
        assert_int_equal(rgt_snd_rate_hz(i), hz[i]);
    assert_int_equal(rgt_snd_rate_hz(14), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snd_table_is_that_of_the_specification),
        cmocka_unit_test(test_snd_every_command_in_every_state),
        cmocka_unit_test(test_snd_second_command_of_a_stream_waits),
        cmocka_unit_test(test_snd_maps_every_status),
        cmocka_unit_test(test_snd_answer_cut_short_is_an_unknown_outcome),
        cmocka_unit_test(test_snd_answer_that_was_not_written_is_none),
        cmocka_unit_test(test_snd_request_has_a_deadline),
        cmocka_unit_test(test_snd_answer_at_the_deadline_counts),
        cmocka_unit_test(test_snd_timed_out_requests_keep_their_descriptors),
        cmocka_unit_test(test_snd_long_queries_go_in_parts),
        cmocka_unit_test(test_snd_answer_has_room_for_all_items),
        cmocka_unit_test(test_snd_refuses_items_that_are_not_there),
        cmocka_unit_test(test_snd_refuses_impossible_items),
        cmocka_unit_test(test_snd_items_are_unknown_until_asked_for),
        cmocka_unit_test(test_snd_uses_a_device_as_far_as_there_is_room),
        cmocka_unit_test(test_snd_params_every_format_rate_and_channel_count),
        cmocka_unit_test(test_snd_params_period_divides_buffer),
        cmocka_unit_test(test_snd_params_features_are_offered_and_never_shmem),
        cmocka_unit_test(test_snd_knows_the_size_of_every_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
