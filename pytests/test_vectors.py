# SPDX-License-Identifier: MIT
"""Every vector: well-formed, passed by the reference driver, its liar caught."""

import csv
import functools
import json

import bench
import jsonschema
import pytest

PATHS = bench.vector_paths()
IDS = [bench.vector_id(path) for path in PATHS]
SEEDS = 20

every_vector = pytest.mark.parametrize("path", PATHS, ids=IDS)
every_case = pytest.mark.parametrize("case_id", IDS)
each_scheduler = pytest.mark.parametrize("sched", bench.SCHEDULERS)
each_memory = pytest.mark.parametrize("memory", (*bench.MEMORIES, "guarded"))


def load(path):
    return json.loads(path.read_text())


@pytest.fixture(scope="session")
def cases(tmp_path_factory):
    """Runs all vectors once per configuration: cases(option, value, ...)
    returns case id -> list of its entries in the report."""
    folder = tmp_path_factory.mktemp("reports")

    @functools.cache
    def run_all(*options):
        _, rep = bench.report(folder, *options, *bench.PATIENT)
        by_id = {}
        for case in rep["cases"]:
            by_id.setdefault(case["id"], []).append(case)
        return by_id

    return run_all


def assert_passed(entries):
    for case in entries:
        assert case["verdict"] == "PASS", bench.describe(case)


# --- as data ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def validator():
    schema = load(bench.VECTORS / "schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@every_vector
def test_id_names_the_section_of_the_first_clause(path):
    section = load(path)["id"].split("/")[1]
    assert load(path)["clauses"][0].split("-")[1] == section


@pytest.fixture(scope="session")
def catalogue():
    with open(bench.VECTORS / "clauses.csv", newline="") as f:
        return {row["id"]: row for row in csv.DictReader(f)}


def test_there_are_at_least_40_vectors():
    assert len(PATHS) >= 40


@every_vector
def test_vector_obeys_the_schema(path, validator):
    validator.validate(load(path))


@every_vector
def test_vector_id_is_its_path(path):
    assert load(path)["id"] == bench.vector_id(path)


@every_vector
def test_vector_names_driver_clauses_of_the_catalogue(path, catalogue):
    vector = load(path)
    for clause in vector["clauses"] + vector["guilty"]:
        assert clause in catalogue
        assert catalogue[clause]["actor"] == "driver"


@every_vector
def test_liar_breaks_the_clause_of_its_vector(path):
    vector = load(path)
    assert vector["guilty"][0] in vector["clauses"]


def test_list_shows_every_vector_once():
    lines = bench.run("list").stdout.splitlines()
    shown = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert shown == sorted(IDS)


# --- played -----------------------------------------------------------------------


@each_scheduler
@each_memory
@every_case
def test_reference_driver_passes(cases, case_id, memory, sched):
    run_all = cases("--sched", sched, "--memory", memory)
    assert_passed(run_all[case_id])


@every_case
def test_reference_driver_passes_whatever_the_seed(cases, case_id):
    entries = cases("--seed", 1000, "--repeat", SEEDS)[case_id]
    assert len(entries) == SEEDS
    assert_passed(entries)


@each_scheduler
@each_memory
@every_case
def test_liar_is_convicted_of_exactly_its_crime(cases, case_id, memory, sched):
    run_all = cases("--dut", "liar", "--sched", sched, "--memory", memory)
    assert_passed(run_all[case_id])
