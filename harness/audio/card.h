/* SPDX-License-Identifier: MIT
 *
 * card.h: sound cards, through PortAudio; or, in a build without it, the news
 * that there are none.
 */
#ifndef RIG_CARD_H
#define RIG_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Prints what PortAudio sees, one line per device. Runs it in a child
 * process: with an ALSA configuration that lists no device at all PortAudio
 * ends its process by an assertion. Returns the number of devices, or -1 and
 * one line in err. */
int rig_card_list(FILE *out, char *err, size_t room);

/* False in a build without PortAudio. */
bool rig_card_built(void);

#endif
