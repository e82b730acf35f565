/* SPDX-License-Identifier: MIT
 *
 * event.c: the event log: one spinlock, one ring, one listener.
 */
#include "fakedev/event.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakedev/fault.h"

/* The lock is held for a few hundred ns at most, unless its holder lost its
 * CPU: then spinning is of no use. */
#define SPINS_MAX 200u

struct kind_names {
    const char *name;
    const char *arg[4];
};

static const struct kind_names kinds[] = {
#define FAKE_EVENT_NAMES(name, text, a, b, c, d) {text, {a, b, c, d}},
    FAKE_EVENTS(FAKE_EVENT_NAMES)
#undef FAKE_EVENT_NAMES
};

static const char *const chain_bad_texts[] = {
#define FAKE_CHAIN_BAD_TEXT(name, text) text,
    FAKE_CHAIN_BAD(FAKE_CHAIN_BAD_TEXT)
#undef FAKE_CHAIN_BAD_TEXT
};

int fake_log_init(struct fake_log *log, size_t room)
{
    size_t rounded = room ? 1 : 0;

    memset(log, 0, sizeof(*log));
    atomic_flag_clear(&log->lock);
    atomic_init(&log->t_ns, 0);
    log->on = true;
    while (rounded < room) {
        if (rounded > SIZE_MAX / 2)
            return -1;
        rounded *= 2;
    }
    if (!rounded)
        return 0;
    /* calloc: pages are touched only when events come. */
    log->ring = calloc(rounded, sizeof(*log->ring));
    if (!log->ring)
        return -1;
    log->room = rounded;
    return 0;
}

void fake_log_free(struct fake_log *log)
{
    free(log->ring);
    log->ring = NULL;
    log->room = 0;
    log->on = false;
}

static void log_lock(struct fake_log *log)
{
    unsigned spins = 0;

    /* acquire: see what the emitter before us wrote. Pairs with the release
     * in log_unlock(). */
    while (
        atomic_flag_test_and_set_explicit(&log->lock, memory_order_acquire)) {
        if (++spins > SPINS_MAX)
            (void)sched_yield();
    }
}

static void log_unlock(struct fake_log *log)
{
    atomic_flag_clear_explicit(&log->lock, memory_order_release);
}

void fake_log_append(struct fake_log *log, enum fake_event_kind kind,
                     uint16_t queue, uint64_t a, uint64_t b, uint64_t c,
                     uint64_t d)
{
    struct fake_event passing;
    struct fake_event *e;
    uint64_t number;

    log_lock(log);
    number = log->count++;
    e = log->room ? &log->ring[number & (log->room - 1)] : &passing;
    e->t_ns = atomic_load_explicit(&log->t_ns, memory_order_relaxed);
    e->kind = (uint16_t)kind;
    e->queue = queue;
    e->reserved = 0;
    e->arg[0] = a;
    e->arg[1] = b;
    e->arg[2] = c;
    e->arg[3] = d;
    if (log->listen)
        log->listen(log->ctx, number, e);
    log_unlock(log);
}

const struct fake_event *fake_log_get(const struct fake_log *log,
                                      uint64_t number)
{
    if (number >= log->count || number < fake_log_first(log))
        return NULL;
    return &log->ring[number & (log->room - 1)];
}

uint64_t fake_log_first(const struct fake_log *log)
{
    return log->count > log->room ? log->count - log->room : 0;
}

const char *fake_event_name(enum fake_event_kind kind)
{
    return (unsigned)kind < FAKE_EV_COUNT ? kinds[kind].name : "?";
}

const char *fake_event_arg_name(enum fake_event_kind kind, unsigned arg)
{
    if ((unsigned)kind >= FAKE_EV_COUNT || arg > 3)
        return "";
    return kinds[kind].arg[arg];
}

const char *fake_chain_bad_text(enum fake_chain_bad reason)
{
    if ((unsigned)reason >= FAKE_CHAIN_BAD_COUNT)
        return "?";
    return chain_bad_texts[reason];
}

/* An argument that is a code reads better as its text. */
static const char *arg_text(const struct fake_event *e, unsigned arg)
{
    if (e->kind == FAKE_EV_CHAIN_BAD && arg == 1 &&
        e->arg[arg] < FAKE_CHAIN_BAD_COUNT)
        return fake_chain_bad_text((enum fake_chain_bad)e->arg[arg]);
    if (e->kind == FAKE_EV_FAULT && arg == 0 && e->arg[arg] < FAKE_FAULT_COUNT)
        return fake_fault_name((enum fake_fault)e->arg[arg]);
    return NULL;
}

size_t fake_event_format(const struct fake_event *e, uint64_t number, char *out,
                         size_t room)
{
    enum fake_event_kind kind = (enum fake_event_kind)e->kind;
    char line[320];
    size_t len = 0;
    unsigned i;

#define ADD(...)                                                               \
    (len += (size_t)snprintf(line + len, sizeof(line) - len, __VA_ARGS__))
    ADD("{\"n\":%" PRIu64 ",\"t\":%" PRIu64 ",\"ev\":\"%s\"", number, e->t_ns,
        fake_event_name(kind));
    if (e->queue != FAKE_NO_QUEUE)
        ADD(",\"q\":%u", (unsigned)e->queue);
    for (i = 0; i < 4; i++) {
        const char *name = fake_event_arg_name(kind, i);
        const char *text = arg_text(e, i);

        if (!name[0])
            continue;
        if (text)
            ADD(",\"%s\":\"%s\"", name, text);
        else
            ADD(",\"%s\":%" PRIu64, name, e->arg[i]);
    }
    ADD("}");
#undef ADD
    if (!room)
        return 0;
    if (len >= room)
        len = room - 1;
    memcpy(out, line, len);
    out[len] = '\0';
    return len;
}
