/* SPDX-License-Identifier: MIT
 *
 * sound_whole.h: is a sound file as long as it says? libsndfile plays one that
 * was cut off as far as it goes, and says nothing. For harness/audio only.
 */
#ifndef RIG_SOUND_WHOLE_H
#define RIG_SOUND_WHOLE_H

#include <stddef.h>

/* Returns 1: nothing is missing; 0: nobody can tell; or -1 and why not, or
 * what is missing: "is cut off: ...". */
int rig_sound_whole(const char *path, char *why, size_t room);

#endif
