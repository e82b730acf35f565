/* SPDX-License-Identifier: MIT
 *
 * test_request.c: operations on a disk as a subject gets them, and what is
 * compared afterwards. The subject notes what it is asked and drives nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rigged.h"

static struct notes {
    struct rig_open how;
    struct rig_op op;
    struct rig_range range[8];
    uint32_t seg_bytes;    /* of the first */
    const uint8_t *answer; /* put into the first segment */
    unsigned count;
    uint64_t token[8];
    unsigned tokens;
} notes;

static int note_open(const struct rig_port *port, const struct rig_open *how,
                     void **self)
{
    (void)port;
    notes.how = *how;
    *self = &notes;
    return 0;
}

static void note_close(void *self)
{
    (void)self;
}

static int note_submit(void *self, const struct rig_op *op)
{
    (void)self;
    notes.op = *op;
    for (unsigned k = 0; k < op->range_count && k < 8; k++)
        notes.range[k] = op->range[k];
    notes.seg_bytes = op->seg_count ? op->seg[0].bytes : 0;
    if (op->seg_count && notes.answer)
        memcpy(op->seg[0].buf, notes.answer, op->seg[0].bytes);
    notes.count++;
    notes.token[notes.tokens++] = op->token;
    return 0;
}

static int note_poll(void *self, struct rig_done *done, uint32_t max)
{
    int n = 0;

    (void)self;
    while (notes.tokens && (uint32_t)n < max)
        done[n++] = (struct rig_done){.token = notes.token[--notes.tokens]};
    return n;
}

static int note_info(void *self, struct rig_blk_info *info)
{
    (void)self;
    *info = (struct rig_blk_info){
        .capacity = 1,
        .features = 2,
        .blk_size = 3,
        .size_max = 4,
        .seg_max = 5,
        .queue_size = 6,
        .writeback = 1,
        .write_zeroes_may_unmap = 1,
        .physical_block_exp = 7,
        .alignment_offset = 8,
        .min_io_blocks = 9,
        .opt_io_blocks = 10,
        .cylinders = 11,
        .heads = 12,
        .sectors_per_track = 13,
        .queues = 14,
        .max_discard_sectors = 15,
        .max_discard_seg = 16,
        .discard_sector_alignment = 17,
        .max_write_zeroes_sectors = 18,
        .max_write_zeroes_seg = 19,
        .max_secure_erase_sectors = 20,
        .max_secure_erase_seg = 21,
        .secure_erase_sector_alignment = 22,
    };
    return 0;
}

static const struct rig_dut notary = {
    .abi_version = RIG_DUT_ABI_VERSION,
    .size = sizeof(struct rig_dut),
    .name = "notary",
    .op_mask = UINT64_MAX,
    .open = note_open,
    .close = note_close,
    .submit = note_submit,
    .poll = note_poll,
    .blk_info = note_info,
};

static void begin(struct rig *rig, const char *device)
{
    memset(&notes, 0, sizeof(notes));
    rigged_start(rig, device, &notary, FAKE_MEM_DIRECT);
    rigged_ok(rig, "{\"op\": \"open\", \"queues\": 3, \"queue_size\": 9}");
    assert_int_equal(notes.how.queues, 3);
    assert_int_equal(notes.how.queue_size, 9);
}

/* It drives no device, so the judge is not asked. */
static void end(struct rig *rig)
{
    rig_stop(rig);
    rig_free(rig);
}

static void expect_range(unsigned k, uint64_t sector, uint64_t sectors,
                         uint32_t unmap)
{
    assert_int_equal(notes.range[k].sector, sector);
    assert_int_equal(notes.range[k].sectors, sectors);
    assert_int_equal(notes.range[k].unmap, unmap);
    assert_int_equal(notes.range[k].reserved, 0);
}

static void test_ranges_arrive_as_they_are_listed(void **state)
{
    static const struct {
        const char *name;
        enum rig_op_code code;
    } ops[] = {
        {"blk.discard", RIG_OP_BLK_DISCARD},
        {"blk.write_zeroes", RIG_OP_BLK_WRITE_ZEROES},
        {"blk.secure_erase", RIG_OP_BLK_SECURE_ERASE},
    };
    struct rig rig;

    (void)state;
    begin(&rig, "{\"capacity\": 100}");
    for (unsigned k = 0; k < 3; k++) {
        char text[256];

        snprintf(text, sizeof(text),
                 "{\"op\": \"%s\", \"queue\": 2, \"ranges\": ["
                 "{\"sector\": 8, \"count\": 16},"
                 "{\"sector\": 1, \"from_end\": true, \"unmap\": true},"
                 "{\"sector\": 5, \"count\": 0}]}",
                 ops[k].name);
        rigged_ok(&rig, text);
        assert_int_equal(notes.op.code, ops[k].code);
        assert_int_equal(notes.op.queue, 2);
        assert_int_equal(notes.op.range_count, 3);
        assert_int_equal(notes.op.seg_count, 0);
        expect_range(0, 8, 16, 0);
        expect_range(1, 99, 1, 1);
        expect_range(2, 5, 0, 0);
    }
    end(&rig);
}

static void test_one_range_may_stand_in_the_step_itself(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"blk.write_zeroes\", \"sector\": 7,"
                    " \"count\": 3, \"unmap\": true}");
    assert_int_equal(notes.op.range_count, 1);
    expect_range(0, 7, 3, 1);
    rigged_ok(&rig, "{\"op\": \"blk.discard\", \"ranges\": []}");
    assert_int_equal(notes.op.range_count, 0);
    end(&rig);
}

static void test_operations_without_data_arrive(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"blk.writeback\", \"on\": true}");
    assert_int_equal(notes.op.code, RIG_OP_BLK_WRITEBACK);
    assert_int_equal(notes.op.id, 1);
    rigged_ok(&rig, "{\"op\": \"blk.writeback\", \"on\": false}");
    assert_int_equal(notes.op.id, 0);
    rigged_ok(&rig, "{\"op\": \"queue.reset\", \"queue\": 1}");
    assert_int_equal(notes.op.code, RIG_OP_QUEUE_RESET);
    assert_int_equal(notes.op.queue, 1);
    rigged_ok(&rig, "{\"op\": \"blk.batch\", \"requests\": ["
                    "{\"op\": \"blk.flush\", \"queue\": 1},"
                    "{\"op\": \"blk.read\", \"sector\": 0, \"queue\": 2}]}");
    assert_int_equal(notes.op.queue, 2);
    end(&rig);
}

static void test_lifetime_is_decoded_and_compared(void **state)
{
    static const uint8_t wire[] = {2, 0, 11, 0, 1, 2};
    const json_t *result;
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    notes.answer = wire;
    rigged_ok(&rig, "{\"op\": \"blk.lifetime\", \"is\": {\"pre_eol_info\": 2,"
                    " \"typ_a\": 11, \"typ_b\": 513}}");
    assert_int_equal(notes.op.code, RIG_OP_BLK_LIFETIME);
    assert_int_equal(notes.seg_bytes, 6);
    result = rigged_expect(
        &rig, "{\"op\": \"blk.lifetime\", \"is\": {\"typ_a\": 10}}",
        "mismatch");
    assert_string_equal(rigged_text(result, "seen"), "typ_a 11");
    result = rigged_expect(&rig, "{\"op\": \"blk.lifetime\"}", "ok");
    assert_int_equal(
        json_integer_value(json_object_get(result, "pre_eol_info")), 2);
    end(&rig);
}

static void test_info_has_every_field(void **state)
{
    static const char *const names[] = {
        "capacity",
        "features",
        "blk_size",
        "size_max",
        "seg_max",
        "queue_size",
        "physical_block_exp",
        "alignment_offset",
        "min_io_blocks",
        "opt_io_blocks",
        "cylinders",
        "heads",
        "sectors_per_track",
        "queues",
        "max_discard_sectors",
        "max_discard_seg",
        "discard_sector_alignment",
        "max_write_zeroes_sectors",
        "max_write_zeroes_seg",
        "max_secure_erase_sectors",
        "max_secure_erase_seg",
        "secure_erase_sector_alignment",
    };
    const json_t *result;
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    result =
        rigged_expect(&rig,
                      "{\"op\": \"blk.info\", \"is\": {\"read_only\": false,"
                      " \"flush\": false, \"writeback\": true,"
                      " \"write_zeroes_may_unmap\": true}}",
                      "ok");
    for (unsigned k = 0; k < sizeof(names) / sizeof(names[0]); k++)
        assert_int_equal(json_integer_value(json_object_get(result, names[k])),
                         k + 1);
    end(&rig);
}

/* ---- oracles ---- */

static void test_read_of_what_the_disk_holds_is_compared_with_it(void **state)
{
    static uint8_t data[512];
    const json_t *result;
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    notes.answer = data;
    rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 8, \"stored\": true}");
    data[100] = 1;
    result = rigged_expect(
        &rig, "{\"op\": \"blk.read\", \"sector\": 8, \"stored\": true}",
        "mismatch");
    assert_string_equal(rigged_text(result, "expected"),
                        "0x00 at byte 4196, as on the disk");
    assert_string_equal(rigged_text(result, "seen"), "0x01");
    end(&rig);
}

static void test_sector_has_one_of_several_seeds(void **state)
{
    static uint8_t data[1024];
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    notes.answer = data;
    rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 8, \"count\": 2,"
                    " \"data_any\": [7, 0]}");
    rigged_expect(&rig,
                  "{\"op\": \"blk.read\", \"sector\": 8, \"count\": 2,"
                  " \"data_any\": [7, 3]}",
                  "mismatch");
    data[600] = 1;
    rigged_expect(&rig,
                  "{\"op\": \"blk.read\", \"sector\": 8, \"count\": 2,"
                  " \"data_any\": [0]}",
                  "mismatch");
    end(&rig);
}

/* ---- power ---- */

static void test_power_cut_takes_what_was_not_flushed(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig, "{\"cache\": \"volatile\"}", &rig_dut_ringtrue,
                 FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 8, \"data\": 3}");
    rigged_ok(&rig, "{\"op\": \"blk.flush\"}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 8, \"data\": 4}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 9, \"data\": 4}");
    rigged_ok(&rig, "{\"op\": \"power_cut\", \"survive\": \"none\"}");
    rigged_ok(&rig, "{\"op\": \"recover\"}");
    rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 8,"
                    " \"data_any\": [3, 4], \"stored\": true}");
    rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 9, \"data\": 0}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 9, \"data\": 5}");
    rigged_ok(&rig, "{\"op\": \"power_cut\", \"survive\": \"all\"}");
    rigged_ok(&rig, "{\"op\": \"recover\"}");
    rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 9, \"data\": 5}");
    rigged_guilty(&rig, NULL);
}

/* ---- a capacity that changes ---- */

static void test_change_of_the_capacity_reaches_the_driver(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig, NULL, &rig_dut_ringtrue, FAKE_MEM_DIRECT);
    rigged_expect(&rig, "{\"op\": \"blk.resize\", \"capacity\": 2049}",
                  "bench");
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"blk.resize\", \"capacity\": 100}");
    rigged_ok(&rig, "{\"op\": \"idle\"}");
    rigged_ok(&rig, "{\"op\": \"blk.info\", \"is\": {\"capacity\": 100}}");
    rigged_expect(&rig, "{\"op\": \"blk.read\", \"sector\": 100}", "refused");
    rigged_ok(&rig, "{\"op\": \"blk.resize\", \"capacity\": 2048}");
    rigged_ok(&rig, "{\"op\": \"idle\"}");
    rigged_ok(&rig, "{\"op\": \"blk.info\", \"is\": {\"capacity\": 2048}}");
    rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 2047}");
    rigged_guilty(&rig, NULL);
}

/* ---- drivers that have less ---- */

static void test_driver_without_a_needed_feature_is_skipped(void **state)
{
    const char *device = "{\"features\": [\"VERSION_1\", \"DISCARD\"]}";
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, device, &rig_dut_ringtrue, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\", \"needs\": [\"DISCARD\", 13]}");
    rigged_guilty(&rig, NULL);
    rigged_start(&rig, device, &rig_dut_ringtrue, FAKE_MEM_DIRECT);
    result = rigged_expect(&rig,
                           "{\"op\": \"open\", \"without\": [\"DISCARD\"],"
                           " \"needs\": [\"VERSION_1\", \"DISCARD\"]}",
                           "skip");
    assert_string_equal(rigged_text(result, "reason"),
                        "the driver does not accept DISCARD");
    rigged_guilty(&rig, NULL);
}

static void test_steps_for_a_device_that_was_not_refused(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, NULL, &rig_dut_ringtrue, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"when_open\", \"do\": ["
                    "{\"op\": \"blk.read\", \"sector\": 9999}]}");
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"when_open\", \"do\": ["
                    "{\"op\": \"blk.read\", \"sector\": 1, \"data\": 0},"
                    "{\"op\": \"blk.read\", \"sector\": 9999,"
                    " \"expect\": \"refused\"}]}");
    result = rigged_expect(&rig,
                           "{\"op\": \"when_open\", \"do\": ["
                           "{\"op\": \"blk.read\", \"sector\": 1,"
                           " \"data\": 5}]}",
                           "mismatch");
    assert_non_null(strstr(rigged_text(result, "expected"), "seed 5"));
    rigged_guilty(&rig, NULL);
}

/* ---- drivers that data would be lost with ---- */

static struct {
    uint64_t token;
    bool flush, zeroes;
} lie;

/* Says at once that it is done, and sends nothing. */
static int lying_submit(void *self, const struct rig_op *op)
{
    if (op->code != RIG_OP_BLK_FLUSH && op->code != RIG_OP_BLK_WRITE_ZEROES)
        return rig_dut_ringtrue.submit(self, op);
    lie.flush = op->code == RIG_OP_BLK_FLUSH;
    lie.zeroes = !lie.flush;
    lie.token = op->token;
    return 0;
}

static int lying_poll(void *self, struct rig_done *done, uint32_t max)
{
    if (!lie.flush && !lie.zeroes)
        return rig_dut_ringtrue.poll(self, done, max);
    done[0] = (struct rig_done){.token = lie.token};
    lie.flush = lie.zeroes = false;
    return 1;
}

static void test_flush_that_was_not_sent_is_found_by_a_power_cut(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    struct rig rig;

    (void)state;
    dut.submit = lying_submit;
    dut.poll = lying_poll;
    rigged_start(&rig, "{\"cache\": \"volatile\"}", &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 8, \"data\": 3}");
    rigged_ok(&rig, "{\"op\": \"blk.flush\"}");
    rigged_ok(&rig, "{\"op\": \"power_cut\", \"survive\": \"none\"}");
    rigged_ok(&rig, "{\"op\": \"recover\"}");
    rigged_expect(&rig, "{\"op\": \"blk.read\", \"sector\": 8, \"data\": 3}",
                  "mismatch");
    rigged_guilty(&rig, "drv-5.2.5.1-1");
}

static void test_zeroes_that_were_not_sent_are_found_by_a_read(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    struct rig rig;

    (void)state;
    dut.submit = lying_submit;
    dut.poll = lying_poll;
    rigged_start(&rig, "{\"features\": [\"VERSION_1\", \"WRITE_ZEROES\"]}",
                 &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 8, \"data\": 3}");
    rigged_ok(&rig, "{\"op\": \"blk.write_zeroes\", \"sector\": 8}");
    rigged_expect(&rig, "{\"op\": \"blk.read\", \"sector\": 8, \"data\": 0}",
                  "mismatch");
    rig_stop(&rig);
    rig_free(&rig);
}

/* 64 * 512 bytes, of which one bit is wrong. */
static void test_mismatch_says_by_how_much(void **state)
{
    const json_t *result, *differs;
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"faults\": [{\"fault\": \"blk-bit-rot\", \"arg\": 40003}]}",
                 &rig_dut_ringtrue, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 8, \"count\": 64,"
                    " \"data\": 3}");
    result = rigged_expect(&rig,
                           "{\"op\": \"blk.read\", \"sector\": 8,"
                           " \"count\": 64, \"data\": 3, \"segs\": [4999, 2]}",
                           "mismatch");
    differs = json_object_get(result, "differs");
    assert_int_equal(json_integer_value(json_object_get(differs, "first")),
                     5000);
    assert_int_equal(json_integer_value(json_object_get(differs, "bytes")), 1);
    assert_int_equal(json_integer_value(json_object_get(differs, "bits")), 1);
    rigged_guilty(&rig, NULL);
}

static void test_data_are_looked_for_where_they_went(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"faults\": [{\"fault\": \"blk-misdirected-write\","
                 " \"arg\": 16}]}",
                 &rig_dut_ringtrue, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 8, \"data\": 3}");
    rigged_expect(&rig, "{\"op\": \"blk.read\", \"sector\": 24, \"data\": 3}",
                  "mismatch");
    rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 24, \"data\": 3,"
                    " \"data_sector\": 8}");
    rigged_guilty(&rig, NULL);
}

static void test_power_cut_needs_a_cache(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig, NULL, &rig_dut_ringtrue, FAKE_MEM_DIRECT);
    rigged_expect(&rig, "{\"op\": \"power_cut\"}", "bench");
    rigged_guilty(&rig, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_arrive_as_they_are_listed),
        cmocka_unit_test(test_one_range_may_stand_in_the_step_itself),
        cmocka_unit_test(test_operations_without_data_arrive),
        cmocka_unit_test(test_lifetime_is_decoded_and_compared),
        cmocka_unit_test(test_info_has_every_field),
        cmocka_unit_test(test_read_of_what_the_disk_holds_is_compared_with_it),
        cmocka_unit_test(test_sector_has_one_of_several_seeds),
        cmocka_unit_test(test_power_cut_takes_what_was_not_flushed),
        cmocka_unit_test(test_change_of_the_capacity_reaches_the_driver),
        cmocka_unit_test(test_driver_without_a_needed_feature_is_skipped),
        cmocka_unit_test(test_steps_for_a_device_that_was_not_refused),
        cmocka_unit_test(test_flush_that_was_not_sent_is_found_by_a_power_cut),
        cmocka_unit_test(test_zeroes_that_were_not_sent_are_found_by_a_read),
        cmocka_unit_test(test_mismatch_says_by_how_much),
        cmocka_unit_test(test_data_are_looked_for_where_they_went),
        cmocka_unit_test(test_power_cut_needs_a_cache),
    };

    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
