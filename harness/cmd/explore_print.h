/* SPDX-License-Identifier: MIT
 *
 * explore_print.h: what a search came to, for a reader; and the subject of a
 * search.
 */
#ifndef RIG_EXPLORE_PRINT_H
#define RIG_EXPLORE_PRINT_H

#include <sys/types.h>

#include "case.h"
#include "dut.h"
#include "generate.h"
#include "ledger.h"

/* The failures among the lines of a ledger from an offset on, each with the
 * command that runs it again. */
void rig_explore_print_failures(int ledger, off_t from,
                                const struct rig_setup *setup);

/* One of them. setup NULL: with the driver that its capsule names. */
void rig_explore_print_failure(const json_t *line,
                               const struct rig_setup *setup);

/* seconds < 0: not known. Faults that never came to anything, and the sum. */
void rig_explore_print_tally(const struct rig_menu *menu,
                             const struct rig_tally *tally, double seconds,
                             bool complete);

/* The subject of --dut, the driver of this build or a shared object that was
 * probed before. Returns 0, or exit code 2 after one line on stderr. */
int rig_subject_load(const char *command, const struct rig_setup *setup,
                     const struct rig_dut **dut);

#endif
