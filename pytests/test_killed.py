# SPDX-License-Identifier: MIT
"""A run that is killed or interrupted: who is left, and what can be read."""

import contextlib
import ctypes
import json
import os
import pathlib
import random
import signal
import subprocess
import time
import uuid

import bench
import pytest

MARK = "RINGTRUE_TEST_MARK"
PR_SET_CHILD_SUBREAPER = 36
SOON_S = 60


@pytest.fixture(autouse=True)
def orphans():
    """Orphans come to this process, to be reaped here and not by an init that
    may not care."""
    libc = ctypes.CDLL(None)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@contextlib.contextmanager
def started(*args, env=None):
    """A run that goes on, in a process group of its own; and what its processes
    have in their environment."""
    mark = f"{MARK}={uuid.uuid4()}"
    argv = [bench.BINARY, *map(str, args)]
    p = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(env or {}), MARK: mark.partition("=")[2]},
        start_new_session=True,
    )
    with p:
        try:
            yield p, mark.encode()
        finally:
            p.kill()
            for pid in marked(mark.encode()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def marked(mark):
    """Processes with that mark. What is dead has no environment."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


def until(condition, what):
    end = time.monotonic() + SOON_S
    while not (found := condition()):
        assert time.monotonic() < end, what
        os.sched_yield()
    return found


def reap_orphans():
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def lines_in(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def read_results(path):
    """Begin, cases and end (or None) of a results file, and whether its last
    line is whole."""
    *whole, rest = path.read_bytes().split(b"\n")
    records = [json.loads(line) for line in whole]
    begin = records[0]["begin"]
    end = records[-1].get("end")
    cases = [r["case"] for r in (records[1:-1] if end else records[1:])]
    return begin, cases, end, rest == b""


# --- killed ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sched", bench.SCHEDULERS)
def test_killed_run_leaves_results_and_nobody(tmp_path, sched, seed):
    results = tmp_path / "results.jsonl"
    enough = random.Random(seed).randrange(1, 200 if sched == "step" else 60)
    how = ("--sched", sched, "--repeat", 200, "--jobs", 4, "--results", results)
    reports = ("--json", tmp_path / "r.json", "--junit", tmp_path / "r.xml")
    with started("run", "blk/*", *how, *reports) as (p, mark):
        until(lambda: lines_in(results) > enough, "no results")
        assert len(until(lambda: marked(mark), "no process")) >= 1
        p.kill()
        assert p.wait(SOON_S) == -signal.SIGKILL
        until(lambda: not marked(mark), "somebody is left")
    reap_orphans()
    assert sorted(tmp_path.iterdir()) == [results]
    begin, cases, end, _ = read_results(results)
    assert begin["format"] == "ringtrue-results-1"
    assert len(cases) >= enough
    assert len(cases) < begin["cases"]
    assert end is None
    assert {case["verdict"] for case in cases} <= {"PASS", "SKIP"}
    assert len({(case["id"], case["seed"]) for case in cases}) == len(cases)


def test_what_a_subject_started_ends_with_a_killed_run(tmp_path):
    subject = bench.compile_subject(
        bench.SUBJECTS / "starts_a_process.c", tmp_path / "subject.so"
    )
    how = ("--dut", subject, "--jobs", 3, "--deadline", 60)
    with started("run", "blk/*", *how) as (p, mark):
        # the run, its keeper, three cases, and a process of each
        pids = until(lambda: len(m := marked(mark)) >= 8 and m, "no processes")
        p.kill()
        assert p.wait(SOON_S) == -signal.SIGKILL
        until(lambda: not marked(mark), f"somebody is left of {pids}")
        assert p.stdout.read() == "", "whoever reads this must not wait"
    reap_orphans()


def test_keeper_is_gone_after_a_run_in_good_order(tmp_path):
    with started("run", "init/2.1.1/*", "--repeat", 3) as (p, mark):
        p.communicate(timeout=SOON_S)
        assert p.returncode == bench.EXIT_PASS
        assert marked(mark) == []


# --- interrupted -------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("group", [False, True])
def test_interrupted_run_reports_what_was_done(tmp_path, number, group):
    results, report = tmp_path / "results.jsonl", tmp_path / "report.json"
    how = ("--repeat", 200, "--jobs", 4, "--results", results, "--json", report)
    with started("run", "blk/*", *how) as (p, mark):
        until(lambda: lines_in(results) > 20, "no results")
        # a terminal tells everybody in the group, kill(1) only one
        os.killpg(p.pid, number) if group else p.send_signal(number)
        text, _ = p.communicate(timeout=SOON_S)
        assert p.returncode == 128 + number
        assert marked(mark) == []
    interrupted = [line for line in text.splitlines() if "interrupted" in line]
    assert len(interrupted) == 1
    begin, cases, end, whole = read_results(results)
    assert whole
    assert end["complete"] is False
    assert end["exit_code"] == 128 + number
    assert end["counts"]["cases"] == len(cases) < begin["cases"]
    rep = json.loads(report.read_text())
    assert rep["complete"] is False
    by_id = {(c["id"], c["seed"]): c["verdict"] for c in rep["cases"]}
    assert by_id == {(c["id"], c["seed"]): c["verdict"] for c in cases}


# --- as it is written --------------------------------------------------------------


def test_results_are_those_of_the_report(tmp_path):
    results = tmp_path / "results.jsonl"
    done, rep = bench.report(tmp_path, "init/*", "--results", results)
    assert done.returncode == bench.EXIT_PASS
    begin, cases, end, whole = read_results(results)
    assert whole
    assert begin["cases"] == len(cases) == end["counts"]["cases"]
    assert begin["setup"] == rep["setup"]
    assert end["complete"] is True
    assert sorted(cases, key=lambda c: c["id"]) == sorted(
        rep["cases"], key=lambda c: c["id"]
    )


def test_results_that_cannot_be_written_are_an_error(ringtrue):
    done = ringtrue("run", "init/2.1.1/*", "--results", "/dev/full")
    assert done.returncode == bench.EXIT_BENCH
    complaint = "ringtrue: run: --results: cannot write '/dev/full': No space left"
    assert complaint in done.stderr
    done = ringtrue("run", "init/2.1.1/*", "--results", "/no/such/place")
    assert done.returncode == bench.EXIT_USAGE
    assert done.stdout == ""
