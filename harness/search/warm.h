/* SPDX-License-Identifier: MIT
 *
 * warm.h: a process that makes and drops many machines.
 */
#ifndef RIG_WARM_H
#define RIG_WARM_H

/* Large blocks come from the system and go back to it: they are zero without
 * being cleared, and of a machine's tables few pages are ever touched. Small
 * ones stay. Left to itself, the C library would keep the large ones after the
 * first machine, and clear megabytes for each of the next. */
void rig_warm_up(void);

#endif
