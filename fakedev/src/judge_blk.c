/* SPDX-License-Identifier: MIT
 *
 * judge_blk.c: requests to a block device (5.2.5, 5.2.6). A REQUEST event
 * carries type, sector and the lengths of the readable and the writable data;
 * a RANGE event follows for each segment of those that have any.
 */
#include "judge_internal.h"

#define SECTOR_BYTES 512u
#define ID_BYTES 20u

static bool is_type(const struct fake_event *e, uint32_t type)
{
    return e->arg[0] == type;
}

static uint64_t data_bytes(const struct fake_event *e)
{
    return e->arg[2] + e->arg[3];
}

static bool transfers(const struct fake_event *e)
{
    return is_type(e, VIRTIO_BLK_T_IN) || is_type(e, VIRTIO_BLK_T_OUT);
}

/* ---- flushes (5.2.5.1, 5.2.6.1) ---- */

/* A flush that its caller was told to be done. 0: it is none; else requests of
 * that type before it was submitted, + 1. */
static uint64_t flush_done(const struct view *v, const struct fake_event *e)
{
    return e->arg[1] == 0 ? view_flush_before(v, e->arg[0]) : 0;
}

static bool is_writethrough(const struct view *v)
{
    return has_feature(v, VIRTIO_BLK_F_CONFIG_WCE) &&
           v->blk.mode == VIEW_WRITETHROUGH;
}

/* One request may serve several flushes that wait together. */
static void flush_reaches_the_device(struct fake_judge *j,
                                     const struct fake_event *e)
{
    const struct view *v = &j->view;
    uint64_t before = flush_done(v, e);
    /* Whether it should have sent another one is the clause below. */
    uint64_t least = has_feature(v, VIRTIO_BLK_F_CONFIG_WCE) ? before : 1;

    if (before && has_feature(v, VIRTIO_BLK_F_FLUSH) && !is_writethrough(v))
        JUDGE(j, v->flush_requests >= least,
              "VIRTIO_BLK_T_FLUSH sent for a flush, as its feature is accepted",
              "flush reported done, none sent since it was submitted");
}

static void cache_is_taken_for_writeback(struct fake_judge *j,
                                         const struct fake_event *e)
{
    const struct view *v = &j->view;
    uint64_t before = flush_done(v, e);

    if (before && v->flush_requests && has_feature(v, VIRTIO_BLK_F_FLUSH) &&
        !has_feature(v, VIRTIO_BLK_F_CONFIG_WCE))
        JUDGE(j, v->flush_requests >= before,
              "another VIRTIO_BLK_T_FLUSH, as the cache is a writeback cache",
              "flush reported done, none sent since it was submitted");
}

static void writethrough_commits_nothing_old(struct fake_judge *j,
                                             const struct fake_event *e)
{
    struct view *v = &j->view;
    uint64_t before = flush_done(v, e);

    if (before && is_writethrough(v) && view_blk_op(&v->blk, e->arg[0])->dirty)
        JUDGE(j, v->flush_requests >= before,
              "VIRTIO_BLK_T_FLUSH for writes of before writeback was set to 0",
              "flush reported done, none sent since it was submitted");
}

/* ---- requests (5.2.6.1) ---- */

/* To write zeroes is to write. */
static void stays_within_capacity(struct fake_judge *j,
                                  const struct fake_event *e)
{
    bool range = e->kind == FAKE_EV_RANGE;
    uint64_t sectors = range ? e->arg[2] : data_bytes(e) / SECTOR_BYTES;
    uint64_t capacity = j->view.sectors;

    if (range ? is_type(e, VIRTIO_BLK_T_WRITE_ZEROES) : transfers(e))
        JUDGE(j, e->arg[1] <= capacity && sectors <= capacity - e->arg[1],
              "no request past the end of the device",
              "sector %llu, %llu sectors, capacity %llu",
              (unsigned long long)e->arg[1], (unsigned long long)sectors,
              (unsigned long long)capacity);
}

static void accepts_ro(struct fake_judge *j, const struct fake_event *e)
{
    if (fresh_status(&j->view, e) & VIRTIO_STATUS_FEATURES_OK &&
        offers(j, VIRTIO_BLK_F_RO))
        JUDGE(j, has_feature(&j->view, VIRTIO_BLK_F_RO),
              "VIRTIO_BLK_F_RO accepted", "offered and not accepted");
}

static void flush_has_sector_0(struct fake_judge *j, const struct fake_event *e)
{
    if (is_type(e, VIRTIO_BLK_T_FLUSH))
        JUDGE(j, e->arg[1] == 0, "sector 0 in a flush", "sector %llu",
              (unsigned long long)e->arg[1]);
}

static void flush_has_no_data(struct fake_judge *j, const struct fake_event *e)
{
    if (is_type(e, VIRTIO_BLK_T_FLUSH))
        JUDGE(j, data_bytes(e) == 0, "no data in a flush", "%llu bytes",
              (unsigned long long)data_bytes(e));
}

static void data_is_sectors(struct fake_judge *j, const struct fake_event *e)
{
    if (transfers(e))
        JUDGE(j, data_bytes(e) % SECTOR_BYTES == 0,
              "a data length divisible by 512", "%llu bytes",
              (unsigned long long)data_bytes(e));
}

static void ranges_are_whole(struct fake_judge *j, const struct fake_event *e)
{
    size_t one = sizeof(struct virtio_blk_discard_write_zeroes);

    if (is_type(e, VIRTIO_BLK_T_DISCARD) ||
        is_type(e, VIRTIO_BLK_T_SECURE_ERASE) ||
        is_type(e, VIRTIO_BLK_T_WRITE_ZEROES))
        JUDGE(j, data_bytes(e) % one == 0, "a data length divisible by 16",
              "%llu bytes", (unsigned long long)data_bytes(e));
}

static void id_has_20_bytes(struct fake_judge *j, const struct fake_event *e)
{
    if (is_type(e, VIRTIO_BLK_T_GET_ID))
        JUDGE(j, data_bytes(e) == ID_BYTES, "20 bytes of data in GET_ID",
              "%llu bytes", (unsigned long long)data_bytes(e));
}

/* ---- segments (5.2.6.1) ---- */

static void has_at_most(struct fake_judge *j, const struct fake_event *e,
                        uint32_t type, uint32_t max, const char *expected)
{
    uint64_t segments =
        data_bytes(e) / sizeof(struct virtio_blk_discard_write_zeroes);

    if (is_type(e, type) && !j->view.config_cut)
        JUDGE(j, segments <= max, expected, "%llu segments, at most %u",
              (unsigned long long)segments, max);
}

static void discard_is_no_longer_than_told(struct fake_judge *j,
                                           const struct fake_event *e)
{
    has_at_most(j, e, VIRTIO_BLK_T_DISCARD, j->about.max_discard_seg,
                "at most max_discard_seg segments in a discard");
}

static void erase_is_no_longer_than_told(struct fake_judge *j,
                                         const struct fake_event *e)
{
    has_at_most(j, e, VIRTIO_BLK_T_SECURE_ERASE, j->about.max_secure_erase_seg,
                "at most max_secure_erase_seg segments in a secure erase");
}

static void zeroes_are_no_longer_than_told(struct fake_judge *j,
                                           const struct fake_event *e)
{
    has_at_most(j, e, VIRTIO_BLK_T_WRITE_ZEROES, j->about.max_write_zeroes_seg,
                "at most max_write_zeroes_seg segments in a write of zeroes");
}

static void discard_does_not_unmap(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (is_type(e, VIRTIO_BLK_T_DISCARD))
        JUDGE(j, !(e->arg[3] & 1), "unmap 0 in the segments of a discard",
              "flags 0x%x", (unsigned)e->arg[3]);
}

/* A driver that knows what is there need not ask. */
static void discarded_data_is_asked_for(struct fake_judge *j,
                                        const struct fake_event *e)
{
    struct view *v = &j->view;
    const struct view_blk_op *op = view_blk_op(&v->blk, e->arg[0]);

    if (e->arg[1] == 0 && op->op == VIEW_OP_READ && op->discarded &&
        view_blk_discarded(v, op->sector, op->sectors))
        JUDGE(j, v->blk.reads > op->reads,
              "VIRTIO_BLK_T_IN for a read of discarded sectors",
              "read reported done, none sent since it was submitted");
}

static void failed_list_is_in_doubt(struct fake_judge *j,
                                    const struct fake_event *e)
{
    struct view_blk *b = &j->view.blk;
    const struct view_blk_list *list =
        view_blk_list_of_op(b, view_blk_op(b, e->arg[0])->op);

    if (list && list->in_doubt && list->token == e->arg[0])
        JUDGE(j, e->arg[1] != 0,
              "several segments are in doubt after VIRTIO_BLK_S_IOERR",
              "reported done, and not sent again");
}

const struct judge_entry judge_blk_entries[] = {
    {"drv-5.2.5.1-1", ON(DONE), flush_reaches_the_device},
    {"drv-5.2.5.1-3", ON(DONE), cache_is_taken_for_writeback},
    {"drv-5.2.6.1-1", ON(REQUEST) | ON(RANGE), stays_within_capacity},
    {"drv-5.2.6.1-2", ON(REG_WRITE), accepts_ro},
    {"drv-5.2.6.1-3", ON(REQUEST), flush_has_sector_0},
    {"drv-5.2.6.1-4", ON(REQUEST), flush_has_no_data},
    {"drv-5.2.6.1-5", ON(REQUEST), data_is_sectors},
    {"drv-5.2.6.1-6", ON(REQUEST), ranges_are_whole},
    {"drv-5.2.6.1-7", ON(REQUEST), id_has_20_bytes},
    {"drv-5.2.6.1-8", ON(REQUEST), discard_is_no_longer_than_told},
    {"drv-5.2.6.1-9", ON(REQUEST), erase_is_no_longer_than_told},
    {"drv-5.2.6.1-10", ON(REQUEST), zeroes_are_no_longer_than_told},
    {"drv-5.2.6.1-12", ON(DONE), writethrough_commits_nothing_old},
    {"drv-5.2.6.1-13", ON(RANGE), discard_does_not_unmap},
    {"drv-5.2.6.1-14", ON(DONE), discarded_data_is_asked_for},
    {"drv-5.2.6.1-15", ON(DONE), failed_list_is_in_doubt},
};
const size_t judge_blk_count =
    sizeof(judge_blk_entries) / sizeof(judge_blk_entries[0]);
