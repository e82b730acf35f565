/* SPDX-License-Identifier: MIT
 *
 * marks.c: see marks.h.
 */
#include "marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void listen(void *ctx, uint64_t number, const struct fake_event *e)
{
    struct rig_marks *marks = ctx;

    for (unsigned k = 0; k < marks->count; k++)
        if (e->kind == marks->list[k].kind)
            marks->seen[k] += rig_mark_fits(&marks->list[k], e);
    if (marks->listen)
        marks->listen(marks->ctx, number, e);
}

void rig_marks_begin(struct rig_marks *marks, const json_t *json,
                     struct fake_log *log)
{
    const char *member;
    const json_t *one;
    char err[128];
    size_t k;

    memset(marks, 0, sizeof(*marks));
    marks->json = json;
    json_array_foreach(json, k, one)
    {
        if (k < RIG_MARKS_MAX &&
            rig_mark_from_json(one, &marks->list[marks->count], &member, err,
                               sizeof(err)) == 0)
            marks->count++;
    }
    if (!marks->count)
        return;
    marks->listen = log->listen;
    marks->ctx = log->ctx;
    log->listen = listen;
    log->ctx = marks;
}

static void describe(const struct rig_marks *marks, unsigned k, char *text,
                     size_t room)
{
    const struct rig_mark *mark = &marks->list[k];
    const json_t *is = json_object_get(json_array_get(marks->json, k), "is");
    char *args = is ? json_dumps(is, 0) : NULL;
    size_t used;

    snprintf(text, room, "mark %s%s%.160s did not occur",
             fake_event_name(mark->kind), args ? " " : "", args ? args : "");
    used = strlen(text);
    if (marks->seen[k])
        snprintf(text + used, room - used, " %llu times, only %llu",
                 (unsigned long long)mark->at_least,
                 (unsigned long long)marks->seen[k]);
    free(args);
}

const struct rig_mark *rig_marks_missing(const struct rig_marks *marks,
                                         char *text, size_t room)
{
    for (unsigned k = 0; k < marks->count; k++)
        if (marks->seen[k] < marks->list[k].at_least) {
            describe(marks, k, text, room);
            return &marks->list[k];
        }
    return NULL;
}
