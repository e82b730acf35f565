/* SPDX-License-Identifier: MIT
 *
 * Ends its process, and says that all is well.
 */
#include "subject.h"

static int submit(void *self, const struct rig_op *op)
{
    (void)self;
    (void)op;
    exit(0);
}

SUBJECT(submit, submit)
