/* SPDX-License-Identifier: MIT
 *
 * judge_laws_init.c: status, reset, features and the order of initialisation.
 */
#include "judged.h"

/* A device whose queue is not there: a reason to give up. */
static void queue_is_absent(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    wr(j, VIRTIO_MMIO_QUEUE_SEL, 0);
    rd(j, VIRTIO_MMIO_QUEUE_NUM_MAX, 0);
}

/* FEATURES_OK does not stay set. */
static void refuse(struct judged *j)
{
    steps(j, PROBE, FEATURES_OK);
    j->status &= ~(uint32_t)FOK;
    rd(j, VIRTIO_MMIO_STATUS, j->status);
}

static void breaks_c2_1_1_1(struct judged *j)
{
    bring_up(j);
    set_status(j, j->status | 16);
}

static void keeps_c2_1_1_1(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_STATUS, FAKE_NO_QUEUE, NEEDS_RESET, 0, 0, 0);
    rd(j, VIRTIO_MMIO_STATUS, j->status | NEEDS_RESET);
    set_status(j, j->status | NEEDS_RESET | GAVE_UP);
}

static void breaks_c2_1_1_1_2(struct judged *j)
{
    bring_up(j);
    set_status(j, j->status | NEEDS_RESET);
}

static void keeps_c2_1_1_1_2(struct judged *j)
{
    bring_up(j);
    set_status(j, j->status);
}

static void breaks_c2_1_1_2(struct judged *j)
{
    bring_up(j);
    set_status(j, j->status & ~(uint32_t)ACK);
}

static void keeps_c2_1_1_2(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_STATUS, FAKE_NO_QUEUE, NEEDS_RESET, 0, 0, 0);
    rd(j, VIRTIO_MMIO_STATUS, j->status | NEEDS_RESET);
    set_status(j, j->status);
    take_down(j);
}

static void breaks_c2_1_1_3(struct judged *j)
{
    queue_is_absent(j);
    set_status(j, j->status | GAVE_UP);
    set_status(j, j->status | LIVE);
}

static void keeps_c2_1_1_3(struct judged *j)
{
    queue_is_absent(j);
    set_status(j, j->status | GAVE_UP);
    set_status(j, j->status);
    steps(j, RESET, DRIVER_OK);
}

static void breaks_c2_1_1_4(struct judged *j)
{
    uint64_t token;

    bring_up(j);
    token = submit(j, OP_READ);
    publish(j);
    kick(j);
    take(j, 0, VIRTIO_BLK_T_IN, 0, 0, 512);
    see(j, FAKE_EV_STATUS, FAKE_NO_QUEUE, NEEDS_RESET, 0, 0, 0);
    done(j, token, 0);
}

static void keeps_c2_1_1_4(struct judged *j)
{
    uint64_t token;

    bring_up(j);
    token = submit(j, OP_READ);
    publish(j);
    kick(j);
    take(j, 0, VIRTIO_BLK_T_IN, 0, 0, 512);
    give_back(j, 0, 513);
    see(j, FAKE_EV_STATUS, FAKE_NO_QUEUE, NEEDS_RESET, 0, 0, 0);
    done(j, token, 0);
    done(j, submit(j, OP_READ), RGT_E_IO);
}

static void breaks_c2_1_1_4_2(struct judged *j)
{
    bring_up(j);
    see(j, FAKE_EV_STATUS, FAKE_NO_QUEUE, NEEDS_RESET, 0, 0, 0);
    done(j, submit(j, OP_WRITE), 0);
}

static void keeps_c2_1_1_4_2(struct judged *j)
{
    bring_up(j);
    /* The device fails while the reset is on its way to it. */
    wr(j, VIRTIO_MMIO_STATUS, 0);
    see(j, FAKE_EV_STATUS, FAKE_NO_QUEUE, NEEDS_RESET, 0, 0, 0);
    see(j, FAKE_EV_RESET, FAKE_NO_QUEUE, 0, 0, 0, 0);
    rd(j, VIRTIO_MMIO_STATUS, 0);
    j->status = 0;
    steps(j, ACKNOWLEDGE, DRIVER_OK);
    done(j, submit(j, OP_WRITE), 0);
}

static void breaks_c2_2_1_1(struct judged *j)
{
    steps(j, PROBE, OFFER);
    write_features(j, j->about.offered | F(40));
    steps(j, FEATURES_OK, DRIVER_OK);
}

static void keeps_c2_2_1_1(struct judged *j)
{
    j->leave = F(VIRTIO_F_EVENT_IDX);
    bring_up(j);
}

static void breaks_c2_2_1_1_2(struct judged *j)
{
    steps(j, PROBE, FEATURES);
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 2);
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES, 1);
    steps(j, FEATURES_OK, DRIVER_OK);
}

static void keeps_c2_2_1_1_2(struct judged *j)
{
    steps(j, PROBE, FEATURES);
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 2);
    wr(j, VIRTIO_MMIO_DRIVER_FEATURES, 0);
    steps(j, FEATURES_OK, DRIVER_OK);
}

static void breaks_c2_2_1_3(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    set_status(j, j->status | GAVE_UP);
}

static void keeps_c2_2_1_3(struct judged *j)
{
    bring_up(j);
    set_status(j, j->status | GAVE_UP);
}

static void breaks_c2_2_1_4(struct judged *j)
{
    j->about.offered &= ~F(VIRTIO_F_VERSION_1);
    steps(j, PROBE, OFFER);
    gives_up(j, RGT_E_REFUSED);
}

static void keeps_c2_2_1_4(struct judged *j)
{
    j->about.offered &= ~F(VIRTIO_F_VERSION_1);
    steps(j, PROBE, OFFER);
    set_status(j, j->status | GAVE_UP);
    gives_up(j, RGT_E_REFUSED);
}

static void breaks_c2_4_2_1(struct judged *j)
{
    steps(j, PROBE, PROBE);
    set_status(j, 0);
    rd(j, VIRTIO_MMIO_INTERRUPT_STATUS, 0);
    rd(j, VIRTIO_MMIO_STATUS, 0);
    steps(j, ACKNOWLEDGE, DRIVER_OK);
}

static void keeps_c2_4_2_1(struct judged *j)
{
    steps(j, PROBE, PROBE);
    set_status(j, 0);
    rd(j, VIRTIO_MMIO_STATUS, 15);
    set_status(j, 0);
    rd(j, VIRTIO_MMIO_STATUS, 15);
    rd(j, VIRTIO_MMIO_STATUS, 0);
    steps(j, ACKNOWLEDGE, DRIVER_OK);
}

static void breaks_c2_4_2_1_2(struct judged *j)
{
    steps(j, PROBE, PROBE);
    set_status(j, 0);
    set_status(j, ACK);
}

static void keeps_c2_4_2_1_2(struct judged *j)
{
    steps(j, PROBE, PROBE);
    set_status(j, 0);
    rd(j, VIRTIO_MMIO_STATUS, 15);
    /* It gives up, on top of what it reads. */
    set_status(j, 15 | GAVE_UP);
    gives_up(j, RGT_E_TIMEOUT);
}

static void breaks_c2_5_1_5(struct judged *j)
{
    j->about.config_bytes += 8;
    steps(j, PROBE, CONFIG);
    set_status(j, j->status | GAVE_UP);
}

static void keeps_c2_5_1_5(struct judged *j)
{
    j->about.config_bytes += 8;
    bring_up(j);
}

static void breaks_c3_1_1_1(struct judged *j)
{
    steps(j, PROBE, PROBE);
    steps(j, ACKNOWLEDGE, DRIVER_OK);
}

static void keeps_c3_1_1_1(struct judged *j)
{
    steps(j, PROBE, PROBE);
    rd(j, VIRTIO_MMIO_STATUS, 0);
    rd(j, VIRTIO_MMIO_VENDOR_ID, 0);
    steps(j, RESET, DRIVER_OK);
}

static void breaks_c3_1_1_1_2(struct judged *j)
{
    steps(j, PROBE, PROBE);
    steps(j, CONFIG, CONFIG);
    steps(j, RESET, DRIVER_OK);
}

static void keeps_c3_1_1_1_2(struct judged *j)
{
    steps(j, PROBE, CONFIG);
}

static void breaks_c3_1_1_2(struct judged *j)
{
    steps(j, PROBE, RESET);
    set_status(j, DRV);
    set_status(j, ACK | DRV);
    steps(j, OFFER, DRIVER_OK);
}

static void keeps_c3_1_1_2(struct judged *j)
{
    steps(j, PROBE, ACKNOWLEDGE);
    set_status(j, ACK);
    steps(j, DRIVER, DRIVER_OK);
}

static void breaks_c3_1_1_3(struct judged *j)
{
    steps(j, PROBE, RESET);
    set_status(j, ACK | DRV);
    steps(j, OFFER, DRIVER_OK);
}

static void keeps_c3_1_1_3(struct judged *j)
{
    steps(j, PROBE, ACKNOWLEDGE);
    rd(j, VIRTIO_MMIO_STATUS, ACK);
    steps(j, DRIVER, DRIVER_OK);
}

static void breaks_c3_1_1_4(struct judged *j)
{
    steps(j, PROBE, ACKNOWLEDGE);
    steps(j, OFFER, FEATURES);
    steps(j, DRIVER, DRIVER);
    steps(j, FEATURES_OK, DRIVER_OK);
}

static void keeps_c3_1_1_4(struct judged *j)
{
    steps(j, PROBE, ACKNOWLEDGE);
    steps(j, OFFER, OFFER);
    steps(j, DRIVER, DRIVER_OK);
}

static void breaks_c3_1_1_4_2(struct judged *j)
{
    steps(j, PROBE, DRIVER);
    steps(j, FEATURES, DRIVER_OK);
}

static void keeps_c3_1_1_4_2(struct judged *j)
{
    steps(j, PROBE, DRIVER_OK);
}

static void breaks_c3_1_1_6(struct judged *j)
{
    j->about.offered |= F(VIRTIO_BLK_F_CONFIG_WCE);
    steps(j, PROBE, FEATURES);
    access_as(j, FAKE_EV_REG_WRITE, VIRTIO_MMIO_CONFIG + 32, 1, 1);
    steps(j, FEATURES_OK, DRIVER_OK);
}

static void keeps_c3_1_1_6(struct judged *j)
{
    j->about.offered |= F(VIRTIO_BLK_F_CONFIG_WCE);
    steps(j, PROBE, CONFIRM);
    access_as(j, FAKE_EV_REG_WRITE, VIRTIO_MMIO_CONFIG + 32, 1, 1);
    steps(j, CONFIG, DRIVER_OK);
}

static void breaks_c3_1_1_7(struct judged *j)
{
    steps(j, PROBE, OFFER);
    steps(j, FEATURES_OK, DRIVER_OK);
}

static void keeps_c3_1_1_7(struct judged *j)
{
    bring_up(j);
}

static void breaks_c3_1_1_7_2(struct judged *j)
{
    steps(j, PROBE, FEATURES);
    steps(j, CONFIG, CONFIG);
    steps(j, DRIVER_OK, DRIVER_OK);
}

static void breaks_c3_1_1_8(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    steps(j, FEATURES, FEATURES);
    steps(j, CONFIG, DRIVER_OK);
}

static void keeps_c3_1_1_8(struct judged *j)
{
    steps(j, PROBE, FEATURES);
    steps(j, FEATURES, DRIVER_OK);
}

static void breaks_c3_1_1_9(struct judged *j)
{
    steps(j, PROBE, FEATURES_OK);
    steps(j, CONFIG, DRIVER_OK);
}

static void keeps_c3_1_1_9(struct judged *j)
{
    steps(j, PROBE, FEATURES_OK);
    steps(j, RESET, DRIVER_OK);
}

static void breaks_c3_1_1_10(struct judged *j)
{
    refuse(j);
    steps(j, QUEUES, QUEUES);
}

static void keeps_c3_1_1_10(struct judged *j)
{
    refuse(j);
    set_status(j, j->status | GAVE_UP);
    gives_up(j, RGT_E_REFUSED);
}

static void breaks_c3_1_1_10_2(struct judged *j)
{
    refuse(j);
    steps(j, DRIVER_OK, DRIVER_OK);
}

static void keeps_c3_1_1_10_2(struct judged *j)
{
    refuse(j);
    steps(j, RESET, DRIVER_OK);
}

static void breaks_c3_1_1_11(struct judged *j)
{
    steps(j, PROBE, OFFER);
    steps(j, QUEUES, QUEUES);
    steps(j, FEATURES, CONFIG);
    steps(j, DRIVER_OK, DRIVER_OK);
}

static void breaks_c3_1_1_11_2(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    steps(j, DRIVER_OK, DRIVER_OK);
    steps(j, QUEUES, QUEUES);
}

static void keeps_c3_1_1_11(struct judged *j)
{
    bring_up(j);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 0);
    rd(j, VIRTIO_MMIO_QUEUE_READY, 0);
}

static void breaks_c3_1_1_12(struct judged *j)
{
    steps(j, PROBE, FEATURES);
    set_status(j, ACK | DRV | FOK | LIVE);
    rd(j, VIRTIO_MMIO_STATUS, j->status);
}

static void breaks_c3_1_1_12_2(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    see(j, FAKE_EV_OPENED, FAKE_NO_QUEUE, 0, 0, 0, 0);
}

static void breaks_c3_1_1_13(struct judged *j)
{
    queue_is_absent(j);
    gives_up(j, RGT_E_PROTO);
}

static void keeps_c3_1_1_13(struct judged *j)
{
    queue_is_absent(j);
    set_status(j, j->status | GAVE_UP);
    set_status(j, 0);
    rd(j, VIRTIO_MMIO_STATUS, 0);
    gives_up(j, RGT_E_PROTO);
}

static void breaks_c3_1_1_14(struct judged *j)
{
    queue_is_absent(j);
    set_status(j, j->status | GAVE_UP);
    wr(j, VIRTIO_MMIO_QUEUE_DESC_LOW, 4096);
}

static void keeps_c3_1_1_14(struct judged *j)
{
    queue_is_absent(j);
    set_status(j, j->status | GAVE_UP);
    wr(j, VIRTIO_MMIO_QUEUE_SEL, 0);
    wr(j, VIRTIO_MMIO_QUEUE_READY, 0);
    wr(j, VIRTIO_MMIO_INTERRUPT_ACK, 1);
    gives_up(j, RGT_E_PROTO);
}

static void breaks_c3_1_1_15(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    publish(j);
    kick(j);
    steps(j, DRIVER_OK, DRIVER_OK);
}

static void keeps_c3_1_1_15(struct judged *j)
{
    steps(j, PROBE, QUEUES);
    publish(j);
    steps(j, DRIVER_OK, DRIVER_OK);
    kick(j);
}

static void breaks_c6_1_1(struct judged *j)
{
    j->leave = F(VIRTIO_F_VERSION_1);
    bring_up(j);
}

static void breaks_c6_1_3(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_ACCESS_PLATFORM);
    j->leave = F(VIRTIO_F_ACCESS_PLATFORM);
    bring_up(j);
}

static void keeps_c6_1_3(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_ACCESS_PLATFORM);
    bring_up(j);
}

static void breaks_c6_1_6(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_RING_PACKED);
    j->leave = F(VIRTIO_F_RING_PACKED);
    bring_up(j);
}

static void keeps_c6_1_6(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_RING_PACKED);
    bring_up(j);
}

static void breaks_c6_1_7(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_ORDER_PLATFORM);
    j->leave = F(VIRTIO_F_ORDER_PLATFORM);
    bring_up(j);
}

static void keeps_c6_1_7(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_ORDER_PLATFORM);
    bring_up(j);
}

static void breaks_c6_1_10(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_SR_IOV);
    bring_up(j);
}

static void keeps_c6_1_10(struct judged *j)
{
    j->about.offered |= F(VIRTIO_F_SR_IOV);
    j->leave = F(VIRTIO_F_SR_IOV);
    bring_up(j);
}

const struct law laws_init[] = {
    {"drv-2.1.1-1",
     "status_bits_that_no_step_sets_are_not_written",
     breaks_c2_1_1_1,
     keeps_c2_1_1_1,
     {NULL}},
    {"drv-2.1.1-1",
     "needs_reset_is_the_devices_to_set",
     breaks_c2_1_1_1_2,
     keeps_c2_1_1_1_2,
     {NULL}},
    {"drv-2.1.1-2",
     "no_status_bit_is_dropped_but_by_a_reset",
     breaks_c2_1_1_2,
     keeps_c2_1_1_2,
     {NULL}},
    {"drv-2.1.1-3",
     "after_failed_only_a_reset_goes_on",
     breaks_c2_1_1_3,
     keeps_c2_1_1_3,
     {NULL}},
    {"drv-2.1.1-4",
     "no_success_is_made_up_while_the_device_needs_a_reset",
     breaks_c2_1_1_4,
     keeps_c2_1_1_4,
     {NULL}},
    {"drv-2.1.1-4",
     "a_new_life_after_the_reset_needs_none",
     breaks_c2_1_1_4_2,
     keeps_c2_1_1_4_2,
     {NULL}},
    {"drv-2.2.1-1",
     "only_what_is_offered_is_accepted",
     breaks_c2_2_1_1,
     keeps_c2_2_1_1,
     {NULL}},
    {"drv-2.2.1-1",
     "features_from_bit_64_on_are_never_offered",
     breaks_c2_2_1_1_2,
     keeps_c2_2_1_1_2,
     {NULL}},
    {"drv-2.2.1-3",
     "a_working_device_is_not_given_up",
     breaks_c2_2_1_3,
     keeps_c2_2_1_3,
     {NULL}},
    {"drv-2.2.1-4",
     "failed_is_set_when_version_1_is_not_offered",
     breaks_c2_2_1_4,
     keeps_c2_2_1_4,
     {NULL}},
    {"drv-2.4.2-1",
     "nothing_but_status_is_touched_until_a_reset_reads_0",
     breaks_c2_4_2_1,
     keeps_c2_4_2_1,
     {NULL}},
    {"drv-2.4.2-1",
     "acknowledge_waits_until_the_reset_reads_0",
     breaks_c2_4_2_1_2,
     keeps_c2_4_2_1_2,
     {NULL}},
    {"drv-2.5.1-5",
     "a_longer_config_space_is_accepted",
     breaks_c2_5_1_5,
     keeps_c2_5_1_5,
     {NULL}},
    {"drv-3.1.1-1",
     "the_reset_comes_first",
     breaks_c3_1_1_1,
     keeps_c3_1_1_1,
     {NULL}},
    {"drv-3.1.1-1",
     "config_is_not_read_before_the_reset",
     breaks_c3_1_1_1_2,
     keeps_c3_1_1_1_2,
     {NULL}},
    {"drv-3.1.1-2",
     "acknowledge_is_the_first_bit",
     breaks_c3_1_1_2,
     keeps_c3_1_1_2,
     {NULL}},
    {"drv-3.1.1-3",
     "driver_is_a_step_of_its_own",
     breaks_c3_1_1_3,
     keeps_c3_1_1_3,
     {NULL}},
    {"drv-3.1.1-4",
     "features_are_written_after_driver",
     breaks_c3_1_1_4,
     keeps_c3_1_1_4,
     {NULL}},
    {"drv-3.1.1-4",
     "features_are_read_before_some_are_accepted",
     breaks_c3_1_1_4_2,
     keeps_c3_1_1_4_2,
     {NULL}},
    {"drv-3.1.1-6",
     "config_is_not_written_before_features_ok",
     breaks_c3_1_1_6,
     keeps_c3_1_1_6,
     {NULL}},
    {"drv-3.1.1-7",
     "features_ok_follows_the_features",
     breaks_c3_1_1_7,
     keeps_c3_1_1_7,
     {NULL}},
    {"drv-3.1.1-7",
     "driver_ok_needs_features_ok",
     breaks_c3_1_1_7_2,
     keeps_c3_1_1_7,
     {NULL}},
    {"drv-3.1.1-8",
     "features_are_settled_by_features_ok",
     breaks_c3_1_1_8,
     keeps_c3_1_1_8,
     {NULL}},
    {"drv-3.1.1-9",
     "status_is_read_again_after_features_ok",
     breaks_c3_1_1_9,
     keeps_c3_1_1_9,
     {NULL}},
    {"drv-3.1.1-10",
     "no_queue_after_features_were_refused",
     breaks_c3_1_1_10,
     keeps_c3_1_1_10,
     {NULL}},
    {"drv-3.1.1-10",
     "no_driver_ok_after_features_were_refused",
     breaks_c3_1_1_10_2,
     keeps_c3_1_1_10_2,
     {NULL}},
    {"drv-3.1.1-11",
     "queues_are_set_up_after_features_ok",
     breaks_c3_1_1_11,
     keeps_c3_1_1_7,
     {NULL}},
    {"drv-3.1.1-11",
     "queues_are_set_up_before_driver_ok",
     breaks_c3_1_1_11_2,
     keeps_c3_1_1_11,
     {NULL}},
    {"drv-3.1.1-12",
     "driver_ok_is_a_step_of_its_own",
     breaks_c3_1_1_12,
     keeps_c3_1_1_7,
     {NULL}},
    {"drv-3.1.1-12",
     "no_device_is_used_without_driver_ok",
     breaks_c3_1_1_12_2,
     keeps_c3_1_1_7,
     {NULL}},
    {"drv-3.1.1-13",
     "failed_is_set_by_who_gives_up",
     breaks_c3_1_1_13,
     keeps_c3_1_1_13,
     {NULL}},
    {"drv-3.1.1-14",
     "initialisation_ends_with_failed",
     breaks_c3_1_1_14,
     keeps_c3_1_1_14,
     {NULL}},
    {"drv-3.1.1-15",
     "no_kick_before_driver_ok",
     breaks_c3_1_1_15,
     keeps_c3_1_1_15,
     {NULL}},
    {"drv-6.1-1",
     "version_1_is_accepted",
     breaks_c6_1_1,
     keeps_c3_1_1_7,
     {NULL}},
    {"drv-6.1-3",
     "access_platform_is_accepted",
     breaks_c6_1_3,
     keeps_c6_1_3,
     {NULL}},
    {"drv-6.1-6",
     "ring_packed_is_accepted",
     breaks_c6_1_6,
     keeps_c6_1_6,
     {NULL}},
    {"drv-6.1-7",
     "order_platform_is_accepted",
     breaks_c6_1_7,
     keeps_c6_1_7,
     {NULL}},
    {"drv-6.1-10",
     "sr_iov_is_left_alone_on_mmio",
     breaks_c6_1_10,
     keeps_c6_1_10,
     {NULL}},
};
const size_t laws_init_count = COUNT_OF(laws_init);
