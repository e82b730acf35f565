/* SPDX-License-Identifier: MIT
 *
 * generate_fault.c: which faults a trial has: what, where, when, how much.
 */
#include <string.h>

#include "device_rules.h"
#include "fakedev/fault.h"
#include "generate_parts.h"
#include "ringtrue/wire.h"

/* By what the argument means, so that a slow device is slow and not dead. A
 * meaning that is not listed gets a small number or an odd one. */
static const struct {
    const char *means;
    uint64_t low, high;
} arguments[] = {
    {"reads", 1, 20},    {"survival", 0, 2},
    {"excess", 0, 255}, /* 65536 more is no more at all */
    {"value", 3, 65535}, {"ns", 0, 200000},
    {"times", 1, 40},    {"ppm", 1, 500000},
    {"frames", 1, 400},  {"accesses", 0, 60},
    {"field", 0, 2},     {"bit", 0, 65535},
};

/* Feature bits that nobody has given a meaning, in either word. */
#define UNKNOWN_BITS (UINT64_C(1) << 18 | UINT64_C(1) << 22)

static uint64_t draw_odd(struct rig_random *r)
{
    static const uint64_t odd[] = {
        0, 1, 2, 3, 7, 16, 255, 256, 4095, 65535, 65536, UINT32_MAX, INT64_MAX};

    return odd[rig_below(r, sizeof(odd) / sizeof(odd[0]))];
}

/* Codes that a driver acts upon, of what it does not have: a code that it does
 * not know is passed over before anything is done with the rest. */
static uint64_t draw_event(struct rig_random *r)
{
    static const uint32_t codes[] = {
        VIRTIO_SND_EVT_JACK_CONNECTED, VIRTIO_SND_EVT_JACK_DISCONNECTED,
        VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED, VIRTIO_SND_EVT_PCM_XRUN};
    uint64_t code = rig_chance(r, 1, 4) ? draw_odd(r) : codes[rig_below(r, 4)];

    return (uint64_t)(uint32_t)draw_odd(r) << 32 | (uint32_t)code;
}

static uint64_t draw_arg(struct rig_random *r, int fault, const json_t *device)
{
    const char *means = fake_fault_arg_meaning((enum fake_fault)fault);
    bool legal = fake_fault_nature((enum fake_fault)fault) == FAKE_NATURE_LEGAL;
    uint64_t capacity =
        (uint64_t)json_integer_value(json_object_get(device, "capacity"));

    for (size_t k = 0; k < sizeof(arguments) / sizeof(arguments[0]); k++)
        if (strcmp(means, arguments[k].means) == 0)
            return rig_between(r, arguments[k].low, arguments[k].high);
    if (strcmp(means, "event") == 0)
        return draw_event(r) & INT64_MAX; /* JSON's integers are signed */
    if (strcmp(means, "sectors") == 0 && capacity)
        return rig_between(r, capacity / 2, capacity);
    if (legal && strcmp(means, "bits") == 0)
        return UNKNOWN_BITS;
    return legal ? rig_between(r, 1, 16) : draw_odd(r);
}

/* Most come once; some again and again, some for ever. */
static void draw_time(struct rig_random *r, json_t *entry)
{
    static const uint64_t far[] = {1, 1, 3, 20};

    rig_put(entry, "nth", rig_between(r, 1, far[rig_below(r, 4)]));
    switch (rig_below(r, 8)) {
    case 0:
        rig_put(entry, "count", 0);
        break;
    case 1:
        rig_put(entry, "count", rig_between(r, 2, 5));
        break;
    default:
        rig_put(entry, "count", 1);
    }
    if (rig_chance(r, 1, 2))
        json_object_set_new(entry, "after_open", json_true());
}

/* The faults that the menu has for this device. Returns how many. */
static unsigned list_choices(const struct rig_menu *menu,
                             int choice[static FAKE_FAULT_COUNT])
{
    unsigned n = 0;

    for (int fault = 0; fault < FAKE_FAULT_COUNT; fault++)
        if (rig_menu_has(menu, fault))
            choice[n++] = fault;
    return n;
}

void rig_generate_faults(struct rig_random *r, const struct rig_menu *menu,
                         bool sound, json_t *device)
{
    const struct rig_menu here = {.faults = menu->faults,
                                  .blk = !sound,
                                  .snd = sound,
                                  .split = menu->split,
                                  .packed = menu->packed};
    int choice[FAKE_FAULT_COUNT];
    unsigned choices = list_choices(&here, choice);
    uint64_t n = rig_below(r, RIG_FAULTS_MAX + 1);
    struct rig_schema_error error;
    json_t *list = json_array();

    json_object_set_new(device, "faults", list);
    for (uint64_t k = 0; choices && k < n; k++) {
        int fault = choice[rig_below(r, choices)];
        json_t *entry = json_pack("{s:s}", "fault",
                                  fake_fault_name((enum fake_fault)fault));

        draw_time(r, entry);
        if (*fake_fault_arg_meaning((enum fake_fault)fault))
            rig_put(entry, "arg", draw_arg(r, fault, device));
        json_array_append_new(list, entry);
        /* One that this device cannot have: a power cut without a cache. */
        if (rig_device_check(device, &error))
            json_array_remove(list, json_array_size(list) - 1);
    }
}
