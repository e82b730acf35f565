/* SPDX-License-Identifier: MIT
 *
 * rigged.h: a rig for one test, and its operations as JSON text. Include
 * after cmocka.h.
 */
#ifndef TEST_RIGGED_H
#define TEST_RIGGED_H

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "dut_ringtrue.h"
#include "fakedev/judge.h"
#include "ops.h"
#include "raw.h"
#include "rig.h"

static inline json_t *json_of(const char *text)
{
    json_error_t err;
    json_t *j = json_loads(text, 0, &err);

    if (!j)
        fail_msg("%s: %s", text, err.text);
    return j;
}

/* device: JSON, or NULL for a plain disk. dut NULL: the raw driver. */
static inline void rigged_start(struct rig *rig, const char *device,
                                const struct rig_dut *dut,
                                enum fake_mem_mode memory)
{
    struct rig_machine_setup setup = {
        .sched = FAKE_SCHED_STEP,
        .memory = memory,
        .seed = 1,
        .log = true,
        .log_room = 1u << 16,
        .arena_bytes = (size_t)16 << 20,
    };
    json_t *j = device ? json_of(device) : NULL;
    char err[256] = "";

    if (rig_start(rig, &setup, j, dut, err, sizeof(err)))
        fail_msg("%s", err);
    json_decref(j);
}

/* Runs one operation; the result is kept until the next. */
static inline const json_t *rigged_op(struct rig *rig, const char *text)
{
    static json_t *last;
    json_t *step = json_of(text);

    json_decref(last);
    last = rig_op_run(rig, step);
    json_decref(step);
    assert_non_null(last);
    return last;
}

static inline const char *rigged_text(const json_t *result, const char *key)
{
    const char *text = json_string_value(json_object_get(result, key));

    return text ? text : "";
}

/* Fails unless the operation has this outcome. */
static inline const json_t *rigged_expect(struct rig *rig, const char *text,
                                          const char *outcome)
{
    const json_t *result = rigged_op(rig, text);

    if (strcmp(rigged_text(result, "outcome"), outcome) != 0) {
        char *is = json_dumps(result, 0);

        fail_msg("%s: expected %s, is %s", text, outcome, is);
    }
    return result;
}

static inline void rigged_ok(struct rig *rig, const char *text)
{
    rigged_expect(rig, text, "ok");
}

/* Ends the machine: the judge has found exactly `clause`, or nothing if it
 * is NULL. */
static inline void rigged_guilty(struct rig *rig, const char *clause)
{
    const struct fake_violation *list;
    size_t n;

    rig_stop(rig);
    n = fake_judge_violations(rig->machine->judge, &list);
    if (n > (clause != NULL))
        fail_msg("%s: expected %s; seen %s", list[n - 1].clause,
                 list[n - 1].expected, list[n - 1].seen);
    if (clause) {
        assert_int_equal(n, 1);
        assert_string_equal(list[0].clause, clause);
    }
    assert_string_equal(rig->complaint, "");
    rig_free(rig);
}

#endif
