# SPDX-License-Identifier: MIT
"""A real file system through driver, ring and device."""

import hashlib
import random
import subprocess

import bench
import pytest

IMAGE_BYTES = 8 << 20

each_scheduler = pytest.mark.parametrize("sched", bench.SCHEDULERS)
each_memory = pytest.mark.parametrize("memory", bench.MEMORIES)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tool(program, *args):
    """A tool of e2fsprogs; returns its output."""
    return subprocess.run(
        [bench.need(program, "e2fsprogs"), *map(str, args)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def content(seed):
    """Path -> bytes of a small tree: empty, tiny, one block, many blocks."""
    random_bytes = random.Random(seed).randbytes
    return {
        "empty": b"",
        "hello.txt": f"written by seed {seed}\n".encode(),
        "block": random_bytes(4096),
        "deep/er/est": random_bytes(70_001),
        "large": random_bytes(2 << 20),
    } | {f"many/{k:03}": random_bytes(17 * k) for k in range(100)}


def make_ext4(folder, name, files):
    """An ext4 image with these files in it."""
    tree = folder / f"{name}.tree"
    for path, data in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(data)
    image = folder / f"{name}.img"
    with open(image, "wb") as f:
        f.truncate(IMAGE_BYTES)
    tool("mkfs.ext4", "-q", "-F", "-b", "1024", "-d", tree, image)
    return image


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ext4")


@pytest.fixture(scope="module")
def old_image(folder):
    return make_ext4(folder, "old", content(1))


@pytest.fixture(scope="module")
def new_image(folder):
    return make_ext4(folder, "new", content(2))


@pytest.fixture
def disk(old_image, tmp_path):
    """A copy of the old image, to be written to."""
    path = tmp_path / "disk.img"
    path.write_bytes(old_image.read_bytes())
    return path


def done(process):
    assert process.returncode == bench.EXIT_PASS, process.stderr
    assert "0 clauses broken" in str(process.stderr)
    return process


# --- reading ------------------------------------------------------------------------


@each_scheduler
@each_memory
def test_image_is_read_in_full(ringtrue, old_image, tmp_path, sched, memory):
    before, out = sha256(old_image), tmp_path / "out"
    how = ("--sched", sched, "--memory", memory)
    done(ringtrue("blk", "read", "--image", old_image, "--file", out, *how))
    assert sha256(out) == before
    assert sha256(old_image) == before


def test_image_is_read_to_standard_output(ringtrue, old_image):
    process = done(ringtrue("blk", "read", "--image", old_image, text=False))
    assert process.stdout == old_image.read_bytes()


def test_part_of_an_image_is_read(ringtrue, old_image, tmp_path):
    out = tmp_path / "out"
    part = ("--sector", 2, "--count", 2, "--file", out)
    done(ringtrue("blk", "read", "--image", old_image, *part))
    assert out.read_bytes() == old_image.read_bytes()[1024:2048]


def test_info_tells_the_capacity(ringtrue, old_image):
    process = done(ringtrue("blk", "info", "--image", old_image))
    assert f"capacity    {IMAGE_BYTES // 512} sectors" in process.stdout


# --- writing ----------------------------------------------------------------------


def files_of(image, tmp_path):
    """Path -> bytes of all files in an image, as debugfs sees them."""
    out = tmp_path / "files"
    out.mkdir()
    tool("debugfs", "-R", f"rdump / {out}", image)
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


@each_scheduler
@each_memory
def test_written_file_system_is_whole(
    ringtrue, disk, new_image, tmp_path, sched, memory
):
    how = ("--sched", sched, "--memory", memory)
    done(ringtrue("blk", "write", "--image", disk, "--file", new_image, *how))
    tool("e2fsck", "-fn", disk)  # fails if there is anything to repair
    assert files_of(disk, tmp_path) == content(2)
    assert sha256(disk) == sha256(new_image)


def test_written_file_is_shown_by_debugfs(ringtrue, disk, new_image):
    done(ringtrue("blk", "write", "--image", disk, "--file", new_image))
    assert tool("debugfs", "-R", "cat /hello.txt", disk) == "written by seed 2\n"
    names = tool("debugfs", "-R", "ls -p /many", disk).split("/")
    assert {f"{k:03}" for k in range(100)} <= set(names)


def test_standard_input_is_written(ringtrue, disk, new_image):
    data = new_image.read_bytes()
    done(ringtrue("blk", "write", "--image", disk, stdin=data, text=False))
    assert disk.read_bytes() == data


def test_write_changes_its_sectors_and_no_others(ringtrue, disk, tmp_path):
    wanted = bytearray(disk.read_bytes())
    part = tmp_path / "part"
    part.write_bytes(random.Random(3).randbytes(700 * 512))
    wanted[1000 * 512 : 1700 * 512] = part.read_bytes()
    where = ("--image", disk, "--sector", 1000)
    done(ringtrue("blk", "write", "--file", part, *where))
    assert disk.read_bytes() == wanted


# --- an image is not ours ---------------------------------------------------------


@each_scheduler
def test_run_never_changes_the_image(ringtrue, vectors, old_image, sched):
    env = vectors(
        bench.vector(
            "blk/1/write-all",
            bench.OPEN,
            *(
                {"op": "blk.write", "sector": sector, "count": 64, "data": 9}
                for sector in range(0, IMAGE_BYTES // 512, 64)
            ),
            {"op": "blk.flush"},
            {"op": "blk.read", "sector": 640, "count": 64, "data": 9},
            bench.CLOSE,
        )
    )
    before = sha256(old_image)
    process = ringtrue("run", "--image", old_image, "--sched", sched, env=env)
    assert process.returncode == bench.EXIT_PASS, process.stdout
    assert sha256(old_image) == before


@pytest.mark.parametrize("dut", ["ringtrue", "liar"])
def test_vectors_pass_on_an_image_and_never_change_it(ringtrue, old_image, dut):
    before = sha256(old_image)
    process = ringtrue("run", "--image", old_image, "--dut", dut)
    assert process.returncode == bench.EXIT_PASS, process.stdout
    assert sha256(old_image) == before


def test_serve_never_changes_the_image(rig, old_image):
    before = sha256(old_image)
    disk = rig("--image", old_image)
    disk.open()
    assert disk.info()["capacity"] == IMAGE_BYTES // 512
    assert disk.write(2, count=8, data=5)["outcome"] == "ok"
    assert disk.flush()["outcome"] == "ok"
    assert disk.read(2, count=8, data=5)["outcome"] == "ok"
    assert disk.verdict()["violations"] == []
    assert sha256(old_image) == before


def test_write_that_does_not_fit_changes_nothing(ringtrue, disk, new_image):
    before = sha256(disk)
    beyond = ("--image", disk, "--sector", 1)
    process = ringtrue("blk", "write", "--file", new_image, *beyond)
    assert process.returncode == bench.EXIT_USAGE
    assert sha256(disk) == before
