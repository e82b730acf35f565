/* SPDX-License-Identifier: MIT
 *
 * test_fault_plan.c: entries of a fault plan as text and as JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fault_plan.h"
#include "request_names.h"
#include "ringtrue/wire.h"

/* What the text means, as JSON. */
static void expect(const char *text, uint32_t device, const char *json)
{
    struct fake_fault_rule rule, again;
    json_t *got, *second, *want = json_loads(json, 0, NULL);
    char err[256] = "";

    if (rig_fault_from_text(text, &rule, err, sizeof(err)))
        fail_msg("%s: %s", text, err);
    got = rig_fault_to_json(&rule, device);
    if (!json_equal(got, want))
        fail_msg("%s: expected %s, got %s", text, json,
                 json_dumps(got, JSON_COMPACT));
    again = rig_fault_from_json(got);
    second = rig_fault_to_json(&again, device);
    assert_true(json_equal(got, second));
    json_decref(second);
    json_decref(got);
    json_decref(want);
}

static void test_text_says_what_json_says(void **state)
{
    (void)state;
    expect("irq-lost", VIRTIO_ID_BLOCK, "{\"fault\": \"irq-lost\"}");
    expect("used-len-over=7", VIRTIO_ID_BLOCK,
           "{\"fault\": \"used-len-over\", \"arg\": 7}");
    expect("wrong-magic=0x10", VIRTIO_ID_BLOCK,
           "{\"fault\": \"wrong-magic\", \"arg\": 16}");
    expect("irq-lost@3", VIRTIO_ID_BLOCK,
           "{\"fault\": \"irq-lost\", \"nth\": 3, \"to\": 3}");
    expect("irq-lost@3..5", VIRTIO_ID_BLOCK,
           "{\"fault\": \"irq-lost\", \"nth\": 3, \"to\": 5}");
    expect("irq-lost@3..", VIRTIO_ID_BLOCK,
           "{\"fault\": \"irq-lost\", \"nth\": 3}");
    expect("irq-lost@/4", VIRTIO_ID_BLOCK,
           "{\"fault\": \"irq-lost\", \"every\": 4}");
    expect("irq-lost@~10", VIRTIO_ID_BLOCK,
           "{\"fault\": \"irq-lost\", \"one_in\": 10}");
    expect("irq-lost@~10:99", VIRTIO_ID_BLOCK,
           "{\"fault\": \"irq-lost\", \"one_in\": 10, \"seed\": 99}");
    expect("blk-io-error@2..,queue=1,type=write,sectors=8..15", VIRTIO_ID_BLOCK,
           "{\"fault\": \"blk-io-error\", \"nth\": 2, \"queue\": 1,"
           " \"type\": \"write\", \"sectors\": [8, 8]}");
    expect("snd-bad-message,type=set-params,stream=1,after-open",
           VIRTIO_ID_SOUND,
           "{\"fault\": \"snd-bad-message\", \"type\": \"set-params\","
           " \"stream\": 1, \"after_open\": true}");
}

static void expect_error(const char *text, const char *err)
{
    struct fake_fault_rule rule;
    char seen[256] = "";

    assert_int_equal(rig_fault_from_text(text, &rule, seen, sizeof(seen)), -1);
    assert_string_equal(seen, err);
}

static void test_wrong_text_is_named(void **state)
{
    (void)state;
#define LISTED "expected a fault ('ringtrue faults' lists them), found "
    expect_error("", LISTED "''");
    expect_error("irq-gone@3", LISTED "'irq-gone@3'");
    expect_error("wrong-magic=", "expected a number from 0 to "
                                 "9223372036854775807, found ''");
    expect_error("wrong-magic=-1", "expected a number from 0 to "
                                   "9223372036854775807, found '-1'");
    expect_error("irq-lost=3",
                 "expected no argument for this fault, found '=3'");
    expect_error("irq-lost@0", "expected a number from 1 to "
                               "9223372036854775807, found '0'");
    expect_error("irq-lost@5..3", "expected a number from 5 to "
                                  "9223372036854775807, found '3'");
    expect_error("irq-lost@~", "expected a number from 1 to "
                               "9223372036854775807, found ''");
    expect_error("irq-lost@3x", "expected @WHEN, ',' or the end, found 'x'");
    expect_error("irq-lost,", "expected queue=, type=, sectors=, stream= or "
                              "after-open, found ''");
    expect_error("irq-lost,queue=70000",
                 "expected a number from 0 to 65534, found '70000'");
    expect_error("irq-lost,type=lost", "expected the type of a request, as in "
                                       "vectors, found 'lost'");
    expect_error("irq-lost,sectors=3",
                 "expected sectors=FIRST..LAST, found ''");
    expect_error("irq-lost,sectors=3..2", "expected a number from 3 to "
                                          "9223372036854775806, found '2'");
}

static void test_every_type_of_request_has_its_name(void **state)
{
    static const int32_t blk[] = {
        VIRTIO_BLK_T_IN,           VIRTIO_BLK_T_OUT,
        VIRTIO_BLK_T_FLUSH,        VIRTIO_BLK_T_GET_ID,
        VIRTIO_BLK_T_GET_LIFETIME, VIRTIO_BLK_T_DISCARD,
        VIRTIO_BLK_T_WRITE_ZEROES, VIRTIO_BLK_T_SECURE_ERASE};

    (void)state;
    for (size_t k = 0; k < sizeof(blk) / sizeof(blk[0]); k++)
        assert_int_equal(
            rig_request_type(rig_request_name(VIRTIO_ID_BLOCK, blk[k])),
            blk[k]);
    for (int32_t code = 0; code < 0x300; code++) {
        const char *name = rig_request_name(VIRTIO_ID_SOUND, code);

        if (name)
            assert_int_equal(rig_request_type(name), code);
    }
    assert_string_equal(rig_request_name(VIRTIO_ID_SOUND, 1), "jack-info");
    assert_null(rig_request_name(VIRTIO_ID_BLOCK, 2));
    assert_int_equal(rig_request_type("no-such-type"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_says_what_json_says),
        cmocka_unit_test(test_wrong_text_is_named),
        cmocka_unit_test(test_every_type_of_request_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
