/* SPDX-License-Identifier: MIT
 *
 * instrumented_ringtrue.c: what a shared object of the reference driver needs
 * to be a subject.
 */
#include "dut_ringtrue.h"

const struct rig_dut *ringtrue_dut(void);

const struct rig_dut *ringtrue_dut(void)
{
    return &rig_dut_ringtrue;
}
