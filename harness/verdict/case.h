/* SPDX-License-Identifier: MIT
 *
 * case.h: one case is one vector on one subject under one scheduler and
 * seed. Executed in a child process of its own (pool.h).
 */
#ifndef RIG_CASE_H
#define RIG_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "catalogue.h"
#include "combo.h"
#include "fakedev/arena.h"
#include "fakedev/event.h"
#include "fakedev/fault.h"
#include "result.h"
#include "vector.h"

enum rig_subject { RIG_SUBJECT_RINGTRUE, RIG_SUBJECT_SO, RIG_SUBJECT_LIAR };

/* What a run is done with; the same for all of its cases. */
struct rig_setup {
    enum rig_subject subject;
    const char *so_path;            /* RIG_SUBJECT_SO */
    const char *dut;                /* as typed: "ringtrue", "liar", "./x.so" */
    int sched;                      /* enum fake_sched_kind */
    int memory;                     /* enum fake_mem_mode */
    bool sched_given, memory_given; /* on the command line */
    int reading;                    /* enum rig_reading */
    uint64_t seed;
    const char *image; /* or NULL: memory disks as the vectors say */
    bool strict;
    bool instrument; /* RIG_SUBJECT_SO: on a weak CPU (instrument.h) */
    struct fake_fault_rule fault[FAKE_FAULT_PLAN_MAX]; /* of --fault */
    const char *fault_text[FAKE_FAULT_PLAN_MAX];       /* as typed */
    unsigned fault_count;
    const char *trace; /* append events as JSON Lines there, or NULL */
    const struct rig_catalogue *catalogue;
    const json_t *schema;
};

/* Executes the case in this process and fills *out (see result.h). Never
 * fails: what the bench cannot do is verdict ERROR. What combo names goes
 * before setup. */
void rig_case_execute(const struct rig_setup *setup,
                      const struct rig_vector *vector,
                      const struct rig_combo *combo, struct rig_result *out);

/* The first call of the port that matches no earlier one (dut.h): what it was
 * in words, and its event. */
bool rig_case_port_breach(const struct fake_arena *arena, char *seen,
                          size_t room, uint64_t *event);

/* "step" or "threads"; "direct", "bounce" or "guarded". */
const char *rig_sched_name(int sched);
const char *rig_memory_name(int memory);
/* "eager" or "lazy"; "as the case says". */
const char *rig_reading_name(int reading);

#endif
