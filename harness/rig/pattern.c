/* SPDX-License-Identifier: MIT
 *
 * pattern.c: see pattern.h.
 */
#include "pattern.h"

#include <stdbool.h>
#include <string.h>

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

/* The bytes of a word, in their order on the disk. */
static void word_bytes(uint64_t seed, uint64_t offset, uint8_t bytes[WORD])
{
    uint64_t word = seed ? word_at(seed, offset / WORD) : 0;

    for (unsigned k = 0; k < WORD; k++)
        bytes[k] = (uint8_t)(word >> 8 * k);
}

static bool is_word(uint64_t offset, size_t k, size_t bytes)
{
    return (offset + k) % WORD == 0 && bytes - k >= WORD;
}

void rig_pattern_fill(uint64_t seed, uint64_t offset, void *to, size_t bytes)
{
    uint8_t *at = to;
    size_t k = 0;

    while (k < bytes)
        if (is_word(offset, k, bytes)) {
            word_bytes(seed, offset + k, at + k);
            k += WORD;
        } else {
            at[k] = byte_at(seed, offset + k);
            k++;
        }
}

size_t rig_pattern_check(uint64_t seed, uint64_t offset, const void *data,
                         size_t bytes)
{
    const uint8_t *at = data;
    size_t k = 0;

    while (k < bytes) {
        uint8_t word[WORD];

        if (is_word(offset, k, bytes)) {
            word_bytes(seed, offset + k, word);
            if (memcmp(at + k, word, WORD) == 0) {
                k += WORD;
                continue;
            }
        }
        /* At the ends, and in the word that differs. */
        if (at[k] != byte_at(seed, offset + k))
            return k;
        k++;
    }
    return k;
}
