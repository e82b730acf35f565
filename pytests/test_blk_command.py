# SPDX-License-Identifier: MIT
"""`ringtrue blk` on an image: what it leaves there, and what it says."""

import bench
import pytest

SECTORS = 256
SECTOR_BYTES = 512


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(1 + k % 255 for k in range(SECTORS * SECTOR_BYTES)))
    return path


def zeroed(data):
    """Sectors without any byte but 0."""
    return [
        k
        for k in range(SECTORS)
        if not any(data[k * SECTOR_BYTES : (k + 1) * SECTOR_BYTES])
    ]


@pytest.mark.parametrize("sched", bench.SCHEDULERS)
@pytest.mark.parametrize("verb", ["discard", "zero", "erase"])
@pytest.mark.parametrize("sector, count", [(0, 1), (7, 20), (255, 1), (0, 256)])
def test_sectors_are_cleared_and_no_others(
    ringtrue, image, sched, verb, sector, count
):
    before = image.read_bytes()
    where = ("--sector", sector, "--count", count, "--sched", sched)
    done = ringtrue("blk", verb, "--image", image, *where)
    assert done.returncode == bench.EXIT_PASS, done.stderr
    assert "0 clauses broken" in done.stderr
    after = image.read_bytes()
    assert zeroed(after) == list(range(sector, sector + count))
    start, end = sector * SECTOR_BYTES, (sector + count) * SECTOR_BYTES
    assert after[:start] + after[end:] == before[:start] + before[end:]


def test_info_tells_all_that_the_driver_learned(ringtrue, image):
    done = ringtrue("blk", "info", "--image", image)
    assert done.returncode == bench.EXIT_PASS
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert told["capacity"] == "256 sectors of 512 bytes (0.1 MiB)"
    assert told["cache"] == "writeback"
    assert told["geometry"] == "16 cylinders, 4 heads, 32 sectors"
    assert told["physical"] == "2^3 blocks, the first at block 0"
    assert told["discard"] == "8 segments, 65536 sectors, aligned to 8"
    assert told["zeroes"] == "8 segments, 65536 sectors"
    assert told["erase"] == "4 segments, 65536 sectors, aligned to 8"
    assert told["queues"] == "1"


@pytest.mark.parametrize(
    "verb, option",
    [
        ("write", "count"),
        ("info", "sector"),
        ("info", "count"),
        ("info", "file"),
        ("discard", "file"),
        ("zero", "file"),
        ("erase", "file"),
    ],
)
def test_option_of_another_verb_is_refused(ringtrue, image, verb, option):
    before = image.read_bytes()
    done = ringtrue("blk", verb, "--image", image, f"--{option}", 1)
    assert done.returncode == bench.EXIT_USAGE
    assert done.stderr == f"ringtrue: blk: {verb} does not know --{option}\n"
    assert image.read_bytes() == before
