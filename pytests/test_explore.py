# SPDX-License-Identifier: MIT
"""The search: the reference driver withstands it, drivers that are wrong do
not; what it finds is small, replays on any build, and survives a kill."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import bench
import pytest

SEEDS = 10_000
PATIENCE_S = 900
WITHIN = 400  # seeds in which a driver that is wrong must be found
RINGS = ("split", "packed")


def explore(folder, *args, seeds=f"1..{WITHIN}", **more):
    """The process, and the lines of its result file."""
    out = folder / "out.jsonl"
    done = bench.run(
        "explore", "--seeds", seeds, "--out", out,
        "--capsules", folder / "capsules", *args,
        deadline=PATIENCE_S, **more,
    )  # fmt: skip
    return done, lines(out)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def failures(found):
    return [line for line in found if line["type"] == "failure"]


def replay(path, *args, **more):
    return bench.run("replay", path, *args, **more)


# --- the reference driver -----------------------------------------------------------


@pytest.mark.parametrize("ring", RINGS)
def test_reference_driver_withstands_ten_thousand_seeds(tmp_path, ring):
    done, found = explore(tmp_path, "--ring", ring, seeds=f"1..{SEEDS}")
    assert done.returncode == bench.EXIT_PASS, done.stdout
    assert failures(found) == []
    assert sum(x["count"] for x in found if x["type"] == "seeds") == SEEDS


# What the reference driver gives no occasion for, or hardly one: it stops no
# queue but by a reset, and almost always wants the next interrupt.
SELDOM = {"queue-stop-never", "irq-unwanted"}


def test_each_fault_fires_in_some_seed(tmp_path):
    _, found = explore(tmp_path, seeds=f"1..{SEEDS}")
    fired = set().union(*(x["fired"] for x in found if x["type"] == "seeds"))
    drawn = set().union(*(x["drawn"] for x in found if x["type"] == "seeds"))
    names = {
        line.split(",")[0].split("=")[0]
        for line in bench.run("faults").stdout.splitlines()
        if line and line[0] not in "# " and ", " in line
    }
    assert drawn == names
    assert names - fired <= SELDOM
    # Or a slow build would reach the deadline, and the verdict be one of time.
    assert max(x["events"] for x in found if x["type"] == "seeds") < 1_000_000


def test_results_do_not_depend_on_the_number_of_jobs(tmp_path):
    def sums(jobs):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        _, found = explore(folder, "--jobs", jobs, seeds="1..500")
        pieces = [x for x in found if x["type"] == "seeds"]
        return sorted((x["from"], x["count"], x["events"]) for x in pieces)

    assert sums(1) == sums(3)


# --- drivers that are wrong ---------------------------------------------------------

# What is changed in a copy of the reference driver: file, text, other text;
# faults to draw from; the most steps that are left.
PATCHES = {
    "used_id_unchecked": (
        "driver/src/vq_ring.h",
        "if (slot->token == NULL || slot->epoch == vq->epoch)",
        "if (slot->token == (void *)1)",
        "used-*",
        4,
    ),
    "len_unchecked": (
        "driver/src/blk.c",
        "if (written < req->writable_bytes)",
        "if (written > req->writable_bytes)",
        "used-len-short",
        4,
    ),
    "recover_forgets": (
        "driver/src/blk_up.c",
        "rgt__blk_keep(q, req);",
        "(void)q;",
        "blk-stuck,irq-lost",
        3,
    ),
    "recover_leaks": (
        "driver/src/blk_up.c",
        "rgt__blk_finish(q, req, RGT_E_IO);",
        "req->result = RGT_E_IO;",
        "blk-stuck,irq-lost",
        3,
    ),
    "wrong_sector_of_parts": (
        "driver/src/blk_range.c",
        "put_range(&place->ranges[count++], sector, take, r->unmap);",
        "put_range(&place->ranges[count++], r->sector, take, r->unmap);",
        "none",
        3,
    ),
    "done_twice": (
        "harness/rig/dut_ringtrue_blk.c",
        "        put(&i->free, r);\n    }\n    return n;\n}\n\nstatic uint32_t poll_done",
        "        put(&i->free, r);\n        if (n == 5)\n            done[k] = done[0];\n"
        "    }\n    return n;\n}\n\nstatic uint32_t poll_done",
        "none",
        3,
    ),
    "size_of_disk_kept": (
        "driver/src/blk_up.c",
        "    rgt__shared_set(&blk->shared.config_pending, 1);\n    if",
        "    if",
        "blk-capacity-shrinks",
        2,
    ),
    "size_of_queue_kept": (
        "driver/src/blk.c",
        "    rgt__capacity_renew(q);\n    err = rgt__blk_check",
        "    err = rgt__blk_check",
        "blk-capacity-shrinks",
        2,
    ),
    "len_over_captured": (
        "driver/src/vq_ring.h",
        "if (written > slot->writable_bytes)",
        "if (written == UINT32_MAX)",
        "used-len-over",
        6,
    ),
    "release_unchecked": (
        "driver/src/snd_ctl.c",
        "    if (stream->position.pending == 0)\n        return 0;",
        "    if (vq != NULL)\n        return 0;",
        "snd-release-pending",
        7,
    ),
    "event_of_no_jack": (
        "driver/src/snd_event.c",
        "    if (id >= snd->info.jack_count)\n        return id < snd->info.jacks;",
        "",
        "snd-event-garbage",
        4,
    ),
}
OF_SOUND = {"len_over_captured", "release_unchecked", "event_of_no_jack"}

GLUE = ("", "_blk", "_gain", "_port", "_snd")

EXPORT = """
#include "dut_ringtrue.h"
const struct rig_dut *ringtrue_dut(void);
const struct rig_dut *ringtrue_dut(void) { return &rig_dut_ringtrue; }
"""


@pytest.fixture(scope="module")
def patched(tmp_path_factory):
    """Path of a reference driver with one thing changed, as a shared object."""

    def build(name):
        changed, old, new, _, _ = PATCHES[name]
        folder = tmp_path_factory.mktemp(name)
        for part in ("driver/src", "driver/include/ringtrue", "harness/rig"):
            (folder / part).mkdir(parents=True)
            for path in (bench.REPO / part).iterdir():
                text = path.read_text()
                if path == bench.REPO / changed:
                    assert text.count(old) == 1, f"{changed} is no longer as it was"
                    text = text.replace(old, new)
                (folder / part / path.name).write_text(text)
        (folder / "export.c").write_text(EXPORT)
        target = folder / f"{name}.so"
        subprocess.run(
            [
                bench.need("cc", "gcc"),
                *"-std=c11 -D_GNU_SOURCE -O1 -w -shared -fPIC -Wl,-Bsymbolic".split(),
                f"-I{folder / 'harness/rig'}",
                f"-I{folder / 'driver/include'}",
                f"-I{bench.REPO / 'harness'}",
                "-o",
                str(target),
                str(folder / "export.c"),
                *map(str, sorted((folder / "driver/src").glob("*.c"))),
                *(str(folder / f"harness/rig/dut_ringtrue{x}.c") for x in GLUE),
            ],
            check=True,
            timeout=300,
        )
        return target

    return build


@pytest.mark.parametrize("name", PATCHES)
def test_wrong_driver_is_found_and_made_small_and_replays(tmp_path, patched, name):
    *_, faults, steps = PATCHES[name]
    device = "snd" if name in OF_SOUND else "blk"
    done, found = explore(
        tmp_path, "--dut", patched(name), "--faults", faults, "--device", device
    )
    assert done.returncode == bench.EXIT_FAIL, done.stdout
    kept = [f for f in failures(found) if "capsule" in f]
    assert kept, done.stdout
    assert min(f["steps"] for f in kept) <= steps, kept
    for f in kept:
        again = replay(f["capsule"])
        assert again.returncode == 0, again.stdout
        assert again.stdout.startswith("same: ")


@pytest.mark.parametrize(
    "name, verdict, law",
    [
        ("wrong_sector", "FAIL", "data"),
        ("completes_twice", "FAIL", "drv-2.7.7.1-5"),
        ("unshares_twice", "FAIL", "contract"),
        ("segv_in_submit", "CRASH", "CRASH"),
        ("exit_in_submit", "CRASH", "CRASH"),
        ("endless_poll", "HUNG", "HUNG"),
    ],
)
def test_wrong_subject_is_found_as_what_it_is(tmp_path, subject, name, verdict, law):
    done, found = explore(
        tmp_path, "--dut", subject(name), "--faults", "none", "--device", "blk",
        "--deadline", 0.5, seeds="1..20",
    )  # fmt: skip
    assert done.returncode == bench.EXIT_FAIL
    assert (verdict, law) in {(f["verdict"], f["law"]) for f in failures(found)}
    assert sum(x["count"] for x in found if x["type"] == "seeds") == 20


def test_example_driver_withstands_the_search(tmp_path):
    so = bench.compile_subject(bench.EXAMPLES / "minimal.c", tmp_path / "minimal.so")
    done, _ = explore(tmp_path, "--dut", so, "--device", "blk", seeds="1..1000")
    assert done.returncode == bench.EXIT_PASS, done.stdout


# --- capsules -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def capsule(tmp_path_factory, subject_of_module):
    folder = tmp_path_factory.mktemp("capsule")
    _, found = explore(
        folder, "--dut", subject_of_module, "--faults", "none", "--device", "blk",
        seeds="1..20",
    )  # fmt: skip
    return pathlib.Path(failures(found)[0]["capsule"])


@pytest.fixture(scope="module")
def subject_of_module(tmp_path_factory):
    target = tmp_path_factory.mktemp("subject") / "wrong_sector.so"
    return bench.compile_subject(bench.SUBJECTS / "wrong_sector.c", target)


def other_builds():
    builds = (bench.REPO / "build" / kind / "ringtrue" for kind in ("dev", "asan"))
    return [str(b) for b in builds if os.access(b, os.X_OK)]


def on(build, *args):
    command = [build, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)


def test_capsule_is_the_same_on_another_build(capsule):
    if not other_builds():
        pytest.skip("no build but the one under test")
    for build in other_builds():
        again = on(build, "replay", capsule)
        assert again.returncode == 0, again.stdout + again.stderr
        assert again.stdout.startswith("same: ")


def test_seeds_are_the_same_runs_on_another_build(tmp_path):
    """Of the reference driver, which is compiled anew in each build."""
    if not other_builds():
        pytest.skip("no build but the one under test")
    pieces = []
    for number, build in enumerate([bench.BINARY, *other_builds()]):
        out = tmp_path / f"{number}.jsonl"
        on(build, "explore", "--seeds", "1..320", "--jobs", 1, "--out", out)
        pieces.append([x for x in lines(out) if x["type"] == "seeds"])
    assert len(pieces[0]) == 5
    assert all(other == pieces[0] for other in pieces[1:])
    merged = bench.run("merge", *sorted(tmp_path.glob("*.jsonl")))
    assert "320 seeds were run more than once" in merged.stdout or len(pieces) > 2
    assert "different builds took part" in merged.stdout


def test_replay_says_what_differs_first(capsule):
    done = replay(capsule, "--dut", "ringtrue")
    assert done.returncode == bench.EXIT_FAIL
    line, verdicts = done.stdout.splitlines()
    assert line.startswith("event ") and " differs: capsule {" in line, line
    assert verdicts == "verdict FAIL, data; now PASS"


def test_changed_event_is_named_by_its_number(tmp_path, capsule):
    data = json.loads(capsule.read_text())
    data["events"][17] = data["events"][17].replace('"t":', '"t":9')
    (tmp_path / "c.json").write_text(json.dumps(data))
    done = replay(tmp_path / "c.json")
    assert done.returncode == bench.EXIT_FAIL
    assert done.stdout.startswith("event 17 differs: "), done.stdout


@pytest.mark.parametrize(
    "change, place",
    [
        (lambda c: c.pop("trial"), "/"),
        (lambda c: c.update(capsule=2), "/capsule: expected format 1, found 2"),
        (lambda c: c["trial"].update(schedule=-1), "/trial/schedule"),
        (lambda c: c["trial"]["steps"][0].update(op="x"), "/trial/steps/0/op"),
        (
            lambda c: c["trial"]["device"].update(faults=[{"fault": "none-such"}]),
            "/trial/device/faults/0/fault",
        ),
    ],
)
def test_bad_capsule_is_told_in_one_line(tmp_path, capsule, change, place):
    data = json.loads(capsule.read_text())
    change(data)
    (tmp_path / "c.json").write_text(json.dumps(data))
    done = replay(tmp_path / "c.json")
    assert done.returncode == bench.EXIT_USAGE
    (line,) = done.stderr.splitlines()
    assert "c.json: " in line and place in line, line


# --- shards and kills -------------------------------------------------------------------


def test_workers_of_xdist_take_a_shard_each(tmp_path):
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
            "-n", "3", "--dist", "each", "sharded",
        ],
        cwd=bench.REPO / "pytests",
        env={
            **os.environ,
            "RINGTRUE_BIN": bench.BINARY,
            "RINGTRUE_OUT": str(tmp_path),
            "RINGTRUE_SEEDS": "1..1500",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    files = sorted(tmp_path.glob("*.jsonl"))
    assert len(files) == 3
    merged = bench.run("merge", *files)
    assert merged.returncode == 0, merged.stdout
    assert merged.stdout.splitlines()[-1].startswith("1500 seeds: 0 failed")
    missing = bench.run("merge", *files[1:])
    assert missing.returncode == bench.EXIT_BENCH
    assert "500 seeds of 1..1500 are missing" in missing.stdout


def test_kill_loses_no_piece_that_had_ended(tmp_path):
    out = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [bench.BINARY, "explore", "--seeds", "1..1000000000", "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    until = time.monotonic() + 60
    while not (out.exists() and out.read_text().count("\n") > 5):
        assert time.monotonic() < until and process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    merged = bench.run("merge", out)
    assert merged.returncode == bench.EXIT_BENCH  # most of them are missing
    ended = [x for x in lines_that_are_whole(out) if x["type"] == "seeds"]
    assert len(ended) >= 5
    total = sum(x["count"] for x in ended)
    assert f"{total} seeds: 0 failed" in merged.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]


def test_run_goes_on_behind_a_line_that_was_cut_off(tmp_path):
    done, found = explore(tmp_path, seeds="1..128")
    assert done.returncode == bench.EXIT_PASS and len(found) == 4
    out = tmp_path / "out.jsonl"
    out.write_bytes(out.read_bytes()[:-20])
    done = bench.run("explore", "--seeds", "129..200", "--out", out)
    assert done.returncode == bench.EXIT_PASS, done.stderr
    merged = bench.run("merge", out)
    assert merged.returncode == bench.EXIT_PASS, merged.stdout + merged.stderr
    assert "1 line is cut off" in merged.stdout
    assert merged.stdout.splitlines()[-1].startswith("200 seeds: 0 failed")


def lines_that_are_whole(path):
    text = path.read_text()
    return [json.loads(x) for x in text[: text.rindex("\n")].splitlines()]


# --- command lines ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args, text",
    [
        (["--seeds", "5"], "expected A..B"),
        (["--seeds", "5..4"], "expected A..B"),
        (["--shard", "3/3"], "expected K/N"),
        (["--faults", "no-such"], "patterns of 'ringtrue faults'"),
        (["--faults", "irq-*,no-such"], "found 'no-such'"),
        (["--faults", "irq-lost,,blk-*"], "found ''"),
        (["--faults", "blk-slow", "--device", "snd"], "go with --device snd"),
        (["--device", "net"], "expected blk or snd"),
        (["--minutes", "0"], "expected minutes from"),
        (["--capsules", "/dev/null"], "--capsules: cannot write to '/dev/null'"),
        (["--capsules", "/dev/null/x"], "--capsules: cannot write to"),
        (["--dut", "liar"], "not the liar"),
        (["extra"], "unexpected argument"),
    ],
)
def test_wrong_usage_is_one_line(args, text):
    done = bench.run("explore", *args)
    assert done.returncode == bench.EXIT_USAGE
    (line,) = done.stderr.splitlines()
    assert text in line
