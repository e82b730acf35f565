/* SPDX-License-Identifier: MIT
 *
 * test_generate.c: what a seed becomes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device_rules.h"
#include "fakedev/fault.h"
#include "file.h"
#include "generate.h"
#include "laws.h"
#include "schema.h"

#define SEEDS 3000u

static const struct rig_menu all = {
    .faults = "all", .blk = true, .snd = true, .split = true, .packed = true};

static json_t *whole(const struct rig_menu *menu, uint64_t seed)
{
    struct rig_trial trial;
    json_t *json;

    assert_int_equal(rig_generate(menu, seed, &trial), 0);
    json = rig_trial_to_json(&trial);
    rig_trial_free(&trial);
    return json;
}

static void test_the_same_seed_is_the_same_trial(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        json_t *a = whole(&all, seed), *b = whole(&all, seed);
        json_t *c = whole(&all, seed + 1);

        assert_true(json_equal(a, b));
        assert_false(json_equal(a, c));
        json_decref(a);
        json_decref(b);
        json_decref(c);
    }
}

static json_t *schema(void)
{
    char err[256];
    char *text =
        rig_file_read(RINGTRUE_SOURCE_VECTORS "/schema.json", err, sizeof(err));
    json_t *root;

    assert_non_null(text);
    root = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(root);
    return root;
}

/* As a capsule it can be read again. */
static void
test_each_trial_keeps_the_schema_and_the_rules_of_devices(void **state)
{
    json_t *root = schema();
    const json_t *capsule =
        json_object_get(json_object_get(root, "$defs"), "capsule");
    const json_t *trial_schema =
        json_object_get(json_object_get(capsule, "properties"), "trial");

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        json_t *trial = whole(&all, seed);
        struct rig_schema_error error;

        if (rig_schema_check(root, trial_schema, trial, &error))
            fail_msg("seed %u: %s: %s", (unsigned)seed, error.pointer,
                     error.expected);
        if (rig_device_check(json_object_get(trial, "device"), &error))
            fail_msg("seed %u: %s: %s", (unsigned)seed, error.pointer,
                     error.expected);
        json_decref(trial);
    }
    json_decref(root);
}

static void test_each_fault_can_be_drawn(void **state)
{
    bool drawn[FAKE_FAULT_COUNT] = {false};

    (void)state;
    for (uint64_t seed = 0; seed < 20000; seed++) {
        json_t *trial = whole(&all, seed), *fault;
        json_t *device = json_object_get(trial, "device");
        size_t k;

        json_array_foreach(json_object_get(device, "faults"), k, fault)
        {
            int number = fake_fault_find(
                json_string_value(json_object_get(fault, "fault")));

            assert_true(number >= 0);
            drawn[number] = true;
        }
        json_decref(trial);
    }
    for (int k = 0; k < FAKE_FAULT_COUNT; k++)
        if (!drawn[k])
            fail_msg("%s", fake_fault_name((enum fake_fault)k));
}

static bool has_feature(const json_t *trial, const char *name)
{
    const json_t *device = json_object_get(trial, "device"), *one;
    size_t k;

    json_array_foreach(json_object_get(device, "features"), k, one)
    {
        if (json_is_string(one) && strcmp(json_string_value(one), name) == 0)
            return true;
    }
    return false;
}

static void test_the_menu_is_kept_to(void **state)
{
    const struct rig_menu split = {
        .faults = "none", .blk = true, .split = true};
    const struct rig_menu packed = {
        .faults = "irq-*,used-twice", .snd = true, .packed = true};

    (void)state;
    assert_false(rig_menu_has(&split, FAKE_FAULT_IRQ_LOST));
    assert_true(rig_menu_has(&packed, FAKE_FAULT_IRQ_LOST));
    assert_true(rig_menu_has(&packed, FAKE_FAULT_USED_TWICE));
    assert_false(rig_menu_has(&packed, FAKE_FAULT_NEEDS_RESET));
    for (uint64_t seed = 0; seed < 300; seed++) {
        json_t *a = whole(&split, seed), *b = whole(&packed, seed);
        json_t *device = json_object_get(b, "device"), *fault;
        size_t k;

        assert_false(has_feature(a, "RING_PACKED"));
        assert_null(json_object_get(json_object_get(a, "device"), "faults"));
        assert_true(has_feature(b, "RING_PACKED"));
        assert_string_equal(json_string_value(json_object_get(device, "type")),
                            "snd");
        json_array_foreach(json_object_get(device, "faults"), k, fault)
        {
            const char *name =
                json_string_value(json_object_get(fault, "fault"));

            assert_true(strncmp(name, "irq-", 4) == 0 ||
                        strcmp(name, "used-twice") == 0);
        }
        json_decref(a);
        json_decref(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_seed_is_the_same_trial),
        cmocka_unit_test(
            test_each_trial_keeps_the_schema_and_the_rules_of_devices),
        cmocka_unit_test(test_each_fault_can_be_drawn),
        cmocka_unit_test(test_the_menu_is_kept_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
