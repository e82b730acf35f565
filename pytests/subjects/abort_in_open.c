/* SPDX-License-Identifier: MIT
 *
 * Prints its last words and aborts before it has a device.
 */
#include <stdio.h>

#include "subject.h"

static int open_none(const struct rig_port *port, const struct rig_open *how,
                     void **self)
{
    (void)port;
    (void)how;
    (void)self;
    puts("last words");
    abort();
}

SUBJECT(open, open_none)
