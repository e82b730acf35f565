/* SPDX-License-Identifier: MIT
 *
 * A shared object for --dut that does nothing, and wrong in the one way that
 * its SO_* macro says.
 */
#include <stdlib.h>

#include "dut.h"

static int open_none(const struct rig_port *port, const struct rig_open *how,
                     void **self)
{
    (void)port;
    (void)how;
    (void)self;
    return RGT_E_NODEV;
}

static void close_none(void *self)
{
    (void)self;
}

static int submit_none(void *self, const struct rig_op *op)
{
    (void)self;
    (void)op;
    return RGT_E_NOTSUP;
}

static int poll_none(void *self, struct rig_done *done, uint32_t max)
{
    (void)self;
    (void)done;
    (void)max;
    return 0;
}

static const struct rig_dut subject = {
#ifdef SO_ABI
    .abi_version = RIG_DUT_ABI_VERSION + 1,
#else
    .abi_version = RIG_DUT_ABI_VERSION,
#endif
#ifdef SO_SIZE
    .size = sizeof(struct rig_dut) - 8,
#else
    .size = sizeof(struct rig_dut),
#endif
    .name = "does nothing",
    .open = open_none,
    .close = close_none,
    .submit = submit_none,
#ifndef SO_SLOT
    .poll = poll_none,
#endif
};

#ifdef SO_NONE
#define ringtrue_dut another_name
#endif

const struct rig_dut *ringtrue_dut(void);

const struct rig_dut *ringtrue_dut(void)
{
    (void)poll_none;
#ifdef SO_NULL
    (void)subject;
    return NULL;
#else
    return &subject;
#endif
}

#ifdef SO_CRASH
__attribute__((constructor)) static void crash(void)
{
    abort();
}
#endif

#ifdef SO_HANG
__attribute__((constructor)) static void hang(void)
{
    for (;;)
        ;
}
#endif
