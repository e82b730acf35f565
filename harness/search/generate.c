/* SPDX-License-Identifier: MIT
 *
 * generate.c: see generate.h.
 */
#include "generate.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "fakedev/arena.h"
#include "fakedev/fault.h"
#include "generate_parts.h"
#include "ringtrue/wire.h"

#define WORD_MAX 64u

void rig_put(json_t *object, const char *key, uint64_t n)
{
    json_object_set_new(object, key, json_integer((json_int_t)n));
}

json_t *rig_step(json_t *steps, const char *name)
{
    json_t *step = json_pack("{s:s}", "op", name);

    json_array_append_new(steps, step);
    return step;
}

void rig_may(json_t *step, const char *first, const char *second)
{
    json_object_set_new(step, "expect", json_pack("[s, s]", first, second));
}

/* ---- what the generator is ---- */

/* FNV-1a over the names of all faults: another list draws other faults. */
static uint32_t hash_of_faults(void)
{
    uint32_t hash = 2166136261u;

    for (int k = 0; k < FAKE_FAULT_COUNT; k++)
        for (const char *c = fake_fault_name((enum fake_fault)k); *c; c++)
            hash = (hash ^ (uint8_t)*c) * 16777619u;
    return hash;
}

void rig_generator_name(char *to, size_t room)
{
    snprintf(to, room, "%u-%08x", RIG_GENERATOR, hash_of_faults());
}

/* ---- the menu ---- */

/* The first pattern of a list with commas, into word. Returns what stands
 * behind it. */
static const char *next_pattern(const char *list, char word[WORD_MAX])
{
    size_t bytes = strcspn(list, ",");

    snprintf(word, WORD_MAX, "%.*s", (int)bytes, list);
    return list + bytes + (list[bytes] == ',');
}

/* Is name matched by one of the patterns of a list with commas? */
static bool listed(const char *list, const char *name)
{
    char word[WORD_MAX];

    while (*list) {
        list = next_pattern(list, word);
        if (fnmatch(word, name, 0) == 0)
            return true;
    }
    return false;
}

bool rig_menu_is_faulty(const struct rig_menu *menu)
{
    return strcmp(menu->faults, "none") != 0;
}

/* Of which device is it? -1: of any. */
static int device_of(enum fake_fault fault)
{
    switch (fake_fault_part(fault)) {
    case FAKE_PART_BLK:
        return VIRTIO_ID_BLOCK;
    case FAKE_PART_SND:
        return VIRTIO_ID_SOUND;
    default:
        /* It changes the capacity. */
        return fault == FAKE_FAULT_CONFIG_CHANGE ? (int)VIRTIO_ID_BLOCK : -1;
    }
}

bool rig_menu_has(const struct rig_menu *menu, int fault)
{
    int device = device_of((enum fake_fault)fault);

    if ((device == VIRTIO_ID_BLOCK && !menu->blk) ||
        (device == VIRTIO_ID_SOUND && !menu->snd) || !rig_menu_is_faulty(menu))
        return false;
    return strcmp(menu->faults, "all") == 0 ||
           listed(menu->faults, fake_fault_name((enum fake_fault)fault));
}

static bool has_any(const struct rig_menu *menu)
{
    for (int k = 0; k < FAKE_FAULT_COUNT; k++)
        if (rig_menu_has(menu, k))
            return true;
    return false;
}

bool rig_menu_check(const struct rig_menu *menu, char *word, size_t room)
{
    const char *list = menu->faults;
    char one[WORD_MAX] = "";

    if (strcmp(list, "all") == 0 || strcmp(list, "none") == 0)
        return true;
    do {
        struct rig_menu single = *menu;

        list = next_pattern(list, one);
        single.faults = one;
        snprintf(word, room, "%s", one);
        if (strcmp(one, "all") == 0 || !has_any(&single))
            return false;
    } while (*list);
    return true;
}

/* ---- rings of either device ---- */

static uint32_t queue_size(struct rig_random *r, bool packed)
{
    static const uint32_t odd[] = {5, 7, 11, 24, 100};

    if (packed && rig_chance(r, 1, 3))
        return odd[rig_below(r, sizeof(odd) / sizeof(odd[0]))];
    return 4u << rig_below(r, 6); /* 4 to 128 */
}

/* A driver that does not take up packed rings may use a power of two only. */
static uint32_t power_below(uint32_t n)
{
    uint32_t power = 1;

    while (power * 2 <= n)
        power *= 2;
    return power;
}

uint32_t rig_generate_ring(struct rig_random *r, const struct rig_menu *menu,
                           bool in_order, json_t *features, json_t *device)
{
    const struct {
        const char *name;
        unsigned times, of;
    } offers[] = {
        {"INDIRECT_DESC", 2, 3},   {"EVENT_IDX", 1, 2},
        {"IN_ORDER", in_order, 4}, {"NOTIFICATION_DATA", 1, 6},
        {"RING_RESET", 1, 2},      {"ACCESS_PLATFORM", 1, 8},
        {"ORDER_PLATFORM", 1, 8},
    };
    bool packed = rig_chance(r, 1, 2) ? menu->packed : !menu->split;
    uint32_t size = queue_size(r, packed);

    json_array_append_new(features, json_string("VERSION_1"));
    if (packed)
        json_array_append_new(features, json_string("RING_PACKED"));
    for (size_t k = 0; k < sizeof(offers) / sizeof(offers[0]); k++)
        if (rig_chance(r, offers[k].times, offers[k].of))
            json_array_append_new(features, json_string(offers[k].name));
    if (rig_chance(r, 1, 8)) /* of nobody */
        json_array_append_new(features,
                              json_integer((json_int_t)rig_between(r, 50, 63)));
    rig_put(device, "queue_size", size);
    return power_below(size);
}

/* ---- all of it ---- */

/* Runs with and without faults draw the same numbers up to here. */
int rig_generate(const struct rig_menu *menu, uint64_t seed,
                 struct rig_trial *trial)
{
    struct rig_random r = {.state = seed * 0x2545f4914f6cdd1du + RIG_GENERATOR};
    bool sound = menu->snd && (!menu->blk || rig_chance(&r, 1, 4));

    *trial = (struct rig_trial){
        .schedule = rig_random_next(&r) >> 1, /* JSON's integers are signed */
        .memory = rig_chance(&r, 1, 2) ? FAKE_MEM_BOUNCE : FAKE_MEM_DIRECT,
        .device = json_object(),
        .steps = json_array(),
    };
    if (!trial->device || !trial->steps) {
        rig_trial_free(trial);
        return -1;
    }
    if (sound)
        rig_generate_snd(&r, menu, trial->device, trial->steps);
    else
        rig_generate_blk(&r, menu, trial->device, trial->steps);
    if (rig_menu_is_faulty(menu))
        rig_generate_faults(&r, menu, sound, trial->device);
    return 0;
}
