# SPDX-License-Identifier: MIT
"""The disk in Python that the state machine believes, by itself."""

from model import ANYTHING, SECTOR_BYTES, Disk, pattern


def image(*seeds):
    return b"".join(pattern(seed, k) for k, seed in enumerate(seeds))


def test_stable_write_is_all_that_a_cut_may_leave():
    disk = Disk(2)
    disk.write(0, 2, 5)
    assert disk.cut(image(5, 0)) == [1]


def test_volatile_write_may_be_lost_or_not_by_sector():
    disk = Disk(3)
    disk.write(0, 3, 5, stable=False)
    assert disk.cut(image(5, 0, 7)) == [2]
    assert disk.read(0, 2) == image(5, 0)


def test_each_of_several_volatile_writes_may_survive():
    for seed in (0, 5, 6):
        disk = Disk(1)
        disk.write(0, 1, 5, stable=False)
        disk.write(0, 1, 6, stable=False)
        assert disk.cut(image(seed)) == []
        assert disk.read(0, 1) == image(seed)


def test_flush_leaves_the_newest_only():
    disk = Disk(1)
    disk.write(0, 1, 5, stable=False)
    disk.write(0, 1, 6, stable=False)
    disk.flush()
    assert disk.cut(image(5)) == [0]


def test_discarded_sector_holds_anything_until_it_is_written():
    disk = Disk(2)
    disk.write(0, 2, 5)
    disk.put(0, 1, ANYTHING, stable=False)
    assert disk.read(0, 2) is None
    assert disk.read(1, 1) == pattern(5, 1)
    assert disk.cut(b"x" * SECTOR_BYTES + pattern(5, 1)) == []
    assert disk.read(0, 1) == b"x" * SECTOR_BYTES
    disk.write(0, 1, 7)
    assert disk.uniform_seed(0, 1) == 7


def test_failed_write_was_done_or_not():
    for found, wrong in ((5, []), (6, []), (7, [0])):
        disk = Disk(1)
        disk.write(0, 1, 5)
        assert disk.doubt(0, 1, 6, image(found)) == wrong
    for seed in (5, 6):
        disk = Disk(1)
        disk.write(0, 1, 5)
        disk.doubt(0, 1, 6, image(6))
        assert disk.read(0, 1) == image(6)
        assert disk.cut(image(seed)) == []


def test_failed_write_of_what_held_anything_may_leave_that():
    disk = Disk(1)
    disk.put(0, 1, ANYTHING)
    assert disk.doubt(0, 1, 6, b"x" * SECTOR_BYTES) == []
    assert disk.read(0, 1) == b"x" * SECTOR_BYTES
