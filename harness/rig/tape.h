/* SPDX-License-Identifier: MIT
 *
 * tape.h: a sink that keeps what was played, for a look at it afterwards.
 */
#ifndef RIG_TAPE_H
#define RIG_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/sink.h"

struct rig_tape {
    struct fake_sink sink; /* first: cast back from here */
    struct fake_pcm pcm;   /* as it was started last */
    uint8_t *data;         /* what came from the driver, without silence */
    size_t bytes, room;
    uint64_t silent_bytes; /* played for want of data */
    uint32_t gaps;         /* times that it began to be wanting */
    bool in_gap;
    bool failed; /* no memory */
};

void rig_tape_init(struct rig_tape *tape);
void rig_tape_free(struct rig_tape *tape);

#endif
