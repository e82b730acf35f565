/* SPDX-License-Identifier: MIT
 *
 * bench_reads.h: how fast driver, ring and device are together, for ringtrue
 * bench.
 */
#ifndef RIG_BENCH_READS_H
#define RIG_BENCH_READS_H

#include <stdint.h>

/* Prints nanoseconds, kicks and interrupts per 4 KiB read. Returns an exit
 * code. */
int rig_bench_reads(unsigned rounds, uint64_t reads);

#endif
