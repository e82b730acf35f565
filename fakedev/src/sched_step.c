/* SPDX-License-Identifier: MIT
 *
 * sched_step.c: the device on the driver's own thread, in virtual time.
 *
 * Time passes only here: a little with each port call, and in jumps while the
 * driver waits. A seeded generator decides whether the device moves during a
 * port call, whether it suppresses kicks while it is awake, and whether it
 * gets one more move in before an interrupt is seen. All of that is legal
 * behaviour of a device; a driver must be correct under each seed.
 */
#include <stdlib.h>

#include "fakedev/sched.h"

#define PORT_CALL_NS 100u
#define MOVE_NS 500u
#define ACCESS_NS 20u

struct step {
    uint64_t now_ns;
    uint64_t wake_ns; /* the model's next completion, or FAKE_NEVER */
    uint64_t rng;
    bool awake; /* looks at its queues when it moves */
};

/* splitmix64: enough for choices, the same on every machine. */
static uint64_t next_random(struct step *st)
{
    uint64_t z = st->rng += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool one_in(struct step *st, unsigned n)
{
    return next_random(st) % n == 0;
}

static void advance(struct fake_sched *s, uint64_t to_ns)
{
    struct step *st = s->impl;

    if (to_ns > st->now_ns)
        st->now_ns = to_ns;
    fake_log_set_time(s->log, st->now_ns);
}

/* Memory is the device's between these two. */
static void device_enters(struct fake_sched *s)
{
    if (s->weak)
        fake_weak_enter(s->weak);
}

static void device_leaves(struct fake_sched *s)
{
    if (s->weak)
        fake_weak_leave(s->weak);
}

static bool step_device(struct fake_sched *s)
{
    struct step *st = s->impl;
    bool did;

    device_enters(s);
    did = fake_device_step(s->dev, st->now_ns, &st->wake_ns);
    device_leaves(s);
    return did;
}

/* One move of the device, if there is a reason for one: a kick came, it is
 * looking, or a completion is due. */
static bool move(struct fake_sched *s)
{
    struct step *st = s->impl;

    if (!st->awake && st->wake_ns > st->now_ns)
        return false;
    st->wake_ns = FAKE_NEVER;
    return step_device(s);
}

static bool arm(struct fake_sched *s)
{
    bool pending;

    device_enters(s);
    pending = fake_device_arm(s->dev);
    device_leaves(s);
    return pending;
}

/* Nothing left to do: ask for a kick, unless something came in meanwhile. */
static void fall_asleep(struct fake_sched *s)
{
    struct step *st = s->impl;

    if (st->awake)
        st->awake = arm(s);
}

static void step_control(struct fake_sched *s, const struct fake_control *c)
{
    struct step *st = s->impl;

    device_enters(s);
    fake_device_control(s->dev, c);
    device_leaves(s);
    if (c->kind == FAKE_CONTROL_RESET) {
        st->awake = false;
        st->wake_ns = FAKE_NEVER;
    } else if (c->kind == FAKE_CONTROL_DRIVER_OK) {
        /* It looks at nothing until it is kicked, unless it polls anyway. */
        st->awake = arm(s);
    }
}

static void step_doorbell(struct fake_sched *s, uint16_t queue)
{
    struct step *st = s->impl;

    device_enters(s);
    fake_device_kick(s->dev, queue);
    st->awake = true;
    if (one_in(st, 2))
        fake_device_suppress(s->dev);
    device_leaves(s);
}

static void step_tick(struct fake_sched *s)
{
    struct step *st = s->impl;

    advance(s, st->now_ns + PORT_CALL_NS);
    if (!one_in(st, 4))
        return;
    if (!move(s) && one_in(st, 2))
        fall_asleep(s);
}

/* Between two accesses to memory: short, and the device hurries, for it is here
 * that it may find them out of order. */
static void step_pause(struct fake_sched *s)
{
    struct step *st = s->impl;

    advance(s, st->now_ns + ACCESS_NS);
    if (one_in(st, 2) && !move(s) && one_in(st, 8))
        fall_asleep(s);
}

/* Each turn either does something, or jumps to the next time at which there
 * will be something to do: the walk ends at the deadline at the latest. */
static int step_wait(struct fake_sched *s, uint64_t deadline_ns)
{
    struct step *st = s->impl;

    for (;;) {
        bool line = atomic_load(&s->dev->lines->irq_status) != 0;

        if (line && !one_in(st, 4))
            return 1;
        if (st->now_ns >= deadline_ns)
            return line;
        advance(s, st->now_ns + MOVE_NS);
        if (move(s) || line)
            continue;
        fall_asleep(s);
        if (!st->awake || st->wake_ns != FAKE_NEVER)
            advance(s, st->wake_ns < deadline_ns ? st->wake_ns : deadline_ns);
        else if (!step_device(s))
            advance(s, deadline_ns); /* it polls for ever and finds nothing:
                                        only the driver can change that */
    }
}

static uint64_t step_now(struct fake_sched *s)
{
    const struct step *st = s->impl;

    return st->now_ns;
}

static void step_line_changed(struct fake_sched *s)
{
    (void)s; /* step_wait looks at the line itself */
}

static void step_stop(struct fake_sched *s)
{
    free(s->impl);
    s->impl = NULL;
}

static const struct fake_sched_ops step_ops = {
    .stop = step_stop,
    .control = step_control,
    .doorbell = step_doorbell,
    .tick = step_tick,
    .pause = step_pause,
    .wait = step_wait,
    .now = step_now,
    .line_changed = step_line_changed,
};

int fake_sched_step_start(struct fake_sched *s, struct fake_device *dev,
                          struct fake_log *log, uint64_t seed)
{
    struct step *st = calloc(1, sizeof(*st));

    if (!st)
        return -1;
    st->rng = seed;
    st->wake_ns = FAKE_NEVER;
    *s = (struct fake_sched){
        .ops = &step_ops, .dev = dev, .log = log, .impl = st};
    fake_log_set_time(log, 0);
    return 0;
}
