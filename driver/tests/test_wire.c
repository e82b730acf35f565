/* SPDX-License-Identifier: MIT */
/* Byte vectors, transcribed by hand from the specification: what the driver
 * leaves in memory, byte by byte, whatever CPU it runs on. */
#include "fake.h"
#include "log.h"
#include <string.h>

static void test_err_names_every_code_and_no_other(void **state)
{
    (void)state;
#define CHECK(name, value, meaning)                                            \
    assert_int_equal(RGT_E_##name, value);                                     \
    assert_string_equal(rgt_err_name(value), "RGT_E_" #name);                  \
    assert_true(sizeof(meaning) > 1);
    RGT_ERRORS(CHECK)
#undef CHECK
    assert_string_equal(rgt_err_name(0), "OK");
    assert_string_equal(rgt_err_name(1), "?");
    assert_string_equal(rgt_err_name(-11), "?");
}

static char last_line[128];

static void remember(struct rgt_hal *hal, const char *line)
{
    (void)hal;
    assert_true(strlen(line) < sizeof(last_line));
    strcpy(last_line, line);
}

static void test_log_writes_numbers_in_decimal(void **state)
{
    static const struct rgt_hal_ops ops = {.log = remember};
    struct rgt_hal hal = {&ops};
    (void)state;

    rgt__log_num(&hal, "a: b c=", 0);
    assert_string_equal(last_line, "a: b c=0");
    rgt__log_num(&hal, "a: b c=", 1002);
    assert_string_equal(last_line, "a: b c=1002");
    rgt__log_num(&hal, "", UINT32_MAX);
    assert_string_equal(last_line, "4294967295");
}

static void test_wire_split_ring_bytes(void **state)
{
    /* 2.7.5: R16 at 0x1122334455667788, then W512 at 0x99aabbccddeeff00. */
    static const uint8_t desc[32] = {
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, /* addr */
        0x10, 0x00, 0x00, 0x00,                         /* len */
        0x01, 0x00,                                     /* flags: NEXT */
        0x01, 0x00,                                     /* next */
        0x00, 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, /* addr */
        0x00, 0x02, 0x00, 0x00,                         /* len */
        0x02, 0x00,                                     /* flags: WRITE */
        0x00, 0x00,                                     /* next */
    };
    /* 2.7.6: flags, idx, ring[4], used_event. */
    static const uint8_t avail[14] = {0, 0, 2, 0, 0, 0, 2, 0};
    static const struct rgt_sg sg[2] = {
        {0x1122334455667788u, 16},
        {0x99aabbccddeeff00u, 512},
    };
    struct fake f;
    struct rgt_vq vq;
    struct rgt_vq_slot slots[4];
    int token;
    (void)state;

    fake_init(&f);
    struct rgt_vq_config cfg = {
        .hal = &f.hal, .slots = slots, .slot_count = 4, .size_max = 4};
    assert_int_equal(rgt_vq_init(&vq, &cfg), 0);
    rgt_vq_areas(&vq, &f.areas[0], &f.areas[1], &f.areas[2]);
    assert_int_equal(rgt_vq_add(&vq, sg, 1, 1, &token), 0);
    assert_int_equal(rgt_vq_add(&vq, sg, 1, 1, &token), 0);
    assert_int_equal(rgt_vq_publish(&vq), 0);
    assert_memory_equal(fake_desc(&f, 0), desc, sizeof(desc));
    assert_memory_equal(fake_avail(&f), avail, sizeof(avail));

    /* 2.7.8: flags, idx, then id 2, len 0x102. */
    static const uint8_t used[12] = {0, 0, 1, 0, 2, 0, 0, 0, 0x02, 0x01, 0, 0};
    void *out;
    uint32_t len;
    memcpy(fake_used(&f), used, sizeof(used));
    assert_int_equal(rgt_vq_pop(&vq, &out, &len), 1);
    assert_int_equal(len, 0x102);
    rgt_vq_free(&vq);
}

/* 5.2.6: type, reserved, sector of a request as the device finds them. */
static void check_header(enum rgt_blk_op op, uint32_t bytes,
                         const uint8_t expected[16])
{
    static uint8_t buf[512];
    struct fake_blk b;
    struct rgt_seg seg = {.buf = buf, .len = bytes};
    struct rgt_blk_req req = {
        .op = op,
        .sector = 0x0102030405060708u,
        .segs = &seg,
        .seg_count = bytes > 0 ? 1 : 0,
    };

    fake_blk_init(&b);
    fake_put64(b.f.config, UINT64_MAX);
    fake_blk_up(&b);
    assert_int_equal(rgt_blk_submit(&b.blk, &req), 0);
    const uint8_t *d = fake_desc(&b.f, 0);
    assert_int_equal(fake_get32(d + 8), 16);
    assert_memory_equal(fake_cpu(fake_get64(d)), expected, 16);
    fake_blk_down(&b);
}

static void test_wire_blk_header_bytes(void **state)
{
    static const uint8_t in[16] = {0, 0, 0, 0, 0, 0, 0, 0,
                                   8, 7, 6, 5, 4, 3, 2, 1};
    static const uint8_t out[16] = {1, 0, 0, 0, 0, 0, 0, 0,
                                    8, 7, 6, 5, 4, 3, 2, 1};
    static const uint8_t flush[16] = {4};
    static const uint8_t id[16] = {8};
    (void)state;

    check_header(RGT_BLK_READ, 512, in);
    check_header(RGT_BLK_WRITE, 512, out);
    check_header(RGT_BLK_FLUSH, 0, flush); /* 5.2.6.1: sector 0 */
    check_header(RGT_BLK_ID, 20, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_names_every_code_and_no_other),
        cmocka_unit_test(test_log_writes_numbers_in_decimal),
        cmocka_unit_test(test_wire_split_ring_bytes),
        cmocka_unit_test(test_wire_blk_header_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
