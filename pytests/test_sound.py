# SPDX-License-Identifier: MIT
"""A sound card end to end: what was sent is what comes out, in virtual time.

The bench compares with a pattern that tells where each byte belongs, so that
stale, repeated, skipped or swapped bytes cannot look right."""

import bench
import pytest

FORMATS = {  # bytes of a sample, as stored (VIRTIO 1.2, 5.14.6.6.2)
    "MU_LAW": 1, "A_LAW": 1, "S8": 1, "U8": 1, "S16": 2, "U16": 2,
    "S18_3": 3, "U18_3": 3, "S20_3": 3, "U20_3": 3, "S24_3": 3, "U24_3": 3,
    "S20": 4, "U20": 4, "S24": 4, "U24": 4, "S32": 4, "U32": 4,
    "FLOAT": 4, "FLOAT64": 8, "DSD_U8": 1, "DSD_U16": 2, "DSD_U32": 4,
    "IEC958_SUBFRAME": 4,
}  # fmt: skip
RATES = [8000, 44100, 48000, 96000, 384000]
CHANNELS = [1, 2, 6]
XRUN, CONNECTED, DISCONNECTED = 0x1101, 0x1000, 0x1001
OUTPUT = {"direction": "output", "features": ["EVT_XRUNS"]}
INPUT = {"direction": "input", "features": ["EVT_XRUNS"]}
STEREO_10_MS = 1920  # bytes, S16 at 48 kHz


def ok(result):
    assert result["outcome"] == "ok", result
    return result


class Card:
    """The operations of one card; each has to succeed."""

    def __init__(self, rig, **device):
        self.rig = rig
        rig.start(device={"type": "snd", **device})
        ok(rig.open())

    def do(self, what, stream=0, **params):
        return ok(self.rig.call(f"snd.{what}", stream=stream, **params))

    def prepare(self, stream=0, **params):
        self.do("set_params", stream, **params)
        self.do("prepare", stream)

    def end(self, stream=0):
        self.do("stop", stream)
        self.do("release", stream)

    def events(self):
        """All that have come, as (code, id)."""
        found = []
        while (event := ok(self.rig.call("snd.event")))["code"]:
            found.append((event["code"], event["id"]))
        return found

    def assert_innocent(self):
        ok(self.rig.close())
        verdict = self.rig.verdict()
        assert verdict["violations"] == []
        assert verdict["complaint"] == ""


@pytest.fixture(params=["eager", "lazy"])
def reading(request):
    return request.param


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("rate", RATES)
def test_every_format_is_played_bit_by_bit(rig, rate, channels):
    with rig() as server:
        for name, sample in FORMATS.items():
            period = max(1, rate // 200) * channels * sample
            card = Card(server, streams=[OUTPUT], chmaps=[])
            card.prepare(
                format=name, rate=rate, channels=channels, period_bytes=period
            )
            card.do("play", periods=4, data=5)
            card.do("start")
            card.do("play", periods=2, data=5)
            card.do("finish")
            card.end()
            card.do("played", data=5, **{"is": {"bytes": 6 * period}})
            card.assert_innocent()


def test_device_plays_the_same_however_it_reads(rig, reading):
    with rig() as server:
        card = Card(server, reading=reading)
        card.prepare()
        card.do("play", periods=8, data=7)
        card.do("start")
        card.do("finish")
        card.end()
        card.do("played", data=7, **{"is": {"bytes": 8 * STEREO_10_MS}})
        card.assert_innocent()


def test_starved_stream_plays_silence_and_tells_it(rig, reading):
    with rig() as server:
        card = Card(server, reading=reading)
        card.prepare(select=["EVT_XRUNS"])
        card.do("play", periods=4, data=7)
        card.do("start")
        card.do("finish")
        ok(server.idle(10_000))  # one period late
        card.do("play", periods=4, data=7)
        card.do("finish")
        card.end()
        played = card.do("played", data=7)
        assert played["bytes"] == 8 * STEREO_10_MS  # nothing stale between
        assert played["gaps"] >= 1
        assert played["silent_bytes"] >= STEREO_10_MS - 192  # but for 1 ms
        assert (XRUN, 0) in card.events()
        card.assert_innocent()


def test_xrun_is_not_told_unless_selected(rig):
    with rig() as server:
        card = Card(server)
        card.prepare()
        card.do("play", periods=1)
        card.do("start")
        card.do("finish")
        ok(server.idle(30_000))
        card.end()
        assert card.events() == []
        card.assert_innocent()


def test_capture_is_what_the_source_gave(rig):
    with rig() as server:
        card = Card(server, capture_data=11)
        card.prepare(stream=1)
        card.do("capture", stream=1, periods=4)
        card.do("start", stream=1)
        for _ in range(10):
            card.do("capture", stream=1, periods=1)
        card.do("finish", stream=1)
        card.end(stream=1)
        card.assert_innocent()


def test_two_outputs_and_an_input_run_at_once(rig):
    with rig() as server:
        card = Card(
            server, streams=[OUTPUT, OUTPUT, INPUT], chmaps=[], capture_data=3
        )
        for stream in (0, 1, 2):
            card.prepare(stream)
        card.do("play", 0, periods=6, data=21)
        card.do("play", 1, periods=6, data=22)
        card.do("capture", 2, periods=6)
        for stream in (0, 1, 2):
            card.do("start", stream)
        for stream in (0, 1, 2):
            card.do("finish", stream)
        for stream in (0, 1, 2):
            card.end(stream)
        for stream, data in ((0, 21), (1, 22)):
            card.do(
                "played", stream, data=data, **{"is": {"bytes": 6 * STEREO_10_MS}}
            )
        card.assert_innocent()


def test_flapping_jack_is_told_and_disturbs_nothing(rig):
    with rig() as server:
        card = Card(server, flap_ms=5)
        card.prepare()
        card.do("play", periods=10, data=7)
        card.do("start")
        card.do("finish")
        card.end()
        codes = [code for code, jack in card.events() if jack == 0]
        assert len(codes) >= 8
        for before, after in zip(codes, codes[1:]):
            assert {before, after} == {CONNECTED, DISCONNECTED}
        card.do("played", data=7, **{"is": {"bytes": 10 * STEREO_10_MS}})
        card.assert_innocent()


def test_release_gives_every_message_back(rig):
    with rig() as server:
        card = Card(server)
        card.prepare()
        card.do("play", periods=20)
        card.do("start")
        card.end()
        # All of them are back already; those not played came back failed.
        assert server.call("snd.finish", stream=0, timeout_us=1)["code"] == (
            "RGT_E_IO"
        )
        assert card.do("finish") == {"outcome": "ok"}
        card.assert_innocent()


def test_card_comes_back_after_it_was_recovered(rig):
    with rig() as server:
        card = Card(server)
        card.prepare()
        card.do("play", periods=4)
        card.do("start")
        ok(server.recover())
        server.call("snd.finish", stream=0)  # failed, each of them once
        card.prepare()
        card.do("play", periods=4)
        card.do("start")
        card.do("finish")
        card.end()
        card.assert_innocent()


def resident_kib(server):
    path = f"/proc/{server._process.pid}/statm"
    with open(path) as f:
        return int(f.read().split()[1]) * 4


def test_a_thousand_openings_leak_nothing(rig):
    def open_and_close(times):
        for _ in range(times):
            ok(server.open())
            card.prepare()
            card.do("play", periods=1)
            ok(server.close())

    with rig() as server:
        card = Card(server)
        ok(server.close())
        # The event log is a ring of 262,144; it is full after some 1,030.
        open_and_close(1200)
        before = resident_kib(server)
        open_and_close(1000)
        assert resident_kib(server) - before < 1_000
        assert server.verdict()["violations"] == []


def test_an_hour_is_exact_to_the_frame(rig):
    """44,100 Hz, one byte a frame, half a second a message."""
    half_second = 22_050
    with rig() as server:
        card = Card(server, queue_size=128, streams=[OUTPUT], chmaps=[])
        card.prepare(
            format="U8", rate=44_100, channels=1, period_bytes=half_second
        )
        card.do("play", periods=40, data=13)
        card.do("start")
        for _ in range(71):
            card.do("play", periods=100, data=13)
        card.do("play", periods=60, data=13)
        card.do("finish", timeout_us=100_000_000)
        card.end()
        played = card.do("played", data=13)
        assert played["bytes"] == 3600 * 44_100
        assert played["gaps"] <= 1  # after the last frame, until STOP
        assert played["silent_bytes"] <= 45  # 1 ms
        card.assert_innocent()


@pytest.mark.parametrize("sched", bench.SCHEDULERS)
def test_sound_plays_under_both_schedulers(rig, sched):
    with rig("--sched", sched) as server:
        card = Card(server)
        card.prepare()
        card.do("play", periods=5, data=9)
        card.do("start")
        card.do("finish")
        card.end()
        card.do("played", data=9, **{"is": {"bytes": 5 * STEREO_10_MS}})
        card.assert_innocent()
