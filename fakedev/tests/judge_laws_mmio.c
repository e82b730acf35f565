/* SPDX-License-Identifier: MIT
 *
 * judge_laws_mmio.c: the virtio-mmio register file and its interrupt.
 */
#include "judged.h"

static void placeholder(struct judged *j)
{
    rd(j, VIRTIO_MMIO_MAGIC_VALUE, VIRTIO_MMIO_MAGIC);
    rd(j, VIRTIO_MMIO_VERSION, 2);
    rd(j, VIRTIO_MMIO_DEVICE_ID, 0);
}

/* An interrupt handler: reads `cause`, if it does, and acknowledges `ack`. */
static void handler(struct judged *j, uint32_t cause, uint32_t ack, bool reads)
{
    see(j, FAKE_EV_IRQ_ENTER, FAKE_NO_QUEUE, 1, 0, 0, 0);
    if (reads)
        rd(j, VIRTIO_MMIO_INTERRUPT_STATUS, cause);
    if (ack)
        wr(j, VIRTIO_MMIO_INTERRUPT_ACK, ack);
    see(j, FAKE_EV_IRQ_LEAVE, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

static void breaks_c4_2_2_2_1(struct judged *j)
{
    bring_up(j);
    rd(j, 0x018, 0);
}

static void keeps_c4_2_2_2_1(struct judged *j)
{
    bring_up(j);
    rd(j, VIRTIO_MMIO_QUEUE_RESET, 0);
}

static void breaks_c4_2_2_2_1_2(struct judged *j)
{
    bring_up(j);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
    rd(j, VIRTIO_MMIO_CONFIG + 72, 0);
}

static void keeps_c4_2_2_2_1_2(struct judged *j)
{
    j->about.offered |= F(VIRTIO_BLK_F_SECURE_ERASE);
    bring_up(j);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
    rd(j, VIRTIO_MMIO_CONFIG + 68, 0);
}

static void breaks_c4_2_2_2_2(struct judged *j)
{
    bring_up(j);
    wr(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
}

static void keeps_c4_2_2_2_2(struct judged *j)
{
    bring_up(j);
    set_status(j, j->status);
}

static void breaks_c4_2_2_2_3(struct judged *j)
{
    bring_up(j);
    rd(j, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

static void keeps_c4_2_2_2_3(struct judged *j)
{
    bring_up(j);
    rd(j, VIRTIO_MMIO_STATUS, j->status);
}

static void breaks_c4_2_2_2_4(struct judged *j)
{
    bring_up(j);
    access_as(j, FAKE_EV_REG_READ, VIRTIO_MMIO_STATUS, 1, 15);
}

static void keeps_c4_2_2_2_4(struct judged *j)
{
    bring_up(j);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
    access_as(j, FAKE_EV_REG_READ, VIRTIO_MMIO_CONFIG + 33, 1, 0);
}

static void breaks_c4_2_2_2_4_2(struct judged *j)
{
    bring_up(j);
    rd(j, VIRTIO_MMIO_STATUS + 2, 0);
}

static void keeps_c4_2_2_2_4_2(struct judged *j)
{
    bring_up(j);
}

static void breaks_c4_2_2_2_6(struct judged *j)
{
    rd(j, VIRTIO_MMIO_MAGIC_VALUE, 0x74726977);
    rd(j, VIRTIO_MMIO_VERSION, 2);
    set_status(j, 0);
}

static void keeps_c4_2_2_2_6(struct judged *j)
{
    rd(j, VIRTIO_MMIO_MAGIC_VALUE, 0x74726977);
    rd(j, VIRTIO_MMIO_VERSION, 2);
    gives_up(j, RGT_E_NODEV);
}

static void breaks_c4_2_2_2_8(struct judged *j)
{
    rd(j, VIRTIO_MMIO_MAGIC_VALUE, VIRTIO_MMIO_MAGIC);
    rd(j, VIRTIO_MMIO_VERSION, 1);
    set_status(j, 0);
}

static void keeps_c4_2_2_2_8(struct judged *j)
{
    rd(j, VIRTIO_MMIO_MAGIC_VALUE, VIRTIO_MMIO_MAGIC);
    rd(j, VIRTIO_MMIO_VERSION, 1);
    gives_up(j, RGT_E_NODEV);
}

static void breaks_c4_2_2_2_10(struct judged *j)
{
    placeholder(j);
    wr(j, VIRTIO_MMIO_INTERRUPT_ACK, 0);
}

static void keeps_c4_2_2_2_10(struct judged *j)
{
    placeholder(j);
    gives_up(j, RGT_E_NODEV);
}

static void breaks_c4_2_2_2_11(struct judged *j)
{
    placeholder(j);
    see(j, FAKE_EV_LOG, FAKE_NO_QUEUE, 10, 0, 0, 0);
    gives_up(j, RGT_E_NODEV);
}

static void keeps_c4_2_2_2_11(struct judged *j)
{
    see(j, FAKE_EV_LOG, FAKE_NO_QUEUE, 10, 0, 0, 0);
    placeholder(j);
    gives_up(j, RGT_E_NODEV);
}

static void breaks_c4_2_2_2_11_2(struct judged *j)
{
    placeholder(j);
    gives_up(j, RGT_E_PROTO);
}

static void breaks_c4_2_2_2_12(struct judged *j)
{
    steps(j, PROBE, DRIVER);
    rd(j, VIRTIO_MMIO_DEVICE_FEATURES, 0);
    steps(j, OFFER, DRIVER_OK);
}

static void keeps_c4_2_2_2_12(struct judged *j)
{
    steps(j, PROBE, OFFER);
    rd(j, VIRTIO_MMIO_DEVICE_FEATURES, 1);
    steps(j, FEATURES, DRIVER_OK);
}

static void breaks_c4_2_2_2_12_2(struct judged *j)
{
    bring_up(j);
    steps(j, RESET, DRIVER);
    rd(j, VIRTIO_MMIO_DEVICE_FEATURES, 0);
    steps(j, OFFER, DRIVER_OK);
}

static void keeps_c4_2_2_2_12_2(struct judged *j)
{
    bring_up(j);
    steps(j, RESET, DRIVER_OK);
}

static void breaks_c4_2_2_2_13(struct judged *j)
{
    steps(j, PROBE, OFFER);
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES, 0);
    steps(j, FEATURES, DRIVER_OK);
}

static void keeps_c4_2_2_2_13(struct judged *j)
{
    steps(j, PROBE, FEATURES);
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES, 1);
    steps(j, FEATURES_OK, DRIVER_OK);
}

static void breaks_c4_2_2_2_14(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    wr(j, VIRTIO_MMIO_QUEUE_SEL, 0);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, 128);
}

static void keeps_c4_2_2_2_14(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    wr(j, VIRTIO_MMIO_QUEUE_SEL, 0);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, 64);
}

static void breaks_c4_2_2_2_14_2(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    wr(j, VIRTIO_MMIO_QUEUE_SEL, 0);
    rd(j, VIRTIO_MMIO_QUEUE_NUM_MAX, 0);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, 8);
}

static void keeps_c4_2_2_2_14_2(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    wr(j, VIRTIO_MMIO_QUEUE_SEL, 0);
    rd(j, VIRTIO_MMIO_QUEUE_NUM_MAX, 0);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, 0);
}

static void breaks_c4_2_2_2_15(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, 8);
    steps(j, DRIVER_OK, DRIVER_OK);
}

static void keeps_c4_2_2_2_15(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 0);
    rd(j, VIRTIO_MMIO_QUEUE_READY, 0);
    steps(j, QUEUES, DRIVER_OK);
}

static void breaks_c4_2_2_2_17(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 0);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, 8);
}

static void keeps_c4_2_2_2_17(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 0);
    rd(j, VIRTIO_MMIO_INTERRUPT_STATUS, 1);
    wr(j, VIRTIO_MMIO_INTERRUPT_ACK, 1);
    wr(j, VIRTIO_MMIO_QUEUE_SEL, 0);
    rd(j, VIRTIO_MMIO_QUEUE_READY, 0);
    wr(j, VIRTIO_MMIO_QUEUE_NUM, 8);
}

static void breaks_c4_2_2_2_17_2(struct judged *j)
{
    bring_up(j);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 0);
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(1), 128, 1, 0);
}

static void keeps_c4_2_2_2_17_2(struct judged *j)
{
    bring_up(j);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 0);
    rd(j, VIRTIO_MMIO_QUEUE_READY, 0);
    see(j, FAKE_EV_DMA_FREE, FAKE_NO_QUEUE, AT(1), 128, 1, 0);
}

static void breaks_c4_2_2_2_19(struct judged *j)
{
    bring_up(j);
    handler(j, 3, 1, true);
}

static void keeps_c4_2_2_2_19(struct judged *j)
{
    bring_up(j);
    handler(j, 3, 3, true);
}

static void breaks_c4_2_2_2_19_2(struct judged *j)
{
    bring_up(j);
    handler(j, 6, 1, true);
}

static void keeps_c4_2_2_2_19_2(struct judged *j)
{
    bring_up(j);
    handler(j, 5, 1, true);
}

static void breaks_c4_2_2_2_20(struct judged *j)
{
    bring_up(j);
    handler(j, 5, 5, true);
}

static void keeps_c4_2_2_2_20(struct judged *j)
{
    bring_up(j);
    handler(j, 5, 3, true);
}

static void breaks_c4_2_3_1_1_1(struct judged *j)
{
    rd(j, VIRTIO_MMIO_DEVICE_ID, 2);
    rd(j, VIRTIO_MMIO_MAGIC_VALUE, VIRTIO_MMIO_MAGIC);
    rd(j, VIRTIO_MMIO_VERSION, 2);
    steps(j, RESET, DRIVER_OK);
}

static void keeps_c4_2_3_1_1_1(struct judged *j)
{
    rd(j, VIRTIO_MMIO_VERSION, 2);
    rd(j, VIRTIO_MMIO_MAGIC_VALUE, VIRTIO_MMIO_MAGIC);
    rd(j, VIRTIO_MMIO_DEVICE_ID, 2);
    steps(j, RESET, DRIVER_OK);
}

static void breaks_c4_2_3_1_1_2(struct judged *j)
{
    rd(j, VIRTIO_MMIO_MAGIC_VALUE, VIRTIO_MMIO_MAGIC);
    rd(j, VIRTIO_MMIO_VERSION, 2);
    rd(j, VIRTIO_MMIO_VENDOR_ID, 0);
    rd(j, VIRTIO_MMIO_DEVICE_ID, 2);
    steps(j, RESET, DRIVER_OK);
}

static void keeps_c4_2_3_1_1_2(struct judged *j)
{
    steps(j, PROBE, PROBE);
    rd(j, VIRTIO_MMIO_VENDOR_ID, 0);
    steps(j, RESET, DRIVER_OK);
}

static void breaks_c4_2_3_1_1_3(struct judged *j)
{
    placeholder(j);
    set_status(j, 0);
}

static void breaks_c4_2_3_1_1_4(struct judged *j)
{
    placeholder(j);
    rd(j, VIRTIO_MMIO_VENDOR_ID, 0);
}

static void breaks_c4_2_3_1_1_5(struct judged *j)
{
    bring_up(j);
    wr(j, VIRTIO_MMIO_SHM_SEL, 0);
}

static void breaks_c4_2_3_4_1_1(struct judged *j)
{
    bring_up(j);
    handler(j, 0, 1, false);
}

static void keeps_c4_2_3_4_1_1(struct judged *j)
{
    bring_up(j);
    handler(j, 1, 1, true);
}

static void breaks_c4_2_3_4_1_3(struct judged *j)
{
    bring_up(j);
    handler(j, 1, 0, true);
}

static void keeps_c4_2_3_4_1_3(struct judged *j)
{
    bring_up(j);
    /* Not ours, twice: nothing to acknowledge. */
    handler(j, 0, 0, true);
    handler(j, 4, 0, true);
}

const struct law laws_mmio[] = {
    {"drv-4.2.2.2-1",
     "only_listed_offsets_are_touched",
     breaks_c4_2_2_2_1,
     keeps_c4_2_2_2_1,
     {NULL}},
    {"drv-4.2.2.2-1",
     "nothing_is_read_past_the_known_config",
     breaks_c4_2_2_2_1_2,
     keeps_c4_2_2_2_1_2,
     {NULL}},
    {"drv-4.2.2.2-2",
     "registers_marked_r_are_not_written",
     breaks_c4_2_2_2_2,
     keeps_c4_2_2_2_2,
     {NULL}},
    {"drv-4.2.2.2-3",
     "registers_marked_w_are_not_read",
     breaks_c4_2_2_2_3,
     keeps_c4_2_2_2_3,
     {NULL}},
    {"drv-4.2.2.2-4",
     "control_registers_are_accessed_as_32_bits",
     breaks_c4_2_2_2_4,
     keeps_c4_2_2_2_4,
     {NULL}},
    {"drv-4.2.2.2-4",
     "control_registers_are_accessed_aligned",
     breaks_c4_2_2_2_4_2,
     keeps_c4_2_2_2_4_2,
     {NULL}},
    {"drv-4.2.2.2-6",
     "a_device_with_a_wrong_magic_is_left_alone",
     breaks_c4_2_2_2_6,
     keeps_c4_2_2_2_6,
     {NULL}},
    {"drv-4.2.2.2-8",
     "a_device_of_another_version_is_left_alone",
     breaks_c4_2_2_2_8,
     keeps_c4_2_2_2_8,
     {NULL}},
    {"drv-4.2.2.2-10",
     "a_placeholder_is_not_written_to",
     breaks_c4_2_2_2_10,
     keeps_c4_2_2_2_10,
     {"drv-4.2.3.1.1-4"}},
    {"drv-4.2.2.2-11",
     "a_placeholder_is_not_logged",
     breaks_c4_2_2_2_11,
     keeps_c4_2_2_2_11,
     {NULL}},
    {"drv-4.2.2.2-11",
     "a_placeholder_is_no_error",
     breaks_c4_2_2_2_11_2,
     keeps_c4_2_2_2_10,
     {NULL}},
    {"drv-4.2.2.2-12",
     "device_features_are_selected_before_they_are_read",
     breaks_c4_2_2_2_12,
     keeps_c4_2_2_2_12,
     {NULL}},
    {"drv-4.2.2.2-12",
     "device_features_are_selected_anew_after_a_reset",
     breaks_c4_2_2_2_12_2,
     keeps_c4_2_2_2_12_2,
     {NULL}},
    {"drv-4.2.2.2-13",
     "driver_features_are_selected_before_they_are_written",
     breaks_c4_2_2_2_13,
     keeps_c4_2_2_2_13,
     {NULL}},
    {"drv-4.2.2.2-14",
     "queue_num_is_at_most_queue_num_max",
     breaks_c4_2_2_2_14,
     keeps_c4_2_2_2_14,
     {NULL}},
    {"drv-4.2.2.2-14",
     "a_queue_that_is_absent_has_no_size",
     breaks_c4_2_2_2_14_2,
     keeps_c4_2_2_2_14_2,
     {NULL}},
    {"drv-4.2.2.2-15",
     "settings_of_a_ready_queue_are_left_alone",
     breaks_c4_2_2_2_15,
     keeps_c4_2_2_2_15,
     {NULL}},
    {"drv-4.2.2.2-17",
     "a_stop_is_read_back_before_the_queue_is_used_on",
     breaks_c4_2_2_2_17,
     keeps_c4_2_2_2_17,
     {NULL}},
    {"drv-4.2.2.2-17",
     "a_stop_is_read_back_before_memory_is_freed",
     breaks_c4_2_2_2_17_2,
     keeps_c4_2_2_2_17_2,
     {NULL}},
    {"drv-4.2.2.2-19",
     "all_events_handled_are_acknowledged",
     breaks_c4_2_2_2_19,
     keeps_c4_2_2_2_19,
     {NULL}},
    {"drv-4.2.2.2-19",
     "unknown_interrupt_bits_are_not_acknowledged",
     breaks_c4_2_2_2_19_2,
     keeps_c4_2_2_2_19_2,
     {NULL}},
    {"drv-4.2.2.2-20",
     "only_bits_0_and_1_are_acknowledged",
     breaks_c4_2_2_2_20,
     keeps_c4_2_2_2_20,
     {NULL}},
    {"drv-4.2.3.1.1-1",
     "magic_and_version_are_read_first",
     breaks_c4_2_3_1_1_1,
     keeps_c4_2_3_1_1_1,
     {NULL}},
    {"drv-4.2.3.1.1-2",
     "device_id_is_read_next",
     breaks_c4_2_3_1_1_2,
     keeps_c4_2_3_1_1_2,
     {NULL}},
    {"drv-4.2.3.1.1-3",
     "a_placeholder_is_not_initialised",
     breaks_c4_2_3_1_1_3,
     keeps_c4_2_2_2_10,
     {"drv-4.2.2.2-10", "drv-4.2.3.1.1-4"}},
    {"drv-4.2.3.1.1-4",
     "a_placeholder_is_not_touched_any_more",
     breaks_c4_2_3_1_1_4,
     keeps_c4_2_2_2_10,
     {NULL}},
    {"drv-4.2.3.1.1-5",
     "shared_memory_registers_are_left_alone",
     breaks_c4_2_3_1_1_5,
     keeps_c4_2_2_2_1,
     {NULL}},
    {"drv-4.2.3.4.1-1",
     "the_cause_of_an_interrupt_is_read",
     breaks_c4_2_3_4_1_1,
     keeps_c4_2_3_4_1_1,
     {NULL}},
    {"drv-4.2.3.4.1-3",
     "an_interrupt_is_acknowledged",
     breaks_c4_2_3_4_1_3,
     keeps_c4_2_3_4_1_3,
     {NULL}},
};
const size_t laws_mmio_count = COUNT_OF(laws_mmio);
