/* SPDX-License-Identifier: MIT
 *
 * Uses a buffer again as soon as it was submitted.
 */
#include "lent.h"

static int submit(void *self, const struct rig_op *op)
{
    int code = minimal_submit(self, op);

    if (code == 0 && op->code == RIG_OP_BLK_WRITE) {
        let_it_be_taken(self);
        *(volatile unsigned char *)op->seg[0].buf ^= 1;
    }
    return code;
}

SUBJECT(submit, submit)
