/* SPDX-License-Identifier: MIT
 *
 * Comes up, and can do nothing but flush.
 */
#include "subject.h"

SUBJECT(op_mask, 1u << RIG_OP_BLK_FLUSH)
