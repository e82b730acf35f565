/* SPDX-License-Identifier: MIT
 *
 * batch.c: see batch.h.
 */
#include "batch.h"

#include <stdlib.h>

#include "ops.h"
#include "request.h"

struct rig_batch {
    json_t *steps;
    unsigned count;
    struct rig_item *item;
    struct rig_request *request;
    struct rig_batch *next; /* among those with pending requests */
};

static void release(struct rig *rig, struct rig_batch *batch)
{
    for (unsigned k = 0; k < batch->count; k++)
        rig_item_free(rig, &batch->item[k]);
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
        *result = rig_item_prepare(rig, json_array_get(steps, k),
                                   &batch->item[k], &batch->request[k].op);
        if (!*result)
            continue;
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

static json_t *result_of(struct rig *rig, struct rig_batch *batch, unsigned k,
                         int run)
{
    const struct rig_request *r = &batch->request[k];
    const struct rig_item *it = &batch->item[k];
    json_t *result;

    if (!r->submitted && r->result)
        return rig_result_code(RIG_OUTCOME_REFUSED, r->result);
    if (!r->done && run == RGT_E_TIMEOUT)
        return rig_result_code(RIG_OUTCOME_TIMEOUT, run);
    if (!r->done || r->result)
        return rig_result_code(RIG_OUTCOME_ERROR, r->done ? r->result : run);
    result = rig_item_check(rig, it, &r->op);
    if (result)
        return result;
    result = rig_result(RIG_OUTCOME_OK);
    rig_item_report(result, it, &r->op);
    return result;
}

static json_t *results_of(struct rig *rig, struct rig_batch *batch, int run)
{
    json_t *list = json_array();
    json_t *result = NULL;

    for (unsigned k = 0; k < batch->count; k++) {
        json_t *one = result_of(rig, batch, k, run);
        char expected[200], seen[300];

        if (!result &&
            !rig_op_as_expected(batch->item[k].step, one, expected,
                                sizeof(expected), seen, sizeof(seen))) {
            result = mismatch(json_sprintf("request %u, %s", k, expected),
                              json_string(seen));
            rig_result_because(result, one);
        }
        json_array_append_new(list, one);
    }
    if (!result)
        result = rig_result(RIG_OUTCOME_OK);
    json_object_set_new(result, "requests", list);
    return result;
}

json_t *rig_batch_run(struct rig *rig, struct rig_batch *batch)
{
    return results_of(rig, batch, rig_run(rig, batch->request, batch->count));
}

json_t *rig_batch_run_one(struct rig *rig, struct rig_batch *batch)
{
    return result_of(rig, batch, 0, rig_run(rig, batch->request, 1));
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
