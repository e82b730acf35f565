/* SPDX-License-Identifier: MIT
 *
 * judge_laws_fault.c: what a driver is not held to when the device, and not the
 * driver, is wrong; and what it is held to all the same.
 */
#include "judged.h"

static void present(struct judged *j, bool there)
{
    see(j, FAKE_EV_PRESENT, FAKE_NO_QUEUE, there, 0, 0, 0);
}

static void device_resets(struct judged *j)
{
    see(j, FAKE_EV_RESET, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

static void pulled_out(struct judged *j)
{
    fault(j, FAKE_FAULT_SURPRISE_REMOVAL, 0);
    present(j, false);
    device_resets(j);
    j->status = 0;
}

static void opens(struct judged *j)
{
    see(j, FAKE_EV_OPEN, FAKE_NO_QUEUE, VIRTIO_ID_BLOCK, 0, 0, 0);
}

static void closed(struct judged *j)
{
    see(j, FAKE_EV_CLOSED, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

/* ---- nobody there ---- */

/* The reset that nobody heard, then a look at what is there, and whatever else
 * an access to nobody may be. */
static void looks_around(struct judged *j)
{
    wr(j, VIRTIO_MMIO_STATUS, 0);
    rd(j, VIRTIO_MMIO_STATUS, UINT32_MAX);
    rd(j, VIRTIO_MMIO_MAGIC_VALUE, UINT32_MAX);
    wr(j, VIRTIO_MMIO_STATUS, UINT32_MAX);
    wr(j, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

static void breaks_reset_first_again(struct judged *j)
{
    bring_up(j);
    pulled_out(j);
    looks_around(j);
    present(j, true);
    steps(j, RESET, RESET);
    wr(j, VIRTIO_MMIO_STATUS, ACK | DRV);
}

static void keeps_reset_first_again(struct judged *j)
{
    bring_up(j);
    pulled_out(j);
    looks_around(j);
    present(j, true);
    wr(j, VIRTIO_MMIO_STATUS, ACK | DRV); /* it has not noticed yet */
    bring_up(j);
    take_down(j);
}

static void breaks_memory_while_gone(struct judged *j)
{
    uint64_t token;

    bring_up(j);
    token = begin_request(j, OP_READ, VIRTIO_BLK_T_IN, 0, 0, 512);
    see(j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, AT(11), 512, 1, 1);
    pulled_out(j);
    done(j, token, RGT_E_IO);
    closed(j);
}

static void keeps_memory_while_gone(struct judged *j)
{
    uint64_t token;

    bring_up(j);
    token = begin_request(j, OP_READ, VIRTIO_BLK_T_IN, 0, 0, 512);
    pulled_out(j);
    see(j, FAKE_EV_UNSHARE, FAKE_NO_QUEUE, AT(11), 512, 1, 1);
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(1), 4096, 1, 0);
    done(j, token, RGT_E_IO);
    closed(j);
}

static void breaks_failed_though_gone_later(struct judged *j)
{
    opens(j);
    steps(j, PROBE, CONFIRM);
    gives_up(j, RGT_E_NOMEM);
    pulled_out(j);
}

static void keeps_failed_though_gone(struct judged *j)
{
    opens(j);
    steps(j, PROBE, CONFIRM);
    pulled_out(j);
    wr(j, VIRTIO_MMIO_STATUS, GAVE_UP);
    gives_up(j, RGT_E_NODEV);
    present(j, true);
    opens(j);
    steps(j, PROBE, CONFIRM);
    set_status(j, j->status | GAVE_UP);
    see(j, FAKE_EV_OPENED, FAKE_NO_QUEUE, (uint32_t)RGT_E_NOMEM, 0, 0, 0);
}

static void breaks_interrupt_before_gone(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_IRQ_ENTER, FAKE_NO_QUEUE, 1, 0, 0, 0);
    see(j, FAKE_EV_IRQ_LEAVE, FAKE_NO_QUEUE, 0, 0, 0, 0);
    pulled_out(j);
}

static void keeps_interrupt_while_gone(struct judged *j)
{
    bring_up(j);
    interrupt(j);
    see(j, FAKE_EV_IRQ_ENTER, FAKE_NO_QUEUE, 1, 0, 0, 0);
    pulled_out(j);
    rd(j, VIRTIO_MMIO_INTERRUPT_STATUS, UINT32_MAX);
    see(j, FAKE_EV_IRQ_LEAVE, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

/* ---- reasons to give up ---- */

static void gives_up_after(struct judged *j, enum fake_fault f)
{
    opens(j);
    steps(j, PROBE, CONFIRM);
    fault(j, f, 0);
    set_status(j, j->status | GAVE_UP);
    gives_up(j, RGT_E_NOMEM);
    steps(j, RESET, DRIVER_OK); /* there the clause applies */
}

static void breaks_legal_is_no_reason(struct judged *j)
{
    gives_up_after(j, FAKE_FAULT_CONFIG_TORN);
}

static void keeps_reason(struct judged *j)
{
    steps(j, PROBE, DRIVER_OK);
    take_down(j);
    gives_up_after(j, FAKE_FAULT_DMA_ALLOC_FAILS);
}

static void gives_up_at_a_queue_of(struct judged *j, uint32_t max)
{
    opens(j);
    steps(j, PROBE, CONFIG);
    wr(j, VIRTIO_MMIO_QUEUE_SEL, 0);
    rd(j, VIRTIO_MMIO_QUEUE_READY, 0);
    rd(j, VIRTIO_MMIO_QUEUE_NUM_MAX, max);
    set_status(j, j->status | GAVE_UP);
    gives_up(j, RGT_E_REFUSED);
    steps(j, RESET, DRIVER_OK); /* there the clause applies */
}

static void breaks_queue_of_4(struct judged *j)
{
    gives_up_at_a_queue_of(j, 4);
}

static void keeps_queue_of_3(struct judged *j)
{
    gives_up_at_a_queue_of(j, 3);
}

/* ---- a status that was lost ---- */

static void breaks_bit_dropped(struct judged *j)
{
    steps(j, PROBE, DRIVER);
    wr(j, VIRTIO_MMIO_STATUS, 0);
    fault(j, FAKE_FAULT_STATUS_LOST, 0);
    j->status = 0;
    steps(j, RESET, DRIVER);
    wr(j, VIRTIO_MMIO_STATUS, DRV);
}

/* It goes by what it reads. */
static void keeps_bit_lost(struct judged *j)
{
    steps(j, PROBE, ACKNOWLEDGE);
    fault(j, FAKE_FAULT_STATUS_LOST, 0);
    wr(j, VIRTIO_MMIO_STATUS, DRV);
    device_resets(j);
    j->status = 0;
    steps(j, RESET, DRIVER_OK);
}

static void breaks_close_without_a_reset(struct judged *j)
{
    bring_up(j);
    begin_request(j, OP_READ, VIRTIO_BLK_T_IN, 0, 0, 512);
    closed(j);
}

static void keeps_close_after_a_lost_reset(struct judged *j)
{
    bring_up(j);
    begin_request(j, OP_READ, VIRTIO_BLK_T_IN, 0, 0, 512);
    wr(j, VIRTIO_MMIO_STATUS, 0);
    fault(j, FAKE_FAULT_STATUS_LOST, 0);
    rd(j, VIRTIO_MMIO_STATUS, ACK | DRV | FOK | LIVE);
    closed(j);
}

/* ---- a queue that does not stop ---- */

static void stop(struct judged *j, bool heard)
{
    wr(j, VIRTIO_MMIO_QUEUE_READY, 0);
    if (!heard)
        see(j, FAKE_EV_FAULT, 0, FAKE_FAULT_QUEUE_STOP_NEVER, 1, 0, 0);
    else
        see(j, FAKE_EV_QUEUE_DOWN, 0, 0, 0, 0, 0);
    rd(j, VIRTIO_MMIO_QUEUE_READY, !heard);
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(1), 4096, 1, 0);
}

static void breaks_ring_freed_unstopped(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    stop(j, false);
}

static void keeps_ring_freed_stopped(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    stop(j, true);
}

/* ---- a config space that is cut off ---- */

static void breaks_capacity(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_IN, j->about.sectors, 0, 512);
}

static void keeps_capacity_unknown(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    fault(j, FAKE_FAULT_CONFIG_SHORT_ONES, 0);
    steps(j, CONFIG, DRIVER_OK);
    request(j, VIRTIO_BLK_T_IN, j->about.sectors, 0, 512);
}

/* ---- success without the device ---- */

static void needs_reset(struct judged *j)
{
    see(j, FAKE_EV_STATUS, FAKE_NO_QUEUE, NEEDS_RESET, 0, 0, 0);
}

static void breaks_success(struct judged *j)
{
    uint64_t token;

    bring_up(j);
    done(j, submit(j, OP_WRITEBACK), 0);
    token = begin_request(j, OP_READ, VIRTIO_BLK_T_IN, 0, 0, 512);
    needs_reset(j);
    done(j, token, 0);
}

/* What is done by registers needs no used element. */
static void keeps_success(struct judged *j)
{
    uint64_t token, other;

    bring_up(j);
    token = begin_request(j, OP_READ, VIRTIO_BLK_T_IN, 0, 0, 512);
    done(j, submit(j, OP_WRITEBACK), 0);
    other = submit(j, OP_QUEUE_RESET);
    give_back(j, 0, 513);
    needs_reset(j);
    done(j, other, 0);
    done(j, token, 0);
}

const struct law laws_fault[] = {
    {"drv-3.1.1-3",
     "who_begins_anew_after_a_removal_is_held_to_it",
     breaks_reset_first_again,
     keeps_reset_first_again,
     {NULL}},
    {"drv-3.3.1-2",
     "memory_is_the_drivers_once_the_device_is_gone",
     breaks_memory_while_gone,
     keeps_memory_while_gone,
     {NULL}},
    {"drv-3.1.1-13",
     "nobody_can_be_told_that_is_gone",
     breaks_failed_though_gone_later,
     keeps_failed_though_gone,
     {NULL}},
    {"drv-4.2.3.4.1-1",
     "an_interrupt_of_who_is_gone_is_nobodys",
     breaks_interrupt_before_gone,
     keeps_interrupt_while_gone,
     {"drv-4.2.3.4.1-3", NULL}},
    {"drv-2.2.1-3",
     "a_fault_may_be_a_reason_to_give_up",
     breaks_legal_is_no_reason,
     keeps_reason,
     {NULL}},
    {"drv-2.2.1-3",
     "a_split_queue_of_3_holds_no_request",
     breaks_queue_of_4,
     keeps_queue_of_3,
     {NULL}},
    {"drv-2.1.1-2",
     "a_status_bit_that_got_lost_was_not_dropped",
     breaks_bit_dropped,
     keeps_bit_lost,
     {NULL}},
    {"drv-3.3.1-2",
     "a_reset_that_got_lost_leaves_buffers_lent",
     breaks_close_without_a_reset,
     keeps_close_after_a_lost_reset,
     {NULL}},
    {"drv-3.3.1-2",
     "a_queue_that_does_not_stop_keeps_its_ring",
     breaks_ring_freed_unstopped,
     keeps_ring_freed_stopped,
     {NULL}},
    {"drv-5.2.6.1-1",
     "a_capacity_that_cannot_be_read_binds_nobody",
     breaks_capacity,
     keeps_capacity_unknown,
     {NULL}},
    {"drv-2.1.1-4",
     "what_is_done_by_registers_needs_no_used_element",
     breaks_success,
     keeps_success,
     {NULL}},
};
const size_t laws_fault_count = COUNT_OF(laws_fault);
