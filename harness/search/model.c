/* SPDX-License-Identifier: MIT
 *
 * model.c: see model.h.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "pattern.h"

#define SECTORS_MAX UINT64_C(65536)
#define SECTOR_BYTES 512u
#define SEEDS_MAX 6u

/* count 0: it may hold anything. */
struct seeds {
    uint32_t count;
    uint32_t seed[SEEDS_MAX];
};

struct rig_model_sector {
    struct seeds now;
    struct seeds kept; /* after a loss of power: all since the last flush */
    bool lost;         /* a write of it may still be under way */
};

/* So that no part of it looks like another, nor like zeroes. */
static int fill(struct fake_store *store)
{
    uint8_t data[8 * SECTOR_BYTES];

    for (uint64_t at = 0; at < store->bytes; at += sizeof(data)) {
        size_t bytes = store->bytes - at < sizeof(data)
                           ? (size_t)(store->bytes - at)
                           : sizeof(data);

        rig_pattern_fill(RIG_MODEL_FIRST, at, data, bytes);
        if (store->ops->write(store, at, data, bytes))
            return -1;
    }
    return 0;
}

static struct seeds only(uint32_t seed)
{
    return (struct seeds){.count = 1, .seed = {seed}};
}

int rig_model_init(struct rig_model *model, struct fake_store *store)
{
    uint64_t sectors = store ? store->bytes / SECTOR_BYTES : 0;

    memset(model, 0, sizeof(*model));
    if (sectors == 0 || sectors > SECTORS_MAX)
        return 0;
    if (fill(store))
        return -1;
    model->sector = calloc(sectors, sizeof(*model->sector));
    if (!model->sector)
        return -1;
    model->count = sectors;
    for (uint64_t k = 0; k < sectors; k++)
        model->sector[k].now = model->sector[k].kept = only(RIG_MODEL_FIRST);
    return 0;
}

void rig_model_free(struct rig_model *model)
{
    free(model->sector);
    memset(model, 0, sizeof(*model));
}

/* ---- sets ---- */

static bool holds(const struct seeds *s, uint32_t seed)
{
    for (uint32_t k = 0; k < s->count; k++)
        if (s->seed[k] == seed)
            return true;
    return false;
}

static void add(struct seeds *s, uint32_t seed)
{
    if (s->count == 0 || holds(s, seed))
        return;
    if (s->count == SEEDS_MAX)
        s->count = 0; /* too many to tell */
    else
        s->seed[s->count++] = seed;
}

static void join(struct seeds *s, const struct seeds *with)
{
    if (with->count == 0)
        s->count = 0;
    for (uint32_t k = 0; k < with->count; k++)
        add(s, with->seed[k]);
}

/* ---- what a read must find ---- */

static uint64_t sectors_of(const json_t *step)
{
    return rig_param(step, "bytes",
                     rig_param(step, "count", 1) * SECTOR_BYTES) /
           SECTOR_BYTES;
}

static bool within(const struct rig_model *model, uint64_t first,
                   uint64_t count)
{
    return first <= model->count && count <= model->count - first;
}

/* The seeds of all sectors together; false: nothing can be said. */
static bool gather(const struct rig_model *model, const json_t *step,
                   struct seeds *all)
{
    uint64_t first = rig_param(step, "sector", 0), count = sectors_of(step);

    if (count == 0 || !within(model, first, count) ||
        rig_param_true(step, "from_end"))
        return false;
    *all = model->sector[first].now;
    for (uint64_t k = 1; k < count && all->count; k++)
        join(all, &model->sector[first + k].now);
    return all->count != 0;
}

static void expect_read(const struct rig_model *model, json_t *step,
                        bool stored)
{
    struct seeds all;
    json_t *list;

    if (stored)
        json_object_set_new(step, "stored", json_true());
    if (!gather(model, step, &all))
        return;
    if (all.count == 1) {
        json_object_set_new(step, "data", json_integer(all.seed[0]));
        return;
    }
    list = json_array();
    for (uint32_t k = 0; k < all.count; k++)
        json_array_append_new(list, json_integer(all.seed[k]));
    json_object_set_new(step, "data_any", list);
}

static bool is_op(const json_t *step, const char *name)
{
    return strcmp(rig_param_text(step, "op"), name) == 0;
}

void rig_model_expect(const struct rig_model *model, json_t *step, bool stored)
{
    json_t *one;
    size_t k;

    if (!model->sector)
        return;
    if (is_op(step, "blk.read"))
        expect_read(model, step, stored);
    if (!is_op(step, "blk.batch"))
        return;
    json_array_foreach(json_object_get(step, "requests"), k, one)
    {
        if (is_op(one, "blk.read"))
            expect_read(model, one, stored);
    }
}

/* ---- what a result tells ---- */

/* seed NULL: not known what it holds from here on. */
static void touch(struct rig_model_sector *s, const uint32_t *seed,
                  enum rig_outcome outcome, bool in_flight)
{
    s->lost = s->lost || (in_flight && outcome != RIG_OUTCOME_OK);
    if (!seed || s->lost) {
        s->now.count = s->kept.count = 0;
        return;
    }
    if (outcome == RIG_OUTCOME_OK)
        s->now = only(*seed);
    else
        add(&s->now, *seed);
    add(&s->kept, *seed);
}

static void touch_all(struct rig_model *model, uint64_t first, uint64_t count,
                      const uint32_t *seed, enum rig_outcome outcome)
{
    if (!within(model, first, count))
        return;
    for (uint64_t k = 0; k < count; k++)
        touch(&model->sector[first + k], seed, outcome, model->in_flight);
}

static void learn_ranges(struct rig_model *model, const json_t *step,
                         const uint32_t *seed, enum rig_outcome outcome)
{
    const json_t *list = json_object_get(step, "ranges"), *one;
    size_t k;

    if (!list)
        touch_all(model, rig_param(step, "sector", 0),
                  rig_param(step, "count", 1), seed, outcome);
    json_array_foreach(list, k, one)
    {
        touch_all(model, rig_param(one, "sector", 0),
                  rig_param(one, "count", 1), seed, outcome);
    }
}

static void learn_flush(struct rig_model *model, const json_t *step,
                        enum rig_outcome outcome)
{
    if (!is_op(step, "blk.flush") || outcome != RIG_OUTCOME_OK)
        return;
    for (uint64_t k = 0; k < model->count; k++)
        if (!model->sector[k].lost)
            model->sector[k].kept = model->sector[k].now;
}

static void learn_data(struct rig_model *model, const json_t *step,
                       enum rig_outcome outcome)
{
    static const uint32_t zeroes = 0;
    uint32_t seed = (uint32_t)rig_param(step, "data", 1);

    if (outcome == RIG_OUTCOME_REFUSED || outcome == RIG_OUTCOME_SKIP)
        return; /* it never reached the device */
    if (is_op(step, "blk.write"))
        touch_all(model, rig_param(step, "sector", 0), sectors_of(step),
                  model->torn && outcome != RIG_OUTCOME_OK ? NULL : &seed,
                  outcome);
    else if (is_op(step, "blk.write_zeroes"))
        learn_ranges(model, step, &zeroes, outcome);
    else if (is_op(step, "blk.discard") || is_op(step, "blk.secure_erase"))
        learn_ranges(model, step, NULL, outcome);
}

/* Requests of a batch are in flight together: what a flush among them commits
 * is what was written before all of them. */
static void learn_batch(struct rig_model *model, const json_t *step,
                        const json_t *results)
{
    const json_t *one, *requests = json_object_get(step, "requests");
    size_t k;

    json_array_foreach(requests, k, one)
    {
        learn_flush(model, one, rig_result_outcome(json_array_get(results, k)));
    }
    json_array_foreach(requests, k, one)
    {
        learn_data(model, one, rig_result_outcome(json_array_get(results, k)));
    }
}

void rig_model_learn(struct rig_model *model, const json_t *step,
                     const json_t *result, bool in_flight)
{
    const json_t *results = json_object_get(result, "requests");

    if (!model->sector)
        return;
    model->in_flight = in_flight;
    if (is_op(step, "blk.batch")) {
        if (results)
            learn_batch(model, step, results);
        return;
    }
    learn_flush(model, step, rig_result_outcome(result));
    learn_data(model, step, rig_result_outcome(result));
}

void rig_model_settle(struct rig_model *model)
{
    for (uint64_t k = 0; k < model->count; k++)
        model->sector[k].lost = false;
}

void rig_model_power_cut(struct rig_model *model)
{
    for (uint64_t k = 0; k < model->count; k++)
        join(&model->sector[k].now, &model->sector[k].kept);
}

/* ---- the disk itself ---- */

static bool is_one_of(const struct seeds *s, uint64_t sector,
                      const uint8_t *data)
{
    for (uint32_t k = 0; k < s->count; k++)
        if (rig_pattern_check(s->seed[k], sector * SECTOR_BYTES, data,
                              SECTOR_BYTES) == SECTOR_BYTES)
            return true;
    return s->count == 0;
}

static void describe(const struct seeds *s, uint64_t sector, char *to,
                     size_t room)
{
    int at = snprintf(to, room, "sector %llu with data of seed",
                      (unsigned long long)sector);

    for (uint32_t k = 0; k < s->count && at > 0 && (size_t)at < room; k++)
        at += snprintf(to + at, room - (size_t)at, "%s %u", k ? " or" : "",
                       s->seed[k]);
}

bool rig_model_agrees(const struct rig_model *model,
                      struct fake_machine *machine, char *expected, char *seen,
                      size_t room)
{
    uint8_t data[SECTOR_BYTES];

    for (uint64_t k = 0; k < model->count; k++) {
        const struct seeds *s = &model->sector[k].now;

        if (s->count == 0 ||
            fake_machine_peek(machine, k * SECTOR_BYTES, data, sizeof(data)) ||
            is_one_of(s, k, data))
            continue;
        describe(s, k, expected, room);
        snprintf(seen, room,
                 "the disk holds something else there, from "
                 "0x%02x%02x%02x%02x on",
                 data[0], data[1], data[2], data[3]);
        return false;
    }
    return true;
}
