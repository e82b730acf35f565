# SPDX-License-Identifier: MIT
"""`run --matrix`: every case in every combination that cannot change what it is
about, each with an id that replays it."""

import itertools
import json
import os
import pty
import re
import shlex
import subprocess

import bench
import pytest

FREE = bench.vector("blk/1/free", bench.OPEN, bench.WRITE, bench.READ)
FIXED = bench.vector(
    "blk/2/fixed",
    bench.OPEN,
    bench.READ | {"data": 0},
    device={"features": ["VERSION_1"], "queue_size": 16},
)
TWO = (FREE, FIXED)
KEYS = ["ring", "indirect", "event_idx", "in_order", "size", "memory", "sched"]
BAD = {"FAIL", "WARN", "CRASH", "HUNG", "ERROR"}
POWERS_OF_2 = {1 << k for k in range(16)}
MATRIX_DEADLINE_S = 600


@pytest.fixture
def env(vectors):
    return vectors(*TWO)


@pytest.fixture(scope="module")
def pairwise(tmp_path_factory):
    """The report of every case of the project in pairwise combinations."""
    folder = tmp_path_factory.mktemp("pairwise")
    return bench.report(
        folder, "--matrix", "pairwise", deadline=MATRIX_DEADLINE_S
    )


def of_vector(rep, vector):
    return [c for c in rep["cases"] if c["vector"] == vector["id"]]


def has(case, **values):
    return all(case["combination"].get(k) == v for k, v in values.items())


# --- what is run ------------------------------------------------------------------


def test_reference_driver_passes_pairwise(pairwise):
    done, rep = pairwise
    for case in rep["cases"]:
        assert case["verdict"] not in BAD, bench.describe(case)
    assert {c["vector"] for c in rep["cases"]} == set(
        map(bench.vector_id, bench.vector_paths())
    )
    assert done.returncode == bench.EXIT_PASS


def test_every_vector_passes_in_some_combination(pairwise):
    _, rep = pairwise
    passed = {c["vector"] for c in rep["cases"] if c["verdict"] == "PASS"}
    assert passed == {c["vector"] for c in rep["cases"]}


def test_id_names_the_combination(pairwise):
    _, rep = pairwise
    for case in rep["cases"]:
        pairs = [f"{k}={v}" for k, v in case["combination"].items()]
        assert case["id"] == f"{case['vector']}@{','.join(pairs)}"
        assert [k for k in KEYS if k in case["combination"]] == list(
            case["combination"]
        )
        assert shlex.quote(case["id"]) == case["id"]
    ids = [case["id"] for case in rep["cases"]]
    assert len(ids) == len(set(ids))


def test_odd_sizes_are_for_packed_rings(pairwise):
    _, rep = pairwise
    odd = [
        c
        for c in rep["cases"]
        if c["combination"].get("size", 1) not in POWERS_OF_2
    ]
    assert odd
    assert not [c["id"] for c in odd if has(c, ring="split")]


def test_full_matrix_holds_every_pairwise_combination(tmp_path, env):
    full, pairs = (
        {c["id"] for c in bench.report(tmp_path, "--matrix", kind, env=env)[1]["cases"]}
        for kind in ("full", "pairwise")
    )
    assert pairs < full
    bare = bench.report(tmp_path, "--matrix", env=env)[1]
    assert {c["id"] for c in bare["cases"]} == full


def test_pairwise_meets_every_pair_of_the_full_matrix(tmp_path, env):
    def pairs_of(kind):
        rep = bench.report(tmp_path, "--matrix", kind, env=env)[1]
        return {
            (c["vector"], pair)
            for c in rep["cases"]
            for pair in itertools.combinations(c["combination"].items(), 2)
        }

    assert pairs_of("pairwise") == pairs_of("full")


def test_vector_is_not_multiplied_along_what_it_fixes(tmp_path, env):
    _, rep = bench.report(tmp_path, "--matrix", env=env)
    fixed = of_vector(rep, FIXED)
    assert {tuple(c["combination"]) for c in fixed} == {("memory", "sched")}
    assert len(fixed) == 4
    assert {c["verdict"] for c in fixed} == {"PASS"}
    assert {tuple(c["combination"]) for c in of_vector(rep, FREE)} == {tuple(KEYS)}


def test_applies_if_says_what_is_tried(tmp_path, vectors):
    env = vectors(
        FIXED
        | {"applies_if": {"event_idx": "any", "size": [8, 16], "sched": ["step"]}}
    )
    _, rep = bench.report(tmp_path, "--matrix", env=env)
    assert {tuple(c["combination"]) for c in rep["cases"]} == {
        ("event_idx", "size", "memory", "sched")
    }
    assert {c["combination"]["size"] for c in rep["cases"]} == {8, 16}
    assert {c["combination"]["sched"] for c in rep["cases"]} == {"step"}
    assert len(rep["cases"]) == 8
    _, rep = bench.report(tmp_path, "--sched", "threads", env=env)
    (case,) = rep["cases"]
    assert case["verdict"] == "SKIP"
    assert "sched=threads is not possible" in case["reason"]


@pytest.mark.parametrize("kind", ["pairwise", "full"])
def test_option_holds_its_dimension_fast(tmp_path, env, kind):
    options = ("--matrix", kind, "--sched", "threads", "--memory", "bounce")
    _, rep = bench.report(tmp_path, *options, env=env)
    for case in rep["cases"]:
        assert not {"sched", "memory"} & set(case["combination"])
        assert "--sched threads" in case["replay"]
        assert "--memory bounce" in case["replay"]


def test_argument_holds_its_dimensions_fast(tmp_path, env):
    arg = "blk/1/*@sched=step,ring=split,size=8"
    _, rep = bench.report(tmp_path, "--matrix", arg, env=env)
    assert len(rep["cases"]) == 16
    assert all(has(c, ring="split", size=8, sched="step") for c in rep["cases"])


def test_pattern_chooses_the_vectors_that_can_be_run_so(tmp_path, env):
    _, rep = bench.report(tmp_path, "*@size=32", env=env)
    assert [c["id"] for c in rep["cases"]] == ["blk/1/free@size=32"]


def test_same_combination_is_run_once(tmp_path, env):
    args = ("blk/1/free@size=8", "blk/*@size=8", "blk/1/free@size=16")
    _, rep = bench.report(tmp_path, *args, env=env)
    assert [c["id"] for c in rep["cases"]] == [
        "blk/1/free@size=8",
        "blk/1/free@size=16",
    ]


def test_script_of_a_liar_keeps_its_layout(tmp_path):
    done, rep = bench.report(
        tmp_path, "--dut", "liar", "--matrix", deadline=MATRIX_DEADLINE_S
    )
    assert done.returncode == bench.EXIT_PASS
    assert {tuple(c["combination"]) for c in rep["cases"]} == {("memory", "sched")}
    assert {c["verdict"] for c in rep["cases"]} == {"PASS"}


@pytest.mark.parametrize("jobs", [1, 7])
def test_verdicts_do_not_depend_on_the_number_of_jobs(tmp_path, env, jobs):
    runs = [
        bench.verdicts(
            bench.report(tmp_path, "--matrix", "pairwise", *more, env=env)[1]
        )
        for more in ((), ("--jobs", jobs))
    ]
    assert list(runs[0].items()) == list(runs[1].items())


# --- who takes part -----------------------------------------------------------------


@pytest.fixture(scope="module")
def minimal(tmp_path_factory):
    """The example of a subject: a split ring and no feature of it."""
    target = tmp_path_factory.mktemp("minimal") / "minimal.so"
    return bench.compile_subject(bench.EXAMPLES / "minimal.c", target)


@pytest.mark.parametrize(
    "combo, reason",
    [
        ("ring=packed", "subject does not accept RING_PACKED"),
        ("ring=packed,size=7", "subject does not accept RING_PACKED"),
        ("indirect=on", "subject does not accept INDIRECT_DESC"),
        ("event_idx=on", "subject does not accept EVENT_IDX"),
        ("in_order=on", "subject does not accept IN_ORDER"),
        ("size=32768", r"subject makes queues of \d+ entries, not of the size named"),
    ],
)
def test_combination_that_is_not_negotiated_is_skipped(
    tmp_path, env, minimal, combo, reason
):
    arg = f"blk/1/free@{combo}"
    done, rep = bench.report(tmp_path, arg, "--dut", minimal, env=env)
    (case,) = rep["cases"]
    assert case["verdict"] == "SKIP"
    assert re.fullmatch(reason, case["reason"])
    assert done.returncode == bench.EXIT_SKIP


def test_what_passes_was_negotiated(tmp_path, env, minimal):
    options = ("--matrix", "--sched", "step", "--dut", minimal)
    _, rep = bench.report(tmp_path, "blk/1/free", *options, env=env)
    passed = [c for c in rep["cases"] if c["verdict"] == "PASS"]
    assert passed
    for case in passed:
        assert has(case, ring="split", indirect="off", event_idx="off", in_order="off")
    assert {c["verdict"] for c in rep["cases"]} == {"PASS", "SKIP"}


# --- one line replays ---------------------------------------------------------------


def test_id_of_a_case_runs_that_case_alone(tmp_path, env):
    _, rep = bench.report(tmp_path, "--matrix", "pairwise", env=env)
    for case in rep["cases"]:
        _, again = bench.report(tmp_path, case["id"], env=env)
        (only,) = again["cases"]
        assert only["id"] == case["id"]
        assert only["verdict"] == case["verdict"]
        assert only["replay"].startswith(f"ringtrue run {case['id']} ")


@pytest.fixture
def failing(tmp_path, env, subject):
    """A driver that asks for the wrong sector, in a matrix: process, report."""
    case = "blk/1/free@ring=split,indirect=off,event_idx=off,in_order=off"
    args = ("--dut", subject("wrong_sector"), "--matrix", case)
    return bench.report(tmp_path, *args, env=env)


def test_failures_alike_are_told_once_with_all_replay_lines(failing):
    done, rep = failing
    fails = [c["replay"] for c in rep["cases"] if c["verdict"] == "FAIL"]
    assert len(fails) > 1
    (block,) = bench.failure_blocks(done.stdout).items()
    others = re.findall(r"^    (ringtrue run .*)$", block[1], re.M)
    assert [block[0], *others] == fails
    assert f"  The same in {len(others)} more of {len(rep['cases'])}" in block[1]


def test_replay_line_of_a_combination_reproduces_it(failing, ringtrue, env):
    done, rep = failing
    for case in rep["cases"]:
        if case["verdict"] != "FAIL":
            continue
        again = ringtrue(*bench.replay_argv(case["replay"]), env=env)
        assert again.returncode == bench.EXIT_FAIL
        (line,) = bench.failure_blocks(again.stdout)
        assert line == case["replay"]


def test_junit_and_trace_have_the_id_of_the_case(tmp_path, ringtrue, env):
    ids = ["blk/1/free@ring=split,size=8", "blk/1/free@event_idx=off"]
    junit, trace = tmp_path / "junit.xml", tmp_path / "trace"
    ringtrue("run", *ids, "--junit", junit, "--trace", trace, env=env)
    for case_id in ids:
        assert f'name="{case_id}"' in junit.read_text()
    traced = [json.loads(line) for line in trace.read_text().splitlines()]
    assert {line["case"] for line in traced if "case" in line} == set(ids)


# --- the terminal -------------------------------------------------------------------


def test_summary_counts_combinations(pairwise):
    done, rep = pairwise
    cases, vectors = len(rep["cases"]), len(bench.vector_paths())
    last = done.stdout.rstrip("\n").rsplit("\n", 1)[-1]
    assert last.startswith(f"{cases} combinations of {vectors} cases: ")
    assert "matrix pairwise" in done.stdout.split("\n", 1)[0]
    assert rep["setup"]["matrix"] == "pairwise"
    for line in done.stdout.splitlines():
        assert len(line) <= 80 or "ringtrue run " in line


def drain(fd):
    """Everything that is written to a terminal until it is closed."""
    text = b""
    while True:
        try:
            part = os.read(fd, 65536)
        except OSError:  # Linux: EIO when the other side is gone
            return text.decode()
        if not part:
            return text.decode()
        text += part


def test_terminal_gets_a_bar(env):
    terminal, other_side = pty.openpty()
    process = subprocess.Popen(
        [bench.BINARY, "run", "--matrix", "--jobs", "1"],
        stdout=subprocess.DEVNULL,
        stderr=other_side,
        env={**os.environ, **env, "TERM": "xterm"},
    )
    os.close(other_side)
    try:
        shown = drain(terminal)
        assert process.wait(bench.RUN_DEADLINE_S) == bench.EXIT_PASS
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    lines = shown.split("\r\x1b[K")
    assert lines[-1] == ""  # gone in the end
    bars = [re.match(r"\[#*\.*\] (\d+) of (\d+) cases, 0 failed", b) for b in lines[1:-1]]
    assert bars and all(bars)
    counts = [int(bar[1]) for bar in bars]
    assert counts == sorted(counts)


# --- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "arg, words",
    [
        ("blk/1/free@rnig=packed", "expected one of ring, indirect"),
        ("blk/1/free@ring=round", "ring: expected split or packed, found 'round'"),
        ("blk/1/free@size=0", "size: expected 1 to 32768, found '0'"),
        ("blk/1/free@size=40000", "size: expected 1 to 32768, found '40000'"),
        ("blk/1/free@size=-8", "size: expected 1 to 32768, found '-8'"),
        ("blk/1/free@in_order=yes", "in_order: expected off or on, found 'yes'"),
        ("blk/1/free@", "expected key=value, found ''"),
        ("blk/1/free@ring", "expected key=value, found 'ring'"),
        ("blk/1/free@size=8,size=8", "size is given twice"),
        ("blk/1/free@size=7", "a split ring has a power of 2 of entries"),
        ("blk/1/free@ring=split,size=7", "a split ring has a power of 2 of entries"),
        ("blk/1/free@size=2", "it needs queues of 3 entries"),
        ("blk/2/fixed@ring=packed", "its device lists the features"),
        ("blk/2/fixed@size=8", "its device has a queue size"),
        ("blk/2/*@size=8", "its device has a queue size"),
        ("blk/*@size=2", "not possible for any case that matches"),
        ("no/such@size=8", "no case matches 'no/such'"),
    ],
)
@pytest.mark.parametrize("matrix", [[], ["--matrix"]])
def test_combination_that_cannot_be_is_one_line(ringtrue, env, matrix, arg, words):
    process = ringtrue("run", *matrix, "blk/1/free", arg, env=env)
    assert process.returncode == bench.EXIT_USAGE
    assert process.stdout == ""
    assert process.stderr.startswith("ringtrue: run: ")
    assert process.stderr.count("\n") == 1
    assert words in process.stderr
    assert arg.split("@")[0] in process.stderr


@pytest.mark.parametrize(
    "args, words",
    [
        (["--matrix=some"], "--matrix: expected pairwise|full, found 'some'"),
        (["--matrix", "some"], "no case matches 'some'"),
        (
            ["--sched", "step", "blk/1/free@sched=threads"],
            "'blk/1/free@sched=threads' contradicts --sched step",
        ),
        (
            ["--memory", "bounce", "blk/1/free@memory=direct"],
            "'blk/1/free@memory=direct' contradicts --memory bounce",
        ),
        (["--dut", "liar", "blk/1/free@size=8"], "written for one layout"),
    ],
)
def test_matrix_that_cannot_be_is_one_line(ringtrue, env, args, words):
    process = ringtrue("run", *args, env=env)
    assert process.returncode == bench.EXIT_USAGE
    assert process.stdout == ""
    assert process.stderr.count("\n") == 1
    assert words in process.stderr


@pytest.mark.parametrize(
    "applies_if, words",
    [
        ({"size": [8]}, "applies_if.size: expected the device's own"),
        ({"ring": ["packed"]}, "applies_if.ring: expected the device's own"),
        ({"size": []}, "applies_if.size"),
        ({"size": [0, 64]}, "applies_if.size"),
        ({"size": [40000, 64]}, "applies_if.size"),
        ({"ring": ["round"]}, "applies_if.ring"),
        ({"ring": "split"}, "applies_if.ring"),
        ({"rnig": "any"}, "rnig"),
        ([], "applies_if"),
    ],
)
def test_applies_if_that_cannot_be_is_named(ringtrue, vectors, applies_if, words):
    env = vectors(FREE | {"applies_if": applies_if})
    process = ringtrue("run", env=env)
    assert process.returncode == bench.EXIT_USAGE
    assert process.stderr.count("\n") == 1
    assert re.search(r"free\.json:\d+: ", process.stderr)
    assert words in process.stderr
