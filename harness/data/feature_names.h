/* SPDX-License-Identifier: MIT
 *
 * feature_names.h: feature bits by name.
 */
#ifndef RIG_FEATURE_NAMES_H
#define RIG_FEATURE_NAMES_H

#include <jansson.h>
#include <stdint.h>

/* Feature bits of an array of names ("EVENT_IDX") and numbers. */
uint64_t rig_features_from_json(const json_t *list);

#endif
