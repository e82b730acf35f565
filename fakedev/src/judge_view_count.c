/* SPDX-License-Identifier: MIT
 *
 * judge_view_count.c: what came back from the device, and what the driver made
 * of it.
 */
#include "judge_internal.h"

/* RIG_OP_* of the bench's ABI. */
#define OP_BLK_WRITEBACK 9
#define OP_QUEUE_RESET 10
#define OP_SND_JACK_INFO 16
#define OP_SND_CHMAP_INFO 18
#define OP_SND_WRITE 25
#define OP_SND_READ 26

static enum view_way way_of_op(const struct view *v, uint64_t op)
{
    if (op == OP_BLK_WRITEBACK || op == OP_QUEUE_RESET)
        return VIEW_NO_REQUEST;
    if (!v->sound)
        return VIEW_BLK;
    if (op == OP_SND_WRITE)
        return VIEW_SND_TX;
    if (op == OP_SND_READ)
        return VIEW_SND_RX;
    return op >= OP_SND_JACK_INFO && op <= OP_SND_CHMAP_INFO ? VIEW_SND_QUERY
                                                             : VIEW_SND_COMMAND;
}

void view_count_submit(struct view *v, const struct fake_event *e)
{
    v->way[e->arg[0] % 1024] = (uint8_t)way_of_op(v, e->arg[1]);
}

struct view_count *view_count_of(struct view *v, uint64_t token)
{
    return &v->count[v->way[token % 1024]];
}

static void count(struct view *v, enum view_way way, bool whole)
{
    v->count[way].used++;
    v->count[way].whole += whole;
}

/* The code stands at the start of the answer; what a query asked for behind
 * it. There may be more room than that. The status of a message is the last
 * of its buffer, but what was recorded is counted together with it and may be
 * short (5.14.6.8.2): its 8 bytes have to be there. */
static void count_sound(struct view *v, uint16_t queue, uint64_t len)
{
    uint64_t need = sizeof(struct virtio_snd_pcm_status);
    enum view_way way = queue == VIRTIO_SND_VQ_TX ? VIEW_SND_TX : VIEW_SND_RX;

    if (queue == VIRTIO_SND_VQ_CONTROL) {
        need = v->answer.bytes;
        way = v->answer.query ? VIEW_SND_QUERY : VIEW_SND_COMMAND;
    }
    /* A refusal that can be read is nothing that a success could rest on. */
    if (len < need || !v->answer.refused)
        count(v, way, len >= need);
}

/* Was the status within used len? That of a block request is the last of the
 * writable part. */
void view_count_used(struct view *v, const struct fake_event *e,
                     uint64_t writable)
{
    if (!v->sound)
        count(v, VIEW_BLK, e->arg[1] >= writable);
    else if (e->queue != VIRTIO_SND_VQ_EVENT)
        count_sound(v, e->queue, e->arg[1]);
}
