/* SPDX-License-Identifier: MIT
 *
 * batch.c: see batch.h.
 */
#include "batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "pattern.h"

#define SECTOR_BYTES 512u
#define ID_BYTES 20u
#define SEGS_MAX 512u
#define GUARD 64u /* bytes after each segment that nobody may touch */
#define GUARD_BYTE 0x5a
#define UNWRITTEN 0xa5

struct item {
    const json_t *step;
    uint64_t bytes;
    uint32_t seg_count;
    struct rig_seg *seg;
};

struct rig_batch {
    json_t *steps;
    unsigned count;
    struct item *item;
    struct rig_request *request;
    struct rig_batch *next; /* among those with pending requests */
};

static enum rig_op_code code_of(const json_t *step)
{
    const char *name = rig_param_text(step, "op");

    if (strcmp(name, "blk.read") == 0)
        return RIG_OP_BLK_READ;
    if (strcmp(name, "blk.write") == 0)
        return RIG_OP_BLK_WRITE;
    if (strcmp(name, "blk.flush") == 0)
        return RIG_OP_BLK_FLUSH;
    if (strcmp(name, "queue.reset") == 0)
        return RIG_OP_QUEUE_RESET;
    return RIG_OP_BLK_ID;
}

static uint64_t bytes_of(const json_t *step, enum rig_op_code code)
{
    if (code == RIG_OP_BLK_FLUSH || code == RIG_OP_QUEUE_RESET)
        return 0;
    if (code == RIG_OP_BLK_ID)
        return ID_BYTES;
    return rig_param(step, "bytes", rig_param(step, "count", 1) * SECTOR_BYTES);
}

static bool segs_fit(const json_t *list, uint64_t bytes)
{
    uint64_t sum = 0;
    const json_t *n;
    size_t k;

    json_array_foreach(list, k, n)
    {
        sum += (uint64_t)json_integer_value(n);
        if (sum > bytes)
            return false;
    }
    return true;
}

/* "segs" lists the lengths of all segments but the last, which takes what is
 * left; without it there is one. */
static int cut(struct rig *rig, struct item *it, uint32_t skew)
{
    const json_t *list = json_object_get(it->step, "segs");
    uint64_t left = it->bytes;

    it->seg_count = (uint32_t)json_array_size(list) + 1;
    if (it->bytes == 0 && !list)
        it->seg_count = 0;
    if (it->seg_count > SEGS_MAX)
        return -1;
    it->seg = calloc(it->seg_count + 1, sizeof(*it->seg));
    if (!it->seg)
        return -1;
    for (uint32_t k = 0; k < it->seg_count; k++) {
        const json_t *n = json_array_get(list, k);
        uint64_t want = n ? (uint64_t)json_integer_value(n) : left;
        uint8_t *mem = rig_take(rig, want + skew + GUARD);

        if (!mem)
            return -1;
        it->seg[k].buf = mem + skew;
        it->seg[k].bytes = (uint32_t)want;
        memset(mem + skew + want, GUARD_BYTE, GUARD);
        left -= want;
    }
    return 0;
}

static void fill(const struct item *it, uint64_t seed, uint64_t offset)
{
    for (uint32_t k = 0; k < it->seg_count; k++) {
        rig_pattern_fill(seed, offset, it->seg[k].buf, it->seg[k].bytes);
        offset += it->seg[k].bytes;
    }
}

static int prepare(struct rig *rig, struct rig_batch *batch, unsigned k)
{
    const json_t *step = json_array_get(batch->steps, k);
    struct rig_op *op = &batch->request[k].op;
    struct item *it = &batch->item[k];

    it->step = step;
    op->code = code_of(step);
    op->queue = (uint32_t)rig_param(step, "queue", 0);
    op->sector = rig_param_sector(rig, step);
    it->bytes = bytes_of(step, op->code);
    if (cut(rig, it, (uint32_t)rig_param(step, "skew", 0)))
        return -1;
    op->seg = it->seg;
    op->seg_count = it->seg_count;
    if (op->code == RIG_OP_BLK_WRITE)
        fill(it, rig_param(step, "data", 1), op->sector * SECTOR_BYTES);
    else
        for (uint32_t s = 0; s < it->seg_count; s++)
            memset(it->seg[s].buf, UNWRITTEN, it->seg[s].bytes);
    return 0;
}

static void release(struct rig *rig, struct rig_batch *batch)
{
    for (unsigned k = 0; k < batch->count; k++) {
        struct item *it = &batch->item[k];
        uint32_t skew = it->step ? (uint32_t)rig_param(it->step, "skew", 0) : 0;

        for (uint32_t s = 0; it->seg && s < it->seg_count; s++)
            if (it->seg[s].buf)
                rig_give(rig, (uint8_t *)it->seg[s].buf - skew);
        free(it->seg);
    }
    json_decref(batch->steps);
    free(batch->item);
    free(batch->request);
    free(batch);
}

struct rig_batch *rig_batch_new(struct rig *rig, const json_t *steps,
                                json_t **result)
{
    struct rig_batch *batch = calloc(1, sizeof(*batch));
    unsigned count = (unsigned)json_array_size(steps);

    if (batch) {
        batch->steps = json_incref((json_t *)(uintptr_t)steps);
        batch->count = count;
        batch->item = calloc(count + 1, sizeof(*batch->item));
        batch->request = calloc(count + 1, sizeof(*batch->request));
    }
    if (!batch || !batch->item || !batch->request) {
        *result = rig_result_reason(RIG_OUTCOME_BENCH, "out of memory");
        return NULL;
    }
    for (unsigned k = 0; k < count; k++) {
        const json_t *step = json_array_get(steps, k);
        const char *name = rig_param_text(step, "op");

        if (!segs_fit(json_object_get(step, "segs"),
                      bytes_of(step, code_of(step)))) {
            *result = rig_result_reason(
                RIG_OUTCOME_BENCH, "segs are longer than the data of %s", name);
        } else if (prepare(rig, batch, k)) {
            *result = rig_result_reason(RIG_OUTCOME_BENCH,
                                        "no room for the buffers of %s", name);
        } else if (!(rig->dut->op_mask >> batch->request[k].op.code & 1)) {
            *result =
                rig_result_reason(RIG_OUTCOME_SKIP, "subject has no %s", name);
        } else {
            continue;
        }
        release(rig, batch);
        return NULL;
    }
    return batch;
}

/* ---- results ---- */

static json_t *mismatch(json_t *expected, json_t *seen)
{
    json_t *result = rig_result(RIG_OUTCOME_MISMATCH);

    json_object_set_new(result, "expected", expected);
    json_object_set_new(result, "seen", seen);
    return result;
}

/* Nothing beyond the segments was written. */
static json_t *check_guards(const struct item *it)
{
    for (uint32_t s = 0; s < it->seg_count; s++) {
        const uint8_t *guard =
            (const uint8_t *)it->seg[s].buf + it->seg[s].bytes;

        for (unsigned k = 0; k < GUARD; k++)
            if (guard[k] != GUARD_BYTE)
                return mismatch(
                    json_sprintf("bytes past the buffer left alone"),
                    json_sprintf("byte %u past segment %u is 0x%02x", k, s,
                                 guard[k]));
    }
    return NULL;
}

static json_t *check_data(const struct item *it, uint64_t seed, uint64_t offset)
{
    for (uint32_t s = 0; s < it->seg_count; s++) {
        const uint8_t *data = it->seg[s].buf;
        size_t bytes = it->seg[s].bytes;
        size_t at = rig_pattern_check(seed, offset, data, bytes);

        if (at < bytes)
            return mismatch(json_sprintf("data of seed %llu at byte %llu",
                                         (unsigned long long)seed,
                                         (unsigned long long)(offset + at)),
                            json_sprintf("0x%02x there (segment %u, byte %llu)",
                                         data[at], s, (unsigned long long)at));
        offset += bytes;
    }
    return NULL;
}

static json_t *check_id(const struct item *it)
{
    const char *want = rig_param_text(it->step, "is");
    char seen[ID_BYTES + 1] = "";

    memcpy(seen, it->seg[0].buf, ID_BYTES);
    if (strcmp(seen, want) == 0)
        return NULL;
    return mismatch(json_string(want), json_sprintf("%.20s", seen));
}

static json_t *check_read(const struct item *it, const struct rig_request *r)
{
    json_t *bad = check_guards(it);

    if (bad)
        return bad;
    if (r->op.code == RIG_OP_BLK_READ && json_object_get(it->step, "data"))
        return check_data(it, rig_param(it->step, "data", 0),
                          r->op.sector * SECTOR_BYTES);
    if (r->op.code == RIG_OP_BLK_ID && json_object_get(it->step, "is"))
        return check_id(it);
    return NULL;
}

/* What was read, in hexadecimal, for RPC ("return": "hex"). */
static void add_hex(json_t *result, const struct item *it)
{
    char *text = malloc(2 * it->bytes + 1);
    size_t at = 0;

    if (!text)
        return;
    text[0] = '\0';
    for (uint32_t s = 0; s < it->seg_count; s++)
        for (uint32_t k = 0; k < it->seg[s].bytes; k++, at += 2)
            snprintf(text + at, 3, "%02x",
                     ((const uint8_t *)it->seg[s].buf)[k]);
    json_object_set_new(result, "hex", json_string(text));
    free(text);
}

static json_t *result_of(struct rig_batch *batch, unsigned k, int run)
{
    const struct rig_request *r = &batch->request[k];
    const struct item *it = &batch->item[k];
    json_t *result;

    if (!r->submitted && r->result)
        return rig_result_code(RIG_OUTCOME_REFUSED, r->result);
    if (!r->done && run == RGT_E_TIMEOUT)
        return rig_result_code(RIG_OUTCOME_TIMEOUT, run);
    if (!r->done || r->result)
        return rig_result_code(RIG_OUTCOME_ERROR, r->done ? r->result : run);
    result = check_read(it, r);
    if (result)
        return result;
    result = rig_result(RIG_OUTCOME_OK);
    if (rig_param_text(it->step, "return"))
        add_hex(result, it);
    return result;
}

static json_t *results_of(struct rig_batch *batch, int run)
{
    json_t *list = json_array();
    json_t *result = NULL;

    for (unsigned k = 0; k < batch->count; k++) {
        json_t *one = result_of(batch, k, run);
        char expected[200], seen[300];

        if (!result &&
            !rig_op_as_expected(batch->item[k].step, one, expected,
                                sizeof(expected), seen, sizeof(seen)))
            result = mismatch(json_sprintf("request %u, %s", k, expected),
                              json_string(seen));
        json_array_append_new(list, one);
    }
    if (!result)
        result = rig_result(RIG_OUTCOME_OK);
    json_object_set_new(result, "requests", list);
    return result;
}

json_t *rig_batch_run(struct rig *rig, struct rig_batch *batch)
{
    return results_of(batch, rig_run(rig, batch->request, batch->count));
}

json_t *rig_batch_run_one(struct rig *rig, struct rig_batch *batch)
{
    return result_of(batch, 0, rig_run(rig, batch->request, 1));
}

static bool is_pending(const struct rig_batch *batch)
{
    for (unsigned k = 0; k < batch->count; k++)
        if (batch->request[k].submitted && !batch->request[k].done)
            return true;
    return false;
}

void rig_batch_end(struct rig *rig, struct rig_batch *batch)
{
    if (is_pending(batch)) {
        batch->next = rig->unfinished;
        rig->unfinished = batch;
    } else {
        release(rig, batch);
    }
}

void rig_batch_free_all(struct rig *rig)
{
    while (rig->unfinished) {
        struct rig_batch *batch = rig->unfinished;

        rig->unfinished = batch->next;
        release(rig, batch);
    }
}
