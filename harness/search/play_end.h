/* SPDX-License-Identifier: MIT
 *
 * play_end.h: the end of a trial, private to play.h: the faults are taken
 * away, the subject recovers, everything has come back, and it works again.
 */
#ifndef RIG_PLAY_END_H
#define RIG_PLAY_END_H

#include "finding.h"
#include "laws.h"
#include "model.h"
#include "rig.h"

/* Before the end, which reads all of the configuration anew: did the driver
 * notice, by itself, that the disk has another size? */
void rig_play_check_size(struct rig *rig, struct rig_finding *finding);

/* ill: something may be wrong with the device, or its driver; kept: an earlier
 * instance may have left it memory. Returns whether
 * the subject is well again, so that after close all its memory must have come
 * back. */
bool rig_play_end(struct rig *rig, const struct rig_laws *laws, bool ill,
                  bool kept, struct rig_model *model,
                  struct rig_finding *finding);

/* After rig_stop(). */
void rig_play_check_memory(const struct rig *rig, struct rig_finding *finding);

/* Virtual time, without its passing by the question. */
uint64_t rig_play_now(const struct rig *rig);

/* The first failure counts. */
__attribute__((format(printf, 5, 6))) void
rig_play_fail(struct rig_finding *f, const char *law, const char *op,
              const char *expected, const char *seen, ...);

#endif
