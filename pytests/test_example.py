# SPDX-License-Identifier: MIT
"""The example subject: built as its README says, conforming as a driver of
its own, and so a second witness that the bench accuses nobody wrongly."""

import os
import re
import shlex
import subprocess

import bench
import pytest

each_run = pytest.mark.parametrize(
    "how",
    [
        (),
        ("--memory", "guarded"),
        ("--memory", "bounce", "--sched", "threads"),
    ],
)
IDS = [bench.vector_id(path) for path in bench.vector_paths()]

# What a driver should do, and this one is too small for.
SHOULDS_LEFT_OUT = {"init/6.1/ring-packed-accepted"}
SOURCE_LINES_MAX = 400


def documented_commands():
    text = (bench.EXAMPLES / "README.md").read_text()
    (block,) = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    return [shlex.split(line) for line in block.splitlines()]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Where the commands run: like the root of the project, but writable."""
    path = tmp_path_factory.mktemp("root")
    for part in ("harness", "driver"):
        os.symlink(bench.REPO / part, path / part)
    build, *_ = documented_commands()
    subprocess.run(build, cwd=path, check=True, timeout=60)
    return path


@pytest.fixture(scope="session")
def cases(folder, tmp_path_factory):
    """(sched, memory) -> case id -> its entry in the report."""
    reports = {}
    for sched in bench.SCHEDULERS:
        for memory in bench.MEMORIES:
            how = ("--sched", sched, "--memory", memory)
            _, rep = bench.report(
                tmp_path_factory.mktemp("report"),
                *("--dut", folder / "minimal.so", *how, *bench.PATIENT),
            )
            reports[sched, memory] = {case["id"]: case for case in rep["cases"]}
    return reports


def test_documented_build_says_nothing(folder):
    build, *_ = documented_commands()
    strict = [*build, "-Wall", "-Wextra", "-Wpedantic", "-std=c11"]
    done = subprocess.run(
        strict, cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_documented_runs_find_nothing_wrong(folder):
    _, *runs = documented_commands()
    assert runs
    for argv in runs:
        assert argv[0] == "ringtrue"
        done = bench.run(*argv[1:], *bench.PATIENT, cwd=folder)
        assert done.returncode == bench.EXIT_PASS, done.stdout


def test_example_is_read_in_one_sitting():
    lines = (bench.EXAMPLES / "minimal.c").read_text().splitlines()
    assert len(lines) <= SOURCE_LINES_MAX


@pytest.mark.parametrize("memory", bench.MEMORIES)
@pytest.mark.parametrize("sched", bench.SCHEDULERS)
@pytest.mark.parametrize("case_id", IDS)
def test_example_passes_or_has_a_reason_to_be_skipped(
    cases, case_id, sched, memory
):
    case = cases[sched, memory][case_id]
    if case_id in SHOULDS_LEFT_OUT:
        assert case["verdict"] == "WARN", bench.describe(case)
        return
    assert case["verdict"] in ("PASS", "SKIP"), bench.describe(case)
    assert case["verdict"] == "PASS" or case["reason"]


def test_what_the_example_lacks_is_skip_and_never_pass(vectors, tmp_path, folder):
    env = vectors(
        bench.vector("blk/1/recover", bench.OPEN, {"op": "recover"}, bench.CLOSE)
    )
    done, rep = bench.report(tmp_path, "--dut", folder / "minimal.so", env=env)
    assert rep["cases"][0]["verdict"] == "SKIP"
    assert rep["cases"][0]["reason"] == "subject cannot recover"
    assert done.returncode == bench.EXIT_SKIP


def test_event_fields_of_the_largest_ring_overlap_nothing(
    vectors, tmp_path, folder
):
    """The device writes avail_event whether it is negotiated or not (2.7)."""
    device = {"queue_size": 256, "faults": [{"fault": "event-garbage"}]}
    device["features"] = ["VERSION_1", "FLUSH"]
    many = {"op": "blk.batch", "requests": [bench.READ] * 40}
    steps = [bench.OPEN, bench.WRITE, many, bench.CLOSE]
    env = vectors(bench.vector("ring/2.7/largest", *steps, device=device))
    _, rep = bench.report(tmp_path, "--dut", folder / "minimal.so", env=env)
    (case,) = rep["cases"]
    assert case["verdict"] == "PASS", bench.describe(case)


def test_example_moves_data(folder, tmp_path):
    data = bytes(k % 251 for k in range(300 * 512))
    disk, source, out = (tmp_path / n for n in ("disk", "source", "out"))
    disk.write_bytes(bytes(1024 * 512))
    source.write_bytes(data)
    how = ("--image", disk, "--sector", 100, "--dut", folder / "minimal.so")
    write = bench.run("blk", "write", "--file", source, *how)
    assert write.returncode == bench.EXIT_PASS, write.stderr
    read = bench.run("blk", "read", "--file", out, "--count", 300, *how)
    assert read.returncode == bench.EXIT_PASS, read.stderr
    assert out.read_bytes() == data


@each_run
def test_driver_that_copies_through_a_pool_is_not_accused(subject, how):
    dut = subject("copies_through_a_pool")
    done = bench.run("run", "--dut", dut, *how, *bench.PATIENT)
    assert done.returncode == bench.EXIT_PASS, done.stdout
