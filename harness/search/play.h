/* SPDX-License-Identifier: MIT
 *
 * play.h: plays one trial on one subject, in this process and in step mode,
 * and says which law was broken. The laws:
 *
 *   a clause     the judge found a MUST of VIRTIO 1.2 broken by the driver
 *   outcome      an operation ended otherwise than it may. Before a fault has
 *                fired, and with LEGAL ones, each ends as its step says; once
 *                a FAILS or BREAKS fault has fired, it may fail
 *   data         wrong data was reported as good. Not asked where a fault of
 *                the plan lies about data
 *   time         an operation did not end within its bound of virtual time
 *   recovery     with the faults taken away the subject did not recover, or a
 *                request did not come back, or it does not work afterwards
 *   memory       after close, memory of the subject's is still allocated or
 *                lent
 *   contract     the subject broke the contract of dut.h: a completion that
 *                nobody waits for, for one
 */
#ifndef RIG_PLAY_H
#define RIG_PLAY_H

#include <stdio.h>

#include "catalogue.h"
#include "dut.h"
#include "finding.h"
#include "trial.h"

struct rig_stage {
    const struct rig_dut *dut;
    const struct rig_catalogue *catalogue;
    size_t log_room; /* events kept */
    bool log;        /* false: no events and no judge, to be timed only */
    bool unjudged;   /* events, but no judge: likewise */
    FILE *events;    /* the whole log goes there, a line per event, or NULL */
    struct fake_log **live; /* where the log is while it is written, or NULL */
};

/* The events that are kept, a line each. */
void rig_print_events(struct fake_log *log, FILE *to);

/* Never fails: what the bench cannot do is verdict ERROR. */
void rig_play(const struct rig_stage *stage, const struct rig_trial *trial,
              struct rig_finding *finding);

#endif
