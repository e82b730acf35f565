/* SPDX-License-Identifier: MIT
 *
 * so_probe.h: tries a shared object out before a run.
 */
#ifndef RIG_SO_PROBE_H
#define RIG_SO_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/* What rig_so_open() does, in a child process: survives whatever the
 * constructors do. instrumented: it has to be (instrument.h). Returns 0, or -1
 * and one line in err. */
int rig_so_probe(const char *path, bool instrumented, char *err, size_t room);

#endif
