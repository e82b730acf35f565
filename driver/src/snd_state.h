/* SPDX-License-Identifier: MIT */
/* Which command is allowed in which state of a stream, and where it leads. */
#ifndef RGT_SND_STATE_H
#define RGT_SND_STATE_H

#include "ringtrue/snd.h"

enum rgt__snd_command {
    RGT__SND_DO_SET_PARAMS,
    RGT__SND_DO_PREPARE,
    RGT__SND_DO_START,
    RGT__SND_DO_STOP,
    RGT__SND_DO_RELEASE,
    RGT__SND_DO_TRANSFER,
    RGT__SND_COMMANDS, /* their number */
};

#define RGT__SND_STATES (RGT_SND_LOST + 1)

/* The state after command has succeeded in state; -1: not allowed. */
int rgt__snd_next(enum rgt_snd_state state, enum rgt__snd_command command);

#endif
