/* SPDX-License-Identifier: MIT
 *
 * voice.c: see voice.h.
 */
#include "voice.h"

#include <stdlib.h>
#include <string.h>

#include "pattern.h"

#define UNWRITTEN 0xa5

static struct rig_message *message_new(struct rig *rig, uint32_t bytes)
{
    struct rig_message *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->seg = (struct rig_seg){rig_take(rig, bytes ? bytes : 1), bytes};
    if (m->seg.buf)
        return m;
    free(m);
    return NULL;
}

static void message_free(struct rig *rig, struct rig_message *m)
{
    rig_give(rig, m->seg.buf);
    free(m->items);
    free(m);
}

struct rig_message *rig_voice_newest(struct rig_voice *v)
{
    struct rig_message *m = v->first;

    while (m && m->next)
        m = m->next;
    return m;
}

int rig_voice_add(struct rig *rig, struct rig_voice *v, enum rig_op_code code,
                  uint32_t stream, uint32_t bytes, uint64_t seed)
{
    struct rig_message *m = message_new(rig, bytes);

    if (!m)
        return -1;
    m->request.op = (struct rig_op){
        .code = code, .id = stream, .seg = &m->seg, .seg_count = 1};
    if (code == RIG_OP_SND_WRITE) {
        rig_pattern_fill(seed, v->sent, m->seg.buf, bytes);
        v->sent += bytes;
    } else {
        memset(m->seg.buf, UNWRITTEN, bytes);
    }
    if (!v->first)
        v->last = &v->first;
    *v->last = m;
    v->last = &m->next;
    return 0;
}

void rig_voice_take_back(struct rig *rig, struct rig_voice *v)
{
    struct rig_message **at = &v->first;
    struct rig_message *m;

    while ((*at)->next)
        at = &(*at)->next;
    m = *at;
    if (m->request.op.code == RIG_OP_SND_WRITE)
        v->sent -= m->seg.bytes;
    *at = NULL;
    v->last = at;
    message_free(rig, m);
}

void rig_voice_drop(struct rig *rig, struct rig_voice *v, bool all)
{
    struct rig_message **at = &v->first;

    while (*at) {
        struct rig_message *m = *at;

        if (!all && m->request.submitted && !m->request.done) {
            at = &m->next;
            continue;
        }
        *at = m->next;
        message_free(rig, m);
    }
    v->last = at;
}
