/* SPDX-License-Identifier: MIT
 *
 * blk_info.h: what a driver learned of a disk, for a reader.
 */
#ifndef RIG_BLK_INFO_H
#define RIG_BLK_INFO_H

#include <stdio.h>

#include "dut.h"

/* One line for each thing; what the device does not tell is left out. */
void rig_blk_print_info(FILE *out, const char *image, const char *id,
                        const struct rig_blk_info *info);

#endif
