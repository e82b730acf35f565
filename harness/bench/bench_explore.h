/* SPDX-License-Identifier: MIT
 *
 * bench_explore.h: how fast the search is, for ringtrue bench.
 */
#ifndef RIG_BENCH_EXPLORE_H
#define RIG_BENCH_EXPLORE_H

#include "catalogue.h"

/* Prints seeds and events per second on one core, with the event log and the
 * judge behind it, with the log alone, and with neither; and what log and
 * judge cost. Returns an exit code. */
int rig_bench_explore(unsigned rounds, unsigned seeds,
                      const struct rig_catalogue *catalogue);

#endif
