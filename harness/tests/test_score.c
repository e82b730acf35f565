/* SPDX-License-Identifier: MIT
 *
 * test_score.c: the recovery score, of a driver that recovers and of such as
 * do not: the reference driver with one thing gone wrong each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rigged.h"
#include "ringtrue/wire.h"
#include "score.h"

#define SUBJECT &rig_dut_ringtrue
#define READ_8 "{\"op\": \"blk.read\", \"sector\": 8}"
#define STUCK "{\"faults\": [{\"fault\": \"blk-stuck\"}]}"
#define CARD "{\"type\": \"snd\"}"
#define SCORE "{\"op\": \"score\"}"
#define SECOND_NS UINT64_C(1000000000)

/* ---- drivers that do not recover ---- */

static const struct rig_port *port;
static bool recovered; /* from here on it goes wrong */

static int note_open(const struct rig_port *p, const struct rig_open *how,
                     void **self)
{
    port = p;
    recovered = false;
    return rig_dut_ringtrue.open(p, how, self);
}

static int recover_with_a_leak(void *self)
{
    uint64_t dma;

    assert_non_null(port->dma_alloc(port->ctx, 4096, 4096, &dma));
    return rig_dut_ringtrue.recover(self);
}

/* Keeps the memory of its rings for itself. */
static void leave_some(void)
{
    uint64_t dma;

    assert_non_null(port->dma_alloc(port->ctx, 4096, 4096, &dma));
}

/* If the device still has it, as far as the driver can see. */
static void close_and_look(void *self)
{
    rig_dut_ringtrue.close(self);
    port->reg_write(port->ctx, VIRTIO_MMIO_STATUS, 4, 0);
    if (port->reg_read(port->ctx, VIRTIO_MMIO_STATUS, 4))
        leave_some();
}

static void close_with_a_leak(void *self)
{
    close_and_look(self);
    leave_some();
}

/* Lends a page with each recovery, and never asks for it back. */
static void *page;

static int open_with_a_page(const struct rig_port *p,
                            const struct rig_open *how, void **self)
{
    uint64_t dma;

    page = p->dma_alloc(p->ctx, 4096, 4096, &dma);
    assert_non_null(page);
    return note_open(p, how, self);
}

static int recover_and_lend(void *self)
{
    assert_true(port->share(port->ctx, page, 4096, RIG_TO_DEVICE) !=
                RIG_DMA_BAD);
    return rig_dut_ringtrue.recover(self);
}

static void close_and_leave_some(void *self)
{
    rig_dut_ringtrue.close(self);
    leave_some();
}

/* With the first request, and kept until it is closed. */
static void *pool;
static uint64_t pool_dma;

static int submit_from_a_pool(void *self, const struct rig_op *op)
{
    if (!pool)
        pool = port->dma_alloc(port->ctx, 4096, 4096, &pool_dma);
    return rig_dut_ringtrue.submit(self, op);
}

static void close_and_free_the_pool(void *self)
{
    rig_dut_ringtrue.close(self);
    if (pool)
        port->dma_free(port->ctx, pool, 4096, pool_dma);
    pool = NULL;
}

static int submit_with_a_leak(void *self, const struct rig_op *op)
{
    if (recovered)
        leave_some();
    return rig_dut_ringtrue.submit(self, op);
}

static int recover_after_two_seconds(void *self)
{
    uint64_t until = port->now_ns(port->ctx) + 2 * SECOND_NS;

    while (port->now_ns(port->ctx) < until)
        port->wait(port->ctx, until);
    return rig_dut_ringtrue.recover(self);
}

static int recover_noted(void *self)
{
    recovered = true;
    return rig_dut_ringtrue.recover(self);
}

static int recover_fails(void *self)
{
    (void)self;
    return RGT_E_NODEV;
}

/* Forgets one request that was in flight. */
static int poll_loses_one(void *self, struct rig_done *done, uint32_t max)
{
    int n = rig_dut_ringtrue.poll(self, done, max);

    if (n < 1 || !recovered)
        return n;
    recovered = false;
    memmove(done, done + 1, (size_t)(n - 1) * sizeof(*done));
    return n - 1;
}

static int poll_gives_one_twice(void *self, struct rig_done *done, uint32_t max)
{
    int n = rig_dut_ringtrue.poll(self, done, max - 1);

    if (n < 1 || !recovered)
        return n;
    recovered = false;
    done[n] = done[0];
    return n + 1;
}

static int submit_is_dead(void *self, const struct rig_op *op)
{
    return recovered ? RGT_E_STATE : rig_dut_ringtrue.submit(self, op);
}

/* Reads and writes agree with each other, not with the disk. */
static int submit_elsewhere(void *self, const struct rig_op *op)
{
    struct rig_op other = *op;

    other.sector += recovered;
    return rig_dut_ringtrue.submit(self, &other);
}

static int submit_no_write(void *self, const struct rig_op *op)
{
    static uint8_t zeroes[4096];
    struct rig_seg seg;
    struct rig_op other = *op;

    if (!recovered || op->code != RIG_OP_BLK_WRITE)
        return rig_dut_ringtrue.submit(self, op);
    seg = (struct rig_seg){zeroes, op->seg->bytes};
    other.seg = &seg;
    return rig_dut_ringtrue.submit(self, &other);
}

/* What was read once is what is read for ever. */
static const struct rig_op *reading;
static uint8_t first_read[512];
static unsigned reads;

static int submit_read_once(void *self, const struct rig_op *op)
{
    reading = recovered && op->code == RIG_OP_BLK_READ ? op : NULL;
    return rig_dut_ringtrue.submit(self, op);
}

static int poll_read_once(void *self, struct rig_done *done, uint32_t max)
{
    int n = rig_dut_ringtrue.poll(self, done, max);

    if (n == 1 && reading && reads++ == 0)
        memcpy(first_read, reading->seg->buf, sizeof(first_read));
    else if (n == 1 && reading)
        memcpy(reading->seg->buf, first_read, sizeof(first_read));
    return n;
}

/* The last byte of each period is another. */
static int submit_wrong_samples(void *self, const struct rig_op *op)
{
    if (recovered && op->code == RIG_OP_SND_WRITE)
        ((uint8_t *)op->seg->buf)[op->seg->bytes - 1] ^= 1;
    return rig_dut_ringtrue.submit(self, op);
}

static struct rig_dut wrong(void)
{
    struct rig_dut dut = rig_dut_ringtrue;

    dut.open = note_open;
    dut.recover = recover_noted;
    return dut;
}

/* ---- what is looked at ---- */

static bool held(const json_t *result, const char *part)
{
    return json_is_true(json_object_get(json_object_get(result, part), "held"));
}

/* Exactly this part did not hold, and it is what the mismatch names. */
static void expect_broken(const json_t *result, const char *part)
{
    for (unsigned k = 0; k < RIG_SCORE_COUNT; k++) {
        const char *name = rig_score_part_name((enum rig_score_kind)k);

        if (held(result, name) != (strcmp(name, part) != 0)) {
            char *is = json_dumps(result, 0);

            fail_msg("%s: %s", name, is);
        }
    }
    assert_true(json_is_false(json_object_get(result, "recovered")));
    assert_memory_equal(rigged_text(result, "expected"), part, strlen(part));
}

/* A read is in flight for good when the score begins. */
static const json_t *score_of(struct rig *rig, const struct rig_dut *dut)
{
    rigged_start(rig, STUCK, dut, FAKE_MEM_DIRECT);
    rigged_ok(rig, "{\"op\": \"open\"}");
    rigged_expect(rig, READ_8, "timeout");
    return rigged_op(rig, SCORE);
}

static void stop(struct rig *rig)
{
    rig_stop(rig);
    rig_free(rig);
}

/* ---- a driver that recovers ---- */

static void test_reference_driver_recovers(void **state)
{
    static const char *const faults[] = {
        "blk-stuck",     "used-id-out-of-range", "used-idx-jump",
        "used-len-over", "needs-reset",          "blk-garbage-status"};
    struct rig rig;
    char device[128];

    (void)state;
    for (unsigned k = 0; k < 12; k++) {
        const json_t *result;

        snprintf(device, sizeof(device), "{\"faults\": [{\"fault\": \"%s\"}]}",
                 faults[k / 2]);
        rigged_start(&rig, device, SUBJECT,
                     k % 2 ? FAKE_MEM_BOUNCE : FAKE_MEM_DIRECT);
        rigged_ok(&rig, "{\"op\": \"open\"}");
        rigged_op(&rig, "{\"op\": \"blk.read\", \"sector\": 8,"
                        " \"expect\": \"any\"}");
        result = rigged_expect(&rig, SCORE, "ok");
        assert_true(json_is_true(json_object_get(result, "recovered")));
        assert_string_equal(rigged_text(result, "by"), "recover");
        rigged_guilty(&rig, NULL);
    }
}

static void test_card_recovers_in_both_directions(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, CARD, SUBJECT, FAKE_MEM_BOUNCE);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"snd.set_params\"}");
    rigged_ok(&rig, "{\"op\": \"snd.prepare\"}");
    rigged_ok(&rig, "{\"op\": \"snd.play\", \"periods\": 2}");
    rigged_ok(&rig, "{\"op\": \"snd.start\"}");
    result = rigged_expect(&rig, SCORE, "ok");
    assert_string_equal(rigged_text(json_object_get(result, "io"), "seen"),
                        "6 periods on 2 streams");
    rigged_guilty(&rig, NULL);
}

/* Without indirect descriptors a message takes three. */
static void test_card_is_scored_in_the_smallest_queue(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"type\": \"snd\", \"queue_size\": 4,"
                 " \"features\": [\"VERSION_1\"]}",
                 SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    result = rigged_expect(&rig, SCORE, "ok");
    assert_string_equal(rigged_text(json_object_get(result, "io"), "seen"),
                        "2 periods on 2 streams");
    rigged_guilty(&rig, NULL);
}

static void test_what_a_case_recorded_stays_as_it_was(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig, CARD, SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"snd.set_params\"}");
    rigged_ok(&rig, "{\"op\": \"snd.prepare\"}");
    rigged_ok(&rig, "{\"op\": \"snd.play\", \"periods\": 2}");
    rigged_ok(&rig, "{\"op\": \"snd.start\"}");
    rigged_ok(&rig, "{\"op\": \"snd.finish\"}");
    rigged_ok(&rig, "{\"op\": \"snd.stop\"}");
    rigged_ok(&rig, "{\"op\": \"snd.release\"}");
    rigged_ok(&rig, SCORE);
    rigged_ok(&rig, "{\"op\": \"snd.played\", \"is\": {\"bytes\": 3840}}");
    rigged_guilty(&rig, NULL);
}

static void test_disk_is_as_it_was_before(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig, "{\"capacity\": 9}", SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 0, \"count\": 9,"
                    " \"data\": 7}");
    rigged_ok(&rig, SCORE);
    rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 0, \"count\": 9,"
                    " \"data\": 7}");
    rigged_guilty(&rig, NULL);
}

static void test_disk_that_is_read_only_is_read(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"capacity\": 1, \"features\": [\"VERSION_1\", \"RO\"]}",
                 SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    result = rigged_expect(&rig, SCORE, "ok");
    assert_string_equal(rigged_text(json_object_get(result, "io"), "seen"),
                        "read of 512 bytes at 0");
    rigged_guilty(&rig, NULL);
}

static void test_driver_that_found_no_device_finds_it_now(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, "{\"faults\": [{\"fault\": \"features-refused\"}]}",
                 SUBJECT, FAKE_MEM_DIRECT);
    rigged_expect(&rig, "{\"op\": \"open\"}", "error");
    result = rigged_expect(&rig, SCORE, "ok");
    assert_string_equal(rigged_text(result, "by"), "open");
    rigged_ok(&rig, READ_8);
    rigged_guilty(&rig, NULL);
}

static void test_driver_without_recover_is_opened_anew(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    const json_t *result;
    struct rig rig;

    (void)state;
    dut.recover = NULL;
    result = score_of(&rig, &dut);
    assert_string_equal(rigged_text(result, "outcome"), "ok");
    assert_string_equal(rigged_text(result, "by"), "open");
    assert_string_equal(
        rigged_text(json_object_get(result, "returned"), "seen"),
        "1 in flight, gone with close");
    stop(&rig);
}

static void test_memory_is_compared_with_a_like_recovery(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, NULL, SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\", \"queue_size\": 4}");
    rigged_ok(&rig, "{\"op\": \"close\"}");
    rigged_ok(&rig, "{\"op\": \"open\"}");
    result = rigged_expect(&rig, SCORE, "ok");
    assert_non_null(
        strstr(rigged_text(json_object_get(result, "memory"), "seen"),
               "as before one more recovery"));
    rigged_guilty(&rig, NULL);
}

static void test_driver_of_another_device_has_no_score(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    const json_t *result;
    struct rig rig;

    (void)state;
    dut.op_mask = UINT64_C(1) << RIG_OP_BLK_FLUSH;
    rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    result = rigged_expect(&rig, SCORE, "skip");
    assert_string_equal(rigged_text(result, "reason"),
                        "subject has no blk.read or blk.write");
    stop(&rig);
}

/* ---- drivers that do not ---- */

static void test_request_that_is_lost_is_missed(void **state)
{
    struct rig_dut dut = wrong();
    const json_t *result;
    struct rig rig;

    (void)state;
    dut.poll = poll_loses_one;
    rigged_start(&rig, STUCK, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_expect(&rig, READ_8, "timeout");
    rigged_expect(&rig, READ_8, "timeout");
    result = rigged_expect(&rig, SCORE, "mismatch");
    assert_false(held(result, "returned"));
    assert_string_equal(
        rigged_text(json_object_get(result, "returned"), "seen"),
        "1 of 2 did not come back");
    stop(&rig);
}

static void test_request_that_comes_twice_is_noticed(void **state)
{
    struct rig_dut dut = wrong();
    struct rig rig;

    (void)state;
    dut.poll = poll_gives_one_twice;
    expect_broken(score_of(&rig, &dut), "returned");
    stop(&rig);
}

static void test_recovery_that_takes_too_long_is_late(void **state)
{
    struct rig_dut dut = wrong();
    struct rig rig;

    (void)state;
    dut.recover = recover_after_two_seconds;
    expect_broken(score_of(&rig, &dut), "in_time");
    rigged_ok(&rig, "{\"op\": \"score\", \"timeout_us\": 3000000}");
    stop(&rig);
}

static void test_memory_that_is_left_behind_is_counted(void **state)
{
    struct rig_dut dut = wrong();
    struct rig rig;

    (void)state;
    dut.recover = recover_with_a_leak;
    expect_broken(score_of(&rig, &dut), "memory");
    stop(&rig);
    /* Also if there is nothing to compare with but another recovery. */
    rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\", \"queue_size\": 4}");
    rigged_ok(&rig, "{\"op\": \"close\"}");
    rigged_ok(&rig, "{\"op\": \"open\"}");
    expect_broken(rigged_op(&rig, SCORE), "memory");
    stop(&rig);
}

static void test_window_that_stays_open_is_counted(void **state)
{
    struct rig_dut dut = wrong();
    struct rig rig;

    (void)state;
    dut.open = open_with_a_page;
    dut.recover = recover_and_lend;
    expect_broken(score_of(&rig, &dut), "memory");
    stop(&rig);
}

static void test_memory_that_a_close_leaves_behind_is_counted(void **state)
{
    struct rig_dut dut = wrong();
    struct rig rig;

    (void)state;
    dut.recover = NULL;
    dut.close = close_and_leave_some;
    /* With nothing that it could be compared with. */
    rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\", \"queue_size\": 4}");
    rigged_ok(&rig, "{\"op\": \"close\"}");
    rigged_ok(&rig, "{\"op\": \"open\"}");
    expect_broken(rigged_op(&rig, SCORE), "memory");
    stop(&rig);
}

static void test_memory_that_each_request_leaves_behind_is_counted(void **state)
{
    struct rig_dut dut = wrong();
    struct rig rig;

    (void)state;
    dut.submit = submit_with_a_leak;
    expect_broken(score_of(&rig, &dut), "memory");
    stop(&rig);
}

static void test_memory_taken_with_the_first_request_is_no_leak(void **state)
{
    struct rig_dut dut = wrong();
    struct rig rig;

    (void)state;
    dut.recover = NULL;
    dut.submit = submit_from_a_pool;
    dut.close = close_and_free_the_pool;
    for (unsigned k = 0; k < 2; k++) {
        rigged_start(&rig, k ? STUCK : CARD, &dut, FAKE_MEM_DIRECT);
        rigged_ok(&rig, "{\"op\": \"open\"}");
        if (k)
            rigged_expect(&rig, READ_8, "timeout");
        rigged_ok(&rig, SCORE);
        stop(&rig);
    }
}

/* One that it has lost, it cannot give back (3.3.1). */
static void test_memory_that_a_lost_device_may_use_is_left_to_it(void **state)
{
    static void (*const closes[])(void *) = {close_and_look, close_with_a_leak};
    struct rig rig;

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct rig_dut dut = wrong();

        dut.recover = NULL;
        dut.close = closes[k];
        rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
        rigged_ok(&rig, "{\"op\": \"open\"}");
        rigged_ok(&rig, "{\"op\": \"fault.add\", \"fault\":"
                        " {\"fault\": \"surprise-removal\"}}");
        rigged_ok(&rig, "{\"op\": \"close\"}");
        rigged_ok(&rig, "{\"op\": \"fault.end\"}");
        rigged_ok(&rig, "{\"op\": \"open\"}");
        if (k)
            expect_broken(rigged_op(&rig, SCORE), "memory");
        else
            rigged_expect(&rig, SCORE, "ok");
        stop(&rig);
    }
}

static void test_io_that_does_not_work_is_told(void **state)
{
    static int (*const submits[])(void *, const struct rig_op *) = {
        submit_is_dead, submit_elsewhere, submit_no_write};
    static const char *const seen[] = {"RGT_E_STATE at sector 1024, queue 0",
                                       "something else at sector 1024",
                                       "something else at sector 1024"};
    struct rig rig;

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        struct rig_dut dut = wrong();
        const json_t *result;

        dut.submit = submits[k];
        rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
        rigged_ok(&rig, "{\"op\": \"open\"}");
        rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 1024,"
                        " \"data\": 1}");
        rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 1025,"
                        " \"data\": 2}");
        result = rigged_op(&rig, SCORE);
        expect_broken(result, "io");
        assert_string_equal(rigged_text(result, "seen"), seen[k]);
        stop(&rig);
    }
}

static void test_read_that_does_not_find_what_was_written_is_told(void **state)
{
    struct rig_dut dut = wrong();
    const json_t *result;
    struct rig rig;

    (void)state;
    reads = 0;
    dut.submit = submit_read_once;
    dut.poll = poll_read_once;
    rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    result = rigged_op(&rig, SCORE);
    expect_broken(result, "io");
    assert_string_equal(rigged_text(result, "expected"),
                        "io: a read gives what was written");
    stop(&rig);
}

static void test_samples_that_are_others_are_noticed(void **state)
{
    struct rig_dut dut = wrong();
    struct rig rig;

    (void)state;
    dut.submit = submit_wrong_samples;
    rigged_start(&rig, CARD, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    expect_broken(rigged_op(&rig, SCORE), "io");
    stop(&rig);
}

static void test_driver_that_does_not_come_back_has_no_part(void **state)
{
    struct rig_dut dut = wrong();
    const json_t *result;
    struct rig rig;

    (void)state;
    dut.recover = recover_fails;
    result = score_of(&rig, &dut);
    assert_false(held(result, "returned"));
    assert_false(held(result, "memory"));
    assert_false(held(result, "io"));
    assert_string_equal(rigged_text(json_object_get(result, "io"), "seen"),
                        "recover: RGT_E_NODEV");
    stop(&rig);
}

/* ---- all ---- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_driver_recovers),
        cmocka_unit_test(test_card_recovers_in_both_directions),
        cmocka_unit_test(test_card_is_scored_in_the_smallest_queue),
        cmocka_unit_test(test_what_a_case_recorded_stays_as_it_was),
        cmocka_unit_test(test_disk_is_as_it_was_before),
        cmocka_unit_test(test_disk_that_is_read_only_is_read),
        cmocka_unit_test(test_driver_that_found_no_device_finds_it_now),
        cmocka_unit_test(test_driver_without_recover_is_opened_anew),
        cmocka_unit_test(test_memory_is_compared_with_a_like_recovery),
        cmocka_unit_test(test_driver_of_another_device_has_no_score),
        cmocka_unit_test(test_request_that_is_lost_is_missed),
        cmocka_unit_test(test_request_that_comes_twice_is_noticed),
        cmocka_unit_test(test_recovery_that_takes_too_long_is_late),
        cmocka_unit_test(test_memory_that_is_left_behind_is_counted),
        cmocka_unit_test(test_memory_that_a_lost_device_may_use_is_left_to_it),
        cmocka_unit_test(test_window_that_stays_open_is_counted),
        cmocka_unit_test(test_memory_that_a_close_leaves_behind_is_counted),
        cmocka_unit_test(
            test_memory_that_each_request_leaves_behind_is_counted),
        cmocka_unit_test(test_memory_taken_with_the_first_request_is_no_leak),
        cmocka_unit_test(test_io_that_does_not_work_is_told),
        cmocka_unit_test(test_read_that_does_not_find_what_was_written_is_told),
        cmocka_unit_test(test_samples_that_are_others_are_noticed),
        cmocka_unit_test(test_driver_that_does_not_come_back_has_no_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
