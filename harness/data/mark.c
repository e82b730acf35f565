/* SPDX-License-Identifier: MIT
 *
 * mark.c: see mark.h.
 */
#include "mark.h"

#include <stdio.h>
#include <string.h>

#include "fakedev/arena.h"
#include "fakedev/fault.h"
#include "request_names.h"
#include "ringtrue/err.h"
#include "ringtrue/wire.h"

#define NO_VALUE UINT64_MAX

struct name {
    const char *name;
    uint64_t value;
};

/* ---- codes by name ---- */

static const struct name chain_bad[] = {
#define BAD(name, text) {#name, FAKE_CHAIN_BAD_##name},
    FAKE_CHAIN_BAD(BAD)
#undef BAD
        {NULL, 0},
};

static const struct name mem_faults[] = {
    {"UNKNOWN", FAKE_MEM_UNKNOWN},
    {"BOUNDS", FAKE_MEM_BOUNDS},
    {"DIR", FAKE_MEM_DIR},
    {"ALIGN", FAKE_MEM_ALIGN},
    {NULL, 0},
};

/* Results are logged as unsigned numbers of 32 bits. */
static const struct name results[] = {
#define RESULT(name, value, text) {"RGT_E_" #name, (uint32_t)(value)},
    RGT_ERRORS(RESULT)
#undef RESULT
        {"ok", 0},
    {NULL, 0},
};

static const struct name notifications[] = {
    {"jack-connected", VIRTIO_SND_EVT_JACK_CONNECTED},
    {"jack-disconnected", VIRTIO_SND_EVT_JACK_DISCONNECTED},
    {"period-elapsed", VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED},
    {"xrun", VIRTIO_SND_EVT_PCM_XRUN},
    {NULL, 0},
};

static const struct name statuses[] = {
    {"ok", VIRTIO_SND_S_OK},
    {"bad-message", VIRTIO_SND_S_BAD_MSG},
    {"not-supported", VIRTIO_SND_S_NOT_SUPP},
    {"io-error", VIRTIO_SND_S_IO_ERR},
    {NULL, 0},
};

static uint64_t value_named(const struct name *list, const char *name)
{
    for (; list->name; list++)
        if (strcmp(list->name, name) == 0)
            return list->value;
    return NO_VALUE;
}

static uint64_t type_named(const char *name)
{
    int32_t type = rig_request_type(name);

    return type < 0 ? NO_VALUE : (uint64_t)type;
}

static uint64_t fault_named(const char *name)
{
    int fault = fake_fault_find(name);

    return fault < 0 ? NO_VALUE : (uint64_t)fault;
}

static bool is_sound(enum fake_event_kind kind)
{
    return kind == FAKE_EV_SND_CONTROL || kind == FAKE_EV_SND_XFER_DONE;
}

/* What names mean hangs on the argument, and where it has more meanings than
 * one, on the event. */
static uint64_t code_of(enum fake_event_kind kind, const char *arg,
                        const char *name)
{
    if (strcmp(arg, "result") == 0)
        return value_named(results, name);
    if (strcmp(arg, "fault") == 0)
        return fault_named(name);
    if (strcmp(arg, "reason") == 0)
        return value_named(kind == FAKE_EV_MEM_FAULT ? mem_faults : chain_bad,
                           name);
    if (strcmp(arg, "status") == 0 && is_sound(kind))
        return value_named(statuses, name);
    if (strcmp(arg, "code") == 0 &&
        (kind == FAKE_EV_SND_NOTIFY || kind == FAKE_EV_SND_NOTIFY_LOST))
        return value_named(notifications, name);
    if (strcmp(arg, "type") == 0 || strcmp(arg, "code") == 0)
        return type_named(name);
    return NO_VALUE;
}

/* ---- one mark ---- */

static int kind_named(const char *name)
{
    for (int k = 0; k < FAKE_EV_COUNT; k++)
        if (strcmp(fake_event_name((enum fake_event_kind)k), name) == 0)
            return k;
    return -1;
}

static int arg_named(enum fake_event_kind kind, const char *name)
{
    for (int k = 0; k < 4 && *name; k++)
        if (strcmp(fake_event_arg_name(kind, (unsigned)k), name) == 0)
            return k;
    return -1;
}

static uint64_t number(const json_t *object, const char *key, uint64_t other)
{
    const json_t *value = json_object_get(object, key);

    return value ? (uint64_t)json_integer_value(value) : other;
}

/* Returns -1 for a name that means nothing. */
static int read_value(enum fake_event_kind kind, const char *name,
                      const json_t *value, struct rig_mark_arg *arg)
{
    uint64_t code;

    if (json_is_object(value)) {
        arg->from = number(value, "from", 0);
        arg->to = number(value, "to", UINT64_MAX);
        arg->bits = number(value, "bits", 0);
        return 0;
    }
    code = json_is_string(value) ? code_of(kind, name, json_string_value(value))
                                 : (uint64_t)json_integer_value(value);
    arg->from = arg->to = code;
    return code == NO_VALUE ? -1 : 0;
}

static int read_args(const json_t *is, struct rig_mark *mark,
                     const char **member, char *err, size_t room)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)is, name, value)
    {
        int k = arg_named(mark->kind, name);

        *member = name;
        if (k < 0) {
            snprintf(err, room, "expected an argument of the event %s",
                     fake_event_name(mark->kind));
            return -1;
        }
        if (read_value(mark->kind, name, value, &mark->arg[k])) {
            snprintf(err, room, "expected a number, or the name of a %s", name);
            return -1;
        }
    }
    return 0;
}

int rig_mark_from_json(const json_t *json, struct rig_mark *mark,
                       const char **member, char *err, size_t room)
{
    const json_t *queue = json_object_get(json, "queue");
    int kind = kind_named(json_string_value(json_object_get(json, "event")));

    memset(mark, 0, sizeof(*mark));
    *member = NULL;
    if (kind < 0) {
        snprintf(err, room, "expected the name of an event, as in a trace");
        return -1;
    }
    mark->kind = (enum fake_event_kind)kind;
    mark->any_queue = !queue;
    mark->queue = (uint16_t)json_integer_value(queue);
    mark->at_least = number(json, "at_least", 1);
    mark->or_skip = json_object_get(json, "otherwise") != NULL;
    for (unsigned k = 0; k < 4; k++)
        mark->arg[k].to = UINT64_MAX;
    return read_args(json_object_get(json, "is"), mark, member, err, room);
}

bool rig_mark_fits(const struct rig_mark *mark, const struct fake_event *e)
{
    if (e->kind != mark->kind || !(mark->any_queue || e->queue == mark->queue))
        return false;
    for (unsigned k = 0; k < 4; k++)
        if (e->arg[k] < mark->arg[k].from || e->arg[k] > mark->arg[k].to ||
            (e->arg[k] & mark->arg[k].bits) != mark->arg[k].bits)
            return false;
    return true;
}
