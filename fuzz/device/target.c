/* SPDX-License-Identifier: MIT */
/* fuzz_device: the simulated devices, and the judge, against a driver that may
 * do anything. What must hold is said in watch.h; and that the machine ends
 * with all memory given back. */
#include "guest.h"

#include <string.h>

uint64_t fuzz_run(const uint8_t *data, size_t bytes)
{
    static struct guest guest; /* too large to be allocated for each run */
    struct guest *g = &guest;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){data, bytes};
    guest_start(g);
    while (g->in.left > 0)
        guest_move(g);
    guest_stop(g);
    return g->watch.digest;
}
