/* SPDX-License-Identifier: MIT
 *
 * progress.h: how far a run is, on stderr: one line that is written over and
 * over on a terminal, elsewhere a line now and then.
 */
#ifndef RIG_PROGRESS_H
#define RIG_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

struct rig_progress {
    const struct rig_report *report;
    bool terminal;
    uint64_t last_ms; /* when something was printed */
    unsigned width;
};

void rig_progress_begin(struct rig_progress *p, const struct rig_report *r);
/* id: of the case that has just ended. */
void rig_progress_step(struct rig_progress *p, const char *id);
void rig_progress_end(struct rig_progress *p);

/* May this stream be coloured? NO_COLOR and TERM=dumb say no. */
bool rig_colour_wanted(int fd);

#endif
