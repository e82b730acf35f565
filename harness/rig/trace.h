/* SPDX-License-Identifier: MIT
 *
 * trace.h: event logs as JSON Lines.
 */
#ifndef RIG_TRACE_H
#define RIG_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "fakedev/event.h"

/* Appends one line that names the case, then one per event kept, in a single
 * piece even if other processes append as well. Returns 0, or -1 and err. */
int rig_trace_append(const char *path, const char *id, uint64_t seed,
                     const struct fake_log *log, char *err, size_t room);

#endif
