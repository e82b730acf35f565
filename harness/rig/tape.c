/* SPDX-License-Identifier: MIT
 *
 * tape.c: see tape.h.
 */
#include "tape.h"

#include <stdlib.h>
#include <string.h>

static struct rig_tape *tape_of(struct fake_sink *sink)
{
    return (struct rig_tape *)sink;
}

static int tape_start(struct fake_sink *sink, const struct fake_pcm *pcm)
{
    tape_of(sink)->pcm = *pcm;
    return 0;
}

static int make_room(struct rig_tape *t, size_t bytes)
{
    size_t room = t->room ? t->room : 65536;
    uint8_t *data;

    while (room - t->bytes < bytes)
        room *= 2;
    if (room == t->room)
        return 0;
    data = realloc(t->data, room);
    if (!data)
        return -1;
    t->data = data;
    t->room = room;
    return 0;
}

static int tape_write(struct fake_sink *sink, const void *data, size_t bytes,
                      bool silence)
{
    struct rig_tape *t = tape_of(sink);

    if (silence) {
        t->gaps += !t->in_gap;
        t->in_gap = true;
        t->silent_bytes += bytes;
        return 0;
    }
    t->in_gap = false;
    if (make_room(t, bytes)) {
        t->failed = true;
        return -1;
    }
    memcpy(t->data + t->bytes, data, bytes);
    t->bytes += bytes;
    return 0;
}

static void tape_stop(struct fake_sink *sink)
{
    tape_of(sink)->in_gap = false;
}

static const struct fake_sink_ops ops = {
    .start = tape_start,
    .write = tape_write,
    .stop = tape_stop,
};

void rig_tape_init(struct rig_tape *tape)
{
    memset(tape, 0, sizeof(*tape));
    tape->sink.ops = &ops;
}

void rig_tape_free(struct rig_tape *tape)
{
    free(tape->data);
    tape->data = NULL;
}
