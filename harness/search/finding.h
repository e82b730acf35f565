/* SPDX-License-Identifier: MIT
 *
 * finding.h: what came of one run of the search. Without pointers, so that it
 * can lie in memory that a worker shares with its parent.
 */
#ifndef RIG_FINDING_H
#define RIG_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "fakedev/fault.h"
#include "result.h"

struct rig_finding {
    enum rig_verdict verdict; /* PASS, FAIL, CRASH, HUNG or ERROR */
    char law[40]; /* id of a clause, or the name of a law of play.h */
    char op[24];  /* the operation that was under way, or "" */
    char expected[320];
    char seen[640];
    uint64_t event;      /* number in the event log; UINT64_MAX: none */
    uint64_t events;     /* in the whole log */
    uint64_t virtual_ns; /* that passed */
    uint8_t drawn[FAKE_FAULT_COUNT]; /* 1: the fault was planned, */
    uint8_t fired[FAKE_FAULT_COUNT]; /* and fired */
};

/* Do two failures look like one and the same? */
bool rig_finding_same(const struct rig_finding *a, const struct rig_finding *b);

#endif
