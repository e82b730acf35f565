/* SPDX-License-Identifier: MIT
 *
 * fault_rules.h: what a schema cannot say of faults: which device has them,
 * and which of them makes data wrong. Part of device_rules.h.
 */
#ifndef RIG_FAULT_RULES_H
#define RIG_FAULT_RULES_H

#include <jansson.h>

#include "schema.h"

/* Are there such faults, and does this type of device have them? device:
 * checked against the schema, or NULL. Returns 0, or -1 and the first error,
 * its pointer within the device. */
int rig_fault_rules_device(const json_t *device, struct rig_schema_error *err);

/* A step of a subject that expects wrong data needs a fault that lies: without
 * one, only the driver could have made them wrong. The same, within the
 * vector. */
int rig_fault_rules_vector(const json_t *vector, struct rig_schema_error *err);

#endif
