/* SPDX-License-Identifier: MIT */
#include "blk.h"
#include "law.h"

static void look_at_info(const struct fuzz_blk *f,
                         const struct rgt_blk_info *info)
{
    FUZZ_LAW(info->size_max > 0 && info->seg_max > 0,
             "pieces of %u bytes, %u of them", info->size_max, info->seg_max);
    FUZZ_LAW(info->blk_size >= 512 &&
                 (info->blk_size & (info->blk_size - 1)) == 0,
             "blocks of %u bytes", info->blk_size);
    FUZZ_LAW(info->physical_block_exp < 32 &&
                 (uint64_t)info->blk_size << info->physical_block_exp <=
                     UINT32_MAX,
             "physical blocks of %u << %u", info->blk_size,
             info->physical_block_exp);
    FUZZ_LAW(info->queue_count > 0 && info->queue_count <= info->num_queues,
             "%u queues of %u", info->queue_count, info->num_queues);
    FUZZ_LAW(info->queue_size >= RGT_BLK_QUEUE_SIZE_MIN &&
                 info->queue_size <= f->head->slots,
             "a queue of %u with %u slots", info->queue_size, f->head->slots);
    FUZZ_LAW(info->seg_max <= info->queue_size - 2u,
             "%u pieces in a queue of %u", info->seg_max, info->queue_size);
}

/* What was read from a device that then did not come up may be odd. */
void fuzz_blk_check(struct fuzz_blk *f)
{
    if (f->blk->up && f->blk->dev.state == RGT_DEV_LIVE)
        look_at_info(f, rgt_blk_info(f->blk));
}

void fuzz_blk_look(struct fuzz_blk *f)
{
    struct rgt_blk_lifetime lifetime;
    uint8_t raw[RGT_BLK_LIFETIME_BYTES];

    fuzz_blk_check(f);
    FUZZ_LAW(rgt_blk_queue(f->blk, UINT16_MAX) == NULL,
             "a queue that there is not");
    for (unsigned i = 0; i < sizeof(raw); i++)
        raw[i] = fuzz_u8(&f->p->in);
    (void)fuzz_result(f->p, "lifetime_decode",
                      rgt_blk_lifetime_decode(raw, &lifetime), 0, MAY(PROTO));
}
