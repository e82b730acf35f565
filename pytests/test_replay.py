# SPDX-License-Identifier: MIT
"""A failure comes with the command that reproduces it, and a step run is a
pure function of case and seed."""

import json

import bench
import pytest

BATCH = {
    "op": "blk.batch",
    "requests": [
        {"op": "blk.write", "sector": 8 * k, "count": 8, "data": k + 1}
        for k in range(8)
    ],
}
SHUFFLED = {"order": "shuffle", "hold": 3, "latency_us": 20}

CASES = (
    bench.vector("blk/1/transfer", bench.OPEN, bench.WRITE, bench.READ),
    bench.vector("blk/2/batch", bench.OPEN, BATCH, device=SHUFFLED),
)


@pytest.fixture
def env(vectors):
    return vectors(*CASES)


# --- the printed command ------------------------------------------------------------


@pytest.mark.parametrize(
    "name, options",
    [
        ("wrong_sector", ()),
        ("wrong_sector", ("--seed", 42)),
        ("wrong_sector", ("--memory", "bounce")),
        ("wrong_sector", ("--sched", "threads")),
        ("ignores_generation", ("--strict",)),
        ("ignores_generation", ()),
        ("completes_twice", ("--seed", 7)),
        ("abort_in_open", ()),
        ("endless_poll", ("--deadline", 1)),
    ],
)
def test_printed_command_reproduces_the_failure(
    ringtrue, subject, env, name, options
):
    first = ringtrue("run", "--dut", subject(name), *options, env=env)
    blocks = bench.failure_blocks(first.stdout)
    assert blocks
    for line, block in blocks.items():
        again = ringtrue(*bench.replay_argv(line), env=env)
        assert bench.failure_blocks(again.stdout) == {line: block}


def test_failure_begins_with_its_replay_command(ringtrue, subject, env, tmp_path):
    done, rep = bench.report(
        tmp_path, "--dut", subject("wrong_sector"), "--seed", 5, env=env
    )
    bad = {c["replay"] for c in rep["cases"] if c["verdict"] == "FAIL"}
    assert bad == set(bench.failure_blocks(done.stdout))


def test_replay_command_survives_a_shell(ringtrue, subject, env, tmp_path):
    odd = tmp_path / "it's a $HOME; *" / "dut.so"
    odd.parent.mkdir()
    odd.write_bytes(subject("wrong_sector").read_bytes())
    first = ringtrue("run", "--dut", odd, env=env)
    (line,) = bench.failure_blocks(first.stdout)
    assert bench.replay_argv(line)[3] == str(odd)
    again = ringtrue(*bench.replay_argv(line), env=env)
    assert line in bench.failure_blocks(again.stdout)


# --- the trace --------------------------------------------------------------------


@pytest.fixture
def trace(ringtrue, tmp_path):
    """trace(option, ...) -> bytes of the --trace file of a run in step."""

    def run(*options, **more):
        path = tmp_path / "trace"
        done = ringtrue("run", "--trace", path, *bench.PATIENT, *options, **more)
        assert done.returncode in (bench.EXIT_PASS, bench.EXIT_BENCH), done.stderr
        return path.read_bytes()

    return run


def by_case(data):
    """Case id -> lines, whatever the order in which cases came to their end."""
    cases = {}
    for line in data.decode().splitlines():
        event = json.loads(line)
        if "case" in event:
            lines = cases.setdefault(event["case"], [])
        lines.append(line)
    return cases


def test_same_seed_gives_the_same_trace_byte_for_byte(trace):
    first = trace("--seed", 42, "--jobs", 1)
    assert first == trace("--seed", 42, "--jobs", 1)
    assert len(by_case(first)) == len(bench.vector_paths())


@pytest.mark.parametrize("memory", (*bench.MEMORIES, "guarded"))
def test_trace_does_not_depend_on_the_number_of_jobs(trace, memory):
    alone = trace("--memory", memory, "--jobs", 1, *bench.PATIENT)
    crowded = trace("--memory", memory, "--jobs", 8, *bench.PATIENT)
    assert by_case(alone) == by_case(crowded)


def test_trace_of_a_case_does_not_depend_on_the_others(trace, env):
    together = by_case(trace("--jobs", 1, env=env))
    for case in CASES:
        alone = by_case(trace(case["id"], env=env))
        assert alone[case["id"]] == together[case["id"]]


def test_another_seed_gives_another_trace(trace, env):
    def events(seed):
        case = by_case(trace("blk/2/batch", "--seed", seed, env=env))
        return case["blk/2/batch"][1:]  # without the header, which names it

    assert len({"\n".join(events(seed)) for seed in range(8)}) > 1


def test_trace_is_complete_and_in_order(trace, env):
    for lines in by_case(trace(env=env)).values():
        header, *events = map(json.loads, lines)
        assert header["dropped"] == 0
        assert header["events"] == len(events)
        times = [e["t"] for e in events if "t" in e]
        assert times == sorted(times)
