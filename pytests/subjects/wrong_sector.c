/* SPDX-License-Identifier: MIT
 *
 * Reads the sector after the one that was asked for.
 */
#include "subject.h"

static int submit(void *self, const struct rig_op *op)
{
    struct rig_op other = *op;

    if (op->code == RIG_OP_BLK_READ)
        other.sector++;
    return minimal_submit(self, &other);
}

SUBJECT(submit, submit)
