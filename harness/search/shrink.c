/* SPDX-License-Identifier: MIT
 *
 * shrink.c: see shrink.h.
 *
 * Each pass takes something away, keeps what still fails, and the passes are
 * repeated until none of them finds anything more, or the tries are used up.
 */
#include "shrink.h"

#include <string.h>

#include "device_rules.h"
#include "fakedev/arena.h"
#include "isolate.h"
#include "ops.h"

#define QUEUE_LEAST 4

struct work {
    struct rig_shrink *s;
    struct rig_trial *trial;
    struct rig_finding *finding;
    bool better; /* something was taken away in this round */
};

static bool is_spent(const struct work *w)
{
    return w->s->tries >= w->s->tries_max ||
           (w->s->stop && atomic_load(w->s->stop));
}

/* Does the candidate fail in the same way? Then it is the trial from here on.
 * It is freed otherwise. */
static bool adopt(struct work *w, struct rig_trial *candidate)
{
    struct rig_schema_error error;
    struct rig_finding f;

    if (is_spent(w) || rig_device_check(candidate->device, &error)) {
        rig_trial_free(candidate);
        return false;
    }
    w->s->tries++;
    rig_play_isolated(w->s->stage, candidate, w->s->deadline_ms, &f);
    if (!rig_finding_same(&f, w->finding)) {
        rig_trial_free(candidate);
        return false;
    }
    rig_trial_free(w->trial);
    *w->trial = *candidate;
    *w->finding = f;
    w->better = true;
    return true;
}

/* ---- lists ---- */

typedef json_t *list_of_fn(const struct rig_trial *trial, size_t step);

static json_t *steps_of(const struct rig_trial *trial, size_t step)
{
    (void)step;
    return trial->steps;
}

static json_t *faults_of(const struct rig_trial *trial, size_t step)
{
    (void)step;
    return json_object_get(trial->device, "faults");
}

static json_t *features_of(const struct rig_trial *trial, size_t step)
{
    (void)step;
    return json_object_get(trial->device, "features");
}

static json_t *requests_of(const struct rig_trial *trial, size_t step)
{
    return json_object_get(json_array_get(trial->steps, step), "requests");
}

static void remove_range(json_t *list, size_t from, size_t count)
{
    while (count--)
        json_array_remove(list, from);
}

/* Takes pieces out of a list, large ones first; `keep` at its head and `least`
 * in all stay. */
static void thin(struct work *w, list_of_fn *list_of, size_t step, size_t keep,
                 size_t least)
{
    size_t count = json_array_size(list_of(w->trial, step));

    for (size_t piece = count; piece > 0; piece /= 2)
        for (size_t at = json_array_size(list_of(w->trial, step)); at > keep;) {
            size_t take = at - keep < piece ? at - keep : piece;
            struct rig_trial c;

            at -= take;
            if (json_array_size(list_of(w->trial, step)) < least + take)
                continue;
            if (is_spent(w))
                return;
            c = rig_trial_copy(w->trial);
            remove_range(list_of(&c, step), at, take);
            adopt(w, &c);
        }
}

static void thin_batches(struct work *w)
{
    for (size_t k = 0; k < json_array_size(w->trial->steps); k++)
        if (requests_of(w->trial, k))
            thin(w, requests_of, k, 0, 1);
}

/* A batch of one is that one. */
static void unwrap_batches(struct work *w)
{
    for (size_t k = 0; k < json_array_size(w->trial->steps); k++) {
        struct rig_trial c;

        if (json_array_size(requests_of(w->trial, k)) != 1)
            continue;
        c = rig_trial_copy(w->trial);
        json_array_set(c.steps, k, json_array_get(requests_of(&c, k), 0));
        adopt(w, &c);
    }
}

/* ---- members ---- */

typedef json_t *object_of_fn(const struct rig_trial *trial, size_t a, size_t b);

static json_t *device_of(const struct rig_trial *trial, size_t a, size_t b)
{
    (void)a;
    (void)b;
    return trial->device;
}

static json_t *fault_of(const struct rig_trial *trial, size_t a, size_t b)
{
    (void)b;
    return json_array_get(faults_of(trial, 0), a);
}

static json_t *step_of(const struct rig_trial *trial, size_t a, size_t b)
{
    (void)b;
    return json_array_get(trial->steps, a);
}

static json_t *request_of(const struct rig_trial *trial, size_t a, size_t b)
{
    return json_array_get(requests_of(trial, a), b);
}

static void drop(struct work *w, object_of_fn *of, size_t a, size_t b,
                 const char *key)
{
    struct rig_trial c;

    if (!json_object_get(of(w->trial, a, b), key))
        return;
    c = rig_trial_copy(w->trial);
    json_object_del(of(&c, a, b), key);
    adopt(w, &c);
}

/* To the least value first, then half way and half way again. */
static void lower(struct work *w, object_of_fn *of, size_t a, size_t b,
                  const char *key, json_int_t least)
{
    const json_t *value = json_object_get(of(w->trial, a, b), key);
    json_int_t n = json_integer_value(value), to = least;

    while (value && to < n) {
        struct rig_trial c = rig_trial_copy(w->trial);

        json_object_set_new(of(&c, a, b), key, json_integer(to));
        json_object_del(of(&c, a, b), "segs"); /* they may no longer fit */
        if (adopt(w, &c) || is_spent(w))
            return;
        to += (n - to + 1) / 2;
    }
}

static void shrink_device(struct work *w)
{
    static const char *const members[] = {
        "latency_us",
        "hold",
        "order",
        "cache",
        "discard",
        "config_extra",
        "reading",
        "capture_data",
        "num_queues",
        "seg_max",
        "size_max",
        "blk_size",
        "jacks",
        "chmaps",
        "capacity",
        "max_discard_sectors",
        "max_discard_seg",
        "discard_sector_alignment",
        "max_write_zeroes_sectors",
        "max_write_zeroes_seg",
        "max_secure_erase_sectors",
        "max_secure_erase_seg",
        "secure_erase_sector_alignment",
    };

    for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++)
        drop(w, device_of, 0, 0, members[k]);
    thin(w, features_of, 0, 1, 1); /* but VERSION_1, which comes first */
    lower(w, device_of, 0, 0, "queue_size", QUEUE_LEAST);
}

static void shrink_faults(struct work *w)
{
    static const char *const members[] = {"after_open", "every",  "one_in",
                                          "seed",       "queue",  "type",
                                          "sectors",    "stream", "to"};

    for (size_t k = 0; k < json_array_size(faults_of(w->trial, 0)); k++) {
        for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++)
            drop(w, fault_of, k, 0, members[m]);
        lower(w, fault_of, k, 0, "nth", 1);
        lower(w, fault_of, k, 0, "arg", 0);
    }
}

static void shrink_operation(struct work *w, object_of_fn *of, size_t a,
                             size_t b)
{
    static const char *const members[] = {"segs", "skew", "queue", "queues",
                                          "without"};
    static const char *const numbers[] = {"count", "periods"};

    for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++)
        drop(w, of, a, b, members[m]);
    for (size_t m = 0; m < sizeof(numbers) / sizeof(numbers[0]); m++)
        lower(w, of, a, b, numbers[m], 1);
}

static void shrink_operations(struct work *w)
{
    for (size_t k = 0; k < json_array_size(w->trial->steps); k++) {
        shrink_operation(w, step_of, k, 0);
        for (size_t r = 0; r < json_array_size(requests_of(w->trial, k)); r++)
            shrink_operation(w, request_of, k, r);
    }
}

static void shrink_schedule(struct work *w)
{
    struct rig_trial c = rig_trial_copy(w->trial);

    c.memory = FAKE_MEM_DIRECT;
    if (w->trial->memory != FAKE_MEM_DIRECT)
        adopt(w, &c);
    else
        rig_trial_free(&c);
    for (uint64_t seed = 1; seed <= 3 && w->trial->schedule > 3; seed++) {
        c = rig_trial_copy(w->trial);
        c.schedule = seed;
        adopt(w, &c);
    }
}

bool rig_shrink(struct rig_shrink *s, struct rig_trial *trial,
                struct rig_finding *finding)
{
    struct work w = {.s = s, .trial = trial, .finding = finding};
    struct rig_finding alone;

    s->tries = 1;
    rig_play_isolated(s->stage, trial, s->deadline_ms, &alone);
    if (!rig_finding_same(&alone, finding))
        return false;
    *finding = alone;
    do {
        w.better = false;
        thin(&w, steps_of, 0, 1, 1); /* but the first, which opens */
        thin(&w, faults_of, 0, 0, 0);
        thin_batches(&w);
        unwrap_batches(&w);
        shrink_device(&w);
        shrink_faults(&w);
        shrink_operations(&w);
        shrink_schedule(&w);
    } while (w.better && !is_spent(&w));
    return true;
}
