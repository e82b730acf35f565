/* SPDX-License-Identifier: MIT
 *
 * Looks whether the data have come by looking at the data.
 */
#include "lent.h"

static volatile unsigned char looked_at;

static int submit(void *self, const struct rig_op *op)
{
    int code = minimal_submit(self, op);

    if (code == 0 && op->code == RIG_OP_BLK_READ) {
        let_it_be_taken(self);
        looked_at = *(volatile unsigned char *)op->seg[0].buf;
    }
    return code;
}

SUBJECT(submit, submit)
