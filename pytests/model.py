# SPDX-License-Identifier: MIT
"""A disk in Python: which pattern seed each sector was written with."""

import functools

SECTOR_BYTES = 512
WORDS = SECTOR_BYTES // 8
MASK = (1 << 64) - 1


def _word(seed, number):
    """The pattern that harness/rig/pattern.h describes: splitmix64."""
    z = ((seed << 40) + number + 0x9E3779B97F4A7C15) & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


@functools.cache
def pattern(seed, sector):
    """The bytes of one sector."""
    if seed == 0:
        return bytes(SECTOR_BYTES)
    first = sector * WORDS
    words = (_word(seed, first + k) for k in range(WORDS))
    return b"".join(word.to_bytes(8, "little") for word in words)


class Disk:
    def __init__(self, capacity):
        self.capacity = capacity
        self._seeds = [0] * capacity

    def write(self, sector, count, seed):
        self._seeds[sector : sector + count] = [seed] * count

    def read(self, sector, count):
        seeds = self._seeds[sector : sector + count]
        return b"".join(pattern(s, sector + k) for k, s in enumerate(seeds))

    def uniform_seed(self, sector, count):
        """The one seed of a range, or None if there are several."""
        seeds = set(self._seeds[sector : sector + count])
        return seeds.pop() if len(seeds) == 1 else None

    def has(self, sector, count):
        return count > 0 and sector + count <= self.capacity
