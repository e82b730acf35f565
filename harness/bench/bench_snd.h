/* SPDX-License-Identifier: MIT
 *
 * bench_snd.h: how fast sound is, for ringtrue bench.
 */
#ifndef RIG_BENCH_SND_H
#define RIG_BENCH_SND_H

/* Prints how many times real time playback runs in virtual time, and the
 * share of a processor it takes in real time. Returns an exit code. */
int rig_bench_sound(unsigned rounds);

#endif
