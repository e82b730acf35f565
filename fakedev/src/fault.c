/* SPDX-License-Identifier: MIT
 *
 * fault.c: fault plans.
 */
#include "fakedev/fault.h"

#include <string.h>

static const struct fault_text {
    const char *name, *meaning, *arg_meaning, *may;
    enum fake_nature nature;
} texts[] = {
#define FAULT_TEXT(name, text, nature, what, arg, may)                         \
    {text, what, arg, may, FAKE_NATURE_##nature},
    FAKE_FAULTS(FAULT_TEXT)
#undef FAULT_TEXT
};

/* How many faults each part has, in the order of enum fake_part, which is that
 * of FAKE_FAULTS. */
static const unsigned part_sizes[FAKE_PART_COUNT] = {
#define ONE(name, text, nature, what, arg, may) +1
    FAKE_FAULTS_TRANSPORT(ONE), FAKE_FAULTS_NOTIFY(ONE), FAKE_FAULTS_QUEUE(ONE),
    FAKE_FAULTS_MEMORY(ONE),    FAKE_FAULTS_DEVICE(ONE), FAKE_FAULTS_BLK(ONE),
    FAKE_FAULTS_SND(ONE),
#undef ONE
};

static const char *const part_names[FAKE_PART_COUNT] = {
    "transport", "notification", "ring", "memory", "device", "blk", "snd",
};

static const char *const nature_names[] = {"legal", "fails", "lies", "breaks"};

int fake_fault_find(const char *name)
{
    int i;

    for (i = 0; i < FAKE_FAULT_COUNT; i++) {
        if (strcmp(texts[i].name, name) == 0)
            return i;
    }
    return -1;
}

const char *fake_fault_name(enum fake_fault fault)
{
    return (unsigned)fault < FAKE_FAULT_COUNT ? texts[fault].name : "?";
}

const char *fake_fault_meaning(enum fake_fault fault)
{
    return (unsigned)fault < FAKE_FAULT_COUNT ? texts[fault].meaning : "?";
}

const char *fake_fault_arg_meaning(enum fake_fault fault)
{
    return (unsigned)fault < FAKE_FAULT_COUNT ? texts[fault].arg_meaning : "";
}

const char *fake_fault_may(enum fake_fault fault)
{
    return (unsigned)fault < FAKE_FAULT_COUNT ? texts[fault].may : "?";
}

enum fake_nature fake_fault_nature(enum fake_fault fault)
{
    return texts[fault].nature;
}

enum fake_part fake_fault_part(enum fake_fault fault)
{
    unsigned part = 0, end = part_sizes[0];

    while ((unsigned)fault >= end && part + 1 < FAKE_PART_COUNT)
        end += part_sizes[++part];
    return (enum fake_part)part;
}

const char *fake_part_name(enum fake_part part)
{
    return part_names[part];
}

const char *fake_nature_name(enum fake_nature nature)
{
    return nature_names[nature];
}

/* ---- plans ------------------------------------------------------------ */

enum { WAITS, LIVE, OVER };

int fake_fault_plan(struct fake_fault_plan *plan,
                    const struct fake_fault_rule *rule)
{
    unsigned count = atomic_load_explicit(&plan->count, memory_order_relaxed);
    struct fake_fault_entry *entry;

    if (count >= FAKE_FAULT_PLAN_MAX)
        return -1;
    entry = &plan->entry[count];
    entry->rule = *rule;
    if (!entry->rule.nth)
        entry->rule.nth = 1;
    atomic_store_explicit(&entry->state, rule->after_open ? WAITS : LIVE,
                          memory_order_relaxed);
    entry->seen = 0;
    atomic_store_explicit(&entry->hit, 0, memory_order_relaxed);
    /* release: the entry before the count that covers it. Pairs with the
     * acquire of whoever asks. */
    atomic_store_explicit(&plan->count, count + 1, memory_order_release);
    atomic_fetch_or_explicit(&plan->mask[rule->fault / 64],
                             UINT64_C(1) << rule->fault % 64,
                             memory_order_relaxed);
    atomic_fetch_or_explicit(&plan->parts, 1u << fake_fault_part(rule->fault),
                             memory_order_relaxed);
    return 0;
}

int fake_fault_add(struct fake_fault_plan *plan, enum fake_fault fault,
                   uint64_t nth, uint64_t count, uint64_t arg)
{
    const struct fake_fault_rule rule = {
        .fault = fault,
        .nth = nth,
        .count = count,
        .arg = arg,
        .where = FAKE_SITE_ANY,
    };

    return fake_fault_plan(plan, &rule);
}

void fake_fault_wait(struct fake_fault_plan *plan)
{
    atomic_store_explicit(&plan->entry[plan->count - 1].state, WAITS,
                          memory_order_relaxed);
}

/* relaxed: which of two occasions at the same time is the first to count is
 * open either way. */
void fake_fault_begin(struct fake_fault_plan *plan)
{
    unsigned count = atomic_load_explicit(&plan->count, memory_order_relaxed);

    for (unsigned k = 0; k < count; k++) {
        unsigned waits = WAITS;

        atomic_compare_exchange_strong_explicit(&plan->entry[k].state, &waits,
                                                LIVE, memory_order_relaxed,
                                                memory_order_relaxed);
    }
}

void fake_fault_end(struct fake_fault_plan *plan)
{
    unsigned count = atomic_load_explicit(&plan->count, memory_order_relaxed);

    atomic_store_explicit(&plan->parts, 0, memory_order_relaxed);
    for (unsigned k = 0; k < FAKE_FAULT_WORDS; k++)
        atomic_store_explicit(&plan->mask[k], 0, memory_order_relaxed);
    for (unsigned k = 0; k < count; k++)
        atomic_store_explicit(&plan->entry[k].state, OVER,
                              memory_order_relaxed);
}

/* ---- occasions -------------------------------------------------------- */

static bool overlaps(const struct fake_site *where,
                     const struct fake_site *site)
{
    return !where->sectors ||
           (site->sectors && (site->sector - where->sector < where->sectors ||
                              where->sector - site->sector < site->sectors));
}

static bool is_there(const struct fake_site *where,
                     const struct fake_site *site)
{
    return (where->queue == FAKE_NO_QUEUE || where->queue == site->queue) &&
           (where->type == FAKE_ANY_TYPE || where->type == site->type) &&
           (where->stream == FAKE_ANY_STREAM ||
            where->stream == site->stream) &&
           overlaps(where, site);
}

/* One draw per occasion, by its number: splitmix64's finisher. */
static uint64_t draw(uint64_t seed, uint64_t occasion)
{
    uint64_t z = seed + occasion * 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Counts one occasion; is it one of the entry's? */
static bool entry_fires(struct fake_fault_entry *entry)
{
    const struct fake_fault_rule *rule = &entry->rule;
    uint64_t occasion;

    if (atomic_load_explicit(&entry->state, memory_order_relaxed) != LIVE)
        return false;
    occasion = ++entry->seen;
    if (occasion < rule->nth || (rule->to && occasion > rule->to))
        return false;
    if (rule->count &&
        atomic_load_explicit(&entry->hit, memory_order_relaxed) >= rule->count)
        return false;
    if (rule->every > 1 && (occasion - rule->nth) % rule->every)
        return false;
    return rule->one_in <= 1 || draw(rule->seed, occasion) % rule->one_in == 0;
}

bool fake_fault_fires_at(struct fake_fault_plan *plan, enum fake_fault fault,
                         struct fake_log *log, const struct fake_site *site,
                         uint64_t *arg)
{
    bool fired = false;
    unsigned count;

    if (!fake_fault_planned(plan, fault))
        return false;
    /* acquire: entries below it are whole. Pairs with fake_fault_plan(). */
    count = atomic_load_explicit(&plan->count, memory_order_acquire);
    for (unsigned k = 0; k < count; k++) {
        struct fake_fault_entry *entry = &plan->entry[k];

        if (entry->rule.fault != fault || !is_there(&entry->rule.where, site) ||
            !entry_fires(entry))
            continue;
        /* Of two entries that fire together the first one gives arg. */
        if (!fired)
            *arg = entry->rule.arg;
        fired = true;
        atomic_fetch_add_explicit(&entry->hit, 1, memory_order_relaxed);
        fake_emit(log, FAKE_EV_FAULT, site->queue, fault, entry->seen,
                  entry->rule.arg, 0);
    }
    return fired;
}

bool fake_fault_fires(struct fake_fault_plan *plan, enum fake_fault fault,
                      struct fake_log *log, uint16_t queue, uint64_t *arg)
{
    struct fake_site site = FAKE_SITE_ANY;

    site.queue = queue;
    return fake_fault_fires_at(plan, fault, log, &site, arg);
}

/* ---- afterwards ------------------------------------------------------- */

const struct fake_fault_entry *
fake_fault_unfired(const struct fake_fault_plan *plan)
{
    for (unsigned k = 0; k < plan->count; k++) {
        const struct fake_fault_entry *entry = &plan->entry[k];

        if (!atomic_load_explicit(&entry->hit, memory_order_relaxed))
            return entry;
    }
    return NULL;
}
