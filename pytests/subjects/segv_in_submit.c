/* SPDX-License-Identifier: MIT
 *
 * Prints its last words and dies of a signal.
 */
#include <signal.h>
#include <stdio.h>

#include "subject.h"

static int submit(void *self, const struct rig_op *op)
{
    (void)self;
    (void)op;
    puts("last words");
    raise(SIGSEGV);
    return 0;
}

SUBJECT(submit, submit)
