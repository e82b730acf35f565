/* SPDX-License-Identifier: MIT
 *
 * dut_ringtrue_gain.h: the gain of driver/, for whatever subject: it works on
 * frames before they are submitted.
 */
#ifndef RIG_DUT_RINGTRUE_GAIN_H
#define RIG_DUT_RINGTRUE_GAIN_H

#include <stdint.h>

#define RIG_GAIN_DB_MIN (-96)
#define RIG_GAIN_DB_MAX 24

/* In place. Returns 0; RGT_E_NOTSUP: not possible for this format. */
int rig_ringtrue_gain(int db, uint8_t format, void *frames, uint32_t bytes);

#endif
