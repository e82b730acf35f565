/* SPDX-License-Identifier: MIT
 *
 * judge_laws_queue.c: one queue reset and enabled again (2.6.1), and queues
 * whose buffers are used in order (2.7.9).
 */
#include "judged.h"

static void resettable(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_RING_RESET);
    bring_up(j);
}

static void ask_for_reset(struct judged *j)
{
    wr(j, VIRTIO_MMIO_QUEUE_SEL, 0);
    wr(j, VIRTIO_MMIO_QUEUE_RESET, 1);
    see(j, FAKE_EV_QUEUE_DOWN, 0, 0, 0, 0, 0);
}

static void breaks_c2_6_1_1_2_1(struct judged *j)
{
    resettable(j);
    ask_for_reset(j);
    set_up_queue(j);
}

static void keeps_c2_6_1_1_2_1(struct judged *j)
{
    resettable(j);
    ask_for_reset(j);
    rd(j, VIRTIO_MMIO_QUEUE_RESET, 1);
    ask_for_reset(j); /* it takes too long */
    rd(j, VIRTIO_MMIO_QUEUE_RESET, 1);
    interrupt(j);
    rd(j, VIRTIO_MMIO_QUEUE_READY, 1);
    rd(j, VIRTIO_MMIO_QUEUE_RESET, 0);
    set_up_queue(j);
    request(j, VIRTIO_BLK_T_IN, 0, 0, 512);
}

static void breaks_c2_6_1_1_2_1_2(struct judged *j)
{
    resettable(j);
    ask_for_reset(j);
    rd(j, VIRTIO_MMIO_QUEUE_RESET, 1);
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(2), 22, 1, 0);
}

static void keeps_c2_6_1_1_2_1_2(struct judged *j)
{
    resettable(j);
    ask_for_reset(j);
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(7), 22, 1, 0); /* another's */
    rd(j, VIRTIO_MMIO_QUEUE_RESET, 0);
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(2), 22, 1, 0);
}

/* A buffer at the device when the queue is reset. */
static void lend(struct judged *j)
{
    submit(j, OP_READ);
    publish(j);
    kick(j);
    take(j, 0, VIRTIO_BLK_T_IN, 0, 0, 512);
    ask_for_reset(j);
}

static void breaks_c2_6_1_1_2_1_3(struct judged *j)
{
    resettable(j);
    lend(j);
    see(j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, AT(11), 512, 1, 1);
}

static void keeps_c2_6_1_1_2_1_3(struct judged *j)
{
    resettable(j);
    lend(j);
    rd(j, VIRTIO_MMIO_QUEUE_RESET, 0);
    see(j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, AT(11), 512, 1, 1);
}

static void breaks_c2_6_1_2_2_1(struct judged *j)
{
    resettable(j);
    ask_for_reset(j);
    rd(j, VIRTIO_MMIO_QUEUE_RESET, 0);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, 8);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 1);
}

static void keeps_c2_6_1_2_2_1(struct judged *j)
{
    resettable(j);
    for (unsigned k = 0; k < 2; k++) {
        ask_for_reset(j);
        rd(j, VIRTIO_MMIO_QUEUE_RESET, 0);
        set_up_queue(j);
    }
}

/* Only a queue that was reset is set up while the driver is live. */
static void breaks_c3_1_1_11(struct judged *j)
{
    keeps_c2_6_1_2_2_1(j);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 0);
    rd(j, VIRTIO_MMIO_QUEUE_READY, 0);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, 4);
}

/* ---- in order ---- */

static void in_order(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_IN_ORDER);
    bring_up(j);
}

static void breaks_c2_7_5_2_2(struct judged *j)
{
    in_order(j);
    desc(j, 2, AT(10), 16, NEXT, 4);
    desc(j, 4, AT(12), 1, WRITE, 0);
}

static void keeps_c2_7_5_2_2(struct judged *j)
{
    in_order(j);
    desc(j, 6, AT(10), 16, NEXT, 7);
    desc(j, 7, AT(11), 16, NEXT, 0);
    desc(j, 0, AT(12), 1, WRITE, 5);
    see(j, FAKE_EV_CHAIN, 0, 6, 3, 32, 1);
}

static void breaks_c2_7_5_2_2_2(struct judged *j)
{
    in_order(j);
    desc(j, 7, AT(10), 16, NEXT, 8); /* the queue ends here */
}

static void breaks_c2_7_5_3_1_5(struct judged *j)
{
    in_order(j);
    desc(j, 0, AT(13), 48, INDIRECT, 0);
    desc_in_table(j, 0, AT(10), 16, NEXT, 2);
    desc_in_table(j, 2, AT(12), 1, WRITE, 0);
}

static void keeps_c2_7_5_3_1_5(struct judged *j)
{
    in_order(j);
    desc(j, 0, AT(13), 32, INDIRECT, 0);
    desc_in_table(j, 0, AT(10), 16, NEXT, 1);
    desc_in_table(j, 1, AT(12), 1, WRITE, 0);
    see(j, FAKE_EV_CHAIN, 0, 0, 2, 16, 1);
}

/* One used entry for both: neither is with the device any more. */
static void two_in_one(struct judged *j, unsigned buffers)
{
    in_order(j);
    for (unsigned k = 0; k < 2; k++) {
        submit(j, OP_READ);
        publish(j);
        kick(j);
        take(j, 3 * k, VIRTIO_BLK_T_IN, 0, 0, 512);
    }
    see(j, FAKE_EV_USED, 0, 3, 513, 2, buffers);
    done(j, 0, 0);
    see(j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, AT(10), 16, 0, 1);
    if (buffers == 2)
        done(j, 1, 0);
    take_down(j);
}

/* A buffer of one descriptor, in a window of its own. */
static void lend_window(struct judged *j, unsigned head, unsigned window)
{
    desc(j, head, AT(window), 513, WRITE, 0);
    see(j, FAKE_EV_CHAIN, 0, head, 1, 0, 513);
}

static void take_back_first_of_two(struct judged *j, unsigned buffers)
{
    in_order(j);
    lend_window(j, 0, 20);
    lend_window(j, 1, 21);
    see(j, FAKE_EV_USED, 0, 1, 513, buffers, buffers);
    see(j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, AT(20), 513, 1, 1);
}

static void breaks_taken_back(struct judged *j)
{
    take_back_first_of_two(j, 1);
}

static void keeps_taken_back(struct judged *j)
{
    take_back_first_of_two(j, 2);
}

/* Two that are whole by one entry, then one whose status is not told. */
static void two_whole_one_short(struct judged *j, int last)
{
    in_order(j);
    for (unsigned k = 0; k < 3; k++) {
        submit(j, OP_READ);
        lend_window(j, k, 20 + k);
    }
    see(j, FAKE_EV_USED, 0, 1, 513, 2, 2);
    see(j, FAKE_EV_USED, 0, 2, 0, 3, 1);
    done(j, 0, 0);
    done(j, 1, 0);
    done(j, 2, last);
}

static void breaks_short_after_batch(struct judged *j)
{
    two_whole_one_short(j, 0);
}

static void keeps_short_after_batch(struct judged *j)
{
    two_whole_one_short(j, RGT_E_IO);
}

static void breaks_skipped(struct judged *j)
{
    two_in_one(j, 2);
    done(j, 1, 0); /* once more */
}

static void keeps_skipped(struct judged *j)
{
    two_in_one(j, 2);
}

const struct law laws_queue[] = {
    {"drv-2.6.1.1.2-1",
     "a_queue_reset_is_confirmed",
     breaks_c2_6_1_1_2_1,
     keeps_c2_6_1_1_2_1,
     {"drv-4.2.2.2-21"}},
    {"drv-2.6.1.1.2-1",
     "a_queue_that_is_being_reset_keeps_its_memory",
     breaks_c2_6_1_1_2_1_2,
     keeps_c2_6_1_1_2_1_2,
     {"drv-4.2.2.2-21"}},
    {"drv-4.2.2.2-21",
     "buffers_come_back_once_queue_reset_reads_0",
     breaks_c2_6_1_1_2_1_3,
     keeps_c2_6_1_1_2_1_3,
     {"drv-2.6.1.1.2-1"}},
    {"drv-2.6.1.2.2-1",
     "a_queue_is_set_up_again_after_its_reset",
     breaks_c2_6_1_2_2_1,
     keeps_c2_6_1_2_2_1,
     {NULL}},
    {"drv-3.1.1-11",
     "a_queue_that_was_reset_is_set_up_once",
     breaks_c3_1_1_11,
     keeps_c2_6_1_2_2_1,
     {NULL}},
    {"drv-2.7.5.2-2",
     "links_are_in_order",
     breaks_c2_7_5_2_2,
     keeps_c2_7_5_2_2,
     {NULL}},
    {"drv-2.7.5.2-2",
     "links_are_in_order_round_the_end",
     breaks_c2_7_5_2_2_2,
     keeps_c2_7_5_2_2,
     {NULL}},
    {"drv-2.7.5.3.1-5",
     "tables_are_in_order",
     breaks_c2_7_5_3_1_5,
     keeps_c2_7_5_3_1_5,
     {NULL}},
    {"drv-2.7.7.1-5",
     "buffers_that_a_used_entry_skips_are_used",
     breaks_skipped,
     keeps_skipped,
     {NULL}},
    {"drv-3.3.1-2",
     "memory_of_buffers_that_a_used_entry_skips_is_the_drivers",
     breaks_taken_back,
     keeps_taken_back,
     {NULL}},
    {"drv-2.7.8.3-1",
     "buffers_that_a_used_entry_skips_are_whole",
     breaks_short_after_batch,
     keeps_short_after_batch,
     {NULL}},
};
const size_t laws_queue_count = COUNT_OF(laws_queue);
