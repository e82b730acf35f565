# SPDX-License-Identifier: MIT
"""One shard of a search per worker of pytest-xdist. To be copied: nothing but
the three variables is of this project. Each worker runs each test:

    RINGTRUE_OUT=out RINGTRUE_SEEDS=1..100000 pytest -n 8 --dist each sharded
    ringtrue merge out/*.jsonl
"""

import os
import subprocess


def test_no_seed_of_this_shard_fails(worker_id):
    shard = worker_id.removeprefix("gw").replace("master", "0")
    shards = os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    folder = os.environ["RINGTRUE_OUT"]
    done = subprocess.run(
        [
            os.environ.get("RINGTRUE_BIN", "ringtrue"),
            "explore",
            "--jobs=1",
            f"--seeds={os.environ['RINGTRUE_SEEDS']}",
            f"--shard={shard}/{shards}",
            f"--out={folder}/{shard}.jsonl",
            f"--capsules={folder}/capsules",
        ],
        capture_output=True,
        text=True,
        timeout=3600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
