/* SPDX-License-Identifier: MIT
 *
 * interrupt_thread.c: a thread that does nothing but handle the interrupts of
 * the disk, and a worker that sleeps until the driver's waker calls. On a
 * microkernel or an RTOS the first is the interrupt task of the driver.
 * Completions come as tokens: the requests themselves.
 *
 * The worker writes and reads batches, and then cancels one by a reset.
 */
#define _POSIX_C_SOURCE 200809L

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "machine.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"

#define BATCH 8u
#define ROUNDS 100u
#define QUEUE_SIZE 32u
#define PATIENCE_S 5
#define LOOK_NS UINT64_C(10000000)
#define TIMEOUT_NS UINT64_C(1000000000)

struct app {
    struct machine machine;
    struct rgt_blk blk;
    struct rgt_vq_slot slots[QUEUE_SIZE];
    sem_t wake;
    pthread_t interrupts;
    atomic_bool masked;
    struct rgt_blk_req reqs[BATCH];
    struct rgt_seg segs[BATCH];
    uint8_t data[BATCH][512];
};

/* ---- the interrupt thread ---- */

static void *handle_interrupts(void *arg)
{
    struct app *app = arg;

    while (!atomic_load(&app->masked)) {
        uint64_t until_ns = machine_now_ns(&app->machine) + LOOK_NS;

        /* What it says, the worker hears from its poll. */
        if (machine_wait(&app->machine, until_ns))
            (void)rgt_blk_interrupt(&app->blk);
    }
    return NULL;
}

/* Where there is an interrupt controller, these two are a bit of it. */
static int unmask(struct app *app)
{
    atomic_store(&app->masked, false);
    if (pthread_create(&app->interrupts, NULL, handle_interrupts, app) == 0)
        return 0;
    atomic_store(&app->masked, true);
    return RGT_E_NOMEM;
}

static void mask(struct app *app)
{
    if (!atomic_exchange(&app->masked, true))
        pthread_join(app->interrupts, NULL);
}

/* The driver's waker: on the interrupt thread, so it leaves word and no more.
 */
static void wake_worker(void *ctx)
{
    sem_post(ctx);
}

/* ---- the worker ---- */

static int submit(struct app *app, enum rgt_blk_op op, uint64_t sector)
{
    for (unsigned k = 0; k < BATCH; k++) {
        int err;

        app->segs[k] = (struct rgt_seg){.buf = app->data[k], .len = 512};
        app->reqs[k] = (struct rgt_blk_req){.op = op,
                                            .sector = sector + k,
                                            .segs = &app->segs[k],
                                            .seg_count = 1};
        err = rgt_blk_submit(&app->blk, &app->reqs[k]);
        if (err != 0)
            return err;
    }
    return rgt_blk_kick(&app->blk);
}

/* Returns false when the worker has waited long enough. */
static bool sleep_until_woken(struct app *app)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    return sem_timedwait(&app->wake, &until) == 0;
}

/* The only way to get back what a device does not give: a reset, of the queue
 * if the device has that, else of all of it, with the interrupt masked, as
 * rgt_blk_recover() wants it. */
static int cancel(struct app *app)
{
    int err = rgt_blk_queue_reset(rgt_blk_queue(&app->blk, 0));

    if (err == 0)
        return 0;
    mask(app);
    err = rgt_blk_recover(&app->blk);
    return err == 0 ? unmask(app) : err;
}

/* Collects a batch. *failed counts the requests that did not succeed. */
static int collect(struct app *app, unsigned *failed)
{
    struct rgt_blk_req *out[BATCH];

    for (unsigned left = BATCH; left > 0;) {
        int n = rgt_blk_poll(&app->blk, out, BATCH);

        if (n < 0 || (n == 0 && !sleep_until_woken(app)))
            n = cancel(app); /* what was outstanding is in the next poll */
        if (n < 0)
            return n;
        for (int k = 0; k < n; k++)
            *failed += out[k]->result != 0;
        left -= (unsigned)n;
    }
    return 0;
}

static int run_batch(struct app *app, enum rgt_blk_op op, uint64_t sector)
{
    unsigned failed = 0;
    int err = submit(app, op, sector);

    if (err == 0)
        err = collect(app, &failed);
    return err == 0 && failed > 0 ? RGT_E_IO : err;
}

static int write_and_read(struct app *app)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t sector = round * BATCH;
        int err;

        memset(app->data, (int)round + 1, sizeof(app->data));
        err = run_batch(app, RGT_BLK_WRITE, sector);
        if (err != 0)
            return err;
        memset(app->data, 0, sizeof(app->data));
        err = run_batch(app, RGT_BLK_READ, sector);
        if (err != 0)
            return err;
        for (unsigned k = 0; k < BATCH; k++)
            if (app->data[k][0] != round + 1 || app->data[k][511] != round + 1)
                return RGT_E_IO;
    }
    return 0;
}

/* Every request of a batch that is cancelled comes back, once. */
static int cancel_batch(struct app *app)
{
    unsigned failed = 0;
    int err = submit(app, RGT_BLK_READ, 0);

    if (err == 0)
        err = cancel(app);
    if (err == 0)
        err = collect(app, &failed);
    if (err != 0)
        return err;
    return failed == BATCH ? run_batch(app, RGT_BLK_READ, 0) : RGT_E_IO;
}

static int run(struct app *app)
{
    int err = unmask(app);

    if (err == 0)
        err = write_and_read(app);
    if (err == 0)
        err = cancel_batch(app);
    mask(app);
    return err;
}

int main(void)
{
    static struct app app;
    struct rgt_blk_config cfg;
    int err;

    if (!machine_start(&app.machine, true))
        return 1;
    sem_init(&app.wake, 0, 0);
    atomic_init(&app.masked, true);
    cfg = (struct rgt_blk_config){
        .hal = &app.machine.hal,
        .transport = &app.machine.mmio.transport,
        .slots = app.slots,
        .slot_count = QUEUE_SIZE,
        .wake = wake_worker,
        .wake_ctx = &app.wake,
        .features_wanted = RGT_FEATURES_ALL,
        .timeout_ns = TIMEOUT_NS,
    };
    err = rgt_blk_init(&app.blk, &cfg);
    if (err == 0)
        err = run(&app);
    rgt_blk_close(&app.blk);
    machine_stop(&app.machine);
    printf("interrupt_thread: %u batches of %u, one cancelled: %s\n",
           2 * ROUNDS, BATCH, rgt_err_name(err));
    return err != 0;
}
