/* SPDX-License-Identifier: MIT */
#include "watch.h"
#include "law.h"

#include <string.h>

#define EVENTS_MAX 100000u
#define LINE_BYTES 256u

/* ---- events -------------------------------------------------------------- */

static void digest(struct watch *w, const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        w->digest = (w->digest ^ (uint8_t)line[i]) * 0x100000001b3u;
}

static void check_line(struct watch *w, uint64_t number,
                       const struct fake_event *e)
{
    char line[2 * LINE_BYTES];
    size_t length = fake_event_format(e, number, line, sizeof(line));

    FUZZ_LAW(length > 2 && length < LINE_BYTES && strlen(line) == length &&
                 line[0] == '{' && line[length - 1] == '}',
             "an event of kind %u as a line of %zu bytes: %s", e->kind, length,
             line);
    digest(w, line, length);
    fuzz_say("  %s", line);
}

static struct watch_queue *queue_of(struct watch *w, const struct fake_event *e)
{
    FUZZ_LAW(e->queue < WATCH_QUEUES, "an event of queue %u", e->queue);
    return &w->queue[e->queue];
}

static void chain_taken(struct watch_queue *q, const struct fake_event *e)
{
    FUZZ_LAW(q->count < WATCH_CHAINS, "more chains taken than there can be");
    q->chain[q->count++] = (struct watch_chain){e->arg[0], e->arg[3]};
}

static void drop_chains(struct watch_queue *q, unsigned from, unsigned count)
{
    q->count -= count;
    memmove(&q->chain[from], &q->chain[from + count],
            (q->count - from) * sizeof(q->chain[0]));
}

/* With IN_ORDER one element gives back a batch, and has the id of its last. */
static void chain_used(struct watch_queue *q, const struct fake_event *e)
{
    uint64_t buffers = e->arg[3];
    unsigned n = 0;

    if (buffers > 1) {
        FUZZ_LAW(buffers <= q->count, "%llu buffers given back of %u",
                 (unsigned long long)buffers, q->count);
        drop_chains(q, 0, (unsigned)buffers - 1);
    }
    while (n < q->count && q->chain[n].id != e->arg[0])
        n++;
    FUZZ_LAW(n < q->count && buffers > 0,
             "a used element of a chain that was not taken: %llu",
             (unsigned long long)e->arg[0]);
    FUZZ_LAW(e->arg[1] <= q->chain[n].writable, "%llu bytes used of %llu",
             (unsigned long long)e->arg[1],
             (unsigned long long)q->chain[n].writable);
    drop_chains(q, n, 1);
}

/* The machine has let go of all memory that is not in a window now. */
static void forget_closed(struct watch *w)
{
    bool shut = w->shut;

    watch_open(w);
    for (unsigned i = 0; i < WATCH_WINDOWS; i++) {
        if (w->window[i].dma == 0)
            w->window[i].mem = NULL;
    }
    if (shut)
        watch_shut(w);
}

static void follow(struct watch *w, const struct fake_event *e)
{
    switch ((enum fake_event_kind)e->kind) {
    case FAKE_EV_CHAIN:
        chain_taken(queue_of(w, e), e);
        break;
    case FAKE_EV_USED:
        chain_used(queue_of(w, e), e);
        break;
    case FAKE_EV_QUEUE_UP:
    case FAKE_EV_QUEUE_DOWN:
        queue_of(w, e)->count = 0;
        break;
    default:
        break;
    }
}

static void see(void *ctx, uint64_t number, const struct fake_event *e)
{
    struct watch *w = ctx;

    fake_judge_see(w->m->judge, number, e);
    FUZZ_LAW(number == w->events, "event %llu comes as number %llu",
             (unsigned long long)w->events, (unsigned long long)number);
    w->events++;
    check_line(w, number, e);
    if (!w->faulty)
        follow(w, e);
    if (e->kind == FAKE_EV_RESET)
        forget_closed(w);
}

void watch_begin(struct watch *w)
{
    w->move_began = w->events;
}

void watch_moved(struct watch *w)
{
    FUZZ_LAW(w->events - w->move_began < EVENTS_MAX,
             "a move causes %llu events",
             (unsigned long long)(w->events - w->move_began));
}

/* ---- memory -------------------------------------------------------------- */

/* Everything outside of writable windows is as it was when it was shut. */
static void compare(struct watch *w)
{
    const struct fake_arena *a = &w->m->arena;

    for (unsigned i = 0; i < WATCH_WINDOWS; i++) {
        const struct watch_window *v = &w->window[i];
        if (v->mem && v->writable)
            memcpy(w->copy + (v->mem - a->base), v->mem, v->bytes);
    }
    FUZZ_LAW(w->lost || memcmp(w->copy, a->base, w->copied) == 0,
             "the device has written outside of its windows");
}

void watch_open(struct watch *w)
{
    const struct fake_arena *a = &w->m->arena;

    if (!w->shut)
        return;
    w->shut = false;
    FUZZ_OPEN(a->base, a->bytes);
    compare(w);
}

void watch_shut(struct watch *w)
{
    const struct fake_arena *a = &w->m->arena;

    w->shut = true;
    /* Behind that nothing was ever handed out: only AddressSanitizer sees it
     * if it is written. */
    w->copied = a->touched;
    memcpy(w->copy, a->base, w->copied);
    if (w->lost)
        return;
    FUZZ_CLOSE(a->base, a->bytes);
    for (unsigned i = 0; i < WATCH_WINDOWS; i++) {
        const struct watch_window *v = &w->window[i];
        if (v->mem)
            FUZZ_OPEN(v->mem, v->bytes);
    }
}

void watch_window(struct watch *w, uint64_t dma, size_t bytes, bool writable,
                  bool readable)
{
    uint8_t *mem = fake_arena_map(&w->m->arena, dma, bytes,
                                  readable ? FAKE_TO_DEVICE : FAKE_FROM_DEVICE);

    FUZZ_LAW(mem, "a window that was opened is not there");
    for (unsigned i = 0; i < WATCH_WINDOWS; i++) {
        if (w->window[i].mem)
            continue;
        w->window[i] = (struct watch_window){mem, bytes, dma, writable};
        return;
    }
    w->lost = true;
}

void watch_close(struct watch *w, uint64_t dma)
{
    for (unsigned i = 0; i < WATCH_WINDOWS; i++) {
        if (w->window[i].dma == dma)
            w->window[i].dma = 0;
    }
}

/* ---- the judge ----------------------------------------------------------- */

static bool is_clause(const char *id)
{
    const char *known;

    for (size_t k = 0; (known = fake_judge_clause(k)) != NULL; k++) {
        if (strcmp(known, id) == 0)
            return true;
    }
    return false;
}

static bool is_text(const char *text, size_t room)
{
    return text[0] != '\0' && memchr(text, '\0', room) != NULL;
}

static void check_violation(struct watch *w, const struct fake_violation *v)
{
    FUZZ_LAW(is_clause(v->clause), "a violation of %s, which is no clause",
             v->clause);
    FUZZ_LAW(v->times > 0 && v->event < w->events,
             "%s: violated %llu times, at event %llu", v->clause,
             (unsigned long long)v->times, (unsigned long long)v->event);
    FUZZ_LAW(is_text(v->expected, sizeof(v->expected)) &&
                 is_text(v->seen, sizeof(v->seen)),
             "%s: nothing expected, or nothing seen", v->clause);
    FUZZ_LAW(fake_judge_applied(w->m->judge, v->clause) > 0,
             "%s: violated, but it never applied", v->clause);
    fuzz_say("violation: %s: expected %s; seen %s", v->clause, v->expected,
             v->seen);
    digest(w, v->clause, strlen(v->clause));
    digest(w, v->seen, strlen(v->seen));
}

void watch_end(struct watch *w)
{
    const struct fake_violation *list;
    size_t count = fake_judge_violations(w->m->judge, &list);

    for (size_t i = 0; i < count; i++) {
        check_violation(w, &list[i]);
        for (size_t k = 0; k < i; k++)
            FUZZ_LAW(strcmp(list[i].clause, list[k].clause) != 0,
                     "%s: listed twice", list[i].clause);
    }
    watch_open(w);
}

void watch_start(struct watch *w, struct fake_machine *m, bool faulty)
{
    memset(w, 0, sizeof(*w));
    w->m = m;
    w->faulty = faulty;
    w->digest = 0xcbf29ce484222325u;
    FUZZ_LAW(m->arena.bytes == WATCH_ARENA_BYTES, "an arena of %zu bytes",
             m->arena.bytes);
    m->log.listen = see;
    m->log.ctx = w;
    m->log.batch = 1;
    watch_shut(w);
}
