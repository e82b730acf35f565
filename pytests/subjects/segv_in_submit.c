/* SPDX-License-Identifier: MIT
 *
 * Dies of a signal with a request in its hands.
 */
#include <signal.h>

#include "subject.h"

static int submit(void *self, const struct rig_op *op)
{
    (void)self;
    (void)op;
    raise(SIGSEGV);
    return 0;
}

SUBJECT(submit, submit)
