/* SPDX-License-Identifier: MIT */
/* The waiting calls of the block driver. */
#include "blk.h"
#include "law.h"

#include <stdlib.h>

#define SYNC_MAY                                                               \
    (MAY(INVAL) | MAY(NOTSUP) | MAY(NOMEM) | MAY(STATE) | MAY(PROTO) |         \
     MAY(IO) | MAY(TIMEOUT))

/* The buffer of a call that the driver could not take back stays until it is
 * closed, or recovered. */
static void sync_begin(struct fuzz_blk *f, uint32_t bytes, enum rgt_dir dir)
{
    if (!f->sync_buf || !peer_is_lent(f->p, f->sync_buf, f->sync_bytes)) {
        free(f->sync_buf);
        f->sync_buf = fuzz_make(bytes);
        f->sync_bytes = bytes;
        f->sync_dir = dir;
    }
    fuzz_blk_begin(f, false);
}

static void sync_end(struct fuzz_blk *f, const char *call, int result)
{
    (void)fuzz_result(f->p, call, result, 0, SYNC_MAY);
    FUZZ_LAW(f->sync_bytes == 0 || result == RGT_E_STATE ||
                 !peer_is_lent(f->p, f->sync_buf, f->sync_bytes),
             "%s returned %d, but its buffer is lent", call, result);
}

void fuzz_blk_read_sync(struct fuzz_blk *f)
{
    uint64_t sector = fuzz_number(&f->p->in);
    uint32_t bytes = (uint32_t)(fuzz_number(&f->p->in) % FUZZ_PIECE_BYTES_MAX);

    sync_begin(f, bytes, RGT_FROM_DEVICE);
    sync_end(f, "read_sync",
             rgt_blk_read_sync(f->blk, sector, f->sync_buf,
                               (uint32_t)f->sync_bytes));
}

void fuzz_blk_write_sync(struct fuzz_blk *f)
{
    uint64_t sector = fuzz_number(&f->p->in);
    uint32_t bytes = (uint32_t)(fuzz_number(&f->p->in) % FUZZ_PIECE_BYTES_MAX);

    sync_begin(f, bytes, RGT_TO_DEVICE);
    sync_end(f, "write_sync",
             rgt_blk_write_sync(f->blk, sector, f->sync_buf,
                                (uint32_t)f->sync_bytes));
}

void fuzz_blk_other_sync(struct fuzz_blk *f)
{
    switch (fuzz_u8(&f->p->in) % 3) {
    case 0:
        fuzz_blk_begin(f, false);
        (void)fuzz_result(f->p, "flush_sync", rgt_blk_flush_sync(f->blk), 0,
                          SYNC_MAY);
        break;
    case 1:
        sync_begin(f, RGT_BLK_ID_BYTES + 1, RGT_FROM_DEVICE);
        if (f->sync_bytes != RGT_BLK_ID_BYTES + 1)
            break; /* it is still that of another call */
        f->sync_bytes = RGT_BLK_ID_BYTES;
        sync_end(f, "id_sync", rgt_blk_id_sync(f->blk, f->sync_buf));
        break;
    default:
        sync_begin(f, sizeof(struct rgt_blk_lifetime), RGT_FROM_DEVICE);
        if (f->sync_bytes != sizeof(struct rgt_blk_lifetime))
            break;
        sync_end(f, "lifetime_sync",
                 rgt_blk_lifetime_sync(f->blk, f->sync_buf));
        break;
    }
}

void fuzz_blk_range_sync(struct fuzz_blk *f)
{
    struct fuzz_input *in = &f->p->in;
    uint8_t which = fuzz_u8(in) % 3;
    uint64_t sector = fuzz_number(in);
    uint64_t count = fuzz_number(in);
    bool unmap = (fuzz_u8(in) & 1) != 0;

    fuzz_blk_begin(f, false);
    int result = which == 0 ? rgt_blk_discard_sync(f->blk, sector, count)
                 : which == 1
                     ? rgt_blk_write_zeroes_sync(f->blk, sector, count, unmap)
                     : rgt_blk_secure_erase_sync(f->blk, sector, count);
    (void)fuzz_result(f->p, "range_sync", result, 0, SYNC_MAY);
}
