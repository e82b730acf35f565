# SPDX-License-Identifier: MIT
"""ringtrue faults, which vectors have them, and faults that a command line adds
to a case."""

import collections
import functools
import json
import re

import pytest
from bench import (
    CLOSE,
    EXIT_BENCH,
    EXIT_FAIL,
    EXIT_PASS,
    EXIT_SKIP,
    EXIT_USAGE,
    OPEN,
    PATIENT,
    READ,
    WRITE,
    replay_argv,
    report,
    run,
    vector,
    vector_paths,
    write_vectors,
)

HEAD = re.compile(r"^([a-z][a-z0-9-]*)(?:=\w+)?, (?:legal|fails|lies|breaks)$", re.M)
UNUSUAL = "# unusual but legal, and no fault\n\n"


@pytest.fixture
def case(tmp_path):
    """A vector of a write and a read: arguments for `run`, environment."""
    v = vector("blk/3.1.1/write-read", OPEN, WRITE, READ, CLOSE)
    return write_vectors(tmp_path, v)


def test_every_fault_is_listed_with_what_it_means():
    text = run("faults").stdout
    names = HEAD.findall(text)
    assert len(names) == len(set(names)) >= 30
    assert text.count("    device  ") == text.count("    driver  ") == len(names)
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_pattern_chooses():
    assert HEAD.findall(run("faults", "irq-los*", "wrong-m*").stdout) == [
        "wrong-magic",
        "irq-lost",
    ]


def unusual():
    """Name -> {label: text} of what is unusual and no fault."""
    entries = {}
    for line in run("faults").stdout.split(UNUSUAL)[1].splitlines():
        if line and not line.startswith(" "):
            last = entries[line] = collections.defaultdict(str)
        elif line:
            label = line[4:12].strip() or label
            last[label] += line[12:] + " "
    return entries


def test_what_is_unusual_is_listed_with_how_to_ask_for_it():
    entries = unusual()
    assert len(entries) >= 12
    for name, entry in entries.items():
        assert set(entry) <= {"is", "vector", "command"}, name
        assert entry["is"] and (entry["vector"] or entry["command"]), name
        for fault in re.findall(r"--fault ([a-z-]+)", entry["command"]):
            assert fault in HEAD.findall(run("faults", fault).stdout)


@pytest.mark.parametrize("sched", ["step", "threads"])
def test_what_is_unusual_is_worked_through(tmp_path, sched):
    made = []
    for name, entry in unusual().items():
        device = json.loads("{" + entry["vector"] + "}")
        if not device or device.get("type") == "snd":
            continue
        steps = (OPEN, {"op": "blk.batch", "requests": [WRITE, WRITE]}, READ, CLOSE)
        made.append(vector(f"blk/3.1.1/{name}", *steps, device=device))
    assert len(made) >= 10
    done, _ = report(tmp_path, "--sched", sched, env=write_vectors(tmp_path, *made))
    assert done.returncode == EXIT_PASS, done.stdout + done.stderr


# --- in vectors -------------------------------------------------------------------


def is_added(step):
    return step["op"] == "fault.add"


@functools.cache
def faulty():
    """Id -> vector, of those in whose steps something goes wrong."""
    vectors = [json.loads(path.read_text()) for path in vector_paths()]
    return {
        v["id"]: v
        for v in vectors
        if v.get("device", {}).get("faults") or any(map(is_added, v["steps"]))
    }


def test_every_vector_with_a_fault_has_two_halves():
    for name, v in faulty().items():
        assert "score" in [step["op"] for step in v["steps"]], name


def test_every_fault_fires_in_a_vector(tmp_path):
    trace = tmp_path / "trace.jsonl"
    done, _ = report(tmp_path, *faulty(), "--trace", trace, *PATIENT)
    assert done.returncode == EXIT_PASS, done.stdout
    with trace.open() as lines:
        events = [json.loads(line) for line in lines if '"ev":"fault"' in line]
    assert set(HEAD.findall(run("faults").stdout)) == {e["fault"] for e in events}


# --- by the command line ----------------------------------------------------------


def test_a_pattern_that_matches_nothing_is_a_usage_error():
    done = run("faults", "irq-*", "nothing*")
    assert done.returncode == EXIT_USAGE
    assert done.stderr == "ringtrue: faults: no fault matches 'nothing*'\n"


@pytest.mark.parametrize("fault", ["irq-spurious", "kick-suppressed", "irq-storm=9"])
def test_a_legal_fault_is_worked_through(case, tmp_path, fault):
    done, rep = report(tmp_path, "--fault", fault, env=case)
    assert done.returncode == EXIT_PASS, done.stdout
    assert rep["setup"]["faults"] == [fault]


def test_a_legal_fault_excuses_nothing(tmp_path):
    bad = dict(READ, data=8)
    env = write_vectors(tmp_path, vector("blk/3.1.1/x", OPEN, WRITE, bad, CLOSE))
    done = run("run", "--fault", "irq-storm=9", env=env)
    assert done.returncode == EXIT_FAIL


@pytest.mark.parametrize("fault", ["blk-io-error@1", "used-len-short=0", "used-len-zero"])
def test_what_a_device_that_fails_is_asked_for_may_fail(case, tmp_path, fault):
    done, rep = report(tmp_path, "--fault", fault, env=case)
    assert done.returncode == EXIT_PASS, done.stdout


@pytest.mark.parametrize("within", ["requests", "do"])
def test_what_several_requests_come_to_goes_by_the_one_that_failed(tmp_path, within):
    op = {"requests": "blk.batch", "do": "when_open"}[within]
    v = vector("blk/3.1.1/several", OPEN, {"op": op, within: [WRITE, READ]}, CLOSE)
    env = write_vectors(tmp_path, v)
    done, _ = report(tmp_path, "--fault", "blk-io-error@1", env=env)
    assert done.returncode == EXIT_PASS, done.stdout
    wrong = vector("blk/3.1.1/wrong", OPEN, {"op": op, within: [WRITE, dict(READ, data=8)]}, CLOSE)
    env = write_vectors(tmp_path, wrong)
    done, _ = report(tmp_path, "blk/3.1.1/wrong", "--fault", "blk-torn-write=512@1,sectors=90..99", env=env)
    assert done.returncode == EXIT_FAIL, done.stdout


@pytest.mark.parametrize(
    "case_id, fault",
    [
        # A legal device that is not for this driver, or too small for it.
        ("blk/5.2.5.1/flush-is-sent", "device-id=0@1"),
        ("blk/5.2.6.1/size-max-respected", "queue-max=7@1"),
        ("blk/5.2.6.1/several-queues", "config-change=100@1"),
        ("ring/2.7.7.1/all-at-once", "queue-max=4294967295"),
        ("blk/5.2.5.1/flush-is-sent", "features-unknown=9223372036854775807"),
        # One that is slower than anybody waits.
        ("blk/5.2.5.1/flush-is-sent", "reset-slow=4294967295"),
        ("blk/5.2.5.1/flush-is-sent", "irq-coalesced=4294967295"),
        ("blk/5.2.5.1/flush-is-sent", "used-all-at-once=9223372036854775807"),
        # What is read is overwritten behind the driver's back.
        ("ring/2.8.10/kick-at-each-slot", "late-write@3"),
        # A write that may fail did; what is read then is of nobody.
        ("ring/2.7.7.1/used-entry-changes", "blk-io-error@1"),
        ("blk/5.2.6.1/power-cut-in-flight", "blk-torn-write=100@3"),
        # The driver says what it was told.
        ("config/2.5.1/every-field-of-a-disk", "config-short=8@3"),
        ("config/2.5.1/torn-capacity", "config-torn@1"),
        ("snd/5.14.6.6.3.2/sink-that-stalls", "queue-never-ready@3"),
        ("snd/5.14.5.1/xrun-is-told", "snd-jack-flaps=5@1"),
        # It took a buffer back that it was given back twice.
        ("ring/2.7.7.1/used-in-the-wrong-order", "used-twice@3"),
        # The fault of the case has no occasion any more.
        ("ring/2.7.10.1/kick-not-heard", "kick-suppressed@1"),
        ("init/2.4.2/reset-never-answered", "status-lost@1"),
    ],
)
def test_a_driver_is_not_held_to_what_a_fault_has_changed(case_id, fault):
    done = run("run", case_id, "--fault", fault)
    assert done.returncode in (EXIT_PASS, EXIT_SKIP), done.stdout


def test_a_fault_that_never_fired_excuses_nothing(tmp_path):
    v = vector("blk/3.1.1/x", OPEN, WRITE, dict(READ, expect="error"), CLOSE)
    done = run("run", "--fault", "blk-io-error@9", env=write_vectors(tmp_path, v))
    assert done.returncode == EXIT_FAIL, done.stdout


def test_a_fault_that_breaks_a_register_excuses_no_wrong_data(tmp_path):
    steps = (OPEN, WRITE, READ, dict(READ, data=8), CLOSE)
    env = write_vectors(tmp_path, vector("blk/3.1.1/x", *steps))
    done = run("run", "--fault", "irq-unknown-bits=12", env=env)
    assert done.returncode == EXIT_FAIL, done.stdout


def test_a_case_that_a_fault_ended_is_not_asked_for_its_own(tmp_path):
    v = vector(
        "blk/3.1.1/own",
        OPEN,
        WRITE,
        READ,
        CLOSE,
        device={"faults": [{"fault": "blk-stuck", "nth": 2, "count": 1}]},
    )
    env = write_vectors(tmp_path, v)
    done, rep = report(tmp_path, "--fault", "blk-io-error@1", env=env)
    assert done.returncode == EXIT_SKIP, done.stdout
    assert rep["cases"][0]["reason"] == "fault blk-stuck never fired"


def test_a_subject_that_fails_without_the_fault_is_not_excused(case, tmp_path):
    bad = dict(READ, data=8)
    env = write_vectors(tmp_path, vector("blk/3.1.1/x", OPEN, WRITE, bad, CLOSE))
    done, rep = report(tmp_path, "blk/3.1.1/x", "--fault", "blk-io-error@3", env=env)
    assert done.returncode == EXIT_FAIL
    line = rep["cases"][0]["replay"]
    assert "--fault blk-io-error@3" in line
    again = run(*replay_argv(line), env=env)
    assert again.returncode == EXIT_FAIL and line in again.stdout


def test_a_fault_that_never_fired_tested_nothing(case, tmp_path):
    done, rep = report(tmp_path, "--fault", "blk-io-error@9", env=case)
    assert done.returncode == EXIT_SKIP
    assert rep["cases"][0]["reason"] == "fault blk-io-error never fired"


def test_a_wrong_fault_is_one_line(case):
    done = run("run", "--fault", "irq-gone@3", env=case)
    assert done.returncode == EXIT_USAGE
    assert done.stderr == (
        "ringtrue: run: --fault irq-gone@3: expected a fault "
        "('ringtrue faults' lists them), found 'irq-gone@3'\n"
    )
    many = ["--fault=irq-lost"] * 17
    done = run("run", *many, env=case)
    assert done.returncode == EXIT_USAGE
    assert done.stderr == "ringtrue: run: --fault: at most 16 of them\n"


def test_faults_come_and_go_under_way(tmp_path):
    v = vector(
        "blk/3.1.1/come-and-go",
        OPEN,
        WRITE,
        {"op": "fault.add", "fault": {"fault": "blk-io-error"}},
        dict(READ, expect="RGT_E_IO"),
        {"op": "fault.end"},
        READ,
        CLOSE,
    )
    done = run("run", env=write_vectors(tmp_path, v))
    assert done.returncode == EXIT_PASS, done.stdout


def test_a_fault_of_another_type_of_device_is_not_taken(tmp_path):
    """It could never fire, and the case would have tested nothing."""
    v = vector(
        "blk/3.1.1/of-another-type",
        OPEN,
        {"op": "fault.add", "fault": {"fault": "snd-xrun"}},
        CLOSE,
    )
    done = run("run", env=write_vectors(tmp_path, v))
    assert done.returncode == EXIT_BENCH, done.stdout
    assert "this type of device has no fault snd-xrun" in done.stdout
