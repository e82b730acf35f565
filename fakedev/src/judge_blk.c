/* SPDX-License-Identifier: MIT
 *
 * judge_blk.c: requests to a block device (5.2.5, 5.2.6). A REQUEST event
 * carries type, sector and the lengths of the readable and the writable data.
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

static void flush_reaches_the_device(struct fake_judge *j,
                                     const struct fake_event *e)
{
    const struct view *v = &j->view;
    uint64_t before = view_flush_before(v, e->arg[0]);

    /* One request may serve several flushes that wait together. */
    if (before && e->arg[1] == 0 && has_feature(v, VIRTIO_BLK_F_FLUSH))
        JUDGE(j, v->flush_requests >= before,
              "VIRTIO_BLK_T_FLUSH sent for a flush, as its feature is accepted",
              "flush reported done, none sent since it was submitted");
}

static void stays_within_capacity(struct fake_judge *j,
                                  const struct fake_event *e)
{
    uint64_t sectors = data_bytes(e) / SECTOR_BYTES;
    uint64_t capacity = j->view.sectors;

    if (transfers(e))
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

const struct judge_entry judge_blk_entries[] = {
    {"drv-5.2.5.1-1", ON(DONE), flush_reaches_the_device},
    {"drv-5.2.6.1-1", ON(REQUEST), stays_within_capacity},
    {"drv-5.2.6.1-2", ON(REG_WRITE), accepts_ro},
    {"drv-5.2.6.1-3", ON(REQUEST), flush_has_sector_0},
    {"drv-5.2.6.1-4", ON(REQUEST), flush_has_no_data},
    {"drv-5.2.6.1-5", ON(REQUEST), data_is_sectors},
    {"drv-5.2.6.1-6", ON(REQUEST), ranges_are_whole},
    {"drv-5.2.6.1-7", ON(REQUEST), id_has_20_bytes},
};
const size_t judge_blk_count =
    sizeof(judge_blk_entries) / sizeof(judge_blk_entries[0]);
