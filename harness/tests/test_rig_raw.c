/* SPDX-License-Identifier: MIT
 *
 * test_rig_raw.c: the raw driver by itself does everything right; told to do
 * one thing wrong, it does that and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rigged.h"
#include "ringtrue/wire.h"

static void begin(struct rig *rig, const char *device)
{
    rigged_start(rig, device, NULL, FAKE_MEM_DIRECT);
}

static const char *const devices[] = {
    NULL,
    "{\"features\": [\"VERSION_1\", \"FLUSH\"]}",
    "{\"features\": [\"VERSION_1\", \"EVENT_IDX\", \"FLUSH\"],"
    " \"latency_us\": 30}",
    "{\"faults\": [{\"fault\": \"kick-suppressed\"}]}",
    "{\"faults\": [{\"fault\": \"irq-spurious\"}]}",
    "{\"faults\": [{\"fault\": \"event-garbage\"}]}",
    "{\"faults\": [{\"fault\": \"reset-slow\", \"arg\": 5}]}",
    "{\"features\": [\"VERSION_1\", \"IN_ORDER\", \"FLUSH\"]}",
    "{\"features\": [\"VERSION_1\", \"NOTIFICATION_DATA\", \"FLUSH\"]}",
    "{\"features\": [\"VERSION_1\", \"RING_PACKED\", \"FLUSH\"]}",
    "{\"features\": [\"VERSION_1\", \"RING_PACKED\", \"EVENT_IDX\","
    " \"FLUSH\"], \"latency_us\": 30}",
    "{\"features\": [\"VERSION_1\", \"RING_PACKED\", \"EVENT_IDX\","
    " \"NOTIFICATION_DATA\", \"RING_RESET\", \"IN_ORDER\", \"FLUSH\"]}",
    "{\"features\": [\"VERSION_1\", \"RING_PACKED\", \"EVENT_IDX\","
    " \"FLUSH\"], \"faults\": [{\"fault\": \"event-garbage\"}]}",
    "{\"features\": [\"VERSION_1\", \"RING_PACKED\", \"FLUSH\"],"
    " \"faults\": [{\"fault\": \"event-garbage\"}]}",
    "{\"features\": [\"VERSION_1\", \"RING_PACKED\", \"FLUSH\"],"
    " \"faults\": [{\"fault\": \"kick-suppressed\"}]}",
};

#define DEVICES (sizeof(devices) / sizeof(devices[0]))

static void test_raw_driver_is_innocent_unless_told_otherwise(void **state)
{
    struct rig rig;

    (void)state;
    for (unsigned d = 0; d < DEVICES; d++) {
        begin(&rig, devices[d]);
        rigged_ok(&rig, "{\"op\": \"raw.init\"}");
        for (unsigned k = 0; k < 10; k++) {
            rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"OUT\","
                            " \"sector\": 8}");
            rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"IN\","
                            " \"sector\": 8, \"bytes\": 1024}");
            rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"FLUSH\","
                            " \"bytes\": 0}");
            rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"GET_ID\","
                            " \"bytes\": 20}");
        }
        rigged_ok(&rig, "{\"op\": \"raw.init\", \"from\": \"reset\"}");
        rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"IN\"}");
        rigged_guilty(&rig, NULL);
    }
}

static void test_request_carries_its_data(void **state)
{
    struct rig_raw_memory *data, *status;
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\"}");
    data = rig_raw_area(rig.raw, RIG_RAW_DATA);
    status = rig_raw_area(rig.raw, RIG_RAW_STATUS);
    memset(data->cpu, 0x3c, 512);
    status->cpu[0] = 0xff;
    rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"OUT\","
                    " \"sector\": 2047}");
    assert_int_equal(status->cpu[0], 0);
    memset(data->cpu, 0, 512);
    rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"IN\","
                    " \"sector\": 1, \"from_end\": true}");
    for (unsigned k = 0; k < 512; k++)
        assert_int_equal(data->cpu[k], 0x3c);
    rigged_guilty(&rig, NULL);
}

static void test_headers_come_round_in_a_long_ring(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, "{\"queue_size\": 1024}");
    rigged_ok(&rig, "{\"op\": \"raw.ring\", \"queue_size\": 1024}");
    rigged_ok(&rig, "{\"op\": \"raw.init\"}");
    for (unsigned k = 0; k < 400; k++) /* three descriptors each */
        rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"IN\"}");
    rigged_guilty(&rig, NULL);
}

static void test_stages_can_be_left_out(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\", \"skip\": [\"acknowledge\"]}");
    assert_int_equal(rig.raw->status, 2 | 4 | 8);
    rigged_guilty(&rig, "drv-3.1.1-2");

    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\", \"until\": \"features\"}");
    rigged_ok(&rig, "{\"op\": \"raw.init\", \"from\": \"features_ok\"}");
    rigged_guilty(&rig, NULL);
}

static void test_features_can_be_added_and_left_out(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\", \"without\": [\"FLUSH\"]}");
    assert_true(rig.machine->regs.accepted ==
                (rig.raw->offered & ~(UINT64_C(1) << VIRTIO_BLK_F_FLUSH)));
    rigged_guilty(&rig, NULL);

    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\", \"until\": \"features_ok\","
                    " \"also\": [\"RO\"]}");
    rigged_ok(&rig, "{\"op\": \"raw.read\", \"reg\": \"Status\"}");
    rigged_ok(&rig, "{\"op\": \"raw.write\", \"reg\": \"Status\", \"value\":"
                    " [\"ACKNOWLEDGE\", \"DRIVER\", \"FAILED\"]}");
    rigged_guilty(&rig, "drv-2.2.1-1");
}

static void test_registers_are_read_and_written_by_name_and_width(void **state)
{
    const json_t *result;
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    result = rigged_expect(
        &rig, "{\"op\": \"raw.read\", \"reg\": \"MagicValue\"}", "ok");
    assert_int_equal(json_integer_value(json_object_get(result, "value")),
                     VIRTIO_MMIO_MAGIC);
    result = rigged_expect(&rig, "{\"op\": \"raw.read\", \"reg\": 4}", "ok");
    assert_int_equal(json_integer_value(json_object_get(result, "value")), 2);
    rigged_ok(&rig, "{\"op\": \"raw.init\", \"from\": \"reset\"}");
    result = rigged_expect(
        &rig, "{\"op\": \"raw.read\", \"reg\": \"Status\", \"width\": 2}",
        "ok");
    assert_int_equal(json_integer_value(json_object_get(result, "value")), 0);
    rig_stop(&rig);
    assert_true(fake_judge_applied(rig.machine->judge, "drv-4.2.2.2-4") > 0);
    rig_free(&rig);
}

static void test_descriptors_are_as_spelt_out(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\"}");
    rigged_ok(&rig, "{\"op\": \"raw.header\", \"index\": 3, \"type\": \"IN\","
                    " \"sector\": 5}");
    rigged_ok(&rig, "{\"op\": \"raw.desc\", \"in_table\": true, \"index\": 0,"
                    " \"at\": \"header\", \"offset\": 48, \"len\": 16,"
                    " \"flags\": [\"NEXT\"], \"next\": 2}");
    rigged_ok(&rig, "{\"op\": \"raw.desc\", \"in_table\": true, \"index\": 2,"
                    " \"at\": \"data\", \"len\": 512,"
                    " \"flags\": [\"WRITE\", \"NEXT\"], \"next\": 1}");
    rigged_ok(&rig, "{\"op\": \"raw.desc\", \"in_table\": true, \"index\": 1,"
                    " \"at\": \"status\", \"len\": 1, \"flags\": 2}");
    rigged_ok(&rig, "{\"op\": \"raw.desc\", \"index\": 6, \"at\": \"table\","
                    " \"len\": 48, \"flags\": [\"INDIRECT\"]}");
    rigged_ok(&rig, "{\"op\": \"raw.avail\", \"heads\": [6]}");
    rigged_ok(&rig, "{\"op\": \"raw.notify\"}");
    rigged_ok(&rig, "{\"op\": \"raw.wait\"}");
    assert_int_equal(rig.raw->used_idx, 1);
    rigged_guilty(&rig, NULL);
}

static void test_wait_that_is_in_vain_times_out(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\"}");
    rigged_expect(&rig, "{\"op\": \"raw.wait\", \"us\": 50}", "timeout");
    rigged_expect(&rig, "{\"op\": \"raw.irq\", \"us\": 50, \"do\": []}",
                  "timeout");
    rigged_guilty(&rig, NULL);
}

/* Even if the time to wait is over before it begins. */
static void test_missing_kick_is_found(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\"}");
    rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"IN\","
                    " \"kick\": \"never\", \"wait_us\": 0}");
    rigged_expect(&rig, "{\"op\": \"raw.wait\", \"us\": 0}", "timeout");
    rigged_guilty(&rig, "drv-2.7.10.1-6");
}

static void ring_off_by(const char *which, unsigned skew)
{
    struct rig rig;
    char text[120];

    begin(&rig, NULL);
    snprintf(text, sizeof(text), "{\"op\": \"raw.ring\", \"%s\": %u}", which,
             skew);
    rigged_ok(&rig, text);
    rigged_ok(&rig, "{\"op\": \"raw.init\"}");
    rigged_op(&rig, "{\"op\": \"raw.request\", \"type\": \"IN\","
                    " \"wait_us\": 100}");
    rigged_guilty(&rig, "drv-2.7.1-1");
}

static void test_rings_off_their_alignment_are_found_and_survived(void **state)
{
    (void)state;
    ring_off_by("desc_skew", 8);
    ring_off_by("desc_skew", 1);
    ring_off_by("avail_skew", 1);
    ring_off_by("avail_skew", 3);
    ring_off_by("used_skew", 1);
    ring_off_by("used_skew", 2);
}

static void test_foreign_memory_is_found_and_survived(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\"}");
    rigged_ok(&rig, "{\"op\": \"raw.desc\", \"index\": 0, \"at\": \"foreign\","
                    " \"len\": 16}");
    rigged_ok(&rig, "{\"op\": \"raw.avail\", \"heads\": [0]}");
    rigged_ok(&rig, "{\"op\": \"raw.notify\"}");
    rigged_op(&rig, "{\"op\": \"raw.wait\", \"us\": 100}");
    rigged_guilty(&rig, "drv-6.1-5");
}

static void test_interrupt_handler_can_be_spelt_out(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\"}");
    rigged_ok(&rig, "{\"op\": \"raw.request\", \"type\": \"IN\","
                    " \"wait_us\": 0}");
    rigged_ok(&rig, "{\"op\": \"raw.irq\", \"do\": ["
                    "{\"op\": \"raw.read\", \"reg\": \"InterruptStatus\"}]}");
    rigged_guilty(&rig, "drv-4.2.3.4.1-3");
}

static void test_what_it_tells_its_caller_is_judged(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig, NULL);
    rigged_ok(&rig, "{\"op\": \"raw.init\"}");
    rigged_ok(&rig, "{\"op\": \"raw.opened\"}");
    rigged_ok(&rig, "{\"op\": \"raw.submit\", \"token\": 4, \"flush\": true}");
    rigged_ok(&rig, "{\"op\": \"raw.done\", \"token\": 4}");
    rigged_guilty(&rig, "drv-5.2.5.1-1");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raw_driver_is_innocent_unless_told_otherwise),
        cmocka_unit_test(test_request_carries_its_data),
        cmocka_unit_test(test_headers_come_round_in_a_long_ring),
        cmocka_unit_test(test_stages_can_be_left_out),
        cmocka_unit_test(test_features_can_be_added_and_left_out),
        cmocka_unit_test(test_registers_are_read_and_written_by_name_and_width),
        cmocka_unit_test(test_descriptors_are_as_spelt_out),
        cmocka_unit_test(test_wait_that_is_in_vain_times_out),
        cmocka_unit_test(test_missing_kick_is_found),
        cmocka_unit_test(test_rings_off_their_alignment_are_found_and_survived),
        cmocka_unit_test(test_foreign_memory_is_found_and_survived),
        cmocka_unit_test(test_interrupt_handler_can_be_spelt_out),
        cmocka_unit_test(test_what_it_tells_its_caller_is_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
