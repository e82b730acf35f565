/* SPDX-License-Identifier: MIT
 *
 * stream.h: one sound stream of the subject, kept supplied: a ring of periods
 * that are filled by the caller, are with the device, and come back in order.
 *
 *   rig_stream_open                      SET_PARAMS, PREPARE
 *   while (rig_stream_free) send         pre-buffering
 *   rig_stream_start
 *   loop: rig_stream_turn; rig_stream_done, rig_stream_take; send
 *   rig_stream_end                       STOP, RELEASE
 *
 * Threads: the rig's one.
 */
#ifndef RIG_STREAM_H
#define RIG_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "rig.h"

#define RIG_STREAM_PERIODS_MAX 32u

/* One period. */
struct rig_period {
    struct rig_request request;
    struct rig_seg seg;
    uint8_t *buf; /* params.period_bytes of them */
    uint64_t sent_ns;
};

struct rig_stream {
    struct rig *rig;
    uint32_t id;
    bool capture;
    bool running;
    struct rig_snd_params params;
    struct rig_period period[RIG_STREAM_PERIODS_MAX];
    unsigned count;       /* of periods */
    unsigned first, used; /* with the device, or back and not taken */
    uint64_t bytes_done;  /* in periods taken */
    uint64_t worst_ns;    /* from send to completion, of those */
    uint32_t latency_max; /* bytes, as told by the device */
    uint64_t xrun_events; /* while running */
};

/* Sets up stream `id` with `count` periods; params.buffer_bytes is set from
 * that. Returns 0 or the code of what failed; after that only
 * rig_stream_close() is allowed. */
int rig_stream_open(struct rig_stream *s, struct rig *rig, uint32_t id,
                    bool capture, const struct rig_snd_params *params,
                    unsigned count);

/* The next period to fill; NULL: all are in use. */
struct rig_period *rig_stream_free(struct rig_stream *s);

/* Sends it with its first `bytes`. Returns 0 or why not. */
int rig_stream_send(struct rig_stream *s, uint32_t bytes);

int rig_stream_start(struct rig_stream *s);

/* One turn of the driver's main loop, at most until the deadline. Returns 0,
 * or the code of what broke. */
int rig_stream_turn(struct rig_stream *s, uint64_t deadline_ns);

/* The oldest period if it is back, else NULL. request.result is 0 or why it
 * failed, request.bytes what was captured. */
struct rig_period *rig_stream_done(struct rig_stream *s);

/* It may be used again. */
void rig_stream_take(struct rig_stream *s);

/* STOP if it runs, RELEASE; whatever is still with the device comes back.
 * Returns 0 or the first code of what failed. */
int rig_stream_end(struct rig_stream *s);

/* Gives the memory back, and keeps the counts; the rig must not have periods of
 * it any more (ended, or the subject closed). */
void rig_stream_close(struct rig_stream *s);

#endif
