/* SPDX-License-Identifier: MIT
 *
 * Keeps what it made available to itself (2.7.10.1, a MUST).
 */
#include "subject.h"

static const struct rig_port *bench;

static void write_no_kick(void *ctx, uint32_t offset, uint32_t width,
                          uint32_t value)
{
    if (offset != VIRTIO_MMIO_QUEUE_NOTIFY)
        bench->reg_write(ctx, offset, width, value);
}

static int open_deaf(const struct rig_port *port, const struct rig_open *how,
                     void **self)
{
    static struct rig_port seen;

    bench = port;
    seen = *port;
    seen.reg_write = write_no_kick;
    return minimal_open(&seen, how, self);
}

SUBJECT(open, open_deaf)
