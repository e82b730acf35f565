/* SPDX-License-Identifier: MIT
 *
 * dut_ringtrue.h: the reference driver (driver/) as a subject. The only place
 * in the harness that includes its headers.
 */
#ifndef RIG_DUT_RINGTRUE_H
#define RIG_DUT_RINGTRUE_H

#include "dut.h"

extern const struct rig_dut rig_dut_ringtrue;

#endif
