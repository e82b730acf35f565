# SPDX-License-Identifier: MIT
"""What becomes of a subject that is wrong, and how it is told."""

import re
import xml.etree.ElementTree

import bench
import pytest

TRANSFER = bench.vector("blk/1/transfer", bench.OPEN, bench.WRITE, bench.READ)
ONLY_OPEN = bench.vector("blk/2/only-open", bench.OPEN, bench.CLOSE)
OPEN_TWICE = bench.vector(
    "blk/3/open-twice", bench.OPEN, bench.CLOSE, bench.OPEN, bench.CLOSE
)
ALL = (TRANSFER, ONLY_OPEN, OPEN_TWICE)
DEADLINE_S = 1

each_scheduler = pytest.mark.parametrize("sched", bench.SCHEDULERS)


@pytest.fixture
def play(vectors, tmp_path):
    """play(.so, option, ...) runs the three cases above: process, report."""
    env = vectors(*ALL)

    def run(dut, *options):
        args = ("--dut", dut, "--deadline", DEADLINE_S, *options)
        return bench.report(tmp_path, *args, env=env)

    return run


def the_case(rep, case_id):
    (case,) = [case for case in rep["cases"] if case["id"] == case_id]
    return case


def clauses_broken(case):
    return {failure["clause"] for failure in case["failures"]}


# --- a subject that dies or hangs ---------------------------------------------------


@each_scheduler
@pytest.mark.parametrize(
    "name, verdict, reason",
    [
        ("segv_in_submit", "CRASH", "SIGSEGV|SEGV"),
        ("exit_in_submit", "CRASH", "exited with status 0 before"),
        ("endless_poll", "HUNG", "killed after 1 s"),
    ],
)
def test_end_of_the_subject_is_the_verdict_of_one_case(
    play, subject, sched, name, verdict, reason
):
    done, rep = play(subject(name), "--sched", sched)
    case = the_case(rep, TRANSFER["id"])
    assert case["verdict"] == verdict
    assert re.search(reason, case["reason"])
    others = {v for i, v in bench.verdicts(rep).items() if i != TRANSFER["id"]}
    assert others == {"PASS"}
    assert done.returncode == bench.EXIT_FAIL


def test_abort_in_open_is_a_crash_of_each_case(play, subject):
    done, rep = play(subject("abort_in_open"))
    assert bench.verdicts(rep) == {v["id"]: "CRASH" for v in ALL}
    assert done.returncode == bench.EXIT_FAIL


def test_crash_is_reported_with_what_the_subject_printed(play, subject):
    done, rep = play(subject("abort_in_open"))
    assert "last words" in the_case(rep, TRANSFER["id"])["output"]
    assert "last words" in done.stdout


def test_one_at_a_time_survives_a_crash_too(play, subject):
    _, rep = play(subject("segv_in_submit"), "--jobs", 1)
    assert rep["counts"]["cases"] == len(ALL)


# --- a subject that breaks a rule -----------------------------------------------------


@pytest.mark.parametrize(
    "name, clause",
    [
        ("completes_twice", "drv-2.7.7.1-5"),
        ("never_kicks", "drv-2.7.10.1-4"),
    ],
)
def test_broken_must_is_fail_with_its_clause(play, subject, name, clause):
    done, rep = play(subject(name))
    case = the_case(rep, TRANSFER["id"])
    assert case["verdict"] == "FAIL"
    assert clause in clauses_broken(case)
    assert done.returncode == bench.EXIT_FAIL


def test_breach_of_the_port_is_fail_without_a_clause(play, subject):
    _, rep = play(subject("unshares_twice"))
    case = the_case(rep, TRANSFER["id"])
    assert case["verdict"] == "FAIL"
    assert [f["clause"] for f in case["failures"]] == [None]
    assert "matches nothing" in case["failures"][0]["seen"]


def test_breach_of_the_port_is_not_forgotten(subject, vectors, tmp_path):
    """The log keeps the newest events only, and with --trace more of them."""
    poll = {"op": "idle", "us": 1000000}
    env = vectors(bench.vector("blk/1/long", bench.OPEN, bench.WRITE, poll))
    how = ("--dut", subject("unshares_twice"))
    done, rep = bench.report(tmp_path, *how, env=env)
    (case,) = rep["cases"]
    (failure,) = case["failures"]
    assert "matches nothing" in failure["seen"]
    assert case["events"] - failure["event"] > 1 << 14
    assert done.returncode == bench.EXIT_FAIL


@each_scheduler
def test_wrong_data_is_fail(play, subject, sched):
    _, rep = play(subject("wrong_sector"), "--sched", sched)
    case = the_case(rep, TRANSFER["id"])
    assert case["verdict"] == "FAIL"
    assert "data of seed 7 at byte 4096" in case["failures"][0]["expected"]


def test_failure_says_clause_expectation_and_what_was_seen(play, subject):
    _, rep = play(subject("never_kicks"))
    outcome, violation = the_case(rep, TRANSFER["id"])["failures"]
    for failure in (outcome, violation):
        assert failure["expected"] and failure["seen"]
    assert outcome["clause"] is None  # no clause says that it has to succeed
    assert violation["clause"] and violation["requirement"]


def test_broken_should_is_warn_and_passes(play, subject):
    done, rep = play(subject("ignores_generation"))
    assert bench.verdicts(rep) == {v["id"]: "WARN" for v in ALL}
    assert done.returncode == bench.EXIT_PASS
    case = the_case(rep, TRANSFER["id"])
    assert clauses_broken(case) == {"drv-2.5.1-3"}
    assert case["failures"][0]["level"] == "SHOULD"


def test_broken_should_is_fail_under_strict(play, subject):
    done, rep = play(subject("ignores_generation"), "--strict")
    assert bench.verdicts(rep) == {v["id"]: "FAIL" for v in ALL}
    assert done.returncode == bench.EXIT_FAIL
    assert all(case["replay"].endswith(" --deadline 1") for case in rep["cases"])
    assert all(" --strict " in case["replay"] for case in rep["cases"])


# --- a subject that is unusual, and right ---------------------------------------------


@each_scheduler
def test_driver_that_polls_and_wants_no_interrupt_passes(play, subject, sched):
    _, rep = play(subject("wants_no_interrupt"), "--sched", sched)
    for case in rep["cases"]:
        assert case["verdict"] == "PASS", bench.describe(case)


# --- a device that lies, to a driver that copes ------------------------------------


@each_scheduler
@pytest.mark.parametrize(
    "fault", ["used-id-out-of-range", "used-id-never-lent", "used-twice"]
)
def test_forged_used_entry_does_not_harm_the_reference_driver(
    vectors, tmp_path, sched, fault
):
    env = vectors(
        bench.vector(
            "ring/2.7.8/forged",
            bench.OPEN,
            {"op": "blk.read", "expect": "any"},
            {"op": "blk.read", "expect": ["RGT_E_PROTO", "RGT_E_STATE", "ok"]},
            {"op": "recover"},
            bench.WRITE,
            bench.READ,
            bench.CLOSE,
            device={"faults": [{"fault": fault, "count": 1}]},
        )
    )
    done, rep = bench.report(tmp_path, "--sched", sched, env=env)
    assert rep["counts"]["PASS"] == 1, bench.describe(rep["cases"][0])
    assert done.returncode == bench.EXIT_PASS


# --- exit codes -------------------------------------------------------------------


def test_exit_0_if_every_case_passes(play):
    done, rep = play("ringtrue")
    assert rep["counts"]["PASS"] == len(ALL)
    assert done.returncode == rep["exit_code"] == bench.EXIT_PASS


def test_exit_0_if_some_cases_are_skipped(play, subject):
    done, rep = play(subject("no_operations"))
    assert rep["counts"]["SKIP"] == 1
    assert rep["counts"]["PASS"] == len(ALL) - 1
    assert done.returncode == bench.EXIT_PASS


def test_exit_77_if_every_case_is_skipped(vectors, tmp_path, subject):
    env = vectors(TRANSFER)
    dut = subject("no_operations")
    done, rep = bench.report(tmp_path, "--dut", dut, env=env)
    assert rep["cases"][0]["verdict"] == "SKIP"
    assert rep["cases"][0]["reason"] == "subject has no blk.write"
    assert done.returncode == rep["exit_code"] == bench.EXIT_SKIP


def test_exit_3_if_a_fault_never_fires(vectors, tmp_path):
    device = {"faults": [{"fault": "blk-io-error", "nth": 1000}]}
    tested_nothing = bench.vector(
        "blk/4/no-fault", bench.OPEN, bench.READ | {"data": 0}, device=device
    )
    done, rep = bench.report(tmp_path, env=vectors(tested_nothing))
    assert rep["cases"][0]["verdict"] == "ERROR"
    assert "blk-io-error never fired" in rep["cases"][0]["reason"]
    assert done.returncode == rep["exit_code"] == bench.EXIT_BENCH


MARKED = bench.vector("blk/4/marked", bench.OPEN, bench.WRITE)


@each_scheduler
@pytest.mark.parametrize("sector, verdict", [(8, "PASS"), (9, "ERROR")])
def test_exit_3_if_a_situation_does_not_occur(
    vectors, tmp_path, sched, sector, verdict
):
    marks = [{"event": "request", "is": {"type": "write", "sector": sector}}]
    env = vectors(MARKED | {"marks": marks})
    done, rep = bench.report(tmp_path, "--sched", sched, env=env)
    (case,) = rep["cases"]
    assert case["verdict"] == verdict
    if verdict == "ERROR":
        assert re.fullmatch("mark request .* did not occur", case["reason"])
        assert done.returncode == rep["exit_code"] == bench.EXIT_BENCH


def test_what_is_up_to_the_driver_is_skipped(vectors, tmp_path):
    marks = [{"event": "irq", "at_least": 1000, "otherwise": "skip"}]
    done, rep = bench.report(tmp_path, env=vectors(MARKED | {"marks": marks}))
    assert rep["cases"][0]["verdict"] == "SKIP"
    assert done.returncode == bench.EXIT_SKIP


@pytest.mark.parametrize(
    "mark, complaint",
    [
        ({"event": "requests"}, "marks[0].event: expected the name of an event"),
        (
            {"event": "irq", "is": {"bit": 1}},
            "marks[0].is.bit: expected an argument of the event irq",
        ),
        (
            {"event": "done", "is": {"result": "IO"}},
            "marks[0].is.result: expected a number, or the name of a result",
        ),
    ],
)
def test_mark_that_no_event_can_be_is_refused(ringtrue, vectors, mark, complaint):
    done = ringtrue("run", env=vectors(MARKED | {"marks": [mark]}))
    assert done.returncode == bench.EXIT_USAGE
    assert complaint in done.stderr


# --- recovery -----------------------------------------------------------------------


@each_scheduler
def test_report_tells_who_recovered(vectors, tmp_path, sched):
    stuck = {"faults": [{"fault": "blk-stuck"}]}
    steps = [bench.OPEN, bench.READ | {"expect": "timeout"}, {"op": "score"}]
    env = vectors(bench.vector("blk/6/stuck", *steps, device=stuck), TRANSFER)
    done, rep = bench.report(tmp_path, "--sched", sched, env=env)
    scores = {case["id"]: case["score"] for case in rep["cases"]}
    assert scores["blk/1/transfer"] is None
    score = scores["blk/6/stuck"]
    assert score["recovered"] is True and score["by"] == "recover"
    for part in ("returned", "in_time", "memory", "io"):
        assert score[part]["held"] is True, score
    assert score["returned"]["seen"] == "1 in flight, all back"
    assert rep["recovery"] == {"scored": 1, "recovered": 1}
    assert "recovered 1 of 1\n" in done.stdout


@each_scheduler
@pytest.mark.parametrize("memory", bench.MEMORIES)
def test_driver_is_asked_to_recover_over_rpc(rig, sched, memory):
    server = rig("--sched", sched, "--memory", memory)
    server.start(device={"faults": [{"fault": "used-idx-jump", "count": 1}]})
    assert server.open()["outcome"] == "ok"
    assert server.write(8, data=7, expect="any")["outcome"] != "ok"
    assert server.score()["outcome"] == "ok"
    assert server.write(8, data=7)["outcome"] == "ok"
    assert server.score()["outcome"] == "ok"
    assert server.read(8, data=7)["outcome"] == "ok"
    assert server.close()["outcome"] == "ok"


def test_reason_to_skip_is_not_held_against_a_driver_that_fails(
    vectors, tmp_path, subject
):
    steps = [bench.OPEN, bench.WRITE | {"expect": "timeout"}, {"op": "recover"}]
    env = vectors(bench.vector("blk/5/both", *steps))
    done, rep = bench.report(tmp_path, "--dut", subject("never_kicks"), env=env)
    (case,) = rep["cases"]
    assert (case["verdict"], case["reason"]) == ("FAIL", None)
    assert clauses_broken(case) == {"drv-2.7.10.1-4"}
    assert "recover" not in done.stdout


def test_exit_2_if_no_case_matches(ringtrue):
    assert ringtrue("run", "no/such/case").returncode == bench.EXIT_USAGE


# --- reports agree ------------------------------------------------------------------


@pytest.fixture(params=["segv_in_submit", "ignores_generation", "no_operations"])
def mixed(request, subject):
    """A subject with more than one verdict among the three cases, or WARN."""
    return subject(request.param)


def table(stdout):
    """Section -> verdict -> number of cases, as printed."""
    lines = stdout.splitlines()
    head = next(k for k, line in enumerate(lines) if line.startswith("Section"))
    columns = lines[head].split()[2:]
    sections = {}
    for line in lines[head + 1 : lines.index("", head)]:
        words = line.split()
        numbers = [0 if w == "-" else int(w) for w in words[-len(columns) :]]
        sections[words[0]] = dict(zip(columns, numbers))
    return sections


def test_table_agrees_with_json(play, mixed):
    done, rep = play(mixed)
    counted = {}
    for case in rep["cases"]:
        row = counted.setdefault(case["section"], {"Cases": 0})
        row["Cases"] += 1
        name = case["verdict"].capitalize()
        row[name] = row.get(name, 0) + 1
    shown = table(done.stdout)
    assert shown.keys() == counted.keys()
    for section, row in shown.items():
        assert {k: n for k, n in row.items() if n} == counted[section]


def test_summary_line_agrees_with_json(play, mixed):
    done, rep = play(mixed)
    shown = bench.summary(done.stdout)
    for name, number in rep["counts"].items():
        assert shown.get(name.lower(), 0) == number, name


def test_counts_of_json_add_up(play, mixed):
    _, rep = play(mixed)
    counts = dict(rep["counts"])
    assert counts.pop("cases") == len(rep["cases"]) == sum(counts.values())
    for verdict, number in counts.items():
        assert number == list(bench.verdicts(rep).values()).count(verdict)


def test_junit_is_well_formed_and_agrees_with_json(play, mixed, tmp_path):
    path = tmp_path / "junit.xml"
    _, rep = play(mixed, "--junit", path)
    suite = xml.etree.ElementTree.parse(path).getroot().find("testsuite")
    counts = rep["counts"]
    bad = counts["FAIL"] + counts["CRASH"] + counts["HUNG"]
    for attribute, element, number in (
        ("tests", "testcase", counts["cases"]),
        ("failures", "testcase/failure", bad),
        ("errors", "testcase/error", counts["ERROR"]),
        ("skipped", "testcase/skipped", counts["SKIP"]),
    ):
        assert int(suite.get(attribute)) == number
        assert len(suite.findall(element)) == number
    names = {case.get("name") for case in suite.findall("testcase")}
    assert names == {v["id"] for v in ALL}


def test_junit_failure_begins_with_its_replay_line(play, subject, tmp_path):
    path = tmp_path / "junit.xml"
    _, rep = play(subject("segv_in_submit"), "--junit", path)
    root = xml.etree.ElementTree.parse(path).getroot()
    (failure,) = root.iter("failure")
    replay = the_case(rep, TRANSFER["id"])["replay"]
    assert failure.text.splitlines()[0] == replay
    assert failure.get("type") == "CRASH"


def test_repetitions_are_counted_one_by_one(play):
    _, rep = play("ringtrue", "--repeat", 5, "--seed", 10)
    seeds = [c["seed"] for c in rep["cases"] if c["id"] == TRANSFER["id"]]
    assert seeds == [10, 11, 12, 13, 14]
    assert rep["counts"]["cases"] == 5 * len(ALL)
