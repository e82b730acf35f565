/* SPDX-License-Identifier: MIT */
/* The caller of the block driver: its moves. */
#include "blk.h"
#include "law.h"
#include "ops.h"

#include <stdlib.h>
#include <string.h>

/* ---- requests ------------------------------------------------------------ */

/* Buffers are as long as they say, each on its own: AddressSanitizer sees the
 * ends of all. */
static void *make(size_t bytes)
{
    uint8_t *mem = malloc(bytes > 0 ? bytes : 1);

    FUZZ_LAW(mem, "the fuzz target is out of memory");
    memset(mem, 0x77, bytes);
    return mem;
}

static void drop(struct fuzz_blk_place *at)
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
        f->place[i].r = make(sizeof(struct fuzz_blk_req));
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
        r->seg[i] = (struct rgt_seg){.buf = make(bytes), .len = bytes};
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

static bool lent(void *ctx, const void *buf, size_t bytes, enum rgt_dir dir)
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

static void woken(void *ctx)
{
    struct fuzz_blk *f = ctx;

    FUZZ_LAW(!f->p->no_wake_now, "a queue call wakes somebody");
}

/* Those that the driver has. */
static unsigned lent_count(const struct fuzz_blk *f)
{
    unsigned count = 0;

    for (unsigned i = 0; i < FUZZ_REQS; i++)
        count += f->place[i].lent;
    return count;
}

/* ---- queue calls --------------------------------------------------------- */

static struct rgt_blk_queue *queue_arg(struct fuzz_blk *f)
{
    unsigned n = fuzz_u8(&f->p->in);

    return f->queues > 0 ? f->queue[n % f->queues] : f->only;
}

static void begin(struct fuzz_blk *f, bool queue_call)
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

static void call_submit(struct fuzz_blk *f)
{
    struct fuzz_input *in = &f->p->in;
    struct fuzz_blk_req *r = new_request(f, queue_arg(f));

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
    begin(f, true);
    if (submit(f, r) != 0)
        drop(&f->place[r->place]);
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
            drop(&f->place[i]);
    }
}

int fuzz_blk_poll(struct fuzz_blk *f, struct rgt_blk_queue *q, unsigned max)
{
    struct rgt_blk_req *out[FUZZ_REQS];

    if (max > FUZZ_REQS)
        max = FUZZ_REQS;
    begin(f, true);
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

static void call_interrupts(struct fuzz_blk *f)
{
    struct rgt_blk_queue *q = queue_arg(f);
    uint8_t count = fuzz_u8(&f->p->in);

    begin(f, true);
    if (count < 2)
        (void)fuzz_result(f->p, "interrupts",
                          rgt_blk_queue_interrupts(q, count == 1), 1,
                          MAY(STATE) | MAY(PROTO));
    else
        (void)fuzz_result(f->p, "interrupts_after",
                          rgt_blk_queue_interrupts_after(q, count - 2u), 1,
                          MAY(INVAL) | MAY(STATE) | MAY(PROTO));
}

/* ---- waiting calls ------------------------------------------------------- */

#define SYNC_MAY                                                               \
    (MAY(INVAL) | MAY(NOTSUP) | MAY(NOMEM) | MAY(STATE) | MAY(PROTO) |         \
     MAY(IO) | MAY(TIMEOUT))

/* The buffer of a call that the driver could not take back stays until it is
 * closed, or recovered. */
static void sync_begin(struct fuzz_blk *f, uint32_t bytes, enum rgt_dir dir)
{
    if (!f->sync_buf || !peer_is_lent(f->p, f->sync_buf, f->sync_bytes)) {
        free(f->sync_buf);
        f->sync_buf = make(bytes);
        f->sync_bytes = bytes;
        f->sync_dir = dir;
    }
    begin(f, false);
}

static void sync_end(struct fuzz_blk *f, const char *call, int result)
{
    (void)fuzz_result(f->p, call, result, 0, SYNC_MAY);
    FUZZ_LAW(f->sync_bytes == 0 || result == RGT_E_STATE ||
                 !peer_is_lent(f->p, f->sync_buf, f->sync_bytes),
             "%s returned %d, but its buffer is lent", call, result);
}

static void call_read_sync(struct fuzz_blk *f)
{
    uint64_t sector = fuzz_number(&f->p->in);
    uint32_t bytes = (uint32_t)(fuzz_number(&f->p->in) % FUZZ_PIECE_BYTES_MAX);

    sync_begin(f, bytes, RGT_FROM_DEVICE);
    sync_end(f, "read_sync",
             rgt_blk_read_sync(f->blk, sector, f->sync_buf,
                               (uint32_t)f->sync_bytes));
}

static void call_write_sync(struct fuzz_blk *f)
{
    uint64_t sector = fuzz_number(&f->p->in);
    uint32_t bytes = (uint32_t)(fuzz_number(&f->p->in) % FUZZ_PIECE_BYTES_MAX);

    sync_begin(f, bytes, RGT_TO_DEVICE);
    sync_end(f, "write_sync",
             rgt_blk_write_sync(f->blk, sector, f->sync_buf,
                                (uint32_t)f->sync_bytes));
}

static void call_other_sync(struct fuzz_blk *f)
{
    switch (fuzz_u8(&f->p->in) % 3) {
    case 0:
        begin(f, false);
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

static void call_range_sync(struct fuzz_blk *f)
{
    struct fuzz_input *in = &f->p->in;
    uint8_t which = fuzz_u8(in) % 3;
    uint64_t sector = fuzz_number(in);
    uint64_t count = fuzz_number(in);
    bool unmap = (fuzz_u8(in) & 1) != 0;

    begin(f, false);
    int result = which == 0 ? rgt_blk_discard_sync(f->blk, sector, count)
                 : which == 1
                     ? rgt_blk_write_zeroes_sync(f->blk, sector, count, unmap)
                     : rgt_blk_secure_erase_sync(f->blk, sector, count);
    (void)fuzz_result(f->p, "range_sync", result, 0, SYNC_MAY);
}

/* ---- life ---------------------------------------------------------------- */

static void open_blk(struct fuzz_blk *f)
{
    const struct fuzz_head *head = f->head;
    struct rgt_blk_config cfg = {
        .hal = &f->p->hal,
        .transport = &f->p->mmio.transport,
        .slots = f->slots[0],
        .slot_count = head->slots,
        .indirect_entries = head->indirect_entries,
        .wake = woken,
        .wake_ctx = f,
        .queues = head->queues > 0 ? f->queue_cfg : NULL,
        .queue_count = (uint16_t)head->queues,
        .range_segs = head->room,
        .features_wanted = head->wanted,
        .timeout_ns = head->timeout_ns,
    };

    begin(f, false);
    f->p->writes = 0;
    int result = rgt_blk_init(f->blk, &cfg);
    (void)fuzz_result(f->p, "init", result, 0,
                      MAY(INVAL) | MAY(NODEV) | MAY(REFUSED) | MAY(NOMEM) |
                          MAY(TIMEOUT));
    FUZZ_LAW(f->p->writes == 0 ||
                 (result != RGT_E_NODEV && result != RGT_E_INVAL),
             "init returned %d after writes to the device", result);
    f->accepted = result == 0 ? f->p->accepted : 0;
    /* Queues of a configuration that was refused were never looked at. */
    f->queues = result == RGT_E_INVAL ? 0 : head->queues;
    f->only = &f->blk->first;
}

void fuzz_blk_poll_all(struct fuzz_blk *f)
{
    unsigned queues = f->queues > 0 ? f->queues : 1;

    for (unsigned k = 0; k < queues; k++) {
        struct rgt_blk_queue *q = f->queues > 0 ? f->queue[k] : f->only;
        for (unsigned n = 0; n < 4 * FUZZ_REQS; n++) {
            if (fuzz_blk_poll(f, q, 3) <= 0)
                break;
        }
    }
}

/* Everything came back with the recover, or the close, and is handed out. */
static void expect_all_back(struct fuzz_blk *f)
{
    /* Those that are submitted again once they come back are not counted. */
    for (unsigned i = 0; i < FUZZ_REQS; i++) {
        if (f->place[i].r)
            f->place[i].r->again = false;
    }
    fuzz_blk_poll_all(f);
    FUZZ_LAW(lent_count(f) == 0, "%u requests did not come back",
             lent_count(f));
    FUZZ_LAW(peer_loans_held(f->p) == 0, "%u buffers did not come back",
             peer_loans_held(f->p));
}

int fuzz_blk_recover(struct fuzz_blk *f)
{
    begin(f, false);
    int result = fuzz_result(f->p, "recover", rgt_blk_recover(f->blk), 0,
                             MAY(STATE) | MAY(TIMEOUT) | MAY(REFUSED));
    if (result == 0)
        expect_all_back(f);
    return result;
}

int fuzz_blk_close(struct fuzz_blk *f)
{
    begin(f, false);
    int result =
        fuzz_result(f->p, "close", rgt_blk_close(f->blk), 0, MAY(TIMEOUT));
    if (result != 0)
        return result;
    expect_all_back(f);
    FUZZ_LAW(peer_blocks_held(f->p) == 0,
             "%u blocks of dma memory are held after close",
             peer_blocks_held(f->p));
    return 0;
}

int fuzz_blk_reopen(struct fuzz_blk *f)
{
    int result = fuzz_blk_close(f);

    if (result == 0)
        open_blk(f);
    return result;
}

static void call_changes(struct fuzz_blk *f)
{
    begin(f, false);
    (void)fuzz_result(f->p, "changes", rgt_blk_changes(f->blk), 7,
                      MAY(TIMEOUT) | MAY(STATE));
}

static void call_writeback(struct fuzz_blk *f)
{
    bool on = (fuzz_u8(&f->p->in) & 1) != 0;

    begin(f, false);
    (void)fuzz_result(f->p, "writeback_set", rgt_blk_writeback_set(f->blk, on),
                      0, MAY(NOTSUP) | MAY(IO) | MAY(STATE) | MAY(TIMEOUT));
}

static void call_queue_reset(struct fuzz_blk *f)
{
    struct rgt_blk_queue *q = queue_arg(f);

    begin(f, false);
    (void)fuzz_result(f->p, "queue_reset", rgt_blk_queue_reset(q), 0,
                      MAY(NOTSUP) | MAY(TIMEOUT) | MAY(REFUSED) | MAY(STATE));
}

static const char *const names[] = {
#define NAME(name, text) #name,
    FUZZ_BLK_CALLS(NAME)
#undef NAME
};

static void call(struct fuzz_blk *f, enum fuzz_blk_call which)
{
    fuzz_say("call: %s", names[which]);
    switch (which) {
    case FUZZ_BLK_SUBMIT:
        call_submit(f);
        break;
    case FUZZ_BLK_KICK:
        begin(f, true);
        (void)fuzz_result(f->p, "kick", rgt_blk_queue_kick(queue_arg(f)), 0,
                          MAY(STATE) | MAY(PROTO));
        break;
    case FUZZ_BLK_POLL: {
        struct rgt_blk_queue *q = queue_arg(f);
        (void)fuzz_blk_poll(f, q, fuzz_u8(&f->p->in));
        break;
    }
    case FUZZ_BLK_INTERRUPT:
        begin(f, false);
        (void)fuzz_result(f->p, "interrupt", rgt_blk_interrupt(f->blk), 3,
                          MAY(STATE));
        break;
    case FUZZ_BLK_CHANGES:
        call_changes(f);
        break;
    case FUZZ_BLK_WRITEBACK:
        call_writeback(f);
        break;
    case FUZZ_BLK_QUEUE_RESET:
        call_queue_reset(f);
        break;
    case FUZZ_BLK_RECOVER:
        (void)fuzz_blk_recover(f);
        break;
    case FUZZ_BLK_REOPEN:
        (void)fuzz_blk_reopen(f);
        break;
    case FUZZ_BLK_INTERRUPTS:
        call_interrupts(f);
        break;
    case FUZZ_BLK_READ_SYNC:
        call_read_sync(f);
        break;
    case FUZZ_BLK_WRITE_SYNC:
        call_write_sync(f);
        break;
    case FUZZ_BLK_OTHER_SYNC:
        call_other_sync(f);
        break;
    case FUZZ_BLK_RANGE_SYNC:
        call_range_sync(f);
        break;
    case FUZZ_BLK_LOOK:
        fuzz_blk_look(f);
        break;
    case FUZZ_BLK_CALL_COUNT:
        break;
    }
}

/* ---- all of it ----------------------------------------------------------- */

/* Memory as long as the driver was told, and apart. */
static void make_queues(struct fuzz_blk *f)
{
    unsigned count = f->head->queues > 0 ? f->head->queues : 1;

    for (unsigned i = 0; i < count; i++) {
        f->slots[i] = make(f->head->slots * sizeof(struct rgt_vq_slot));
        if (f->head->queues == 0)
            continue;
        f->queue[i] = make(sizeof(struct rgt_blk_queue));
        f->queue_cfg[i] = (struct rgt_blk_queue_config){
            .queue = f->queue[i],
            .slots = f->slots[i],
            .slot_count = f->head->slots,
            .indirect_entries = f->head->indirect_entries,
            .wake = woken,
            .wake_ctx = f,
        };
    }
}

static void drop_all(struct fuzz_blk *f)
{
    for (unsigned i = 0; i < FUZZ_REQS; i++) {
        if (f->place[i].r)
            drop(&f->place[i]);
    }
    for (unsigned i = 0; i < FUZZ_QUEUES; i++) {
        free(f->slots[i]);
        free(f->queue[i]);
    }
    free(f->sync_buf);
    free(f->blk);
    free(f);
}

void fuzz_blk(struct peer *p, const struct fuzz_head *head)
{
    struct fuzz_blk *f = calloc(1, sizeof(*f));

    FUZZ_LAW(f, "the fuzz target is out of memory");
    f->p = p;
    f->head = head;
    f->blk = make(sizeof(*f->blk));
    make_queues(f);
    p->lent = lent;
    p->ctx = f;
    open_blk(f);
    while (p->in.left > 0) {
        peer_call(p);
        if (!peer_move(p))
            call(f,
                 (enum fuzz_blk_call)(fuzz_u8(&p->in) % FUZZ_BLK_CALL_COUNT));
    }
    fuzz_blk_end(f);
    drop_all(f);
}
