/* SPDX-License-Identifier: MIT
 *
 * super_loop.c: the driver without threads, without an operating system and
 * without an allocator: one endless loop, as in a boot loader or on a
 * microcontroller. Completions come as callbacks.
 *
 * Four jobs write numbered sectors, read each back and compare; then one flush
 * ends it.
 */
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"

#define JOBS 4u
#define SECTORS 256u
#define QUEUE_SIZE 16u
#define RETRIES 3u
#define DEADLINE_NS UINT64_C(10000000000)
#define IDLE_NS UINT64_C(10000000)

struct app;

struct job {
    struct rgt_blk_req req;
    struct rgt_seg seg;
    struct app *app;
    uint32_t sector;
    unsigned retries;
    uint8_t data[512];
};

struct app {
    struct machine machine;
    struct rgt_blk blk;
    struct rgt_vq_slot slots[QUEUE_SIZE];
    struct job jobs[JOBS];
    struct rgt_blk_req flush;
    unsigned jobs_left;
    bool flushed;
    int result; /* the first thing that went wrong */
};

static void fill(uint8_t *data, uint32_t sector)
{
    for (unsigned i = 0; i < 512; i++)
        data[i] = (uint8_t)(sector + i * 7);
}

static void fail(struct app *app, int result)
{
    if (app->result == 0)
        app->result = result;
}

/* ---- what the jobs do: each step begins in the callback of the last ---- */

static void on_done(struct rgt_blk_req *req);

static void start(struct job *job, enum rgt_blk_op op)
{
    int err;

    job->seg = (struct rgt_seg){.buf = job->data, .len = sizeof(job->data)};
    job->req = (struct rgt_blk_req){
        .op = op,
        .sector = job->sector,
        .segs = &job->seg,
        .seg_count = 1,
        .done = on_done,
        .ctx = job,
    };
    err = rgt_blk_submit(&job->app->blk, &job->req);
    if (err != 0) /* the queue has room for all jobs: not RGT_E_AGAIN */
        fail(job->app, err);
}

static void on_flushed(struct rgt_blk_req *req)
{
    struct app *app = req->ctx;

    app->flushed = true;
    fail(app, req->result);
}

static void end_of_job(struct app *app)
{
    int err;

    if (--app->jobs_left > 0)
        return;
    app->flush = (struct rgt_blk_req){
        .op = RGT_BLK_FLUSH, .done = on_flushed, .ctx = app};
    err = rgt_blk_submit(&app->blk, &app->flush);
    if (err != 0)
        fail(app, err);
}

static void next_sector(struct job *job)
{
    job->sector += JOBS;
    if (job->sector >= SECTORS) {
        end_of_job(job->app);
        return;
    }
    fill(job->data, job->sector);
    start(job, RGT_BLK_WRITE);
}

static void on_done(struct rgt_blk_req *req)
{
    struct job *job = req->ctx;
    uint8_t expected[512];

    if (req->result != 0) {
        /* A reset may have taken it back: nothing is known, so once more. */
        if (job->retries++ == RETRIES)
            fail(job->app, req->result);
        else
            start(job, req->op);
        return;
    }
    if (req->op == RGT_BLK_WRITE) {
        memset(job->data, 0, sizeof(job->data));
        start(job, RGT_BLK_READ);
        return;
    }
    fill(expected, job->sector);
    if (memcmp(job->data, expected, sizeof(expected)) != 0)
        fail(job->app, RGT_E_IO);
    else
        next_sector(job);
}

/* ---- the loop ---- */

/* Without an interrupt handler the cause is simply asked for. A device that
 * needs a reset gets one; what it had comes back through the callbacks. */
static void serve_disk(struct app *app)
{
    int bits = rgt_blk_interrupt(&app->blk);
    int changes = 0, done;

    if (bits > 0 && (bits & (int)RGT_INT_CONFIG) != 0)
        changes = rgt_blk_changes(&app->blk);
    if (changes > 0 && (changes & (int)RGT_BLK_CHANGED_CAPACITY) != 0)
        printf("super_loop: capacity is now %llu sectors\n",
               (unsigned long long)rgt_blk_info(&app->blk)->capacity_sectors);
    done = rgt_blk_poll(&app->blk, NULL, JOBS);
    if (done < 0)
        fail(app, rgt_blk_recover(&app->blk));
    /* All that the callbacks have submitted, by one kick. */
    (void)rgt_blk_kick(&app->blk);
    if (done == 0) /* wait for interrupt: nothing else to do here */
        machine_wait(&app->machine, machine_now_ns(&app->machine) + IDLE_NS);
}

static int run(struct app *app)
{
    uint64_t deadline_ns = machine_now_ns(&app->machine) + DEADLINE_NS;

    app->jobs_left = JOBS;
    for (unsigned k = 0; k < JOBS; k++) {
        struct job *job = &app->jobs[k];

        *job = (struct job){.app = app, .sector = k};
        fill(job->data, job->sector);
        start(job, RGT_BLK_WRITE);
    }
    while (app->result == 0 && !app->flushed) {
        serve_disk(app);
        /* ... and everything else that the firmware does ... */
        if (machine_now_ns(&app->machine) >= deadline_ns)
            fail(app, RGT_E_TIMEOUT);
    }
    return app->result;
}

int main(void)
{
    static struct app app;
    struct rgt_blk_config cfg;
    int result;

    if (!machine_start(&app.machine, false))
        return 1;
    cfg = (struct rgt_blk_config){
        .hal = &app.machine.hal,
        .transport = &app.machine.mmio.transport,
        .slots = app.slots,
        .slot_count = QUEUE_SIZE,
        .features_wanted = RGT_FEATURES_ALL,
        .timeout_ns = DEADLINE_NS,
    };
    result = rgt_blk_init(&app.blk, &cfg);
    if (result == 0)
        result = run(&app);
    rgt_blk_close(&app.blk);
    machine_stop(&app.machine);
    printf("super_loop: %u sectors written and read back: %s\n", SECTORS,
           rgt_err_name(result));
    return result != 0;
}
