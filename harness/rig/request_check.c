/* SPDX-License-Identifier: MIT
 *
 * request_check.c: is in the buffers what the step says? See request.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "differs.h"
#include "ops.h"
#include "pattern.h"
#include "request.h"

#define SECTOR_BYTES 512u
#define ID_BYTES 20u

static json_t *mismatch(json_t *expected, json_t *seen)
{
    json_t *result = rig_result(RIG_OUTCOME_MISMATCH);

    json_object_set_new(result, "expected", expected);
    json_object_set_new(result, "seen", seen);
    return result;
}

/* Nothing beyond the segments was written. */
static json_t *check_guards(const struct rig_item *it)
{
    for (uint32_t s = 0; s < it->seg_count; s++) {
        const uint8_t *guard =
            (const uint8_t *)it->seg[s].buf + it->seg[s].bytes;

        for (unsigned k = 0; k < RIG_GUARD; k++)
            if (guard[k] != RIG_GUARD_BYTE)
                return mismatch(
                    json_sprintf("bytes past the buffer left alone"),
                    json_sprintf("byte %u past segment %u is 0x%02x", k, s,
                                 guard[k]));
    }
    return NULL;
}

/* All segments as one piece, to be freed. */
static uint8_t *join(const struct rig_item *it)
{
    uint8_t *all = malloc(it->bytes ? it->bytes : 1);
    size_t at = 0;

    for (uint32_t s = 0; all && s < it->seg_count; s++) {
        memcpy(all + at, it->seg[s].buf, it->seg[s].bytes);
        at += it->seg[s].bytes;
    }
    return all;
}

static json_t *out_of_memory(void)
{
    return rig_result_reason(RIG_OUTCOME_BENCH, "out of memory");
}

/* All of what differs, for a step that knows it. */
static void add_differs(json_t *result, const struct rig_item *it,
                        uint64_t seed, uint64_t offset)
{
    uint8_t *have = join(it), *want = malloc(it->bytes ? it->bytes : 1);

    if (have && want) {
        rig_pattern_fill(seed, offset, want, it->bytes);
        json_object_set_new(result, "differs",
                            rig_differs(have, want, it->bytes));
    }
    free(have);
    free(want);
}

static json_t *check_data(const struct rig_item *it, uint64_t seed,
                          uint64_t start)
{
    uint64_t offset = start;

    for (uint32_t s = 0; s < it->seg_count; s++) {
        const uint8_t *data = it->seg[s].buf;
        size_t bytes = it->seg[s].bytes;
        size_t at = rig_pattern_check(seed, offset, data, bytes);

        if (at < bytes) {
            json_t *bad =
                mismatch(json_sprintf("data of seed %llu at byte %llu",
                                      (unsigned long long)seed,
                                      (unsigned long long)(offset + at)),
                         json_sprintf("0x%02x there (segment %u, byte %llu)",
                                      data[at], s, (unsigned long long)at));

            add_differs(bad, it, seed, start);
            return bad;
        }
        offset += bytes;
    }
    return NULL;
}

/* Each sector has the data of one of these seeds: old or new, as after a
 * power cut. */
static json_t *check_any(const struct rig_item *it, const json_t *seeds,
                         uint64_t offset)
{
    uint8_t *all = join(it);
    json_t *bad = NULL;

    if (!all)
        return out_of_memory();
    for (uint64_t at = 0; !bad && at + SECTOR_BYTES <= it->bytes;
         at += SECTOR_BYTES) {
        bool found = false;
        const json_t *seed;
        size_t k;

        json_array_foreach(seeds, k, seed) found |=
            rig_pattern_check((uint64_t)json_integer_value(seed), offset + at,
                              all + at, SECTOR_BYTES) == SECTOR_BYTES;
        if (!found)
            bad = mismatch(
                json_sprintf("data of one of the seeds"),
                json_sprintf("none of them in sector %llu",
                             (unsigned long long)(offset + at) / SECTOR_BYTES));
    }
    free(all);
    return bad;
}

/* What the disk holds arrived as it is, whatever it is. */
static json_t *check_stored(struct rig *rig, const struct rig_item *it,
                            uint64_t offset)
{
    uint8_t *have = join(it), *want = malloc(it->bytes ? it->bytes : 1);
    json_t *bad = NULL;
    size_t at = 0;

    if (!have || !want)
        bad = out_of_memory();
    else if (fake_machine_peek(rig->machine, offset, want, it->bytes))
        bad = rig_result_reason(RIG_OUTCOME_BENCH, "no such bytes on the disk");
    while (!bad && at < it->bytes && have[at] == want[at])
        at++;
    if (!bad && at < it->bytes)
        bad =
            mismatch(json_sprintf("0x%02x at byte %llu, as on the disk",
                                  want[at], (unsigned long long)(offset + at)),
                     json_sprintf("0x%02x", have[at]));
    free(have);
    free(want);
    return bad;
}

static json_t *check_id(const struct rig_item *it)
{
    const char *want = rig_param_text(it->step, "is");
    char seen[ID_BYTES + 1] = "";

    if (!want)
        return NULL;
    memcpy(seen, it->seg[0].buf, ID_BYTES);
    if (strcmp(seen, want) == 0)
        return NULL;
    return mismatch(json_string(want), json_sprintf("%.20s", seen));
}

static json_int_t le16(const uint8_t *at)
{
    return at[0] | at[1] << 8;
}

static void add_lifetime(json_t *result, const struct rig_item *it)
{
    const uint8_t *at = it->seg[0].buf;

    json_object_set_new(result, "pre_eol_info", json_integer(le16(at)));
    json_object_set_new(result, "typ_a", json_integer(le16(at + 2)));
    json_object_set_new(result, "typ_b", json_integer(le16(at + 4)));
}

static json_t *check_lifetime(const struct rig_item *it)
{
    json_t *result = rig_result(RIG_OUTCOME_OK);

    add_lifetime(result, it);
    rig_result_compare(result, json_object_get(it->step, "is"));
    if (rig_result_outcome(result) == RIG_OUTCOME_MISMATCH)
        return result;
    json_decref(result);
    return NULL;
}

static json_t *check_read(struct rig *rig, const struct rig_item *it,
                          uint64_t offset)
{
    const json_t *any = json_object_get(it->step, "data_any");
    json_t *bad = NULL;

    if (json_object_get(it->step, "data"))
        bad = check_data(
            it, rig_param(it->step, "data", 0),
            rig_param(it->step, "data_sector", offset / SECTOR_BYTES) *
                SECTOR_BYTES);
    if (!bad && any)
        bad = check_any(it, any, offset);
    if (!bad && rig_param_true(it->step, "stored"))
        bad = check_stored(rig, it, offset);
    return bad;
}

json_t *rig_item_check(struct rig *rig, const struct rig_item *it,
                       const struct rig_op *op)
{
    json_t *bad = check_guards(it);

    if (bad)
        return bad;
    switch (op->code) {
    case RIG_OP_BLK_READ:
        return check_read(rig, it, op->sector * SECTOR_BYTES);
    case RIG_OP_BLK_ID:
        return check_id(it);
    case RIG_OP_BLK_LIFETIME:
        return check_lifetime(it);
    default:
        return NULL;
    }
}

/* What was read, in hexadecimal, for RPC ("return": "hex"). */
static void add_hex(json_t *result, const struct rig_item *it)
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

void rig_item_report(json_t *result, const struct rig_item *it,
                     const struct rig_op *op)
{
    if (rig_param_text(it->step, "return"))
        add_hex(result, it);
    if (op->code == RIG_OP_BLK_LIFETIME)
        add_lifetime(result, it);
}
