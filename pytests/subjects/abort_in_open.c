/* SPDX-License-Identifier: MIT
 *
 * Aborts before it has a device.
 */
#include "subject.h"

static int open_none(const struct rig_port *port, const struct rig_open *how,
                     void **self)
{
    (void)port;
    (void)how;
    (void)self;
    abort();
}

SUBJECT(open, open_none)
