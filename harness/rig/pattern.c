/* SPDX-License-Identifier: MIT
 *
 * pattern.c: see pattern.h.
 */
#include "pattern.h"

#define WORD 8u

/* splitmix64 of seed and word number. */
static uint64_t word_at(uint64_t seed, uint64_t word)
{
    uint64_t z = (seed << 40) + word + 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint8_t byte_at(uint64_t seed, uint64_t offset)
{
    if (seed == 0)
        return 0;
    return (uint8_t)(word_at(seed, offset / WORD) >> 8 * (offset % WORD));
}

void rig_pattern_fill(uint64_t seed, uint64_t offset, void *to, size_t bytes)
{
    uint8_t *at = to;

    for (size_t k = 0; k < bytes; k++)
        at[k] = byte_at(seed, offset + k);
}

size_t rig_pattern_check(uint64_t seed, uint64_t offset, const void *data,
                         size_t bytes)
{
    const uint8_t *at = data;
    size_t k = 0;

    while (k < bytes && at[k] == byte_at(seed, offset + k))
        k++;
    return k;
}
