/* SPDX-License-Identifier: MIT
 *
 * lent.h: a subject that does something to a buffer while the device has it.
 */
#ifndef LENT_H
#define LENT_H

#include "subject.h"

/* Long enough for the device to take it, and not to be done with it. */
static void let_it_be_taken(void *self)
{
    const struct rig_port *port = ((struct driver *)self)->port;

    (void)port->wait(port->ctx, port->now_ns(port->ctx) + 5000000);
}

#endif
