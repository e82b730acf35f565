/* SPDX-License-Identifier: MIT
 *
 * request.c: from JSON to an operation. See request.h.
 */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "pattern.h"

#define SECTOR_BYTES 512u
#define SEGS_MAX 512u
#define UNWRITTEN 0xa5

/* What an operation carries besides its code. */
enum carries { NOTHING, SECTORS, FIXED, RANGES };

static const struct kind {
    const char *name;
    enum rig_op_code code;
    enum carries carries;
    uint32_t bytes; /* of FIXED */
} kinds[] = {
    {"blk.read", RIG_OP_BLK_READ, SECTORS, 0},
    {"blk.write", RIG_OP_BLK_WRITE, SECTORS, 0},
    {"blk.flush", RIG_OP_BLK_FLUSH, NOTHING, 0},
    {"blk.id", RIG_OP_BLK_ID, FIXED, 20},
    {"blk.lifetime", RIG_OP_BLK_LIFETIME, FIXED, 6},
    {"blk.discard", RIG_OP_BLK_DISCARD, RANGES, 0},
    {"blk.write_zeroes", RIG_OP_BLK_WRITE_ZEROES, RANGES, 0},
    {"blk.secure_erase", RIG_OP_BLK_SECURE_ERASE, RANGES, 0},
    {"blk.writeback", RIG_OP_BLK_WRITEBACK, NOTHING, 0},
    {"queue.reset", RIG_OP_QUEUE_RESET, NOTHING, 0},
};

/* The schema admits only names that are in the table. */
static const struct kind *find(const char *name)
{
    for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        if (strcmp(kinds[k].name, name) == 0)
            return &kinds[k];
    return &kinds[0];
}

static const struct kind *kind_of(const json_t *step)
{
    return find(rig_param_text(step, "op"));
}

enum rig_op_code rig_op_code_of(const char *name)
{
    return find(name)->code;
}

static uint64_t bytes_of(const json_t *step, const struct kind *kind)
{
    if (kind->carries != SECTORS)
        return kind->bytes;
    return rig_param(step, "bytes", rig_param(step, "count", 1) * SECTOR_BYTES);
}

/* ---- segments ---- */

static bool segs_fit(const json_t *list, uint64_t bytes)
{
    uint64_t sum = 0;
    const json_t *n;
    size_t k;

    json_array_foreach(list, k, n)
    {
        sum += (uint64_t)json_integer_value(n);
        if (sum > bytes)
            return false;
    }
    return true;
}

/* "segs" lists the lengths of all segments but the last, which takes what is
 * left; without it there is one. */
static int cut(struct rig *rig, struct rig_item *it, uint32_t skew)
{
    const json_t *list = json_object_get(it->step, "segs");
    uint64_t left = it->bytes;

    it->seg_count = (uint32_t)json_array_size(list) + 1;
    if (it->bytes == 0 && !list)
        it->seg_count = 0;
    if (it->seg_count > SEGS_MAX)
        return -1;
    it->seg = calloc(it->seg_count + 1, sizeof(*it->seg));
    if (!it->seg)
        return -1;
    for (uint32_t k = 0; k < it->seg_count; k++) {
        const json_t *n = json_array_get(list, k);
        uint64_t want = n ? (uint64_t)json_integer_value(n) : left;
        uint8_t *mem = rig_take(rig, want + skew + RIG_GUARD);

        if (!mem)
            return -1;
        it->seg[k].buf = mem + skew;
        it->seg[k].bytes = (uint32_t)want;
        memset(mem + skew + want, RIG_GUARD_BYTE, RIG_GUARD);
        left -= want;
    }
    return 0;
}

static void fill(const struct rig_item *it, const struct rig_op *op)
{
    uint64_t offset = op->sector * SECTOR_BYTES;

    for (uint32_t k = 0; k < it->seg_count; k++) {
        const struct rig_seg *seg = &it->seg[k];

        if (op->code == RIG_OP_BLK_WRITE)
            rig_pattern_fill(rig_param(it->step, "data", 1), offset, seg->buf,
                             seg->bytes);
        else
            memset(seg->buf, UNWRITTEN, seg->bytes);
        offset += seg->bytes;
    }
}

/* ---- ranges ---- */

static struct rig_range range_of(struct rig *rig, const json_t *one)
{
    return (struct rig_range){
        .sector = rig_param_sector(rig, one),
        .sectors = rig_param(one, "count", 1),
        .unmap = rig_param_true(one, "unmap"),
    };
}

/* "ranges" lists them; without it the step itself is one. */
static int list_ranges(struct rig *rig, struct rig_item *it)
{
    const json_t *list = json_object_get(it->step, "ranges");
    size_t count = list ? json_array_size(list) : 1;

    it->range = calloc(count + 1, sizeof(*it->range));
    if (!it->range)
        return -1;
    it->range_count = (uint32_t)count;
    for (size_t k = 0; k < count; k++)
        it->range[k] = range_of(rig, list ? json_array_get(list, k) : it->step);
    return 0;
}

/* ---- all of it ---- */

static int fill_op(struct rig *rig, const struct kind *kind,
                   struct rig_item *it, struct rig_op *op)
{
    op->code = kind->code;
    op->queue = (uint32_t)rig_param(it->step, "queue", 0);
    op->id = rig_param_true(it->step, "on");
    if (kind->carries == RANGES) {
        if (list_ranges(rig, it))
            return -1;
        op->range = it->range;
        op->range_count = it->range_count;
        op->sector = it->range_count ? it->range[0].sector : 0;
        return 0;
    }
    op->sector = rig_param_sector(rig, it->step);
    it->bytes = bytes_of(it->step, kind);
    if (cut(rig, it, (uint32_t)rig_param(it->step, "skew", 0)))
        return -1;
    op->seg = it->seg;
    op->seg_count = it->seg_count;
    fill(it, op);
    return 0;
}

json_t *rig_item_prepare(struct rig *rig, const json_t *step,
                         struct rig_item *it, struct rig_op *op)
{
    const struct kind *kind = kind_of(step);

    it->step = step;
    if (!segs_fit(json_object_get(step, "segs"), bytes_of(step, kind)))
        return rig_result_reason(RIG_OUTCOME_BENCH,
                                 "segs are longer than the data of %s",
                                 kind->name);
    if (fill_op(rig, kind, it, op))
        return rig_result_reason(RIG_OUTCOME_BENCH,
                                 "no room for the buffers of %s", kind->name);
    if (!(rig->dut->op_mask >> op->code & 1))
        return rig_result_reason(RIG_OUTCOME_SKIP, "subject has no %s",
                                 kind->name);
    return NULL;
}

void rig_item_free(struct rig *rig, struct rig_item *it)
{
    uint32_t skew = it->step ? (uint32_t)rig_param(it->step, "skew", 0) : 0;

    for (uint32_t s = 0; it->seg && s < it->seg_count; s++)
        if (it->seg[s].buf)
            rig_give(rig, (uint8_t *)it->seg[s].buf - skew);
    free(it->seg);
    free(it->range);
}
