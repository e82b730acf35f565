# SPDX-License-Identifier: MIT
"""--instrument: a driver in C meets the missing fences that x86 forgives it,
without a change of its source."""

import shutil
import subprocess

import bench
import pytest

COMPILERS = ("gcc", "clang")
FENCES = ("release", "acquire", "seq_cst")

# One request after the other, for there is nothing to lose but kicks and data.
BUSY = bench.vector(
    "ring/2.7/busy",
    bench.OPEN,
    bench.WRITE,
    {"op": "blk.batch", "requests": [bench.READ, bench.WRITE] * 20},
    bench.CLOSE,
)
SEEDS = ("--repeat", 30)


def is_tsan_build():
    done = bench.run("run", "--instrument", "--dut", "liar")
    return "itself built with -fsanitize=thread" in done.stderr


needs_entry_points = pytest.mark.skipif(
    is_tsan_build(), reason="this ringtrue runs under ThreadSanitizer itself"
)


def instrumented(compiler, source, target, *flags):
    """A shared object, compiled for the sanitizer and linked without it."""
    obj = target.with_suffix(".o")
    compile_ = [
        *(bench.need(compiler, compiler), "-c", "-O2", "-std=c11", "-fPIC"),
        *("-fsanitize=thread", "-w", *flags, f"-I{bench.REPO / 'harness'}"),
        *(f"-I{bench.REPO / 'driver' / 'include'}", f"-I{bench.EXAMPLES}"),
        *("-o", obj, source),
    ]
    link = [bench.need(compiler, compiler), "-shared", "-o", target, obj]
    for command in (compile_, link):
        subprocess.run([str(word) for word in command], check=True, timeout=60)
    return target


@pytest.fixture(scope="session", params=COMPILERS)
def compiler(request):
    if request.param == "clang" and not shutil.which("clang"):
        pytest.skip("clang is not there")
    return request.param


@pytest.fixture(scope="session")
def example(compiler, tmp_path_factory):
    folder = tmp_path_factory.mktemp("instrumented")
    return instrumented(
        compiler, bench.EXAMPLES / "minimal.c", folder / "minimal.so"
    )


@pytest.fixture(scope="session")
def without(compiler, tmp_path_factory):
    """The example without one of its fences."""
    folder = tmp_path_factory.mktemp("instrumented")

    def build(fence):
        return instrumented(
            compiler,
            bench.SUBJECTS / "fence_left_out.c",
            folder / f"{fence}.so",
            f"-DLEFT_OUT=memory_order_{fence}",
        )

    return build


@pytest.fixture
def busy(vectors):
    return vectors(BUSY)


# --- convicted and not ------------------------------------------------------------


@needs_entry_points
def test_example_passes_every_case(example):
    done = bench.run("run", "--dut", example, "--instrument", *bench.PATIENT)
    assert done.returncode == bench.EXIT_PASS, done.stdout


@needs_entry_points
def test_example_passes_under_every_seed(example, busy):
    how = ("--dut", example, "--repeat", 300)
    done = bench.run("run", *how, "--instrument", env=busy)
    assert done.returncode == bench.EXIT_PASS, done.stdout


@needs_entry_points
@pytest.mark.parametrize("fence", FENCES)
def test_fence_left_out_is_convicted(without, busy, tmp_path, fence):
    how = ("--dut", without(fence), *SEEDS, "--instrument")
    done, rep = bench.report(tmp_path, *how, env=busy)
    assert done.returncode == bench.EXIT_FAIL, done.stdout
    assert rep["setup"]["instrument"] is True
    assert {case["verdict"] for case in rep["cases"]} <= {"PASS", "FAIL"}


@needs_entry_points
@pytest.mark.parametrize("fence", FENCES)
def test_without_the_option_nobody_notices(without, busy, fence):
    """Or the tests above would prove nothing."""
    done = bench.run("run", "--dut", without(fence), *SEEDS, env=busy)
    assert done.returncode == bench.EXIT_PASS, done.stdout


@needs_entry_points
def test_conviction_replays_event_by_event(without, busy, tmp_path):
    how = ("--dut", without("seq_cst"), *SEEDS, "--instrument")
    _, rep = bench.report(tmp_path, *how, env=busy)
    case = next(case for case in rep["cases"] if case["verdict"] == "FAIL")
    argv = bench.replay_argv(case["replay"])
    assert "--instrument" in argv
    traces = []
    for name in ("one", "two"):
        path = tmp_path / name
        again = bench.run(*argv, "--trace", path, env=busy)
        assert again.returncode == bench.EXIT_FAIL, again.stdout
        traces.append(path.read_bytes())
    assert traces[0] == traces[1]


@needs_entry_points
def test_instrumented_subject_works_with_threads_as_any_other(example, busy):
    how = ("--sched", "threads", *bench.PATIENT)
    done = bench.run("run", "--dut", example, *how, env=busy)
    assert done.returncode == bench.EXIT_PASS, done.stdout


# --- refused ------------------------------------------------------------------------


def refused(*args):
    done = bench.run("run", *args, "--instrument")
    assert (done.returncode, done.stdout) == (bench.EXIT_USAGE, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


@needs_entry_points
def test_subject_that_is_not_instrumented_is_refused(subject):
    assert "not compiled with -fsanitize=thread" in refused(
        "--dut", subject("wrong_sector")
    )


@needs_entry_points
@pytest.mark.parametrize("dut", ["ringtrue", "liar"])
def test_what_is_no_shared_object_is_refused(dut):
    assert "for shared objects only" in refused("--dut", dut)


@needs_entry_points
def test_threads_are_refused(example):
    assert "in step mode only" in refused("--dut", example, "--sched", "threads")


@pytest.mark.skipif(not is_tsan_build(), reason="needs a build with TSan")
def test_build_under_the_sanitizer_refuses():
    assert "itself built with" in refused("--dut", "liar")
