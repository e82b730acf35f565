/* SPDX-License-Identifier: MIT */
/* What is the same for both kinds of ring, and the choice between them. */
#include "ringtrue/vq.h"
#include "log.h"
#include "vq_ring.h"

int rgt__vq_kill(struct rgt_vq *vq, const char *why)
{
    vq->dead = true;
    rgt__log_num(vq->hal, why, vq->index);
    return RGT_E_PROTO;
}

int rgt_vq_publish(struct rgt_vq *vq)
{
    if (vq->dead)
        return RGT_E_PROTO;
    if (vq->avail_next == vq->avail_published)
        return 0;
    if (RGT__PACKED(vq))
        rgt__packed_publish(vq);
    else
        rgt__split_publish(vq);
    vq->avail_published = vq->avail_next;
    rgt__next_epoch(vq);
    return 0;
}

int rgt_vq_kick_needed(struct rgt_vq *vq)
{
    if (vq->dead)
        return RGT_E_PROTO;
    return RGT__PACKED(vq) ? rgt__packed_kick_needed(vq)
                           : rgt__split_kick_needed(vq);
}

void rgt_vq_kick(struct rgt_vq *vq)
{
    vq->transport->ops->notify(vq->transport,
                               rgt_ring_load32(&vq->notify_value));
}

int rgt_vq_pop(struct rgt_vq *vq, void **token, uint32_t *len)
{
    if (vq->dead)
        return RGT_E_PROTO;
    return RGT__PACKED(vq) ? rgt__packed_pop(vq, token, len)
                           : rgt__split_pop(vq, token, len);
}

int rgt_vq_interrupts_after(struct rgt_vq *vq, uint32_t count)
{
    if (vq->dead)
        return RGT_E_PROTO;
    if (count == 0)
        return RGT_E_INVAL;
    vq->irq_after = (uint16_t)(count < vq->size ? count : vq->size);
    vq->interrupts = true;
    return RGT__PACKED(vq) ? rgt__packed_unsuppress(vq)
                           : rgt__split_unsuppress(vq);
}

int rgt_vq_interrupts(struct rgt_vq *vq, bool wanted)
{
    if (wanted)
        return rgt_vq_interrupts_after(vq, 1);
    if (vq->dead)
        return RGT_E_PROTO;
    vq->interrupts = false;
    if (RGT__PACKED(vq))
        rgt__packed_suppress(vq);
    else
        rgt__split_suppress(vq);
    return 0;
}
