/* SPDX-License-Identifier: MIT
 *
 * voice.h: what the operations on sound keep per stream: the messages that
 * are on their way, what was recorded of them, and the pattern to come.
 */
#ifndef RIG_VOICE_H
#define RIG_VOICE_H

#include "pattern_source.h"
#include "rig.h"
#include "tape.h"

struct rig_message {
    struct rig_request request;
    struct rig_seg seg;
    void *items; /* of a query: where the answer goes */
    struct rig_message *next;
};

struct rig_voice {
    struct rig_tape tape;
    struct rig_pattern_source source;
    struct rig_message *first, **last; /* oldest first */
    struct rig_snd_params params;      /* as set last with success */
    uint64_t sent;                     /* bytes queued for output */
    uint64_t checked;                  /* bytes captured and compared */
    bool late;  /* it was started without a message: frames may be lost */
    bool ended; /* stopped or released: messages may be short */
};

/* The newest message. */
struct rig_message *rig_voice_newest(struct rig_voice *v);

/* Queues one message of `bytes`: output filled with the pattern of seed from
 * where the last one ended; input empty. Returns 0, or -1: no memory. */
int rig_voice_add(struct rig *rig, struct rig_voice *v, enum rig_op_code code,
                  uint32_t stream, uint32_t bytes, uint64_t seed);

/* Takes the newest message back, which the subject has refused. */
void rig_voice_take_back(struct rig *rig, struct rig_voice *v);

/* Forgets the messages that are done, or all of them. */
void rig_voice_drop(struct rig *rig, struct rig_voice *v, bool all);

#endif
