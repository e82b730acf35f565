/* SPDX-License-Identifier: MIT
 *
 * Never comes back from poll.
 */
#include "subject.h"

static int poll(void *self, struct rig_done *done, uint32_t max)
{
    volatile bool forever = true;

    (void)self;
    (void)done;
    (void)max;
    while (forever)
        ;
    return 0;
}

SUBJECT(poll, poll)
