# SPDX-License-Identifier: MIT
"""Random operations on a random device against a disk in Python that knows
the rules of caches.

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
from model import ANYTHING, SECTOR_BYTES, Disk

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
    "CONFIG_WCE MQ DISCARD WRITE_ZEROES SECURE_ERASE LIFETIME RING_RESET"
).split()
EXPECTED = (
    "ACCESS_PLATFORM ORDER_PLATFORM RING_PACKED IN_ORDER NOTIFICATION_DATA"
).split()

QUEUE_SIZE_MIN = 4
COUNT_MAX = 16
READ_ALL = 64

# Unusual, and legal: a driver has to work through all of it.
ODDITIES = [
    {"fault": "reset-slow", "arg": 3},
    {"fault": "irq-spurious", "nth": 2, "count": 3},
    {"fault": "kick-suppressed"},
    {"fault": "event-garbage"},
]

# Requests with segments: their feature, and the limits of the device.
LISTS = {
    "blk.discard": ("DISCARD", "discard"),
    "blk.write_zeroes": ("WRITE_ZEROES", "write_zeroes"),
    "blk.secure_erase": ("SECURE_ERASE", "secure_erase"),
}


def subset(choices):
    return st.lists(st.sampled_from(choices), unique_by=repr)


@st.composite
def limits(draw, name):
    """What a device tells of one kind of list, as members of its JSON."""
    found = {
        f"max_{name}_sectors": draw(st.sampled_from([1, 3, 8, 1024, 2**32 - 1])),
        f"max_{name}_seg": draw(st.sampled_from([1, 2, 5, 2**32 - 1])),
    }
    if name != "write_zeroes":
        found[f"{name}_sector_alignment"] = draw(st.sampled_from([1, 4, 7]))
    return found


@st.composite
def devices(draw):
    read_only = draw(st.sampled_from([[]] * 7 + [["RO"]]))
    features = draw(subset(OPTIONAL)) + draw(subset(EXPECTED)) + read_only
    features += draw(st.sampled_from([[], ["FLUSH"], ["FLUSH", "CONFIG_WCE"]]))
    features = list(dict.fromkeys(features))
    if "CONFIG_WCE" in features and "FLUSH" not in features:
        features.append("FLUSH")
    device = {
        "features": ["VERSION_1", *features],
        "capacity": draw(st.sampled_from([2048, 64, 7, 1])),
        "queue_size": draw(st.sampled_from([64, 256, 32768, 100, 8, 5, 4])),
        "seg_max": draw(st.sampled_from([126, 126, 5, 1])),
        "size_max": draw(st.sampled_from([65536, 65536, 1000, 512])),
        "order": draw(st.sampled_from(["fifo", "lifo", "shuffle"])),
        "hold": draw(st.sampled_from([0, 2, 5])),
        "latency_us": draw(st.sampled_from([0, 10, 100])),
        "config_extra": draw(st.sampled_from([0, 64])),
        "cache": draw(st.sampled_from(["none", "volatile", "volatile"])),
        "faults": draw(subset(ODDITIES)),
    }
    for feature, name in LISTS.values():
        if feature in features:
            device |= draw(limits(name))
    if "CONFIG_WCE" in features:
        device["writeback"] = draw(st.sampled_from([0, 1]))
    if "MQ" in features:
        device["num_queues"] = draw(st.sampled_from([1, 2, 5]))
    return device


# Numbers that become sectors and lengths once the capacity is known.
places = st.integers(0, 1 << 12)
counts = st.integers(1, COUNT_MAX)
cuts = st.lists(st.integers(1, 3 * SECTOR_BYTES), max_size=6)
skews = st.sampled_from([0, 1, 63])
transfers = st.sampled_from(["blk.read", "blk.write"])
queues = st.integers(0, 7)


class DiskMachine(RuleBasedStateMachine):
    def __init__(self, rig):
        super().__init__()
        self.rig = rig
        self.info = None  # what the driver learned; None: not open
        self.seed = 0

    @initialize(device=devices(), seed=st.integers(0, 1 << 32))
    def plug_in(self, device, seed):
        self.device = device
        self.offered = set(device["features"])
        self.disk = Disk(device["capacity"])
        self.rig.start(device=device, seed=seed)
        self.open(without=[], queue_size=256, queues=4)

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

    def is_stable(self):
        """Is a write on the medium once it is complete (5.2.6.2)?"""
        if self.device["cache"] == "none":
            return True
        if "CONFIG_WCE" in self.accepted:
            return not self.info["writeback"]
        return "FLUSH" in self.offered and "FLUSH" not in self.accepted

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
            self.disk.write(sector, count, request["data"], self.is_stable())
        else:
            assert result["outcome"] == "ok", result
            expected = self.disk.read(sector, count)
            assert expected in (None, bytes.fromhex(result["hex"]))

    def request(self, op, sector, count, **more):
        """A read shows what it read, and lets the bench compare, too, with
        what the disk holds, and where one seed says it all, with that."""
        r = {"op": op, "sector": sector, "count": count, **more}
        if op == "blk.write":
            return r | {"data": self.next_seed()}
        seed = self.disk.uniform_seed(sector, count)
        return r | {"return": "hex"} | ({} if seed is None else {"data": seed})

    # --- one request ---

    is_open = precondition(lambda self: self.info)
    is_closed = precondition(lambda self: not self.info)
    has_cache = precondition(lambda self: self.device["cache"] == "volatile")

    def call(self, request):
        params = {k: v for k, v in request.items() if k != "op"}
        return self.rig.call(request["op"], **params)

    def transfer(self, op, where, count, cut, skew, **more):
        sector, count = self.place(where, count)
        while sum(cut) >= count * SECTOR_BYTES:
            cut = cut[:-1]
        r = self.request(op, sector, count, segs=cut, skew=skew, **more)
        self.check(r, self.call(r))

    @is_open
    @rule(where=places, count=counts, cut=cuts, skew=skews, queue=queues)
    def write(self, where, count, cut, skew, queue):
        self.transfer("blk.write", where, count, cut, skew, queue=queue)

    @is_open
    @rule(where=places, count=counts, cut=cuts, skew=skews, queue=queues)
    def read(self, where, count, cut, skew, queue):
        self.transfer("blk.read", where, count, cut, skew, queue=queue, stored=True)

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
    @rule(queue=queues)
    def flush(self, queue):
        if not self.info["flush"]:
            assert self.rig.call("blk.flush", queue=queue)["outcome"] == "refused"
            return
        assert self.rig.call("blk.flush", queue=queue) == {"outcome": "ok"}
        self.disk.flush()

    @is_open
    @rule(us=st.integers(0, 50), queue=queues)
    def idle_and_ask_who_it_is(self, us, queue):
        assert self.rig.idle(us) == {"outcome": "ok"}
        result = self.rig.id(is_="ringtrue-disk-0", queue=queue)
        assert result["outcome"] == "ok"
        result = self.rig.call("blk.lifetime", queue=queue)
        if "LIFETIME" not in self.accepted:
            assert result["outcome"] == "refused"
        else:
            worn = {"outcome": "ok", "pre_eol_info": 1, "typ_a": 2, "typ_b": 3}
            assert result == worn

    # --- lists of segments ---

    @is_open
    @rule(
        op=st.sampled_from(sorted(LISTS)),
        asked=st.lists(st.tuples(places, counts, st.booleans()), max_size=8),
        queue=queues,
    )
    def list_of_segments(self, op, asked, queue):
        ranges = []
        for where, count, unmap in asked:
            sector, count = self.place(where, count)
            one = {"sector": sector, "count": count}
            ranges.append(one | ({"unmap": unmap} if op == "blk.write_zeroes" else {}))
        result = self.rig.call(op, ranges=ranges, queue=queue)
        can = LISTS[op][0] in self.accepted and not self.info["read_only"]
        if not can or not ranges:
            assert result["outcome"] == "refused"
            return
        assert result == {"outcome": "ok"}
        content = ANYTHING if op == "blk.discard" else 0
        stable = op == "blk.secure_erase" or self.is_stable()
        for one in ranges:
            self.disk.put(one["sector"], one["count"], content, stable)

    @is_open
    @rule(op=st.sampled_from(sorted(LISTS)), beyond=places, count=counts)
    def segments_past_the_end_are_refused(self, op, beyond, count):
        first = max(0, self.disk.capacity - count + 1)
        inside = {"sector": 0, "count": 1}
        wrong = {"sector": first + beyond, "count": count}
        assert self.rig.call(op, ranges=[inside, wrong])["outcome"] == "refused"
        empty = {"sector": 0, "count": 0}
        assert self.rig.call(op, ranges=[inside, empty])["outcome"] == "refused"

    # --- many in flight ---

    @is_open
    @rule(
        asked=st.lists(
            st.tuples(transfers, places, counts, queues), min_size=1, max_size=40
        )
    )
    def batch(self, asked):
        """None of them overlaps a write, for their order is the device's."""
        requests, read, written = [], set(), set()
        for op, where, count, queue in asked:
            sector, count = self.place(where, count)
            sectors = set(range(sector, sector + count))
            if sectors & written or (op == "blk.write" and sectors & read):
                continue
            (written if op == "blk.write" else read).update(sectors)
            requests.append(self.request(op, sector, count, queue=queue))
        result = self.rig.batch(*requests)
        results = result.get("requests", [result])  # a batch of one is one
        for request, one in zip(requests, results, strict=True):
            self.check(request, one)

    @is_open
    @rule(where=places, count=counts, queue=queues)
    def flush_beside_a_write_promises_nothing_of_it(self, where, count, queue):
        """The write may complete after the flush was sent."""
        if not self.info["flush"]:
            return
        sector, count = self.place(where, count)
        write = self.request("blk.write", sector, count)
        result = self.rig.batch(write, {"op": "blk.flush", "queue": queue})
        for one in result["requests"][1:]:
            assert one == {"outcome": "ok"}
        self.disk.flush()
        self.check(write, result["requests"][0])

    @is_open
    @rule(
        asked=st.lists(st.tuples(transfers, places, counts), max_size=8),
        queue=queues,
    )
    def reset_one_queue(self, asked, queue):
        """What is in flight on it comes back: done, or failed, and then a write
        was done or not."""
        requests, taken = [], set()
        for op, where, count in asked:
            sector, count = self.place(where, count)
            sectors = set(range(sector, sector + count))
            if not sectors & taken and self.is_legal(op, sector, count):
                taken |= sectors
                requests.append(self.request(op, sector, count, queue=queue))
        reset = {"op": "queue.reset", "queue": queue}
        *results, last = self.rig.batch(*requests, reset)["requests"]
        if "RING_RESET" not in self.accepted:
            assert last["outcome"] in ("refused", "error")
        else:
            assert last == {"outcome": "ok"}
        for request, one in zip(requests, results, strict=True):
            if one.get("code") != "RGT_E_IO":
                self.check(request, one)
            elif request["op"] == "blk.write":
                self.look_after(request)

    def look_after(self, request):
        sector, count = request["sector"], request["count"]
        result = self.rig.read(sector, count=count, return_="hex")
        assert result["outcome"] == "ok"
        found = bytes.fromhex(result["hex"])
        assert self.disk.doubt(sector, count, request["data"], found) == []

    # --- modes, and power ---

    @is_open
    @rule(on=st.booleans())
    def switch_the_cache(self, on):
        result = self.rig.call("blk.writeback", on=on)
        if "CONFIG_WCE" not in self.accepted:
            assert result["outcome"] in ("refused", "error")
        elif on and "FLUSH" not in self.accepted:
            assert result["code"] == "RGT_E_NOTSUP"
        else:
            assert result == {"outcome": "ok"}
            assert self.rig.info()["writeback"] == on
            self.info["writeback"] = on

    @is_open
    @has_cache
    @rule(
        where=places,
        count=counts,
        flush=st.booleans(),
        survive=st.sampled_from(["none", "all", "seed", "seed"]),
    )
    def power_cut(self, where, count, flush, survive):
        """After a write that was flushed, or not."""
        self.transfer("blk.write", where, count, [], 0)
        if flush:
            self.flush(queue=0)
        assert self.rig.call("power_cut", survive=survive) == {"outcome": "ok"}
        assert self.rig.call("blk.read", sector=0)["outcome"] != "ok"
        self.recover()
        self.look_at_the_disk()

    @is_closed
    @has_cache
    @rule(survive=st.sampled_from(["none", "seed"]))
    def power_cut_while_closed(self, survive):
        assert self.rig.call("power_cut", survive=survive) == {"outcome": "ok"}
        self.open(without=[], queue_size=256, queues=1)
        self.look_at_the_disk()

    def look_at_the_disk(self):
        """All of it, in pieces that each device can take."""
        data = b""
        step = READ_ALL
        while not self.is_legal("blk.read", 0, min(step, self.disk.capacity)):
            step //= 2  # one sector always fits
        for sector in range(0, self.disk.capacity, step):
            count = min(step, self.disk.capacity - sector)
            result = self.rig.read(sector, count=count, return_="hex")
            assert result["outcome"] == "ok"
            data += bytes.fromhex(result["hex"])
        assert self.disk.cut(data) == []

    # --- coming and going ---

    @is_closed
    @rule(
        without=subset(OPTIONAL),
        queue_size=st.sampled_from([256, 100, 16, 5, QUEUE_SIZE_MIN]),
        queues=st.integers(1, 6),
    )
    def open(self, without, queue_size, queues):
        result = self.rig.open(without=without, queue_size=queue_size, queues=queues)
        assert result == {"outcome": "ok"}
        self.accepted = self.offered - set(without)
        self.info = self.rig.info()
        self.check_info(queue_size, queues)

    def check_info(self, queue_size, queues):
        limit = min(queue_size, self.device["queue_size"])
        assert self.info["capacity"] == self.disk.capacity
        packed = "RING_PACKED" in self.accepted
        whole = limit if packed else 1 << limit.bit_length() - 1
        assert self.info["queue_size"] == whole
        assert self.info["flush"] == ("FLUSH" in self.accepted)
        assert self.info["read_only"] == ("RO" in self.accepted)
        assert self.info["writeback"] == self.mode_after_reset()
        if "SEG_MAX" in self.accepted:
            assert self.info["seg_max"] <= self.device["seg_max"]
        if "SIZE_MAX" in self.accepted:
            assert self.info["size_max"] == self.device["size_max"]
        there = self.device["num_queues"] if "MQ" in self.accepted else 1
        assert self.info["queues"] == min(queues, there)
        self.check_limits()

    def check_limits(self):
        for feature, name in LISTS.values():
            for limit in ("max_{}_sectors", "max_{}_seg", "{}_sector_alignment"):
                member = limit.format(name)
                told = self.device.get(member, 0) if feature in self.accepted else 0
                assert self.info.get(member, 0) == told

    def mode_after_reset(self):
        if "CONFIG_WCE" not in self.accepted:
            return "FLUSH" in self.accepted
        return bool(self.device["writeback"]) and "FLUSH" in self.accepted

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
        """A reset is no power cut: what was volatile stays so."""
        assert self.rig.recover() == {"outcome": "ok"}
        self.info = self.rig.info()
        assert self.info["writeback"] == self.mode_after_reset()


@pytest.mark.parametrize("memory", bench.MEMORIES)
@pytest.mark.parametrize("sched", bench.SCHEDULERS)
def test_disk_behaves_like_the_model(rig, sched, memory):
    bench_rig = rig("--sched", sched, "--memory", memory)
    run_state_machine_as_test(lambda: DiskMachine(bench_rig), settings=SETTINGS)
