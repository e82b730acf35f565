/* SPDX-License-Identifier: MIT
 *
 * bench_ring.h: what a request costs in the driver's half of a virtqueue, for
 * ringtrue bench.
 */
#ifndef RIG_BENCH_RING_H
#define RIG_BENCH_RING_H

#include <stdbool.h>
#include <stdint.h>

/* Prints nanoseconds per request for split and packed rings, direct and
 * indirect, one by one and in batches, on one core and, if asked to, across
 * two. Returns an exit code. */
int rig_bench_rings(unsigned rounds, uint64_t requests, bool two_cores);

#endif
