/* SPDX-License-Identifier: MIT
 *
 * origin.h: where a result comes from: which build of the tool, which subject.
 * In result files and capsules, so that a reader knows what was put together.
 */
#ifndef RIG_ORIGIN_H
#define RIG_ORIGIN_H

#include <jansson.h>
#include <stddef.h>

#include "case.h"
#include "dut.h"

/* A hash of a file's bytes, "fnv1a-<16 digits>", or "unknown". */
void rig_file_hash(const char *path, char *to, size_t room);

/* {"tool", "build", "abi", "generator"}: a new object. */
json_t *rig_origin_build(void);

/* {"dut", "name", "hash"}: as typed, as it calls itself, and the hash of its
 * file; null for the driver that is part of the build. A new object. */
json_t *rig_origin_subject(const struct rig_setup *setup,
                           const struct rig_dut *dut);

#endif
