/* SPDX-License-Identifier: MIT
 *
 * laws.c: see laws.h.
 *
 * The nature of a fault says most of it. Some need more to be said of them,
 * and those are listed here by name.
 */
#include "laws.h"

#include <string.h>

/* The specification allows it, and yet operations may fail: the device is not
 * for this driver, its configuration never settles, or the disk is smaller than
 * it was. */
static const char *const fail_though_legal[] = {
    "device-id",
    "config-change",
    "config-torn",
    "queue-max",
};

/* The specification sets no bound, and a driver waits only so long: from there
 * on operations may time out. All of it is far beyond what a test needs, and
 * far below what a driver waits. */
#define LONG_NS UINT64_C(10000000)
#define MANY_READS 10000u

static const struct {
    const char *name;
    uint64_t arg;
} tarry[] = {
    {"reset-slow", MANY_READS}, {"queue-reset-slow", MANY_READS},
    {"irq-coalesced", LONG_NS}, {"used-all-at-once", LONG_NS},
    {"blk-slow", LONG_NS},      {"snd-stalled", LONG_NS},
};

/* No operation fails, but the driver hears of things that have not happened
 * without. */
static const char *const tell[] = {"snd-jack-flaps"};

/* Besides those that LIE: what was read is overwritten after it was given
 * back. */
static const char *const spoil[] = {"late-write"};

/* What a driver has learned of the device is not so any more: it has to begin
 * anew. */
static const char *const estrange[] = {"queue-max"};

/* The disk has another size, and the driver is told. */
static const char *const resize[] = {
    "blk-capacity-shrinks",
    "config-change",
};

/* The device was not there, and has seen nothing of what the driver did: what
 * the judge concludes from it says nothing of the driver. */
static const char *const blind[] = {"surprise-removal"};

/* A write that fails may be done in part, of a sector too. */
static const char *const tear[] = {"blk-torn-write"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define LISTED(list, fault) listed(list, COUNT(list), fault)

static bool listed(const char *const *list, size_t count, enum fake_fault fault)
{
    const char *name = fake_fault_name(fault);

    for (size_t k = 0; k < count; k++)
        if (strcmp(list[k], name) == 0)
            return true;
    return false;
}

static bool may_tarry(const struct fake_fault_rule *rule)
{
    for (size_t k = 0; k < COUNT(tarry); k++)
        if (strcmp(tarry[k].name, fake_fault_name(rule->fault)) == 0)
            return rule->arg >= tarry[k].arg;
    return false;
}

static bool may_fail(const struct fake_fault_rule *rule)
{
    return fake_fault_nature(rule->fault) != FAKE_NATURE_LEGAL ||
           LISTED(fail_though_legal, rule->fault) || may_tarry(rule);
}

static bool may_spoil(enum fake_fault fault)
{
    return fake_fault_nature(fault) == FAKE_NATURE_LIES || LISTED(spoil, fault);
}

struct rig_laws rig_laws_of(const struct fake_fault_plan *plan)
{
    struct rig_laws laws = {.strict = true, .honest = true, .whole = true};

    for (unsigned k = 0; k < plan->count; k++) {
        enum fake_fault fault = plan->entry[k].rule.fault;

        if (may_fail(&plan->entry[k].rule))
            laws.strict = false;
        if (may_spoil(fault))
            laws.honest = false;
        if (LISTED(estrange, fault))
            laws.strange = true;
        if (LISTED(tear, fault))
            laws.whole = false;
        if (fault == FAKE_FAULT_POWER_CUT)
            laws.power = true;
    }
    return laws;
}

bool rig_laws_loosened(const struct fake_fault_plan *plan)
{
    for (unsigned k = 0; k < plan->count; k++)
        if (may_fail(&plan->entry[k].rule) && plan->entry[k].hit)
            return true;
    return false;
}

/* Of the others none that a driver might have noticed instead. */
bool rig_laws_resized(const struct fake_fault_plan *plan)
{
    bool any = false;

    for (unsigned k = 0; k < plan->count; k++) {
        enum fake_fault fault = plan->entry[k].rule.fault;

        if (plan->entry[k].hit == 0)
            continue;
        if (LISTED(resize, fault))
            any = true;
        else if (may_fail(&plan->entry[k].rule))
            return false;
    }
    return any;
}

bool rig_laws_spoiled(const struct fake_fault_plan *plan)
{
    for (unsigned k = 0; k < plan->count; k++)
        if (may_spoil(plan->entry[k].rule.fault) && plan->entry[k].hit)
            return true;
    return false;
}

bool rig_laws_estranged(const struct fake_fault_plan *plan)
{
    for (unsigned k = 0; k < plan->count; k++)
        if (LISTED(estrange, plan->entry[k].rule.fault) && plan->entry[k].hit)
            return true;
    return false;
}

bool rig_laws_retold(const struct fake_fault_plan *plan)
{
    for (unsigned k = 0; k < plan->count; k++)
        if (LISTED(tell, plan->entry[k].rule.fault) && plan->entry[k].hit)
            return true;
    return rig_laws_loosened(plan);
}

/* A completion that names another buffer makes the driver take back what the
 * device goes on to use. */
static bool is_wrong_completion(enum fake_fault fault)
{
    return fake_fault_part(fault) == FAKE_PART_QUEUE &&
           fake_fault_nature(fault) == FAKE_NATURE_BREAKS;
}

/* The device is another one than the judge knows. */
static bool is_other_device(enum fake_fault fault)
{
    return fake_fault_part(fault) == FAKE_PART_TRANSPORT;
}

/* What the driver writes to a register does not stay there, or what it reads
 * from it is of no device. */
static bool is_deaf(enum fake_fault fault)
{
    return fake_fault_part(fault) == FAKE_PART_TRANSPORT &&
           fake_fault_nature(fault) != FAKE_NATURE_LEGAL;
}

/* What the judge finds by its effect, and that a device can bring about. */
static const struct {
    const char *clause;
    bool (*by)(enum fake_fault fault);
} excuses[] = {
    {"drv-2.7.8.3-1", is_wrong_completion},
    {"drv-6.1-4", is_wrong_completion},
    {"drv-6.1-5", is_wrong_completion},
    {"drv-3.3.1-1", is_wrong_completion},
    {"drv-3.3.1-2", is_wrong_completion},
    {"drv-2.5.1-5", is_other_device}, /* it gives up, for another reason */
    {"drv-3.1.1-2", is_deaf},         /* FAILED before it came to anything */
    {"drv-4.2.3.1.1-1", is_deaf},     /* is there a device at all? */
    {"drv-5.14.5.1-1", is_deaf},      /* its queue was never there */
};

const char *rig_laws_excused(size_t k)
{
    return k < COUNT(excuses) ? excuses[k].clause : NULL;
}

bool rig_laws_check_names(void)
{
    static const struct {
        const char *const *name;
        size_t count;
    } lists[] = {
        {fail_though_legal, COUNT(fail_though_legal)},
        {spoil, COUNT(spoil)},
        {estrange, COUNT(estrange)},
        {tear, COUNT(tear)},
        {tell, COUNT(tell)},
        {blind, COUNT(blind)},
        {resize, COUNT(resize)},
    };

    for (size_t k = 0; k < COUNT(tarry); k++)
        if (fake_fault_find(tarry[k].name) < 0)
            return false;
    for (size_t l = 0; l < COUNT(lists); l++)
        for (size_t k = 0; k < lists[l].count; k++)
            if (fake_fault_find(lists[l].name[k]) < 0)
                return false;
    return true;
}

bool rig_laws_blind(const struct fake_fault_plan *plan)
{
    for (unsigned k = 0; k < plan->count; k++)
        if (plan->entry[k].hit && LISTED(blind, plan->entry[k].rule.fault))
            return true;
    return false;
}

bool rig_laws_excuse(const struct fake_fault_plan *plan, const char *clause)
{
    for (size_t k = 0; k < COUNT(excuses); k++) {
        if (strcmp(excuses[k].clause, clause) != 0)
            continue;
        for (unsigned e = 0; e < plan->count; e++)
            if (plan->entry[e].hit && excuses[k].by(plan->entry[e].rule.fault))
                return true;
    }
    return false;
}

static void let_one(json_t *step)
{
    json_object_set_new(step, "expect", json_pack("[s, s]", "any", "timeout"));
}

void rig_laws_let(json_t *step)
{
    json_t *one;
    size_t k;

    let_one(step);
    json_array_foreach(json_object_get(step, "requests"), k, one)
    {
        let_one(one);
    }
}
