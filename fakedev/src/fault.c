/* SPDX-License-Identifier: MIT
 *
 * fault.c: fault plans.
 */
#include "fakedev/fault.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert(FAKE_FAULT_COUNT <= 64, "the mask has one bit per fault");

struct fault_text {
    const char *name, *meaning, *arg_meaning;
    bool illegal;
};

static const struct fault_text texts[] = {
#define FAKE_FAULT_TEXT(name, text, illegal, what, arg)                        \
    {text, what, arg, illegal},
    FAKE_FAULTS(FAKE_FAULT_TEXT)
#undef FAKE_FAULT_TEXT
};

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

bool fake_fault_illegal(enum fake_fault fault)
{
    return (unsigned)fault < FAKE_FAULT_COUNT && texts[fault].illegal;
}

int fake_fault_add(struct fake_fault_plan *plan, enum fake_fault fault,
                   uint64_t nth, uint64_t count, uint64_t arg)
{
    struct fake_fault_entry *entry;

    if (plan->count >= FAKE_FAULT_PLAN_MAX)
        return -1;
    entry = &plan->entry[plan->count++];
    entry->fault = fault;
    entry->nth = nth;
    entry->count = count;
    entry->arg = arg;
    atomic_init(&entry->waits, false);
    entry->seen = 0;
    atomic_init(&entry->hit, 0);
    plan->mask |= UINT64_C(1) << fault;
    return 0;
}

void fake_fault_wait(struct fake_fault_plan *plan)
{
    atomic_store_explicit(&plan->entry[plan->count - 1].waits, true,
                          memory_order_relaxed);
}

/* relaxed: which of two occasions at the same time is the first to count is
 * open either way. */
void fake_fault_begin(struct fake_fault_plan *plan)
{
    for (unsigned k = 0; k < plan->count; k++)
        atomic_store_explicit(&plan->entry[k].waits, false,
                              memory_order_relaxed);
}

/* Counts one occasion; does it fall into the entry's range? */
static bool entry_fires(struct fake_fault_entry *entry)
{
    uint64_t first = entry->nth ? entry->nth : 1;
    uint64_t occasion;

    if (atomic_load_explicit(&entry->waits, memory_order_relaxed))
        return false;
    occasion = ++entry->seen;
    if (occasion < first)
        return false;
    return !entry->count || occasion - first < entry->count;
}

bool fake_fault_fires(struct fake_fault_plan *plan, enum fake_fault fault,
                      struct fake_log *log, uint16_t queue, uint64_t *arg)
{
    bool fired = false;
    unsigned i;

    if (!(plan->mask & (UINT64_C(1) << fault)))
        return false;
    for (i = 0; i < plan->count; i++) {
        struct fake_fault_entry *entry = &plan->entry[i];

        if (entry->fault != fault || !entry_fires(entry))
            continue;
        /* Of two entries that fire together the first one gives arg. */
        if (!fired)
            *arg = entry->arg;
        fired = true;
        atomic_fetch_add_explicit(&entry->hit, 1, memory_order_relaxed);
        fake_emit(log, FAKE_EV_FAULT, queue, fault, entry->seen, entry->arg, 0);
    }
    return fired;
}

const struct fake_fault_entry *
fake_fault_unfired(const struct fake_fault_plan *plan)
{
    unsigned i;

    for (i = 0; i < plan->count; i++) {
        const struct fake_fault_entry *entry = &plan->entry[i];

        if (!atomic_load_explicit(&entry->hit, memory_order_relaxed))
            return entry;
    }
    return NULL;
}
