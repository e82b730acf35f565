# SPDX-License-Identifier: MIT
"""ringtrue faults, and faults that a command line adds to a case."""

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
    READ,
    WRITE,
    replay_argv,
    report,
    run,
    vector,
    write_vectors,
)

HEAD = re.compile(r"^([a-z][a-z0-9-]*)(?:=\w+)?, (?:legal|fails|lies|breaks)$", re.M)


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
