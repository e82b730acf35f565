/* SPDX-License-Identifier: MIT
 *
 * hda_words.h: the pin default configuration of a jack (High Definition Audio
 * specification, 7.3.3.31), in words.
 */
#ifndef RIG_HDA_WORDS_H
#define RIG_HDA_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* "green 1/8 inch line out at the rear, association 1, sequence 0" */
void rig_hda_words(uint32_t defconf, char *text, size_t room);

#endif
