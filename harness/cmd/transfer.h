/* SPDX-License-Identifier: MIT
 *
 * transfer.h: periods on their way between a command and one stream of the
 * subject, in either direction: what play and record have in common.
 *
 *   rig_transfer_run: machine, stream, periods ahead, START,
 *                     turns until it is over or Ctrl-C, STOP, RELEASE
 *
 * Embed struct rig_transfer first in what the command knows; the callbacks
 * get it back. Threads: the rig's one.
 */
#ifndef RIG_TRANSFER_H
#define RIG_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "meter.h"
#include "sound_rig.h"
#include "stream.h"

struct rig_transfer;

struct rig_transfer_ops {
    bool capture;

    /* Both return 0, or an exit code after one line on stderr.
     * supply: sends periods while rig_stream_free() has one.
     * took: one came back without an error; it is free again afterwards. */
    int (*supply)(struct rig_transfer *t);
    int (*took)(struct rig_transfer *t, const struct rig_period *p);

    /* After START, before the first turn; the same. NULL: nothing to do. */
    int (*started)(struct rig_transfer *t);

    bool (*over)(const struct rig_transfer *t);

    /* What sink or source say went wrong, one line, or NULL. */
    const char *(*error)(const struct rig_transfer *t);

    /* Sets frames, frames_total and xruns. */
    void (*progress)(const struct rig_transfer *t, struct rig_meter_state *m);
};

struct rig_transfer {
    const struct rig_transfer_ops *ops;
    struct rig_sound_rig sound;
    struct rig_sound_want want;
    struct rig_stream stream;
    struct rig_meter meter;
    uint64_t moved_ns; /* when a period last came back */
    bool began;        /* the stream was set up */
    bool stopped;      /* by Ctrl-C */
};

/* All of it, with the verdict on the subject. Either end may be NULL. The
 * machine is gone afterwards, so sink and source may be closed. Returns 0, or
 * an exit code after one line on stderr. */
int rig_transfer_run(struct rig_transfer *t, struct fake_sink *sink,
                     struct fake_source *source);

/* One line on stderr in place of the meter's. Returns the exit code. */
int rig_transfer_complain(struct rig_transfer *t, const char *line);

/* The same: what sink or source say, else what, result. */
int rig_transfer_fail(struct rig_transfer *t, const char *what, int result);

uint64_t rig_transfer_frames(const struct rig_transfer *t, uint64_t bytes);

/* "played 96000 frames (2.000 s) of S16, 2 channels, 48000 Hz; 0 xruns",
 * without a newline. */
void rig_transfer_print(const struct rig_transfer *t, const char *done,
                        const char *xrun);

#endif
