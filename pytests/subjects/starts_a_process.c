/* SPDX-License-Identifier: MIT
 *
 * Starts a process that never ends, and never comes back from open.
 */
#include <unistd.h>

#include "subject.h"

static int open_with_a_process(const struct rig_port *port,
                               const struct rig_open *how, void **self)
{
    volatile bool forever = true;

    (void)port;
    (void)how;
    (void)self;
    (void)!fork();
    while (forever)
        pause();
    return 0;
}

SUBJECT(open, open_with_a_process)
