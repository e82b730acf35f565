/* SPDX-License-Identifier: MIT */
#include "choices.h"

#include <stdio.h>
#include <string.h>

#define SIZE_OWN 64u  /* device_json.c; a test compares */
#define CHAIN_LEAST 3 /* header, data, status */

/* Odd ones for packed rings, powers of 2 for both, the ends of the range, and
 * what a device has if nobody asks. */
static const uint16_t sizes[] = {1, 2,  3,   4,    5,    7,
                                 8, 64, 256, 1000, 1024, 32768};

static const struct {
    enum rig_dim dim;
    const char *name;
    unsigned bit;
    uint16_t without, with;
    bool usual; /* offered by a device that lists nothing: device_json.c */
} features[] = {
    {RIG_DIM_RING, "RING_PACKED", 34, RIG_RING_SPLIT, RIG_RING_PACKED, false},
    {RIG_DIM_INDIRECT, "INDIRECT_DESC", 28, RIG_OFF, RIG_ON, true},
    {RIG_DIM_EVENT_IDX, "EVENT_IDX", 29, RIG_OFF, RIG_ON, true},
    {RIG_DIM_IN_ORDER, "IN_ORDER", 35, RIG_OFF, RIG_ON, false},
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static bool is_sound(const json_t *device)
{
    return is_text(json_object_get(device, "type"), "snd");
}

/* --- the vector's own ---------------------------------------------- */

static bool lists_feature(const json_t *list, const char *name, unsigned bit)
{
    const json_t *value;
    size_t k;

    json_array_foreach(list, k, value)
    {
        if (is_text(value, name) ||
            (json_is_integer(value) && json_integer_value(value) == bit))
            return true;
    }
    return false;
}

static void find_own(struct rig_choices *c, const json_t *device)
{
    const json_t *list = json_object_get(device, "features");
    const json_t *size = json_object_get(device, "queue_size");

    for (size_t k = 0; k < FEATURES; k++) {
        bool has = list ? lists_feature(list, features[k].name, features[k].bit)
                        : features[k].usual;

        c->own[features[k].dim] = has ? features[k].with : features[k].without;
    }
    c->own[RIG_DIM_SIZE] =
        size ? (uint16_t)json_integer_value(size) : (uint16_t)SIZE_OWN;
}

/* Room for the longest chain. Requests stand in batches in steps: whatever has
 * segments has one piece more than it lists. */
static void find_size_min(struct rig_choices *c, const json_t *value)
{
    const json_t *segs = json_object_get(value, "segs"), *member;
    size_t chain = json_array_size(segs) + CHAIN_LEAST, k;
    const char *key;

    if (chain > c->size_min)
        c->size_min = (uint32_t)chain;
    json_array_foreach(value, k, member) find_size_min(c, member);
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
        find_size_min(c, member);
}

/* --- what is fixed ------------------------------------------------- */

static void fix(struct rig_choices *c, enum rig_dim dim, const char *why)
{
    if (!c->fixed_by[dim] && !c->freed[dim])
        c->fixed_by[dim] = why;
}

static void fix_features(struct rig_choices *c, const char *why)
{
    for (size_t k = 0; k < FEATURES; k++)
        fix(c, features[k].dim, why);
}

static void fix_left_out(struct rig_choices *c, const json_t *without)
{
    for (size_t k = 0; k < FEATURES; k++)
        if (lists_feature(without, features[k].name, features[k].bit))
            fix(c, features[k].dim, "its open leaves it out");
}

static void fix_for_opens(struct rig_choices *c, const json_t *steps)
{
    const json_t *step;
    size_t k;

    json_array_foreach(steps, k, step)
    {
        const json_t *expect = json_object_get(step, "expect");

        if (!is_text(json_object_get(step, "op"), "open"))
            continue;
        if (expect && !is_text(expect, "ok")) {
            fix_features(c, "it has an open that is to fail");
            fix(c, RIG_DIM_SIZE, "it has an open that is to fail");
        }
        fix_left_out(c, json_object_get(step, "without"));
        if (json_object_get(step, "queue_size"))
            fix(c, RIG_DIM_SIZE, "its open asks for a queue size");
    }
}

/* "drv-2.7.5.2-1" is of section 2.7. */
static bool is_of_section(const char *clause, const char *section)
{
    const char *at = clause ? strchr(clause, '-') : NULL;

    return at && strncmp(at + 1, section, strlen(section)) == 0;
}

static void fix_for_clauses(struct rig_choices *c, const json_t *clauses)
{
    const json_t *clause;
    size_t k;

    json_array_foreach(clauses, k, clause)
    {
        const char *id = json_string_value(clause);

        if (is_of_section(id, "2.7."))
            fix(c, RIG_DIM_RING, "its clause is about split rings");
        if (is_of_section(id, "2.8."))
            fix(c, RIG_DIM_RING, "its clause is about packed rings");
    }
}

/* The others mean the same with any ring. */
static bool is_in_the_ring(const char *fault)
{
    static const char *const prefixes[] = {"used-", "event-", "kick-", "irq-"};

    for (size_t k = 0; k < sizeof(prefixes) / sizeof(prefixes[0]); k++)
        if (strncmp(fault, prefixes[k], strlen(prefixes[k])) == 0)
            return true;
    return false;
}

static void fix_for_faults(struct rig_choices *c, const json_t *faults)
{
    const json_t *fault;
    size_t k;

    json_array_foreach(faults, k, fault)
    {
        const char *name = json_string_value(json_object_get(fault, "fault"));

        if (name && strcmp(name, "queue-max") == 0)
            fix(c, RIG_DIM_SIZE, "its fault says how large a queue may be");
        if (!name || !is_in_the_ring(name))
            continue;
        fix(c, RIG_DIM_RING, "its fault lies in the ring");
        fix(c, RIG_DIM_EVENT_IDX, "its fault lies in the ring");
        fix(c, RIG_DIM_IN_ORDER, "its fault lies in the ring");
    }
}

static void fix_for_device(struct rig_choices *c, const json_t *device)
{
    if (json_object_get(device, "features"))
        fix_features(c, "its device lists the features");
    if (json_object_get(device, "queue_size"))
        fix(c, RIG_DIM_SIZE, "its device has a queue size");
    if (json_object_get(device, "size_max") ||
        json_object_get(device, "seg_max"))
        fix(c, RIG_DIM_SIZE, "its device has limits for segments");
    if (json_object_get(device, "order") || json_object_get(device, "hold"))
        fix(c, RIG_DIM_IN_ORDER, "its device has an order of its own");
    if (json_array_size(json_object_get(device, "streams")) > 1)
        fix(c, RIG_DIM_IN_ORDER, "its streams may share a queue");
    fix_for_faults(c, json_object_get(device, "faults"));
}

static void fix_layout(struct rig_choices *c, const char *why)
{
    for (unsigned d = 0; d <= RIG_DIM_SIZE; d++) {
        c->listed[d] = false;
        c->fixed_by[d] = why;
    }
}

/* --- what is free -------------------------------------------------- */

static bool is_tried(const struct rig_choices *c, enum rig_dim dim,
                     uint16_t value)
{
    for (unsigned k = 0; k < c->count[dim]; k++)
        if (c->value[dim][k] == value)
            return true;
    return false;
}

static uint16_t value_of(enum rig_dim dim, const json_t *value)
{
    if (json_is_integer(value))
        return (uint16_t)json_integer_value(value);
    return rig_value_find(dim, json_string_value(value));
}

/* "any" frees a dimension, but says nothing of its values. */
static void take_listed(struct rig_choices *c, const json_t *applies_if)
{
    for (unsigned d = 0; d < RIG_DIM_COUNT; d++) {
        const json_t *list =
            json_object_get(applies_if, rig_dim_name((enum rig_dim)d));
        const json_t *value;
        size_t k;

        c->freed[d] = list != NULL;
        c->listed[d] = json_is_array(list);
        json_array_foreach(list, k, value)
        {
            uint16_t v = value_of((enum rig_dim)d, value);

            if (c->count[d] < RIG_VALUES_MAX &&
                !is_tried(c, (enum rig_dim)d, v))
                c->value[d][c->count[d]++] = v;
        }
    }
}

/* Of memory direct and bounce: guarded shows the same of the same run, only
 * sooner. It is for whoever asks for it. */
static void take_usual(struct rig_choices *c, unsigned d)
{
    if (d != RIG_DIM_SIZE) {
        c->value[d][0] = 1;
        c->value[d][1] = 2;
        c->count[d] = 2;
        return;
    }
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
        if (sizes[k] >= c->size_min)
            c->value[d][c->count[d]++] = sizes[k];
}

void rig_choices_of(struct rig_choices *c, const struct rig_vector *vector,
                    bool script)
{
    memset(c, 0, sizeof(*c));
    c->size_min = is_sound(vector->device) ? SIZE_OWN : CHAIN_LEAST;
    find_own(c, vector->device);
    find_size_min(c, vector->steps);
    take_listed(c, vector->applies_if);
    fix_for_opens(c, vector->steps);
    fix_for_clauses(c, vector->clauses);
    fix_for_device(c, vector->device);
    if (script)
        fix_layout(c, "the script of a liar is written for one layout");
    for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
        if (c->fixed_by[d])
            c->count[d] = 0;
        else if (!c->listed[d])
            take_usual(c, d);
}

/* --- questions ----------------------------------------------------- */

bool rig_choices_agree(const struct rig_choices *c,
                       const struct rig_combo *combo)
{
    uint16_t ring = combo->value[RIG_DIM_RING];
    unsigned size = combo->value[RIG_DIM_SIZE];

    if (ring == RIG_UNNAMED)
        ring = c->own[RIG_DIM_RING];
    return ring != RIG_RING_SPLIT || (size & (size - 1)) == 0 || size == 0;
}

/* Returns true, or false and in why the reason. */
static bool allows(const struct rig_choices *c, enum rig_dim dim,
                   uint16_t value, char *why, size_t room)
{
    if (value == RIG_UNNAMED || value == c->own[dim])
        return true;
    if (c->fixed_by[dim]) {
        snprintf(why, room, "%s", c->fixed_by[dim]);
        return false;
    }
    if (c->listed[dim]) {
        snprintf(why, room, "its applies_if does not list it");
        return is_tried(c, dim, value);
    }
    snprintf(why, room, "it needs queues of %u entries", (unsigned)c->size_min);
    return dim != RIG_DIM_SIZE || value >= c->size_min;
}

bool rig_choices_allow(const struct rig_choices *c,
                       const struct rig_combo *combo, char *why, size_t room)
{
    char reason[96], value[16];

    for (unsigned d = 0; d < RIG_DIM_COUNT; d++) {
        enum rig_dim dim = (enum rig_dim)d;

        if (allows(c, dim, combo->value[d], reason, sizeof(reason)))
            continue;
        rig_value_text(dim, combo->value[d], value, sizeof(value));
        snprintf(why, room, "%s=%s is not possible: %s", rig_dim_name(dim),
                 value, reason);
        return false;
    }
    if (rig_choices_agree(c, combo))
        return true;
    snprintf(why, room,
             "size=%u is not possible: a split ring has a power of 2 of "
             "entries",
             (unsigned)combo->value[RIG_DIM_SIZE]);
    return false;
}

const char *rig_choices_lacking(const struct rig_vector *vector)
{
    struct rig_choices c;

    rig_choices_of(&c, vector, false);
    for (unsigned d = 0; d < RIG_DIM_COUNT; d++)
        if (c.listed[d] && c.own[d] != RIG_UNNAMED &&
            !is_tried(&c, (enum rig_dim)d, c.own[d]))
            return rig_dim_name((enum rig_dim)d);
    return NULL;
}
