/* SPDX-License-Identifier: MIT
 *
 * Reads the config space without its generation (2.5.1, a SHOULD).
 */
#include "subject.h"

static const struct rig_port *bench;

static uint32_t read_no_generation(void *ctx, uint32_t offset, uint32_t width)
{
    if (offset == VIRTIO_MMIO_CONFIG_GENERATION)
        return 0;
    return bench->reg_read(ctx, offset, width);
}

static int open_careless(const struct rig_port *port,
                         const struct rig_open *how, void **self)
{
    static struct rig_port seen;

    bench = port;
    seen = *port;
    seen.reg_read = read_no_generation;
    return minimal_open(&seen, how, self);
}

SUBJECT(open, open_careless)
