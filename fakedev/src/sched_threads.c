/* SPDX-License-Identifier: MIT
 *
 * sched_threads.c: the device on a thread of its own, in real time.
 *
 * The thread is a libuv loop with one async handle (kicks and controls) and
 * one timer (completions due later). Once woken it looks at its queues until
 * it has found nothing for poll_ns, then asks for a kick and sleeps: waking a
 * sleeping core costs far more than a request does.
 *
 * The two ways to fall asleep, the device's here and the driver's in
 * threads_wait, each follow the same rule: say that you sleep, then look once
 * more; the other side leaves word, then looks whether you sleep. All four
 * accesses are sequentially consistent, so one of the two notices.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "fakedev/sched.h"

#define WAIT_SPIN_NS 20000u
#define SPINS_PER_YIELD 256u
#define SPINS_PER_DELIVERY 64u
#define MS_NS 1000000u
#define PATIENCE_NS UINT64_C(120000000000)
#define SLEEP_MAX_NS UINT64_C(3600000000000) /* a deadline may be "never" */

struct threads {
    struct fake_sched *sched;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t async;
    uv_timer_t timer;
    uint64_t poll_ns;

    /* driver -> device */
    atomic_uint_least64_t kicked; /* one bit per queue */
    atomic_bool asleep;
    atomic_bool stopping, ended;
    _Atomic(const struct fake_control *) control; /* NULL: carried out */

    /* device -> driver */
    atomic_bool waiting; /* the driver sleeps on `changed` */
    uv_mutex_t mutex;
    uv_cond_t changed;
};

/* Nothing to do: give the judge a turn here, rather than where a thread is in
 * a hurry; but not all the time, for each look takes a line from a thread
 * that emits. */
static void relax(struct threads *t, unsigned *spins)
{
    ++*spins;
    if (t->sched->log->on && *spins % SPINS_PER_DELIVERY == 0)
        fake_log_deliver(t->sched->log);
    if (*spins % SPINS_PER_YIELD == 0)
        sched_yield();
#if defined(__x86_64__) || defined(__i386__)
    else
        __builtin_ia32_pause();
#endif
}

static uint64_t stamp(struct threads *t)
{
    uint64_t now = uv_hrtime();

    fake_log_set_time(t->sched->log, now);
    return now;
}

/* ---- the device's thread ---- */

static void wake_driver(struct threads *t)
{
    if (!atomic_load(&t->waiting))
        return;
    uv_mutex_lock(&t->mutex);
    uv_cond_signal(&t->changed);
    uv_mutex_unlock(&t->mutex);
}

static bool carry_out_control(struct threads *t)
{
    const struct fake_control *c = atomic_load(&t->control);

    if (!c)
        return false;
    fake_device_control(t->sched->dev, c);
    /* It looks at nothing until it is kicked, unless it polls anyway. */
    if (c->kind == FAKE_CONTROL_DRIVER_OK)
        fake_device_arm(t->sched->dev);
    atomic_store(&t->control, NULL);
    wake_driver(t);
    return true;
}

static bool take_kicks(struct threads *t)
{
    uint64_t kicked = atomic_load(&t->kicked);

    if (!kicked)
        return false;
    kicked = atomic_exchange(&t->kicked, 0);
    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        if (kicked >> q & 1)
            fake_device_kick(t->sched->dev, q);
    return true;
}

static bool has_word(struct threads *t)
{
    return atomic_load(&t->kicked) || atomic_load(&t->control) ||
           atomic_load(&t->stopping);
}

/* Work until there was none for poll_ns. Returns when the next completion is
 * due, or FAKE_NEVER. */
static uint64_t look(struct threads *t)
{
    struct fake_device *dev = t->sched->dev;
    uint64_t last_work = stamp(t);
    unsigned spins = 0;

    while (!atomic_load(&t->stopping)) {
        uint64_t wake = FAKE_NEVER;
        uint64_t now = stamp(t);
        bool worked = carry_out_control(t);

        worked |= take_kicks(t);
        worked |= fake_device_step(dev, now, &wake);
        if (worked) {
            last_work = now;
            fake_device_suppress(dev);
        } else if (now - last_work < t->poll_ns ||
                   (wake != FAKE_NEVER && wake < now + t->poll_ns)) {
            relax(t, &spins);
        } else if (!fake_device_arm(dev)) {
            return wake;
        } else {
            last_work = now;
        }
    }
    return FAKE_NEVER;
}

static void on_timer(uv_timer_t *timer);

/* libuv counts in ms, and it may be past that time by now. */
static void sleep_until(struct threads *t, uint64_t wake)
{
    uint64_t now = stamp(t);

    uv_timer_start(&t->timer, on_timer,
                   wake > now ? (wake - now) / MS_NS + 1 : 0, 0);
}

static void work(struct threads *t)
{
    uint64_t wake;

    atomic_store(&t->asleep, false);
    do {
        wake = look(t);
        atomic_store(&t->asleep, true);
    } while (has_word(t) && !atomic_load(&t->stopping));
    if (atomic_load(&t->stopping))
        uv_stop(&t->loop);
    else if (wake != FAKE_NEVER)
        sleep_until(t, wake);
}

static void on_timer(uv_timer_t *timer)
{
    work(timer->data);
}

static void on_async(uv_async_t *async)
{
    work(async->data);
}

static void run(void *arg)
{
    struct threads *t = arg;

    uv_run(&t->loop, UV_RUN_DEFAULT);
    atomic_store(&t->ended, true);
    wake_driver(t);
}

/* ---- the driver's thread ---- */

static void nudge(struct threads *t)
{
    if (atomic_load(&t->asleep))
        uv_async_send(&t->async);
}

static bool line_asserted(struct threads *t)
{
    return atomic_load(&t->sched->dev->lines->irq_status) != 0;
}

/* Spins a while, then sleeps, until `ready` or the deadline. */
static bool wait_for(struct threads *t, bool (*ready)(struct threads *),
                     uint64_t deadline_ns)
{
    uint64_t start = stamp(t);
    unsigned spins = 0;
    uint64_t now;

    while (!ready(t)) {
        now = stamp(t);
        if (now >= deadline_ns)
            return false;
        if (now - start < WAIT_SPIN_NS) {
            relax(t, &spins);
            continue;
        }
        uv_mutex_lock(&t->mutex);
        atomic_store(&t->waiting, true);
        if (!ready(t))
            uv_cond_timedwait(&t->changed, &t->mutex,
                              deadline_ns - now < SLEEP_MAX_NS
                                  ? deadline_ns - now
                                  : SLEEP_MAX_NS);
        atomic_store(&t->waiting, false);
        uv_mutex_unlock(&t->mutex);
    }
    return true;
}

static bool control_done(struct threads *t)
{
    return atomic_load(&t->control) == NULL;
}

static bool has_ended(struct threads *t)
{
    return atomic_load(&t->ended);
}

/* The device answers in bounded time, or the bench is broken. */
static void await(struct threads *t, bool (*ready)(struct threads *))
{
    if (wait_for(t, ready, uv_hrtime() + t->sched->patience_ns))
        return;
    fprintf(stderr, "ringtrue: the device's thread has hung for %g s\n",
            (double)t->sched->patience_ns / 1e9);
    abort();
}

static void threads_control(struct fake_sched *s, const struct fake_control *c)
{
    struct threads *t = s->impl;

    atomic_store(&t->control, c);
    nudge(t);
    await(t, control_done);
}

static void threads_doorbell(struct fake_sched *s, uint16_t queue)
{
    struct threads *t = s->impl;

    atomic_fetch_or(&t->kicked, UINT64_C(1) << queue);
    nudge(t);
}

static void threads_tick(struct fake_sched *s)
{
    stamp(s->impl);
}

static int threads_wait(struct fake_sched *s, uint64_t deadline_ns)
{
    return wait_for(s->impl, line_asserted, deadline_ns);
}

static uint64_t threads_now(struct fake_sched *s)
{
    return stamp(s->impl);
}

static void threads_line_changed(struct fake_sched *s)
{
    wake_driver(s->impl);
}

/* On the driver's thread, which may be about to send to the handle while the
 * other one ends. */
static void close_loop(struct threads *t)
{
    uv_close((uv_handle_t *)&t->async, NULL);
    uv_close((uv_handle_t *)&t->timer, NULL);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    uv_loop_close(&t->loop);
}

static void fini(struct threads *t)
{
    close_loop(t);
    uv_cond_destroy(&t->changed);
    uv_mutex_destroy(&t->mutex);
}

static void threads_stop(struct fake_sched *s)
{
    struct threads *t = s->impl;

    atomic_store(&t->stopping, true);
    uv_async_send(&t->async);
    await(t, has_ended);
    uv_thread_join(&t->thread);
    fini(t);
    free(t);
    s->impl = NULL;
}

static const struct fake_sched_ops threads_ops = {
    .stop = threads_stop,
    .control = threads_control,
    .doorbell = threads_doorbell,
    .tick = threads_tick,
    .wait = threads_wait,
    .now = threads_now,
    .line_changed = threads_line_changed,
};

static int init_loop(struct threads *t)
{
    if (uv_loop_init(&t->loop))
        return -1;
    t->async.data = t->timer.data = t;
    if (uv_async_init(&t->loop, &t->async, on_async)) {
        uv_loop_close(&t->loop);
        return -1;
    }
    uv_timer_init(&t->loop, &t->timer); /* cannot fail */
    return 0;
}

/* Everything but the thread; -1 leaves nothing behind. */
static int init(struct threads *t)
{
    if (uv_mutex_init(&t->mutex))
        return -1;
    if (uv_cond_init(&t->changed) == 0) {
        if (init_loop(t) == 0)
            return 0;
        uv_cond_destroy(&t->changed);
    }
    uv_mutex_destroy(&t->mutex);
    return -1;
}

int fake_sched_threads_start(struct fake_sched *s, struct fake_device *dev,
                             struct fake_log *log, uint64_t poll_ns)
{
    struct threads *t = calloc(1, sizeof(*t));

    if (!t)
        return -1;
    t->sched = s;
    t->poll_ns = poll_ns;
    atomic_init(&t->asleep, true);
    *s = (struct fake_sched){
        .ops = &threads_ops,
        .dev = dev,
        .log = log,
        .patience_ns = PATIENCE_NS,
        .impl = t,
    };
    if (init(t)) {
        free(t);
        s->impl = NULL;
        return -1;
    }
    if (uv_thread_create(&t->thread, run, t)) {
        fini(t);
        free(t);
        s->impl = NULL;
        return -1;
    }
    return 0;
}
