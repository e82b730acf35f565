/* SPDX-License-Identifier: MIT
 *
 * judge_laws_blk.c: requests to a block device.
 */
#include "judged.h"

static void breaks_c5_2_5_1_1(struct judged *j)
{
    bring_up(j);
    done(j, submit(j, OP_FLUSH), 0);
}

static void keeps_c5_2_5_1_1(struct judged *j)
{
    uint64_t one, two;

    bring_up(j);
    one = submit(j, OP_FLUSH);
    two = submit(j, OP_FLUSH);
    publish(j);
    kick(j);
    /* One request for both, and one flush that failed without any. */
    take(j, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    give_back(j, 0, 1);
    done(j, one, 0);
    done(j, two, 0);
    done(j, submit(j, OP_FLUSH), RGT_E_IO);
}

static void breaks_c5_2_5_1_1_2(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    done(j, submit(j, OP_FLUSH), 0);
}

static void keeps_c5_2_5_1_1_2(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
}

static void breaks_c5_2_6_1_1(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_IN, 2047, 0, 1024);
}

static void keeps_c5_2_6_1_1(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_IN, 2046, 0, 1024);
}

static void breaks_c5_2_6_1_1_2(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_OUT, UINT64_MAX, 512, 0);
}

static void keeps_c5_2_6_1_1_2(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_OUT, 0, 2048 * 512, 0);
}

static void breaks_c5_2_6_1_1_3(struct judged *j)
{
    bring_up(j);
    fault(j, FAKE_FAULT_CONFIG_CHANGE, 1024);
    take_down(j);
    bring_up(j);
    request(j, VIRTIO_BLK_T_IN, 1024, 0, 512);
}

static void keeps_c5_2_6_1_1_3(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_IN, 2047, 0, 512);
    /* It shrinks while a request is on its way, and grows. */
    fault(j, FAKE_FAULT_CONFIG_CHANGE, 1024);
    request(j, VIRTIO_BLK_T_IN, 2047, 0, 512);
    fault(j, FAKE_FAULT_CONFIG_CHANGE, 4096);
    request(j, VIRTIO_BLK_T_IN, 4095, 0, 512);
}

static void breaks_c5_2_6_1_2(struct judged *j)
{
    j->about.offered |= F(VIRTIO_BLK_F_RO);
    j->leave = F(VIRTIO_BLK_F_RO);
    bring_up(j);
}

static void keeps_c5_2_6_1_2(struct judged *j)
{
    j->about.offered |= F(VIRTIO_BLK_F_RO);
    bring_up(j);
}

static void breaks_c5_2_6_1_3(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_FLUSH, 8, 0, 0);
}

static void keeps_c5_2_6_1_3(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    request(j, VIRTIO_BLK_T_IN, 8, 0, 512);
}

static void breaks_c5_2_6_1_4(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 512, 0);
}

static void keeps_c5_2_6_1_4(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
}

static void breaks_c5_2_6_1_5(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_OUT, 0, 513, 0);
}

static void keeps_c5_2_6_1_5(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_OUT, 0, 1024, 0);
    request(j, VIRTIO_BLK_T_GET_ID, 0, 0, 20);
}

static void breaks_c5_2_6_1_6(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_DISCARD, 0, 24, 0);
}

static void keeps_c5_2_6_1_6(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_DISCARD, 0, 32, 0);
    request(j, VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, 0);
    request(j, VIRTIO_BLK_T_SECURE_ERASE, 0, 16, 0);
}

static void breaks_c5_2_6_1_7(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_GET_ID, 0, 0, 24);
}

static void keeps_c5_2_6_1_7(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_GET_ID, 0, 0, 20);
}

const struct law laws_blk[] = {
    {"drv-5.2.5.1-1",
     "a_flush_reaches_the_device",
     breaks_c5_2_5_1_1,
     keeps_c5_2_5_1_1,
     {NULL}},
    {"drv-5.2.5.1-1",
     "an_old_flush_does_not_serve_a_new_one",
     breaks_c5_2_5_1_1_2,
     keeps_c5_2_5_1_1_2,
     {NULL}},
    {"drv-5.2.6.1-1",
     "no_request_reaches_past_the_end",
     breaks_c5_2_6_1_1,
     keeps_c5_2_6_1_1,
     {NULL}},
    {"drv-5.2.6.1-1",
     "no_write_reaches_round_the_end_of_the_numbers",
     breaks_c5_2_6_1_1_2,
     keeps_c5_2_6_1_1_2,
     {NULL}},
    {"drv-5.2.6.1-1",
     "a_capacity_counts_from_the_reset_on",
     breaks_c5_2_6_1_1_3,
     keeps_c5_2_6_1_1_3,
     {NULL}},
    {"drv-5.2.6.1-2",
     "read_only_is_accepted",
     breaks_c5_2_6_1_2,
     keeps_c5_2_6_1_2,
     {NULL}},
    {"drv-5.2.6.1-3",
     "a_flush_has_sector_0",
     breaks_c5_2_6_1_3,
     keeps_c5_2_6_1_3,
     {NULL}},
    {"drv-5.2.6.1-4",
     "a_flush_has_no_data",
     breaks_c5_2_6_1_4,
     keeps_c5_2_6_1_4,
     {NULL}},
    {"drv-5.2.6.1-5",
     "data_is_whole_sectors",
     breaks_c5_2_6_1_5,
     keeps_c5_2_6_1_5,
     {NULL}},
    {"drv-5.2.6.1-6",
     "ranges_are_whole",
     breaks_c5_2_6_1_6,
     keeps_c5_2_6_1_6,
     {NULL}},
    {"drv-5.2.6.1-7",
     "an_id_has_20_bytes",
     breaks_c5_2_6_1_7,
     keeps_c5_2_6_1_7,
     {NULL}},
};
const size_t laws_blk_count = COUNT_OF(laws_blk);
