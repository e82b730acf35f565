/* SPDX-License-Identifier: MIT
 *
 * test_combined.c: what a combination makes of a machine, and whether a
 * driver took part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "combined.h"
#include "ringtrue/wire.h"

#define BIT(n) (UINT64_C(1) << (n))

static char why[160];

static struct rig_combo combo_of(const char *text)
{
    struct rig_combo combo;
    char err[256];

    if (rig_combo_parse(&combo, text, err, sizeof(err)))
        fail_msg("%s: %s", text, err);
    return combo;
}

/* A device that offers FLUSH, INDIRECT_DESC and IN_ORDER, with `text`. */
static struct fake_machine_config machine(const char *text, bool sound)
{
    const uint64_t features = BIT(VIRTIO_BLK_F_FLUSH) |
                              BIT(VIRTIO_F_INDIRECT_DESC) |
                              BIT(VIRTIO_F_IN_ORDER);
    struct fake_machine_config cfg = {
        .device_id = sound ? VIRTIO_ID_SOUND : VIRTIO_ID_BLOCK,
        .queue_size_max = 64,
    };
    struct rig_combo combo = combo_of(text);

    cfg.blk.features = cfg.snd.features = features;
    rig_combo_apply(&cfg, &combo);
    return cfg;
}

static void test_what_is_named_is_offered_or_taken_back(void **state)
{
    struct fake_machine_config cfg;

    (void)state;
    cfg = machine("ring=packed,indirect=off,event_idx=on,size=7", false);
    assert_int_equal(cfg.blk.features,
                     BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_F_RING_PACKED) |
                         BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_IN_ORDER));
    assert_int_equal(cfg.queue_size_max, 7);
    cfg = machine("ring=split,indirect=on,in_order=off", true);
    assert_int_equal(cfg.snd.features,
                     BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_F_INDIRECT_DESC));
    assert_int_equal(cfg.queue_size_max, 64);
}

/* A driver that accepts features and sets up one queue for each number of
 * entries, up to a 0; then says DRIVER_OK if it has any. */
static struct rig_settled settle(uint64_t features, const uint32_t *entries)
{
    static struct fake_regs regs;
    struct rig_settled s = {.agreed = false};

    memset(&regs, 0, sizeof(regs));
    rig_settled_note(&s, &regs, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_DRIVER);
    regs.accepted = features;
    rig_settled_note(&s, &regs, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_FEATURES_OK);
    for (unsigned k = 0; entries[k]; k++) {
        regs.queue[k].num = entries[k];
        regs.queue[k].ready = 1;
    }
    rig_settled_note(&s, &regs, VIRTIO_MMIO_QUEUE_NUM, VIRTIO_STATUS_DRIVER_OK);
    assert_false(s.live);
    if (*entries)
        rig_settled_note(&s, &regs, VIRTIO_MMIO_STATUS,
                         VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK);
    /* A driver that gives up in the end has settled all the same. */
    regs.accepted = 0;
    rig_settled_note(&s, &regs, VIRTIO_MMIO_STATUS, 0);
    return s;
}

static bool otherwise(uint64_t features, const uint32_t *entries,
                      const char *text)
{
    struct rig_settled s = settle(features, entries);
    struct rig_combo combo = combo_of(text);

    *why = '\0';
    return rig_settled_otherwise(&s, &combo, why, sizeof(why));
}

static void expect_declined(uint64_t features, const char *text,
                            const char *reason)
{
    assert_true(otherwise(features, (uint32_t[]){64, 0}, text));
    assert_string_equal(why, reason);
}

static void test_feature_that_is_not_accepted_is_told(void **state)
{
    (void)state;
    expect_declined(0, "ring=packed", "subject does not accept RING_PACKED");
    expect_declined(BIT(VIRTIO_F_RING_PACKED), "indirect=on",
                    "subject does not accept INDIRECT_DESC");
    expect_declined(0, "event_idx=on", "subject does not accept EVENT_IDX");
    expect_declined(0, "in_order=on", "subject does not accept IN_ORDER");
    expect_declined(0, "size=7", "subject does not accept RING_PACKED");
    /* Also by a driver that fails afterwards. */
    assert_true(otherwise(0, (uint32_t[]){0}, "ring=packed"));
}

static void test_driver_that_takes_part_has_not_declined(void **state)
{
    const uint64_t all = BIT(VIRTIO_F_RING_PACKED) |
                         BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX) |
                         BIT(VIRTIO_F_IN_ORDER);

    (void)state;
    assert_false(otherwise(all, (uint32_t[]){16, 64, 8, 0},
                           "ring=packed,indirect=on,event_idx=on,in_order=on,"
                           "size=64,sched=step"));
    assert_false(otherwise(0, (uint32_t[]){1, 0},
                           "ring=split,indirect=off,event_idx=off,"
                           "in_order=off,size=1"));
}

static void test_other_queue_size_is_told(void **state)
{
    (void)state;
    expect_declined(0, "size=256",
                    "subject makes queues of 64 entries, not of the size "
                    "named");
    expect_declined(BIT(VIRTIO_F_RING_PACKED), "size=63",
                    "subject makes queues of 64 entries, not of the size "
                    "named");
}

/* A vector may want the driver to fail before it settles on anything. */
static void test_driver_that_never_got_there_has_not_declined(void **state)
{
    struct rig_combo combo = combo_of("ring=packed,size=7");
    struct rig_settled s = {.agreed = false};

    (void)state;
    assert_false(rig_settled_otherwise(&s, &combo, why, sizeof(why)));
    assert_false(otherwise(BIT(VIRTIO_F_RING_PACKED), (uint32_t[]){0},
                           "ring=packed,size=7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_named_is_offered_or_taken_back),
        cmocka_unit_test(test_feature_that_is_not_accepted_is_told),
        cmocka_unit_test(test_driver_that_takes_part_has_not_declined),
        cmocka_unit_test(test_other_queue_size_is_told),
        cmocka_unit_test(test_driver_that_never_got_there_has_not_declined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
