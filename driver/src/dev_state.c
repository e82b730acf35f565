/* SPDX-License-Identifier: MIT */
#include "dev_state.h"

/* clang-format off */
#define NO (-1)
#define RESET  RGT_DEV_RESET
#define CHOSEN RGT_DEV_CHOSEN
#define LIVE   RGT_DEV_LIVE
#define BROKEN RGT_DEV_BROKEN

static const signed char next[RGT__DEV_STATES][RGT__DEV_COMMANDS] = {
    /*                  RESET  NEGOTIATE CONFIG  QUEUE   ENABLE
     *                  START  QUEUE_RESET INTERRUPT FAIL */
    [RGT_DEV_ABSENT] = {NO,    NO,       NO,     NO,     NO,
                        NO,    NO,         NO,       NO},
    [RGT_DEV_FOUND]  = {RESET, NO,       NO,     NO,     NO,
                        NO,    NO,         NO,       NO},
    [RGT_DEV_RESET]  = {RESET, CHOSEN,   NO,     NO,     NO,
                        NO,    NO,         NO,       BROKEN},
    [RGT_DEV_CHOSEN] = {RESET, NO,       CHOSEN, CHOSEN, CHOSEN,
                        LIVE,  NO,         CHOSEN,   BROKEN},
    [RGT_DEV_LIVE]   = {RESET, NO,       LIVE,   NO,     LIVE,
                        NO,    LIVE,       LIVE,     BROKEN},
    [RGT_DEV_BROKEN] = {RESET, NO,       NO,     NO,     NO,
                        NO,    NO,         BROKEN,   NO},
};
/* clang-format on */

int rgt__dev_next(enum rgt_dev_state state, enum rgt__dev_command command)
{
    return next[state][command];
}
