/* SPDX-License-Identifier: MIT
 *
 * sink_raw.c: the bytes of a stream, as they come. Any format, no header.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink_kind.h"

struct sink_raw {
    struct rig_sink base;
    FILE *stream;
    char *path;
};

static struct rig_sink *raw_open(const char *arg, char *err, size_t room)
{
    struct sink_raw *raw = calloc(1, sizeof(*raw));

    if (!arg || !*arg) {
        snprintf(err, room, "raw needs a file: raw:FILE");
    } else if (!raw || !(raw->path = strdup(arg))) {
        snprintf(err, room, "raw: out of memory");
    } else if (!(raw->stream = fopen(arg, "wb"))) {
        snprintf(err, room, "%s: %s", arg, strerror(errno));
    } else {
        return &raw->base;
    }
    if (raw)
        free(raw->path);
    free(raw);
    return NULL;
}

static int raw_start(struct rig_sink *s, bool anew)
{
    (void)s;
    (void)anew;
    return 0;
}

static int raw_write(struct rig_sink *s, const void *data, size_t bytes)
{
    struct sink_raw *raw = (struct sink_raw *)s;

    if (fwrite(data, 1, bytes, raw->stream) == bytes)
        return 0;
    return rig_sink_fail(s, "%s: %s", raw->path, strerror(errno));
}

static void raw_stop(struct rig_sink *s)
{
    struct sink_raw *raw = (struct sink_raw *)s;

    if (fflush(raw->stream))
        rig_sink_fail(s, "%s: %s", raw->path, strerror(errno));
}

static void raw_close(struct rig_sink *s)
{
    struct sink_raw *raw = (struct sink_raw *)s;

    if (fclose(raw->stream))
        rig_sink_fail(s, "%s: %s", raw->path, strerror(errno));
    free(raw->path);
}

const struct rig_sink_kind rig_sink_kind_raw = {
    .name = "raw",
    .open = raw_open,
    .start = raw_start,
    .write = raw_write,
    .stop = raw_stop,
    .close = raw_close,
};
