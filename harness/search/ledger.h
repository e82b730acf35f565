/* SPDX-License-Identifier: MIT
 *
 * ledger.h: the result file of a search. One JSON object per line, appended
 * by whole lines, so that a kill at any time loses no line that was written:
 *
 *   {"type": "run", ...}      what was searched, by which build
 *   {"type": "seeds", ...}    `count` seeds from `from` on, each `step` after
 *                             the one before, have ended
 *   {"type": "failure", ...}  one seed failed; its capsule
 *   {"type": "end", ...}      all that was to be done is done
 *
 * Threads and processes: any may append to one file opened with O_APPEND.
 */
#ifndef RIG_LEDGER_H
#define RIG_LEDGER_H

#include <jansson.h>
#include <stdint.h>

#include "finding.h"

/* What some seeds came to. No pointers: workers share it with their parent. */
struct rig_tally {
    uint64_t seeds, failures, events, virtual_ns;
    uint64_t drawn[FAKE_FAULT_COUNT]; /* seeds that had the fault planned, */
    uint64_t fired[FAKE_FAULT_COUNT]; /* and in which it fired */
};

void rig_tally_add(struct rig_tally *tally, const struct rig_finding *finding);
void rig_tally_join(struct rig_tally *tally, const struct rig_tally *other);

/* Members "events", "virtual_ms", "failures", "drawn" and "fired" (objects
 * fault -> seeds) into object, and out of it. Unknown faults are left out. */
void rig_tally_to_json(const struct rig_tally *tally, json_t *object);
void rig_tally_from_json(struct rig_tally *tally, const json_t *object);

/* Appends one line in one piece and drops the object. Returns 0, or -1 with
 * errno. */
int rig_ledger_append(int fd, json_t *line);

#endif
