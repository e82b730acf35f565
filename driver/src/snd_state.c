/* SPDX-License-Identifier: MIT */
#include "snd_state.h"

/* clang-format off */
#define NO (-1)
#define SET      RGT_SND_SET
#define PREPARED RGT_SND_PREPARED
#define RUNNING  RGT_SND_RUNNING
#define STOPPED  RGT_SND_STOPPED
#define RELEASED RGT_SND_RELEASED

/* 5.14.6.6.1. It begins with SET_PARAMS and says nothing of a stream that has
 * had no command yet: nothing else is allowed there. Nor does it say when
 * transfers are made; 5.14.6.8.2.2 wants them before START, and the START
 * after a STOP is one as well. */
static const signed char next[RGT__SND_STATES][RGT__SND_COMMANDS] = {
    /*                     SET   PREPARE   START    STOP     RELEASE   XFER */
    [RGT_SND_FRESH]    = {SET, NO,       NO,      NO,      NO,       NO},
    [RGT_SND_SET]      = {SET, PREPARED, NO,      NO,      NO,       NO},
    [RGT_SND_PREPARED] = {SET, PREPARED, RUNNING, NO,      RELEASED, PREPARED},
    [RGT_SND_RUNNING]  = {NO,  NO,       NO,      STOPPED, NO,       RUNNING},
    [RGT_SND_STOPPED]  = {NO,  NO,       RUNNING, NO,      RELEASED, STOPPED},
    [RGT_SND_RELEASED] = {SET, PREPARED, NO,      NO,      NO,       NO},
    [RGT_SND_LOST]     = {NO,  NO,       NO,      NO,      NO,       NO},
};
/* clang-format on */

int rgt__snd_next(enum rgt_snd_state state, enum rgt__snd_command command)
{
    return next[state][command];
}
