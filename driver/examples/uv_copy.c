/* SPDX-License-Identifier: MIT
 *
 * uv_copy.c: the driver in a libuv application. The waker of a queue is a
 * uv_async_send(): the loop polls that queue on its own thread, between its
 * other handles, and never blocks. A timer is the deadline.
 *
 * The first half of the disk is copied to the second, over two queues, with
 * eight sectors on their way at a time.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <uv.h>

#include "machine.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"

#define LANES MACHINE_QUEUES
#define JOBS 4u /* per lane */
#define HALF (MACHINE_SECTORS / 2)
#define QUEUE_SIZE 16u
#define DEADLINE_MS 10000u
#define LOOK_NS UINT64_C(10000000)
#define TIMEOUT_NS UINT64_C(1000000000)

struct app;

struct job {
    struct rgt_blk_req req;
    struct rgt_seg seg;
    struct lane *lane;
    uint32_t sector;
    uint8_t data[512];
};

/* One queue and what goes through it. */
struct lane {
    struct app *app;
    struct rgt_blk_queue queue;
    struct rgt_vq_slot slots[QUEUE_SIZE];
    uv_async_t wake;
    struct job jobs[JOBS];
};

struct app {
    struct machine machine;
    struct rgt_blk blk;
    struct rgt_blk_queue_config queues[LANES];
    struct lane lanes[LANES];
    uv_loop_t loop;
    uv_timer_t deadline;
    uv_thread_t interrupts;
    atomic_bool stop;
    uint32_t next_sector;
    uint32_t copied;
    int result;
};

/* ---- the interrupt: any thread may take it ---- */

/* Where the kernel hands interrupts out as a file descriptor (UIO, VFIO), this
 * is a uv_poll_t instead, and there is no thread. */
static void handle_interrupts(void *arg)
{
    struct app *app = arg;

    while (!atomic_load(&app->stop))
        if (machine_wait(&app->machine,
                         machine_now_ns(&app->machine) + LOOK_NS))
            (void)rgt_blk_interrupt(&app->blk);
}

/* Called by rgt_blk_interrupt(), on that thread. */
static void wake_lane(void *ctx)
{
    uv_async_send(ctx);
}

/* ---- the loop's thread ---- */

static void finish(struct app *app, int result)
{
    if (app->result == 0)
        app->result = result;
    uv_stop(&app->loop);
}

static void on_done(struct rgt_blk_req *req);

static void start(struct job *job, enum rgt_blk_op op, uint64_t sector)
{
    int err;

    job->seg = (struct rgt_seg){.buf = job->data, .len = sizeof(job->data)};
    job->req = (struct rgt_blk_req){.op = op,
                                    .sector = sector,
                                    .segs = &job->seg,
                                    .seg_count = 1,
                                    .done = on_done,
                                    .ctx = job};
    err = rgt_blk_queue_submit(&job->lane->queue, &job->req);
    if (err != 0)
        finish(job->lane->app, err);
}

static void copy_next(struct job *job)
{
    struct app *app = job->lane->app;

    if (app->next_sector == HALF)
        return; /* the others are at the last ones */
    job->sector = app->next_sector++;
    start(job, RGT_BLK_READ, job->sector);
}

static void on_done(struct rgt_blk_req *req)
{
    struct job *job = req->ctx;
    struct app *app = job->lane->app;

    if (req->result != 0) {
        finish(app, req->result);
    } else if (req->op == RGT_BLK_READ) {
        start(job, RGT_BLK_WRITE, HALF + job->sector);
    } else if (++app->copied == HALF) {
        finish(app, 0);
    } else {
        copy_next(job);
    }
}

static void on_wake(uv_async_t *async)
{
    struct lane *lane = async->data;
    int n;

    do {
        n = rgt_blk_queue_poll(&lane->queue, NULL, JOBS);
    } while (n == (int)JOBS); /* less: the next completion interrupts */
    if (n < 0)
        finish(lane->app, n);
    else
        (void)rgt_blk_queue_kick(&lane->queue);
}

static void on_deadline(uv_timer_t *timer)
{
    finish(timer->data, RGT_E_TIMEOUT);
}

/* ---- life ---- */

/* Handles first: a waker may be called as soon as the device is up. */
static void open_handles(struct app *app)
{
    uv_loop_init(&app->loop);
    uv_timer_init(&app->loop, &app->deadline);
    app->deadline.data = app;
    for (unsigned k = 0; k < LANES; k++) {
        struct lane *lane = &app->lanes[k];

        lane->app = app;
        uv_async_init(&app->loop, &lane->wake, on_wake);
        lane->wake.data = lane;
        app->queues[k] = (struct rgt_blk_queue_config){
            .queue = &lane->queue,
            .slots = lane->slots,
            .slot_count = QUEUE_SIZE,
            .wake = wake_lane,
            .wake_ctx = &lane->wake,
        };
    }
}

static void close_handles(struct app *app)
{
    uv_close((uv_handle_t *)&app->deadline, NULL);
    for (unsigned k = 0; k < LANES; k++)
        uv_close((uv_handle_t *)&app->lanes[k].wake, NULL);
    uv_run(&app->loop, UV_RUN_DEFAULT);
    uv_loop_close(&app->loop);
}

static int open_disk(struct app *app)
{
    struct rgt_blk_config cfg = {
        .hal = &app->machine.hal,
        .transport = &app->machine.mmio.transport,
        .queues = app->queues,
        .queue_count = LANES,
        .features_wanted = RGT_FEATURES_ALL,
        .timeout_ns = TIMEOUT_NS,
    };

    return rgt_blk_init(&app->blk, &cfg);
}

static void copy(struct app *app)
{
    uv_timer_start(&app->deadline, on_deadline, DEADLINE_MS, 0);
    for (unsigned k = 0; k < LANES; k++) {
        struct lane *lane = &app->lanes[k];

        for (unsigned n = 0; n < JOBS; n++) {
            lane->jobs[n].lane = lane;
            copy_next(&lane->jobs[n]);
        }
        (void)rgt_blk_queue_kick(&lane->queue);
    }
    uv_run(&app->loop, UV_RUN_DEFAULT);
}

/* With the interrupt thread: as long as anything is asynchronous. */
static void run(struct app *app)
{
    if (uv_thread_create(&app->interrupts, handle_interrupts, app) != 0) {
        app->result = RGT_E_NOMEM;
        return;
    }
    copy(app);
    atomic_store(&app->stop, true);
    uv_thread_join(&app->interrupts);
}

/* The waiting calls: before, and after. */
static int write_first_half(struct app *app)
{
    uint8_t data[512];

    for (uint32_t s = 0; s < HALF; s++) {
        for (unsigned i = 0; i < 512; i++)
            data[i] = (uint8_t)(s * 3 + i);
        int err = rgt_blk_write_sync(&app->blk, s, data, sizeof(data));
        if (err != 0)
            return err;
    }
    return 0;
}

static int compare_second_half(struct app *app)
{
    uint8_t data[512];

    for (uint32_t s = 0; s < HALF; s++) {
        int err = rgt_blk_read_sync(&app->blk, HALF + s, data, sizeof(data));
        for (unsigned i = 0; err == 0 && i < 512; i++)
            if (data[i] != (uint8_t)(s * 3 + i))
                err = RGT_E_IO;
        if (err != 0)
            return err;
    }
    return rgt_blk_flush_sync(&app->blk);
}

int main(void)
{
    static struct app app;

    if (!machine_start(&app.machine, true))
        return 1;
    open_handles(&app);
    app.result = open_disk(&app);
    if (app.result == 0)
        app.result = write_first_half(&app);
    if (app.result == 0)
        run(&app);
    if (app.result == 0)
        app.result = compare_second_half(&app);
    rgt_blk_close(&app.blk);
    close_handles(&app);
    machine_stop(&app.machine);
    printf("uv_copy: %u sectors over %u queues: %s\n", app.copied, LANES,
           rgt_err_name(app.result));
    return app.result != 0;
}
