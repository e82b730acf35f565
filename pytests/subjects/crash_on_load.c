/* SPDX-License-Identifier: MIT
 *
 * Dies as soon as it is loaded.
 */
#include <stdlib.h>

#include "subject.h"

__attribute__((constructor)) static void die(void)
{
    abort();
}

SUBJECT(op_mask, 0)
