/* SPDX-License-Identifier: MIT
 *
 * dut_ringtrue.c: plugs driver/ into the bench: one subject for the drivers of
 * both device types. What an OS author writes is in dut_ringtrue_port.c (two
 * ports) and, as an example of request objects, dut_ringtrue_blk.c and _snd.c.
 */
#include "dut_ringtrue.h"

#include <stdlib.h>

#include "dut_ringtrue_port.h"

struct instance {
    const struct rig_dut *half;
    void *self;
};

static int ringtrue_open(const struct rig_port *port,
                         const struct rig_open *how, void **self)
{
    struct instance *i = calloc(1, sizeof(*i));
    int result;

    if (!i)
        return RGT_E_NOMEM;
    i->half =
        how->device == RIG_DEVICE_SND ? &rig_ringtrue_snd : &rig_ringtrue_blk;
    result = i->half->open(port, how, &i->self);
    if (result)
        free(i);
    else
        *self = i;
    return result;
}

static void ringtrue_close(void *self)
{
    struct instance *i = self;

    i->half->close(i->self);
    free(i);
}

static int ringtrue_submit(void *self, const struct rig_op *op)
{
    struct instance *i = self;

    if (!(i->half->op_mask >> op->code & 1))
        return RGT_E_NOTSUP;
    return i->half->submit(i->self, op);
}

static void ringtrue_kick(void *self)
{
    struct instance *i = self;

    i->half->kick(i->self);
}

static int ringtrue_poll(void *self, struct rig_done *done, uint32_t max)
{
    struct instance *i = self;

    return i->half->poll(i->self, done, max);
}

static int ringtrue_interrupt(void *self)
{
    struct instance *i = self;

    return i->half->interrupt(i->self);
}

static int ringtrue_recover(void *self)
{
    struct instance *i = self;

    return i->half->recover(i->self);
}

static int ringtrue_blk_info(void *self, struct rig_blk_info *info)
{
    struct instance *i = self;

    return i->half->blk_info ? i->half->blk_info(i->self, info) : RGT_E_NOTSUP;
}

static int ringtrue_snd_info(void *self, struct rig_snd_info *info)
{
    struct instance *i = self;

    return i->half->snd_info ? i->half->snd_info(i->self, info) : RGT_E_NOTSUP;
}

static int ringtrue_snd_event(void *self, struct rig_snd_event *event)
{
    struct instance *i = self;

    return i->half->snd_event ? i->half->snd_event(i->self, event) : 0;
}

const struct rig_dut rig_dut_ringtrue = {
    .abi_version = RIG_DUT_ABI_VERSION,
    .size = sizeof(struct rig_dut),
    .name = "ringtrue reference driver",
    .op_mask = 1u << RIG_OP_BLK_READ | 1u << RIG_OP_BLK_WRITE |
               1u << RIG_OP_BLK_FLUSH | 1u << RIG_OP_BLK_ID |
               1u << RIG_OP_BLK_LIFETIME | 1u << RIG_OP_BLK_DISCARD |
               1u << RIG_OP_BLK_WRITE_ZEROES | 1u << RIG_OP_BLK_SECURE_ERASE |
               1u << RIG_OP_BLK_WRITEBACK | 1u << RIG_OP_QUEUE_RESET |
               1u << RIG_OP_SND_JACK_INFO | 1u << RIG_OP_SND_PCM_INFO |
               1u << RIG_OP_SND_CHMAP_INFO | 1u << RIG_OP_SND_JACK_REMAP |
               1u << RIG_OP_SND_SET_PARAMS | 1u << RIG_OP_SND_PREPARE |
               1u << RIG_OP_SND_START | 1u << RIG_OP_SND_STOP |
               1u << RIG_OP_SND_RELEASE | 1u << RIG_OP_SND_WRITE |
               1u << RIG_OP_SND_READ,
    .open = ringtrue_open,
    .close = ringtrue_close,
    .submit = ringtrue_submit,
    .kick = ringtrue_kick,
    .poll = ringtrue_poll,
    .interrupt = ringtrue_interrupt,
    .recover = ringtrue_recover,
    .blk_info = ringtrue_blk_info,
    .snd_info = ringtrue_snd_info,
    .snd_event = ringtrue_snd_event,
};
