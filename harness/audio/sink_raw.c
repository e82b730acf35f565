/* SPDX-License-Identifier: MIT
 *
 * sink_raw.c: the bytes of a stream, as they come. Any format, no header.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink_kind.h"

struct sink_raw {
    struct rig_sink base;
    struct rig_sink_file file;
    FILE *stream;
};

static struct rig_sink *raw_open(const char *arg, char *err, size_t room)
{
    struct sink_raw *raw = calloc(1, sizeof(*raw));

    if (!arg || !*arg) {
        snprintf(err, room, "raw needs a file: raw:FILE");
    } else if (!raw) {
        snprintf(err, room, "raw: out of memory");
    } else if (rig_sink_file_open(&raw->file, arg, O_WRONLY, err, room) == 0) {
        raw->base.file = &raw->file;
        raw->stream = fdopen(raw->file.fd, "wb");
        if (raw->stream)
            return &raw->base;
        snprintf(err, room, "raw: out of memory");
        close(raw->file.fd);
        rig_sink_file_free(&raw->file);
    }
    free(raw);
    return NULL;
}

static int raw_start(struct rig_sink *s, bool anew)
{
    struct sink_raw *raw = (struct sink_raw *)s;

    (void)anew;
    if (rig_sink_file_begin(&raw->file))
        return rig_sink_fail(s, "%s: %s", raw->file.path, strerror(errno));
    return 0;
}

/* With what has really arrived. */
static int fail(struct sink_raw *raw)
{
    int why = errno;
    struct stat st;

    if (raw->file.regular && fstat(raw->file.fd, &st) == 0)
        rig_sink_holds(&raw->base, (uint64_t)st.st_size);
    return rig_sink_fail(&raw->base, "%s: %s", raw->file.path, strerror(why));
}

static int raw_write(struct rig_sink *s, const void *data, size_t bytes)
{
    struct sink_raw *raw = (struct sink_raw *)s;

    if (fwrite(data, 1, bytes, raw->stream) == bytes)
        return 0;
    return fail(raw);
}

static void raw_stop(struct rig_sink *s)
{
    struct sink_raw *raw = (struct sink_raw *)s;

    if (fflush(raw->stream))
        fail(raw);
}

static void raw_close(struct rig_sink *s)
{
    struct sink_raw *raw = (struct sink_raw *)s;

    if (fclose(raw->stream))
        rig_sink_fail(s, "%s: %s", raw->file.path, strerror(errno));
    rig_sink_file_free(&raw->file);
}

const struct rig_sink_kind rig_sink_kind_raw = {
    .name = "raw",
    .open = raw_open,
    .start = raw_start,
    .write = raw_write,
    .stop = raw_stop,
    .close = raw_close,
};
