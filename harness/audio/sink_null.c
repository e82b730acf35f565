/* SPDX-License-Identifier: MIT
 *
 * sink_null.c: plays into the void; the counting is done in sinks.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sink_kind.h"

static struct rig_sink *null_open(const char *arg, char *err, size_t room)
{
    struct rig_sink *s = arg ? NULL : calloc(1, sizeof(*s));

    if (!s)
        snprintf(err, room,
                 arg ? "null takes no argument" : "null: out of memory");
    return s;
}

static int null_start(struct rig_sink *s, bool anew)
{
    (void)s;
    (void)anew;
    return 0;
}

static int null_write(struct rig_sink *s, const void *data, size_t bytes)
{
    (void)s;
    (void)data;
    (void)bytes;
    return 0;
}

static void null_end(struct rig_sink *s)
{
    (void)s;
}

const struct rig_sink_kind rig_sink_kind_null = {
    .name = "null",
    .open = null_open,
    .start = null_start,
    .write = null_write,
    .stop = null_end,
    .close = null_end,
};
