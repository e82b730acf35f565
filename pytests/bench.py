# SPDX-License-Identifier: MIT
"""Running the tool: what every test file needs, and nothing of pytest."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

REPO = pathlib.Path(__file__).resolve().parent.parent
VECTORS = REPO / "vectors"
SUBJECTS = REPO / "pytests" / "subjects"
EXAMPLES = REPO / "harness" / "examples"
BINARY = os.path.abspath(
    os.environ.get("RINGTRUE_BIN") or REPO / "build" / "release" / "ringtrue"
)

SCHEDULERS = ("step", "threads")
MEMORIES = ("direct", "bounce")

EXIT_PASS, EXIT_FAIL, EXIT_USAGE, EXIT_BENCH, EXIT_SKIP = 0, 1, 2, 3, 77

RUN_DEADLINE_S = 120


# For runs in real time of cases with 65,536 requests, on a machine whose cores
# have other things to do. No subject hangs in them.
PATIENT = ("--deadline", 60)


def run(*args, env=None, cwd=None, stdin="", text=True, deadline=RUN_DEADLINE_S):
    """Runs the tool to its end. Bytes in and out if not text."""
    return subprocess.run(
        [BINARY, *map(str, args)],
        input=stdin if text else stdin or b"",
        capture_output=True,
        text=text,
        timeout=deadline,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )


def report(folder, *args, **more):
    """`ringtrue run` with --json: the process, and the report as a dict."""
    path = pathlib.Path(folder) / "report.json"
    path.unlink(missing_ok=True)
    done = run("run", *args, "--json", path, **more)
    assert path.exists(), f"no report; exit {done.returncode}: {done.stderr}"
    return done, json.loads(path.read_text())


def verdicts(rep):
    """Case id -> verdict. With --repeat, that of the last seed."""
    return {case["id"]: case["verdict"] for case in rep["cases"]}


def describe(case):
    """What a reader of a failed assertion wants to see, replay line first."""
    lines = [case["replay"], f"{case['verdict']} {case['reason'] or ''}"]
    for f in case["failures"]:
        lines.append(f"{f['clause']}: expected {f['expected']}; seen {f['seen']}")
    if case["output"]:
        lines.append(case["output"])
    return "\n".join(lines)


def replay_argv(line):
    """The printed command as something to execute."""
    argv = shlex.split(line)
    assert argv[:2] == ["ringtrue", "run"], line
    return argv[1:]


# --- programs and files beside the tool -----------------------------------------


def need(program, package):
    """Path of a program; sbin is not on everybody's PATH."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    found = shutil.which(program, path=path)
    assert found, f"{program} is missing; on Debian: apt-get install {package}"
    return found


def compile_subject(source, target):
    """A shared object for --dut out of one C file."""
    subprocess.run(
        [
            need("cc", "gcc"),
            *"-std=c11 -D_GNU_SOURCE -Wall -Wextra -shared -fPIC".split(),
            f"-I{REPO / 'harness'}",
            f"-I{REPO / 'driver' / 'include'}",
            f"-I{EXAMPLES}",
            "-o",
            str(target),
            str(source),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return target


def vector_paths():
    return sorted((VECTORS / "driver").rglob("*.json"))


def vector_id(path):
    return path.relative_to(VECTORS / "driver").with_suffix("").as_posix()


def write_vectors(folder, *vectors):
    """A vectors folder with these cases only; returns the environment that
    makes the tool use it."""
    shutil.copy(VECTORS / "schema.json", folder)
    shutil.copy(VECTORS / "clauses.csv", folder)
    for vector in vectors:
        path = folder / "driver" / f"{vector['id']}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(vector, indent=2) + "\n")
    return {"RINGTRUE_VECTORS": str(folder)}


def vector(case_id, *steps, clause="drv-3.1.1-1", device=None):
    """A case of our own, with a liar that no test here asks about."""
    v = {
        "id": case_id,
        "title": case_id.rsplit("/", 1)[1].replace("-", " "),
        "clauses": [clause],
        "steps": list(steps),
        "liar": [{"op": "raw.init"}],
        "guilty": [clause],
    }
    if device:
        v["device"] = device
    return v


OPEN, CLOSE = {"op": "open"}, {"op": "close"}
WRITE = {"op": "blk.write", "sector": 8, "count": 8, "data": 7}
READ = {"op": "blk.read", "sector": 8, "count": 8, "data": 7}


# --- what the terminal shows ------------------------------------------------------

REPLAY_LINE = re.compile(r"^ringtrue run .* --dut .*$", re.M)
SUMMARY_LINE = re.compile(r"^\d+ cases?: ", re.M)


def failure_blocks(stdout):
    """Replay line -> everything below it, up to the next one or the end."""
    starts = [m.start() for m in REPLAY_LINE.finditer(stdout)]
    end = stdout.rindex("\nclauses put to the test:")
    blocks = {}
    for at, upto in zip(starts, starts[1:] + [end]):
        line, _, rest = stdout[at:upto].partition("\n")
        blocks[line] = rest.strip("\n")
    return blocks


def summary(stdout):
    """{"cases": 3, "pass": 2, "fail": 1} of the last line."""
    line = stdout.rstrip("\n").rsplit("\n", 1)[-1]
    assert SUMMARY_LINE.match(line), line
    words = re.findall(r"(\d+) (\w+)", line)
    counts = {word: int(number) for number, word in words}
    return {("cases" if w == "case" else w): n for w, n in counts.items()}
