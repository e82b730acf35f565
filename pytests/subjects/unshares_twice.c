/* SPDX-License-Identifier: MIT
 *
 * Takes each buffer back twice, against the contract of dut.h.
 */
#include "subject.h"

static const struct rig_port *bench;

static void unshare_twice(void *ctx, void *buf, size_t bytes, enum rig_dir dir,
                          uint64_t dma)
{
    bench->unshare(ctx, buf, bytes, dir, dma);
    bench->unshare(ctx, buf, bytes, dir, dma);
}

static int open_careless(const struct rig_port *port,
                         const struct rig_open *how, void **self)
{
    static struct rig_port seen;

    bench = port;
    seen = *port;
    seen.unshare = unshare_twice;
    return minimal_open(&seen, how, self);
}

SUBJECT(open, open_careless)
