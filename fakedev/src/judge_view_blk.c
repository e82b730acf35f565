/* SPDX-License-Identifier: MIT
 *
 * judge_view_blk.c: what the events so far say about a disk: its cache mode,
 * what may be volatile, what was discarded, and which lists of segments ended
 * in doubt.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "judge_internal.h"

#define SECTOR_BYTES 512u
#define TRACKED_MAX                                                            \
    (UINT64_C(1) << 23) /* sectors of which discards are kept                  \
                         */
#define WRITEBACK                                                              \
    (VIRTIO_MMIO_CONFIG + offsetof(struct virtio_blk_config, writeback))

/* ---- discarded sectors ---- */

static uint64_t tracked(const struct view *v)
{
    return v->sectors_now < TRACKED_MAX ? v->sectors_now : TRACKED_MAX;
}

static void mark(struct view *v, uint64_t sector, uint64_t sectors, bool on)
{
    struct view_blk *b = &v->blk;

    if (!b->discarded && on) {
        b->discarded_bits = tracked(v);
        b->discarded = calloc(1, b->discarded_bits / 8 + 1);
    }
    if (!b->discarded)
        return;
    for (; sectors && sector < b->discarded_bits; sectors--, sector++) {
        uint8_t bit = (uint8_t)(1u << sector % 8);
        uint8_t *byte = &b->discarded[sector / 8];

        *byte = (uint8_t)(on ? *byte | bit : *byte & ~bit);
    }
}

bool view_blk_discarded(const struct view *v, uint64_t sector, uint64_t sectors)
{
    const struct view_blk *b = &v->blk;

    if (!b->discarded)
        return false;
    for (; sectors && sector < b->discarded_bits; sectors--, sector++)
        if (b->discarded[sector / 8] >> sector % 8 & 1)
            return true;
    return false;
}

void view_blk_free(struct view *v)
{
    free(v->blk.discarded);
}

/* ---- lists of segments ---- */

/* Those of whose segments nothing is known after an error (5.2.6.1). */
static struct view_blk_list *list_of(struct view_blk *b, bool discard,
                                     bool zeroes)
{
    return discard ? &b->list[0] : zeroes ? &b->list[1] : NULL;
}

static struct view_blk_list *list_of_type(struct view_blk *b, uint64_t type)
{
    return list_of(b, type == VIRTIO_BLK_T_DISCARD,
                   type == VIRTIO_BLK_T_WRITE_ZEROES);
}

struct view_blk_list *view_blk_list_of_op(struct view_blk *b, uint32_t op)
{
    return list_of(b, op == VIEW_OP_DISCARD, op == VIEW_OP_WRITE_ZEROES);
}

/* Whose failure it is can be told only while there is but one. */
static void add_failed(struct view_blk *b, const struct fake_event *e)
{
    struct view_blk_list *list = list_of_type(b, e->arg[0]);

    if (!list || e->arg[1] != VIRTIO_BLK_S_IOERR || e->arg[2] < 2 ||
        list->pending != 1)
        return;
    list->in_doubt = true;
    list->token = list->pending_tokens;
}

/* ---- requests ---- */

/* What lay in the ring while the mode was changed may be volatile whichever
 * way that went (5.2.6.2). */
static void add_write(struct view_blk *b)
{
    b->dirty |= b->mode != VIEW_WRITETHROUGH || b->old_mode;
}

static void add_request(struct view *v, const struct fake_event *e)
{
    struct view_blk *b = &v->blk;
    struct view_blk_list *list = list_of_type(b, e->arg[0]);

    if (list)
        list->in_doubt = false; /* it was sent again */
    switch (e->arg[0]) {
    case VIRTIO_BLK_T_IN:
        b->reads++;
        break;
    case VIRTIO_BLK_T_OUT:
        mark(v, e->arg[1], e->arg[2] / SECTOR_BYTES, false);
        add_write(b);
        break;
    case VIRTIO_BLK_T_WRITE_ZEROES:
        add_write(b);
        break;
    case VIRTIO_BLK_T_FLUSH:
        b->dirty = false;
        break;
    }
    b->old_mode = false;
}

static void add_range(struct view *v, const struct fake_event *e)
{
    if (e->arg[0] == VIRTIO_BLK_T_DISCARD)
        mark(v, e->arg[1], e->arg[2], true);
    else if (e->arg[0] == VIRTIO_BLK_T_WRITE_ZEROES)
        mark(v, e->arg[1], e->arg[2], false);
}

/* ---- the bench's own calls ---- */

struct view_blk_op *view_blk_op(struct view_blk *b, uint64_t token)
{
    return &b->op[token % VIEW_BLK_OPS];
}

bool view_blk_by_registers(struct view_blk *b, uint64_t token)
{
    uint32_t op = view_blk_op(b, token)->op;

    return op == VIEW_OP_WRITEBACK || op == VIEW_OP_QUEUE_RESET;
}

static void add_submit(struct view *v, const struct fake_event *e)
{
    struct view_blk *b = &v->blk;
    struct view_blk_op *op = view_blk_op(b, e->arg[0]);
    struct view_blk_list *list = view_blk_list_of_op(b, (uint32_t)e->arg[1]);
    uint64_t sectors = e->arg[3] / SECTOR_BYTES;

    *op = (struct view_blk_op){
        .op = (uint32_t)e->arg[1],
        .sector = e->arg[2],
        .sectors = sectors,
        .reads = b->reads,
        .dirty = b->dirty,
        .discarded = view_blk_discarded(v, e->arg[2], sectors),
    };
    /* The driver may keep it for itself, and answer reads from it. */
    if (op->op == VIEW_OP_WRITE)
        mark(v, op->sector, sectors, false);
    if (list) {
        list->pending++;
        list->pending_tokens += e->arg[0];
    }
}

static void add_end(struct view_blk *b, uint64_t token)
{
    struct view_blk_list *list =
        view_blk_list_of_op(b, view_blk_op(b, token)->op);

    if (!list || !list->pending)
        return;
    list->pending--;
    list->pending_tokens -= token;
    list->in_doubt &= list->token != token;
}

/* ---- all of it ---- */

static void add_reset(struct view_blk *b)
{
    b->mode = VIEW_MODE_UNKNOWN;
    b->dirty = b->old_mode = false;
    b->list[0].in_doubt = b->list[1].in_doubt = false;
}

void view_blk_add(struct view *v, const struct fake_event *e)
{
    struct view_blk *b = &v->blk;

    switch (e->kind) {
    case FAKE_EV_REG_READ:
    case FAKE_EV_REG_WRITE:
        if (e->arg[0] == WRITEBACK)
            b->mode = e->arg[2] ? VIEW_WRITEBACK : VIEW_WRITETHROUGH;
        break;
    case FAKE_EV_OLD_MODE:
        b->old_mode = true;
        break;
    case FAKE_EV_REQUEST:
        add_request(v, e);
        break;
    case FAKE_EV_RANGE:
        add_range(v, e);
        break;
    case FAKE_EV_FAILED:
        /* Which of its segments were discarded, nobody knows. */
        if (e->arg[0] == VIRTIO_BLK_T_DISCARD && b->discarded)
            memset(b->discarded, 0, b->discarded_bits / 8 + 1);
        add_failed(b, e);
        break;
    case FAKE_EV_SUBMIT:
        add_submit(v, e);
        break;
    case FAKE_EV_SUBMITTED:
        if (e->arg[1] != 0)
            add_end(b, e->arg[0]);
        break;
    case FAKE_EV_DONE:
        add_end(b, e->arg[0]);
        break;
    case FAKE_EV_RESET:
        add_reset(b);
        break;
    }
}
