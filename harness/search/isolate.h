/* SPDX-License-Identifier: MIT
 *
 * isolate.h: a trial in a process of its own, so that a subject that crashes
 * or hangs takes nothing with it.
 */
#ifndef RIG_ISOLATE_H
#define RIG_ISOLATE_H

#include "play.h"

/* Plays it as rig_play() does, and kills it after deadline_ms. A crash is
 * verdict CRASH, the deadline HUNG. After a signal the stage's file has the
 * events up to it; after a hang none, for how many there are is a matter of
 * real time. Threads: the caller's process has only one. */
void rig_play_isolated(const struct rig_stage *stage,
                       const struct rig_trial *trial, uint64_t deadline_ms,
                       struct rig_finding *finding);

/* Sets CRASH and why from a waitpid status; output: what the process printed
 * last, or "". */
void rig_finding_crash(struct rig_finding *finding, int status,
                       const char *output);
void rig_finding_hung(struct rig_finding *finding);

/* The end of a file that took what a process printed, at most `room` bytes
 * with the NUL. */
#define RIG_TAIL 4096u
void rig_output_tail(int fd, char *to, size_t room);

#endif
