/* SPDX-License-Identifier: MIT
 *
 * Polls, and tells the device so (2.7.7): conforming.
 */
#include "subject.h"

static int open_quiet(const struct rig_port *port, const struct rig_open *how,
                      void **self)
{
    int result = minimal_open(port, how, self);

    if (result == 0)
        ((struct driver *)*self)->mem->avail.flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
    return result;
}

SUBJECT(open, open_quiet)
