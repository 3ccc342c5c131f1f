"""The recording of a bench: nobody waits for it, what does not fit is counted, a death leaves what
was whole."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from mcap.reader import make_reader

from sim_hw.bench.recorder import CannotRecord, Recorder
from sim_hw.bench.recording import NoRecording, Recorded, figures_of, read_recording
from sim_hw.bench.recording_what import record_heard, record_told

DIES = """
import sys, time
from pathlib import Path
from sim_hw.bench import recorder
recorder.CHUNK = 0.05
made = recorder.Recorder(Path(sys.argv[1]))
for k in range(10**9):
    made.told("/rover.wheels/call", {"number": k})
    if k == 100:
        print("ready", flush=True)
    time.sleep(0.001)
"""


def test_what_was_told_is_read_in_order_with_wall_and_mission_time(tmp_path: Path) -> None:
    before = time.time_ns()
    recorder = Recorder(tmp_path / "a.mcap")
    record_heard(recorder, "alive", "", [1_500_000_000])
    call = [7, "drive", {"distance": 1.0}, 9.0, 9.0, 2 * 10**9]
    record_heard(recorder, "call", "rover.wheels", call)
    recorder.payload("/rover.wheels/sent", b"\x93\x01\x00\xc0")
    record_told(recorder, ["reply", "rover.wheels", 7, {"x": float("nan")}, "", "", "", 1, 2])
    record_told(recorder, ["interlock", "", "stopped"])
    recorder.told("/rover.wheels/effect", {"what": object()})
    recorder.close()
    found: list[Recorded] = list(read_recording(tmp_path / "a.mcap"))
    assert [(each.service, each.what) for each in found] == [
        ("rover.wheels", "call"), ("rover.wheels", "sent"), ("rover.wheels", "reply"),
        ("bench", "interlock"), ("rover.wheels", "effect"),
    ]  # fmt: skip
    told = found[0].plain()
    assert (told["mission_s"], told["method"], told["valid"]) == (2.0, "drive", 9.0)
    assert found[1].data == b"\x93\x01\x00\xc0" and found[2].plain()["result"] == {"x": None}
    assert found[4].plain()["told"].startswith("{'what'")
    assert before <= found[0].wall_ns <= found[4].wall_ns <= time.time_ns()
    figures = figures_of(tmp_path / "a.mcap")
    assert (figures.messages, figures.dropped, figures.whole) == (5, 0, True)


def test_what_is_json_has_a_schema_also_behind_the_bytes_of_a_wire(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap")
    recorder.payload("/a/sent", b"\x93\x01\x00\xc0")
    recorder.told("/a/call", {})
    recorder.told("/a/reply", {})
    recorder.close()
    with (tmp_path / "a.mcap").open("rb") as stream:
        summary = make_reader(stream).get_summary()
    assert summary is not None
    kinds = {each.topic: (each.message_encoding, each.schema_id) for each in
             summary.channels.values()}  # fmt: skip
    [schema] = summary.schemas.values()
    assert kinds == {
        "/a/sent": ("msgpack", 0), "/a/call": ("json", schema.id), "/a/reply": ("json", schema.id),
    }  # fmt: skip


@pytest.mark.requirement("HIL-02")
def test_what_the_queue_does_not_hold_is_dropped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just so many fit; one more does not."""
    gate = threading.Event()
    drain = Recorder._drain
    monkeypatch.setattr(Recorder, "_drain", lambda self: gate.wait() and drain(self))
    recorder = Recorder(tmp_path / "a.mcap", most=10)
    for _ in range(10):
        recorder.told("/a/b", {})
    assert recorder.dropped == 0
    for _ in range(3):
        recorder.told("/a/b", {})
    assert recorder.dropped == 3
    gate.set()
    recorder.close()
    figures = figures_of(tmp_path / "a.mcap")
    assert (figures.messages, figures.dropped, figures.whole) == (10, 3, True)


@pytest.mark.processes
def test_one_that_is_killed_leaves_what_was_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.mcap"
    words = [sys.executable, "-c", DIES, file]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    while file.stat().st_size < 4000:
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with file.open("r+b") as stream:  # a write that was cut in its middle
        stream.truncate(file.stat().st_size - 3)
    figures = figures_of(file)
    numbers = [each.plain()["number"] for each in read_recording(file)]
    assert numbers == list(range(len(numbers))) and len(numbers) >= 20 and not figures.whole


def test_what_is_no_recording_and_a_file_that_is_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").write_bytes(b"no")
    with pytest.raises(NoRecording, match="no MCAP file"):
        figures_of(tmp_path / "a.mcap")
    with pytest.raises(NoRecording, match="No such file"):
        figures_of(tmp_path / "b.mcap")
    with pytest.raises(CannotRecord, match="File exists"):
        Recorder(tmp_path / "a.mcap")


def test_without_the_package_the_next_step_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcap.writer", None)
    with pytest.raises(CannotRecord, match=r"install threeforks\[export\]"):
        Recorder(tmp_path / "a.mcap")
    assert not (tmp_path / "a.mcap").exists()


def test_changed_bytes_are_told_and_nothing_of_another_kind_is_raised(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap")
    for number in range(20):
        recorder.told("/rover.wheels/call", {"number": number})
    recorder.close()
    whole, draw = (tmp_path / "a.mcap").read_bytes(), random.Random(1)
    file, refused = tmp_path / "b.mcap", 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(draw.randrange(1, 4)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        file.write_bytes(data[: draw.randrange(8, len(data) + 1)])
        try:
            numbers = [each.plain()["number"] for each in read_recording(file)]
            assert numbers in ([], list(range(20)))
        except NoRecording:
            refused += 1
    assert refused > 80


@pytest.mark.requirement("HIL-02")
@pytest.mark.parametrize("error", [OSError(28, "No space left"), MemoryError(), KeyError("bug")])
def test_whatever_the_writer_ends_in_ends_the_recording_alone_and_is_told(
    tmp_path: Path, error: Exception
) -> None:
    """From the last instant on at which all was in the file; what comes later is counted."""
    recorder = Recorder(tmp_path / "a.mcap")
    recorder.mission_ns = 2 * 10**9
    recorder.told("/a/call", {})
    assert recorder.incomplete() is None
    failing = threading.Event()

    def fails(*_: object) -> None:
        failing.set()
        raise error

    recorder._writer.add_message = fails
    recorder.mission_ns = 5 * 10**9
    recorder.told("/run/input", {})
    assert failing.wait(5.0)
    recorder._thread.join(5.0)
    recorder.mission_ns = 9 * 10**9
    recorder.told("/run/input", {})  # nobody is disturbed by it
    recorder.close()
    told = recorder.incomplete()
    assert told is not None and told[1] <= 5.0
    assert told[0] == ("No space left" if isinstance(error, OSError) else
                       f"{type(error).__name__}: {error}")  # fmt: skip
    assert recorder.dropped >= 1 and recorder.dropped_inputs >= 1
    assert not figures_of(tmp_path / "a.mcap").whole


def test_what_cannot_be_taken_in_ends_it_as_well(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap")
    recorder.told("/a/call", {})
    recorder.mission_ns = 3 * 10**9
    recorder.give_up(RuntimeError("no"))
    recorder.told("/a/call", {})
    recorder.close()
    assert recorder.incomplete() == ("RuntimeError: no", 3.0)
    figures = figures_of(tmp_path / "a.mcap")
    assert figures.whole and figures.incomplete() == (
        "incomplete from t=3.000 s on (RuntimeError: no), 1 messages", 3.0
    )  # fmt: skip


def test_a_torn_one_says_where_and_one_with_all_inputs_is_whole(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap")
    for number in range(3):
        recorder.mission_ns = number * 10**9
        recorder.told("/a/call", {"number": number})
        recorder.payload("/a/sent", b"\x93\x01\x00\xc0")
    recorder.dropped = 2  # of what no flight needs
    recorder.close()
    assert figures_of(tmp_path / "a.mcap").incomplete() is None
    whole = (tmp_path / "a.mcap").read_bytes()
    (tmp_path / "b.mcap").write_bytes(whole[:-9])  # its end is missing
    assert figures_of(tmp_path / "b.mcap").incomplete() == ("torn at t=2.000 s, 6 messages", 2.0)
    (tmp_path / "b.mcap").write_bytes(whole[:8])
    assert figures_of(tmp_path / "b.mcap").incomplete() == ("torn at t=0.000 s, 0 messages", 0.0)


def test_what_does_not_fit_when_the_file_is_closed_is_told(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.mcap")
    file = recorder._file

    def fails() -> None:
        file.close()
        raise OSError(28, "No space left")

    recorder._file = SimpleNamespace(close=fails)  # type: ignore[assignment]
    recorder.mission_ns = 2 * 10**9
    assert recorder.incomplete() is None
    recorder.close()
    assert recorder.incomplete() == ("No space left", 0.0)
