/* SPDX-License-Identifier: MIT
 *
 * score_blk.c: does a disk work again? See score_io.h.
 */
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "probe.h"
#include "ringtrue/wire.h"
#include "score_io.h"

#define SECTOR_BYTES 512u
#define BLOCK_BYTES_MAX 65536u
#define UNWRITTEN 0xa5
#define PATTERN 77u

/* One look at a disk: the block that is used, and what is there. */
struct look {
    struct rig *rig;
    struct rig_score_part *io;
    uint64_t sector;
    uint32_t bytes;
    uint32_t queues;
    uint8_t *was, *now; /* of `bytes` */
};

static bool has(const struct rig *rig, enum rig_op_code code)
{
    return rig->dut->op_mask >> code & 1;
}

/* In the middle: the ends of a disk are what cases are about. */
static void choose(struct look *l)
{
    const struct rig *rig = l->rig;
    uint64_t told = atomic_load(&rig->machine->lines.sectors);
    uint64_t there = rig->machine->store->bytes / SECTOR_BYTES;
    uint64_t capacity = told < there ? told : there; /* a disk may lie */
    struct rig_blk_info info = {0};
    uint32_t sectors;

    l->bytes = SECTOR_BYTES;
    l->queues = 1;
    if (rig->dut->blk_info && rig->dut->blk_info(rig->self, &info) == 0) {
        bool usual = info.blk_size % SECTOR_BYTES == 0 &&
                     info.blk_size <= BLOCK_BYTES_MAX;

        l->bytes = usual && info.blk_size ? info.blk_size : SECTOR_BYTES;
        l->queues = info.queues ? info.queues : 1;
    }
    sectors = l->bytes / SECTOR_BYTES;
    if (capacity < sectors)
        l->bytes = (uint32_t)capacity * SECTOR_BYTES;
    else
        l->sector = capacity / 2 / sectors * sectors;
}

/* Returns false and says so if it did not work. */
static bool transfer(struct look *l, enum rig_op_code code, uint32_t queue,
                     uint8_t *data)
{
    bool write = code == RIG_OP_BLK_WRITE;
    struct rig_probe *probe = rig_probe_new(l->rig, code, l->bytes);
    int result;

    if (!probe) {
        rig_score_broken(l->io, "memory for a block", "none");
        return false;
    }
    probe->request.op.queue = queue;
    probe->request.op.sector = l->sector;
    if (write)
        memcpy(probe->seg.buf, data, l->bytes);
    else
        memset(probe->seg.buf, UNWRITTEN, l->bytes);
    result = rig_probe_run(l->rig, probe);
    if (result)
        rig_score_broken(l->io,
                         write ? "a write that is done" : "a read that is done",
                         "%s at sector %llu, queue %u", rgt_err_name(result),
                         (unsigned long long)l->sector, queue);
    else if (!write)
        memcpy(data, probe->seg.buf, l->bytes);
    return result == 0;
}

/* What the disk itself holds, by no way of the driver's. */
static bool holds(struct look *l, const uint8_t *data, const char *what)
{
    uint8_t *seen = malloc(l->bytes);
    bool same =
        seen && fake_machine_peek(l->rig->machine, l->sector * SECTOR_BYTES,
                                  seen, l->bytes) == 0;

    if (!same)
        rig_score_broken(l->io, what, "sector %llu cannot be looked at",
                         (unsigned long long)l->sector);
    else if (memcmp(seen, data, l->bytes) != 0) {
        same = false;
        rig_score_broken(l->io, what, "something else at sector %llu",
                         (unsigned long long)l->sector);
    }
    free(seen);
    return same;
}

static bool reads(struct look *l)
{
    for (uint32_t q = 0; q < l->queues; q++)
        if (!transfer(l, RIG_OP_BLK_READ, q, l->was) ||
            !holds(l, l->was, "a read gives what is on the disk"))
            return false;
    return true;
}

/* Bytes that cannot have been there. */
static void make_pattern(struct look *l)
{
    uint64_t offset = l->sector * SECTOR_BYTES, seed = PATTERN;

    seed += rig_pattern_check(seed, offset, l->was, l->bytes) == l->bytes;
    rig_pattern_fill(seed, offset, l->now, l->bytes);
}

static bool reads_back(struct look *l)
{
    uint8_t *wrote = malloc(l->bytes);
    bool well = false;

    if (wrote) {
        memcpy(wrote, l->now, l->bytes);
        well = transfer(l, RIG_OP_BLK_READ, 0, l->now);
    }
    if (well && memcmp(wrote, l->now, l->bytes) != 0) {
        well = false;
        rig_score_broken(l->io, "a read gives what was written",
                         "something else at sector %llu",
                         (unsigned long long)l->sector);
    }
    free(wrote);
    return well;
}

static bool flushes(struct look *l)
{
    struct rig_probe *probe;
    int result;

    if (!(l->rig->machine->regs.accepted >> VIRTIO_BLK_F_FLUSH & 1) ||
        !has(l->rig, RIG_OP_BLK_FLUSH))
        return true;
    probe = rig_probe_new(l->rig, RIG_OP_BLK_FLUSH, 0);
    result = probe ? rig_probe_run(l->rig, probe) : RGT_E_NOMEM;
    if (result)
        rig_score_broken(l->io, "a flush that is done", "%s",
                         rgt_err_name(result));
    return result == 0;
}

static bool writes(struct look *l)
{
    make_pattern(l);
    return transfer(l, RIG_OP_BLK_WRITE, 0, l->now) && reads_back(l) &&
           holds(l, l->now, "what was written is on the disk") &&
           transfer(l, RIG_OP_BLK_WRITE, 0, l->was) && flushes(l) &&
           holds(l, l->was, "what was written is on the disk");
}

static void look_at(struct look *l)
{
    struct rig *rig = l->rig;
    bool read_only = rig->machine->cfg.blk.features >> VIRTIO_BLK_F_RO & 1;
    bool write = !read_only && has(rig, RIG_OP_BLK_WRITE);

    l->io->held =
        (!has(rig, RIG_OP_BLK_READ) || reads(l)) && (!write || writes(l));
    if (l->io->held)
        snprintf(l->io->seen, sizeof(l->io->seen), "%s of %u bytes at %llu",
                 write ? "write and read" : "read", l->bytes,
                 (unsigned long long)l->sector);
}

void rig_score_blk(struct rig *rig, struct rig_score_part *io)
{
    struct look l = {.rig = rig, .io = io};

    choose(&l);
    l.was = calloc(l.bytes + 1, 1);
    l.now = calloc(l.bytes + 1, 1);
    if (!l.was || !l.now) {
        rig_score_broken(io, "memory for a block", "none");
    } else if (l.bytes == 0) {
        io->held = true;
        snprintf(io->seen, sizeof(io->seen), "a disk without sectors");
    } else {
        look_at(&l);
    }
    free(l.was);
    free(l.now);
    rig_probes_drop(rig, false);
}
