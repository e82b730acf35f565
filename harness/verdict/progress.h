/* SPDX-License-Identifier: MIT
 *
 * progress.h: how far a run is, on stderr: one line that is written over and
 * over on a terminal, elsewhere a line now and then.
 */
#ifndef RIG_PROGRESS_H
#define RIG_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

struct rig_progress {
    const struct rig_report *report;
    bool terminal;
    uint64_t start_ms, last_ms; /* last: when something was printed */
    unsigned width;
};

void rig_progress_begin(struct rig_progress *p, const struct rig_report *r);
/* k: the case that has just ended. */
void rig_progress_step(struct rig_progress *p, size_t k);
void rig_progress_end(struct rig_progress *p);

/* The line for a terminal, without control characters, of at most width
 * columns: a bar, counts, the time left, and the case that has just ended. */
void rig_progress_line(const struct rig_report *r, const char *id,
                       uint64_t elapsed_ms, unsigned width, char *to,
                       size_t room);

/* May this stream be coloured? NO_COLOR and TERM=dumb say no. */
bool rig_colour_wanted(int fd);

#endif
