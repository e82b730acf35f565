/* SPDX-License-Identifier: MIT */
/* The second half of each run over the block driver: the device is taken for
 * honest again, and then everything works. */
#include "blk.h"
#include "law.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR_BYTES 512u

static void expect(int result, int wanted, const char *what)
{
    FUZZ_LAW(result == wanted, "with an honest device, %s returns %d", what,
             result);
}

/* By heart: what is written is read. */
static void write_and_read(struct fuzz_blk *f)
{
    const struct rgt_blk_info *info = rgt_blk_info(f->blk);
    uint8_t *data = malloc(SECTOR_BYTES);
    int written = info->read_only ? RGT_E_NOTSUP : 0;

    FUZZ_LAW(data, "the fuzz target is out of memory");
    for (unsigned i = 0; i < SECTOR_BYTES; i++)
        data[i] = (uint8_t)(i * 7);
    free(f->sync_buf);
    f->sync_buf = data;
    f->sync_bytes = SECTOR_BYTES;
    f->sync_dir = RGT_TO_DEVICE;
    memset(f->p->disk, 0x11, sizeof(f->p->disk));
    peer_call(f->p);
    expect(rgt_blk_write_sync(f->blk, 3, data, SECTOR_BYTES), written,
           "write_sync");
    FUZZ_LAW(written != 0 ||
                 memcmp(f->p->disk + 3 * SECTOR_BYTES, data, SECTOR_BYTES) == 0,
             "what was written is not on the disk");
    f->sync_dir = RGT_FROM_DEVICE;
    peer_call(f->p);
    expect(rgt_blk_read_sync(f->blk, 3, data, SECTOR_BYTES), 0, "read_sync");
    FUZZ_LAW(memcmp(f->p->disk + 3 * SECTOR_BYTES, data, SECTOR_BYTES) == 0,
             "what was read is not what is on the disk");
}

static bool can_be_used(const struct fuzz_blk *f)
{
    return f->head->slots >= RGT_BLK_QUEUE_SIZE_MIN &&
           ((f->head->offered & f->head->wanted &
             PEER_F(VIRTIO_F_RING_PACKED)) != 0 ||
            f->head->slots >= 4);
}

/* Whatever happened, it can be opened. */
static void open_again(struct fuzz_blk *f)
{
    peer_reform(f->p, f->head->offered);
    expect(fuzz_blk_reopen(f), 0, "close");
    FUZZ_LAW(f->accepted != 0, "with an honest device, init fails");
    write_and_read(f);
}

void fuzz_blk_end(struct fuzz_blk *f)
{
    if (f->accepted != 0) {
        peer_reform(f->p, f->accepted);
        expect(fuzz_blk_recover(f), 0, "recover");
        write_and_read(f);
    } else {
        peer_reform(f->p, f->head->offered);
        expect(fuzz_blk_close(f), 0, "close");
    }
    if (can_be_used(f))
        open_again(f);
    expect(fuzz_blk_close(f), 0, "close");
}
