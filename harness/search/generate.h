/* SPDX-License-Identifier: MIT
 *
 * generate.h: from a seed to a trial. The same seed gives the same trial on
 * every machine and in every build that has the same generator: the same
 * version of it (RIG_GENERATOR) and the same list of faults to draw from.
 *
 * What it makes keeps to what any conforming driver must be able to do with
 * the device, faults aside; where a driver has a choice, the step says so
 * ("expect").
 */
#ifndef RIG_GENERATE_H
#define RIG_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "trial.h"

/* Counts up with every change of what a seed becomes. */
#define RIG_GENERATOR 1u

/* The most faults in a trial. */
#define RIG_FAULTS_MAX 3u

struct rig_menu {
    const char *faults; /* "all", "none", or patterns as of a shell, joined by
                           commas: "irq-*,used-twice" */
    bool blk, snd;      /* devices to draw from; at least one */
    bool split, packed; /* rings to draw from; at least one */
};

/* Can a trial of this menu have the fault? */
bool rig_menu_has(const struct rig_menu *menu, int fault);

/* Does each of its patterns name a fault that its devices can have? If not, one
 * that does not is left in word. "all" and "none" stand alone. */
bool rig_menu_check(const struct rig_menu *menu, char *word, size_t room);

/* What tells generators apart: "1-5f0c3a21". */
void rig_generator_name(char *to, size_t room);

/* A new trial. Returns 0, or -1 without memory. */
int rig_generate(const struct rig_menu *menu, uint64_t seed,
                 struct rig_trial *trial);

#endif
