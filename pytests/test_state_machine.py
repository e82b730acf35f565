# SPDX-License-Identifier: MIT
"""Random operations on a random device against a disk in Python.

The same examples each time; RINGTRUE_EXAMPLES=1000 hunts with fresh ones.
"""

import os

import bench
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from model import SECTOR_BYTES, Disk

HUNT = int(os.environ.get("RINGTRUE_EXAMPLES", 0))
SETTINGS = settings(
    max_examples=HUNT or 60,
    derandomize=not HUNT,
    database=None,
    deadline=None,
    print_blob=True,
    stateful_step_count=50,
)

# What a driver may do without, and what it should take when offered.
OPTIONAL = (
    "INDIRECT_DESC EVENT_IDX SIZE_MAX SEG_MAX GEOMETRY BLK_SIZE FLUSH TOPOLOGY "
    "CONFIG_WCE"
).split()
EXPECTED = ["ACCESS_PLATFORM", "ORDER_PLATFORM"]

QUEUE_SIZE_MIN = 4
COUNT_MAX = 16

# Unusual, and legal: a driver has to work through all of it.
ODDITIES = [
    {"fault": "reset-slow", "arg": 3},
    {"fault": "irq-spurious", "nth": 2, "count": 3},
    {"fault": "kick-suppressed"},
    {"fault": "event-garbage"},
]


def subset(choices):
    return st.lists(st.sampled_from(choices), unique_by=repr)


@st.composite
def devices(draw):
    read_only = draw(st.sampled_from([[]] * 7 + [["RO"]]))
    features = draw(subset(OPTIONAL)) + draw(subset(EXPECTED)) + read_only
    return {
        "features": ["VERSION_1", *features],
        "capacity": draw(st.sampled_from([2048, 64, 7, 1])),
        "queue_size": draw(st.sampled_from([64, 256, 32768, 100, 8, 4])),
        "seg_max": draw(st.sampled_from([126, 126, 5, 1])),
        "size_max": draw(st.sampled_from([65536, 65536, 1000, 512])),
        "order": draw(st.sampled_from(["fifo", "lifo", "shuffle"])),
        "hold": draw(st.sampled_from([0, 2, 5])),
        "latency_us": draw(st.sampled_from([0, 10, 100])),
        "config_extra": draw(st.sampled_from([0, 64])),
        "faults": draw(subset(ODDITIES)),
    }


# Numbers that become sectors and lengths once the capacity is known.
places = st.integers(0, 1 << 12)
counts = st.integers(1, COUNT_MAX)
cuts = st.lists(st.integers(1, 3 * SECTOR_BYTES), max_size=6)
skews = st.sampled_from([0, 1, 63])
transfers = st.sampled_from(["blk.read", "blk.write"])


class DiskMachine(RuleBasedStateMachine):
    def __init__(self, rig):
        super().__init__()
        self.rig = rig
        self.info = None  # what the driver learned; None: not open
        self.seed = 0

    @initialize(device=devices(), seed=st.integers(0, 1 << 32))
    def plug_in(self, device, seed):
        self.device = device
        self.disk = Disk(device["capacity"])
        self.rig.start(device=device, seed=seed)
        self.open(without=[], queue_size=256)

    def teardown(self):
        verdict = self.rig.verdict()
        assert verdict["violations"] == []
        assert verdict["complaint"] == ""

    # --- what is to be expected ---

    def place(self, where, count):
        """A range of this disk: sector and count."""
        sector = where % self.disk.capacity
        return sector, min(count, self.disk.capacity - sector)

    def fits(self, lengths):
        """May a request be cut like this?"""
        size_max = self.info["size_max"]
        pieces = sum(-(-length // size_max) for length in lengths)
        return all(lengths) and pieces <= self.info["seg_max"]

    def is_legal(self, op, sector, count, cut=()):
        last = count * SECTOR_BYTES - sum(cut)
        return (
            self.disk.has(sector, count)
            and self.fits([*cut, last])
            and not (op == "blk.write" and self.info["read_only"])
        )

    def next_seed(self):
        self.seed += 1
        return self.seed

    def check(self, request, result):
        """One result against the model, which then follows suit."""
        sector, count = request["sector"], request["count"]
        if not self.is_legal(request["op"], sector, count, request.get("segs", ())):
            assert result["outcome"] == "refused"
        elif request["op"] == "blk.write":
            assert result == {"outcome": "ok"}
            self.disk.write(sector, count, request["data"])
        else:
            assert result["outcome"] == "ok", result
            assert bytes.fromhex(result["hex"]) == self.disk.read(sector, count)

    def request(self, op, sector, count, **more):
        """A read shows what it read, and lets the bench compare, too, where
        one seed says it all."""
        r = {"op": op, "sector": sector, "count": count, **more}
        if op == "blk.write":
            return r | {"data": self.next_seed()}
        seed = self.disk.uniform_seed(sector, count)
        return r | {"return": "hex"} | ({} if seed is None else {"data": seed})

    # --- one request ---

    is_open = precondition(lambda self: self.info)
    is_closed = precondition(lambda self: not self.info)

    def transfer(self, op, where, count, cut, skew):
        sector, count = self.place(where, count)
        while sum(cut) >= count * SECTOR_BYTES:
            cut = cut[:-1]
        r = self.request(op, sector, count, segs=cut, skew=skew)
        params = {k: v for k, v in r.items() if k != "op"}
        self.check(r, self.rig.call(op, **params))

    @is_open
    @rule(where=places, count=counts, cut=cuts, skew=skews)
    def write(self, where, count, cut, skew):
        self.transfer("blk.write", where, count, cut, skew)

    @is_open
    @rule(where=places, count=counts, cut=cuts, skew=skews)
    def read(self, where, count, cut, skew):
        self.transfer("blk.read", where, count, cut, skew)

    @is_open
    @rule(op=transfers, beyond=places, count=counts)
    def past_the_end_is_refused(self, op, beyond, count):
        first = max(0, self.disk.capacity - count + 1)
        result = self.rig.call(op, sector=first + beyond, count=count)
        assert result["outcome"] == "refused"

    @is_open
    @rule(op=transfers, length=st.integers(0, 5000))
    def no_whole_sectors_is_refused(self, op, length):
        length -= length % SECTOR_BYTES == 0 and length > 0
        result = self.rig.call(op, sector=0, bytes=length)
        assert result["outcome"] == "refused"

    @is_open
    @rule(us=st.integers(0, 50))
    def flush_and_ask_for_the_id(self, us):
        wanted = "ok" if self.info["flush"] else "refused"
        assert self.rig.flush()["outcome"] == wanted
        assert self.rig.idle(us) == {"outcome": "ok"}
        assert self.rig.id(is_="ringtrue-disk-0")["outcome"] == "ok"

    # --- many in flight ---

    @is_open
    @rule(
        asked=st.lists(
            st.tuples(transfers, places, counts), min_size=1, max_size=40
        )
    )
    def batch(self, asked):
        """None of them overlaps a write, for their order is the device's."""
        requests, read, written = [], set(), set()
        for op, where, count in asked:
            sector, count = self.place(where, count)
            sectors = set(range(sector, sector + count))
            if sectors & written or (op == "blk.write" and sectors & read):
                continue
            (written if op == "blk.write" else read).update(sectors)
            requests.append(self.request(op, sector, count))
        result = self.rig.batch(*requests)
        results = result.get("requests", [result])  # a batch of one is one
        for request, one in zip(requests, results, strict=True):
            self.check(request, one)

    # --- coming and going ---

    @is_closed
    @rule(
        without=subset(OPTIONAL),
        queue_size=st.sampled_from([256, 100, 16, 5, QUEUE_SIZE_MIN]),
    )
    def open(self, without, queue_size):
        result = self.rig.open(without=without, queue_size=queue_size)
        assert result == {"outcome": "ok"}
        self.info = self.rig.info()
        self.check_info(without, queue_size)

    def check_info(self, without, queue_size):
        accepted = set(self.device["features"]) - set(without)
        limit = min(queue_size, self.device["queue_size"])
        assert self.info["capacity"] == self.disk.capacity
        assert self.info["queue_size"] == 1 << limit.bit_length() - 1
        assert self.info["flush"] == ("FLUSH" in accepted)
        assert self.info["read_only"] == ("RO" in accepted)
        if "SEG_MAX" in accepted:
            assert self.info["seg_max"] <= self.device["seg_max"]
        if "SIZE_MAX" in accepted:
            assert self.info["size_max"] == self.device["size_max"]

    @is_open
    @rule()
    def close(self):
        assert self.rig.close() == {"outcome": "ok"}
        self.info = None
        too_small = self.rig.open(queue_size=2)  # no ring of it has 3 entries
        assert too_small == {"outcome": "error", "code": "RGT_E_INVAL"}

    @is_open
    @rule()
    def recover(self):
        assert self.rig.recover() == {"outcome": "ok"}


@pytest.mark.parametrize("memory", bench.MEMORIES)
@pytest.mark.parametrize("sched", bench.SCHEDULERS)
def test_disk_behaves_like_the_model(rig, sched, memory):
    bench_rig = rig("--sched", sched, "--memory", memory)
    run_state_machine_as_test(lambda: DiskMachine(bench_rig), settings=SETTINGS)
