# SPDX-License-Identifier: MIT
"""Every command that a reader of README.md may type works as shown.

In ```console blocks, a line that begins with `$ ` is a command; a comment
`# exits N` after it says that it ends with N, not 0. The commands of the tool,
and the little ones that prepare a file for them or look at one, run one after
the other in a folder of their own that looks like the project. What builds,
installs or measures is left to other stages.
"""

import os
import re
import shlex
import subprocess

import bench
import pytest

README = bench.REPO / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
EXITS = re.compile(r"\s+#\s*exits\s+(\d+)\s*$")
TOOL = ("ringtrue", "build/release/ringtrue")
LITTLE = "cat cc cmp debugfs e2fsck echo head mkdir mkfs.ext4 sha256sum truncate"
RUN = (*TOOL, *LITTLE.split())


def commands():
    """(command, exit code) of each line to run."""
    text = README.read_text() if README.exists() else ""
    found = []
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if not line.startswith("$ "):
                continue
            marked = EXITS.search(line)
            command = EXITS.sub("", line[2:])
            words = shlex.split(command, comments=True)
            if words and words[0] in RUN and "bench" not in words:
                found.append((command, int(marked[1]) if marked else 0))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The project, with a build that is the tool under test. What a command
    leaves behind stays here."""
    path = tmp_path_factory.mktemp("readme")
    for entry in bench.REPO.iterdir():
        if entry.name not in ("build", ".git"):
            os.symlink(entry, path / entry.name)
    for place in (path / "build" / "release", path / "bin"):
        place.mkdir(parents=True)
        os.symlink(bench.BINARY, place / "ringtrue")
    return path


def test_readme_shows_the_tool_at_work():
    assert README.exists(), "README.md is missing"
    shown = [c for c, _ in commands() if c.split()[0] in TOOL]
    assert shown, "README.md has no ```console block with a ringtrue command"


def search_path(folder):
    return f"{folder / 'bin'}:{os.environ['PATH']}:/usr/sbin:/sbin"


@pytest.mark.parametrize("command, exit_code", commands())
def test_command_of_the_readme_works(folder, command, exit_code):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": search_path(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=bench.RUN_DEADLINE_S,
    )
    assert done.returncode == exit_code, done.stdout + done.stderr


def test_scripts_of_the_readme_exist():
    text = README.read_text() if README.exists() else ""
    named = set(re.findall(r"scripts/[\w-]+", text))
    assert named >= {"scripts/demo", "scripts/check"}
    for script in named:
        assert os.access(bench.REPO / script, os.X_OK), script
