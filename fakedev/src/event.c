/* SPDX-License-Identifier: MIT
 *
 * event.c: the event log: one counter, one ring, one listener.
 */
#include "fakedev/event.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakedev/fault.h"

/* Spins before the CPU is given away: whoever is waited for may have lost
 * its own. */
#define SPINS_MAX 200u
#define SLOTS_MIN 64u

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

static const struct {
    bool by_driver, exact;
    const char *text;
} trespasses[] = {
#define FAKE_TRESPASS_ROW(name, driver, exact, text) {driver, exact, text},
    FAKE_TRESPASSES(FAKE_TRESPASS_ROW)
#undef FAKE_TRESPASS_ROW
};

int fake_log_init(struct fake_log *log, size_t room)
{
    size_t slots = room ? 1 : SLOTS_MIN;

    memset(log, 0, sizeof(*log));
    atomic_flag_clear(&log->delivering);
    log->on = true;
    log->batch = 1;
    while (slots < room) {
        if (slots > SIZE_MAX / 2)
            return -1;
        slots *= 2;
    }
    /* calloc: pages are touched only when events come. */
    log->ring = calloc(slots, sizeof(*log->ring));
    if (!log->ring)
        return -1;
    log->slots = slots;
    atomic_init(&log->free_below, slots);
    log->room = room ? slots : 0;
    return 0;
}

void fake_log_free(struct fake_log *log)
{
    free(log->ring);
    log->ring = NULL;
    log->slots = log->room = 0;
    log->on = false;
}

static struct fake_slot *slot_of(const struct fake_log *log, uint64_t number)
{
    return &log->ring[number & (log->slots - 1)];
}

/* Hands whole events to the listener, in order, up to the first that is not
 * there yet. One thread at a time; the others leave it to that one. */
void fake_log_deliver(struct fake_log *log)
{
    uint64_t number;

    /* acquire: see what the listener did for the one before us. Pairs with
     * the release below. */
    if (atomic_flag_test_and_set_explicit(&log->delivering,
                                          memory_order_acquire))
        return;
    number = log->count;
    for (;;) {
        struct fake_slot *slot = slot_of(log, number);

        /* acquire: the event, before it is read. Pairs with the release in
         * fake_log_put(). */
        if (atomic_load_explicit(&slot->done, memory_order_acquire) !=
            number + 1)
            break;
        if (log->listen)
            log->listen(log->ctx, number, &slot->event);
        number++;
    }
    log->count = number;
    /* release: the events were read before their slots are used again. Pairs
     * with wait_for_slot(). Once per delivery: every emitter reads it. */
    atomic_store_explicit(&log->free_below, number + log->slots,
                          memory_order_release);
    atomic_flag_clear_explicit(&log->delivering, memory_order_release);
}

/* A slot is free once the event that had it a round ago was delivered. */
static void wait_for_slot(struct fake_log *log, uint64_t number)
{
    unsigned spins = 0;

    /* acquire: pairs with the release in fake_log_deliver(). */
    while (number >=
           atomic_load_explicit(&log->free_below, memory_order_acquire)) {
        fake_log_deliver(log);
        if (++spins > SPINS_MAX)
            (void)sched_yield();
    }
}

static uint64_t take_numbers(struct fake_log *log, unsigned count)
{
    uint64_t first;

    /* acq_rel: numbers agree with what the emitters know of each other. */
    if (!log->one_thread)
        return atomic_fetch_add_explicit(&log->next, count,
                                         memory_order_acq_rel);
    first = atomic_load_explicit(&log->next, memory_order_relaxed);
    atomic_store_explicit(&log->next, first + count, memory_order_relaxed);
    return first;
}

uint64_t fake_log_begin(struct fake_log *log, unsigned count)
{
    uint64_t first = take_numbers(log, count);

    wait_for_slot(log, first + count - 1);
    return first;
}

/* In place: an event built elsewhere and copied costs more than all the
 * rest. */
void fake_log_put(struct fake_log *log, uint64_t number,
                  enum fake_event_kind kind, uint16_t queue, uint64_t a,
                  uint64_t b, uint64_t c, uint64_t d)
{
    struct fake_slot *slot = slot_of(log, number);
    struct fake_event *e = &slot->event;

    e->t_ns = atomic_load_explicit(&log->t_ns, memory_order_relaxed);
    e->kind = (uint16_t)kind;
    e->queue = queue;
    e->reserved = 0;
    e->arg[0] = a;
    e->arg[1] = b;
    e->arg[2] = c;
    e->arg[3] = d;
    /* release: the event, before it counts as whole. */
    atomic_store_explicit(&slot->done, number + 1, memory_order_release);
}

void fake_log_end(struct fake_log *log, uint64_t first, unsigned count)
{
    /* Did a multiple of batch, a power of two, go by? */
    if ((first ^ (first + count)) & ~((uint64_t)log->batch - 1))
        fake_log_deliver(log);
}

uint64_t fake_log_one(struct fake_log *log, enum fake_event_kind kind,
                      uint16_t queue, uint64_t a, uint64_t b, uint64_t c,
                      uint64_t d)
{
    uint64_t number = fake_log_begin(log, 1);

    fake_log_put(log, number, kind, queue, a, b, c, d);
    fake_log_end(log, number, 1);
    return number;
}

bool fake_log_try(struct fake_log *log, enum fake_event_kind kind,
                  uint16_t queue, uint64_t a, uint64_t b, uint64_t c,
                  uint64_t d)
{
    uint64_t number = atomic_load_explicit(&log->next, memory_order_relaxed);

    if (!log->on)
        return false;
    /* A number is taken only with a slot for it: waiting for one would mean to
     * deliver, and the listener is not for signal handlers. */
    do {
        /* acquire: pairs with the release in fake_log_deliver(). */
        if (number >=
            atomic_load_explicit(&log->free_below, memory_order_acquire))
            return false;
        /* acq_rel: as in take_numbers() */
    } while (!atomic_compare_exchange_weak_explicit(
        &log->next, &number, number + 1, memory_order_acq_rel,
        memory_order_relaxed));
    fake_log_put(log, number, kind, queue, a, b, c, d);
    return true;
}

void fake_log_settle(struct fake_log *log)
{
    while (log->count != atomic_load_explicit(&log->next, memory_order_acquire))
        fake_log_deliver(log);
}

const struct fake_event *fake_log_get(const struct fake_log *log,
                                      uint64_t number)
{
    if (number >= log->count || number < fake_log_first(log))
        return NULL;
    return &slot_of(log, number)->event;
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

const char *fake_trespass_text(enum fake_trespass how)
{
    return (unsigned)how < FAKE_TRESPASS_COUNT ? trespasses[how].text : "?";
}

bool fake_trespass_by_driver(enum fake_trespass how)
{
    return (unsigned)how < FAKE_TRESPASS_COUNT && trespasses[how].by_driver;
}

bool fake_trespass_is_exact(enum fake_trespass how)
{
    return (unsigned)how < FAKE_TRESPASS_COUNT && trespasses[how].exact;
}

/* An argument that is a code reads better as its text. */
static const char *arg_text(const struct fake_event *e, unsigned arg)
{
    if (e->kind == FAKE_EV_CHAIN_BAD && arg == 1 &&
        e->arg[arg] < FAKE_CHAIN_BAD_COUNT)
        return fake_chain_bad_text((enum fake_chain_bad)e->arg[arg]);
    if (e->kind == FAKE_EV_FAULT && arg == 0 && e->arg[arg] < FAKE_FAULT_COUNT)
        return fake_fault_name((enum fake_fault)e->arg[arg]);
    if (e->kind == FAKE_EV_TRESPASS && arg == 2)
        return fake_trespass_text((enum fake_trespass)e->arg[arg]);
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
    if (kind == FAKE_EV_DESC)
        ADD(",\"flags\":%u,\"next\":%u,\"table\":%u",
            FAKE_DESC_FLAGS(e->arg[3]), FAKE_DESC_NEXT(e->arg[3]),
            (unsigned)FAKE_DESC_IN_TABLE(e->arg[3]));
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
