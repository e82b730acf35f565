/* SPDX-License-Identifier: MIT
 *
 * probe.h: operations that the bench makes up by itself, to see whether a
 * subject works. One that does not come back may still be written to: its
 * memory stays until rig_free().
 *
 * Threads: the rig's.
 */
#ifndef RIG_PROBE_H
#define RIG_PROBE_H

#include "rig.h"

struct rig_probe {
    struct rig_request request; /* op.seg is `seg` if there are any bytes */
    struct rig_seg seg;
    struct rig_probe *next;
};

/* With a buffer of `bytes` zeroes, or without any. NULL: no memory. */
struct rig_probe *rig_probe_new(struct rig *rig, enum rig_op_code code,
                                uint32_t bytes);

/* Start to end, within the time of one operation. Returns 0 or RGT_E_*: it was
 * refused, failed or did not come back. */
int rig_probe_run(struct rig *rig, struct rig_probe *probe);

/* The end of one that was sent with rig_begin(). */
int rig_probe_finish(struct rig *rig, struct rig_probe *probe);

/* Gives back those that nobody uses any more, or (for rig_free) all. */
void rig_probes_drop(struct rig *rig, bool all);

#endif
