# SPDX-License-Identifier: MIT
"""One fault of transport or platform at every place where it can hit.

A life is a bring-up, some I/O, a recovery, some more and a close. Of one of
them anything may fail, but only with an answer; then the fault is taken away,
and all of a second one on the same machine has to succeed. After both, nothing
is left that was allocated or shared, no wait was long, and the judge has found
nothing."""

import pytest
from rig import Rig

SHORT = {"timeout_us": 100_000}
ANSWERS = ("ok", "error", "refused", "timeout")
RINGS = {"split": [], "packed": ["RING_PACKED"]}
PLACES_MAX = 2000  # more than any life has
TIME_MAX_NS = 10_000_000_000  # of two lives: each wait has a deadline far below

# A reset that is not answered leaves everything lent: closed is after that. If
# not even that of a bring-up that fails is answered, it stays lent.
KEEPS_MEMORY = {"reset-never", "status-lost", "needs-reset-now"}

# Fires at the k-th place: once, five times, and from there on.
WHEN = {
    "once": lambda k: {"nth": k, "count": 1},
    "five": lambda k: {"nth": k, "count": 5},
    "on": lambda k: {"nth": k},
}
FAULTS = [
    ("surprise-removal", "on", {}),
    ("surprise-removal", "once", {"arg": 7}),
    ("needs-reset-now", "once", {}),
    ("status-lost", "once", {}),
    ("status-lost", "on", {}),
    ("queue-in-use", "once", {}),
    ("queue-absent", "once", {}),
    ("queue-max", "once", {"arg": 1}),
    ("queue-max", "once", {"arg": 5}),
    ("queue-never-ready", "once", {}),
    ("config-torn", "once", {}),
    ("config-torn", "five", {}),
    ("config-unstable", "on", {}),
    ("config-short", "once", {}),
    ("config-short-ones", "once", {}),
    ("features-refused", "once", {}),
    ("reset-never", "once", {}),
    ("dma-alloc-fails", "once", {}),
    ("dma-alloc-fails", "on", {}),
    ("share-fails", "once", {}),
    ("share-fails", "five", {}),
]


def blk_life(call):
    call("open")
    for sector in (8, 16):
        call("blk.write", sector=sector, count=8, data=7, **SHORT)
        call("blk.read", sector=sector, count=8, data=7, **SHORT)
    pieces = {"segs": [512, 1024, 512]}
    call("blk.write", sector=24, count=8, data=7, **pieces, **SHORT)
    call("blk.read", sector=24, count=8, data=7, **pieces, **SHORT)
    call("blk.flush", **SHORT)
    call("recover")
    call("blk.read", sector=16, count=8, **SHORT)
    call("close")


def snd_stream(call):
    for command in ("set_params", "prepare"):
        call(f"snd.{command}", stream=0)
    call("snd.play", stream=0, periods=4)
    call("snd.start", stream=0)
    call("snd.finish", stream=0, **SHORT)
    for command in ("stop", "release"):
        call(f"snd.{command}", stream=0)


def snd_life(call):
    call("open")
    call("snd.jack_info", first=0, count=1)
    snd_stream(call)
    call("recover")
    snd_stream(call)
    call("close")


DEVICES = {"blk": ({}, blk_life), "snd": ({"type": "snd"}, snd_life)}


class Attempt:
    """Calls of a life that may fail. What cannot even be asked of a driver that
    is not open is left out."""

    def __init__(self, server, closes):
        self.server = server
        self.closes = closes
        self.open = False

    def __call__(self, op, **params):
        if not self.open and op != "open" or op == "close" and not self.closes:
            return
        if op == "blk.read":
            params.pop("data", None)  # it may not have been written
        result = self.server.call(op, **params)
        assert result["outcome"] in ANSWERS, (op, result)
        if op == "open":
            self.open = result["outcome"] == "ok"


def strict(server):
    def call(op, **params):
        result = server.call(op, **params)
        assert result["outcome"] == "ok", (op, result)

    return call


def assert_nothing_is_left(events):
    allocated, shared = {}, {}
    for e in events:
        if e["ev"] == "dma-alloc":
            allocated[e["addr"]] = e["bytes"]
        elif e["ev"] == "dma-free":
            assert allocated.pop(e["addr"]) == e["bytes"]
        elif e["ev"] == "share":
            shared[e["addr"]] = e["bytes"]
        elif e["ev"] == "unshare":
            assert shared.pop(e["addr"]) == e["bytes"]
    assert not allocated and not shared


def all_events(server):
    events, at = [], 0
    while more := server.events(from_=at, count=5000):
        events += more
        at = more[-1]["n"] + 1
    return events


@pytest.fixture(scope="module")
def server():
    with Rig("--sched", "step", "--seed", 3) as one:
        yield one


def live_twice(server, device, life, fault):
    """Returns how often the fault fired."""
    server.start(device=device)
    server.call("fault.add", fault=fault)
    life(Attempt(server, fault["fault"] not in KEEPS_MEMORY))
    server.call("fault.end")
    server.call("close")
    life(strict(server))
    verdict = server.verdict()
    assert verdict["violations"] == [], fault
    assert verdict["complaint"] == "", fault
    events = all_events(server)
    assert events[-1]["t"] < TIME_MAX_NS, fault
    if fault["fault"] not in KEEPS_MEMORY or fault.get("count"):
        assert_nothing_is_left(events)
    return sum(e["ev"] == "fault" for e in events)


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("kind", DEVICES)
@pytest.mark.parametrize(
    "name,when,more", FAULTS, ids=[f"{name}-{when}" for name, when, _ in FAULTS]
)
def test_a_fault_at_any_place_is_survived(server, ring, kind, name, when, more):
    device, life = DEVICES[kind]
    features = ["VERSION_1", "EVENT_IDX", "INDIRECT_DESC", *RINGS[ring]]
    if kind == "blk":
        features += ["FLUSH", "SEG_MAX", "MQ", "CONFIG_WCE"]
    device = {**device, "features": features}
    for k in range(1, PLACES_MAX):
        fault = {"fault": name, **WHEN[when](k), **more}
        if live_twice(server, device, life, fault) == 0:
            assert k > 1, "it never fired"
            return
    pytest.fail("there is no end to its places")
