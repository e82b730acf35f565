/* SPDX-License-Identifier: MIT */
#include "combo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 3

/* words: those of values 1 to 3; NULL: there is none; of size, values are
 * numbers. */
static const struct {
    const char *name;
    const char *word[WORDS];
} dims[RIG_DIM_COUNT] = {
    [RIG_DIM_RING] = {"ring", {"split", "packed"}},
    [RIG_DIM_INDIRECT] = {"indirect", {"off", "on"}},
    [RIG_DIM_EVENT_IDX] = {"event_idx", {"off", "on"}},
    [RIG_DIM_IN_ORDER] = {"in_order", {"off", "on"}},
    [RIG_DIM_SIZE] = {"size", {NULL}},
    [RIG_DIM_MEMORY] = {"memory", {"direct", "bounce", "guarded"}},
    [RIG_DIM_SCHED] = {"sched", {"step", "threads"}},
};

const char *rig_dim_name(enum rig_dim dim)
{
    return dims[dim].name;
}

/* Decimal as rig_value_text() writes it: no sign, no leading 0. */
static uint16_t find_size(const char *word)
{
    size_t digits = strspn(word, "0123456789");
    unsigned long n;

    if (digits == 0 || digits > 5 || word[digits] || *word == '0')
        return RIG_UNNAMED;
    n = strtoul(word, NULL, 10);
    return n <= RIG_SIZE_MAX ? (uint16_t)n : RIG_UNNAMED;
}

uint16_t rig_value_find(enum rig_dim dim, const char *word)
{
    uint16_t k;

    if (dim == RIG_DIM_SIZE)
        return find_size(word);
    for (k = 0; k < WORDS; k++)
        if (dims[dim].word[k] && strcmp(dims[dim].word[k], word) == 0)
            return (uint16_t)(k + 1);
    return RIG_UNNAMED;
}

void rig_value_text(enum rig_dim dim, uint16_t value, char *to, size_t room)
{
    if (dim == RIG_DIM_SIZE)
        snprintf(to, room, "%u", (unsigned)value);
    else
        snprintf(to, room, "%s",
                 value >= 1 && value <= WORDS && dims[dim].word[value - 1]
                     ? dims[dim].word[value - 1]
                     : "?");
}

/* --- parsing ------------------------------------------------------- */

#define PART_ROOM 64u /* of a key or a value; none is longer */

static int fail_key(const char *key, char *err, size_t room)
{
    size_t used = (size_t)snprintf(err, room, "expected one of");

    for (unsigned d = 0; d < RIG_DIM_COUNT && used < room; d++)
        used += (size_t)snprintf(err + used, room - used, "%s %s", d ? "," : "",
                                 dims[d].name);
    if (used < room)
        snprintf(err + used, room - used, ", found '%s'", key);
    return -1;
}

static int fail_value(enum rig_dim dim, const char *value, char *err,
                      size_t room)
{
    if (dim == RIG_DIM_SIZE)
        snprintf(err, room, "size: expected 1 to %u, found '%s'", RIG_SIZE_MAX,
                 value);
    else
        snprintf(err, room, "%s: expected %s%s%s or %s, found '%s'",
                 dims[dim].name, dims[dim].word[0],
                 dims[dim].word[2] ? ", " : "",
                 dims[dim].word[2] ? dims[dim].word[1] : "",
                 dims[dim].word[dims[dim].word[2] ? 2 : 1], value);
    return -1;
}

static int parse_part(struct rig_combo *combo, const char *key,
                      const char *value, char *err, size_t room)
{
    unsigned d = 0;

    while (d < RIG_DIM_COUNT && strcmp(dims[d].name, key) != 0)
        d++;
    if (d == RIG_DIM_COUNT)
        return fail_key(key, err, room);
    if (combo->value[d] != RIG_UNNAMED) {
        snprintf(err, room, "%s is given twice", key);
        return -1;
    }
    combo->value[d] = rig_value_find((enum rig_dim)d, value);
    if (combo->value[d] == RIG_UNNAMED)
        return fail_value((enum rig_dim)d, value, err, room);
    return 0;
}

int rig_combo_parse(struct rig_combo *combo, const char *text, char *err,
                    size_t room)
{
    const char *at = text;

    memset(combo, 0, sizeof(*combo));
    for (;;) {
        char key[PART_ROOM], value[PART_ROOM];
        size_t bytes = strcspn(at, ","), left = strcspn(at, "=,");

        if (at[left] != '=') {
            snprintf(err, room, "expected key=value, found '%.*s'", (int)bytes,
                     at);
            return -1;
        }
        snprintf(key, sizeof(key), "%.*s", (int)left, at);
        snprintf(value, sizeof(value), "%.*s", (int)(bytes - left - 1),
                 at + left + 1);
        if (parse_part(combo, key, value, err, room))
            return -1;
        if (!at[bytes])
            return 0;
        at += bytes + 1;
    }
}

/* --- writing ------------------------------------------------------- */

void rig_combo_text(const struct rig_combo *combo, char *to, size_t room)
{
    size_t used = 0;

    *to = '\0';
    for (unsigned d = 0; d < RIG_DIM_COUNT && used < room; d++) {
        char value[16];

        if (combo->value[d] == RIG_UNNAMED)
            continue;
        rig_value_text((enum rig_dim)d, combo->value[d], value, sizeof(value));
        used += (size_t)snprintf(to + used, room - used, "%s%s=%s",
                                 used ? "," : "", dims[d].name, value);
    }
}

bool rig_combo_same(const struct rig_combo *a, const struct rig_combo *b)
{
    return memcmp(a->value, b->value, sizeof(a->value)) == 0;
}

void rig_case_id(const char *id, const struct rig_combo *combo, char *to,
                 size_t room)
{
    char text[RIG_COMBO_ROOM];

    rig_combo_text(combo, text, sizeof(text));
    snprintf(to, room, "%s%s%s", id, *text ? "@" : "", text);
}
