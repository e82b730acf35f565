/* SPDX-License-Identifier: MIT
 *
 * quiet.h: stderr without the words of libraries. ALSA, JACK, PortAudio and
 * the readers of sound files write there what they did not find or did not
 * like, some from threads of their own. What we say goes to rig_err().
 *
 * Threads: begin and end one at a time; rig_err() at any time.
 */
#ifndef RIG_QUIET_H
#define RIG_QUIET_H

#include <stdio.h>

/* From here on to the end that belongs to it what is written to file
 * descriptor 2 is lost. They may be nested; without an end it is for the rest
 * of the process. If there is no descriptor free, nothing changes. */
void rig_quiet_begin(void);
void rig_quiet_end(void);

/* Where the tool says something: the stderr that it was started with. */
FILE *rig_err(void);

#endif
