# SPDX-License-Identifier: MIT
"""A disk in Python: what each sector holds, and what a power cut may make of it."""

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


# What a sector may hold that was discarded: nobody can say.
ANYTHING = "anything"


class Disk:
    """Sectors, each with what it holds now and what it may hold once power was
    cut (5.2.6.2): what is stable, and all that was written since and is not.

    A content is the seed of a pattern, bytes that were found there, or
    ANYTHING."""

    def __init__(self, capacity):
        self.capacity = capacity
        self._now = [0] * capacity
        self._may = [{0} for _ in range(capacity)]

    def put(self, sector, count, content, stable=True):
        """Written, zeroed, discarded or erased: completed."""
        for k in range(sector, sector + count):
            self._now[k] = content
            if stable:
                self._may[k] = {content}
            else:
                self._may[k].add(content)

    def write(self, sector, count, seed, stable=True):
        self.put(sector, count, seed, stable)

    def doubt(self, sector, count, content, data):
        """A write that failed was done or not, sector by sector: `data` is what
        is there now. Returns the sectors that are neither old nor new."""
        wrong = []
        for k in range(sector, sector + count):
            at = (k - sector) * SECTOR_BYTES
            found = data[at : at + SECTOR_BYTES]
            old = self._now[k]
            self._may[k] |= {content, old}
            if found == self._bytes(content, k):
                self._now[k] = content
            elif old == ANYTHING:
                self._now[k] = found
                self._may[k].add(found)
            elif found != self._bytes(old, k):
                wrong.append(k)
        return wrong

    def flush(self):
        """One that was sent when all writes had completed."""
        self._may = [{content} for content in self._now]

    def cut(self, data):
        """Power went and came back, and `data` is on the disk: returns the
        sectors that cannot be so."""
        wrong = []
        for k, may in enumerate(self._may):
            found = data[k * SECTOR_BYTES : (k + 1) * SECTOR_BYTES]
            if ANYTHING in may:
                content = found
            else:
                fit = [c for c in may if self._bytes(c, k) == found]
                wrong += [] if fit else [k]
                content = fit[0] if fit else found
            self._now[k], self._may[k] = content, {content}
        return wrong

    @staticmethod
    def _bytes(content, sector):
        return content if isinstance(content, bytes) else pattern(content, sector)

    def is_known(self, sector, count):
        return ANYTHING not in self._now[sector : sector + count]

    def read(self, sector, count):
        """The bytes; of sectors that hold anything, None."""
        if not self.is_known(sector, count):
            return None
        now = self._now[sector : sector + count]
        return b"".join(self._bytes(c, sector + k) for k, c in enumerate(now))

    def uniform_seed(self, sector, count):
        """The one seed of a range, or None if there are several, or none."""
        now = set(self._now[sector : sector + count])
        content = now.pop()
        return None if now or not isinstance(content, int) else content

    def has(self, sector, count):
        return count > 0 and sector + count <= self.capacity
