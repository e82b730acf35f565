/* SPDX-License-Identifier: MIT
 *
 * device_rules.h: devices that cannot be: what a schema cannot say, for it
 * takes two members to contradict each other.
 *
 * A member needs the feature that brings it into being, and a value that a
 * conforming device may tell. "nonsense": true lifts the second rule: such a
 * device is made up to see what a driver does with it.
 */
#ifndef RIG_DEVICE_RULES_H
#define RIG_DEVICE_RULES_H

#include <jansson.h>

#include "schema.h"

/* device: checked against the schema, or NULL. Returns 0, or -1 and the first
 * error, its pointer within the device. */
int rig_device_check(const json_t *device, struct rig_schema_error *err);

/* The same for a vector, whose steps may ask for what its device has not. */
int rig_vector_check_rules(const json_t *vector, struct rig_schema_error *err);

#endif
