/* SPDX-License-Identifier: MIT
 *
 * judge_laws_notify.c: kicks that are due, and kicks that nobody wanted.
 */
#include "judged.h"

static void flags_only(struct judged *j)
{
    j->leave = F(VIRTIO_F_EVENT_IDX);
    bring_up(j);
}

static void suppress(struct judged *j)
{
    see(j, FAKE_EV_SUPPRESSING, 0, j->avail, 0, 0, 0);
    see(j, FAKE_EV_SUPPRESSED, 0, j->avail, (uint16_t)(j->avail - 1), 0, 0);
}

static void arm(struct judged *j)
{
    see(j, FAKE_EV_ARMING, 0, j->avail, 0, 0, 0);
    see(j, FAKE_EV_ARMED, 0, j->avail, j->avail, 0, 0);
}

/* Armed for the next entry, which is number idx. */
static void near_the_end(struct judged *j, uint16_t idx)
{
    bring_up(j);
    publish(j);
    kick(j);
    suppress(j);
    j->avail = idx;
    arm(j);
}

static void breaks_c2_7_10_1_4(struct judged *j)
{
    flags_only(j);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_4(struct judged *j)
{
    flags_only(j);
    publish(j);
    kick(j);
    idle(j);
}

static void breaks_c2_7_10_1_4_2(struct judged *j)
{
    flags_only(j);
    publish(j);
    kick(j);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_4_2(struct judged *j)
{
    flags_only(j);
    publish(j);
    publish(j);
    kick(j);
    idle(j);
}

static void breaks_c2_7_10_1_4_3(struct judged *j)
{
    flags_only(j);
    suppress(j);
    arm(j);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_4_3(struct judged *j)
{
    flags_only(j);
    suppress(j);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_4_4(struct judged *j)
{
    flags_only(j);
    /* The driver saw used flags 1 before SUPPRESSED was logged ... */
    publish(j);
    see(j, FAKE_EV_SUPPRESSING, 0, 0, 0, 0, 0);
    idle(j);
    see(j, FAKE_EV_SUPPRESSED, 0, 0, 0, 0, 0);
    idle(j);
    /* ... and the device sees the entry, after it asked for a kick. */
    see(j, FAKE_EV_ARMING, 0, 0, 0, 0, 0);
    idle(j);
    see(j, FAKE_EV_SUPPRESSED, 0, 0, 0, 0, 0);
    idle(j);
}

static void breaks_c2_7_10_1_2(struct judged *j)
{
    flags_only(j);
    fault(j, FAKE_FAULT_EVENT_GARBAGE, 0);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_2(struct judged *j)
{
    flags_only(j);
    fault(j, FAKE_FAULT_EVENT_GARBAGE, 0);
    publish(j);
    kick(j);
    idle(j);
}

static void breaks_c2_7_10_1_6(struct judged *j)
{
    bring_up(j);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_6(struct judged *j)
{
    bring_up(j);
    publish(j);
    kick(j);
    /* avail_event stays 0: the next entries pass nothing. */
    publish(j);
    publish(j);
    idle(j);
}

static void breaks_c2_7_10_1_6_2(struct judged *j)
{
    near_the_end(j, 65534);
    publish(j);
    publish(j);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_6_2(struct judged *j)
{
    near_the_end(j, 65534);
    publish(j);
    kick(j);
    publish(j);
    publish(j);
    idle(j);
}

static void breaks_c2_7_10_1_6_4(struct judged *j)
{
    near_the_end(j, 65535);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_6_4(struct judged *j)
{
    near_the_end(j, 65535);
    publish(j);
    kick(j);
    idle(j);
    publish(j);
    idle(j);
}

static void breaks_c2_7_10_1_6_3(struct judged *j)
{
    bring_up(j);
    publish(j);
    kick(j);
    suppress(j);
    j->avail = (uint16_t)(j->avail + 65535);
    arm(j);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_6_3(struct judged *j)
{
    bring_up(j);
    publish(j);
    kick(j);
    suppress(j);
    j->avail = (uint16_t)(j->avail + 40000);
    arm(j);
    idle(j);
}

static void breaks_c2_7_10_1_5(struct judged *j)
{
    bring_up(j);
    fault(j, FAKE_FAULT_EVENT_GARBAGE, 0);
    publish(j);
    idle(j);
}

static void keeps_c2_7_10_1_5(struct judged *j)
{
    bring_up(j);
    fault(j, FAKE_FAULT_EVENT_GARBAGE, 0);
    publish(j);
    kick(j);
    idle(j);
}

static void breaks_c2_7_10_1_3(struct judged *j)
{
    flags_only(j);
    suppress(j);
    submit(j, OP_READ);
    publish(j);
    kick(j);
}

static void keeps_c2_7_10_1_3(struct judged *j)
{
    flags_only(j);
    /* Used flags were still 0 when this was decided. */
    submit(j, OP_READ);
    publish(j);
    suppress(j);
    kick(j);
}

static void keeps_c2_7_10_1_3_2(struct judged *j)
{
    flags_only(j);
    suppress(j);
    submit(j, OP_READ);
    see(j, FAKE_EV_ARMING, 0, 0, 0, 0, 0);
    publish(j);
    kick(j);
    see(j, FAKE_EV_ARMED, 0, 0, 0, 0, 0);
    see(j, FAKE_EV_SUPPRESSING, 0, 0, 0, 0, 0);
    submit(j, OP_READ);
    publish(j);
    kick(j);
}

static void breaks_c2_7_10_1_7(struct judged *j)
{
    bring_up(j);
    suppress(j);
    submit(j, OP_READ);
    publish(j);
    kick(j);
}

static void keeps_c2_7_10_1_7(struct judged *j)
{
    bring_up(j);
    suppress(j);
    submit(j, OP_READ);
    arm(j);
    publish(j);
    kick(j);
}

const struct law laws_notify[] = {
    {"drv-2.7.10.1-4",
     "a_kick_comes_while_used_flags_are_0",
     breaks_c2_7_10_1_4,
     keeps_c2_7_10_1_4,
     {NULL}},
    {"drv-2.7.10.1-4",
     "each_entry_needs_its_kick_while_used_flags_are_0",
     breaks_c2_7_10_1_4_2,
     keeps_c2_7_10_1_4_2,
     {NULL}},
    {"drv-2.7.10.1-4",
     "no_kick_is_due_while_the_device_looks_by_itself",
     breaks_c2_7_10_1_4_3,
     keeps_c2_7_10_1_4_3,
     {NULL}},
    {"drv-2.7.10.1-4",
     "no_kick_is_due_while_the_device_makes_up_its_mind",
     breaks_c2_7_10_1_4_3,
     keeps_c2_7_10_1_4_4,
     {NULL}},
    {"drv-2.7.10.1-2",
     "avail_event_means_nothing_without_event_idx",
     breaks_c2_7_10_1_2,
     keeps_c2_7_10_1_2,
     {NULL}},
    {"drv-2.7.10.1-6",
     "a_kick_comes_when_avail_event_is_passed",
     breaks_c2_7_10_1_6,
     keeps_c2_7_10_1_6,
     {NULL}},
    {"drv-2.7.10.1-6",
     "a_kick_comes_when_avail_event_is_passed_across_65536",
     breaks_c2_7_10_1_6_2,
     keeps_c2_7_10_1_6_2,
     {NULL}},
    {"drv-2.7.10.1-6",
     "a_kick_comes_when_avail_event_is_65535",
     breaks_c2_7_10_1_6_4,
     keeps_c2_7_10_1_6_4,
     {NULL}},
    {"drv-2.7.10.1-6",
     "a_kick_from_65536_entries_ago_covers_nothing",
     breaks_c2_7_10_1_6_3,
     keeps_c2_7_10_1_6_3,
     {NULL}},
    {"drv-2.7.10.1-5",
     "used_flags_mean_nothing_with_event_idx",
     breaks_c2_7_10_1_5,
     keeps_c2_7_10_1_5,
     {NULL}},
    {"drv-2.7.10.1-3",
     "no_kick_while_used_flags_are_1",
     breaks_c2_7_10_1_3,
     keeps_c2_7_10_1_3,
     {NULL}},
    {"drv-2.7.10.1-3",
     "a_kick_is_welcome_while_the_device_makes_up_its_mind",
     breaks_c2_7_10_1_3,
     keeps_c2_7_10_1_3_2,
     {NULL}},
    {"drv-2.7.10.1-7",
     "no_kick_for_entries_before_avail_event",
     breaks_c2_7_10_1_7,
     keeps_c2_7_10_1_7,
     {NULL}},
};
const size_t laws_notify_count = COUNT_OF(laws_notify);
