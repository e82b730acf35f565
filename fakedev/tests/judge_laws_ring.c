/* SPDX-License-Identifier: MIT
 *
 * judge_laws_ring.c: what a driver writes into a split virtqueue.
 */
#include "judged.h"

static void bad(struct judged *j, enum fake_chain_bad reason)
{
    see(j, FAKE_EV_CHAIN_BAD, 0, 0, reason, 0, 0);
}

/* The status byte lies past used len. */
static void short_used(struct judged *j, int code)
{
    uint64_t token = submit(j, OP_READ);

    publish(j);
    kick(j);
    take(j, 0, VIRTIO_BLK_T_IN, 0, 0, 512);
    give_back(j, 0, 512);
    done(j, token, code);
}

static void breaks_c2_7_1_1(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    see(j, FAKE_EV_QUEUE_UP, 0, 8, AT(1) + 8, AT(2), AT(3));
}

static void keeps_c2_7_1_1(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    see(j, FAKE_EV_QUEUE_UP, 0, 8, AT(1) + 16, AT(2) + 2, AT(3) + 4);
}

static void breaks_c2_7_1_1_2(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    see(j, FAKE_EV_QUEUE_UP, 0, 8, AT(1), AT(2) + 1, AT(3));
    see(j, FAKE_EV_MEM_FAULT, 0, AT(2) + 1, 22, FAKE_TO_DEVICE, FAKE_MEM_ALIGN);
}

static void keeps_c2_7_1_1_2(struct judged *j)
{
    bring_up(j);
}

static void breaks_c2_7_1_1_3(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    see(j, FAKE_EV_QUEUE_UP, 0, 8, AT(1), AT(2), AT(3) + 2);
}

static void breaks_c2_7_4_2_1(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(12), 1, WRITE | NEXT, 1);
    desc(j, 1, AT(10), 16, 0, 0);
    bad(j, FAKE_CHAIN_BAD_ORDER);
    see(j, FAKE_EV_CHAIN, 0, 0, 2, 16, 1);
}

static void keeps_c2_7_4_2_1(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(12), 1, WRITE, 0);
    see(j, FAKE_EV_CHAIN, 0, 0, 1, 0, 1);
    /* The next chain starts anew, and WRITE means nothing with INDIRECT. */
    desc(j, 1, AT(13), 32, WRITE | INDIRECT, 0);
    desc_in_table(j, 0, AT(10), 16, NEXT, 1);
    desc_in_table(j, 1, AT(12), 1, WRITE, 0);
    see(j, FAKE_EV_CHAIN, 0, 1, 2, 16, 1);
}

static void breaks_c2_7_4_2_1_2(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(13), 32, INDIRECT, 0);
    desc_in_table(j, 0, AT(12), 1, WRITE | NEXT, 1);
    desc_in_table(j, 1, AT(10), 16, 0, 0);
}

static void keeps_c2_7_4_2_1_2(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_IN, 0, 0, 512);
}

static void breaks_c2_7_4_2_2(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_CHAIN, 0, 0, 40, 100, 100);
}

static void keeps_c2_7_4_2_2(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_CHAIN, 0, 0, 40, 16, 40 * 64);
    see(j, FAKE_EV_CHAIN, 0, 1, 31, 31, 1);
}

static void breaks_c2_7_5_2_1(struct judged *j)
{
    bring_up(j);
    for (unsigned k = 0; k < 8; k++)
        desc(j, k % 2, AT(11), 1, NEXT, 1 - k % 2);
    bad(j, FAKE_CHAIN_BAD_TOO_LONG);
}

static void keeps_c2_7_5_2_1(struct judged *j)
{
    bring_up(j);
    for (unsigned k = 0; k < 8; k++)
        desc(j, k, AT(11), 1, k < 7 ? NEXT : 0, k + 1);
    see(j, FAKE_EV_CHAIN, 0, 0, 8, 8, 0);
}

static void breaks_c2_7_5_2_1_2(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(11), 0x80000000u, NEXT, 1);
    desc(j, 1, AT(12), 0x80000000u, NEXT, 2);
    desc(j, 2, AT(13), 1, 0, 0);
    see(j, FAKE_EV_CHAIN, 0, 0, 3, UINT64_C(0x100000001), 0);
}

static void keeps_c2_7_5_2_1_2(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(11), 0x80000000u, NEXT, 1);
    desc(j, 1, AT(12), 0x80000000u, 0, 0);
    see(j, FAKE_EV_CHAIN, 0, 0, 2, UINT64_C(0x100000000), 0);
}

static void breaks_c2_7_5_3_1_1(struct judged *j)
{
    j->leave = F(VIRTIO_F_INDIRECT_DESC);
    bring_up(j);
    desc(j, 0, AT(13), 32, INDIRECT, 0);
}

static void keeps_c2_7_5_3_1_1(struct judged *j)
{
    j->leave = F(VIRTIO_F_INDIRECT_DESC);
    bring_up(j);
    request(j, VIRTIO_BLK_T_IN, 0, 0, 512);
}

static void breaks_c2_7_5_3_1_2(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(13), 32, INDIRECT, 0);
    desc_in_table(j, 0, AT(14), 32, INDIRECT, 0);
    bad(j, FAKE_CHAIN_BAD_TABLE_NESTED);
}

static void keeps_c2_7_5_3_1_2(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(13), 32, INDIRECT, 0);
    desc_in_table(j, 0, AT(10), 16, 0, 0);
    see(j, FAKE_EV_CHAIN, 0, 0, 1, 16, 0);
}

static void breaks_c2_7_5_3_1_3(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(13), 9 * 16, INDIRECT, 0);
    for (unsigned k = 0; k < 8; k++)
        desc_in_table(j, k, AT(11), 1, NEXT, k + 1);
    bad(j, FAKE_CHAIN_BAD_TOO_LONG);
}

static void keeps_c2_7_5_3_1_3(struct judged *j)
{
    bring_up(j);
    /* The table is longer, the chain in it is not. */
    desc(j, 0, AT(13), 9 * 16, INDIRECT, 0);
    for (unsigned k = 0; k < 8; k++)
        desc_in_table(j, k, AT(11), 1, k < 7 ? NEXT : 0, k + 1);
    see(j, FAKE_EV_CHAIN, 0, 0, 8, 8, 0);
}

static void breaks_c2_7_5_3_1_4(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(13), 32, INDIRECT | NEXT, 1);
}

static void keeps_c2_7_5_3_1_4(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(10), 16, NEXT, 1);
    desc(j, 1, AT(13), 32, INDIRECT, 0);
    desc_in_table(j, 0, AT(11), 16, NEXT, 1);
    desc_in_table(j, 1, AT(12), 1, WRITE, 0);
    see(j, FAKE_EV_CHAIN, 0, 0, 3, 32, 1);
}

static void breaks_c2_7_6_1_1(struct judged *j)
{
    bring_up(j);
    bad(j, FAKE_CHAIN_BAD_IDX_JUMP);
}

static void keeps_c2_7_6_1_1(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_AVAIL, 0, 65535, 0, 0, 0);
}

static void breaks_c2_7_7_1_1(struct judged *j)
{
    j->leave = F(VIRTIO_F_EVENT_IDX);
    bring_up(j);
    see(j, FAKE_EV_AVAIL, 0, 0, 1, 2, 0);
}

static void keeps_c2_7_7_1_1(struct judged *j)
{
    j->leave = F(VIRTIO_F_EVENT_IDX);
    bring_up(j);
    see(j, FAKE_EV_AVAIL, 0, 0, 1, 1, 0xffff);
}

static void breaks_c2_7_7_1_3(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_AVAIL, 0, 0, 1, 1, 0);
}

static void keeps_c2_7_7_1_3(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_AVAIL, 0, 0, 1, 0, 0xffff);
}

static void breaks_c2_7_7_1_5(struct judged *j)
{
    uint64_t token;

    bring_up(j);
    token = submit(j, OP_READ);
    done(j, token, RGT_E_IO);
    done(j, token, RGT_E_IO);
}

static void keeps_c2_7_7_1_5(struct judged *j)
{
    uint64_t token;

    bring_up(j);
    token = submit(j, OP_READ);
    submit(j, OP_WRITE);
    done(j, token + 1, RGT_E_IO);
    done(j, token, RGT_E_IO);
}

static void breaks_c2_7_7_1_5_2(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_SUBMIT, FAKE_NO_QUEUE, 7, OP_READ, 0, 0);
    see(j, FAKE_EV_SUBMITTED, FAKE_NO_QUEUE, 7, (uint32_t)RGT_E_AGAIN, 0, 0);
    done(j, 7, RGT_E_IO);
}

static void keeps_c2_7_7_1_5_2(struct judged *j)
{
    bring_up(j);
    /* Tokens come round in the judge's memory. */
    j->token = 65536;
    done(j, submit(j, OP_READ), RGT_E_IO);
    j->token = 0;
    done(j, submit(j, OP_READ), RGT_E_IO);
}

static void breaks_c2_7_8_3_1(struct judged *j)
{
    bring_up(j);
    short_used(j, 0);
}

static void keeps_c2_7_8_3_1(struct judged *j)
{
    bring_up(j);
    short_used(j, RGT_E_IO);
}

/* A queue that was reset rests on no used entry. */
static void breaks_c2_7_8_3_1_2(struct judged *j)
{
    bring_up(j);
    done(j, submit(j, OP_QUEUE_RESET), 0);
    short_used(j, 0);
}

static void keeps_c2_7_8_3_1_2(struct judged *j)
{
    bring_up(j);
    short_used(j, RGT_E_IO);
    done(j, submit(j, OP_QUEUE_RESET), 0);
}

static void breaks_c2_7_10_1_1(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    see(j, FAKE_EV_QUEUE_INIT, 0, 0, 1, 0, 0);
}

static void keeps_c2_7_10_1_1(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    see(j, FAKE_EV_QUEUE_INIT, 0, 1, 0, 0, 0);
}

const struct law laws_ring[] = {
    {"drv-2.7.1-1",
     "descriptor_table_is_aligned_to_16",
     breaks_c2_7_1_1,
     keeps_c2_7_1_1,
     {NULL}},
    {"drv-2.7.1-1",
     "available_ring_is_aligned_to_2",
     breaks_c2_7_1_1_2,
     keeps_c2_7_1_1_2,
     {NULL}},
    {"drv-2.7.1-1",
     "used_ring_is_aligned_to_4",
     breaks_c2_7_1_1_3,
     keeps_c2_7_1_1_2,
     {NULL}},
    {"drv-2.7.4.2-1",
     "readable_descriptors_come_first",
     breaks_c2_7_4_2_1,
     keeps_c2_7_4_2_1,
     {NULL}},
    {"drv-2.7.4.2-1",
     "readable_descriptors_come_first_in_a_table_too",
     breaks_c2_7_4_2_1_2,
     keeps_c2_7_4_2_1_2,
     {NULL}},
    {"drv-2.7.4.2-2",
     "a_buffer_is_not_cut_into_crumbs",
     breaks_c2_7_4_2_2,
     keeps_c2_7_4_2_2,
     {NULL}},
    {"drv-2.7.5.2-1",
     "a_chain_has_no_loop",
     breaks_c2_7_5_2_1,
     keeps_c2_7_5_2_1,
     {NULL}},
    {"drv-2.7.5.2-1",
     "a_chain_is_at_most_2_to_the_32_bytes_long",
     breaks_c2_7_5_2_1_2,
     keeps_c2_7_5_2_1_2,
     {NULL}},
    {"drv-2.7.5.3.1-1",
     "indirect_is_negotiated_first",
     breaks_c2_7_5_3_1_1,
     keeps_c2_7_5_3_1_1,
     {NULL}},
    {"drv-2.7.5.3.1-2",
     "tables_are_not_nested",
     breaks_c2_7_5_3_1_2,
     keeps_c2_7_5_3_1_2,
     {NULL}},
    {"drv-2.7.5.3.1-3",
     "a_chain_is_no_longer_than_the_queue",
     breaks_c2_7_5_3_1_3,
     keeps_c2_7_5_3_1_3,
     {NULL}},
    {"drv-2.7.5.3.1-4",
     "a_table_ends_the_chain",
     breaks_c2_7_5_3_1_4,
     keeps_c2_7_5_3_1_4,
     {NULL}},
    {"drv-2.7.6.1-1",
     "avail_idx_only_moves_forward",
     breaks_c2_7_6_1_1,
     keeps_c2_7_6_1_1,
     {NULL}},
    {"drv-2.7.7.1-1",
     "avail_flags_are_0_or_1_without_event_idx",
     breaks_c2_7_7_1_1,
     keeps_c2_7_7_1_1,
     {NULL}},
    {"drv-2.7.7.1-3",
     "avail_flags_are_0_with_event_idx",
     breaks_c2_7_7_1_3,
     keeps_c2_7_7_1_3,
     {NULL}},
    {"drv-2.7.7.1-5",
     "each_request_is_done_once",
     breaks_c2_7_7_1_5,
     keeps_c2_7_7_1_5,
     {NULL}},
    {"drv-2.7.7.1-5",
     "what_was_refused_is_not_done",
     breaks_c2_7_7_1_5_2,
     keeps_c2_7_7_1_5_2,
     {NULL}},
    {"drv-2.7.8.3-1",
     "nothing_is_believed_past_used_len",
     breaks_c2_7_8_3_1,
     keeps_c2_7_8_3_1,
     {NULL}},
    {"drv-2.7.8.3-1",
     "what_needs_no_request_rests_on_no_used_entry",
     breaks_c2_7_8_3_1_2,
     keeps_c2_7_8_3_1_2,
     {NULL}},
    {"drv-2.7.10.1-1",
     "used_flags_are_0_when_the_ring_is_handed_over",
     breaks_c2_7_10_1_1,
     keeps_c2_7_10_1_1,
     {NULL}},
};
const size_t laws_ring_count = COUNT_OF(laws_ring);
