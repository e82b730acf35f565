/* SPDX-License-Identifier: MIT
 *
 * score_io.h: the part of a score that is about I/O, one function per kind of
 * device. Each fills *io.
 */
#ifndef RIG_SCORE_IO_H
#define RIG_SCORE_IO_H

#include "score.h"

/* Reads on each request queue, then writes a pattern, reads it, and puts back
 * what was there; what the disk holds is looked at behind the driver's back,
 * too. A disk that is read-only is read. */
void rig_score_blk(struct rig *rig, struct rig_score_part *io);

/* A few periods on one stream of each direction, from SET_PARAMS to RELEASE;
 * the samples are those that were sent. */
void rig_score_snd(struct rig *rig, struct rig_score_part *io);

/* What did not work; the first is kept. */
__attribute__((format(printf, 3, 4))) void
rig_score_broken(struct rig_score_part *part, const char *expected,
                 const char *seen, ...);

#endif
