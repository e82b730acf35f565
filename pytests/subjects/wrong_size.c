/* SPDX-License-Identifier: MIT
 *
 * Built with another struct rig_dut.
 */
#include "subject.h"

SUBJECT(size, sizeof(struct rig_dut) - 8)
