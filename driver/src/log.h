/* SPDX-License-Identifier: MIT */
/* Log lines without a formatter: constant text, and at most one number. */
#ifndef RGT_LOG_H
#define RGT_LOG_H

#include "ringtrue/hal.h"

/* Logs text with value in decimal behind it; text ends in "key=" and is
 * shorter than 64 characters. */
void rgt__log_num(struct rgt_hal *hal, const char *text, uint32_t value);

static inline void rgt__log(struct rgt_hal *hal, const char *text)
{
    hal->ops->log(hal, text);
}

#endif
