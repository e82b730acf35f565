/* SPDX-License-Identifier: MIT
 *
 * What the reports say of recovery scores.
 */
#include <string.h>

#include "report.h"
#include "score.h"

static bool has_recovered(const json_t *score)
{
    return json_is_true(json_object_get(score, "recovered"));
}

void rig_report_score(const struct rig_outcome *o, char *to, size_t room)
{
    const char *by = json_string_value(json_object_get(o->score, "by"));
    unsigned k;

    snprintf(to, room, "by %s:", by ? by : "?");
    for (k = 0; k < RIG_SCORE_COUNT; k++) {
        const char *name = rig_score_part_name((enum rig_score_kind)k);
        const json_t *part = json_object_get(o->score, name);
        bool held = json_is_true(json_object_get(part, "held"));
        size_t used = strlen(to);

        snprintf(to + used, room - used, "%s %s %s", k ? "," : "", name,
                 held ? "yes" : "no");
    }
}

size_t rig_report_scored(const struct rig_report *r, size_t *recovered)
{
    size_t scored = 0, k;

    *recovered = 0;
    for (k = 0; k < r->count; k++) {
        scored += r->list[k].score != NULL;
        *recovered += has_recovered(r->list[k].score);
    }
    return scored;
}
