/* SPDX-License-Identifier: MIT
 *
 * subject.h: the driver of harness/examples with one slot replaced, for
 * subjects that are wrong in one way.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#define ringtrue_dut minimal_dut
#include "minimal.c"
#undef ringtrue_dut

const struct rig_dut *ringtrue_dut(void);

#define SUBJECT(slot, value)                                                   \
    const struct rig_dut *ringtrue_dut(void)                                   \
    {                                                                          \
        static struct rig_dut dut;                                             \
                                                                               \
        dut = *minimal_dut();                                                  \
        dut.name = "example with its own " #slot;                              \
        dut.slot = (value);                                                    \
        return &dut;                                                           \
    }

#endif
