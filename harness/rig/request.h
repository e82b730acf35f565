/* SPDX-License-Identifier: MIT
 *
 * request.h: one operation on a disk, described in JSON: the buffers and
 * ranges it needs, and what is to be found in them afterwards.
 */
#ifndef RIG_REQUEST_H
#define RIG_REQUEST_H

#include <jansson.h>

#include "rig.h"

struct rig_item {
    const json_t *step; /* borrowed */
    uint64_t bytes;
    uint32_t seg_count;
    uint32_t range_count;
    struct rig_seg *seg;
    struct rig_range *range;
};

/* Of an operation by its name ("blk.discard"). */
enum rig_op_code rig_op_code_of(const char *name);

/* Fills op and the item from a step. Returns NULL, or a result that says why
 * not; the item is to be freed in any case. */
json_t *rig_item_prepare(struct rig *rig, const json_t *step,
                         struct rig_item *it, struct rig_op *op);
void rig_item_free(struct rig *rig, struct rig_item *it);

/* What is not as the step says, as a mismatch; or NULL. For operations that
 * ended well. */
json_t *rig_item_check(struct rig *rig, const struct rig_item *it,
                       const struct rig_op *op);

/* Adds what the step asks to be returned. */
void rig_item_report(json_t *result, const struct rig_item *it,
                     const struct rig_op *op);

/* Bytes behind each segment that nobody may touch, and what they hold. */
#define RIG_GUARD 64u
#define RIG_GUARD_BYTE 0x5a

#endif
