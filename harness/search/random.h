/* SPDX-License-Identifier: MIT
 *
 * random.h: numbers out of a seed, the same on every machine and in every
 * build. A change of what comes out of here is a new generator version
 * (generate.h).
 */
#ifndef RIG_RANDOM_H
#define RIG_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct rig_random {
    uint64_t state;
};

/* splitmix64. */
static inline uint64_t rig_random_next(struct rig_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Below n, which is at least 1. */
static inline uint64_t rig_below(struct rig_random *r, uint64_t n)
{
    return rig_random_next(r) % n;
}

/* From low to high, both included. */
static inline uint64_t rig_between(struct rig_random *r, uint64_t low,
                                   uint64_t high)
{
    return low + rig_below(r, high - low + 1);
}

/* True `times` out of `of`. */
static inline bool rig_chance(struct rig_random *r, unsigned times, unsigned of)
{
    return rig_below(r, of) < times;
}

#endif
