/* SPDX-License-Identifier: MIT */
/* Block requests of the caller: made, submitted, and what comes back. */
#include "blk.h"
#include "law.h"
#include "ops.h"

#include <stdlib.h>
#include <string.h>

void fuzz_blk_drop(struct fuzz_blk_place *at)
{
    FUZZ_OPEN(at->r, sizeof(*at->r));
    for (unsigned i = 0; i < at->r->piece_count; i++)
        free(at->r->seg[i].buf);
    free(at->r);
    *at = (struct fuzz_blk_place){NULL, false, false};
}

/* A new one; NULL: the driver has as many as there can be. */
static struct fuzz_blk_req *new_request(struct fuzz_blk *f,
                                        struct rgt_blk_queue *q)
{
    for (unsigned i = 0; i < FUZZ_REQS; i++) {
        if (f->place[i].r)
            continue;
        f->place[i].r = fuzz_make(sizeof(struct fuzz_blk_req));
        memset(f->place[i].r, 0, sizeof(struct fuzz_blk_req));
        f->place[i].r->place = i;
        f->place[i].r->queue = q;
        return f->place[i].r;
    }
    return NULL;
}

static void read_pieces(struct fuzz_blk *f, struct fuzz_blk_req *r)
{
    struct fuzz_input *in = &f->p->in;
    unsigned count = fuzz_u8(in) % (FUZZ_PIECES + 1);

    for (unsigned i = 0; i < count; i++) {
        uint32_t bytes = (uint32_t)(fuzz_number(in) % FUZZ_PIECE_BYTES_MAX);
        r->seg[i] = (struct rgt_seg){.buf = fuzz_make(bytes), .len = bytes};
    }
    r->piece_count = count;
    r->req.segs = r->seg;
    r->req.seg_count = count;
}

static void read_ranges(struct fuzz_blk *f, struct fuzz_blk_req *r)
{
    struct fuzz_input *in = &f->p->in;
    unsigned count = fuzz_u8(in) % (FUZZ_PIECES + 1);

    for (unsigned i = 0; i < count; i++) {
        r->range[i].sector = fuzz_number(in);
        r->range[i].sector_count = fuzz_number(in);
        r->range[i].unmap = (fuzz_u8(in) & 1) != 0;
    }
    r->req.ranges = r->range;
    r->req.range_count = count;
}

/* What the driver may lend: the pieces of a request that it has, or is being
 * given. */
static bool piece_of(const struct fuzz_blk_req *r, const void *buf,
                     size_t bytes, enum rgt_dir dir)
{
    enum rgt_dir own =
        r->req.op == RGT_BLK_WRITE ? RGT_TO_DEVICE : RGT_FROM_DEVICE;

    for (unsigned i = 0; i < r->req.seg_count && own == dir; i++) {
        if (r->seg[i].buf == buf && r->seg[i].len == bytes)
            return true;
    }
    return false;
}

bool fuzz_blk_lent(void *ctx, const void *buf, size_t bytes, enum rgt_dir dir)
{
    struct fuzz_blk *f = ctx;

    for (unsigned i = 0; i < FUZZ_REQS; i++) {
        const struct fuzz_blk_place *at = &f->place[i];
        if ((at->lent || (at->r && at->r == f->submitting)) &&
            piece_of(at->r, buf, bytes, dir))
            return true;
    }
    return f->sync_buf != NULL && buf == f->sync_buf &&
           bytes == f->sync_bytes && dir == f->sync_dir;
}

void fuzz_blk_woken(void *ctx)
{
    struct fuzz_blk *f = ctx;

    FUZZ_LAW(!f->p->no_wake_now, "a queue call wakes somebody");
}

/* Those that the driver has. */
unsigned fuzz_blk_lent_count(const struct fuzz_blk *f)
{
    unsigned count = 0;

    for (unsigned i = 0; i < FUZZ_REQS; i++)
        count += f->place[i].lent;
    return count;
}

/* ---- queue calls --------------------------------------------------------- */

struct rgt_blk_queue *fuzz_blk_queue_arg(struct fuzz_blk *f)
{
    unsigned n = fuzz_u8(&f->p->in);

    return f->queues > 0 ? f->queue[n % f->queues] : f->only;
}

void fuzz_blk_begin(struct fuzz_blk *f, bool queue_call)
{
    peer_call(f->p);
    f->p->no_wake_now = queue_call;
}

/* Then the calls without _queue_ are the same. */
static bool is_first(const struct fuzz_blk *f, const struct rgt_blk_queue *q)
{
    return f->queues == 0 && q == f->only;
}

#define SUBMIT_MAY                                                             \
    (MAY(INVAL) | MAY(NOTSUP) | MAY(AGAIN) | MAY(NOMEM) | MAY(STATE) |         \
     MAY(PROTO))

static int submit(struct fuzz_blk *f, struct fuzz_blk_req *r)
{
    f->submitting = r;
    f->p->giving = true;
    int result = is_first(f, r->queue)
                     ? rgt_blk_submit(f->blk, &r->req)
                     : rgt_blk_queue_submit(r->queue, &r->req);
    f->submitting = NULL;
    f->p->giving = false;
    (void)fuzz_result(f->p, "submit", result, 0, SUBMIT_MAY);
    f->place[r->place].lent = result == 0;
    for (unsigned i = 0; i < r->piece_count && result != 0; i++)
        FUZZ_LAW(r->seg[i].len == 0 ||
                     !peer_is_lent(f->p, r->seg[i].buf, r->seg[i].len),
                 "a request that was refused stays lent");
    return result;
}

static void came_back(struct fuzz_blk *f, struct fuzz_blk_req *r)
{
    FUZZ_LAW(f->place[r->place].lent, "a request comes back twice");
    f->place[r->place].lent = false;
    (void)fuzz_result(f->p, "request", r->req.result, 0,
                      MAY(IO) | MAY(NOTSUP) | MAY(PROTO));
    for (unsigned i = 0; i < r->piece_count; i++)
        FUZZ_LAW(!peer_is_lent(f->p, r->seg[i].buf, r->seg[i].len),
                 "a request comes back, but its buffer does not");
}

static void done(struct rgt_blk_req *req)
{
    struct fuzz_blk_req *r = (struct fuzz_blk_req *)req;
    struct fuzz_blk *f = r->req.ctx;
    struct fuzz_blk_place *at = &f->place[r->place];

    came_back(f, r);
    at->over = true;
    if (r->again) {
        r->again = false;
        at->over = submit(f, r) != 0;
        if (!at->over)
            (void)fuzz_result(f->p, "kick", rgt_blk_queue_kick(r->queue), 0,
                              MAY(STATE) | MAY(PROTO));
    }
    if (at->over)
        FUZZ_CLOSE(r, sizeof(*r));
}

void fuzz_blk_submit(struct fuzz_blk *f)
{
    struct fuzz_input *in = &f->p->in;
    struct fuzz_blk_req *r = new_request(f, fuzz_blk_queue_arg(f));

    if (!r)
        return;
    r->req.ctx = f;
    /* One that there is not, too. */
    r->req.op = (enum rgt_blk_op)(fuzz_u8(in) % (RGT_BLK_SECURE_ERASE + 2));
    uint8_t how = fuzz_u8(in);
    r->req.done = (how & FUZZ_HOW_CALLBACK) != 0 ? done : NULL;
    r->again = (how & FUZZ_HOW_AGAIN) != 0;
    r->req.sector = fuzz_number(in);
    if (r->req.op >= RGT_BLK_DISCARD)
        read_ranges(f, r);
    else
        read_pieces(f, r);
    fuzz_blk_begin(f, true);
    if (submit(f, r) != 0)
        fuzz_blk_drop(&f->place[r->place]);
}

/* A callback has seen it, and its memory is closed; or it is lent once more. */
static bool seen_by_callback(struct fuzz_blk *f, const struct rgt_blk_req *req)
{
    for (unsigned i = 0; i < FUZZ_REQS; i++) {
        const struct fuzz_blk_place *at = &f->place[i];
        if (at->r && &at->r->req == req)
            return at->over || req->done != NULL;
    }
    fuzz_broken("a request that nobody made comes back");
}

static void drop_those_over(struct fuzz_blk *f)
{
    for (unsigned i = 0; i < FUZZ_REQS; i++) {
        if (f->place[i].over)
            fuzz_blk_drop(&f->place[i]);
    }
}

int fuzz_blk_poll(struct fuzz_blk *f, struct rgt_blk_queue *q, unsigned max)
{
    struct rgt_blk_req *out[FUZZ_REQS];

    if (max > FUZZ_REQS)
        max = FUZZ_REQS;
    fuzz_blk_begin(f, true);
    int found = is_first(f, q) ? rgt_blk_poll(f->blk, out, max)
                               : rgt_blk_queue_poll(q, out, max);
    (void)fuzz_result(f->p, "poll", found, (int)max, MAY(STATE) | MAY(PROTO));
    for (int i = 0; i < found; i++) {
        struct fuzz_blk_req *r = (struct fuzz_blk_req *)out[i];
        if (seen_by_callback(f, out[i]))
            continue;
        came_back(f, r);
        f->place[r->place].over = true;
    }
    drop_those_over(f);
    return found;
}
