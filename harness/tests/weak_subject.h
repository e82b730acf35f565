/* SPDX-License-Identifier: MIT
 *
 * weak_subject.h: the reference block driver used as a driver with interrupts
 * uses it that masks them while it is busy: off with the first interrupt, on
 * again when there is nothing more, and then one more look. So both ways of
 * suppression are used, flags and event index. Reads and writes only.
 */
#ifndef TEST_WEAK_SUBJECT_H
#define TEST_WEAK_SUBJECT_H

#include "dut.h"

extern const struct rig_dut weak_subject;

#endif
