/* SPDX-License-Identifier: MIT
 *
 * test_ops.c: operations through rig and reference driver: what each outcome
 * means, and what is said when it is not the one expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rigged.h"

#define SUBJECT &rig_dut_ringtrue
#define READ_8 "{\"op\": \"blk.read\", \"sector\": 8}"

/* ---- life ---- */

static void test_disk_keeps_what_was_written(void **state)
{
    static const enum fake_mem_mode modes[] = {FAKE_MEM_DIRECT,
                                               FAKE_MEM_BOUNCE};
    struct rig rig;

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        rigged_start(&rig, NULL, SUBJECT, modes[k]);
        rigged_ok(&rig, "{\"op\": \"open\"}");
        rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 0, \"count\": 64,"
                        " \"data\": 0}");
        rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 8, \"count\": 16,"
                        " \"data\": 7, \"segs\": [512, 1024], \"skew\": 3}");
        rigged_ok(&rig, "{\"op\": \"blk.flush\"}");
        rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 8, \"count\": 16,"
                        " \"data\": 7, \"segs\": [4096], \"skew\": 1}");
        rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 24, \"data\": 0}");
        rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 1, \"data\": 2,"
                        " \"from_end\": true}");
        rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 2047,"
                        " \"data\": 2}");
        rigged_ok(&rig, "{\"op\": \"close\"}");
        rigged_ok(&rig, "{\"op\": \"close\"}");
        rigged_guilty(&rig, NULL);
    }
}

static void test_id_is_compared_and_returned(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, "{\"id\": \"twenty characters id\"}", SUBJECT,
                 FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"blk.id\", \"is\": \"twenty characters id\"}");
    result = rigged_expect(
        &rig, "{\"op\": \"blk.id\", \"is\": \"twenty characters ix\"}",
        "mismatch");
    assert_string_equal(rigged_text(result, "expected"),
                        "twenty characters ix");
    assert_string_equal(rigged_text(result, "seen"), "twenty characters id");
    result =
        rigged_expect(&rig, "{\"op\": \"blk.id\", \"return\": \"hex\"}", "ok");
    assert_string_equal(rigged_text(result, "hex"),
                        "7477656e74792063686172616374657273206964");
    rigged_guilty(&rig, NULL);
}

static void test_driver_tells_what_it_learned(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"capacity\": 100, \"features\": [\"VERSION_1\", \"RO\"]}",
                 SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\", \"queue_size\": 16}");
    rigged_ok(&rig, "{\"op\": \"blk.info\", \"is\": {\"capacity\": 100,"
                    " \"read_only\": true, \"flush\": false,"
                    " \"queue_size\": 16, \"features\": 4294967328}}");
    result = rigged_expect(
        &rig, "{\"op\": \"blk.info\", \"is\": {\"capacity\": 99}}", "mismatch");
    assert_string_equal(rigged_text(result, "expected"), "capacity 99");
    assert_string_equal(rigged_text(result, "seen"), "capacity 100");
    rigged_guilty(&rig, NULL);
}

static void test_features_can_be_left_out(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig, NULL, SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\","
                    " \"without\": [\"FLUSH\", \"SEG_MAX\","
                    " \"EVENT_IDX\", \"INDIRECT_DESC\"]}");
    rigged_ok(&rig, "{\"op\": \"blk.info\", \"is\": {\"features\":"
                    " 4294967296}}");
    rigged_guilty(&rig, NULL);
}

/* ---- what can go wrong ---- */

static void test_mismatch_says_where_and_what(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, NULL, SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 8, \"count\": 2,"
                    " \"data\": 3}");
    rigged_ok(&rig, "{\"op\": \"blk.write\", \"sector\": 9, \"data\": 0}");
    result = rigged_expect(&rig,
                           "{\"op\": \"blk.read\", \"sector\": 8,"
                           " \"count\": 2, \"data\": 3, \"segs\": [100]}",
                           "mismatch");
    assert_string_equal(rigged_text(result, "expected"),
                        "data of seed 3 at byte 4608");
    assert_string_equal(rigged_text(result, "seen"),
                        "0x00 there (segment 1, byte 412)");
    /* Not asked for, not compared. */
    rigged_ok(&rig, "{\"op\": \"blk.read\", \"sector\": 8, \"count\": 2}");
    rigged_guilty(&rig, NULL);
}

static void test_what_the_driver_refuses_reaches_nobody(void **state)
{
    static const char *const wrong[] = {
        "{\"op\": \"blk.read\", \"sector\": 2048}",
        "{\"op\": \"blk.write\", \"sector\": 2047, \"count\": 2}",
        "{\"op\": \"blk.read\", \"sector\": 0, \"bytes\": 511}",
        "{\"op\": \"blk.read\", \"sector\": 0, \"count\": 0}",
    };
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, NULL, SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    for (unsigned k = 0; k < 4; k++) {
        result = rigged_expect(&rig, wrong[k], "refused");
        assert_string_equal(rigged_text(result, "code"), "RGT_E_INVAL");
    }
    rig_stop(&rig);
    for (uint64_t k = 0; k < rig.machine->log.count; k++)
        assert_int_not_equal(fake_log_get(&rig.machine->log, k)->kind,
                             FAKE_EV_REQUEST);
    rig_free(&rig);
}

static void test_device_error_is_an_error(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"faults\": [{\"fault\": \"blk-io-error\", \"nth\": 2,"
                 " \"count\": 1}]}",
                 SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, READ_8);
    result = rigged_expect(&rig, READ_8, "error");
    assert_string_equal(rigged_text(result, "code"), "RGT_E_IO");
    rigged_ok(&rig, READ_8);
    rigged_guilty(&rig, NULL);
}

static void test_bench_says_what_it_cannot_do(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig, NULL, SUBJECT, FAKE_MEM_DIRECT);
    rigged_expect(&rig, READ_8, "bench");
    rigged_expect(&rig, "{\"op\": \"recover\"}", "bench");
    rigged_expect(&rig, "{\"op\": \"idle\"}", "bench");
    rigged_expect(&rig, "{\"op\": \"blk.info\"}", "bench");
    rigged_expect(&rig, "{\"op\": \"raw.init\"}", "bench");
    rigged_expect(&rig, "{\"op\": \"no.such\"}", "bench");
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_expect(&rig, "{\"op\": \"open\"}", "bench");
    rigged_expect(&rig,
                  "{\"op\": \"blk.read\", \"sector\": 0, \"count\": 1000000}",
                  "bench");
    rigged_expect(&rig,
                  "{\"op\": \"blk.read\", \"sector\": 0, \"segs\": [600]}",
                  "bench");
    rigged_ok(&rig, READ_8);
    rigged_guilty(&rig, NULL);
}

static void test_open_that_fails_leaves_no_subject(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"faults\": [{\"fault\": \"wrong-magic\", \"nth\": 1,"
                 " \"count\": 1}]}",
                 SUBJECT, FAKE_MEM_DIRECT);
    result = rigged_expect(&rig, "{\"op\": \"open\"}", "error");
    assert_string_equal(rigged_text(result, "code"), "RGT_E_NODEV");
    rigged_expect(&rig, READ_8, "bench");
    rigged_guilty(&rig, NULL);
}

static void test_driver_is_innocent_when_the_reset_never_comes(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, "{\"faults\": [{\"fault\": \"reset-never\"}]}", SUBJECT,
                 FAKE_MEM_DIRECT);
    result = rigged_expect(&rig, "{\"op\": \"open\"}", "error");
    assert_string_equal(rigged_text(result, "code"), "RGT_E_TIMEOUT");
    rigged_guilty(&rig, NULL);
}

/* ---- time ---- */

#define STUCK                                                                  \
    "{\"faults\": [{\"fault\": \"blk-stuck\", \"nth\": 1, \"count\": 1}]}"

static void test_stuck_request_times_out_and_comes_back_by_recover(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, STUCK, SUBJECT, FAKE_MEM_BOUNCE);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    result = rigged_expect(&rig, READ_8, "timeout");
    assert_string_equal(rigged_text(result, "code"), "RGT_E_TIMEOUT");
    assert_int_equal(rig.pending_count, 1);
    rigged_ok(&rig, "{\"op\": \"recover\"}");
    assert_int_equal(rig.pending_count, 0);
    rigged_ok(&rig, READ_8);
    rigged_guilty(&rig, NULL);
}

static void test_close_gives_up_what_is_pending(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig, STUCK, SUBJECT, FAKE_MEM_BOUNCE);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_expect(&rig, READ_8, "timeout");
    rigged_ok(&rig, "{\"op\": \"close\"}");
    assert_int_equal(rig.pending_count, 0);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, READ_8);
    rigged_guilty(&rig, NULL);
}

static void test_rig_closes_what_is_left_open(void **state)
{
    struct rig rig;

    (void)state;
    rigged_start(&rig, STUCK, SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_expect(&rig, READ_8, "timeout");
    rigged_guilty(&rig, NULL);
}

static void test_dead_device_is_an_error_until_recover(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"faults\": [{\"fault\": \"needs-reset\", \"nth\": 2,"
                 " \"count\": 1}]}",
                 SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig, READ_8);
    result = rigged_expect(&rig, READ_8, "error");
    assert_string_equal(rigged_text(result, "code"), "RGT_E_STATE");
    rigged_expect(&rig, READ_8, "refused");
    rigged_ok(&rig, "{\"op\": \"recover\"}");
    rigged_ok(&rig, READ_8);
    rigged_guilty(&rig, NULL);
}

static void test_idle_takes_as_long_as_it_says(void **state)
{
    struct rig rig;
    uint64_t start;

    (void)state;
    rigged_start(&rig, NULL, SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    start = fake_machine_now(rig.machine);
    rigged_ok(&rig, "{\"op\": \"idle\", \"us\": 5000}");
    assert_in_range(fake_machine_now(rig.machine) - start, 5000000, 5010000);
    rigged_guilty(&rig, NULL);
}

/* ---- batches ---- */

static char *batch_of(char *text, size_t room, unsigned count, const char *one)
{
    size_t at =
        (size_t)snprintf(text, room, "{\"op\": \"blk.batch\", \"requests\": [");

    for (unsigned k = 0; k < count; k++)
        at += (size_t)snprintf(text + at, room - at, "%s%s", k ? "," : "", one);
    snprintf(text + at, room - at, "]}");
    return text;
}

static void test_batch_larger_than_the_queue_runs_through(void **state)
{
    static char text[1 << 16];
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig, "{\"queue_size\": 8}", SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    result =
        rigged_expect(&rig, batch_of(text, sizeof(text), 256, READ_8), "ok");
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 256);
    rigged_guilty(&rig, NULL);
}

/* Takes more than the bench ever gives. */
static int open_roomy(const struct rig_port *port, const struct rig_open *how,
                      void **self)
{
    struct rig_open roomy = *how;

    roomy.inflight_max = 1024;
    return rig_dut_ringtrue.open(port, &roomy, self);
}

static void test_more_requests_than_may_be_in_flight_run_through(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    static char text[1 << 16];
    struct rig rig;

    (void)state;
    dut.open = open_roomy;
    rigged_start(&rig, "{\"queue_size\": 1024}", &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\", \"queue_size\": 1024}");
    rigged_ok(&rig, batch_of(text, sizeof(text), 600, READ_8));
    rigged_guilty(&rig, NULL);
}

static void test_request_of_a_batch_has_its_own_expectation(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"faults\": [{\"fault\": \"blk-io-error\", \"nth\": 1,"
                 " \"count\": 1}]}",
                 SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_ok(&rig,
              "{\"op\": \"blk.batch\", \"requests\": ["
              "{\"op\": \"blk.read\", \"sector\": 8, \"expect\": \"RGT_E_IO\"},"
              "{\"op\": \"blk.read\", \"sector\": 9}]}");
    /* The same for a batch of one. */
    result = rigged_expect(&rig,
                           "{\"op\": \"blk.batch\", \"requests\": ["
                           "{\"op\": \"blk.read\", \"sector\": 9000,"
                           " \"expect\": \"refused\"}]}",
                           "ok");
    assert_int_equal(json_array_size(json_object_get(result, "requests")), 1);
    result = rigged_expect(&rig,
                           "{\"op\": \"blk.batch\", \"requests\": ["
                           "{\"op\": \"blk.read\", \"sector\": 8},"
                           "{\"op\": \"blk.read\", \"sector\": 8, \"data\": 4}"
                           "]}",
                           "mismatch");
    assert_string_equal(rigged_text(result, "expected"),
                        "request 1, blk.read: data of seed 4 at byte 4096");
    rigged_guilty(&rig, NULL);
}

static void test_each_request_of_a_batch_tells_its_end(void **state)
{
    static char text[1 << 16];
    const json_t *list;
    unsigned timeouts = 0;
    struct rig rig;

    (void)state;
    rigged_start(&rig,
                 "{\"queue_size\": 8,"
                 " \"faults\": [{\"fault\": \"blk-stuck\", \"nth\": 3}]}",
                 SUBJECT, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    list = json_object_get(
        rigged_expect(&rig, batch_of(text, sizeof(text), 40, READ_8),
                      "mismatch"),
        "requests");
    assert_int_equal(json_array_size(list), 40);
    assert_string_equal(rigged_text(json_array_get(list, 0), "outcome"), "ok");
    assert_string_equal(rigged_text(json_array_get(list, 1), "outcome"), "ok");
    /* In flight or never begun: none was refused by anybody. */
    for (unsigned k = 2; k < 40; k++)
        timeouts +=
            !strcmp(rigged_text(json_array_get(list, k), "outcome"), "timeout");
    assert_int_equal(timeouts, 38);
    rigged_guilty(&rig, NULL);
}

/* ---- subjects that break their contract, or have little ---- */

static int done_with_a_made_up_token(void *self, struct rig_done *done,
                                     uint32_t max)
{
    int n = rig_dut_ringtrue.poll(self, done, max);

    if (n > 0)
        done[0].token += 1000;
    return n;
}

static void test_made_up_token_is_a_complaint(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    struct rig rig;

    (void)state;
    dut.poll = done_with_a_made_up_token;
    rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_expect(&rig, READ_8, "timeout");
    assert_non_null(strstr(rig.complaint, "token 1000"));
    rig_stop(&rig);
    rig_free(&rig);
}

static int far_too_many(void *self, struct rig_done *done, uint32_t max)
{
    (void)self, (void)done;
    memset(done, 0, max * sizeof(*done));
    return 1000000;
}

static void test_more_completions_than_room_is_a_complaint(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    struct rig rig;

    (void)state;
    dut.poll = far_too_many;
    rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_op(&rig, READ_8);
    assert_non_null(strstr(rig.complaint, "room was for"));
    rig_stop(&rig);
    rig_free(&rig);
}

static void test_what_a_subject_has_not_is_skipped(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    struct rig rig;

    (void)state;
    dut.op_mask = 1u << RIG_OP_BLK_READ;
    dut.recover = NULL;
    dut.blk_info = NULL;
    rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    rigged_expect(&rig, "{\"op\": \"blk.flush\"}", "skip");
    rigged_expect(&rig, "{\"op\": \"blk.write\", \"sector\": 0}", "skip");
    rigged_expect(&rig, "{\"op\": \"recover\"}", "skip");
    rigged_expect(&rig, "{\"op\": \"blk.info\"}", "skip");
    rigged_ok(&rig, READ_8);
    rigged_guilty(&rig, NULL);
}

static void test_subject_that_only_polls_is_served(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    struct rig rig;

    (void)state;
    dut.interrupt = NULL;
    rigged_start(&rig, "{\"latency_us\": 50}", &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    for (unsigned k = 0; k < 20; k++)
        rigged_ok(&rig, READ_8);
    rigged_ok(&rig, "{\"op\": \"idle\", \"us\": 100}");
    rigged_guilty(&rig, NULL);
}

/* A driver that writes past the buffers it was given. */
static int overrun(void *self, const struct rig_op *op)
{
    if (op->code == RIG_OP_BLK_READ)
        ((uint8_t *)op->seg[0].buf)[op->seg[0].bytes + 5] = 1;
    return rig_dut_ringtrue.submit(self, op);
}

static void test_bytes_past_a_buffer_are_watched(void **state)
{
    struct rig_dut dut = rig_dut_ringtrue;
    const json_t *result;
    struct rig rig;

    (void)state;
    dut.submit = overrun;
    rigged_start(&rig, NULL, &dut, FAKE_MEM_DIRECT);
    rigged_ok(&rig, "{\"op\": \"open\"}");
    result = rigged_expect(&rig, READ_8, "mismatch");
    assert_string_equal(rigged_text(result, "seen"),
                        "byte 5 past segment 0 is 0x01");
    rigged_guilty(&rig, NULL);
}

/* ---- expectations ---- */

static void expectation(const char *expect, const char *result, int fits,
                        const char *words)
{
    char expected[200] = "", seen[200] = "", text[300];
    json_t *step, *r = json_of(result);

    snprintf(text, sizeof(text), "{\"op\": \"x\"%s%s}",
             expect ? ", \"expect\": " : "", expect ? expect : "");
    step = json_of(text);
    assert_int_equal(rig_op_as_expected(step, r, expected, sizeof(expected),
                                        seen, sizeof(seen)),
                     fits);
    if (!fits)
        assert_string_equal(expected, words);
    json_decref(step);
    json_decref(r);
}

static void test_expectation_is_an_outcome_or_a_code(void **state)
{
    const char *io = "{\"outcome\": \"error\", \"code\": \"RGT_E_IO\"}";
    const char *late =
        "{\"outcome\": \"timeout\", \"code\": \"RGT_E_TIMEOUT\"}";
    const char *wrong = "{\"outcome\": \"mismatch\", \"expected\": \"a\","
                        " \"seen\": \"b\"}";

    (void)state;
    expectation(NULL, "{\"outcome\": \"ok\"}", 1, "");
    expectation(NULL, io, 0, "x: ok");
    expectation("\"error\"", io, 1, "");
    expectation("\"RGT_E_IO\"", io, 1, "");
    expectation("\"RGT_E_PROTO\"", io, 0, "x: RGT_E_PROTO");
    expectation("\"any\"", io, 1, "");
    expectation("\"any\"", late, 0, "x: any");
    expectation("\"any\"", wrong, 0, "x: a");
    expectation("\"timeout\"", late, 1, "");
    expectation("[\"ok\", \"RGT_E_IO\"]", io, 1, "");
    expectation("[\"ok\", \"refused\", \"timeout\"]", io, 0,
                "x: ok or refused or timeout");
}

/* A device that lies about data, as far as the step says how. */
static void test_mismatch_is_expected_of_data_only(void **state)
{
    const char *data = "{\"outcome\": \"mismatch\", \"expected\": \"a\","
                       " \"seen\": \"b\", \"differs\": {\"first\": 12,"
                       " \"bytes\": 1, \"bits\": 2}}";
    const char *other = "{\"outcome\": \"mismatch\", \"expected\": \"a\","
                        " \"seen\": \"b\"}";

    (void)state;
    expectation("\"mismatch\"", data, 1, "");
    expectation("[\"ok\", \"mismatch\"]", data, 1, "");
    expectation("\"any\"", data, 0, "x: a");
    expectation(NULL, data, 0, "x: a");
    expectation("\"mismatch\"", other, 0, "x: a");
    expectation("\"mismatch\"", "{\"outcome\": \"ok\"}", 0, "x: mismatch");
    expectation("\"mismatch\", \"differs\": {\"bits\": 2, \"first\": 12}", data,
                1, "");
    expectation("\"mismatch\", \"differs\": {\"bits\": 1}", data, 0, "x: a");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disk_keeps_what_was_written),
        cmocka_unit_test(test_id_is_compared_and_returned),
        cmocka_unit_test(test_driver_tells_what_it_learned),
        cmocka_unit_test(test_features_can_be_left_out),
        cmocka_unit_test(test_mismatch_says_where_and_what),
        cmocka_unit_test(test_what_the_driver_refuses_reaches_nobody),
        cmocka_unit_test(test_device_error_is_an_error),
        cmocka_unit_test(test_bench_says_what_it_cannot_do),
        cmocka_unit_test(test_open_that_fails_leaves_no_subject),
        cmocka_unit_test(test_driver_is_innocent_when_the_reset_never_comes),
        cmocka_unit_test(
            test_stuck_request_times_out_and_comes_back_by_recover),
        cmocka_unit_test(test_close_gives_up_what_is_pending),
        cmocka_unit_test(test_rig_closes_what_is_left_open),
        cmocka_unit_test(test_dead_device_is_an_error_until_recover),
        cmocka_unit_test(test_idle_takes_as_long_as_it_says),
        cmocka_unit_test(test_batch_larger_than_the_queue_runs_through),
        cmocka_unit_test(test_more_requests_than_may_be_in_flight_run_through),
        cmocka_unit_test(test_request_of_a_batch_has_its_own_expectation),
        cmocka_unit_test(test_each_request_of_a_batch_tells_its_end),
        cmocka_unit_test(test_made_up_token_is_a_complaint),
        cmocka_unit_test(test_more_completions_than_room_is_a_complaint),
        cmocka_unit_test(test_what_a_subject_has_not_is_skipped),
        cmocka_unit_test(test_subject_that_only_polls_is_served),
        cmocka_unit_test(test_bytes_past_a_buffer_are_watched),
        cmocka_unit_test(test_expectation_is_an_outcome_or_a_code),
        cmocka_unit_test(test_mismatch_is_expected_of_data_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
