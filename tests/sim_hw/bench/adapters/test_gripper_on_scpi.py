"""A gripper on SCPI that is told, and asked by *OPC or by a query how far it is; its instrument is
a socket of ours, behind `pyvisa-py`."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from tests.sim_hw.bench.adapters.desks import adapter_from, refused, written

GRIPPER = """\
rates: {motion: {value: 60, unit: 1/s, source: test}}
map:
  watchdog: {value: 2, unit: s, source: test}
  stop: ["ABOR"]
  readings: &fields
    state:
      opening: {query: "MEAS:OPEN?", scale: 0.001, unit: m}
      force: {query: "MEAS:FORC?", unit: N}
  motions:
    open:
      begin: ["GRIP:SPEED 1", "GRIP:OPEN"]
      faults: {"2": jam}
      effects: &effects
        opening: {query: "MEAS:OPEN?", scale: 0.001, unit: m}
        force: {query: "MEAS:FORC?", unit: N}
        part: {query: "MEAS:PART?", unit: "1"}
    close:
      begin: ["GRIP:CLOS"]
      status: "GRIP:STAT?"
      moving: [5]
      done: [6]
      faults: {"7": jam}
      effects: *effects
"""


class Instrument:
    """A gripper of 100 mm that needs `takes` s for its way."""

    def __init__(self) -> None:
        self.takes, self.jams = 0.15, False
        self.events, self.completes = 32, False  # a command error of somebody before
        self.begun, self.wanted, self.place, self.moves = 0.0, 0.0, 100.0, False
        self.said: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        line = self._listener.accept()[0]
        with self._listener, line, line.makefile("rw", newline="\n") as lines:
            for asked in lines:
                answer = self._answer(asked.strip())
                if answer is not None:
                    lines.write(f"{answer}\n")
                    lines.flush()

    def _answer(self, asked: str) -> str | None:
        self._move()
        if not asked.endswith("?"):
            self.said.append(asked)
        if asked == "*ESR?":
            told, self.events = self.events, 0
            return str(told)
        told_now = {
            "*IDN?": "Desk,GR-1,SN0007,1.0", "SYST:ERR?": '0,"No error"',
            "MEAS:OPEN?": f"{self.place:.3f}", "MEAS:FORC?": "0.5",
            "MEAS:PART?": f"{self.part:.3f}",
            "GRIP:STAT?": "5" if self.moves else "7" if self.jams else "6",
        }  # fmt: skip
        if asked in ("GRIP:OPEN", "GRIP:CLOS"):
            self.begun, self.moves = time.monotonic(), True
            self.start, self.wanted = self.place, 100.0 if asked == "GRIP:OPEN" else 0.0
        elif asked == "ABOR":
            self.moves = self.completes = False
        elif asked == "*CLS":
            self.events, self.completes = 0, False
        elif asked == "*OPC":
            self.completes = True
            self.events |= 0 if self.moves else 1  # it has completed already
        return told_now.get(asked)

    @property
    def part(self) -> float:
        return min(1.0, (time.monotonic() - self.begun) / self.takes)

    def _move(self) -> None:
        if not self.moves:
            return
        self.place = self.start + (self.wanted - self.start) * self.part
        if self.part == 1.0 or self.jams:
            self.moves = False
            self.events |= 8 if self.jams else 1 if self.completes else 0

    def close(self) -> None:
        self._thread.join(5.0)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Instrument, Any]]:
    instrument = Instrument()
    address = f"scpi:TCPIP0::127.0.0.1::{instrument.port}::SOCKET"
    adapter = adapter_from(bench(tmp_path, address))
    adapter.open()
    adapter.make_safe()
    assert instrument.said == ["ABOR"]
    yield instrument, adapter
    adapter.close()
    instrument.close()


def bench(
    folder: Path, address: str = "scpi:TCPIP0::127.0.0.1::9::SOCKET", text: str = GRIPPER
) -> Path:
    return written(folder, "rover.gripper", "Gripper", "scpi", address, text)


def ended(adapter: Any) -> tuple[Any, list[float]]:
    parts = []
    while True:
        progress = adapter.advance()
        parts.append(progress.effects["part"])
        if progress.done:
            return progress.result, parts


def test_it_is_asked_by_opc_or_by_a_query_until_it_is_there(both: Any) -> None:
    instrument, adapter = both
    for method, opening in (("close", 0.0), ("open", 0.1)):
        adapter.begin(method, {})
        result, parts = ended(adapter)
        assert result == pytest.approx({"opening": opening, "force": 0.5})
        assert parts == sorted(parts) and parts[0] < 1.0 and parts[-1] == 1.0
    assert instrument.said[1:] == ["GRIP:CLOS", "*CLS", "GRIP:SPEED 1", "GRIP:OPEN", "*OPC"]
    assert adapter.read("state", {}).values == pytest.approx({"opening": 0.1, "force": 0.5})


def test_what_jams_is_a_fault_and_what_is_halted_does_not_complete(both: Any) -> None:
    instrument, adapter = both
    instrument.jams = True
    for method in ("close", "open"):
        adapter.begin(method, {})
        with pytest.raises(DeviceFault, match=f"{method} ended in state") as fault:
            ended(adapter)
        assert fault.value.code == "jam"
    instrument.jams, instrument.takes = False, 60.0
    adapter.begin("open", {})
    adapter.advance()
    done = adapter.halt()
    assert done is not None and done["part"] < 1.0 and not instrument.moves
    adapter.make_safe()
    instrument.takes = 0.01
    adapter.begin("open", {})  # what was stopped stands in nobody's way
    assert ended(adapter)[0]["opening"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('  stop: ["ABOR"]\n', "", "what moves and is never made safe is refused"),
        ('stop: ["ABOR"]', 'stop: ["ABOR?"]', "stop[0]"),
        ('begin: ["GRIP:CLOS"]', 'begin: ["GRIP:STAT?"]', "a command or more that begin it"),
        ('status: "GRIP:STAT?"', 'status: "GRIP:STAT"', "a query, such as MOT:STAT?"),
        ('begin: ["GRIP:CLOS"]', 'begin: ["GRIP:CLOS"]\n      arguments: {force: {}}', "none: it"),
        ("faults: {\"2\": jam}", "moving: [3]", "[0], and [1] of done, without a status"),
        ('unit: "1"}', 'unit: N}', 'part.unit = "N": allowed is 1'),
    ],
)  # fmt: skip
def test_a_motion_that_does_not_fit_is_refused(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    assert old in GRIPPER
    assert words in refused(bench(tmp_path, text=GRIPPER.replace(old, new, 1)))
