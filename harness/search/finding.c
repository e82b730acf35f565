/* SPDX-License-Identifier: MIT */
#include "finding.h"

#include <string.h>

bool rig_finding_same(const struct rig_finding *a, const struct rig_finding *b)
{
    /* Of an outcome, which one it was, up to what the driver said of it;
     * numbers in other texts vary. */
    if (strcmp(a->law, "outcome") == 0) {
        size_t bytes = strcspn(a->seen, ";");

        if (bytes != strcspn(b->seen, ";") ||
            memcmp(a->seen, b->seen, bytes) != 0)
            return false;
    }
    return a->verdict == b->verdict && strcmp(a->law, b->law) == 0 &&
           strcmp(a->op, b->op) == 0;
}
