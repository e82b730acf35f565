/* SPDX-License-Identifier: MIT */
#include "dut_ringtrue_gain.h"

#include "ringtrue/err.h"
#include "ringtrue/snd_gain.h"

_Static_assert(RIG_GAIN_DB_MIN == RGT_SND_GAIN_DB_MIN, "as the driver has it");
_Static_assert(RIG_GAIN_DB_MAX == RGT_SND_GAIN_DB_MAX, "as the driver has it");

int rig_ringtrue_gain(int db, uint8_t format, void *frames, uint32_t bytes)
{
    struct rgt_snd_gain gain = {.gain_q16 = rgt_snd_gain_from_db(db)};

    return rgt_snd_gain_apply(&gain, format, frames, frames, bytes);
}
