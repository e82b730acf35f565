/* SPDX-License-Identifier: MIT */
#include "device_rules.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fault_rules.h"
#include "feature_names.h"
#include "mark.h"
#include "ringtrue/wire.h"

#define NO_LIMIT INT64_MAX

__attribute__((format(printf, 3, 4))) static int
fail(struct rig_schema_error *err, const char *pointer, const char *format, ...)
{
    va_list args;

    snprintf(err->pointer, sizeof(err->pointer), "%s", pointer);
    va_start(args, format);
    vsnprintf(err->expected, sizeof(err->expected), format, args);
    va_end(args);
    return -1;
}

/* What a conforming device may say in a member that a feature brings. */
static const struct rule {
    const char *member; /* "member" or "object/member" */
    const char *feature;
    unsigned bit;
    bool needed; /* without the feature it may not stand there at all */
    json_int_t min, max;
} rules[] = {
    {"seg_max", "SEG_MAX", VIRTIO_BLK_F_SEG_MAX, false, 1, NO_LIMIT},
    {"size_max", "SIZE_MAX", VIRTIO_BLK_F_SIZE_MAX, false, 1, NO_LIMIT},
    {"geometry", "GEOMETRY", VIRTIO_BLK_F_GEOMETRY, true, 0, NO_LIMIT},
    {"topology", "TOPOLOGY", VIRTIO_BLK_F_TOPOLOGY, true, 0, NO_LIMIT},
    {"writeback", "CONFIG_WCE", VIRTIO_BLK_F_CONFIG_WCE, true, 0, 1},
    {"num_queues", "MQ", VIRTIO_BLK_F_MQ, true, 1, 64},
    {"max_discard_sectors", "DISCARD", VIRTIO_BLK_F_DISCARD, true, 1, NO_LIMIT},
    {"max_discard_seg", "DISCARD", VIRTIO_BLK_F_DISCARD, true, 1, NO_LIMIT},
    {"discard_sector_alignment", "DISCARD", VIRTIO_BLK_F_DISCARD, true, 1,
     NO_LIMIT},
    {"max_write_zeroes_sectors", "WRITE_ZEROES", VIRTIO_BLK_F_WRITE_ZEROES,
     true, 1, NO_LIMIT},
    {"max_write_zeroes_seg", "WRITE_ZEROES", VIRTIO_BLK_F_WRITE_ZEROES, true, 1,
     NO_LIMIT},
    {"write_zeroes_may_unmap", "WRITE_ZEROES", VIRTIO_BLK_F_WRITE_ZEROES, true,
     0, 1},
    {"max_secure_erase_sectors", "SECURE_ERASE", VIRTIO_BLK_F_SECURE_ERASE,
     true, 1, NO_LIMIT},
    {"max_secure_erase_seg", "SECURE_ERASE", VIRTIO_BLK_F_SECURE_ERASE, true, 1,
     NO_LIMIT},
    {"secure_erase_sector_alignment", "SECURE_ERASE", VIRTIO_BLK_F_SECURE_ERASE,
     true, 1, NO_LIMIT},
    {"lifetime", "LIFETIME", VIRTIO_BLK_F_LIFETIME, true, 0, NO_LIMIT},
    {"lifetime/pre_eol_info", "LIFETIME", VIRTIO_BLK_F_LIFETIME, false, 0, 3},
    {"lifetime/typ_a", "LIFETIME", VIRTIO_BLK_F_LIFETIME, false, 0, 11},
    {"lifetime/typ_b", "LIFETIME", VIRTIO_BLK_F_LIFETIME, false, 0, 11},
    {"discard", "DISCARD", VIRTIO_BLK_F_DISCARD, true, 0, NO_LIMIT},
};

static const json_t *member(const json_t *device, const char *path)
{
    const char *slash = strchr(path, '/');
    char first[32];

    if (!slash)
        return json_object_get(device, path);
    snprintf(first, sizeof(first), "%.*s", (int)(slash - path), path);
    return json_object_get(json_object_get(device, first), slash + 1);
}

/* Of a list that is not there the rig makes one without these features. */
static uint64_t offered(const json_t *device)
{
    return rig_features_from_json(json_object_get(device, "features"));
}

static bool has(uint64_t features, unsigned bit)
{
    return features >> bit & 1;
}

#define SAY_SO "; for a device that breaks the rules add \"nonsense\": true"

static int check_value(const struct rule *rule, const json_t *value,
                       struct rig_schema_error *err, const char *pointer)
{
    json_int_t n = json_integer_value(value);

    if (!json_is_integer(value) || (n >= rule->min && n <= rule->max))
        return 0;
    if (rule->max == NO_LIMIT)
        return fail(err, pointer,
                    "expected %lld or more with %s, found %lld" SAY_SO,
                    (long long)rule->min, rule->feature, (long long)n);
    return fail(err, pointer,
                "expected %lld to %lld with %s, found %lld" SAY_SO,
                (long long)rule->min, (long long)rule->max, rule->feature,
                (long long)n);
}

static int check_rule(const json_t *device, const struct rule *rule,
                      bool nonsense, struct rig_schema_error *err)
{
    const json_t *value = member(device, rule->member);
    bool is_offered = has(offered(device), rule->bit);
    char pointer[64];

    if (!value)
        return 0;
    snprintf(pointer, sizeof(pointer), "/%s", rule->member);
    if (rule->needed && !is_offered)
        return fail(err, pointer,
                    "expected %s among the features of the device",
                    rule->feature);
    return nonsense || !is_offered ? 0 : check_value(rule, value, err, pointer);
}

/* 5.2.4 leaves it open, but a sector that nobody can address is none. */
static int check_blk_size(const json_t *device, struct rig_schema_error *err)
{
    const json_t *value = json_object_get(device, "blk_size");
    json_int_t n = json_integer_value(value);

    if (!value || !has(offered(device), VIRTIO_BLK_F_BLK_SIZE) ||
        (n >= 512 && (n & (n - 1)) == 0))
        return 0;
    return fail(err, "/blk_size",
                "expected a power of 2 from 512 on, found %lld" SAY_SO,
                (long long)n);
}

static int check_features(const json_t *device, struct rig_schema_error *err)
{
    uint64_t bits = offered(device);

    if (has(bits, VIRTIO_BLK_F_CONFIG_WCE) && !has(bits, VIRTIO_BLK_F_FLUSH))
        return fail(err, "/features",
                    "expected FLUSH with CONFIG_WCE (5.2.5.2)" SAY_SO);
    return 0;
}

static bool has_cache(const json_t *device)
{
    const char *cache = json_string_value(json_object_get(device, "cache"));

    return cache && strcmp(cache, "volatile") == 0;
}

#define NEEDS_CACHE                                                            \
    "expected \"cache\": \"volatile\" in the device of a power cut"

static int check_faults(const json_t *device, struct rig_schema_error *err)
{
    const json_t *list = json_object_get(device, "faults");
    const json_t *f;
    size_t k;

    json_array_foreach(list, k, f)
    {
        const char *name = json_string_value(json_object_get(f, "fault"));
        char pointer[64];

        snprintf(pointer, sizeof(pointer), "/faults/%zu/fault", k);
        if (name && strcmp(name, "power-cut") == 0 && !has_cache(device))
            return fail(err, pointer, NEEDS_CACHE);
    }
    return 0;
}

/* Faults of a queue that only a feature brings into being. */
static const struct {
    const char *fault, *feature;
    unsigned bit;
} ring_faults[] = {
    {"queue-reset-slow", "RING_RESET", VIRTIO_F_RING_RESET},
    {"queue-reset-never", "RING_RESET", VIRTIO_F_RING_RESET},
    {"used-wrap-wrong", "RING_PACKED", VIRTIO_F_RING_PACKED},
    {"used-out-of-order", "IN_ORDER", VIRTIO_F_IN_ORDER},
};

#define RING_FAULTS (sizeof(ring_faults) / sizeof(ring_faults[0]))

static int check_ring_faults(const json_t *device, struct rig_schema_error *err)
{
    const json_t *list = json_object_get(device, "faults");
    const json_t *f;
    size_t k;

    json_array_foreach(list, k, f)
    {
        const char *name = json_string_value(json_object_get(f, "fault"));
        char pointer[64];

        snprintf(pointer, sizeof(pointer), "/faults/%zu/fault", k);
        for (size_t r = 0; name && r < RING_FAULTS; r++)
            if (strcmp(name, ring_faults[r].fault) == 0 &&
                !has(offered(device), ring_faults[r].bit))
                return fail(err, pointer,
                            "expected %s among the features of the device",
                            ring_faults[r].feature);
    }
    return 0;
}

/* Messages of different streams end when they are played, and a stream may
 * stand still: no order that a driver could rely on. */
static int check_order(const json_t *device, struct rig_schema_error *err)
{
    const char *type = json_string_value(json_object_get(device, "type"));

    if (type && strcmp(type, "snd") == 0 &&
        has(offered(device), VIRTIO_F_IN_ORDER))
        return fail(err, "/features",
                    "expected no IN_ORDER among those of a sound device");
    return 0;
}

static bool is_disk(const json_t *device)
{
    const char *type = json_string_value(json_object_get(device, "type"));

    return device && (!type || strcmp(type, "blk") == 0);
}

int rig_device_check(const json_t *device, struct rig_schema_error *err)
{
    bool nonsense = json_is_true(json_object_get(device, "nonsense"));

    if (rig_fault_rules_device(device, err) || check_ring_faults(device, err) ||
        check_order(device, err))
        return -1;
    if (!is_disk(device))
        return 0;
    for (size_t k = 0; k < sizeof(rules) / sizeof(rules[0]); k++)
        if (check_rule(device, &rules[k], nonsense, err))
            return -1;
    if (!nonsense &&
        (check_features(device, err) || check_blk_size(device, err)))
        return -1;
    return check_faults(device, err);
}

static int check_steps(const json_t *vector, const char *list,
                       struct rig_schema_error *err)
{
    const json_t *steps = json_object_get(vector, list);
    const json_t *step;
    size_t k;

    json_array_foreach(steps, k, step)
    {
        const char *op = json_string_value(json_object_get(step, "op"));
        char pointer[64];

        snprintf(pointer, sizeof(pointer), "/%s/%zu/op", list, k);
        if (op && strcmp(op, "power_cut") == 0 &&
            !has_cache(json_object_get(vector, "device")))
            return fail(err, pointer, NEEDS_CACHE);
    }
    return 0;
}

/* An open that needs what is not offered would skip every driver. */
static int check_needs(const json_t *vector, struct rig_schema_error *err)
{
    const json_t *device = json_object_get(vector, "device");
    const json_t *steps = json_object_get(vector, "steps");
    const json_t *step;
    size_t k;

    json_array_foreach(steps, k, step)
    {
        const json_t *needs = json_object_get(step, "needs");
        char pointer[64];

        snprintf(pointer, sizeof(pointer), "/steps/%zu/needs", k);
        /* Without a list the rig offers what any driver may need. */
        if (json_object_get(device, "features") &&
            rig_features_from_json(needs) & ~offered(device))
            return fail(err, pointer,
                        "expected all of it among the features of the device");
    }
    return 0;
}

/* A mark that no event can be would be missing in every run. */
static int check_marks(const json_t *vector, struct rig_schema_error *err)
{
    const json_t *marks = json_object_get(vector, "marks");
    const json_t *one;
    size_t k;

    json_array_foreach(marks, k, one)
    {
        const char *member;
        struct rig_mark mark;
        char pointer[96], what[128];

        if (rig_mark_from_json(one, &mark, &member, what, sizeof(what)) == 0)
            continue;
        snprintf(pointer, sizeof(pointer), "/marks/%zu/%s%.60s", k,
                 member ? "is/" : "event", member ? member : "");
        return fail(err, pointer, "%s", what);
    }
    return 0;
}

int rig_vector_check_rules(const json_t *vector, struct rig_schema_error *err)
{
    char pointer[sizeof(err->pointer)];

    if (rig_device_check(json_object_get(vector, "device"), err)) {
        snprintf(pointer, sizeof(pointer), "/device%.200s", err->pointer);
        memcpy(err->pointer, pointer, sizeof(pointer));
        return -1;
    }
    if (rig_fault_rules_vector(vector, err) || check_needs(vector, err) ||
        check_marks(vector, err) || check_steps(vector, "steps", err))
        return -1;
    return check_steps(vector, "liar", err);
}
