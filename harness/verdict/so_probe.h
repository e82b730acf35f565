/* SPDX-License-Identifier: MIT
 *
 * so_probe.h: tries a shared object out before a run.
 */
#ifndef RIG_SO_PROBE_H
#define RIG_SO_PROBE_H

#include <stddef.h>

/* What rig_so_open() does, in a child process: survives whatever the
 * constructors do. Returns 0, or -1 and one line in err. */
int rig_so_probe(const char *path, char *err, size_t room);

#endif
