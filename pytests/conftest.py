# SPDX-License-Identifier: MIT
"""Fixtures. The tool under test is $RINGTRUE_BIN, or build/release/ringtrue."""

import functools
import os

import bench
import pytest
from rig import Rig


def pytest_configure(config):
    if not os.access(bench.BINARY, os.X_OK):
        raise pytest.UsageError(
            f"{bench.BINARY} is no program: build it (cmake --preset release && "
            "cmake --build --preset release), or set RINGTRUE_BIN"
        )


def pytest_report_header():
    return f"ringtrue: {bench.BINARY}"


@pytest.fixture(scope="session")
def ringtrue():
    """Runs the tool: ringtrue("run", "--seed", 3) -> completed process."""
    return bench.run


@pytest.fixture
def rig():
    """Opens machines: rig("--sched", "threads"). All end with the test."""
    opened = []

    def start(*options):
        opened.append(Rig(*options))
        return opened[-1]

    yield start
    for one in opened:
        one.end()


@pytest.fixture(scope="session")
def subject(tmp_path_factory):
    """Path of a shared object, by the name of its file in subjects/."""
    folder = tmp_path_factory.mktemp("subjects")

    @functools.cache
    def build(name):
        source = bench.SUBJECTS / f"{name}.c"
        return bench.compile_subject(source, folder / f"{name}.so")

    return build


@pytest.fixture
def vectors(tmp_path):
    """Makes a vectors folder of given cases; returns its environment."""
    folder = tmp_path / "vectors"
    folder.mkdir()
    return functools.partial(bench.write_vectors, folder)
