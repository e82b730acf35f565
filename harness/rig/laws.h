/* SPDX-License-Identifier: MIT
 *
 * laws.h: what may come of an operation, by the faults that are planned.
 */
#ifndef RIG_LAWS_H
#define RIG_LAWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "fakedev/fault.h"

/* How much of what a driver reports binds it. */
struct rig_laws {
    bool strict;  /* no fault that lets an operation fail */
    bool honest;  /* no fault that lies about data */
    bool strange; /* after the faults it is another device */
    bool whole;   /* no fault that leaves a sector half written */
    bool power;   /* a fault may cut the power: unflushed data may be gone */
};

struct rig_laws rig_laws_of(const struct fake_fault_plan *plan);

/* May operations fail now: has such a fault fired? */
bool rig_laws_loosened(const struct fake_fault_plan *plan);

/* Has nothing fired but what leaves a driver alive and told of the size of the
 * disk, and one of those that change it? */
bool rig_laws_resized(const struct fake_fault_plan *plan);

/* May data be wrong now: has a fault fired that lies about them or spoils
 * them? */
bool rig_laws_spoiled(const struct fake_fault_plan *plan);

/* May the driver say something else of the device now than without the faults:
 * have operations failed, or was it told something else? */
bool rig_laws_retold(const struct fake_fault_plan *plan);

/* Is it another device now than the one that the driver has met? */
bool rig_laws_estranged(const struct fake_fault_plan *plan);

/* Is a broken clause no wonder after what the device has done? */
bool rig_laws_excuse(const struct fake_fault_plan *plan, const char *clause);

/* Was the device not there at times, and saw nothing of the driver? */
bool rig_laws_blind(const struct fake_fault_plan *plan);

/* For tests: clause k of those that can be excused, or NULL past the end; and
 * are all names of faults in the tables those of faults? */
const char *rig_laws_excused(size_t k);
bool rig_laws_check_names(void);

/* Lets a step, and the requests of a batch, end in any way but with wrong
 * data. */
void rig_laws_let(json_t *step);

#endif
