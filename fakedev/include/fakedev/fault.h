/* SPDX-License-Identifier: MIT
 *
 * fault.h: what a device can do to a driver, by names a driver author knows.
 *
 * A fault is a property of the device, never a hook in the driver. All there
 * are stand in fault_list.h. A plan is a list of entries: which fault, where,
 * when, with what argument. Each entry counts its own occasions, those at its
 * place; which of them fire is a function of their number alone, so a plan and
 * a seed are a run.
 *
 * Threads: any thread may ask, but for one fault always the same. An entry may
 * be added, and the faults ended, while others ask; by one thread at a time.
 */
#ifndef FAKEDEV_FAULT_H
#define FAKEDEV_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/event.h"
#include "fakedev/fault_list.h"

enum fake_fault {
#define FAKE_FAULT_ENUM(name, text, nature, what, arg, may) FAKE_FAULT_##name,
    FAKE_FAULTS(FAKE_FAULT_ENUM)
#undef FAKE_FAULT_ENUM
        FAKE_FAULT_COUNT
};

enum fake_nature {
    FAKE_NATURE_LEGAL,
    FAKE_NATURE_FAILS,
    FAKE_NATURE_LIES,
    FAKE_NATURE_BREAKS
};

/* Which part of a device has it. */
enum fake_part {
    FAKE_PART_TRANSPORT,
    FAKE_PART_NOTIFY,
    FAKE_PART_QUEUE,
    FAKE_PART_MEMORY,
    FAKE_PART_DEVICE,
    FAKE_PART_BLK,
    FAKE_PART_SND,
    FAKE_PART_COUNT
};

#define FAKE_ANY_TYPE (-1)
#define FAKE_ANY_STREAM (-1)

/* The place of an occasion, as far as it has one; of an entry, as far as it
 * cares. Init with FAKE_SITE_ANY. */
struct fake_site {
    uint16_t queue; /* or FAKE_NO_QUEUE */
    int32_t type;   /* VIRTIO_BLK_T_*, VIRTIO_SND_R_*, or FAKE_ANY_TYPE */
    int32_t stream; /* or FAKE_ANY_STREAM */
    uint64_t
        sector; /* the first of `sectors`; an entry is hit by any overlap */
    uint64_t sectors; /* 0: none */
};

#define FAKE_SITE_ANY                                                          \
    (struct fake_site)                                                         \
    {                                                                          \
        .queue = FAKE_NO_QUEUE, .type = FAKE_ANY_TYPE,                         \
        .stream = FAKE_ANY_STREAM                                              \
    }

/* Fires from the nth occasion (1 = the first) to the `to`th on (0: for ever),
 * `count` times in all (0: as often as it comes): at each occasion, or at every
 * so-many-th, or at one in so many as `seed` has it. */
struct fake_fault_rule {
    enum fake_fault fault;
    uint64_t arg;
    uint64_t nth; /* 0 is 1 */
    uint64_t to;
    uint64_t count;  /* firings */
    uint64_t every;  /* 0 and 1: each one */
    uint64_t one_in; /* 0 and 1: each one; not together with every */
    uint64_t seed;
    struct fake_site where;
    bool after_open;   /* counts nothing before fake_fault_begin() */
    bool up_to_driver; /* there may be no occasion for it */
};

struct fake_fault_entry {
    struct fake_fault_rule rule;
    atomic_uint state;         /* private: it waits, is live, is over */
    uint64_t seen;             /* occasions so far */
    atomic_uint_least64_t hit; /* times fired */
};

#define FAKE_FAULT_PLAN_MAX 16
#define FAKE_FAULT_WORDS ((FAKE_FAULT_COUNT + 63) / 64)

/* All zero: no faults. */
struct fake_fault_plan {
    struct fake_fault_entry entry[FAKE_FAULT_PLAN_MAX];
    atomic_uint count; /* entries that are whole */
    /* A bit for each fault, and each part, in the plan: the fast way out. */
    atomic_uint_least64_t mask[FAKE_FAULT_WORDS];
    atomic_uint parts;
};

/* Index by name, or -1. */
int fake_fault_find(const char *name);
const char *fake_fault_name(enum fake_fault fault);
const char *fake_fault_meaning(enum fake_fault fault);
const char *fake_fault_arg_meaning(enum fake_fault fault); /* "": has none */
const char *fake_fault_may(enum fake_fault fault);
enum fake_nature fake_fault_nature(enum fake_fault fault);
enum fake_part fake_fault_part(enum fake_fault fault);
const char *fake_part_name(enum fake_part part);
const char *fake_nature_name(enum fake_nature nature);

/* Returns 0, or -1 when the plan is full. */
int fake_fault_plan(struct fake_fault_plan *plan,
                    const struct fake_fault_rule *rule);

/* The same, from the nth on, count times, wherever it is. */
int fake_fault_add(struct fake_fault_plan *plan, enum fake_fault fault,
                   uint64_t nth, uint64_t count, uint64_t arg);

/* The newest entry waits for fake_fault_begin(): a fault that is to hit what a
 * driver does after it was opened, however it opens. Before the start. */
void fake_fault_wait(struct fake_fault_plan *plan);

/* Entries that wait count from here on. Any thread. */
void fake_fault_begin(struct fake_fault_plan *plan);

/* What is in the plan is taken away: nothing of it fires from here on, nor
 * counts. Any thread; one that asks at this moment may still hear yes. */
void fake_fault_end(struct fake_fault_plan *plan);

/* Is it in the plan, which may be NULL? relaxed: whoever adds an entry to a
 * running machine says nothing about the moment. */
static inline bool fake_fault_planned(const struct fake_fault_plan *plan,
                                      enum fake_fault fault)
{
    return plan && atomic_load_explicit(&plan->mask[fault / 64],
                                        memory_order_relaxed) >>
                           fault % 64 &
                       1;
}

/* The same for any fault of a part. */
static inline bool fake_fault_any_planned(const struct fake_fault_plan *plan,
                                          enum fake_part part)
{
    return plan &&
           atomic_load_explicit(&plan->parts, memory_order_relaxed) >> part & 1;
}

/* An occasion for `fault`: true if it fires now; *arg then is its argument.
 * Emits one FAULT event per firing. plan may be NULL. */
bool fake_fault_fires_at(struct fake_fault_plan *plan, enum fake_fault fault,
                         struct fake_log *log, const struct fake_site *site,
                         uint64_t *arg);

/* The same for one of which no more than the queue, or FAKE_NO_QUEUE, is
 * known. */
bool fake_fault_fires(struct fake_fault_plan *plan, enum fake_fault fault,
                      struct fake_log *log, uint16_t queue, uint64_t *arg);

/* An entry of the plan that never fired, or NULL. */
const struct fake_fault_entry *
fake_fault_unfired(const struct fake_fault_plan *plan);

#endif
