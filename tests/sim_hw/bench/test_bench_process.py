"""The bench process, as the run has it: what it tells; its end and its hanging are noticed."""

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.codec import decode_plain, pack
from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from flight.runtime.loop import run
from flight.runtime.paced_loop import PacedLoop
from sim_hw.bench import port
from sim_hw.bench import process as process_module
from sim_hw.bench.port import BenchProcess
from sim_hw.bench.process import LARGEST, Bench
from sim_hw.bench.wanted import Wanted

pytestmark = pytest.mark.processes


def setting(folder: Path) -> dict[str, Any]:
    wanted = vars(Wanted("rover.wheels", "Wheels", interface_hash(Wheels)))
    return {"devices": [{"wanted": wanted, "address": f"unix://{folder}/none"}]}


def told(process: BenchProcess) -> list[Any]:
    """The next that it tells."""
    until = time.monotonic() + 20.0
    while time.monotonic() < until and not process.gone:
        found = process.take(0.1)
        if found is not None:
            return found
    raise AssertionError("nothing was told")


def test_it_tells_what_is_not_there_and_ends_when_nobody_wants_it_any_more(tmp_path: Path) -> None:
    process = BenchProcess(setting(tmp_path))
    said = told(process)
    assert said[:3] == ["state", "rover.wheels", "absent"] and "is it plugged in" in said[3]
    assert process.take() is None and not process.gone  # that it is alive is no news
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process.identifier, 0)


def test_one_that_has_died_is_gone_at_once_and_one_that_hangs_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = BenchProcess(setting(tmp_path))
    told(process)
    os.kill(process.identifier, signal.SIGKILL)
    while process.take(5.0) is not None:
        pass
    assert process.gone
    process.send(b"anything")  # is no error
    process.close()
    monkeypatch.setattr(port, "SILENT", 0.6)
    process = BenchProcess(setting(tmp_path))
    told(process)
    os.kill(process.identifier, signal.SIGSTOP)
    while process.take(0.0) is not None:
        pass
    assert not process.gone
    while not process.gone:
        process.take(0.1)
    process.close()


def told_by(work: Callable[[Bench], None]) -> list[list[Any]]:
    """All that a bench tells the run while it does something."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        theirs.setblocking(False)
        ours.setblocking(False)

        async def do() -> None:
            work(Bench(theirs))

        run(do(), PacedLoop())
        found: list[list[Any]] = []
        with suppress(BlockingIOError):
            while True:
                found.append(decode_plain(ours.recv(LARGEST)))
        return found


def test_from_when_on_the_recording_is_incomplete_is_told_once() -> None:
    missing: list[tuple[str, float] | None] = [None, ("No space left", 7.5), ("more", 7.5)]
    given: list[Exception] = []

    def breaks(recorder: object, *told: object) -> None:
        raise RecursionError("too deep")

    def work(bench: Bench) -> None:
        bench._look_at_recording()  # there is none
        bench._recorder = SimpleNamespace(  # type: ignore[assignment]
            incomplete=lambda: missing.pop(0), give_up=given.append, told=lambda *told: None
        )
        for _ in range(3):
            bench._look_at_recording()
        bench._note(breaks, "call")  # ends no bench

    assert told_by(work) == [["recording", "", "No space left", 7.5]]
    assert isinstance(given[0], RecursionError)


def test_a_recorder_that_cannot_even_begin_ends_no_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(file: Path) -> None:
        raise AttributeError("mcap has changed")

    monkeypatch.setattr(process_module, "Recorder", breaks)
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: None)
    [told] = told_by(lambda bench: bench._open_recording(tmp_path / "a.mcap"))
    assert told[0] == "recording" and "AttributeError: mcap has changed" in told[2]


class Recording:
    """One that fails at its end."""

    def __init__(self, file: Path) -> None:
        self.missing: tuple[str, float] | None = None

    def close(self) -> None:
        self.missing = "No space left", 7.5

    def incomplete(self) -> tuple[str, float] | None:
        return self.missing

    def told(self, *told: object) -> None:
        """Anything."""


def serve(theirs: socket.socket) -> None:
    """As the bench process does, to its end."""

    async def work() -> None:
        await Bench(theirs).work()

    run(work(), PacedLoop())


def test_what_goes_wrong_with_the_recording_at_its_end_is_told_to_a_run_that_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process_module, "Recorder", Recording)
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: None)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.send(pack({"devices": [], "recording": "a.mcap"}))
        ours.shutdown(socket.SHUT_WR)  # nobody wants it any more
        serve(theirs)
        theirs.close()
        found = [decode_plain(data) for data in iter(lambda: ours.recv(LARGEST), b"")]
        assert found == [["alive"], ["recording", "", "No space left", 7.5]]


def test_a_run_that_is_gone_is_told_nothing_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process_module, "Recorder", Recording)
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: None)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        ours.send(pack({"devices": [], "recording": "a.mcap"}))
        ours.close()
        serve(theirs)


def test_what_was_told_and_not_taken_is_there_at_the_end(tmp_path: Path) -> None:
    process = BenchProcess(setting(tmp_path))
    until = time.monotonic() + 20.0
    while not (waits := bool(select.select([process.descriptor], [], [], 0.1)[0])):
        assert time.monotonic() < until
    assert waits
    states = [each for each in process.close() if each[0] == "state"]
    assert states[0][:3] == ["state", "rover.wheels", "absent"]
    assert process.gone and process._process.returncode == 0
