"""A run that is none: it tells values on its control socket, each with when it was made."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import zmq

from flight.configuration.scratch_folder import ScratchFolder
from flight.icd.codec import CodecError, decode_plain, encode
from ground.client.frames import LARGEST_ANSWER
from ground.client.sockets import LoopSocket

CHANNELS = 200
PERIOD = 0.1  # wall seconds between two values of a channel
WAITING = 1000  # messages
POINTS = 500  # of a plot
_UTC = "2033-01-01T00:00:00Z"

Plain = dict[str, Any]

_NO_LIMIT = [None, None]
_ANSWERS: Plain = {
    "dictionary": {"hash": "one", "vehicles": {"rover": {
        "name": "rover", "doc": "", "commands": {}, "events": {}, "modes": [],
        "channels": {
            f"c{channel}": {"name": f"c{channel}", "doc": "a value", "unit": "1", "type": "number",
                            "yellow": _NO_LIMIT, "red": _NO_LIMIT}
            for channel in range(CHANNELS)
        },
    }}},
    "snapshot": {"journal_last": 0, "stack": [], "authority": {}, "vehicles": [], "alarms": [],
                 "passes": [], "custody": [], "limits": None, "procedure": None},
    "history": {"commands": []},
    "events": {"events": []},
    "custody": {"tubes": []},
    "passes": {"passes": []},
}  # fmt: skip
"""What a run that nothing happens in answers."""


def _rows(begin: int, end: int) -> list[list[Any]]:
    """What a plot of a stretch of time is drawn from."""
    step = max(1, (end - begin) // POINTS)
    return [[begin + n * step, n % 7, n % 11 + 7, n % 5 + 3] for n in range(POINTS)]


class TellingRun:
    """Every PERIOD each channel has a new value: the wall clock's seconds.

    `late`: by how many seconds its own bare timer was late each time; what the machine alone costs.
    """

    def __init__(self, folder: Path) -> None:
        self.late: list[float] = []
        self._folder = folder
        self._version = 0
        self._value = time.monotonic()

    async def __aenter__(self) -> "TellingRun":
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sockets = ScratchFolder()
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = LoopSocket(
            self._context.socket(zmq.ROUTER), self._asked, largest=LARGEST_ANSWER, waiting=WAITING
        )
        address = self._socket.bind(f"ipc://{self._sockets.path / 'control'}")
        (self._folder / "control.json").write_text(json.dumps({"address": address}))
        self._telling = asyncio.get_running_loop().create_task(self._tell())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._telling.cancel()
        await asyncio.wait([self._telling])
        self._socket.close()
        self._context.destroy(linger=0)
        self._sockets.remove()

    async def _tell(self) -> None:
        due = time.monotonic()
        while True:
            due += PERIOD
            await asyncio.sleep(due - time.monotonic())
            self._value = time.monotonic()
            self._version += 1
            self.late.append(max(0.0, self._value - due))

    def _asked(self, frames: list[bytes], _: str) -> None:
        try:
            message = decode_plain(frames[-1])
        except CodecError:
            return
        self._socket.send([*frames[:-1], encode({"ok": True, **self._answer(message)})])

    def _answer(self, message: Plain) -> Plain:
        if message["do"] == "poll":
            return self._news(int(message["telemetry"]))
        if message["do"] == "ask":
            return self._told(message, message["request"]["do"])
        if message["do"] == "bench_look":
            return {"bench": None}
        return {"time": 1.0, "pace": 1.0, "until": None, "inputs": 0}

    def _told(self, message: Plain, do: str) -> Plain:
        """What the page asks for as it begins, and to draw values and plots."""
        if do == "hello":
            who = {"name": message["user"], "roles": message["roles"] or []}
            vehicles = [{"name": "rover", "title": "The rover"}]
            told = {"you": who, "vehicles": vehicles, "epoch_utc": _UTC, "journal_last": 0,
                    "sols_at_zero": 0.0, "dictionary_hash": "one", "authority": {}}  # fmt: skip
            return {"result": told}
        if do == "series":
            rows = _rows(int(message["request"]["t0_ns"]), int(message["request"]["t1_ns"]))
            return {"result": {"unit": "1", "rows": rows, "before": None, "samples": len(rows)}}
        if do in _ANSWERS:
            return {"result": _ANSWERS[do]}
        return {"ok": False, "refused": f"{do}: there is no such thing in a benchmark"}

    def _news(self, known: int) -> Plain:
        at = self._version * 10**8
        rows = [
            ["rover", f"c{channel}", self._value, at, at, "OK"] for channel in range(CHANNELS)
        ]
        return {
            "time_ns": at, "pace": 1.0, "until": None, "ended": None, "ground": "up",
            "clock": {"utc": _UTC, "next_pass": None}, "journal": [], "journal_last": 0,
            "telemetry": rows if known < self._version else [],
            "telemetry_version": self._version,
        }  # fmt: skip
