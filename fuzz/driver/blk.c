/* SPDX-License-Identifier: MIT */
/* The caller of the block driver: its life, and its moves. */
#include "blk.h"
#include "law.h"
#include "ops.h"

#include <stdlib.h>

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
        .wake = fuzz_blk_woken,
        .wake_ctx = f,
        .queues = head->queues > 0 ? f->queue_cfg : NULL,
        .queue_count = (uint16_t)head->queues,
        .range_segs = head->room,
        .features_wanted = head->wanted,
        .timeout_ns = head->timeout_ns,
    };

    fuzz_blk_begin(f, false);
    f->p->writes = 0;
    int result = rgt_blk_init(f->blk, &cfg);
    (void)fuzz_result(f->p, "init", result, 0,
                      MAY(INVAL) | MAY(NODEV) | MAY(REFUSED) | MAY(NOMEM) |
                          MAY(TIMEOUT) | MAY(STATE) | MAY(PROTO));
    FUZZ_LAW(f->p->writes == 0 || result != RGT_E_INVAL,
             "init returned %d after writes to the device", result);
    f->accepted = result == 0 ? f->p->accepted : 0;
    /* Queues of a configuration that was refused were never looked at. */
    f->queues = result == RGT_E_INVAL ? 0 : head->queues;
    f->only = &f->blk->first;
}

static void poll_all(struct fuzz_blk *f)
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
    poll_all(f);
    FUZZ_LAW(fuzz_blk_lent_count(f) == 0, "%u requests did not come back",
             fuzz_blk_lent_count(f));
    FUZZ_LAW(peer_loans_held(f->p) == 0, "%u buffers did not come back",
             peer_loans_held(f->p));
}

int fuzz_blk_recover(struct fuzz_blk *f)
{
    fuzz_blk_begin(f, false);
    int result = fuzz_result(f->p, "recover", rgt_blk_recover(f->blk), 0,
                             MAY(STATE) | MAY(TIMEOUT) | MAY(REFUSED) |
                                 MAY(NODEV) | MAY(PROTO));
    if (result == 0)
        expect_all_back(f);
    return result;
}

int fuzz_blk_close(struct fuzz_blk *f)
{
    fuzz_blk_begin(f, false);
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

static void call_interrupts(struct fuzz_blk *f)
{
    struct rgt_blk_queue *q = fuzz_blk_queue_arg(f);
    uint8_t count = fuzz_u8(&f->p->in);

    fuzz_blk_begin(f, true);
    if (count < 2)
        (void)fuzz_result(f->p, "interrupts",
                          rgt_blk_queue_interrupts(q, count == 1), 1,
                          MAY(STATE) | MAY(PROTO));
    else
        (void)fuzz_result(f->p, "interrupts_after",
                          rgt_blk_queue_interrupts_after(q, count - 2u), 1,
                          MAY(INVAL) | MAY(STATE) | MAY(PROTO));
}

static void call_changes(struct fuzz_blk *f)
{
    fuzz_blk_begin(f, false);
    (void)fuzz_result(f->p, "changes", rgt_blk_changes(f->blk), 7,
                      MAY(TIMEOUT) | MAY(STATE));
}

static void call_writeback(struct fuzz_blk *f)
{
    bool on = (fuzz_u8(&f->p->in) & 1) != 0;

    fuzz_blk_begin(f, false);
    (void)fuzz_result(f->p, "writeback_set", rgt_blk_writeback_set(f->blk, on),
                      0, MAY(NOTSUP) | MAY(IO) | MAY(STATE) | MAY(TIMEOUT));
}

static void call_queue_reset(struct fuzz_blk *f)
{
    struct rgt_blk_queue *q = fuzz_blk_queue_arg(f);

    fuzz_blk_begin(f, false);
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
        fuzz_blk_submit(f);
        break;
    case FUZZ_BLK_KICK:
        fuzz_blk_begin(f, true);
        (void)fuzz_result(f->p, "kick",
                          rgt_blk_queue_kick(fuzz_blk_queue_arg(f)), 0,
                          MAY(STATE) | MAY(PROTO));
        break;
    case FUZZ_BLK_POLL: {
        struct rgt_blk_queue *q = fuzz_blk_queue_arg(f);
        (void)fuzz_blk_poll(f, q, fuzz_u8(&f->p->in));
        break;
    }
    case FUZZ_BLK_INTERRUPT:
        fuzz_blk_begin(f, false);
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
        fuzz_blk_read_sync(f);
        break;
    case FUZZ_BLK_WRITE_SYNC:
        fuzz_blk_write_sync(f);
        break;
    case FUZZ_BLK_OTHER_SYNC:
        fuzz_blk_other_sync(f);
        break;
    case FUZZ_BLK_RANGE_SYNC:
        fuzz_blk_range_sync(f);
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
        f->slots[i] = fuzz_make(f->head->slots * sizeof(struct rgt_vq_slot));
        if (f->head->queues == 0)
            continue;
        f->queue[i] = fuzz_make(sizeof(struct rgt_blk_queue));
        f->queue_cfg[i] = (struct rgt_blk_queue_config){
            .queue = f->queue[i],
            .slots = f->slots[i],
            .slot_count = f->head->slots,
            .indirect_entries = f->head->indirect_entries,
            .wake = fuzz_blk_woken,
            .wake_ctx = f,
        };
    }
}

static void drop_all(struct fuzz_blk *f)
{
    for (unsigned i = 0; i < FUZZ_REQS; i++) {
        if (f->place[i].r)
            fuzz_blk_drop(&f->place[i]);
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
    f->blk = fuzz_make(sizeof(*f->blk));
    make_queues(f);
    p->lent = fuzz_blk_lent;
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
