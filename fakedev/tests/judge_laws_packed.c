/* SPDX-License-Identifier: MIT
 *
 * judge_laws_packed.c: the clauses of packed rings (2.8).
 */
#include "judged.h"

#define SLOTS 8u /* of the queue that bring_up() makes */

static void packed(struct judged *j, uint64_t also)
{
    j->about.offered |= F(VIRTIO_F_RING_PACKED) | also;
    bring_up(j);
}

static void bad_at(struct judged *j, enum fake_chain_bad reason, unsigned slot,
                   uint64_t value)
{
    see(j, FAKE_EV_CHAIN_BAD, 0, 0, reason, slot, value);
}

static void chain(struct judged *j, unsigned id, unsigned count)
{
    see(j, FAKE_EV_CHAIN, 0, id, count, count - 1, 1);
}

static void changed(struct judged *j, unsigned slot, bool again)
{
    see(j, FAKE_EV_CHAIN_CHANGED, 0, 0, slot, again, 0);
}

/* ---- areas ---- */

static void queue_at(struct judged *j, unsigned desc_skew, unsigned driver_skew,
                     unsigned device_skew)
{
    j->about.offered |= F(VIRTIO_F_RING_PACKED);
    steps(j, PROBE, CONFIG);
    see(j, FAKE_EV_QUEUE_UP, 0, 7, AT(1) + desc_skew, AT(2) + driver_skew,
        AT(3) + device_skew);
}

static void breaks_c2_8_11_1(struct judged *j)
{
    queue_at(j, 8, 0, 0);
}

static void breaks_c2_8_11_1_2(struct judged *j)
{
    queue_at(j, 0, 2, 0);
}

static void breaks_c2_8_11_1_3(struct judged *j)
{
    queue_at(j, 0, 0, 2);
}

static void keeps_c2_8_11_1(struct judged *j)
{
    queue_at(j, 16, 4, 4);
}

static void breaks_prose_2_8_13_1(struct judged *j)
{
    queue_at(j, 0, 0, 0);
    see(j, FAKE_EV_QUEUE_INIT, 0, 0, 0, 0, 1);
}

static void keeps_prose_2_8_13_1(struct judged *j)
{
    queue_at(j, 0, 0, 0);
    see(j, FAKE_EV_QUEUE_INIT, 0, 1, 1, 0, 0);
}

/* ---- descriptors stay ---- */

static void breaks_c2_8_16_1(struct judged *j)
{
    packed(j, 0);
    bad_at(j, FAKE_CHAIN_BAD_LENT_TWICE, 0, 0x8000);
}

static void breaks_c2_8_16_1_2(struct judged *j)
{
    packed(j, 0);
    changed(j, 1, true);
}

static void keeps_c2_8_16_1(struct judged *j)
{
    packed(j, 0);
    request(j, VIRTIO_BLK_T_IN, 0, 0, 512);
}

static void breaks_c2_8_16_2(struct judged *j)
{
    packed(j, 0);
    changed(j, 1, false);
}

/* ---- kicks ---- */

static void kick_with(struct judged *j, uint32_t off, uint32_t wrap)
{
    see(j, FAKE_EV_REG_WRITE, 0, VIRTIO_MMIO_QUEUE_NOTIFY, 4,
        off << 16 | wrap << 31, j->avail);
}

static void data(struct judged *j)
{
    packed(j, F(VIRTIO_F_NOTIFICATION_DATA));
}

static void breaks_c2_8_16_3(struct judged *j)
{
    data(j);
    publish(j);
    kick_with(j, 0, 1); /* the one that was made available */
}

static void breaks_c2_8_16_3_2(struct judged *j)
{
    data(j);
    j->avail = SLOTS;
    kick_with(j, 0, 1);
}

static void keeps_c2_8_16_3(struct judged *j)
{
    data(j);
    publish(j);
    kick_with(j, 1, 1);
    kick_with(j, 1, 1);
    j->avail = SLOTS - 1;
    kick_with(j, SLOTS - 1, 1);
    j->avail = SLOTS;
    kick_with(j, 0, 0);
    j->avail = 2 * SLOTS + 3;
    kick_with(j, 3, 1);
}

static void split_data(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_NOTIFICATION_DATA);
    bring_up(j);
}

static void breaks_prose_2_9_1(struct judged *j)
{
    split_data(j);
    publish(j);
    kick_with(j, 0, 0);
}

static void keeps_prose_2_9_1(struct judged *j)
{
    split_data(j);
    publish(j);
    kick_with(j, 1, 0);
    j->avail = 0x8001;
    kick_with(j, 1, 1);
}

static void suppress(struct judged *j)
{
    see(j, FAKE_EV_SUPPRESSING, 0, j->avail, 0, 0, 0);
    see(j, FAKE_EV_SUPPRESSED, 0, j->avail, 0, 0, 0);
}

static void arm(struct judged *j, bool always)
{
    see(j, FAKE_EV_ARMING, 0, j->avail, 0, 0, 0);
    see(j, FAKE_EV_ARMED, 0, j->avail, j->avail, always, 0);
}

static void breaks_prose_2_8_10_1(struct judged *j)
{
    packed(j, 0);
    publish(j);
    idle(j);
}

static void keeps_prose_2_8_10_1(struct judged *j)
{
    packed(j, 0);
    publish(j);
    kick(j);
    idle(j);
}

static void breaks_prose_2_8_10_1_2(struct judged *j)
{
    packed(j, 0);
    publish(j);
    kick(j);
    publish(j); /* ENABLE: at each */
    idle(j);
}

static void breaks_prose_2_8_10_1_3(struct judged *j)
{
    packed(j, 0);
    suppress(j);
    arm(j, false);
    publish(j);
    publish(j);
    idle(j);
}

static void keeps_prose_2_8_10_1_3(struct judged *j)
{
    packed(j, 0);
    suppress(j);
    arm(j, false);
    publish(j);
    kick(j);
    publish(j); /* DESC: that one was passed */
    idle(j);
    suppress(j);
    publish(j);
    idle(j);
}

/* Places are counted, they do not come round. */
static void far_on(struct judged *j, bool kicks)
{
    packed(j, 0);
    publish(j);
    publish(j);
    kick(j);
    see(j, FAKE_EV_ARMED, 0, 65530, 65530, false, 0);
    if (kicks)
        see(j, FAKE_EV_REG_WRITE, 0, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0, 65538);
    see(j, FAKE_EV_IDLE, 0, 65538, 0, 0, 0);
}

static void breaks_prose_2_8_10_1_4(struct judged *j)
{
    far_on(j, false);
}

static void keeps_prose_2_8_10_1_4(struct judged *j)
{
    far_on(j, true);
}

static void breaks_prose_2_8_10_2(struct judged *j)
{
    packed(j, 0);
    suppress(j);
    submit(j, OP_READ);
    publish(j);
    kick(j);
}

static void keeps_prose_2_8_10_2(struct judged *j)
{
    packed(j, 0);
    submit(j, OP_READ);
    suppress(j);
    publish(j);
    kick(j);
}

static void breaks_prose_2_8_10_3(struct judged *j)
{
    packed(j, 0);
    see(j, FAKE_EV_DRIVER_EVENT, 0, 4, 0, 0, 0);
}

static void breaks_prose_2_8_10_3_2(struct judged *j)
{
    packed(j, 0);
    see(j, FAKE_EV_DRIVER_EVENT, 0, RING_EVENT_FLAGS_DESC, SLOTS, 0, 0);
}

static void breaks_prose_2_8_10_3_3(struct judged *j)
{
    j->leave = F(VIRTIO_F_EVENT_IDX);
    packed(j, 0);
    see(j, FAKE_EV_DRIVER_EVENT, 0, RING_EVENT_FLAGS_DESC, 0, 0, 0);
}

static void keeps_prose_2_8_10_3(struct judged *j)
{
    packed(j, 0);
    see(j, FAKE_EV_DRIVER_EVENT, 0, RING_EVENT_FLAGS_DESC, SLOTS - 1, 1, 0);
    see(j, FAKE_EV_DRIVER_EVENT, 0, RING_EVENT_FLAGS_DISABLE, 0x7fff, 1, 0);
    see(j, FAKE_EV_DRIVER_EVENT, 0, RING_EVENT_FLAGS_ENABLE, 0x7fff, 0, 0);
}

/* ---- lists ---- */

static void breaks_c2_8_17_1(struct judged *j)
{
    j->about.seg_max = 2;
    packed(j, 0);
    chain(j, 0, 5);
}

static void keeps_c2_8_17_1(struct judged *j)
{
    j->about.seg_max = 2;
    packed(j, 0);
    chain(j, 0, 4);
}

static void breaks_c2_8_17_2(struct judged *j)
{
    packed(j, 0);
    for (unsigned k = 0; k < SLOTS; k++)
        desc(j, k, AT(11), 1, NEXT, 0);
    bad_at(j, FAKE_CHAIN_BAD_TOO_LONG, 0, SLOTS);
}

static void keeps_c2_8_17_2(struct judged *j)
{
    packed(j, 0);
    for (unsigned k = 0; k < SLOTS; k++)
        desc(j, k, AT(11), 1, k < SLOTS - 1 ? NEXT : 0, 0);
    see(j, FAKE_EV_CHAIN, 0, 0, SLOTS, SLOTS, 0);
}

static void breaks_c2_8_17_3(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(12), 1, WRITE | NEXT, 0);
    desc(j, 1, AT(10), 16, 0, 0);
    bad_at(j, FAKE_CHAIN_BAD_ORDER, 1, 0);
    chain(j, 0, 2);
}

static void keeps_c2_8_17_3(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(12), 1, WRITE, 0);
    chain(j, 0, 1);
    desc(j, 1, AT(13), 32, WRITE | INDIRECT, 1);
    desc_in_table(j, 0, AT(10), 16, 0, 0);
    desc_in_table(j, 1, AT(12), 1, WRITE, 0);
    chain(j, 1, 2);
}

/* An INDIRECT in a table means nothing, so this is a piece like any other. */
static void breaks_c2_8_17_3_2(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(13), 32, INDIRECT, 1);
    desc_in_table(j, 0, AT(12), 1, WRITE, 0);
    desc_in_table(j, 1, AT(10), 16, INDIRECT, 0);
    chain(j, 1, 2);
}

static void breaks_c2_8_17_4(struct judged *j)
{
    packed(j, 0);
    desc(j, 7, AT(10), 16, NEXT, 0);
    bad_at(j, FAKE_CHAIN_BAD_NO_ROOM, 0, 0);
}

static void keeps_c2_8_17_4(struct judged *j)
{
    packed(j, 0);
    desc(j, 6, AT(10), 16, NEXT, 0);
    desc(j, 7, AT(12), 1, WRITE, 0);
    chain(j, 0, 2);
}

static void breaks_c2_8_17_5(struct judged *j)
{
    packed(j, 0);
    desc(j, 7, AT(10), 16, NEXT, 0);
    bad_at(j, FAKE_CHAIN_BAD_NO_ROOM, 0, 1);
}

static void breaks_c2_8_17_6(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(10), 16, NEXT, 0);
    bad_at(j, FAKE_CHAIN_BAD_NOT_AVAILABLE, 1, WRITE);
}

/* ---- tables ---- */

static void breaks_c2_8_19_1(struct judged *j)
{
    j->leave = F(VIRTIO_F_INDIRECT_DESC);
    packed(j, 0);
    desc(j, 0, AT(13), 32, INDIRECT, 0);
    bad_at(j, FAKE_CHAIN_BAD_NOT_NEGOTIATED, 0, INDIRECT);
}

static void keeps_c2_8_19_1(struct judged *j)
{
    j->leave = F(VIRTIO_F_INDIRECT_DESC);
    packed(j, 0);
    request(j, VIRTIO_BLK_T_IN, 0, 0, 512);
}

static void breaks_c2_8_19_2(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(13), 32, INDIRECT, 0);
    desc_in_table(j, 0, AT(10), 16, NEXT, 0);
    desc_in_table(j, 1, AT(12), 1, WRITE, 0);
    chain(j, 0, 2);
}

static void breaks_c2_8_19_2_2(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(13), 16, INDIRECT, 0);
    desc_in_table(j, 0, AT(10), 16, VIRTQ_DESC_F_AVAIL, 0);
    chain(j, 0, 1);
}

static void keeps_c2_8_19_2(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(13), 32, INDIRECT | WRITE | VIRTQ_DESC_F_AVAIL, 0);
    desc_in_table(j, 0, AT(10), 16, 0, 7);
    desc_in_table(j, 1, AT(12), 1, WRITE, 9);
    chain(j, 0, 2);
}

static void breaks_c2_8_19_3(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(13), 16 * (SLOTS + 1), INDIRECT, 0);
    for (unsigned k = 0; k < SLOTS; k++)
        desc_in_table(j, k, AT(11), 1, 0, 0);
    bad_at(j, FAKE_CHAIN_BAD_TOO_LONG, SLOTS, SLOTS);
}

static void keeps_c2_8_19_3(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(13), 16 * SLOTS, INDIRECT, 0);
    for (unsigned k = 0; k < SLOTS; k++)
        desc_in_table(j, k, AT(11), 1, 0, 0);
    chain(j, 0, SLOTS);
}

static void few_segments(struct judged *j, unsigned entries)
{
    j->about.seg_max = 2;
    packed(j, 0);
    desc(j, 0, AT(13), 16 * entries, INDIRECT, 0);
    for (unsigned k = 0; k < entries; k++)
        desc_in_table(j, k, AT(11), 1, 0, 0);
    chain(j, 0, entries);
}

static void breaks_c2_8_19_3_2(struct judged *j)
{
    few_segments(j, 5);
}

static void keeps_c2_8_19_3_2(struct judged *j)
{
    few_segments(j, 4);
}

static void breaks_c2_8_19_4(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(13), 32, INDIRECT | NEXT, 0);
    bad_at(j, FAKE_CHAIN_BAD_TABLE_AND_NEXT, 0, INDIRECT | NEXT);
}

static void breaks_c2_8_19_4_2(struct judged *j)
{
    packed(j, 0);
    desc(j, 0, AT(10), 16, NEXT, 0);
    desc(j, 1, AT(13), 32, INDIRECT, 0);
    bad_at(j, FAKE_CHAIN_BAD_TABLE_IN_LIST, 1, INDIRECT);
}

static void lend_and_take(struct judged *j, unsigned id, bool used)
{
    packed(j, 0);
    desc(j, 0, AT(20), 16, 0, id);
    see(j, FAKE_EV_CHAIN, 0, id, 1, 16, 0);
    if (used)
        see(j, FAKE_EV_USED, 0, id, 0, 1, 1);
    see(j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, AT(20), 16, 0, 1);
}

static void breaks_any_id(struct judged *j)
{
    lend_and_take(j, 65535, false);
}

static void keeps_any_id(struct judged *j)
{
    lend_and_take(j, 65535, true);
}

static void breaks_prose_2_8_21_1_1(struct judged *j)
{
    packed(j, 0);
    bad_at(j, FAKE_CHAIN_BAD_ID_LENT, 1, 0);
    chain(j, 0, 1);
}

static void keeps_prose_2_8_21_1_1(struct judged *j)
{
    packed(j, 0);
    chain(j, 65535, 1);
    chain(j, 65534, 1);
}

static void breaks_prose_2_8_21_1_2(struct judged *j)
{
    j->about.ledger = true;
    packed(j, 0);
    chain(j, 0, 1);
    see(j, FAKE_EV_TRESPASS, 0, AT(10), 4, FAKE_TRESPASS_WROTE_WRITABLE,
        j->number - 1);
}

static void keeps_prose_2_8_21_1_2(struct judged *j)
{
    j->about.ledger = true;
    packed(j, 0);
    chain(j, 0, 1);
    give_back(j, 0, 513);
    see(j, FAKE_EV_TRESPASS, 0, AT(10), 4, FAKE_TRESPASS_DEVICE_WROTE_GIVEN,
        j->number - 1);
}

const struct law laws_packed[] = {
    {"prose-2.8.21.1-2",
     "lent_memory_is_left_alone",
     breaks_prose_2_8_21_1_2,
     keeps_prose_2_8_21_1_2,
     {NULL}},
    {"drv-2.8.11-1",
     "descriptor_ring_is_aligned_to_16",
     breaks_c2_8_11_1,
     keeps_c2_8_11_1,
     {NULL}},
    {"drv-2.8.11-1",
     "driver_event_suppression_is_aligned_to_4",
     breaks_c2_8_11_1_2,
     keeps_c2_8_11_1,
     {NULL}},
    {"drv-2.8.11-1",
     "device_event_suppression_is_aligned_to_4",
     breaks_c2_8_11_1_3,
     keeps_c2_8_11_1,
     {NULL}},
    {"prose-2.8.13-1",
     "a_packed_ring_is_zero_at_first",
     breaks_prose_2_8_13_1,
     keeps_prose_2_8_13_1,
     {NULL}},
    {"drv-2.8.16-1",
     "a_full_ring_is_not_run_over",
     breaks_c2_8_16_1,
     keeps_c2_8_16_1,
     {"drv-3.3.1-1"}},
    {"drv-2.8.16-1",
     "a_slot_is_not_made_available_again_before_it_is_used",
     breaks_c2_8_16_1_2,
     keeps_c2_8_16_1,
     {"drv-3.3.1-1"}},
    {"drv-2.8.16-2",
     "a_slot_is_left_alone_once_it_is_available",
     breaks_c2_8_16_2,
     keeps_c2_8_16_1,
     {"drv-3.3.1-1"}},
    {"drv-2.8.16-3",
     "a_kick_names_the_next_slot",
     breaks_c2_8_16_3,
     keeps_c2_8_16_3,
     {NULL}},
    {"drv-2.8.16-3",
     "a_kick_names_the_wrap_counter_of_the_next_slot",
     breaks_c2_8_16_3_2,
     keeps_c2_8_16_3,
     {NULL}},
    {"prose-2.9-1",
     "a_kick_of_a_split_ring_names_avail_idx",
     breaks_prose_2_9_1,
     keeps_prose_2_9_1,
     {NULL}},
    {"prose-2.8.10-1",
     "a_kick_comes_from_a_fresh_packed_ring",
     breaks_prose_2_8_10_1,
     keeps_prose_2_8_10_1,
     {NULL}},
    {"prose-2.8.10-1",
     "each_slot_needs_its_kick_while_the_device_says_ENABLE",
     breaks_prose_2_8_10_1_2,
     keeps_prose_2_8_10_1,
     {NULL}},
    {"prose-2.8.10-1",
     "a_kick_comes_at_the_slot_that_the_device_names",
     breaks_prose_2_8_10_1_3,
     keeps_prose_2_8_10_1_3,
     {NULL}},
    {"prose-2.8.10-1",
     "places_do_not_come_round",
     breaks_prose_2_8_10_1_4,
     keeps_prose_2_8_10_1_4,
     {NULL}},
    {"prose-2.8.10-2",
     "no_kick_while_the_device_says_DISABLE",
     breaks_prose_2_8_10_2,
     keeps_prose_2_8_10_2,
     {NULL}},
    {"prose-2.8.10-3",
     "reserved_event_flags_are_0",
     breaks_prose_2_8_10_3,
     keeps_prose_2_8_10_3,
     {NULL}},
    {"prose-2.8.10-3",
     "desc_event_off_is_a_slot_of_the_ring",
     breaks_prose_2_8_10_3_2,
     keeps_prose_2_8_10_3,
     {NULL}},
    {"prose-2.8.10-3",
     "DESC_is_for_event_idx",
     breaks_prose_2_8_10_3_3,
     keeps_prose_2_8_10_3,
     {NULL}},
    {"drv-2.8.17-1",
     "a_list_is_as_short_as_the_device_wants_it",
     breaks_c2_8_17_1,
     keeps_c2_8_17_1,
     {NULL}},
    {"drv-2.8.17-2",
     "a_list_is_no_longer_than_the_ring",
     breaks_c2_8_17_2,
     keeps_c2_8_17_2,
     {NULL}},
    {"drv-2.8.17-3",
     "readable_descriptors_come_first_in_a_list",
     breaks_c2_8_17_3,
     keeps_c2_8_17_3,
     {NULL}},
    {"drv-2.8.17-3",
     "readable_entries_come_first_in_a_packed_table",
     breaks_c2_8_17_3_2,
     keeps_c2_8_17_3,
     {"drv-2.8.19-2"}},
    {"drv-2.8.17-4",
     "no_list_waits_for_its_rest",
     breaks_c2_8_17_4,
     keeps_c2_8_17_4,
     {"drv-2.8.17-5"}},
    {"drv-2.8.17-5",
     "a_list_has_room_before_it_begins",
     breaks_c2_8_17_5,
     keeps_c2_8_17_4,
     {NULL}},
    {"drv-2.8.17-6",
     "the_first_of_a_list_comes_last",
     breaks_c2_8_17_6,
     keeps_c2_8_17_4,
     {NULL}},
    {"drv-2.8.19-1",
     "indirect_is_negotiated_for_a_packed_ring_too",
     breaks_c2_8_19_1,
     keeps_c2_8_19_1,
     {NULL}},
    {"drv-2.8.19-2",
     "entries_of_a_packed_table_are_not_linked",
     breaks_c2_8_19_2,
     keeps_c2_8_19_2,
     {NULL}},
    {"drv-2.8.19-2",
     "entries_of_a_packed_table_are_not_available",
     breaks_c2_8_19_2_2,
     keeps_c2_8_19_2,
     {NULL}},
    {"drv-2.8.19-3",
     "a_table_is_no_longer_than_the_queue",
     breaks_c2_8_19_3,
     keeps_c2_8_19_3,
     {NULL}},
    {"drv-2.8.19-3",
     "a_table_is_as_short_as_the_device_wants_it",
     breaks_c2_8_19_3_2,
     keeps_c2_8_19_3_2,
     {NULL}},
    {"drv-2.8.19-4",
     "a_table_has_nothing_behind_it",
     breaks_c2_8_19_4,
     keeps_c2_8_19_3,
     {NULL}},
    {"drv-2.8.19-4",
     "a_table_has_nothing_before_it",
     breaks_c2_8_19_4_2,
     keeps_c2_8_19_3,
     {NULL}},
    {"drv-3.3.1-2",
     "buffers_of_any_id_are_the_devices",
     breaks_any_id,
     keeps_any_id,
     {NULL}},
    {"prose-2.8.21.1-1",
     "a_buffer_id_is_free",
     breaks_prose_2_8_21_1_1,
     keeps_prose_2_8_21_1_1,
     {NULL}},
};
const size_t laws_packed_count = COUNT_OF(laws_packed);
