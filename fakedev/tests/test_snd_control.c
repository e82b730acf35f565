/* SPDX-License-Identifier: MIT
 *
 * test_snd_control.c: requests on controlq, byte for byte; the life cycle of
 * a stream; everything that is refused.
 */
#include "snd_card.h"

static void expect_answer(const struct card *c, const uint8_t *bytes,
                          uint32_t len)
{
    assert_int_equal(c->request.in_len, len);
    assert_memory_equal(c->request.in, bytes, len);
}

/* ---- structures ---- */

static void test_config_space_is_that_of_the_specification(void **state)
{
    static const uint8_t expect[12] = {3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0};
    const struct fake_snd_config cfg = {
        .jack_count = 3, .stream_count = 2, .chmap_count = 1};
    uint8_t space[16];

    (void)state;
    memset(space, UNTOUCHED, sizeof(space));
    assert_int_equal(fake_snd_config_space(&cfg, space, 5), 5);
    assert_memory_equal(space, expect, 5);
    assert_int_equal(space[5], UNTOUCHED);
    assert_int_equal(fake_snd_config_space(&cfg, space, sizeof(space)), 12);
    assert_memory_equal(space, expect, 12);
    assert_int_equal(space[12], UNTOUCHED);
}

static void test_config_space_may_be_longer_than_specified(void **state)
{
    const struct fake_snd_config cfg = {.jack_count = 3, .config_extra = 3};
    uint8_t space[16];

    (void)state;
    memset(space, UNTOUCHED, sizeof(space));
    assert_int_equal(fake_snd_config_space(&cfg, space, 5), 5);
    assert_int_equal(space[5], UNTOUCHED);
    assert_int_equal(fake_snd_config_space(&cfg, space, 14), 14);
    assert_int_equal(fake_snd_config_space(&cfg, space, sizeof(space)), 15);
    assert_int_equal(space[0], 3);
    assert_int_not_equal(space[14], UNTOUCHED);
    assert_int_equal(space[15], UNTOUCHED);
}

static void test_jack_info_is_that_of_the_specification(void **state)
{
    static const uint8_t request[16] = {1, 0, 0, 0, 0,  0, 0, 0,
                                        2, 0, 0, 0, 24, 0, 0, 0};
    static const uint8_t answer[52] = {
        0x00, 0x80, 0,    0,                   /* VIRTIO_SND_S_OK */
        1,    0,    0,    0,    1,    0, 0, 0, /* nid, features */
        0x78, 0x56, 0x34, 0x12, 0x10, 0, 0, 0, /* defconf, caps */
        1,    0,    0,    0,    0,    0, 0, 0, /* connected, padding */
        2,    0,    0,    0,    0,    0, 0, 0, /* the second one */
        0xf0, 0xde, 0xbc, 0x9a, 0x20, 0, 0, 0, /* */
        0,    0,    0,    0,    0,    0, 0, 0};
    const struct fake_event *e;
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    assert_int_equal(card_control(&c, request, 16, 52), OK);
    expect_answer(&c, answer, 52);
    e = guest_event(&c.g, FAKE_EV_SND_QUERY, 0);
    assert_int_equal(e->queue, CONTROL);
    assert_int_equal(e->arg[0], JACK_INFO);
    assert_int_equal(e->arg[1], 0);
    assert_int_equal(e->arg[2], 2);
    assert_int_equal(e->arg[3], 24);
    e = guest_event(&c.g, FAKE_EV_SND_CONTROL, 0);
    assert_int_equal(e->arg[0], JACK_INFO);
    assert_int_equal(e->arg[1], 0);
    assert_int_equal(e->arg[2], OK);
    assert_int_equal(e->arg[3], 52);
    card_down(&c);
}

static void test_pcm_info_is_that_of_the_specification(void **state)
{
    static const uint8_t request[16] = {0, 1, 0, 0, 1,  0, 0, 0,
                                        1, 0, 0, 0, 32, 0, 0, 0};
    static const uint8_t answer[36] = {
        0x00, 0x80, 0,    0,                      /* OK */
        5,    4,    3,    2,    0x1f, 0, 0, 0,    /* nid, features */
        0xff, 0xff, 0xff, 0x01, 0,    0, 0, 0,    /* formats */
        0xff, 0x3f, 0,    0,    0,    0, 0, 0,    /* rates */
        1,    2,    6,    0,    0,    0, 0, 0x00, /* direction, channels */
    };
    struct card c;

    (void)state;
    card_setup(&c);
    c.cfg.stream[1] =
        (struct fake_snd_stream){0x02030405, 0x1f, 0x1ffffff, 0x3fff, 1, 2, 6};
    card_up(&c);
    assert_int_equal(card_control(&c, request, 16, 36), OK);
    expect_answer(&c, answer, 36);
    card_down(&c);
}

static void test_chmap_info_is_that_of_the_specification(void **state)
{
    static const uint8_t request[16] = {0, 2, 0, 0, 0,  0, 0, 0,
                                        1, 0, 0, 0, 24, 0, 0, 0};
    static const uint8_t answer[28] = {
        0x00, 0x80, 0, 0,             /* OK */
        7,    0,    0, 0, 1, 6,       /* nid, direction, channels */
        3,    4,    7, 8, 5, 6, 0, 0, /* FL FR FC LFE RL RR */
        0,    0,    0, 0, 0, 0, 0, 0, 0, 36};
    struct card c;

    (void)state;
    card_setup(&c);
    c.cfg.chmap[0] = (struct fake_snd_chmap){
        7, 1, 6, {3, 4, 7, 8, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 36}};
    card_up(&c);
    assert_int_equal(card_control(&c, request, 16, 28), OK);
    expect_answer(&c, answer, 28);
    card_down(&c);
}

static void test_jack_remap_changes_association_and_sequence(void **state)
{
    uint8_t request[16] = {2, 0, 0, 0, 0, 0, 0, 0, 0xa, 0, 0, 0, 0xb, 0, 0, 0};
    static const uint8_t query[16] = {1, 0, 0, 0, 0,  0, 0, 0,
                                      1, 0, 0, 0, 24, 0, 0, 0};
    static const uint8_t ok[4] = {0x00, 0x80, 0, 0};
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    assert_int_equal(card_control(&c, request, 16, 4), OK);
    expect_answer(&c, ok, 4);
    assert_int_equal(guest_count(&c.g, FAKE_EV_SND_QUERY), 0);
    assert_int_equal(card_control(&c, query, 16, 28), OK);
    assert_int_equal(get_le(c.request.in + 12, 4), 0x123456ab);
    request[8] = 16;
    assert_int_equal(card_control(&c, request, 16, 4), BAD_MSG);
    request[8] = 0;
    request[13] = 1;
    assert_int_equal(card_control(&c, request, 16, 4), BAD_MSG);
    request[13] = 0;
    request[4] = 1; /* has not the feature */
    assert_int_equal(card_control(&c, request, 16, 4), NOT_SUPP);
    request[4] = 2; /* does not exist */
    assert_int_equal(card_control(&c, request, 16, 4), BAD_MSG);
    card_again(&c); /* forgets it */
    assert_int_equal(card_control(&c, query, 16, 28), OK);
    assert_int_equal(get_le(c.request.in + 12, 4), 0x12345678);
    card_down(&c);
}

static void test_set_params_is_that_of_the_specification(void **state)
{
    static const uint8_t request[24] = {
        0x01, 0x01, 0, 0, 1, 0, 0, 0,                        /* stream 1 */
        0x00, 0x20, 1, 0, 0, 8, 0, 0,                        /* 73728, 2048 */
        0x10, 0,    0, 0, 8, 6, 7, 0};                       /* U16, 48000 */
    static const uint8_t prepare[8] = {0x02, 0x01, 0, 0, 1}; /* stream 1 */
    static const uint8_t start[8] = {0x04, 0x01, 0, 0, 1};   /* the same */
    static const uint8_t stop[8] = {0x05, 0x01, 0, 0, 1};    /* the same */
    static const uint8_t release[8] = {0x03, 0x01, 0, 0, 1}; /* the same */
    static const uint8_t ok[4] = {0x00, 0x80, 0, 0};
    const struct fake_event *e;
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    assert_int_equal(card_control(&c, request, 24, 4), OK);
    expect_answer(&c, ok, 4);
    e = guest_event(&c.g, FAKE_EV_SND_PARAMS, 0);
    assert_int_equal(e->arg[0], 1);
    assert_int_equal(e->arg[1], 73728 | UINT64_C(2048) << 32);
    assert_int_equal(e->arg[2], 16);
    assert_int_equal(e->arg[3], 8 | 6 << 8 | 7 << 16);
    assert_int_equal(card_control(&c, prepare, 8, 4), OK);
    assert_int_equal(card_control(&c, start, 8, 4), OK);
    assert_int_equal(c.tape[1].starts, 1);
    assert_int_equal(c.tape[1].pcm.format, 6);
    assert_int_equal(c.tape[1].pcm.channels, 8);
    assert_int_equal(c.tape[1].pcm.rate_hz, 48000);
    assert_int_equal(c.tape[1].pcm.frame_bytes, 16);
    assert_int_equal(c.tape[1].pcm.period_bytes, 2048);
    assert_int_equal(c.tape[1].pcm.buffer_bytes, 73728);
    assert_int_equal(card_control(&c, stop, 8, 4), OK);
    assert_int_equal(c.tape[1].stops, 1);
    assert_int_equal(card_control(&c, release, 8, 4), OK);
    assert_int_equal(guest_count(&c.g, FAKE_EV_SND_CONTROL), 5);
    e = guest_event(&c.g, FAKE_EV_SND_CONTROL, 4);
    assert_int_equal(e->arg[0], RELEASE);
    assert_int_equal(e->arg[1], 1);
    assert_int_equal(e->arg[3], 4);
    card_down(&c);
}

/* 2.7.4.1 */
static void test_requests_are_served_over_any_framing(void **state)
{
    static const uint8_t query[16] = {1, 0, 0, 0, 0,  0, 0, 0,
                                      2, 0, 0, 0, 24, 0, 0, 0};
    static const uint32_t cuts[][24] = {
        {1, 0}, {16, 4, 24, 24}, {16, 4, 48}, {3, 0}, {15, 1, 5, 7, 3, 60},
    };
    uint8_t expect[52];
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    assert_int_equal(card_control(&c, query, 16, 52), OK);
    memcpy(expect, c.request.in, 52);
    for (size_t k = 0; k < sizeof(cuts) / sizeof(cuts[0]); k++) {
        /* 68 pieces of 1 byte are more than fit in a table here */
        uint32_t room = k ? 52 : 28;
        struct buf b = card_buf(&c, 16, room);

        memcpy(b.out, query, 16);
        b.out[8] = room == 52 ? 2 : 1;
        card_publish(&c, CONTROL, &b, cuts[k]);
        card_settle(&c);
        card_expect_used(&c, CONTROL, &b, room);
        assert_memory_equal(b.in, expect, room);
    }
    card_down(&c);
}

/* ---- refusals of queries ---- */

static void expect_query(struct card *c, uint32_t code, uint32_t start,
                         uint32_t count, uint32_t size, uint32_t room,
                         uint32_t status)
{
    uint8_t request[16];

    put_le(request, code, 4);
    put_le(request + 4, start, 4);
    put_le(request + 8, count, 4);
    put_le(request + 12, size, 4);
    assert_int_equal(card_control(c, request, 16, room), status);
    if (status != OK)
        assert_int_equal(c->request.in_len, 4);
}

static void test_query_has_to_name_items_that_exist(void **state)
{
    static const struct {
        uint32_t code, total, size;
    } kinds[] = {{JACK_INFO, 2, 24}, {PCM_INFO, 3, 32}, {CHMAP_INFO, 2, 24}};
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    for (unsigned k = 0; k < 3; k++) {
        uint32_t code = kinds[k].code, n = kinds[k].total, s = kinds[k].size;

        expect_query(&c, code, 0, n, s, 4 + n * s, OK);
        expect_query(&c, code, n - 1, 1, s, 4 + s, OK);
        expect_query(&c, code, n, 0, s, 4, OK);
        expect_query(&c, code, 0, n + 1, s, 4 + (n + 1) * s, BAD_MSG);
        expect_query(&c, code, n, 1, s, 4 + s, BAD_MSG);
        expect_query(&c, code, n + 1, 0, s, 4, BAD_MSG);
        expect_query(&c, code, UINT32_MAX, 1, s, 4 + s, BAD_MSG);
        expect_query(&c, code, 1, UINT32_MAX, s, 4 + s, BAD_MSG);
    }
    card_down(&c);
}

static void test_query_has_to_name_the_size_of_the_structure(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    expect_query(&c, JACK_INFO, 0, 1, 23, 28, BAD_MSG);
    expect_query(&c, JACK_INFO, 0, 1, 25, 29, BAD_MSG);
    expect_query(&c, JACK_INFO, 0, 1, 0, 28, BAD_MSG);
    expect_query(&c, PCM_INFO, 0, 1, 24, 36, BAD_MSG);
    expect_query(&c, PCM_INFO, 0, 1, UINT32_MAX, 36, BAD_MSG);
    card_down(&c);
}

static void test_query_has_to_have_room_for_the_answer(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    expect_query(&c, PCM_INFO, 0, 3, 32, 99, BAD_MSG);
    expect_query(&c, PCM_INFO, 0, 3, 32, 4, BAD_MSG);
    expect_query(&c, PCM_INFO, 0, 3, 32, 104, OK); /* and more is good */
    assert_int_equal(c.request.in_len, 100);
    card_down(&c);
}

static void test_request_of_another_length_is_malformed(void **state)
{
    static const struct {
        uint32_t code, bytes;
    } kinds[] = {{JACK_INFO, 16},  {JACK_REMAP, 16}, {PCM_INFO, 16},
                 {SET_PARAMS, 24}, {PREPARE, 8},     {RELEASE, 8},
                 {START, 8},       {STOP, 8},        {CHMAP_INFO, 16}};
    uint8_t request[64] = {0};
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    for (unsigned k = 0; k < 9; k++) {
        put_le(request, kinds[k].code, 4);
        for (uint32_t len = 4; len < 40; len++) {
            if (len != kinds[k].bytes)
                assert_int_equal(card_control(&c, request, len, 4), BAD_MSG);
        }
    }
    card_down(&c);
}

/* Who looks at the events would take missing bytes for zeroes. */
static void test_parameters_cut_short_are_not_told(void **state)
{
    uint8_t request[64] = {0};
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    put_le(request, SET_PARAMS, 4);
    for (uint32_t len = 4; len < 40; len++) {
        guest_mark(&c.g);
        assert_int_equal(card_control(&c, request, len, 4), BAD_MSG);
        assert_int_equal(guest_count(&c.g, FAKE_EV_SND_PARAMS), len >= 24);
        assert_int_equal(guest_count(&c.g, FAKE_EV_SND_CONTROL), 1);
    }
    card_down(&c);
}

static void test_unknown_requests_are_not_supported(void **state)
{
    static const uint32_t codes[] = {0,      3,        0xff,      0x106,
                                     0x1ff,  0x201,    0x1000,    0x8000,
                                     0x8003, 1u << 31, UINT32_MAX};
    uint8_t request[24] = {0};
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++) {
        put_le(request, codes[k], 4);
        assert_int_equal(card_control(&c, request, 8, 4), NOT_SUPP);
        assert_int_equal(card_control(&c, request, 24, 4), NOT_SUPP);
    }
    card_down(&c);
}

static void test_no_room_for_code_or_answer_needs_a_reset(void **state)
{
    static const uint32_t wrong[][2] = {{3, 4}, {0, 4}, {8, 3}, {8, 0}};

    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct card c;
        struct buf b;

        card_setup(&c);
        card_up(&c);
        b = card_buf(&c, wrong[k][0], wrong[k][1]);
        card_publish(&c, CONTROL, &b, NULL);
        card_settle(&c);
        assert_true(c.lines.needs_reset);
        assert_int_equal(get_le(c.q[CONTROL].used + 2, 2), 0);
        card_down(&c);
    }
}

/* ---- parameters ---- */

static const uint8_t good[24] = {1, 1,    0, 0, 0, 0, 0, 0, /* stream 0 */
                                 0, 0x20, 0, 0, 0, 8, 0, 0, /* 8192, 2048 */
                                 0, 0,    0, 0, 2, 5, 7, 0};

static void expect_params(unsigned offset, uint64_t value, unsigned bytes,
                          uint32_t status)
{
    uint8_t request[24];
    struct card c;

    memcpy(request, good, 24);
    put_le(request + offset, value, bytes);
    card_setup(&c);
    c.cfg.stream[0] =
        (struct fake_snd_stream){.features = 0x1f, /* even shared memory */
                                 .formats = 1u << S16 | 1u << U8 | 1u << ADPCM,
                                 .rates = 1u << HZ_44100 | 1u << HZ_48000,
                                 .channels_min = 2,
                                 .channels_max = 4};
    card_up(&c);
    assert_int_equal(card_control(&c, request, 24, 4), status);
    /* Refused ones change nothing. */
    assert_int_equal(card_command(&c, PREPARE, 0), status == OK ? OK : BAD_MSG);
    card_down(&c);
}

static void test_parameters_that_are_offered_are_taken(void **state)
{
    (void)state;
    expect_params(0, get_le(good, 4), 4, OK);
    expect_params(20, 2, 1, OK);
    expect_params(20, 4, 1, OK);
    expect_params(21, U8, 1, OK);
    expect_params(21, ADPCM, 1, OK);
    expect_params(22, HZ_44100, 1, OK);
    expect_params(16, F_XRUNS | F_MSG_POLLING, 4, OK);
    expect_params(16, F_SHMEM_PERIODS, 4, OK);
    expect_params(8, 2048, 4, OK);  /* one period */
    expect_params(12, 8192, 4, OK); /* the same */
    expect_params(8, UINT64_C(0xfffff800), 4, OK);
}

static void test_parameters_that_make_no_sense_are_malformed(void **state)
{
    (void)state;
    expect_params(4, 3, 4, BAD_MSG); /* no such stream */
    expect_params(4, UINT32_MAX, 4, BAD_MSG);
    expect_params(8, 0, 4, BAD_MSG);
    expect_params(12, 0, 4, BAD_MSG);
    expect_params(8, 8193, 4, BAD_MSG); /* no multiple */
    expect_params(8, 1024, 4, BAD_MSG);
    expect_params(12, 8192 + 4, 4, BAD_MSG);
    expect_params(16, 3, 4, BAD_MSG); /* both kinds of shared memory */
    expect_params(16, 32, 4, BAD_MSG);
    expect_params(16, 1u << 31, 4, BAD_MSG);
    expect_params(20, 0, 1, BAD_MSG);
    expect_params(21, 25, 1, BAD_MSG);
    expect_params(21, 255, 1, BAD_MSG);
    expect_params(22, 14, 1, BAD_MSG);
    expect_params(22, 255, 1, BAD_MSG);
    expect_params(23, 1, 1, BAD_MSG);
    expect_params(23, 0x80, 1, BAD_MSG);
    /* 2048 bytes are no whole frames of three channels */
    expect_params(20, 3, 1, BAD_MSG);
}

static void test_parameters_that_are_not_offered_are_not_supported(void **state)
{
    (void)state;
    expect_params(16, 1, 4, NOT_SUPP);
    expect_params(16, 2, 4, NOT_SUPP);
    expect_params(20, 1, 1, NOT_SUPP);
    expect_params(20, 8, 1, NOT_SUPP);
    expect_params(21, FLOAT64, 1, NOT_SUPP);
    expect_params(21, 24, 1, NOT_SUPP);
    expect_params(22, HZ_5512, 1, NOT_SUPP);
    expect_params(22, HZ_384000, 1, NOT_SUPP);
}

static void test_features_that_are_not_offered_are_not_supported(void **state)
{
    static const uint32_t bits[] = {F_MSG_POLLING, F_SHMEM_PERIODS, F_XRUNS};

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct card c;

        card_setup(&c);
        c.cfg.stream[0].features = 28 & ~bits[k];
        card_up(&c);
        assert_int_equal(card_set(&c, 0, 960, bits[k], 2, S16, HZ_48000),
                         NOT_SUPP);
        assert_int_equal(card_set(&c, 0, 960, 28 & ~bits[k], 2, S16, HZ_48000),
                         OK);
        card_down(&c);
    }
}

/* ---- life cycle ---- */

static const uint32_t commands[] = {SET_PARAMS, PREPARE, START, STOP, RELEASE};

static uint32_t command(struct card *c, unsigned k, uint32_t stream)
{
    if (commands[k] == SET_PARAMS)
        return card_set(c, stream, CARD_PERIOD, 0, 2, S16, HZ_48000);
    return card_command(c, commands[k], stream);
}

/* Ways into each state, as indices of commands; -1 ends. */
static const int ways[6][6] = {{-1},          {0, -1},          {0, 1, -1},
                               {0, 1, 2, -1}, {0, 1, 2, 3, -1}, {0, 1, 4, -1}};

/* 5.14.6.6.1, as the states that follow; -1: not allowed. */
static const int follows[6][5] = {
    {1, -1, -1, -1, -1}, /* nothing yet */
    {1, 2, -1, -1, -1},  /* SET_PARAMS */
    {1, 2, 3, -1, 5},    /* PREPARE */
    {-1, -1, -1, 4, -1}, /* START */
    {-1, -1, 3, -1, 5},  /* STOP */
    {1, 2, -1, -1, -1},  /* RELEASE */
};

static void go(struct card *c, unsigned way, uint32_t stream)
{
    for (const int *k = ways[way]; *k >= 0; k++)
        assert_int_equal(command(c, (unsigned)*k, stream), OK);
}

/* In which state is it? Told by which commands it allows; leaves it there. */
static void expect_state(struct card *c, int state, uint32_t stream)
{
    for (unsigned k = 0; k < 5; k++) {
        if (follows[state][k] < 0)
            assert_int_equal(command(c, k, stream), BAD_MSG);
    }
}

static void test_life_cycle_is_that_of_the_specification(void **state)
{
    (void)state;
    for (uint32_t stream = 0; stream < 3; stream += 2) {
        for (unsigned from = 0; from < 6; from++) {
            for (unsigned k = 0; k < 5; k++) {
                int to = follows[from][k];
                struct card c;

                card_setup(&c);
                card_up(&c);
                go(&c, from, stream);
                assert_int_equal(command(&c, k, stream), to < 0 ? BAD_MSG : OK);
                expect_state(&c, to < 0 ? (int)from : to, stream);
                card_down(&c);
            }
        }
    }
}

static void test_streams_live_apart(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    for (unsigned k = 0; k < 3; k++)
        go(&c, 3 - k, k);
    for (unsigned k = 0; k < 3; k++)
        expect_state(&c, 3 - (int)k, k);
    assert_int_equal(card_command(&c, PREPARE, 3), BAD_MSG);
    assert_int_equal(card_command(&c, STOP, UINT32_MAX), BAD_MSG);
    card_down(&c);
}

static void test_reset_forgets_every_stream(void **state)
{
    struct fake_control ctl = {.kind = FAKE_CONTROL_RESET};
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    go(&c, 3, 0);
    go(&c, 3, 2);
    fake_device_control(&c.snd.dev, &ctl);
    assert_int_equal(c.tape[0].stops, 1);
    assert_int_equal(c.counter[2].stops, 1);
    card_down(&c);
}

static void test_start_fails_if_the_sink_does(void **state)
{
    struct card c;

    (void)state;
    card_setup(&c);
    card_up(&c);
    c.tape[0].fail_start = true;
    c.counter[2].fail_start = true;
    for (uint32_t stream = 0; stream < 3; stream += 2) {
        go(&c, 2, stream);
        assert_int_equal(card_command(&c, START, stream), IO_ERR);
        expect_state(&c, 2, stream);
    }
    c.tape[0].fail_start = false;
    assert_int_equal(card_command(&c, START, 0), OK);
    card_down(&c);
}

/* ---- faults ---- */

static void fault(struct card *c, enum fake_fault name, uint64_t arg)
{
    card_setup(c);
    assert_int_equal(fake_fault_add(&c->g.faults, name, 2, 1, arg), 0);
    card_up(c);
    assert_int_equal(card_command(c, PREPARE, 7), BAD_MSG); /* the first one */
}

static void test_refusals_on_request_change_nothing(void **state)
{
    struct card c;

    (void)state;
    fault(&c, FAKE_FAULT_SND_BAD_MSG, 0);
    assert_int_equal(command(&c, 0, 0), BAD_MSG);
    expect_state(&c, 0, 0);
    assert_int_equal(command(&c, 0, 0), OK);
    card_down(&c);
    fault(&c, FAKE_FAULT_SND_NOT_SUPP, 0);
    assert_int_equal(command(&c, 0, 0), NOT_SUPP);
    expect_state(&c, 0, 0);
    card_down(&c);
}

static void test_garbage_status_is_that_of_the_plan(void **state)
{
    const struct fake_event *e;
    struct card c;

    (void)state;
    fault(&c, FAKE_FAULT_SND_GARBAGE_STATUS, 0xdeadbeef);
    assert_int_equal(command(&c, 0, 0), 0xdeadbeef);
    e = guest_event(&c.g, FAKE_EV_SND_CONTROL, 1);
    assert_int_equal(e->arg[2], 0xdeadbeef);
    expect_state(&c, 1, 0); /* carried out all the same */
    card_down(&c);
}

static void test_stuck_request_is_never_answered(void **state)
{
    static const uint8_t prepare[8] = {2, 1, 0, 0, 0, 0, 0, 0};
    struct card c;
    struct buf b;
    uint16_t head;
    uint32_t len;

    (void)state;
    fault(&c, FAKE_FAULT_SND_STUCK, 0);
    b = card_buf(&c, 8, 4);
    memcpy(b.out, prepare, 8);
    card_publish(&c, CONTROL, &b, NULL);
    card_run(&c, 100 * SECOND);
    assert_false(card_used(&c, CONTROL, &head, &len));
    assert_int_equal(command(&c, 0, 0), OK); /* the next one is */
    card_down(&c);
}

static void test_needs_reset_comes_instead_of_an_answer(void **state)
{
    struct card c;
    struct buf b;

    (void)state;
    fault(&c, FAKE_FAULT_NEEDS_RESET, 0);
    b = card_buf(&c, 8, 4);
    card_publish(&c, CONTROL, &b, NULL);
    card_settle(&c);
    assert_true(c.lines.needs_reset);
    assert_int_equal(get_le(c.q[CONTROL].used + 2, 2), 1);
    card_down(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_space_is_that_of_the_specification),
        cmocka_unit_test(test_config_space_may_be_longer_than_specified),
        cmocka_unit_test(test_jack_info_is_that_of_the_specification),
        cmocka_unit_test(test_pcm_info_is_that_of_the_specification),
        cmocka_unit_test(test_chmap_info_is_that_of_the_specification),
        cmocka_unit_test(test_jack_remap_changes_association_and_sequence),
        cmocka_unit_test(test_set_params_is_that_of_the_specification),
        cmocka_unit_test(test_requests_are_served_over_any_framing),
        cmocka_unit_test(test_query_has_to_name_items_that_exist),
        cmocka_unit_test(test_query_has_to_name_the_size_of_the_structure),
        cmocka_unit_test(test_query_has_to_have_room_for_the_answer),
        cmocka_unit_test(test_request_of_another_length_is_malformed),
        cmocka_unit_test(test_parameters_cut_short_are_not_told),
        cmocka_unit_test(test_unknown_requests_are_not_supported),
        cmocka_unit_test(test_no_room_for_code_or_answer_needs_a_reset),
        cmocka_unit_test(test_parameters_that_are_offered_are_taken),
        cmocka_unit_test(test_parameters_that_make_no_sense_are_malformed),
        cmocka_unit_test(
            test_parameters_that_are_not_offered_are_not_supported),
        cmocka_unit_test(test_features_that_are_not_offered_are_not_supported),
        cmocka_unit_test(test_life_cycle_is_that_of_the_specification),
        cmocka_unit_test(test_streams_live_apart),
        cmocka_unit_test(test_reset_forgets_every_stream),
        cmocka_unit_test(test_start_fails_if_the_sink_does),
        cmocka_unit_test(test_refusals_on_request_change_nothing),
        cmocka_unit_test(test_garbage_status_is_that_of_the_plan),
        cmocka_unit_test(test_stuck_request_is_never_answered),
        cmocka_unit_test(test_needs_reset_comes_instead_of_an_answer),
    };

    return cmocka_run_group_tests_name("snd control", tests, NULL, NULL);
}
