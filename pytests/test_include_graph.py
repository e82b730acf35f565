# SPDX-License-Identifier: MIT
"""Who may include whom (DESIGN.md, section 2), and who may call whom."""

import pathlib
import re
import subprocess

import bench
import pytest

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
SPEC_NAME = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(VIRTIO_\w+|VIRTQ_\w+)"
    r"|^[ \t]*(?:typedef[ \t]+)?struct[ \t]+(virtio_\w+|virtq_\w+)[ \t]*\{",
    re.M,
)

PARTS = ("driver", "fakedev", "harness")
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "stdatomic.h"}
SHARED_WITH_FAKEDEV = {"wire", "err", "hal", "transport"}
SHARED_WITH_HARNESS = {"wire", "err"}


def sources(*parts, tests=False):
    """The .c and .h files of parts, with their tests or without."""
    return sorted(
        path
        for part in parts
        for path in (bench.REPO / part).rglob("*.[ch]")
        if tests or "tests" not in path.relative_to(bench.REPO).parts
    )


def name(path):
    return path.relative_to(bench.REPO).as_posix()


def includes(path):
    """The names a file includes: of the system, and of the project."""
    found = INCLUDE.findall(path.read_text())
    system = {n for kind, n in found if kind == "<"}
    own = {n for kind, n in found if kind == '"'}
    return system, own


def driver_headers(path):
    """The public headers of the driver that a file includes, by stem."""
    _, own = includes(path)
    return {pathlib.Path(n).stem for n in own if n.startswith("ringtrue/")}


def each(*paths):
    return pytest.mark.parametrize("path", paths, ids=name)


# --- includes ---------------------------------------------------------------------


def test_every_part_has_sources():
    for part in PARTS:
        assert sources(part)


# Programs that use the driver: not part of it, and in need of a machine.
DRIVER_EXAMPLES = sources("driver/examples")
DRIVER = [path for path in sources("driver") if path not in DRIVER_EXAMPLES]


@each(*DRIVER)
def test_driver_includes_only_itself_and_what_is_freestanding(path):
    system, own = includes(path)
    assert system <= FREESTANDING
    for header in own:
        assert exists(header, path.parent, "driver/include"), header


@each(*DRIVER_EXAMPLES)
def test_example_of_the_driver_is_what_an_application_can_be(path):
    """Public headers of the driver; and the machine in its ports only."""
    _, own = includes(path)
    for header in own - {"machine.h"}:
        machine = path.name == "machine.c" and header == "fakedev/machine.h"
        assert machine or exists(header, "driver/include"), header


@each(*sources("fakedev"))
def test_fakedev_includes_nothing_of_the_driver_but_four_headers(path):
    system, own = includes(path)
    assert driver_headers(path) <= SHARED_WITH_FAKEDEV
    for header in own:
        assert exists(
            header, path.parent, "fakedev/include", "driver/include"
        ), header
    assert "jansson.h" not in system


@each(*sources("harness"))
def test_harness_includes_the_driver_in_subject_and_bench_only(path):
    allowed = SHARED_WITH_HARNESS
    if path.name == "bench_ring.c":
        allowed = allowed | {"vq"}  # the driver's half alone is what it measures
    if not path.name.startswith("dut_ringtrue"):
        assert driver_headers(path) <= allowed


@each(*sources("harness"))
def test_harness_includes_no_private_header_of_another_part(path):
    _, own = includes(path)
    folders = ("harness", "fakedev/include", "driver/include")
    layers = [f"harness/{layer}" for layer in HARNESS_LAYERS]
    for header in own:
        assert exists(header, path.parent, *folders, *layers), header


@each(*sources("fuzz"))
def test_fuzz_target_includes_the_side_it_feeds_and_not_the_other(path):
    _, own = includes(path)
    half = path.relative_to(bench.REPO / "fuzz").parts[0]
    if half == "device":
        assert driver_headers(path) <= {"wire"}
    folders = ("fuzz", "driver/include", *["fakedev/include"] * (half != "driver"))
    for header in own:
        assert exists(header, path.parent, *folders), header


# A later one may include an earlier one, never the other way: vectors are
# read, a rig plays them, sound goes through it, verdicts come of it, commands
# ask for those.
HARNESS_LAYERS = ("data", "rig", "audio", "verdict", "search", "cmd", "bench")


@each(*sources(*(f"harness/{layer}" for layer in HARNESS_LAYERS)))
def test_layer_of_the_harness_includes_none_after_it(path):
    at = HARNESS_LAYERS.index(path.parent.name)
    after = [f"harness/{layer}" for layer in HARNESS_LAYERS[at + 1 :]]
    _, own = includes(path)
    for header in own:
        assert not exists(header, *after), header


def exists(header, *folders):
    """Can it be found there, and without climbing out of its part?"""
    if ".." in pathlib.PurePath(header).parts:
        return False
    return any((bench.REPO / folder / header).is_file() for folder in folders)


@each(*sources(*PARTS))
def test_libuv_is_included_where_threads_are_and_nowhere_else(path):
    system, own = includes(path)
    users = {"fakedev/src/sched_threads.c", "driver/examples/uv_copy.c"}
    assert name(path) in users or "uv.h" not in system | own


@each(*sources("driver", "fakedev"))
def test_json_is_a_matter_of_the_harness(path):
    system, own = includes(path)
    assert "jansson.h" not in system | own


@each(*sources("harness/examples"))
def test_example_includes_the_plug_names_and_libc(path):
    _, own = includes(path)
    assert own <= {"dut.h", "ringtrue/wire.h", "ringtrue/err.h"}


@each(bench.REPO / "harness" / "dut.h")
def test_public_abi_includes_error_codes_only(path):
    system, own = includes(path)
    assert own == {"ringtrue/err.h"}
    assert system <= FREESTANDING


# --- names ------------------------------------------------------------------------


@each(*sources(*PARTS, "fuzz", tests=True))
def test_names_of_the_specification_are_defined_in_wire_h_only(path):
    if name(path) == "driver/include/ringtrue/wire.h":
        return
    found = [a or b for a, b in SPEC_NAME.findall(path.read_text())]
    assert found == []


@each(*sources(*PARTS, "fuzz", tests=True))
def test_file_begins_with_its_licence(path):
    first = path.read_text().splitlines()[0]
    assert "SPDX-License-Identifier: MIT" in first


# --- links ----------------------------------------------------------------------------


def symbols(library):
    """The symbols a library of the build under test defines, and those it
    leaves to others."""
    path = pathlib.Path(bench.BINARY).parent / library
    if not path.exists():
        pytest.skip(f"{path} is not there: the tool was not built here")
    nm = [bench.need("nm", "binutils"), "-g", "-P", str(path)]
    done = subprocess.run(nm, check=True, capture_output=True, text=True, timeout=60)
    defined, undefined = set(), set()
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) >= 2:
            (undefined if words[1] in "Uvw" else defined).add(words[0])
    return defined, undefined - defined


def test_fakedev_calls_nothing_of_the_driver():
    defined, undefined = symbols("fakedev/libfakedev.a")
    assert any(s.startswith("fake_") for s in defined)
    assert {s for s in undefined | defined if s.startswith("rgt_")} == set()


def test_fakedev_calls_nothing_of_the_harness():
    _, undefined = symbols("fakedev/libfakedev.a")
    assert {s for s in undefined if s.startswith("rig_")} == set()


def test_driver_calls_nothing_but_four_functions():
    defined, undefined = symbols("driver/libringtrue_driver.a")
    assert all(s.startswith("rgt_") for s in defined)
    instrumented = re.compile(r"__(asan|ubsan|tsan|sanitizer|stack_chk)_")
    left = {s for s in undefined if not instrumented.match(s)}
    assert left <= {"memcpy", "memset", "memmove", "memcmp"}


def test_only_the_subject_and_the_bench_of_rings_call_the_driver():
    path = pathlib.Path(bench.BINARY).parent / "harness" / "libharness.a"
    if not path.exists():
        pytest.skip(f"{path} is not there: the tool was not built here")
    nm = [bench.need("nm", "binutils"), "-A", "-P", "-u", str(path)]
    done = subprocess.run(nm, check=True, capture_output=True, text=True, timeout=60)
    callers = set()
    for line in done.stdout.splitlines():
        where, symbol = line.split()[:2]
        if symbol.startswith("rgt_") and symbol != "rgt_err_name":
            callers.add(re.search(r"\[(\w+)\.c\.o\]", where)[1])
    subject = {f"dut_ringtrue_{part}" for part in ("blk", "gain", "port", "snd")}
    assert callers == {"bench_ring", *subject}
