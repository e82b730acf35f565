/* SPDX-License-Identifier: MIT
 *
 * judge_laws_memory.c: memory and ring entries that are with the device.
 */
#include "judged.h"

static void in_flight(struct judged *j)
{
    bring_up(j);
    submit(j, OP_READ);
    publish(j);
    kick(j);
    take(j, 0, VIRTIO_BLK_T_IN, 0, 0, 512);
}

static void unshare(struct judged *j, uint64_t addr)
{
    see(j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, addr, 512, FAKE_FROM_DEVICE, 1);
}

/* Windows 100 up, through a table. */
static void long_chain(struct judged *j, unsigned count)
{
    j->about.queue_size_max = 256;
    steps(j, PROBE, QUEUES);
    see(j, FAKE_EV_QUEUE_UP, 0, 256, AT(1), AT(2), AT(3));
    steps(j, DRIVER_OK, DRIVER_OK);
    for (unsigned k = 0; k < count; k++)
        desc(j, k, AT(100 + k), 512, k + 1 < count ? NEXT : 0, k + 1);
    see(j, FAKE_EV_CHAIN, 0, 0, count, 512 * (uint64_t)count, 0);
}

static void mem_fault(struct judged *j)
{
    see(j, FAKE_EV_MEM_FAULT, 0, 0xdead0000, 512, FAKE_TO_DEVICE,
        FAKE_MEM_UNKNOWN);
}

static void breaks_c3_3_1_1(struct judged *j)
{
    in_flight(j);
    see(j, FAKE_EV_CHAIN_CHANGED, 0, 0, 1, 0, 0);
}

static void keeps_c3_3_1_1(struct judged *j)
{
    in_flight(j);
    give_back(j, 0, 513);
}

static void breaks_c3_3_1_1_2(struct judged *j)
{
    in_flight(j);
    see(j, FAKE_EV_CHAIN_BAD, 0, 0, FAKE_CHAIN_BAD_LENT_TWICE, 1, 0);
}

static void keeps_c3_3_1_1_2(struct judged *j)
{
    in_flight(j);
    give_back(j, 0, 513);
    take(j, 0, VIRTIO_BLK_T_IN, 0, 0, 512);
}

static void breaks_c3_3_1_2(struct judged *j)
{
    in_flight(j);
    unshare(j, AT(11));
}

static void keeps_c3_3_1_2(struct judged *j)
{
    in_flight(j);
    unshare(j, AT(20));
    give_back(j, 0, 513);
    unshare(j, AT(11));
}

static void breaks_c3_3_1_2_2(struct judged *j)
{
    in_flight(j);
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(10), 4096, 1, 0);
}

static void keeps_c3_3_1_2_2(struct judged *j)
{
    in_flight(j);
    set_status(j, 0);
    rd(j, VIRTIO_MMIO_STATUS, 0);
    unshare(j, AT(11));
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(10), 4096, 1, 0);
    see(j, FAKE_EV_CLOSED, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

static void breaks_c3_3_1_2_3(struct judged *j)
{
    in_flight(j);
    see(j, FAKE_EV_CLOSED, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

static void keeps_c3_3_1_2_3(struct judged *j)
{
    in_flight(j);
    give_back(j, 0, 513);
    see(j, FAKE_EV_CLOSED, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

static void breaks_c3_3_1_2_4(struct judged *j)
{
    long_chain(j, 200);
    unshare(j, AT(100 + 199));
}

static void keeps_c3_3_1_2_4(struct judged *j)
{
    long_chain(j, 200);
    unshare(j, AT(100 + 200));
}

static void breaks_c3_3_1_2_5(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(11), 16, NEXT, 1);
    /* NOT_NEGOTIATED, TABLE_AND_NEXT and ORDER do not end a chain. */
    see(j, FAKE_EV_CHAIN_BAD, 0, 0, FAKE_CHAIN_BAD_TABLE_AND_NEXT, 0, 0);
    desc(j, 1, AT(12), 1, WRITE, 0);
    see(j, FAKE_EV_CHAIN, 0, 0, 2, 16, 1);
    unshare(j, AT(11));
}

static void keeps_c3_3_1_2_5(struct judged *j)
{
    bring_up(j);
    desc(j, 0, AT(11), 16, NEXT, 1);
    see(j, FAKE_EV_CHAIN_BAD, 0, 0, FAKE_CHAIN_BAD_NEXT_RANGE, 0, 99);
    unshare(j, AT(11));
}

static void breaks_c6_1_4(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_ACCESS_PLATFORM);
    bring_up(j);
    mem_fault(j);
}

static void keeps_c6_1_4(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_ACCESS_PLATFORM);
    in_flight(j);
}

static void breaks_c6_1_5(struct judged *j)
{
    bring_up(j);
    mem_fault(j);
}

static void keeps_c6_1_5(struct judged *j)
{
    in_flight(j);
}

/* Memory of the ring itself, with nothing in flight; what the device reads
 * there afterwards is no fault of its own. */
static void free_ring(struct judged *j)
{
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(2), 22, 1, 0);
    see(j, FAKE_EV_AVAIL, 0, 0, 0xdddd, 0xdddd, 0);
}

static void breaks_c3_3_1_2_6(struct judged *j)
{
    bring_up(j);
    free_ring(j);
}

static void keeps_c3_3_1_2_6(struct judged *j)
{
    bring_up(j);
    take_down(j);
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(2), 22, 1, 0);
}

static void trespass(struct judged *j, enum fake_trespass how)
{
    see(j, FAKE_EV_TRESPASS, 0, AT(10), 4, how, j->number - 1);
}

static void breaks_prose_2_7_13_3_1(struct judged *j)
{
    j->about.ledger = true;
    in_flight(j);
    trespass(j, FAKE_TRESPASS_CHANGED_READABLE);
}

static void breaks_prose_2_7_13_3_1_2(struct judged *j)
{
    j->about.ledger = true;
    in_flight(j);
    trespass(j, FAKE_TRESPASS_READ_WRITABLE);
}

/* It was the device. */
static void keeps_prose_2_7_13_3_1(struct judged *j)
{
    j->about.ledger = true;
    in_flight(j);
    give_back(j, 0, 513);
    trespass(j, FAKE_TRESPASS_DEVICE_WROTE_GIVEN);
    trespass(j, FAKE_TRESPASS_DEVICE_WAS_STOPPED);
    trespass(j, FAKE_TRESPASS_DEVICE_WROTE_READABLE);
}

const struct law laws_memory[] = {
    {"prose-2.7.13.3-1",
     "lent_memory_is_not_written",
     breaks_prose_2_7_13_3_1,
     keeps_prose_2_7_13_3_1,
     {NULL}},
    {"prose-2.7.13.3-1",
     "lent_memory_is_not_read",
     breaks_prose_2_7_13_3_1_2,
     keeps_prose_2_7_13_3_1,
     {NULL}},
    {"drv-3.3.1-1",
     "descriptors_lent_are_left_alone",
     breaks_c3_3_1_1,
     keeps_c3_3_1_1,
     {NULL}},
    {"drv-3.3.1-1",
     "a_head_is_not_lent_twice",
     breaks_c3_3_1_1_2,
     keeps_c3_3_1_1_2,
     {NULL}},
    {"drv-3.3.1-2",
     "a_buffer_is_not_taken_back_while_the_device_has_it",
     breaks_c3_3_1_2,
     keeps_c3_3_1_2,
     {NULL}},
    {"drv-3.3.1-2",
     "a_reset_comes_before_buffers_are_taken_back",
     breaks_c3_3_1_2_2,
     keeps_c3_3_1_2_2,
     {NULL}},
    {"drv-3.3.1-2",
     "a_driver_is_not_closed_with_buffers_out",
     breaks_c3_3_1_2_3,
     keeps_c3_3_1_2_3,
     {NULL}},
    {"drv-3.3.1-2",
     "the_last_buffer_of_a_long_chain_counts_as_well",
     breaks_c3_3_1_2_4,
     keeps_c3_3_1_2_4,
     {NULL}},
    {"drv-3.3.1-2",
     "a_chain_that_was_served_though_wrong_counts_as_well",
     breaks_c3_3_1_2_5,
     keeps_c3_3_1_2_5,
     {NULL}},
    {"drv-3.3.1-2",
     "a_ring_is_not_freed_before_a_reset",
     breaks_c3_3_1_2_6,
     keeps_c3_3_1_2_6,
     {NULL}},
    {"drv-6.1-4",
     "addresses_are_those_the_platform_maps",
     breaks_c6_1_4,
     keeps_c6_1_4,
     {NULL}},
    {"drv-6.1-5",
     "addresses_are_those_of_shared_memory",
     breaks_c6_1_5,
     keeps_c6_1_5,
     {NULL}},
};
const size_t laws_memory_count = COUNT_OF(laws_memory);
