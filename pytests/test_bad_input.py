# SPDX-License-Identifier: MIT
"""Bad input is one clear line, exit code 2, and nothing half done."""

import json
import os
import shutil

import bench
import pytest
from rig import RpcError

COMMANDS = (
    "run", "list", "clauses", "serve", "blk", "bench", "play", "record", "snd", "audio",
    "explore", "replay", "merge",
)  # fmt: skip
NO_SUCH = "/no/such"


def assert_one_line(process, *words):
    """Exit code 2, silence on stdout, one line on stderr that has it all."""
    assert process.returncode == bench.EXIT_USAGE, process
    assert process.stdout == ""
    assert process.stderr.startswith("ringtrue: ")
    assert process.stderr.count("\n") == 1
    assert process.stderr.endswith("\n")
    for word in words:
        assert str(word) in process.stderr


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(64 * 512))
    return path


@pytest.fixture
def odd_image(tmp_path):
    path = tmp_path / "odd.img"
    path.write_bytes(bytes(513))
    return path


# --- the command line -----------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_option_is_named(ringtrue, command):
    process = ringtrue(command, "--frobnicate")
    assert_one_line(process, command, "--frobnicate", "--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_not_an_error(ringtrue, command):
    process = ringtrue(command, "--help")
    assert process.returncode == bench.EXIT_PASS
    assert process.stdout.startswith(f"usage: ringtrue {command}")
    assert process.stderr == ""


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "no command"),
        (["frobnicate"], "unknown command 'frobnicate'"),
        (["--frobnicate"], "unknown option '--frobnicate'"),
        (["help", "frobnicate"], "unknown command 'frobnicate'"),
        (["serve", "argument"], "unexpected argument 'argument'"),
        (["blk"], "expected read, write, info, discard, zero or erase"),
        (["blk", "format"], "found 'format'"),
        (
            ["bench", "argument"],
            "expected reads, rings, sound, cases or explore, found 'argument'",
        ),
        (["blk", "read"], "--image FILE is needed"),
        (["run", "--json"], "--json needs a value"),
        (["run", "--strict=yes"], "--strict takes no value"),
        (["run", "-x"], "unknown option '-x'"),
    ],
)
def test_wrong_command_line_is_named(ringtrue, arguments, words):
    assert_one_line(ringtrue(*arguments), words)


@pytest.mark.parametrize(
    "command, option, values",
    [
        ("run", "--seed", ["", "x", "-1", "1x", "0x10", str(1 << 63), "1" * 40]),
        ("run", "--jobs", ["0", "-1", "257", "two"]),
        ("run", "--repeat", ["0", "1.5"]),
        ("run", "--deadline", ["0", "-1", "x", "inf", "nan", "1e9"]),
        ("run", "--sched", ["", "fast"]),
        ("run", "--memory", ["", "shared"]),
        ("serve", "--seed", ["x"]),
        ("blk", "--sector", ["x", "-1"]),
        ("blk", "--count", ["0", "x"]),
        ("bench", "--rounds", ["0", "x"]),
    ],
)
def test_bad_value_is_named_with_its_option(ringtrue, command, option, values):
    for value in values:
        process = ringtrue(command, option, value)
        assert_one_line(process, option, f"found '{value}'", "expected")


@pytest.mark.parametrize("command", ["run", "list", "clauses"])
def test_pattern_without_a_match_is_named(ringtrue, command):
    assert_one_line(ringtrue(command, "no/such/*"), "'no/such/*'")


def test_one_pattern_without_a_match_runs_nothing(ringtrue):
    assert_one_line(ringtrue("run", "*", "no/such"), "'no/such'")


# --- vectors ----------------------------------------------------------------------

GOOD = bench.vector("blk/1/good", bench.OPEN, bench.READ)
LOADING_COMMANDS = ("run", "list", "clauses", "serve")


@pytest.fixture
def broken(vectors, tmp_path):
    """broken(lines) makes a vectors folder in which one file has these lines
    instead; returns its path and the environment."""

    def write(lines):
        env = vectors(GOOD)
        path = tmp_path / "vectors" / "driver" / f"{GOOD['id']}.json"
        path.write_text("\n".join(lines) + "\n")
        return path, env

    return write


def good_lines():
    return json.dumps(GOOD, indent=2).splitlines()


def line_with(text):
    """Number of the first line, from 1, in which it stands."""
    return 1 + next(k for k, line in enumerate(good_lines()) if text in line)


def replaced(old, new):
    return [line.replace(old, new) for line in good_lines()]


BROKEN = {
    "a missing comma": (replaced('good",', 'good"'), line_with("title"), "JSON"),
    "no end": (good_lines()[:-1], None, "JSON"),
    "nothing": ([""], None, "JSON"),
    "a member twice": (
        replaced('"title"', '"id": "blk/1/good", "title"'),
        line_with("title"),
        "duplicate",
    ),
    "a wrong type": (
        replaced('"sector": 8', '"sector": "8"'),
        line_with('"sector"'),
        "steps[1].sector",
    ),
    "a number out of range": (
        replaced('"sector": 8', '"sector": -8'),
        line_with('"sector"'),
        "steps[1].sector",
    ),
    "an unknown operation": (
        replaced('"blk.read"', '"blk.reed"'),
        line_with('"blk.read"'),
        "blk.reed",
    ),
    "an unknown member": (replaced('"title"', '"titel"'), None, "titel"),
    "a wrong id": (
        replaced("blk/1/good", "blk/1/better"),
        line_with('"id"'),
        "blk/1/better",
    ),
    "an unknown clause": (
        replaced("drv-3.1.1-1", "drv-9.9.9-9"),
        line_with("drv-3.1.1-1"),
        "drv-9.9.9-9",
    ),
    "not an object": (["[]"], 1, "object"),
}


@pytest.mark.parametrize("flaw", BROKEN)
def test_bad_vector_is_named_with_file_and_line(ringtrue, broken, flaw):
    lines, number, word = BROKEN[flaw]
    path, env = broken(lines)
    where = f"{path}:{number}: " if number else f"{path}:"
    assert_one_line(ringtrue("run", env=env), where, word)


# A device, a word of what is said, and the line of a vector at which it is.
IMPOSSIBLE = {
    "no queue at all": (
        {"features": ["VERSION_1", "MQ"], "num_queues": 0},
        "device.num_queues: expected 1 to 64 with MQ, found 0",
        '"num_queues"',
    ),
    "queues without their feature": (
        {"num_queues": 4},
        "device.num_queues: expected MQ among the features",
        '"num_queues"',
    ),
    "a queue of no descriptor": (
        {"queue_size": 0},
        "device.queue_size: expected",
        '"queue_size"',
    ),
    "a queue of 40000": (
        {"queue_size": 40000},
        "device.queue_size: expected",
        '"queue_size"',
    ),
    "modes without a flush": (
        {"features": ["VERSION_1", "CONFIG_WCE"]},
        "device.features: expected FLUSH with CONFIG_WCE",
        '"features"',
    ),
    "segments of nothing": (
        {"features": ["VERSION_1", "SEG_MAX"], "seg_max": 0},
        "device.seg_max: expected 1 or more",
        '"seg_max"',
    ),
    "blocks of 100 bytes": (
        {"features": ["VERSION_1", "BLK_SIZE"], "blk_size": 100},
        "device.blk_size: expected a power of 2",
        '"blk_size"',
    ),
    "a discard of nothing": (
        {"features": ["VERSION_1", "DISCARD"], "max_discard_seg": 0},
        "device.max_discard_seg: expected 1 or more",
        '"max_discard_seg"',
    ),
    "a lifetime nobody knows": (
        {"features": ["VERSION_1", "LIFETIME"], "lifetime": {"typ_a": 12}},
        "device.lifetime.typ_a: expected 0 to 11",
        '"typ_a"',
    ),
    "a feature of no name": (
        {"features": ["VERSION_1", "IN_DISORDER"]},
        "device.features[1]: expected",
        '"IN_DISORDER"',
    ),
    "a power cut with nothing to lose": (
        {"faults": [{"fault": "power-cut"}]},
        'expected "cache": "volatile"',
        '"fault": "power-cut"',
    ),
}


@pytest.mark.parametrize("flaw", IMPOSSIBLE)
def test_device_that_cannot_be_is_named_with_file_and_line(ringtrue, broken, flaw):
    device, words, at = IMPOSSIBLE[flaw]
    lines = json.dumps(GOOD | {"device": device}, indent=2).splitlines()
    number = 1 + next(k for k, line in enumerate(lines) if at in line)
    path, env = broken(lines)
    assert_one_line(ringtrue("run", env=env), f"{path}:{number}: ", words)


def test_step_that_the_device_cannot_do_is_named(ringtrue, broken):
    steps = [*GOOD["steps"], {"op": "power_cut"}]
    path, env = broken(json.dumps(GOOD | {"steps": steps}, indent=2).splitlines())
    assert_one_line(ringtrue("run", env=env), path, "steps[2].op", "volatile")


@pytest.mark.parametrize("flaw", IMPOSSIBLE)
def test_device_that_cannot_be_is_not_started(rig, flaw):
    device, _, _ = IMPOSSIBLE[flaw]
    bench_rig = rig()
    with pytest.raises(RpcError) as error:
        bench_rig.start(device=device)
    assert error.value.code == -32602
    assert "\n" not in error.value.message
    assert bench_rig.start() == {}  # the next one is


NONSENSE = [
    flaw
    for flaw, (device, *_) in IMPOSSIBLE.items()
    if "features" in device and "IN_DISORDER" not in device["features"]
]


@pytest.mark.parametrize("flaw", NONSENSE)
def test_nonsense_can_be_asked_for(rig, flaw):
    bench_rig = rig()
    device = IMPOSSIBLE[flaw][0] | {"nonsense": True}
    assert bench_rig.start(device=device) == {}
    assert bench_rig.open()["outcome"] in ("ok", "error")
    assert bench_rig.verdict()["violations"] == []


@pytest.mark.parametrize("command", LOADING_COMMANDS)
def test_every_command_that_loads_vectors_refuses_a_bad_one(
    ringtrue, broken, command
):
    path, env = broken(["{"])
    assert_one_line(ringtrue(command, env=env), command, path)


def test_bad_vector_is_refused_though_another_was_asked_for(ringtrue, vectors):
    env = vectors(GOOD, GOOD | {"id": "blk/2/bad", "steps": []})
    assert_one_line(ringtrue("run", GOOD["id"], env=env), "blk/2/bad.json")


@pytest.mark.parametrize("name", ["schema.json", "clauses.csv", "driver"])
def test_missing_part_of_the_vectors_is_named(ringtrue, vectors, tmp_path, name):
    env = vectors(GOOD)
    path = tmp_path / "vectors" / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert_one_line(ringtrue("run", env=env), path)


def test_no_vector_at_all_is_an_error(ringtrue, vectors, tmp_path):
    env = vectors()
    (tmp_path / "vectors" / "driver").mkdir()
    assert_one_line(ringtrue("run", env=env), tmp_path / "vectors" / "driver")


# --- shared objects -----------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "serve"])
@pytest.mark.parametrize(
    "name, words",
    [
        ("no_symbol", "no symbol ringtrue_dut"),
        ("wrong_abi", "built for ABI version"),
        ("wrong_size", "struct rig_dut has"),
        ("crash_on_load", "SIGABRT"),
    ],
)
def test_shared_object_that_is_no_subject_is_refused(
    ringtrue, subject, command, name, words
):
    path = subject(name)
    assert_one_line(ringtrue(command, "--dut", path), "--dut", path, words)


@pytest.mark.parametrize("command", ["run", "serve"])
def test_missing_shared_object_is_named(ringtrue, command):
    process = ringtrue(command, "--dut", f"{NO_SUCH}.so")
    assert_one_line(process, f"{NO_SUCH}.so", "No such file")


def test_file_that_is_no_shared_object_is_refused(ringtrue, tmp_path, image):
    path = tmp_path / "text.so"
    path.write_text("not a shared object\n")
    assert_one_line(ringtrue("run", "--dut", path), path)
    assert_one_line(ringtrue("run", "--dut", tmp_path), tmp_path)
    process = ringtrue("blk", "read", "--image", image, "--dut", path)
    assert_one_line(process, path)


# --- images -------------------------------------------------------------------------

IMAGE_COMMANDS = (
    ["run"], ["serve"], ["blk", "read"], ["blk", "write"], ["blk", "info"],
    ["blk", "discard"], ["blk", "zero"], ["blk", "erase"],
)  # fmt: skip
each_image_command = pytest.mark.parametrize(
    "command", IMAGE_COMMANDS, ids=" ".join
)


@each_image_command
def test_image_that_ends_within_a_sector_is_refused(ringtrue, odd_image, command):
    process = ringtrue(*command, "--image", odd_image)
    assert_one_line(process, odd_image, "513", "512")


@each_image_command
def test_missing_image_is_named(ringtrue, command):
    assert_one_line(ringtrue(*command, "--image", NO_SUCH), NO_SUCH)


@each_image_command
def test_empty_image_is_refused(ringtrue, tmp_path, command):
    path = tmp_path / "empty.img"
    path.touch()
    assert_one_line(ringtrue(*command, "--image", path), path)


@each_image_command
def test_folder_is_no_image(ringtrue, tmp_path, command):
    assert_one_line(ringtrue(*command, "--image", tmp_path), tmp_path)


def test_transfer_past_the_end_is_refused(ringtrue, image, tmp_path):
    out = tmp_path / "out"
    where = ("--image", image, "--file", out)
    assert_one_line(ringtrue("blk", "read", *where, "--sector", 65), "64")
    assert_one_line(ringtrue("blk", "read", *where, "--count", 65), "64")
    assert not out.exists()


@pytest.mark.parametrize("verb", ["discard", "zero", "erase"])
def test_range_that_does_not_fit_changes_nothing(ringtrue, image, verb):
    before = image.read_bytes()
    command = ("blk", verb, "--image", image)
    assert_one_line(ringtrue(*command), "--count N is needed")
    assert_one_line(ringtrue(*command, "--sector", 60, "--count", 5), "64")
    assert_one_line(ringtrue(*command, "--sector", 65, "--count", 1), "64")
    assert image.read_bytes() == before


def test_input_that_ends_within_a_sector_is_refused(ringtrue, image):
    before = image.read_bytes()
    process = ringtrue("blk", "write", "--image", image, stdin="x" * 700)
    assert_one_line(process, "700", "512")
    assert image.read_bytes() == before


def test_missing_input_is_named(ringtrue, image):
    where = ("--image", image, "--file", NO_SUCH)
    assert_one_line(ringtrue("blk", "write", *where), NO_SUCH)


# --- what is to be written -------------------------------------------------------------


@pytest.mark.parametrize("option", ["--json", "--junit", "--trace"])
def test_report_that_cannot_be_written_is_refused(ringtrue, tmp_path, option):
    process = ringtrue("run", option, f"{NO_SUCH}/report")
    assert_one_line(process, option, f"{NO_SUCH}/report")
    assert_one_line(ringtrue("run", option, tmp_path), option, tmp_path)


def test_output_of_a_read_that_cannot_be_written_is_refused(ringtrue, image):
    where = ("--image", image, "--file", f"{NO_SUCH}/out")
    assert_one_line(ringtrue("blk", "read", *where), f"{NO_SUCH}/out")


def test_one_file_for_two_purposes_is_refused(ringtrue, image, tmp_path):
    before = image.read_bytes()
    both = tmp_path / "both"
    process = ringtrue("run", "--json", both, "--junit", both)
    assert_one_line(process, both)
    assert not both.exists()
    assert_one_line(ringtrue("run", "--json", image, "--image", image), image)
    assert image.read_bytes() == before


@pytest.mark.parametrize(
    "wrong",
    [
        ["no/such/case"],
        ["--dut", f"{NO_SUCH}.so"],
        ["--image", NO_SUCH],
        ["--junit", f"{NO_SUCH}/junit.xml"],
    ],
    ids=lambda wrong: wrong[0],
)
def test_nothing_is_written_after_bad_input(ringtrue, tmp_path, wrong):
    old = {"json": "old report", "trace": "old trace"}
    for name, text in old.items():
        (tmp_path / name).write_text(text)
    files = ("--json", tmp_path / "json", "--trace", tmp_path / "trace")
    assert_one_line(ringtrue("run", *files, *wrong))
    left = {name: (tmp_path / name).read_text() for name in os.listdir(tmp_path)}
    assert left == old


# --- JSON-RPC -------------------------------------------------------------------------

PARSE, REQUEST, METHOD, PARAMS, BENCH = -32700, -32600, -32601, -32602, -32000


@pytest.fixture
def server(rig):
    """A rig that has to be as good as new after the test."""
    machine = rig()
    yield machine
    assert machine.start() == {}
    assert machine.open() == {"outcome": "ok"}
    assert machine.read(0, data=0) == {"outcome": "ok"}
    assert machine.verdict()["violations"] == []


@pytest.mark.parametrize(
    "line, code",
    [
        ("{", PARSE),
        ("not JSON", PARSE),
        ('{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "open"}', PARSE),
        (b"\xff\xfe", PARSE),
        ("[" * 5000, PARSE),
        ("[]", REQUEST),
        ('"open"', REQUEST),
        ('{"id": 1, "method": "open"}', REQUEST),
        ('{"jsonrpc": "1.0", "id": 1, "method": "open"}', REQUEST),
        ('{"jsonrpc": "2.0", "id": 1, "method": 7}', REQUEST),
        ('{"jsonrpc": "2.0", "id": 1}', REQUEST),
        ('{"jsonrpc": "2.0", "id": 1, "method": "nothing"}', METHOD),
        ('{"jsonrpc": "2.0", "id": 1, "method": "open", "params": []}', PARAMS),
    ],
)
def test_bad_line_is_answered_with_its_code(server, line, code):
    server.send_line(line)
    answer = server.receive()
    assert answer["jsonrpc"] == "2.0"
    assert answer["error"]["code"] == code
    assert answer["error"]["message"]
    assert "result" not in answer


def test_answer_carries_the_id_of_its_request(server):
    for request_id in (7, "seven", None):
        request = {"jsonrpc": "2.0", "id": request_id, "method": "nothing"}
        server.send_line(json.dumps(request))
        assert server.receive()["id"] == request_id


def test_notification_and_empty_line_are_not_answered(server):
    server.send_line('{"jsonrpc": "2.0", "method": "start"}')
    server.send_line("")
    server.send_line('{"jsonrpc": "2.0", "id": 5, "method": "start"}')
    assert server.receive()["id"] == 5


@pytest.mark.parametrize(
    "method, params",
    [
        ("start", {"seed": -1}),
        ("start", {"seed": "x"}),
        ("start", {"device": []}),
        ("start", {"device": {"capacity": 0}}),
        ("start", {"device": {"queue_size": 32769}}),
        ("start", {"device": {"features": ["NO_SUCH_FEATURE"]}}),
        ("start", {"device": {"faults": [{"fault": "no-such-fault"}]}}),
        ("start", {"device": {"unknown": 1}}),
        ("open", {"queue_size": "x"}),
        ("open", {"without": "RO"}),
        ("blk.read", {"sector": -1}),
        ("blk.read", {"count": 1.5}),
        ("blk.read", {"unknown": 1}),
        ("blk.read", {"expect": "no-such-outcome"}),
        ("blk.batch", {}),
        ("blk.batch", {"requests": []}),
        ("blk.batch", {"requests": [{"op": "open"}]}),
        ("raw.init", {}),  # of the raw driver, which is not plugged in
    ],
)
def test_bad_params_are_refused(server, method, params):
    with pytest.raises(RpcError) as error:
        server.call(method, **params)
    assert error.value.code == PARAMS
    assert error.value.message.startswith("params")


@pytest.mark.parametrize(
    "method, params",
    [
        ("start", {"devcie": {}}),
        ("verdict", {"strict": True}),
        ("events", {"from": "x"}),
        ("events", {"from": -1}),
        ("events", {"count": 1.5}),
        ("events", {"to": 7}),
    ],
)
def test_bad_params_of_the_server_itself_are_refused(server, method, params):
    server.start()
    if method == "events":
        server.verdict()
    with pytest.raises(RpcError) as error:
        server.call(method, **params)
    assert error.value.code == PARAMS


def test_operation_after_the_verdict_is_refused(server):
    server.open()
    server.verdict()
    with pytest.raises(RpcError) as error:
        server.read(0)
    assert error.value.code == BENCH


@pytest.mark.parametrize("method", ["verdict", "events"])
def test_verdict_and_events_need_a_machine(server, method):
    with pytest.raises(RpcError) as error:
        server.call(method)
    assert error.value.code == BENCH


def test_operation_on_a_closed_subject_is_an_outcome(server):
    assert server.read(0)["outcome"] == "bench"
    assert server.recover()["outcome"] == "bench"
    server.open()
    assert server.open()["outcome"] == "bench"


def test_server_ends_with_its_input(rig):
    machine = rig()
    machine.start()
    assert machine.end() == bench.EXIT_PASS
