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

/* The mode can be changed, and is writeback: nothing else says so. */
static void offer_modes(struct judged *j)
{
    j->about.offered |= F(VIRTIO_BLK_F_CONFIG_WCE);
}

static void breaks_c5_2_5_1_1_2(struct judged *j)
{
    offer_modes(j);
    bring_up(j);
    set_writeback(j, 1);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    done(j, submit(j, OP_FLUSH), 0);
}

static void keeps_c5_2_5_1_1_2(struct judged *j)
{
    offer_modes(j);
    bring_up(j);
    set_writeback(j, 1);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    /* Writethrough, and nothing older: there is nothing to flush. */
    set_writeback(j, 0);
    request(j, VIRTIO_BLK_T_OUT, 0, 512, 0);
    done(j, submit(j, OP_FLUSH), 0);
}

/* After a reset the mode is the device's choice. */
static void breaks_c5_2_5_1_1_3(struct judged *j)
{
    offer_modes(j);
    bring_up(j);
    set_writeback(j, 0);
    take_down(j);
    bring_up(j);
    done(j, submit(j, OP_FLUSH), 0);
}

static void keeps_c5_2_5_1_1_3(struct judged *j)
{
    offer_modes(j);
    bring_up(j);
    set_writeback(j, 0);
    take_down(j);
    bring_up(j);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
}

static void breaks_c5_2_5_1_3(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    done(j, submit(j, OP_FLUSH), 0);
}

static void keeps_c5_2_5_1_3(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    done(j, submit(j, OP_FLUSH), RGT_E_IO);
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

static void breaks_c5_2_6_1_1_4(struct judged *j)
{
    bring_up(j);
    ranges(j, VIRTIO_BLK_T_WRITE_ZEROES, 2047, 2, 0);
}

/* To discard is neither to read nor to write. */
static void keeps_c5_2_6_1_1_4(struct judged *j)
{
    bring_up(j);
    ranges(j, VIRTIO_BLK_T_WRITE_ZEROES, 2046, 2, 1);
    ranges(j, VIRTIO_BLK_T_DISCARD, 2047, 2, 0);
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

/* ---- segments ---- */

static void breaks_c5_2_6_1_8(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_DISCARD, 0, 5 * 16, 0);
}

static void keeps_c5_2_6_1_8(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_DISCARD, 0, 4 * 16, 0);
}

/* What the device told as 0 allows no request at all. */
static void breaks_c5_2_6_1_8_2(struct judged *j)
{
    j->about.max_discard_seg = 0;
    bring_up(j);
    request(j, VIRTIO_BLK_T_DISCARD, 0, 16, 0);
}

static void breaks_c5_2_6_1_9(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_SECURE_ERASE, 0, 3 * 16, 0);
}

static void keeps_c5_2_6_1_9(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_SECURE_ERASE, 0, 2 * 16, 0);
}

static void breaks_c5_2_6_1_10(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_WRITE_ZEROES, 0, 4 * 16, 0);
}

static void keeps_c5_2_6_1_10(struct judged *j)
{
    bring_up(j);
    request(j, VIRTIO_BLK_T_WRITE_ZEROES, 0, 3 * 16, 0);
}

static void breaks_c5_2_6_1_12(struct judged *j)
{
    offer_modes(j);
    bring_up(j);
    set_writeback(j, 1);
    request(j, VIRTIO_BLK_T_OUT, 8, 512, 0);
    set_writeback(j, 0);
    done(j, submit(j, OP_FLUSH), 0);
}

/* Submitted before the switch, taken after it. */
static void breaks_c5_2_6_1_12_3(struct judged *j)
{
    offer_modes(j);
    bring_up(j);
    set_writeback(j, 1);
    set_writeback(j, 0);
    see(j, FAKE_EV_OLD_MODE, 0, 0, 0, 0, 0);
    request(j, VIRTIO_BLK_T_OUT, 8, 512, 0);
    done(j, submit(j, OP_FLUSH), 0);
}

/* Only that one, and not those after it. */
static void keeps_c5_2_6_1_12_3(struct judged *j)
{
    uint64_t flush;

    offer_modes(j);
    bring_up(j);
    set_writeback(j, 1);
    set_writeback(j, 0);
    see(j, FAKE_EV_OLD_MODE, 0, 0, 0, 0, 0);
    request(j, VIRTIO_BLK_T_OUT, 8, 512, 0);
    flush = submit(j, OP_FLUSH);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    done(j, flush, 0);
    see(j, FAKE_EV_OLD_MODE, 0, 0, 0, 0, 0);
    request(j, VIRTIO_BLK_T_IN, 8, 0, 512);
    request(j, VIRTIO_BLK_T_OUT, 8, 512, 0);
    done(j, submit(j, OP_FLUSH), 0);
}

static void keeps_c5_2_6_1_12(struct judged *j)
{
    offer_modes(j);
    bring_up(j);
    set_writeback(j, 1);
    request(j, VIRTIO_BLK_T_OUT, 8, 512, 0);
    set_writeback(j, 0);
    request(j, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
    /* From here on all is stable. */
    request(j, VIRTIO_BLK_T_OUT, 8, 512, 0);
    done(j, submit(j, OP_FLUSH), 0);
}

/* Zeroes are written, and what was not told of the mode may be writeback. */
static void breaks_c5_2_6_1_12_2(struct judged *j)
{
    offer_modes(j);
    bring_up(j);
    ranges(j, VIRTIO_BLK_T_WRITE_ZEROES, 8, 1, 0);
    set_writeback(j, 0);
    done(j, submit(j, OP_FLUSH), 0);
}

static void breaks_c5_2_6_1_13(struct judged *j)
{
    bring_up(j);
    ranges(j, VIRTIO_BLK_T_DISCARD, 8, 1, 1);
}

static void keeps_c5_2_6_1_13(struct judged *j)
{
    bring_up(j);
    ranges(j, VIRTIO_BLK_T_DISCARD, 8, 1, 0);
    ranges(j, VIRTIO_BLK_T_WRITE_ZEROES, 8, 1, 1);
}

static void breaks_c5_2_6_1_14(struct judged *j)
{
    bring_up(j);
    ranges(j, VIRTIO_BLK_T_DISCARD, 8, 8, 0);
    done(j, submit_read(j, 15, 2), 0);
}

static void keeps_c5_2_6_1_14(struct judged *j)
{
    uint64_t token;

    bring_up(j);
    ranges(j, VIRTIO_BLK_T_DISCARD, 8, 8, 0);
    token = submit_read(j, 8, 1);
    request(j, VIRTIO_BLK_T_IN, 8, 0, 512);
    done(j, token, 0);
    done(j, submit_read(j, 8, 1), RGT_E_IO);
    /* Submitted before it was discarded. */
    token = submit_read(j, 100, 1);
    ranges(j, VIRTIO_BLK_T_DISCARD, 100, 1, 0);
    done(j, token, 0);
    /* In a cache of the driver's own. */
    see(j, FAKE_EV_SUBMIT, FAKE_NO_QUEUE, j->token++, OP_WRITE, 100, 512);
    done(j, submit_read(j, 100, 1), 0);
    /* Not discarded, written since, zeroed since: a driver may know those. */
    done(j, submit_read(j, 16, 4), 0);
    request(j, VIRTIO_BLK_T_OUT, 8, 512, 0);
    done(j, submit_read(j, 8, 1), 0);
    ranges(j, VIRTIO_BLK_T_WRITE_ZEROES, 9, 1, 0);
    done(j, submit_read(j, 8, 2), 0);
}

/* A list of two segments, up to the failure of its request. */
static uint64_t fails(struct judged *j, unsigned op, uint32_t type)
{
    uint64_t token = begin_request(j, op, type, 0, 32, 0);

    range(j, type, 8, 1, 0);
    range(j, type, 16, 1, 0);
    see(j, FAKE_EV_FAILED, 0, type, VIRTIO_BLK_S_IOERR, 2, 0);
    return token;
}

static void breaks_c5_2_6_1_15(struct judged *j)
{
    bring_up(j);
    end_request(j, fails(j, OP_DISCARD, VIRTIO_BLK_T_DISCARD), 0, 32, 0);
}

static void keeps_c5_2_6_1_15(struct judged *j)
{
    uint64_t token;

    bring_up(j);
    token = fails(j, OP_DISCARD, VIRTIO_BLK_T_DISCARD);
    end_request(j, token, RGT_E_IO, 32, 0);
    /* Sent again as a whole. */
    token = fails(j, OP_WRITE_ZEROES, VIRTIO_BLK_T_WRITE_ZEROES);
    see(j, FAKE_EV_REQUEST, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0, 32, 0);
    end_request(j, token, 0, 32, 0);
    /* Of one segment there is no doubt: that it failed is another matter. */
    token = begin_request(j, OP_DISCARD, VIRTIO_BLK_T_DISCARD, 0, 16, 0);
    see(j, FAKE_EV_FAILED, 0, VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_S_IOERR, 1, 0);
    end_request(j, token, 0, 16, 0);
}

static void breaks_c5_2_6_1_15_2(struct judged *j)
{
    bring_up(j);
    end_request(j, fails(j, OP_WRITE_ZEROES, VIRTIO_BLK_T_WRITE_ZEROES), 0, 32,
                0);
}

/* Of two that are on their way, nobody can tell whose it was. */
static void keeps_c5_2_6_1_15_2(struct judged *j)
{
    uint64_t one;

    bring_up(j);
    one = submit(j, OP_DISCARD);
    end_request(j, fails(j, OP_DISCARD, VIRTIO_BLK_T_DISCARD), 0, 32, 0);
    done(j, one, RGT_E_IO);
    end_request(j, fails(j, OP_DISCARD, VIRTIO_BLK_T_DISCARD), RGT_E_IO, 32, 0);
}

const struct law laws_blk[] = {
    {"drv-5.2.5.1-1",
     "a_flush_reaches_the_device",
     breaks_c5_2_5_1_1,
     keeps_c5_2_5_1_1,
     {NULL}},
    {"drv-5.2.5.1-1",
     "in_writeback_mode_a_new_flush_is_sent",
     breaks_c5_2_5_1_1_2,
     keeps_c5_2_5_1_1_2,
     {NULL}},
    {"drv-5.2.5.1-1",
     "a_mode_ends_with_a_reset",
     breaks_c5_2_5_1_1_3,
     keeps_c5_2_5_1_1_3,
     {NULL}},
    {"drv-5.2.5.1-3",
     "an_old_flush_does_not_serve_a_new_one",
     breaks_c5_2_5_1_3,
     keeps_c5_2_5_1_3,
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
    {"drv-5.2.6.1-1",
     "no_zeroes_past_the_end",
     breaks_c5_2_6_1_1_4,
     keeps_c5_2_6_1_1_4,
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
    {"drv-5.2.6.1-8",
     "a_discard_has_no_more_segments_than_told",
     breaks_c5_2_6_1_8,
     keeps_c5_2_6_1_8,
     {NULL}},
    {"drv-5.2.6.1-8",
     "a_limit_of_0_is_one",
     breaks_c5_2_6_1_8_2,
     keeps_c5_2_6_1_8,
     {NULL}},
    {"drv-5.2.6.1-9",
     "an_erase_has_no_more_segments_than_told",
     breaks_c5_2_6_1_9,
     keeps_c5_2_6_1_9,
     {NULL}},
    {"drv-5.2.6.1-10",
     "zeroes_have_no_more_segments_than_told",
     breaks_c5_2_6_1_10,
     keeps_c5_2_6_1_10,
     {NULL}},
    {"drv-5.2.6.1-12",
     "writethrough_commits_nothing_old",
     breaks_c5_2_6_1_12,
     keeps_c5_2_6_1_12,
     {NULL}},
    {"drv-5.2.6.1-12",
     "zeroes_are_as_volatile_as_writes",
     breaks_c5_2_6_1_12_2,
     keeps_c5_2_6_1_12,
     {NULL}},
    {"drv-5.2.6.1-12",
     "a_write_is_as_volatile_as_when_it_was_submitted",
     breaks_c5_2_6_1_12_3,
     keeps_c5_2_6_1_12_3,
     {NULL}},
    {"drv-5.2.6.1-13",
     "a_discard_does_not_unmap",
     breaks_c5_2_6_1_13,
     keeps_c5_2_6_1_13,
     {NULL}},
    {"drv-5.2.6.1-14",
     "discarded_data_is_asked_for",
     breaks_c5_2_6_1_14,
     keeps_c5_2_6_1_14,
     {NULL}},
    {"drv-5.2.6.1-15",
     "a_failed_list_is_in_doubt",
     breaks_c5_2_6_1_15,
     keeps_c5_2_6_1_15,
     {NULL}},
    {"drv-5.2.6.1-15",
     "two_failed_lists_are_nobodys",
     breaks_c5_2_6_1_15_2,
     keeps_c5_2_6_1_15_2,
     {NULL}},
};
const size_t laws_blk_count = COUNT_OF(laws_blk);
