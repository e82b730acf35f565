/* SPDX-License-Identifier: MIT
 *
 * marks.h: counts the marks of a case (mark.h) as its events go by, so that
 * it matters not how many of them the log keeps.
 *
 * Threads: marks are counted by whoever delivers events, one at a time; asked
 * for when nobody emits any more.
 */
#ifndef RIG_MARKS_H
#define RIG_MARKS_H

#include "mark.h"

struct rig_marks {
    struct rig_mark list[RIG_MARKS_MAX];
    uint64_t seen[RIG_MARKS_MAX];
    const json_t *json; /* borrowed */
    unsigned count;
    /* who listened before, and goes on to */
    void (*listen)(void *ctx, uint64_t number, const struct fake_event *e);
    void *ctx;
};

/* Before the first event. json: the "marks" of a vector, or NULL: then nothing
 * is changed. */
void rig_marks_begin(struct rig_marks *marks, const json_t *json,
                     struct fake_log *log);

/* The first that did not occur often enough, or NULL; in text, what did not
 * occur. */
const struct rig_mark *rig_marks_missing(const struct rig_marks *marks,
                                         char *text, size_t room);

#endif
