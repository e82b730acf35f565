/* SPDX-License-Identifier: MIT
 *
 * instrument.h: subjects whose every access to memory the bench hears of, and
 * so can show them guest memory as a weakly ordered CPU would (fakedev/weak.h).
 *
 * Two kinds of build are instrumented: a shared object compiled with
 * -fsanitize=thread and linked without the sanitizer's library, whose calls
 * end in the entry points of tsan_entry.c; and the reference driver with
 * dut_ringtrue_fence.h.
 *
 * Threads: an instrumented access is one of the machine that its thread has
 * attached, which is at most one.
 */
#ifndef RIG_INSTRUMENT_H
#define RIG_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "fakedev/machine.h"

/* From here on until rig_instrument_detach() the accesses of the calling
 * thread go through a weak CPU. Before the subject is opened. Returns 0; -1
 * and one line in err: not in step mode, no memory, or not in this build. */
int rig_instrument_attach(struct fake_machine *machine, char *err, size_t room);
/* Before the machine is freed; safe without attach. */
void rig_instrument_detach(struct fake_machine *machine);

/* The CPU of the calling thread, or NULL. */
struct fake_weak *rig_instrument_cpu(void);

/* Whether this build has the entry points: one that runs under
 * ThreadSanitizer itself has not, for they are the sanitizer's there. */
bool rig_instrument_can(void);

/* How many instrumented objects were loaded so far; one more. */
unsigned rig_instrument_loaded(void);
void rig_instrument_note_load(void);

#endif
