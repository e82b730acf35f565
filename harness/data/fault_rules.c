/* SPDX-License-Identifier: MIT */
#include "fault_rules.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fakedev/fault.h"

static int fail(struct rig_schema_error *err, const char *pointer,
                const char *expected)
{
    snprintf(err->pointer, sizeof(err->pointer), "%s", pointer);
    snprintf(err->expected, sizeof(err->expected), "%s", expected);
    return -1;
}

static int fault_of(const json_t *entry)
{
    const char *name = json_string_value(json_object_get(entry, "fault"));

    return name ? fake_fault_find(name) : -1;
}

static enum fake_part other_part(const json_t *device)
{
    const char *type = json_string_value(json_object_get(device, "type"));

    return type && strcmp(type, "snd") == 0 ? FAKE_PART_BLK : FAKE_PART_SND;
}

int rig_fault_rules_device(const json_t *device, struct rig_schema_error *err)
{
    const json_t *entry;
    size_t k;

    json_array_foreach(json_object_get(device, "faults"), k, entry)
    {
        int fault = fault_of(entry);
        char pointer[64];

        snprintf(pointer, sizeof(pointer), "/faults/%zu/fault", k);
        if (fault < 0)
            return fail(err, pointer,
                        "expected a fault that 'ringtrue faults' lists");
        if (fake_fault_part((enum fake_fault)fault) == other_part(device))
            return fail(err, pointer,
                        "expected a fault that this type of device has");
    }
    return 0;
}

/* ---- lies ---- */

static bool is_lie(const json_t *entry)
{
    int fault = fault_of(entry);

    /* What is overwritten after it came back may be the driver's next write. */
    return fault == FAKE_FAULT_LATE_WRITE ||
           (fault >= 0 &&
            fake_fault_nature((enum fake_fault)fault) == FAKE_NATURE_LIES);
}

static bool any_lie(const json_t *vector)
{
    const json_t *device = json_object_get(vector, "device");
    const json_t *one;
    size_t k;

    json_array_foreach(json_object_get(device, "faults"), k, one)
    {
        if (is_lie(one))
            return true;
    }
    json_array_foreach(json_object_get(vector, "steps"), k, one)
    {
        if (is_lie(json_object_get(one, "fault"))) /* of fault.add */
            return true;
    }
    return false;
}

static bool is_mismatch(const json_t *word)
{
    return json_is_string(word) &&
           strcmp(json_string_value(word), "mismatch") == 0;
}

/* Itself, or one of the steps in it. The schema bounds how deep they go. */
static bool expects_mismatch(const json_t *step)
{
    const json_t *expect = json_object_get(step, "expect");
    static const char *const inner[] = {"requests", "do"};
    const json_t *one;
    size_t k;

    if (is_mismatch(expect))
        return true;
    json_array_foreach(expect, k, one)
    {
        if (is_mismatch(one))
            return true;
    }
    for (unsigned n = 0; n < 2; n++) {
        json_array_foreach(json_object_get(step, inner[n]), k, one)
        {
            if (expects_mismatch(one))
                return true;
        }
    }
    return false;
}

int rig_fault_rules_vector(const json_t *vector, struct rig_schema_error *err)
{
    const json_t *step;
    size_t k;

    if (any_lie(vector))
        return 0;
    json_array_foreach(json_object_get(vector, "steps"), k, step)
    {
        char pointer[64];

        snprintf(pointer, sizeof(pointer), "/steps/%zu/expect", k);
        if (expects_mismatch(step))
            return fail(err, pointer,
                        "expected a fault that lies in the device of a step "
                        "that expects wrong data");
    }
    return 0;
}
