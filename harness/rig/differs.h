/* SPDX-License-Identifier: MIT
 *
 * differs.h: in what way data are not what they should be. A device may lie
 * about data, and then no driver is to blame: a vector says by how much they
 * have to be wrong, so that a driver that adds to it is found out.
 */
#ifndef RIG_DIFFERS_H
#define RIG_DIFFERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* {"first": offset, "bytes": how many, "bits": how many}, all of what differs
 * between two pieces of equal length; or NULL if nothing does. */
json_t *rig_differs(const void *seen, const void *wanted, size_t bytes);

/* Is a mismatch what the step expects: "mismatch", with "differs" as far as it
 * is said? Only one that is about data, and so has "differs", ever is. */
bool rig_differs_as_expected(const json_t *step, const json_t *result);

#endif
