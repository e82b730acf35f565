# SPDX-License-Identifier: MIT
"""Files, sinks, sources and cards. What was played is read by others: numpy and
soundfile, which brings a libsndfile of its own."""

import fcntl
import json
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import struct
import subprocess
import termios
import time

import bench
import numpy as np
import pytest
import soundfile

RATES = (8000, 44100, 48000, 96000, 384000)
CHANNELS = (1, 2, 6)
FRAMES = 1234  # no multiple of any period

# Whatever else the machine has to do meanwhile: this is no test of speed.
PATIENT = ("--buffer-periods", 16)

# name -> bits that count, bytes of a sample; 0: half a byte
SIGNED = {
    "S8": (8, 1), "S16": (16, 2), "S18_3": (18, 3), "S20_3": (20, 3),
    "S24_3": (24, 3), "S20": (20, 4), "S24": (24, 4), "S32": (32, 4),
}  # fmt: skip
UNSIGNED = {
    "U8": (8, 1), "U16": (16, 2), "U18_3": (18, 3), "U20_3": (20, 3),
    "U24_3": (24, 3), "U20": (20, 4), "U24": (24, 4), "U32": (32, 4),
}  # fmt: skip
FLOATS = {"FLOAT": np.dtype("<f4"), "FLOAT64": np.dtype("<f8")}
LAWS = {"MU_LAW": "ULAW", "A_LAW": "ALAW"}
NO_SAMPLES = {
    "IMA_ADPCM": 0, "DSD_U8": 1, "DSD_U16": 2, "DSD_U32": 4, "IEC958_SUBFRAME": 4,
}  # fmt: skip
FORMATS = (*SIGNED, *UNSIGNED, *FLOATS, *LAWS, *NO_SAMPLES)


def wire_and_values(name, count):
    """Random samples of a format: their bytes, and what a reader of doubles
    has to see; None where there is no such thing."""
    random = np.random.default_rng(count)
    if name in FLOATS:
        values = random.uniform(-1, 1, count).astype(FLOATS[name])
        return values.tobytes(), values.astype(np.float64)
    if name in LAWS:
        return random.bytes(count), None
    if name in NO_SAMPLES:
        return random.bytes(count * NO_SAMPLES[name] or count // 2), None
    bits, width = {**SIGNED, **UNSIGNED}[name]
    half = 1 << (bits - 1)
    values = random.integers(-half, half, count)
    stored = values + half if name in UNSIGNED else values
    octets = stored.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :width]
    return octets.tobytes(), values / half


def play(ringtrue, path, *more, **how):
    done = ringtrue("play", path, *more, **how)
    assert done.returncode == 0, done
    assert done.stderr == ""
    assert "; 0 xruns; " in done.stdout
    return done.stdout


@pytest.fixture(params=FORMATS)
def format_name(request):
    return request.param


# --- bit by bit -------------------------------------------------------------------


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("rate", RATES)
def test_every_format_arrives_bit_by_bit(ringtrue, tmp_path, format_name, rate, channels):
    count = FRAMES * channels
    wire, values = wire_and_values(format_name, count)
    source, raw, wav = (tmp_path / n for n in ("in", "out.raw", "out.wav"))
    source.write_bytes(wire)
    raw_option = f"--raw={format_name}:{rate}:{channels}"
    play(ringtrue, source, raw_option, "--sink", f"raw:{raw}")
    assert raw.read_bytes() == wire
    if format_name in NO_SAMPLES:
        return
    play(ringtrue, source, raw_option, "--sink", f"wav:{wav}")
    if format_name in LAWS:
        law = {"format": "RAW", "subtype": LAWS[format_name], "samplerate": rate}
        values = soundfile.read(source, channels=channels, **law)[0].reshape(-1)
    seen, seen_rate = soundfile.read(wav, dtype="float64")
    assert seen_rate == rate
    assert soundfile.info(wav).channels == channels
    np.testing.assert_array_equal(seen.reshape(-1), values)


@pytest.mark.parametrize("end", ["wav", "w64", "rf64"])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_file_becomes_the_same_file(ringtrue, tmp_path, subtype, end):
    noise = np.random.default_rng(1).uniform(-1, 1, (FRAMES, 2))
    a, b = tmp_path / "a.wav", tmp_path / f"b.{end}"
    soundfile.write(a, noise, 44100, subtype=subtype)
    play(ringtrue, a, "--sink", f"wav:{b}")
    assert soundfile.info(b).subtype == subtype
    np.testing.assert_array_equal(soundfile.read(a)[0], soundfile.read(b)[0])


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
def test_flac_is_played_bit_by_bit(ringtrue, tmp_path, subtype):
    noise = np.random.default_rng(2).uniform(-1, 1, (FRAMES, 2))
    a, b = tmp_path / "a.flac", tmp_path / "b.wav"
    soundfile.write(a, noise, 48000, subtype=subtype)
    play(ringtrue, a, "--sink", f"wav:{b}")
    np.testing.assert_array_equal(soundfile.read(a)[0], soundfile.read(b)[0])


def test_ogg_is_played(ringtrue, tmp_path):
    sine = 0.5 * np.sin(np.arange(48000) * 2 * np.pi * 440 / 48000)
    a, b = tmp_path / "a.ogg", tmp_path / "b.wav"
    soundfile.write(a, sine, 48000)
    play(ringtrue, a, "--sink", f"wav:{b}")
    np.testing.assert_allclose(soundfile.read(b)[0], soundfile.read(a)[0], atol=1e-4)


@pytest.mark.parametrize("period, count", [(1, 2), (3, 5), (10, 32), (500, 2)])
@pytest.mark.parametrize("reading", ["eager", "lazy"])
@pytest.mark.parametrize("memory", bench.MEMORIES)
def test_periods_and_readers_change_nothing(
    ringtrue, tmp_path, counting, reading, memory, period, count
):
    device = tmp_path / "device.json"
    device.write_text(json.dumps({"type": "snd", "reading": reading}))
    out = tmp_path / "out.wav"
    play(
        ringtrue, counting, "--sink", f"wav:{out}", "--device", device,
        "--memory", memory, "--period-ms", period, "--buffer-periods", count,
    )  # fmt: skip
    assert out.read_bytes() == counting.read_bytes()


@pytest.mark.parametrize("sched", bench.SCHEDULERS)
def test_schedulers_change_nothing(ringtrue, tmp_path, counting, sched):
    out = tmp_path / "out.wav"
    # Real time under threads: a buffer for a machine that is busy.
    how = ("--sched", sched, "--buffer-periods", 32)
    play(ringtrue, counting, "--sink", f"wav:{out}", *how)
    assert out.read_bytes() == counting.read_bytes()


def counter(samples, first=0):
    return (np.arange(first, first + samples) + 1).astype(np.int16)


@pytest.fixture
def counting(tmp_path):
    """A second of stereo whose samples count."""
    path = tmp_path / "counting.wav"
    soundfile.write(path, counter(2 * 48000).reshape(-1, 2), 48000)
    return path


def test_gain_is_that_of_the_driver(ringtrue, tmp_path, counting):
    out = tmp_path / "out.wav"
    for db in (-96, -6, 0, 6, 24):
        play(ringtrue, counting, "--sink", f"wav:{out}", f"--gain={db}")
        gain = round(65536 * 10 ** (db / 20))
        product = counter(2 * 48000).astype(np.int64) * gain
        want = np.sign(product) * ((np.abs(product) + 32768) >> 16)
        want = np.clip(want, -32768, 32767)
        np.testing.assert_array_equal(soundfile.read(out, dtype="int16")[0].ravel(), want)


def test_hour_is_exact_in_seconds(ringtrue, tmp_path):
    path = tmp_path / "hour.wav"
    soundfile.write(path, np.zeros((3600 * 44100, 1), np.int16), 44100)
    began = time.monotonic()
    text = play(ringtrue, path, "--sink", "null")
    assert f"played {3600 * 44100} frames (3600.000 s)" in text
    assert time.monotonic() - began < 60


# --- recording ----------------------------------------------------------------------


def record(ringtrue, path, *more, **how):
    done = ringtrue("record", path, *more, **how)
    assert done.returncode == 0, done
    assert done.stderr == ""
    assert "; 0 overruns" in done.stdout
    return soundfile.read(path, dtype="int16", always_2d=True)


@pytest.mark.parametrize("sched", bench.SCHEDULERS)
def test_ramp_is_recorded_as_a_ramp(ringtrue, tmp_path, sched):
    data, rate = record(
        ringtrue, tmp_path / "r.wav", "--seconds", 0.777, "--source", "ramp",
        "--sched", sched, *PATIENT,
    )  # fmt: skip
    assert (rate, data.shape) == (48000, (37296, 2))
    for channel in data.T:
        np.testing.assert_array_equal(channel, counter(len(data), -1))


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("rate", RATES)
def test_counter_is_recorded_without_a_gap(ringtrue, tmp_path, rate, channels):
    data, _ = record(
        ringtrue, tmp_path / "r.wav", "--seconds", 1, "--source", "counter",
        "--rate", rate, "--channels", channels,
    )  # fmt: skip
    np.testing.assert_array_equal(data.ravel(), counter(rate * channels))


def test_file_of_another_rate_is_refused_before_anything_starts(
    ringtrue, tmp_path, counting
):
    how = ("--seconds", 1, "--source", f"file:{counting}", "--rate", 44100)
    done = ringtrue("record", tmp_path / "r.wav", *how)
    assert_one_line(done, "has 2 channels at 48000 Hz")
    assert (done.returncode, done.stdout) == (bench.EXIT_USAGE, "")


def test_largest_buffer_has_its_memory(ringtrue, tmp_path):
    path = tmp_path / "in.raw"
    path.write_bytes(bytes(8 * 8 * 1000))
    how = ("--raw", "FLOAT64:384000:8", "--sink", "null", "--memory", "bounce")
    long = ("--period-ms", 500, "--buffer-periods", 32)
    assert "played 1000 frames" in play(ringtrue, path, *how, *long)


def test_driver_without_sound_is_told(ringtrue, subject, counting):
    done = ringtrue("play", counting, "--sink", "null", "--dut", subject("never_kicks"))
    assert_one_line(done, "has no sound")


def test_file_is_recorded_as_it_is(ringtrue, tmp_path, counting):
    out = tmp_path / "r.wav"
    record(ringtrue, out, "--seconds", 1, "--source", f"file:{counting}")
    assert out.read_bytes() == counting.read_bytes()


def test_sine_has_its_pitch(ringtrue, tmp_path):
    data, rate = record(
        ringtrue, tmp_path / "r.wav", "--seconds", 1, "--source", "sine:1000"
    )
    spectrum = np.abs(np.fft.rfft(data[:, 0].astype(float)))
    assert np.argmax(spectrum) == 1000
    assert np.max(np.abs(data)) == 16384


# --- Ctrl-C, a full disk --------------------------------------------------------------


@pytest.fixture
def long(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.ones((600 * 48000, 2), np.int16), 48000)
    return path


@pytest.mark.parametrize("sched", bench.SCHEDULERS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_in_good_order(tmp_path, long, sched, number):
    out = tmp_path / "out.wav"
    how = ("--sink", f"wav:{out}", "--sched", sched, *PATIENT)
    argv = [bench.BINARY, "play", long, *map(str, how)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        until = time.monotonic() + 20
        while not (out.exists() and out.stat().st_size > 10000):
            assert p.poll() is None and time.monotonic() < until
        p.send_signal(number)
        text, errors = p.communicate(timeout=20)
    assert (p.returncode, errors) == (0, b"")
    assert b"stopped before the end" in text or sched == "step"
    assert np.all(soundfile.read(out, dtype="int16")[0] == 1)


@pytest.mark.parametrize("features", [[], ["EVT_XRUNS"]])
def test_what_was_lost_is_told(ringtrue, tmp_path, features):
    """Held while the card goes on: with and without events of the device."""
    out, device = tmp_path / "out.wav", tmp_path / "device.json"
    stream = {"direction": "input", "features": features}
    device.write_text(json.dumps({"type": "snd", "streams": [stream]}))
    how = ("--seconds", "1", "--source", "ramp", "--sched", "threads")
    argv = [bench.BINARY, "record", out, *how, "--device", device]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as p:
        until = time.monotonic() + 20
        while not (out.exists() and out.stat().st_size > 10000):
            assert p.poll() is None and time.monotonic() < until
        p.send_signal(signal.SIGSTOP)
        other = ("--seconds", 0.3, "--source", "ramp", "--sched", "threads")
        ringtrue("record", tmp_path / "other.wav", *other)
        p.send_signal(signal.SIGCONT)
        text, _ = p.communicate(timeout=20)
    assert p.returncode == 0
    steps = np.diff(soundfile.read(out, dtype="int16")[0][:, 0])
    lost = np.count_nonzero(steps != 1)
    assert lost >= 1
    assert f"; {lost} overrun" in text


@pytest.mark.parametrize("columns", [200, 50, 20, 5])
def test_meter_fits_its_terminal(tmp_path, columns):
    path = tmp_path / "in.wav"
    soundfile.write(path, np.ones(2400, np.int16), 8000)
    how = ("--sink", "null", "--sched", "threads", *PATIENT)
    argv = [bench.BINARY, "play", path, *map(str, how)]
    screen, terminal = pty.openpty()
    size = struct.pack("HHHH", 24, columns, 0, 0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    with open(screen, "rb", buffering=0) as screen, subprocess.Popen(
        argv, stdout=subprocess.DEVNULL, stderr=terminal
    ) as p:
        os.close(terminal)
        seen = b""
        try:
            while more := screen.read(1000):
                seen += more
        except OSError:  # the other end is closed
            pass
    assert p.returncode == 0
    lines = re.split(rb"\r|\x1b\[K", seen)
    assert max(map(len, lines)) < columns
    if columns >= 20:
        assert any(line.startswith(b"  0:00.") for line in lines)
        assert any(re.search(rb"xruns \d+$", line) for line in lines)
    assert any(b"  buffer " in line for line in lines) == (columns >= 50)


def limited(limit, *argv):
    """Runs the tool where no file may grow beyond a limit."""

    def limit_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [bench.BINARY, *map(str, argv)],
        preexec_fn=limit_files,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("end", ["wav", "w64", "rf64"])
def test_full_disk_leaves_what_was_recorded(tmp_path, end):
    path = tmp_path / f"out.{end}"
    limit = 70_000_001  # the machine's memory needs 64 MiB
    done = limited(limit, "record", path, "--seconds", 1000, "--source", "counter")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"{path}: File too large after " in done.stderr
    data = soundfile.read(path, dtype="int16")[0].ravel()
    assert limit - 1000 < 2 * len(data) <= limit
    np.testing.assert_array_equal(data, counter(len(data)))
    assert f"recorded {len(data) // 2} frames" in done.stdout


@pytest.mark.parametrize("kind", ["wav", "raw"])
def test_full_disk_is_summed_up_as_it_is(tmp_path, kind):
    limit, rate, out = 70_000_003, 384000, tmp_path / "out.wav"
    path = tmp_path / "in.raw"
    path.touch()
    os.truncate(path, 100_000_000)
    how = ("--raw", f"S16:{rate}:2", "--sink", f"{kind}:{out}")
    done = limited(limit, "play", path, *how)
    assert done.returncode == 1
    frames = (out.stat().st_size - (44 if kind == "wav" else 0)) // 4
    assert f"played {frames} frames" in done.stdout


# --- bad input ------------------------------------------------------------------------


def assert_one_line(done, *words):
    assert done.returncode in (1, 2), done
    assert done.stderr.startswith("ringtrue: "), done
    assert done.stderr.count("\n") == 1, done
    for word in words:
        assert word in done.stderr


@pytest.fixture
def bad_file(tmp_path, counting):
    def make(name):
        path = tmp_path / name
        if name == "empty.wav":
            path.write_bytes(b"")
        elif name == "text.wav":
            path.write_text("It was a dark and stormy night.\n" * 100)
        elif name == "folder.wav":
            path.mkdir()
        elif name == "no-frames.wav":
            soundfile.write(path, np.zeros((0, 2), np.int16), 48000)
        elif name == "cut.wav":
            path.write_bytes(counting.read_bytes()[:-1])
        elif name == "cut.flac":
            noise = np.random.default_rng(3).uniform(-1, 1, (48000, 2))
            soundfile.write(path, noise, 48000)
            path.write_bytes(path.read_bytes()[:-5000])
        elif name in ("text.vox", "text.gsm"):
            path.write_text("It was a dark and stormy night.\n" * 100)
        elif name == "rate.wav":
            soundfile.write(path, np.zeros((10, 2), np.int16), 12345)
        elif name == "channels.wav":
            soundfile.write(path, np.zeros((10, 9), np.int16), 48000)
        return path

    return make


@pytest.mark.parametrize(
    "name, words",
    [
        ("missing.wav", "No such file"),
        ("empty.wav", "is empty"),
        ("text.wav", "no sound file"),
        ("text.vox", "it has no header"),
        ("text.gsm", "it has no header"),
        ("folder.wav", "no regular file"),
        ("no-frames.wav", "no frame"),
        ("cut.wav", "cut off"),
        ("cut.flac", "cut.flac: "),
        ("rate.wav", "12345 Hz"),
        ("channels.wav", "9 channels"),
    ],
)
def test_bad_file_is_one_line(ringtrue, tmp_path, bad_file, name, words):
    out = tmp_path / "out.wav"
    done = ringtrue("play", bad_file(name), "--sink", f"wav:{out}")
    assert_one_line(done, words)
    if out.exists():  # it was noticed on the way
        soundfile.read(out)


@pytest.fixture(params=["wav", "w64", "rf64", "aiff", "au", "ogg", "opus", "mp3", "flac"])
def noise(request, tmp_path):
    """A second of noise in every kind of file."""
    path = tmp_path / f"noise.{request.param}"
    more = {"format": "OGG", "subtype": "OPUS"} if request.param == "opus" else {}
    data = np.random.default_rng(4).uniform(-0.5, 0.5, (48000, 2))
    soundfile.write(path, data, 48000, **more)
    return path


def test_file_that_was_cut_off_is_told(ringtrue, noise, tmp_path):
    whole = noise.read_bytes()
    assert ringtrue("play", noise, "--sink", "null").returncode == 0
    for rest in (len(whole) - 2, len(whole) - 5000, len(whole) // 2):
        noise.write_bytes(whole[:rest])
        done = ringtrue("play", noise, "--sink", "null")
        assert_one_line(done, str(noise))
        if noise.suffix != ".flac":  # which is noticed on the way
            assert "is cut off" in done.stderr
            assert done.returncode == bench.EXIT_USAGE


def test_reader_of_a_broken_file_says_nothing_itself(ringtrue, tmp_path):
    path = tmp_path / "x.mp3"
    random = np.random.default_rng(6)
    soundfile.write(path, random.uniform(-0.5, 0.5, (480000, 2)), 48000)
    mp3 = path.read_bytes()
    path.write_bytes(mp3[:20000] + random.bytes(40000) + mp3[60000:])
    assert_one_line(ringtrue("play", path, "--sink", "null"), str(path))


def test_ogg_without_its_last_page_is_told(ringtrue, tmp_path):
    path = tmp_path / "x.ogg"
    soundfile.write(path, np.random.default_rng(5).uniform(-0.5, 0.5, 480000), 48000)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"OggS")])
    done = ringtrue("play", path, "--sink", "null")
    assert_one_line(done, "is cut off: the last page is missing")


# Of a writer into a pipe: ffmpeg, sox, arecord, one that was killed.
@pytest.mark.parametrize(
    "riff, data",
    [
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x7FFFF024, 0x7FFFF000),
        (0x7FFFFFFF, 0x7FFFFFFF),
        (0, 48000 * 4),
        (8, 0),
    ],
)
def test_wav_without_a_length_is_played(ringtrue, tmp_path, counting, riff, data):
    open_end, out = tmp_path / "open.wav", tmp_path / "out.wav"
    wav = counting.read_bytes()
    at = wav.index(b"data") + 4
    riff, data = (size.to_bytes(4, "little") for size in (riff, data))
    open_end.write_bytes(wav[:4] + riff + wav[8:at] + data + wav[at + 4 :])
    play(ringtrue, open_end, "--sink", f"wav:{out}")
    assert out.read_bytes() == wav


def test_wav_needs_only_its_samples_to_be_whole(ringtrue, tmp_path):
    """No byte that makes them even; and a chunk behind them is cut off."""
    odd = tmp_path / "odd.wav"
    soundfile.write(odd, np.zeros(999), 8000, subtype="PCM_U8")
    wav = odd.read_bytes()
    at = wav.index(b"data") + 8
    for end in (at + 999, at + 1000):
        odd.write_bytes(wav[:4] + (at + 992).to_bytes(4, "little") + wav[8:end])
        assert "played 999 frames" in play(ringtrue, odd, "--sink", "null")
    odd.write_bytes(wav[: at + 1000] + b"LIST" + (500).to_bytes(4, "little") + b"INFO")
    assert "played 999 frames" in play(ringtrue, odd, "--sink", "null")


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "expected a FILE"),
        ([""], "expected a FILE"),
        (["{wav}", "more"], "unexpected argument 'more'"),
        (["{wav}", "--sink", "tape"], "found 'tape'"),
        (["{wav}", "--sink", "wav"], "wav:FILE"),
        (["{wav}", "--sink", "wav:/no/such/x.wav"], "/no/such/x.wav: No such file"),
        (["{wav}", "--sink", "wav:/dev/full"], "/dev/full"),
        (["{wav}", "--sink", "wav:/no/such.dir/x.flac"], "only .wav, .w64 and"),
        (["{wav}", "--sink", "raw:/dev/full"], "No space left on device"),
        (["{wav}", "--sink", "null", "--gain", "25"], "--gain"),
        (["{wav}", "--sink", "null", "--gain", " 3"], "--gain"),
        (["{wav}", "--sink", "null", "--gain", ""], "--gain"),
        (
            ["{wav}", "--sink", "null", "--gain", "-6", "--format", "FLOAT64"],
            "--format FLOAT",
        ),
        (["{wav}", "--sink", "null", "--gain", "-6", "--format", "A_LAW"], "A_LAW"),
        (["{wav}", "--sink", "null", "--format", "S17"], "S16"),
        (["{wav}", "--sink", "null", "--format", "DSD_U8"], "DSD_U8"),
        (["{wav}", "--sink", "null", "--period-ms", "0"], "--period-ms"),
        (["{wav}", "--sink", "null", "--buffer-periods", "1"], "--buffer-periods"),
        (["{wav}", "--sink", "null", "--raw", "S16:48000"], "--raw"),
        (["{wav}", "--sink", "null", "--raw", "S16:-48000:2"], "--raw"),
        (["{wav}", "--sink", "null", "--dut", "liar"], "liar"),
        (["{wav}", "--sched", "step"], "--sched step"),
        (["{wav}", "--sink", "null", "--device", "/no/such"], "/no/such"),
    ],
)
def test_bad_play_is_one_line(ringtrue, counting, arguments, words):
    arguments = [a.format(wav=counting) for a in arguments]
    assert_one_line(ringtrue("play", *arguments), words)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "expected a file"),
        (["{out}"], "--seconds N is needed"),
        (["{out}", "--seconds", "0"], "--seconds"),
        (["{out}", "--seconds", "1", "--source", "tape"], "found 'tape'"),
        (["{out}", "--seconds", "1", "--sched", "step"], "--sched step"),
        (["{out}", "--seconds", "1", "--source", "sine:x"], "sine:x"[5:]),
        (["{out}", "--seconds", "1", "--source", "file:/no/such"], "/no/such"),
        (["{out}", "--seconds", "1", "--source", "ramp", "--rate", "1"], "1 Hz"),
        (["{out}", "--seconds", "1", "--source", "sine:9000", "--rate", "8000"], "9000"),
        (["{out}.flac", "--seconds", "1", "--source", "ramp"], "only .wav, .w64"),
        (["{out}", "--seconds", "1", "--source", "sine:24000"], "24000 Hz"),
        (
            ["{out}", "--raw", "--seconds", "1", "--source", "sine:99"]
            + ["--format", "DSD_U8"],
            "DSD_U8",
        ),
        (["", "--seconds", "1"], "expected a file"),
        (["/no/such/x.wav", "--seconds", "1", "--source", "ramp"], "/no/such/x.wav"),
        (["{out}", "--seconds", "1", "--source", "ramp", "--format", "DSD_U8"], "DSD"),
    ],
)
def test_bad_record_is_one_line(ringtrue, tmp_path, arguments, words):
    arguments = [a.format(out=tmp_path / "out.wav") for a in arguments]
    done = ringtrue("record", *arguments)
    assert_one_line(done, words)
    assert (done.returncode, done.stdout) == (bench.EXIT_USAGE, "")


@pytest.fixture(params=["itself", "symbolic", "hard"])
def alias(request, tmp_path, counting):
    """Another name of the same file."""
    path = tmp_path / "alias.wav"
    if request.param == "symbolic":
        path.symlink_to(counting)
    elif request.param == "hard":
        path.hardlink_to(counting)
    return counting if request.param == "itself" else path


@pytest.mark.parametrize("kind", ["wav", "raw"])
def test_nothing_is_played_into_itself(ringtrue, counting, alias, kind):
    before = counting.read_bytes()
    done = ringtrue("play", counting, "--sink", f"{kind}:{alias}")
    assert_one_line(done, "input and output are the same file")
    assert done.returncode == bench.EXIT_USAGE
    assert counting.read_bytes() == before


@pytest.mark.parametrize("how", [[], ["--raw"]])
def test_nothing_is_recorded_into_itself(ringtrue, counting, alias, how):
    before = counting.read_bytes()
    done = ringtrue(
        "record", alias, "--seconds", 1, "--source", f"file:{counting}", *how
    )
    assert_one_line(done, "input and output are the same file")
    assert done.returncode == bench.EXIT_USAGE
    assert counting.read_bytes() == before


def test_bad_line_is_the_same_for_the_other_commands(ringtrue):
    assert_one_line(ringtrue("snd"), "expected info")
    assert_one_line(ringtrue("snd", "x"), "found 'x'")
    assert_one_line(ringtrue("audio"), "expected devices")
    assert_one_line(ringtrue("audio", "x"), "found 'x'")


@pytest.mark.parametrize(
    "streams, words",
    [
        ([], "no output stream"),
        ([{"direction": "input"}], "no output stream"),
        ([{"formats": ["U8"]}], "format"),
        ([{"rates": [44100]}], "rate"),
        ([{"channels_min": 3}], "channels"),
    ],
)
def test_device_that_cannot_is_one_line(ringtrue, tmp_path, counting, streams, words):
    device = tmp_path / "device.json"
    device.write_text(json.dumps({"type": "snd", "streams": streams}))
    out = tmp_path / "out.wav"
    done = ringtrue("play", counting, "--sink", f"wav:{out}", "--device", device)
    assert_one_line(done, words)
    assert not out.exists()


@pytest.mark.parametrize("text", ["", "{", '{"type": "blk"}', '{"type": "snd", "x": 1}'])
def test_bad_device_is_one_line(ringtrue, tmp_path, counting, text):
    device = tmp_path / "device.json"
    device.write_text(text)
    done = ringtrue("play", counting, "--sink", "null", "--device", device)
    assert_one_line(done, str(device))


def test_snd_info_says_it_in_words(ringtrue):
    done = ringtrue("snd", "info")
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "1 jack, 2 streams, 2 channel maps",
        "line out at the rear",
        "stream 0: output, 1 to 8 channels",
        "stream 1: input",
        "channel map 0: output, 2 channels: FL FR",
    ):
        assert words in done.stdout


# --- PortAudio without a card -----------------------------------------------------------


@pytest.fixture
def alsa(ringtrue, tmp_path):
    """Writes an ALSA configuration; returns the environment that uses it."""
    if "built without PortAudio" in ringtrue("audio", "devices").stdout:
        pytest.skip("built with -DRINGTRUE_PORTAUDIO=OFF")

    def write(text):
        path = tmp_path / "asound.conf"
        path.write_text(text)
        return {"ALSA_CONFIG_PATH": str(path), "JACK_NO_START_SERVER": "1"}

    return write


FILE_CARD = """
pcm.default {{ type file slave.pcm {{ type null }} {ends} }}
ctl.default {{ type hw card 0 }}
"""


@pytest.mark.parametrize("bits, dtype", [(16, "int16"), (24, "int32")])
@pytest.mark.parametrize("period", [5, 10, 20])
def test_card_plays_every_sample(ringtrue, alsa, tmp_path, bits, dtype, period):
    heard, path = tmp_path / "heard.wav", tmp_path / "in.wav"
    env = alsa(FILE_CARD.format(ends=f'file "{heard}" format "wav"'))
    played = (np.arange(48000) + 1).astype(dtype).reshape(-1, 2)
    if bits == 24:
        played <<= 8  # soundfile has them at the upper end
    soundfile.write(path, played, 48000, subtype=f"PCM_{bits}")
    play(ringtrue, path, "--period-ms", period, *PATIENT, env=env)
    data = soundfile.read(heard, dtype=dtype)[0]
    begin = np.flatnonzero(data[:, 0])[0]
    np.testing.assert_array_equal(data[begin : begin + 24000], played)
    assert not np.any(data[begin + 24000 :])


def test_card_records_every_sample(ringtrue, alsa, tmp_path):
    mouth = tmp_path / "in.raw"
    mouth.write_bytes(counter(2 * 10 * 48000).tobytes())
    ends = f'file "/dev/null" infile "{mouth}" format "raw"'
    env = alsa(FILE_CARD.format(ends=ends))
    how = ("--seconds", 1, *PATIENT)
    data, _ = record(ringtrue, tmp_path / "r.wav", *how, env=env)
    first = int(data[0, 0]) - 1
    np.testing.assert_array_equal(data.ravel(), counter(2 * 48000, first))


def test_card_that_is_not_there_is_one_line(ringtrue, alsa, counting, tmp_path):
    env = alsa(FILE_CARD.format(ends='file "/dev/null" format "raw"'))
    done = ringtrue("play", counting, "--sink", "portaudio:nobody", env=env)
    assert_one_line(done, "nobody", "audio devices")
    done = ringtrue(
        "record", tmp_path / "r.wav", "--seconds", 1, "--source", "portaudio:9", env=env
    )
    assert_one_line(done, "'9'")
    devices = ringtrue("audio", "devices", env=env)
    assert devices.returncode == 0
    assert "default (ALSA)" in devices.stdout


def test_configuration_without_a_card_is_told(ringtrue, alsa, counting):
    env = alsa("# nothing at all\n")
    done = ringtrue("audio", "devices", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("no sound devices: ")
    assert_one_line(ringtrue("play", counting, env=env), "ALSA configuration")


def start_jack(env, frames):
    """A JACK server with a dummy card that runs in real time, once it serves."""
    name = env["JACK_DEFAULT_SERVER"]
    argv = f"jackd --no-realtime -n {name} -d dummy -r 48000 -p {frames}".split()
    server = subprocess.Popen(
        argv,
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 20
    while "system (JACK" not in bench.run("audio", "devices", env=env).stdout:
        assert server.poll() is None and time.monotonic() < until
    return server


@pytest.fixture
def jack(alsa, request):
    """(environment, server); a test may kill the server. Its parameter: frames
    of a period of the card."""
    frames = getattr(request, "param", 512)
    if not shutil.which("jackd"):
        pytest.skip("jackd is not installed (Debian: jackd2)")
    env = alsa("pcm.default { type null }\nctl.default { type hw card 0 }\n")
    # A name of its own: nobody else's server is used, or killed.
    env["JACK_DEFAULT_SERVER"] = f"ringtrue-{os.getpid()}"
    server = start_jack(env, frames)
    yield env, server
    # JACK has room for 8 servers on a machine, and one that was killed keeps
    # its place until another of its name has come and gone in good order.
    if server.poll() is not None:
        server = start_jack(env, frames)
    server.terminate()
    server.wait(20)


@pytest.mark.parametrize("rate", [48000, 44100])
@pytest.mark.parametrize("channels", [1, 2])
def test_paced_card_takes_its_time(ringtrue, jack, tmp_path, rate, channels):
    path = tmp_path / "in.wav"
    soundfile.write(path, np.zeros((rate, channels), np.int16), rate)
    began = time.monotonic()
    play(ringtrue, path, "--sink", "portaudio:system", *PATIENT, env=jack[0])
    assert 0.9 < time.monotonic() - began < 10


# PortAudio cuts what is more than 1024 frames into several calls in a row: one
# bite is 171 ms here, more than half of the driver's buffer.
@pytest.mark.parametrize("jack", [8192], indirect=True)
def test_card_with_long_periods_is_kept_supplied(ringtrue, jack, tmp_path):
    path = tmp_path / "in.wav"
    soundfile.write(path, np.zeros((48000, 2), np.int16), 48000)
    play(ringtrue, path, "--sink", "portaudio:system", *PATIENT, env=jack[0])


def test_card_is_kept_supplied_in_long_periods(ringtrue, jack, tmp_path):
    path = tmp_path / "in.wav"
    soundfile.write(path, np.zeros((60000, 2), np.int16), 48000)
    card = ("--sink", "portaudio:system", "--period-ms", 500)
    play(ringtrue, path, *card, env=jack[0])


def purity(data, rate, hz):
    """How much of a sound is one sine: 1 less the share of all the rest."""
    t = 2 * np.pi * hz * np.arange(len(data)) / rate
    base = np.stack([np.sin(t), np.cos(t)], axis=1)
    rest = data - base @ np.linalg.lstsq(base, data, rcond=None)[0]
    return 1 - np.sum(rest**2) / np.sum(data**2)


@pytest.mark.parametrize("rate", [96000, 192000])
def test_card_of_another_rate_hears_the_same(ringtrue, jack, tmp_path, rate):
    """What one ringtrue plays another one records."""
    env, _ = jack
    path, heard = tmp_path / "in.wav", tmp_path / "heard.wav"
    sine = 0.5 * np.sin(2 * np.pi * 1000 / rate * np.arange(60 * rate))
    soundfile.write(path, sine, rate, subtype="PCM_16")
    argv = [bench.BINARY, "play", path, "--sink", "portaudio:system", *PATIENT]
    with subprocess.Popen(map(str, argv), env={**os.environ, **env}) as p:
        try:
            # A client of JACK's is a card to the next one.
            until = time.monotonic() + 20
            while "PortAudio" not in ringtrue("audio", "devices", env=env).stdout:
                assert p.poll() is None and time.monotonic() < until
            how = ("--seconds", 1, "--channels", 1, *PATIENT)
            card = ("--source", "portaudio:PortAudio")
            data, _ = record(ringtrue, heard, *how, *card, env=env)
        finally:
            p.send_signal(signal.SIGINT)
    assert p.returncode == 0
    # The most of it, whatever a machine that is busy does to some.
    parts = np.array_split(data[:, 0].astype(float), 20)
    assert np.median([purity(part, 48000, 1000) for part in parts]) > 0.9999


def test_interrupt_ends_a_search_for_cards_at_once(jack, long):
    """With a server that does not answer, once is enough."""
    env, server = jack
    argv = [bench.BINARY, "play", long, "--sink", "portaudio:system"]
    server.send_signal(signal.SIGSTOP)
    try:
        with subprocess.Popen(
            argv, env={**os.environ, **env}, stderr=subprocess.PIPE, process_group=0
        ) as p:
            children = pathlib.Path(f"/proc/{p.pid}/task/{p.pid}/children")
            until = time.monotonic() + 20
            while not children.read_text():
                assert p.poll() is None and time.monotonic() < until
            os.killpg(p.pid, signal.SIGINT)  # as the terminal does
            _, errors = p.communicate(timeout=15)
    finally:
        server.send_signal(signal.SIGCONT)
    assert (p.returncode, errors) == (-signal.SIGINT, b"")


def test_name_of_several_cards_is_told_with_all_of_them(ringtrue, jack, counting):
    done = ringtrue("play", counting, "--sink", "portaudio:e", env=jack[0])
    assert_one_line(done, "'e' may be '", "'system'", "', '", "'default'")
    done = ringtrue("play", counting, "--sink", "portaudio:nobody", env=jack[0])
    assert_one_line(done, "no output device 'nobody'")


def test_card_that_vanishes_is_one_line(jack, long):
    """Killed while the meter on the terminal says that it plays."""
    env, server = jack
    argv = [bench.BINARY, "play", long, "--sink", "portaudio:system"]
    screen, terminal = pty.openpty()
    with open(screen, "rb", buffering=0) as screen, subprocess.Popen(
        argv, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=terminal
    ) as p:
        os.close(terminal)
        seen = b""
        while not re.search(rb"0:00\.[1-9]", seen):
            seen += screen.read(1000)
        server.kill()
        server.wait()
        try:
            while more := screen.read(1000):
                seen += more
        except OSError:  # the other end is closed
            pass
    assert p.returncode == 1
    last = seen.rsplit(b"\x1b[K", 1)[1]
    assert last.startswith(b"ringtrue: play: PortAudio: 'system' is gone")
    assert last.count(b"\n") == 1
