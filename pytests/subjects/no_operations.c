/* SPDX-License-Identifier: MIT
 *
 * Comes up, and can do nothing.
 */
#include "subject.h"

SUBJECT(op_mask, 0)
