/* SPDX-License-Identifier: MIT */
/* Consistent reads of the configuration space (2.5.1). */
#include "dev_state.h"
#include "log.h"
#include "ringtrue/dev.h"
#include "ringtrue/err.h"

/* 4.2.2.2: access width is field width; 64 bits are two times 32. */
static int read_field(struct rgt_transport *t, const struct rgt_dev_field *f)
{
    uint32_t first, second;

    switch (f->width_bytes) {
    case 1:
        *(uint8_t *)f->dst = (uint8_t)t->ops->config_read(t, f->offset, 1);
        return 0;
    case 2:
        *(uint16_t *)f->dst = (uint16_t)t->ops->config_read(t, f->offset, 2);
        return 0;
    case 4:
        *(uint32_t *)f->dst = t->ops->config_read(t, f->offset, 4);
        return 0;
    case 8:
        first = t->ops->config_read(t, f->offset, 4);
        second = t->ops->config_read(t, f->offset + 4u, 4);
        *(uint64_t *)f->dst = (uint64_t)second << 32 | first;
        return 0;
    default:
        return RGT_E_INVAL;
    }
}

int rgt_dev_config_read(struct rgt_dev *dev, const struct rgt_dev_field *fields,
                        unsigned field_count)
{
    struct rgt_transport *t = dev->transport;

    if (rgt__dev_next(dev->state, RGT__DEV_DO_CONFIG) < 0)
        return RGT_E_STATE;
    for (int i = 0; i < RGT_DEV_CONFIG_TRIES; i++) {
        uint32_t before = t->ops->config_generation(t);
        for (unsigned n = 0; n < field_count; n++) {
            int err = read_field(t, &fields[n]);
            if (err != 0)
                return err;
        }
        if (t->ops->config_generation(t) == before)
            return rgt__dev_maybe_gone(dev, before) ? RGT_E_NODEV : 0;
    }
    rgt__log(dev->hal, "dev: unsettled what=config-generation");
    return RGT_E_TIMEOUT;
}
