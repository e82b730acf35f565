/* SPDX-License-Identifier: MIT
 *
 * fault_plan.h: entries of a fault plan as vectors, RPC and command lines
 * have them.
 *
 *     {"fault": NAME, "arg": N,
 *      "nth": N, "to": N, "count": N, "every": N, "one_in": N, "seed": N,
 *      "queue": N, "type": NAME, "sectors": [FIRST, COUNT], "stream": N,
 *      "after_open": true, "otherwise": "skip"}
 *
 *     NAME[=ARG][@WHEN][,queue=N][,type=NAME][,sectors=A..B][,stream=N]
 *                      [,after-open]
 *
 * WHEN is N (the Nth occasion only), N..M, N.. (from the Nth on), /N (every
 * Nth) or ~N[:SEED] (one in N). All but the name may be left out: at each
 * occasion, wherever it is.
 */
#ifndef RIG_FAULT_PLAN_H
#define RIG_FAULT_PLAN_H

#include <jansson.h>
#include <stddef.h>

#include "fakedev/fault.h"

/* What stands in `entry`, which has been checked against schema and rules. */
struct fake_fault_rule rig_fault_from_json(const json_t *entry);

/* A new object, with what is not as usual; types are those of the device. */
json_t *rig_fault_to_json(const struct fake_fault_rule *rule,
                          uint32_t device_id);

/* Returns 0, or -1 and in err what was expected and found. */
int rig_fault_from_text(const char *text, struct fake_fault_rule *rule,
                        char *err, size_t room);

#endif
