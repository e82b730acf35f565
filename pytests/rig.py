# SPDX-License-Identifier: MIT
"""A simulated machine under our hands: `ringtrue serve` and its operations."""

import json
import os
import selectors
import subprocess
import tempfile
import time

import bench

ANSWER_DEADLINE_S = 20
END_DEADLINE_S = 20


class RpcError(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Rig:
    """One `ringtrue serve`. Options are those of its command line. A call
    returns the result; an RPC error is raised; no answer within the deadline
    is a TimeoutError. Parameters that are Python words take an underscore:
    rig.events(from_=10)."""

    def __init__(self, *options):
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [bench.BINARY, "serve", *map(str, options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )
        os.set_blocking(self._process.stdout.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._received = b""
        self._last_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.end()

    def end(self):
        """Ends the input, which ends the process; returns its exit code."""
        if self._process.stdin.closed:
            return self._process.returncode
        try:
            self._process.stdin.close()
            self._process.wait(END_DEADLINE_S)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._selector.close()
        self._process.stdout.close()
        self._stderr.close()
        return self._process.returncode

    # --- the wire ---

    def send_line(self, line):
        data = line if isinstance(line, bytes) else line.encode()
        self._process.stdin.write(data + b"\n")
        self._process.stdin.flush()

    def receive(self, deadline_s=ANSWER_DEADLINE_S):
        """The next answer, as it came."""
        until = time.monotonic() + deadline_s
        while b"\n" not in self._received:
            left = until - time.monotonic()
            if left <= 0 or not self._selector.select(left):
                raise TimeoutError(f"no answer within {deadline_s} s")
            more = os.read(self._process.stdout.fileno(), 1 << 20)
            if not more:
                self._stderr.seek(0)
                raise EOFError(self._stderr.read().decode(errors="replace"))
            self._received += more
        line, _, self._received = self._received.partition(b"\n")
        return json.loads(line)

    def call(self, method, **params):
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method}
        request["params"] = {k.rstrip("_"): v for k, v in params.items()}
        self.send_line(json.dumps(request))
        answer = self.receive()
        assert answer["id"] == self._last_id, answer
        if "error" in answer:
            raise RpcError(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    # --- machines ---

    def start(self, **params):
        return self.call("start", **params)

    def verdict(self):
        return self.call("verdict")

    def events(self, **params):
        return self.call("events", **params)

    # --- operations: the result is {"outcome": ..., ...} ---

    def open(self, **params):
        return self.call("open", **params)

    def close(self):
        return self.call("close")

    def recover(self):
        return self.call("recover")

    def score(self, **params):
        return self.call("score", **params)

    def idle(self, us):
        return self.call("idle", us=us)

    def read(self, sector, **params):
        return self.call("blk.read", sector=sector, **params)

    def write(self, sector, **params):
        return self.call("blk.write", sector=sector, **params)

    def flush(self):
        return self.call("blk.flush")

    def id(self, **params):
        return self.call("blk.id", **params)

    def batch(self, *requests):
        return self.call("blk.batch", requests=list(requests))

    def info(self, **params):
        return self.call("blk.info", **params)
