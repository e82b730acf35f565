/* SPDX-License-Identifier: MIT
 *
 * test_device_rules.c: devices that cannot be are named, and no others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "device_rules.h"

static json_t *json_of(const char *text)
{
    json_error_t err;
    json_t *j = json_loads(text, 0, &err);

    if (!j)
        fail_msg("%s: %s", text, err.text);
    return j;
}

static void test_devices_that_can_be_are_let_through(void **state)
{
    static const char *const fine[] = {
        "{}",
        "{\"type\": \"snd\"}",
        "{\"features\": [\"VERSION_1\", \"MQ\"], \"num_queues\": 64}",
        "{\"features\": [12], \"num_queues\": 1}",
        "{\"features\": [\"FLUSH\", \"CONFIG_WCE\"], \"writeback\": 0}",
        "{\"features\": [\"VERSION_1\"], \"seg_max\": 0, \"size_max\": 0}",
        "{\"features\": [\"LIFETIME\"],"
        " \"lifetime\": {\"pre_eol_info\": 3, \"typ_a\": 11, \"typ_b\": 0}}",
        "{\"features\": [\"DISCARD\"], \"max_discard_seg\": 1,"
        " \"max_discard_sectors\": 4294967295, \"discard\": \"keep\"}",
        "{\"features\": [\"BLK_SIZE\"], \"blk_size\": 4096}",
        "{\"cache\": \"volatile\", \"faults\": [{\"fault\": \"power-cut\"}]}",
        "{\"features\": [\"IN_ORDER\", \"RING_RESET\"],"
        " \"faults\": [{\"fault\": \"queue-reset-slow\"}]}",
        "{\"type\": \"snd\", \"features\": [\"RING_PACKED\"],"
        " \"faults\": [{\"fault\": \"used-wrap-wrong\"}]}",
    };
    struct rig_schema_error err;

    (void)state;
    assert_int_equal(rig_device_check(NULL, &err), 0);
    for (size_t k = 0; k < sizeof(fine) / sizeof(fine[0]); k++) {
        json_t *device = json_of(fine[k]);

        if (rig_device_check(device, &err))
            fail_msg("%s: %s: %s", fine[k], err.pointer, err.expected);
        json_decref(device);
    }
}

static const struct wrong {
    const char *device, *pointer, *text;
} wrong[] = {
    {"{\"faults\": [{\"fault\": \"used-twice\"},"
     " {\"fault\": \"queue-reset-slow\"}]}",
     "/faults/1/fault", "RING_RESET among the features"},
    {"{\"faults\": [{\"fault\": \"used-out-of-order\"}]}", "/faults/0/fault",
     "IN_ORDER among the features"},
    {"{\"faults\": [{\"fault\": \"queue-reset-never\"}]}", "/faults/0/fault",
     "RING_RESET among the features"},
    {"{\"features\": [\"VERSION_1\"],"
     " \"faults\": [{\"fault\": \"used-wrap-wrong\"}]}",
     "/faults/0/fault", "RING_PACKED among the features"},
    {"{\"type\": \"snd\", \"features\": [\"IN_ORDER\"]}", "/features",
     "among those of a sound device"},
    {"{\"features\": [\"MQ\"], \"num_queues\": 0}", "/num_queues", "1 to 64"},
    {"{\"features\": [\"MQ\"], \"num_queues\": 65}", "/num_queues", "65"},
    {"{\"num_queues\": 2}", "/num_queues", "MQ among the features"},
    {"{\"features\": [\"CONFIG_WCE\"]}", "/features", "FLUSH"},
    {"{\"features\": [\"CONFIG_WCE\", \"FLUSH\"], \"writeback\": 2}",
     "/writeback", "0 to 1"},
    {"{\"features\": [\"SEG_MAX\"], \"seg_max\": 0}", "/seg_max", "1 or more"},
    {"{\"features\": [\"SIZE_MAX\"], \"size_max\": 0}", "/size_max", "1 or"},
    {"{\"features\": [\"BLK_SIZE\"], \"blk_size\": 100}", "/blk_size", "100"},
    {"{\"features\": [\"BLK_SIZE\"], \"blk_size\": 0}", "/blk_size", "found 0"},
    {"{\"features\": [\"DISCARD\"], \"max_discard_seg\": 0}",
     "/max_discard_seg", "1 or more"},
    {"{\"features\": [\"DISCARD\"], \"max_discard_sectors\": 0}",
     "/max_discard_sectors", "1 or more"},
    {"{\"features\": [\"WRITE_ZEROES\"], \"max_write_zeroes_seg\": 0}",
     "/max_write_zeroes_seg", "1 or more"},
    {"{\"features\": [\"SECURE_ERASE\"], \"max_secure_erase_sectors\": 0}",
     "/max_secure_erase_sectors", "1 or more"},
    {"{\"max_discard_seg\": 4}", "/max_discard_seg", "DISCARD among"},
    {"{\"discard\": \"zero\"}", "/discard", "DISCARD among"},
    {"{\"lifetime\": {}}", "/lifetime", "LIFETIME among"},
    {"{\"features\": [\"LIFETIME\"], \"lifetime\": {\"typ_a\": 12}}",
     "/lifetime/typ_a", "0 to 11"},
    {"{\"features\": [\"LIFETIME\"], \"lifetime\": {\"pre_eol_info\": 4}}",
     "/lifetime/pre_eol_info", "0 to 3"},
    {"{\"geometry\": {}}", "/geometry", "GEOMETRY"},
    {"{\"topology\": {}}", "/topology", "TOPOLOGY"},
    {"{\"faults\": [{\"fault\": \"irq-lost\"}, {\"fault\": \"power-cut\"}]}",
     "/faults/1/fault", "volatile"},
};

static void test_devices_that_cannot_be_are_named(void **state)
{
    struct rig_schema_error err;

    (void)state;
    for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
        json_t *device = json_of(wrong[k].device);

        if (!rig_device_check(device, &err))
            fail_msg("%s is let through", wrong[k].device);
        assert_string_equal(err.pointer, wrong[k].pointer);
        if (!strstr(err.expected, wrong[k].text))
            fail_msg("%s: %s", wrong[k].device, err.expected);
        json_decref(device);
    }
}

/* Values may be nonsense; a member without its feature says nothing at all. */
static void test_nonsense_has_to_be_asked_for(void **state)
{
    struct rig_schema_error err;

    (void)state;
    for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
        json_t *device = json_of(wrong[k].device);
        int refused;

        json_object_set_new(device, "nonsense", json_true());
        refused = rig_device_check(device, &err);
        assert_int_equal(refused != 0,
                         strstr(wrong[k].text, "among") ||
                             strstr(wrong[k].text, "volatile") ||
                             strcmp(wrong[k].text, "GEOMETRY") == 0 ||
                             strcmp(wrong[k].text, "TOPOLOGY") == 0);
        json_decref(device);
    }
}

static void expect_device(const char *text, const char *pointer)
{
    struct rig_schema_error err;
    json_t *device = json_of(text);
    int refused = rig_device_check(device, &err);

    assert_int_equal(refused != 0, pointer != NULL);
    if (pointer)
        assert_string_equal(err.pointer, pointer);
    json_decref(device);
}

static void test_faults_are_those_of_the_device(void **state)
{
    (void)state;
    expect_device("{\"faults\": [{\"fault\": \"blk-stuck\"}]}", NULL);
    expect_device("{\"faults\": [{\"fault\": \"blk-stick\"}]}",
                  "/faults/0/fault");
    expect_device("{\"faults\": [{\"fault\": \"irq-lost\"},"
                  " {\"fault\": \"snd-xrun\"}]}",
                  "/faults/1/fault");
    expect_device("{\"type\": \"snd\","
                  " \"faults\": [{\"fault\": \"snd-xrun\"}]}",
                  NULL);
    expect_device("{\"type\": \"snd\","
                  " \"faults\": [{\"fault\": \"snd-xran\"}]}",
                  "/faults/0/fault");
    expect_device("{\"type\": \"snd\","
                  " \"faults\": [{\"fault\": \"blk-stuck\"}]}",
                  "/faults/0/fault");
}

static void expect_vector(const char *text, const char *pointer)
{
    struct rig_schema_error err;
    json_t *vector = json_of(text);
    int refused = rig_vector_check_rules(vector, &err);

    assert_int_equal(refused != 0, pointer != NULL);
    if (pointer)
        assert_string_equal(err.pointer, pointer);
    json_decref(vector);
}

static void test_steps_ask_for_nothing_that_is_not_there(void **state)
{
    (void)state;
    expect_vector("{\"steps\": [{\"op\": \"open\"}, {\"op\": \"power_cut\"}]}",
                  "/steps/1/op");
    expect_vector("{\"steps\": [], \"liar\": [{\"op\": \"power_cut\"}]}",
                  "/liar/0/op");
    expect_vector("{\"device\": {\"features\": [\"RING_RESET\"]}, \"steps\":"
                  " [{\"op\": \"open\", \"needs\": [\"RING_RESET\","
                  " \"IN_ORDER\"]}]}",
                  "/steps/0/needs");
    expect_vector("{\"device\": {\"features\": [\"IN_ORDER\", \"FLUSH\"]},"
                  " \"steps\": [{\"op\": \"open\","
                  " \"needs\": [\"IN_ORDER\"]}]}",
                  NULL);
    expect_vector("{\"device\": {\"num_queues\": 3}, \"steps\": []}",
                  "/device/num_queues");
    expect_vector("{\"device\": {\"cache\": \"volatile\"},"
                  " \"steps\": [{\"op\": \"power_cut\"}]}",
                  NULL);
}

static void test_wrong_data_are_expected_of_a_device_that_lies(void **state)
{
    static const char read[] =
        "{\"op\": \"blk.read\", \"expect\": \"mismatch\"}";
    static const char maybe[] =
        "{\"op\": \"blk.read\", \"expect\": [\"ok\", \"mismatch\"]}";
    char text[400];

    (void)state;
    snprintf(text, sizeof(text), "{\"steps\": [{\"op\": \"open\"}, %s]}", read);
    expect_vector(text, "/steps/1/expect");
    snprintf(text, sizeof(text), "{\"steps\": [%s]}", maybe);
    expect_vector(text, "/steps/0/expect");
    snprintf(text, sizeof(text),
             "{\"steps\": [{\"op\": \"blk.batch\", \"requests\": [%s]}]}",
             read);
    expect_vector(text, "/steps/0/expect");
    snprintf(text, sizeof(text),
             "{\"steps\": [{\"op\": \"when_open\", \"do\": [%s]}]}", read);
    expect_vector(text, "/steps/0/expect");
    snprintf(text, sizeof(text),
             "{\"device\": {\"faults\": [{\"fault\": \"blk-torn-write\"}]},"
             " \"steps\": [%s]}",
             read);
    expect_vector(text, "/steps/0/expect");
    snprintf(text, sizeof(text),
             "{\"device\": {\"faults\": [{\"fault\": \"blk-lost-write\"}]},"
             " \"steps\": [%s]}",
             read);
    expect_vector(text, NULL);
    snprintf(text, sizeof(text),
             "{\"steps\": [{\"op\": \"fault.add\", \"fault\":"
             " {\"fault\": \"blk-bit-rot\"}}, %s]}",
             read);
    expect_vector(text, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices_that_can_be_are_let_through),
        cmocka_unit_test(test_devices_that_cannot_be_are_named),
        cmocka_unit_test(test_nonsense_has_to_be_asked_for),
        cmocka_unit_test(test_steps_ask_for_nothing_that_is_not_there),
        cmocka_unit_test(test_faults_are_those_of_the_device),
        cmocka_unit_test(test_wrong_data_are_expected_of_a_device_that_lies),
    };

    return cmocka_run_group_tests_name("device rules", tests, NULL, NULL);
}
