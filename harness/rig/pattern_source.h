/* SPDX-License-Identifier: MIT
 *
 * pattern_source.h: a capture source whose bytes are those of pattern.h,
 * counted from its start.
 */
#ifndef RIG_PATTERN_SOURCE_H
#define RIG_PATTERN_SOURCE_H

#include <stdint.h>

#include "fakedev/sink.h"

struct rig_pattern_source {
    struct fake_source source; /* first: cast back from here */
    uint64_t seed;
    uint64_t given; /* bytes so far */
};

void rig_pattern_source_init(struct rig_pattern_source *s, uint64_t seed);

#endif
