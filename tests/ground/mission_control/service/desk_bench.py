"""A mission control with its service at stations that are not there, and people who ask it."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec

from flight.icd.codec import encode
from flight.icd.devices.ground_station import NumberedFrame
from flight.icd.frames import write_frame
from flight.icd.messages import (
    CommandReport,
    EventReport,
    Frame,
    Message,
    Packet,
    Rung,
    Severity,
    Telemetry,
)
from flight.runtime.bus import Bus
from flight.runtime.discs import FILES, Disc
from flight.runtime.loop import VirtualLoop, run, time_ns
from flight.runtime.nursery import end
from ground.api.entries import Answer, Entry, StackItem
from ground.api.fields import Read
from ground.api.requests import read_request
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.procedures.reading import Program, load_procedure
from ground.mission_control.service.desk import About
from ground.mission_control.service.handling import Asked
from ground.mission_control.service.service import Service
from ground.mission_control.telemetry.custody import TubeEntry
from ground.mission_control.timing.mission_clock import MissionClock
from tests.ground.mission_control.conftest import DICTIONARY, EPOCH_JD_TT, Ground

ROLES: dict[str, tuple[str, ...]] = {
    "anna": ("operator", "trainer"),
    "ben": ("director", "operator"),
    "cleo": ("director",),
    "eve": ("observer",),
    "max": ("admin", "engineer"),
    "edge": (),
}
ABOUT = About(
    "test", "A test", [{"name": "rover", "title": "A rover"}], 1, "virtual", True, "2028-08-05"
)
_PLAIN = msgspec.to_builtins(DICTIONARY)
_DEADLINE = {"deadline": 60.0}
_PLAIN["vehicles"]["rover"]["commands"] |= {
    "dig": {"name": "dig", "doc": "Digs.", "allowed_in": ["idle"], **_DEADLINE},
    "load_protection": {
        "name": "load_protection", "doc": "Stages a table.", **_DEADLINE,
        "arguments": {"table": {"type": {"kind": "table", "items": [{"kind": "any"}]}}},
    },
    "activate_protection": {
        "name": "activate_protection", "doc": "Makes it active.", **_DEADLINE,
        "hazard": "a weaker fault protection",
    },
    "load_parameters": {
        "name": "load_parameters", "doc": "Loads parameters.", **_DEADLINE,
        "arguments": {"values": {"type": {"kind": "table", "items": [{"kind": "any"}]}}},
    },
    "activate_parameters": {
        "name": "activate_parameters", "doc": "Makes them active.", **_DEADLINE,
        "carries": "the loaded parameters", "guards": ["limit"],
        "arguments": {
            "expected": {
                "type": {"kind": "table", "items": [{"kind": "any"}], "optional": True},
                "required": False,
            }
        },
    },
}  # fmt: skip
SERVED = Dictionary.from_plain(_PLAIN)
QUIET = "  - {do: wait_until, sol: 60}\n"


class Desked(Ground):
    """The ground of the tests beside this one, with a service; the rover boots as `boot`."""

    disc: Disc = FILES
    simulation: Any = None
    tubes: tuple[TubeEntry, ...] = ()
    dictionary = SERVED

    def __init__(self, folder: Path, program: Program) -> None:
        super().__init__(folder, program)
        self.boot = 1
        self.number = 0
        self.keys = itertools.count()
        self.task: Any = None

    def start(self) -> None:
        self._bus = Bus("mission_control", fabric=self._fabric)
        self.control = MissionControl(
            self._bus, self.folder, self.dictionary, self.program, list(self.tubes),
            MissionClock(EPOCH_JD_TT),
            disc=self.disc,
        )  # fmt: skip
        self.service = Service(self.control, ABOUT, self.simulation, self.folder.parent)

    def begin(self) -> None:
        """Mission control runs beside the test."""
        self.task = self._nursery.start(self.control.run(), name="control")

    async def kill(self) -> None:
        """Mission control dies as by `kill -9`, and is started again."""
        self.service.close()
        self._bus.close()
        self.control.archive.crash()
        if self.task is not None:
            await end(self.task)
        self.start()
        self.begin()
        await asyncio.sleep(1.0)  # the stations have been asked

    async def until(self, seconds: float) -> None:
        await asyncio.sleep(seconds - self.stations.now)

    # ----------------------------------------------------------------- people

    def ask(
        self, who: str, do: str, /, *, key: str = "", session: str = "", **fields: Any
    ) -> Answer:
        """Somebody asks; a change under a key of its own."""
        request = read_request({"do": do, **fields})
        asked = Asked(who, session or f"of {who}", ROLES[who], key or f"k{next(self.keys)}")
        if isinstance(request, Read):
            return self.service.read(asked, request)
        return self.service.change(asked, request)

    def done(self, who: str, do: str, /, **fields: Any) -> dict[str, Any]:
        """The same, where it is to be done."""
        answer = self.ask(who, do, **fields)
        assert answer.ok, answer.refused
        assert answer.result is not None
        return answer.result

    def refused(self, who: str, do: str, /, **fields: Any) -> str:
        """The same, where it is to be refused: the sentence. Nothing but the audit is told."""
        answer = self.ask(who, do, **fields)
        assert not answer.ok, answer.result
        return answer.refused

    def item(self, stage: str) -> StackItem:
        return self.service.desk.stack.item(stage)

    def entries(self, *topics: str) -> list[Entry]:
        return self.service.desk.journal.after(0, topics, limit=1000)

    # ---------------------------------------------------------------- the rover

    def tell(self, message: Message) -> None:
        """Something comes down now."""
        self.stations.reported += 1
        source = getattr(message, "source", "rover")
        packet = encode(Packet(source, "ground", 0, encode(message)))
        data = write_frame(Frame(source, "relay", self.stations.reported, [packet]))
        number = self.stations.kept[-1].number + 1 if self.stations.kept else 1
        self.stations.kept.append(NumberedFrame("relay/rover", data, number))
        self.control.downlink.take(self.stations.kept[-1])

    def mode(self, mode: str, **values: Any) -> None:
        """The rover tells its state."""
        self.number += 1
        values = {"mode": mode, **values}
        self.tell(Telemetry("rover", time_ns(), values, self.number, self.boot))

    def event(self, name: str, **data: Any) -> None:
        self.number += 1
        self.tell(
            EventReport(
                "rover", name, Severity.ACTIVITY_HI, time_ns(), name, data, self.number, self.boot
            )
        )

    def rung(self, identifier: str, rung: Rung, source: str = "rover", **more: Any) -> None:
        self.tell(CommandReport(identifier, source, rung, time_ns(), **more))


Flight = Callable[[Desked], Coroutine[Any, Any, Any]]


def at_the_desk(folder: Path, flight: Flight, steps: str = QUIET, kind: type = Desked) -> Any:
    """Runs a flight in virtual time; mission control runs, and anna holds the rover, which is
    idle."""
    path = folder / "test.yaml"
    head = "title: Test\nphases:\n  - {name: first, title: First}\nsteps:\n"
    path.write_text(head + steps, encoding="utf-8")
    program = load_procedure(path, {}, SERVED, None)
    (folder / "limit_sets.yaml").write_text("format: 1\nsets: {}\n")
    (folder / "derived_channels.yaml").write_text("format: 1\nchannels: {}\n")

    async def main() -> Any:
        async with kind(folder / "run", program) as ground:
            ground.begin()
            await asyncio.sleep(10.0)
            ground.mode("idle")
            ground.done("anna", "authority_take", vehicle="rover")
            try:
                return await flight(ground)
            finally:
                ground.service.close()

    return run(main(), VirtualLoop())
