# SPDX-License-Identifier: MIT
"""Who touches memory that the device has is named, with both events."""

import json
import re

import bench
import pytest

# Each request is with the device for a while.
SLOW = bench.vector(
    "blk/1/slow",
    bench.OPEN,
    bench.WRITE,
    bench.READ,
    device={"latency_us": 50000},
)
CLAUSE = "prose-2.7.13.3-1"

each_scheduler = pytest.mark.parametrize("sched", bench.SCHEDULERS)


@pytest.fixture
def play(vectors, tmp_path):
    """play(.so, option, ...): process, the one case, its events by number."""
    env = vectors(SLOW)
    trace = tmp_path / "trace.jsonl"

    def run(dut, *options):
        args = ("--dut", dut, "--trace", trace, *options)
        done, rep = bench.report(tmp_path, *args, env=env)
        lines = trace.read_text().splitlines()[1:]
        events = {e["n"]: e for e in map(json.loads, lines)}
        return done, rep["cases"][0], events

    return run


def convict(case, events):
    """The trespass that a failure tells of; that data are wrong is another."""
    assert case["verdict"] == "FAIL"
    (failure,) = [f for f in case["failures"] if f["clause"]]
    assert failure["clause"] == CLAUSE
    lent, found = map(int, re.findall(r"at event (\d+)", failure["seen"]))
    assert events[lent]["ev"] == "chain"
    assert events[found]["ev"] == "trespass"
    assert events[found]["since"] == lent
    assert failure["event"] == found
    return events[found]


@each_scheduler
@pytest.mark.parametrize("memory", ["direct", "bounce", "guarded"])
def test_write_into_a_lent_buffer_fails_the_run(play, subject, memory, sched):
    done, case, events = play(
        subject("writes_lent"), "--memory", memory, "--sched", sched
    )
    how = convict(case, events)["how"]
    exact = "driver wrote what the device reads"
    assert how == (exact if memory == "guarded" else exact.replace("wrote", "changed"))
    assert done.returncode == bench.EXIT_FAIL


@each_scheduler
def test_look_at_a_lent_buffer_fails_the_run_in_guarded_memory(play, subject, sched):
    done, case, events = play(
        subject("reads_lent"), "--memory", "guarded", "--sched", sched
    )
    assert convict(case, events)["how"] == "driver read what the device writes"
    assert done.returncode == bench.EXIT_FAIL


def test_look_at_a_lent_buffer_is_not_seen_otherwise(play, subject):
    done, case, _ = play(subject("reads_lent"))
    assert case["verdict"] == "PASS"
    assert done.returncode == 0


def test_run_in_guarded_memory_goes_on_after_a_touch(play, subject):
    _, _, events = play(subject("writes_lent"), "--memory", "guarded")
    assert [e["result"] for e in events.values() if e["ev"] == "done"] == [0, 0]


@each_scheduler
def test_crash_in_guarded_memory_is_a_crash(play, subject, sched):
    _, case, _ = play(
        subject("segv_in_submit"), "--memory", "guarded", "--sched", sched
    )
    assert case["verdict"] == "CRASH"
