/* SPDX-License-Identifier: MIT
 *
 * spec.h: "NAME" or "NAME:ARGUMENT", as sinks and sources are asked for. For
 * harness/audio only.
 */
#ifndef RIG_SPEC_H
#define RIG_SPEC_H

#include <stdbool.h>
#include <string.h>

/* Whether spec has this name; *arg is what follows the colon, or NULL. */
static inline bool rig_spec_is(const char *spec, const char *name,
                               const char **arg)
{
    size_t bytes = strcspn(spec, ":");

    *arg = spec[bytes] ? spec + bytes + 1 : NULL;
    return strlen(name) == bytes && strncmp(name, spec, bytes) == 0;
}

#endif
