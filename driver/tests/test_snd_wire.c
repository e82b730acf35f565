/* SPDX-License-Identifier: MIT */
/* Byte vectors of 5.14, transcribed by hand from the specification. */
#include "fake_snd.h"
#include <string.h>

/* ---- requests --------------------------------------------------------------
 */

/* Sends one request on a stream or jack 1 made ready for it; compares what
 * the device finds, byte by byte. */
static void check_ask(struct rgt_snd_ctl ctl, enum rgt_snd_state ready,
                      const uint8_t *expected, uint32_t bytes,
                      uint32_t writable_bytes)
{
    struct fake_snd s;

    fake_snd_init(&s);
    fake_put32(s.jack_items[1] + 4, 1);
    fake_snd_up(&s);
    fake_snd_bring(&s, 1, ready);
    /* Places are used again: nothing of before may shine through. */
    memset(s.snd.control_pool.cpu, 0xdd, 64 * s.snd.control_pool.place_bytes);
    assert_int_equal(rgt_snd_ctl_submit(&s.snd, &ctl), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    struct fake_chain c = fake_snd_take(&s, FAKE_SND_CONTROL);
    assert_int_equal(c.count, 2);
    assert_false(c.piece[0].writable);
    assert_int_equal(c.piece[0].len, bytes);
    assert_memory_equal(c.piece[0].at, expected, bytes);
    assert_int_equal(c.writable_bytes, writable_bytes);
    fake_snd_down(&s);
}

static void test_snd_wire_query_info(void **state)
{
    /* hdr.code, start_id, count, size */
    static const uint8_t jack[16] = {0x01, 0, 0, 0, 1,  0, 0, 0,
                                     0x01, 0, 0, 0, 24, 0, 0, 0};
    static const uint8_t pcm[16] = {0x00, 0x01, 0, 0, 1,  0, 0, 0,
                                    0x03, 0,    0, 0, 32, 0, 0, 0};
    static const uint8_t chmap[16] = {0x00, 0x02, 0, 0, 0,  0, 0, 0,
                                      0x02, 0,    0, 0, 24, 0, 0, 0};
    struct rgt_snd_ctl ctl = {.op = RGT_SND_JACK_INFO, .id = 1, .count = 1};
    (void)state;

    check_ask(ctl, RGT_SND_FRESH, jack, 16, 4 + 24);
    ctl.op = RGT_SND_PCM_INFO;
    ctl.count = 3;
    check_ask(ctl, RGT_SND_FRESH, pcm, 16, 4 + 3 * 32);
    ctl = (struct rgt_snd_ctl){.op = RGT_SND_CHMAP_INFO, .count = 2};
    check_ask(ctl, RGT_SND_FRESH, chmap, 16, 4 + 2 * 24);
}

static void test_snd_wire_jack_remap(void **state)
{
    /* hdr.hdr.code, hdr.jack_id, association, sequence */
    static const uint8_t expected[16] = {0x02, 0,    0,    0,    1,    0,
                                         0,    0,    0x44, 0x33, 0x22, 0x11,
                                         0x88, 0x77, 0x66, 0x55};
    struct rgt_snd_ctl ctl = {.op = RGT_SND_JACK_REMAP,
                              .id = 1,
                              .association = 0x11223344,
                              .sequence = 0x55667788};
    (void)state;

    check_ask(ctl, RGT_SND_FRESH, expected, 16, 4);
}

static void test_snd_wire_set_params(void **state)
{
    /* hdr.hdr.code, hdr.stream_id, buffer_bytes 0x10200, period_bytes 0x8100,
     * features, channels, format, rate, padding */
    static const uint8_t expected[24] = {
        0x01, 0x01, 0, 0, 0x01, 0, 0, 0, 0x00, 0x02, 0x01, 0,
        0x00, 0x81, 0, 0, 0x14, 0, 0, 0, 2,    5,    13,   0};
    struct rgt_snd_ctl ctl = {
        .op = RGT_SND_SET_PARAMS,
        .id = 1,
        .params = {.buffer_bytes = 0x10200,
                   .period_bytes = 0x8100,
                   .features = 0x14,
                   .channels = 2,
                   .format = 5,
                   .rate = 13},
    };
    (void)state;

    check_ask(ctl, RGT_SND_FRESH, expected, 24, 4);
}

static void check_command(enum rgt_snd_ctl_op op, enum rgt_snd_state ready,
                          uint8_t code)
{
    /* hdr.code, stream_id */
    const uint8_t expected[8] = {code, 0x01, 0, 0, 1, 0, 0, 0};
    struct rgt_snd_ctl ctl = {.op = op, .id = 1};

    check_ask(ctl, ready, expected, 8, 4);
}

static void test_snd_wire_pcm_commands(void **state)
{
    (void)state;
    check_command(RGT_SND_PREPARE, RGT_SND_SET, 0x02);
    check_command(RGT_SND_RELEASE, RGT_SND_PREPARED, 0x03);
    check_command(RGT_SND_START, RGT_SND_PREPARED, 0x04);
    check_command(RGT_SND_STOP, RGT_SND_RUNNING, 0x05);
}

/* ---- answers ----------------------------------------------------------------
 */

static void test_snd_wire_config(void **state)
{
    static const uint8_t config[12] = {0x02, 0x01, 0, 0, 0x04, 0,
                                       0,    0,    3, 0, 0,    0x80};
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    memcpy(s.f.config, config, 12);
    assert_int_equal(rgt_snd_init(&s.snd, &s.cfg), 0);
    assert_int_equal(rgt_snd_info(&s.snd)->jacks, 0x102);
    assert_int_equal(rgt_snd_info(&s.snd)->streams, 4);
    assert_int_equal(rgt_snd_info(&s.snd)->chmaps, 0x80000003u);
    fake_snd_down(&s);
}

static void test_snd_wire_jack_info(void **state)
{
    static const uint8_t item[24] = {
        0x01, 0x02, 0x03, 0x04, /* hda_fn_nid */
        0x01, 0,    0,    0x80, /* features */
        0x11, 0x12, 0x13, 0x14, /* hda_reg_defconf */
        0x21, 0x22, 0x23, 0x24, /* hda_reg_caps */
        1,                      /* connected */
    };
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    memcpy(s.jack_items[1], item, 24);
    fake_snd_up(&s);
    const struct rgt_snd_jack *jack = rgt_snd_jack(&s.snd, 1);
    assert_int_equal(jack->hda_fn_nid, 0x04030201);
    assert_int_equal(jack->features, 0x80000001u);
    assert_int_equal(jack->hda_reg_defconf, 0x14131211);
    assert_int_equal(jack->hda_reg_caps, 0x24232221);
    assert_true(jack->connected);
    assert_false(rgt_snd_jack(&s.snd, 0)->connected);
    fake_snd_down(&s);
}

static void test_snd_wire_pcm_info(void **state)
{
    static const uint8_t item[32] = {
        0x01, 0x02, 0x03, 0x04,                         /* hda_fn_nid */
        0x1c, 0,    0,    0,                            /* features */
        0x01, 0x02, 0x04, 0x00, 0x08, 0x00, 0x00, 0x80, /* formats */
        0x80, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, /* rates */
        1,    2,    6, /* direction, min, max */
    };
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    memcpy(s.pcm_items[1], item, 32);
    fake_snd_up(&s);
    const struct rgt_snd_pcm *pcm = rgt_snd_pcm(&s.snd, 1);
    assert_int_equal(pcm->hda_fn_nid, 0x04030201);
    assert_int_equal(pcm->features, 0x1c);
    assert_true(pcm->formats == 0x8000000800040201u);
    assert_true(pcm->rates == 0x0100000000002080u);
    assert_int_equal(pcm->direction, 1);
    assert_int_equal(pcm->channels_min, 2);
    assert_int_equal(pcm->channels_max, 6);
    fake_snd_down(&s);
}

static void test_snd_wire_chmap_info(void **state)
{
    static const uint8_t item[24] = {9, 0, 0, 0, 1, 6, 3, 4, 7, 8, 5, 6};
    struct fake_snd s;
    (void)state;

    fake_snd_init(&s);
    memcpy(s.chmap_items[1], item, 24);
    s.chmap_items[1][23] = 36;
    fake_snd_up(&s);
    const struct rgt_snd_chmap *map = rgt_snd_chmap(&s.snd, 1);
    assert_int_equal(map->hda_fn_nid, 9);
    assert_int_equal(map->direction, VIRTIO_SND_D_INPUT);
    assert_int_equal(map->channels, 6);
    assert_int_equal(map->positions[0], VIRTIO_SND_CHMAP_FL);
    assert_int_equal(map->positions[3], VIRTIO_SND_CHMAP_LFE);
    assert_int_equal(map->positions[17], VIRTIO_SND_CHMAP_BRC);
    fake_snd_down(&s);
}

/* ---- transfers and events ---------------------------------------------------
 */

static void check_xfer(uint32_t stream, unsigned queue)
{
    /* status IO_ERR, latency_bytes */
    static const uint8_t status[8] = {0x03, 0x80, 0, 0, 0x78, 0x56, 0x34, 0x12};
    const uint8_t header[4] = {(uint8_t)stream, 0, 0, 0};
    static uint8_t frames[512];
    struct rgt_seg segs[2] = {{.buf = frames, .len = 100},
                              {.buf = frames + 256, .len = 28}};
    struct rgt_snd_xfer xfer = {.stream = stream, .segs = segs, .seg_count = 2};
    struct fake_snd s;

    fake_snd_init(&s);
    fake_snd_up(&s);
    fake_snd_bring(&s, stream, RGT_SND_PREPARED);
    assert_int_equal(rgt_snd_xfer_submit(&s.snd, &xfer), 0);
    assert_int_equal(rgt_snd_kick(&s.snd), 0);
    struct fake_chain c = fake_snd_take(&s, queue);
    assert_int_equal(c.count, 4);
    assert_int_equal(c.piece[0].len, 4);
    assert_false(c.piece[0].writable);
    assert_memory_equal(c.piece[0].at, header, 4);
    for (unsigned i = 0; i < 2; i++) {
        assert_ptr_equal(c.piece[1 + i].at, segs[i].buf);
        assert_int_equal(c.piece[1 + i].len, segs[i].len);
        assert_int_equal(c.piece[1 + i].writable, queue == FAKE_SND_RX);
    }
    assert_int_equal(c.piece[3].len, 8);
    assert_true(c.piece[3].writable);
    memcpy(c.piece[3].at, status, 8);
    fake_snd_use(&s, &c, 8);
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 2), 1);
    assert_int_equal(xfer.result, RGT_E_IO);
    assert_int_equal(xfer.status, 0x8003);
    assert_int_equal(xfer.latency_bytes, 0x12345678);
    fake_snd_down(&s);
}

static void test_snd_wire_pcm_xfer_and_status(void **state)
{
    (void)state;
    check_xfer(1, FAKE_SND_TX);
    check_xfer(3, FAKE_SND_RX);
}

static void test_snd_wire_event(void **state)
{
    /* hdr.code, data */
    static const uint8_t bytes[4][8] = {
        {0x00, 0x10, 0, 0, 1, 0, 0, 0},
        {0x01, 0x10, 0, 0, 0, 0, 0, 0},
        {0x00, 0x11, 0, 0, 3, 0, 0, 0},
        {0x01, 0x11, 0, 0, 2, 0, 0, 0},
    };
    static const struct rgt_snd_event expected[4] = {
        {RGT_SND_EVENT_JACK_CONNECTED, 1},
        {RGT_SND_EVENT_JACK_DISCONNECTED, 0},
        {RGT_SND_EVENT_PERIOD_ELAPSED, 3},
        {RGT_SND_EVENT_XRUN, 2},
    };
    struct fake_snd s;
    struct rgt_snd_event event;
    (void)state;

    fake_snd_init(&s);
    s.select = 1 << 3 | 1 << 4; /* EVT_SHMEM_PERIODS, EVT_XRUNS */
    fake_snd_up(&s);
    fake_snd_bring(&s, 2, RGT_SND_SET);
    fake_snd_bring(&s, 3, RGT_SND_SET);
    for (int i = 0; i < 4; i++) {
        struct fake_chain c = fake_snd_take(&s, FAKE_SND_EVENT);
        assert_int_equal(c.count, 1);
        assert_int_equal(c.writable_bytes, 8);
        memcpy(c.piece[0].at, bytes[i], 8);
        fake_snd_use(&s, &c, 8);
    }
    assert_int_equal(rgt_snd_poll(&s.snd, NULL, 1), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rgt_snd_event_next(&s.snd, &event), 1);
        assert_int_equal(event.code, expected[i].code);
        assert_int_equal(event.id, expected[i].id);
    }
    assert_int_equal(rgt_snd_event_next(&s.snd, &event), 0);
    fake_snd_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snd_wire_query_info),
        cmocka_unit_test(test_snd_wire_jack_remap),
        cmocka_unit_test(test_snd_wire_set_params),
        cmocka_unit_test(test_snd_wire_pcm_commands),
        cmocka_unit_test(test_snd_wire_config),
        cmocka_unit_test(test_snd_wire_jack_info),
        cmocka_unit_test(test_snd_wire_pcm_info),
        cmocka_unit_test(test_snd_wire_chmap_info),
        cmocka_unit_test(test_snd_wire_pcm_xfer_and_status),
        cmocka_unit_test(test_snd_wire_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
