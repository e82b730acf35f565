/* SPDX-License-Identifier: MIT
 *
 * weak_private.h: private to weak*.c: the store buffer, and what memory was
 * before the device changed it.
 *
 * Places in memory are offsets in the arena, not addresses: these differ from
 * run to run.
 */
#ifndef FAKEDEV_WEAK_PRIVATE_H
#define FAKEDEV_WEAK_PRIVATE_H

#include "fakedev/weak.h"

#define WEAK_LINE 64u        /* bytes */
#define WEAK_LINES 1024u     /* of memory that are watched */
#define WEAK_UNIT 2u         /* bytes: the smallest field of a ring */
#define WEAK_SEEN 4096u      /* units whose last load is known */
#define WEAK_STORE_BYTES 16u /* of one store */

/* One store that the device cannot see yet. */
struct weak_store {
    uint64_t offset;
    uint32_t bytes;
    uint32_t section; /* counts release fences */
    bool release, seq_cst;
    uint8_t fresh[WEAK_STORE_BYTES];
    uint8_t stale[WEAK_STORE_BYTES]; /* what it covers, while it is applied */
};

/* A line of memory of which the past is kept. */
struct weak_line {
    uint64_t offset;
    uint64_t since;         /* its past is known from that time on */
    uint8_t was[WEAK_LINE]; /* before the device's move */
};

/* A line before the device changed it, which was at that time. */
struct weak_change {
    uint64_t time;
    uint64_t offset;
    uint8_t was[WEAK_LINE];
};

/* Memory that the device sees. */
struct weak_range {
    uint64_t offset, bytes, dma;
};

struct weak_seen {
    uint64_t unit, time; /* time 0: nothing */
};

struct fake_weak {
    struct fake_arena *arena;
    fake_weak_pause *pause;
    void *pause_ctx;
    fake_weak_listener *listener;
    void *listener_ctx;
    uint64_t rng;
    struct fake_weak_last last;
    bool device;              /* it is the device that moves */
    uint16_t *open;           /* per line: how often it is open */
    struct weak_range *range; /* in no order */
    size_t range_count, range_room;

    /* stores */
    struct weak_store store[FAKE_WEAK_PENDING]; /* in the program's order */
    unsigned count, seq_cst_count;
    uint32_t section;

    /* loads: time counts the moves of the device that changed a watched line */
    uint64_t now, floor; /* no load is satisfied before floor */
    uint64_t newest;     /* the latest that any load was */
    uint16_t *line_of;   /* per line: its number in line[] plus 1, or 0 */
    struct weak_line line[WEAK_LINES];
    unsigned line_count;
    struct weak_change change[FAKE_WEAK_PAST]; /* oldest first */
    unsigned change_count;
    struct weak_seen seen[WEAK_SEEN];

    /* announced by fake_weak_writes() or fake_weak_reads() */
    bool loading; /* the load of the last call may still be to come */
    struct weak_announced {
        uint64_t offset;
        size_t bytes;             /* 0: nothing */
        uint8_t was[WEAK_LINE];   /* write: before; read: the truth */
        uint8_t shown[WEAK_LINE]; /* read: what is shown instead */
    } write, read;
};

static inline uint8_t *weak_at(const struct fake_weak *w, uint64_t offset)
{
    return w->arena->base + offset;
}

/* Of n possibilities. splitmix64, as in the scheduler. */
static inline uint64_t weak_choose(struct fake_weak *w, uint64_t n)
{
    uint64_t z = w->rng += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % n;
}

/* Logs one of the two kinds of event, and notes its number in *last. */
static inline void weak_tell(const struct fake_weak *w, uint64_t *last,
                             enum fake_event_kind kind, uint64_t addr,
                             uint64_t bytes, uint64_t c, uint64_t d)
{
    struct fake_log *log = w->arena->log;

    *last = atomic_load_explicit(&log->next, memory_order_relaxed);
    fake_emit(log, kind, FAKE_NO_QUEUE, addr, bytes, c, d);
}

/* ---- weak.c ---- */

/* Is this access one that the device could notice, or the driver could notice
 * the device in? Tells the listener. */
bool weak_is_seen(struct fake_weak *w, const void *cpu, size_t bytes,
                  bool write, uint64_t *offset);
void weak_device_may_move(struct fake_weak *w);
/* What every access begins with: settles, is_seen, may_move. */
bool weak_begin(struct fake_weak *w, const void *cpu, size_t bytes, bool write,
                uint64_t *offset);
void weak_all_in_order(struct fake_weak *w);

/* ---- weak_range.c ---- */

void weak_range_add(struct fake_weak *w, uint64_t offset, size_t bytes,
                    uint64_t dma);
void weak_range_remove(struct fake_weak *w, uint64_t offset, size_t bytes,
                       uint64_t dma);
bool weak_range_is_open(const struct fake_weak *w, uint64_t offset);
/* The device address of what is open there, or 0. */
uint64_t weak_range_dma(const struct fake_weak *w, uint64_t offset);

/* ---- weak_stores.c ---- */

/* The store is in memory already; stale is what was there before. */
void weak_store_add(struct fake_weak *w, uint64_t offset, const uint8_t *stale,
                    uint32_t bytes, enum fake_order order);
/* Some of the stores that may get out do. */
void weak_stores_leak(struct fake_weak *w);
void weak_stores_all_out(struct fake_weak *w);
/* Memory as the device sees it; as the driver does. */
void weak_stores_hide(struct fake_weak *w);
void weak_stores_show(struct fake_weak *w);
bool weak_stores_touch(const struct fake_weak *w, uint64_t offset,
                       size_t bytes);
/* Says for each byte whether it is of a store that waits. */
void weak_stores_mark(const struct fake_weak *w, uint64_t offset,
                      uint32_t bytes, bool *own);

/* ---- weak_past.c ---- */

/* Keeps the past of the lines there from now on. */
void weak_past_watch(struct fake_weak *w, uint64_t offset);
/* Before and after a move of the device, with memory as it sees it. */
void weak_past_begin(struct fake_weak *w);
void weak_past_end(struct fake_weak *w);
/* Loads from here on are satisfied at that time or later. */
void weak_past_raise(struct fake_weak *w, uint64_t time);
/* Nothing that was there is of interest: it is other memory now. */
void weak_past_forget(struct fake_weak *w, uint64_t offset, size_t bytes);
/* The bytes are known to be those of this time, or of a later one. */
void weak_past_note(struct fake_weak *w, uint64_t offset, size_t bytes,
                    uint64_t time);
/* A load of what there is now. */
void weak_past_current(struct fake_weak *w, uint64_t offset, size_t bytes);
/* Chooses when a load of at most WEAK_STORE_BYTES is satisfied, and copies what
 * it gets. Returns the time. */
uint64_t weak_past_load(struct fake_weak *w, uint64_t offset, uint32_t bytes,
                        uint8_t *to);

#endif
