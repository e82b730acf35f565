/* SPDX-License-Identifier: MIT
 *
 * mark.h: what has to happen in a case for it to be about what it says: an
 * event of the log, by the names that traces have.
 *
 *     {"event": NAME, "is": {ARGUMENT: VALUE, ...}, "queue": N,
 *      "at_least": N, "otherwise": "skip"}
 *
 * VALUE is a number; a name, where the argument is a code ("RGT_E_IO" of a
 * result, "MEMORY" of the reason of chain-bad, a fault, "write" of a type,
 * "xrun" of a notification, "io-error" of a status); {"from": N, "to": N}, one
 * of them or both; or {"bits": N}, all of which are set.
 */
#ifndef RIG_MARK_H
#define RIG_MARK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/event.h"

#define RIG_MARKS_MAX 16u

/* Of one argument: from <= value <= to, and all of the bits. */
struct rig_mark_arg {
    uint64_t from, to, bits;
};

struct rig_mark {
    enum fake_event_kind kind;
    bool any_queue;
    uint16_t queue;
    struct rig_mark_arg arg[4];
    uint64_t at_least; /* >= 1 */
    bool or_skip;      /* it is up to the driver whether this happens */
};

/* json: checked against the schema. Returns 0, or -1 with what was expected
 * in err and the member that it is about in *member. */
int rig_mark_from_json(const json_t *json, struct rig_mark *mark,
                       const char **member, char *err, size_t room);

bool rig_mark_fits(const struct rig_mark *mark, const struct fake_event *e);

#endif
