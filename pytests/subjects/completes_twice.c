/* SPDX-License-Identifier: MIT
 *
 * Gives each completion back a second time.
 */
#include "subject.h"

static int poll(void *self, struct rig_done *done, uint32_t max)
{
    static struct rig_done last;
    static bool again;
    int found = again ? 1 : minimal_poll(self, &last, max);

    if (found == 1) {
        *done = last;
        again = !again;
    }
    return found;
}

SUBJECT(poll, poll)
