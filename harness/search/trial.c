/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <string.h>

#include "fakedev/arena.h"

void rig_trial_free(struct rig_trial *trial)
{
    json_decref(trial->device);
    json_decref(trial->steps);
    trial->device = trial->steps = NULL;
}

struct rig_trial rig_trial_copy(const struct rig_trial *trial)
{
    struct rig_trial copy = *trial;

    copy.device = json_deep_copy(trial->device);
    copy.steps = json_deep_copy(trial->steps);
    return copy;
}

json_t *rig_trial_to_json(const struct rig_trial *trial)
{
    return json_pack("{s:I, s:s, s:O, s:O}", "schedule",
                     (json_int_t)trial->schedule, "memory",
                     trial->memory == FAKE_MEM_BOUNCE ? "bounce" : "direct",
                     "device", trial->device, "steps", trial->steps);
}

struct rig_trial rig_trial_from_json(const json_t *json)
{
    const char *memory = json_string_value(json_object_get(json, "memory"));

    return (struct rig_trial){
        .schedule =
            (uint64_t)json_integer_value(json_object_get(json, "schedule")),
        .memory = memory && strcmp(memory, "bounce") == 0 ? FAKE_MEM_BOUNCE
                                                          : FAKE_MEM_DIRECT,
        .device = json_incref(json_object_get(json, "device")),
        .steps = json_incref(json_object_get(json, "steps")),
    };
}
