/* SPDX-License-Identifier: MIT
 *
 * dut_so.h: a subject from a shared object (--dut PATH.so).
 */
#ifndef RIG_DUT_SO_H
#define RIG_DUT_SO_H

#include <stddef.h>

#include "dut.h"

/* Loads the shared object for the rest of the process and checks that it
 * speaks our ABI. path is a file's path: never looked for in library folders.
 * Its constructors run here. Returns 0, or -1 and one line in err, without
 * the path. */
int rig_so_open(const char *path, const struct rig_dut **dut, char *err,
                size_t room);

#endif
