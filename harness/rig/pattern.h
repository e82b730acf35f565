/* SPDX-License-Identifier: MIT
 *
 * pattern.h: disk contents that tell where they belong. The byte at a disk
 * offset is a function of seed and offset, so that a sector that was moved,
 * repeated, stale or torn cannot look right. Seed 0 is all zeroes.
 */
#ifndef RIG_PATTERN_H
#define RIG_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* offset in bytes from the start of the disk. */
void rig_pattern_fill(uint64_t seed, uint64_t offset, void *to, size_t bytes);

/* Index of the first byte that differs, or bytes if none does. */
size_t rig_pattern_check(uint64_t seed, uint64_t offset, const void *data,
                         size_t bytes);

#endif
