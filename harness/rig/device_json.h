/* SPDX-License-Identifier: MIT
 *
 * device_json.h: reads the "device" object of a vector, which the schema has
 * checked already.
 */
#ifndef RIG_DEVICE_JSON_H
#define RIG_DEVICE_JSON_H

#include <jansson.h>

#include "fakedev/machine.h"
#include "feature_names.h"

/* Fills queue size, poll time, faults and blk of cfg. NULL: a plain disk. */
void rig_device_from_json(struct fake_machine_config *cfg,
                          const json_t *device);

#endif
