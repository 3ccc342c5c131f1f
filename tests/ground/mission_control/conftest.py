"""A ground with stations that are not there: light time, passes, loss, copies, and a vehicle."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.icd.codec import encode
from flight.icd.custody_record import CustodyRecord, CustodyStatus, Evidence
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.ground_station import (
    EarthLinkState,
    GroundStations,
    NetworkStatus,
    NumberedFrame,
    PredictedPass,
    Uplinked,
)
from flight.icd.devices.orbital_imagery import OrbitalImagery, SurfaceFix
from flight.icd.frames import read_frame, write_frame
from flight.icd.messages import (
    Command,
    CommandReport,
    CustodyReport,
    EventReport,
    Frame,
    Message,
    Packet,
    Rung,
    Severity,
    Telemetry,
    decode_message,
)
from flight.runtime.bus import Bus, Fabric
from flight.runtime.loop import VirtualLoop, run, time_ns
from flight.runtime.nursery import Nursery, end
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.mission_control import MissionControl, Outcome
from ground.mission_control.procedures.reading import Program, load_procedure
from ground.mission_control.telemetry.custody import TubeEntry
from ground.mission_control.timing.mission_clock import MissionClock
from sim_hw.serving.server import DeviceServer

LIGHT_TIME = 600.0
PASS_PERIOD = 10_800.0
PASS_LENGTH = 900.0
EPOCH_JD_TT = 2461990.0

DICTIONARY = Dictionary.from_plain(
    {
        "vehicles": {
            "rover": {
                "name": "rover",
                "doc": "A rover.",
                "states": ["idle", "launching.coasting", "safe"],
                "commands": {
                    "drive": {
                        "name": "drive",
                        "doc": "Drives.",
                        "deadline": 3600.0,
                        "arguments": {
                            "distance": {
                                "type": {"kind": "number", "ge": 0, "le": 100},
                                "unit": "m",
                            }
                        },
                    },
                    "traverse": {"name": "traverse", "doc": "Drives far.", "deadline": 1e7},
                    "load": {
                        "name": "load",
                        "doc": "Loads tubes.",
                        "deadline": 3600.0,
                        "arguments": {
                            "tubes": {"type": {"kind": "list", "items": [{"kind": "text"}]}}
                        },
                    },
                    "load_manifest": {
                        "name": "load_manifest",
                        "doc": "Loads custody records.",
                        "deadline": 60.0,
                        "arguments": {
                            "records": {
                                "type": {
                                    "kind": "list",
                                    "items": [{"kind": "table", "items": [{"kind": "any"}]}],
                                }
                            }
                        },
                    },
                    "send_pieces": {
                        "name": "send_pieces",
                        "doc": "Sends pieces of the record again.",
                        "deadline": 600.0,
                        "arguments": {
                            name: {
                                "type": {"kind": "integer", "ge": 0, "le": 100},
                                "required": False,
                                "default": default,
                            }
                            for name, default in (("first", 0), ("last", 100))
                        },
                    },
                    "load_sequence": {
                        "name": "load_sequence",
                        "doc": "Loads a sequence.",
                        "deadline": 60.0,
                        "carries": "the sequence that is given",
                        "arguments": {
                            "sequence": {"type": {"kind": "table", "items": [{"kind": "any"}]}}
                        },
                    },
                    "start_sequence": {
                        "name": "start_sequence",
                        "doc": "Starts a sequence.",
                        "deadline": 60.0,
                        "carries": "the stored sequence that is named",
                        "arguments": {"name": {"type": {"kind": "text"}}},
                    },
                    "leave_safe": {"name": "leave_safe", "doc": "Leaves.", "deadline": 60.0},
                    "reboot": {"name": "reboot", "doc": "Boots.", "deadline": 60.0},
                    "release": {
                        "name": "release",
                        "doc": "Drops a tube.",
                        "deadline": 60.0,
                        "hazard": "release of a tube",
                        "arguments": {"tube": {"type": {"kind": "text"}}},
                    },
                },
                "channels": {
                    "charge": {"name": "charge", "type": "number", "unit": "1", "doc": "charge"},
                    "piece": {
                        "name": "piece",
                        "type": "text",
                        "unit": "1",
                        "doc": "a piece of the record",
                    },
                    "mode": {"name": "mode", "type": "text", "unit": "1", "doc": "state"},
                    "pieces": {"name": "pieces", "type": "integer", "unit": "1", "doc": "of them"},
                },
                "events": {
                    "arrived": {
                        "name": "arrived",
                        "severity": "ACTIVITY_HI",
                        "text": "At {place}, {left} m left",
                        "arguments": {"place": {"kind": "any"}, "left": {"kind": "number"}},
                    },
                    "booted": {
                        "name": "booted",
                        "severity": "ACTIVITY_HI",
                        "text": "Boot {number}",
                        "arguments": {"number": {"kind": "integer"}},
                    },
                    "boot_reduced": {
                        "name": "boot_reduced",
                        "severity": "WARNING_HI",
                        "text": "Boot {number} is reduced",
                        "arguments": {"number": {"kind": "integer"}},
                    },
                },
            }
        }
    }
)


class FakeVehicle:
    """Obeys commands after a history; what it does takes `duration` seconds."""

    def __init__(self, stations: "FakeStations") -> None:
        self.stations = stations
        self.history: dict[str, tuple[Rung, str]] = {}
        self.obeyed: list[Command] = []
        self.received: list[Command] = []
        self.duration = 100.0
        self.ending = Rung.COMPLETED
        self.armed = ""
        self.number = 0

    def report(self, order: Command, rung: Rung, detail: str = "", repeated: bool = False) -> None:
        self.history[order.identifier] = (rung, detail)
        report = CommandReport(order.identifier, "rover", rung, time_ns(), detail, repeated)
        self.stations.downlink(report)

    def event(
        self, name: str, severity: Severity = Severity.ACTIVITY_HI, boot: int = 0, **data: Any
    ) -> None:
        self.number += 1
        self.stations.downlink(
            EventReport("rover", name, severity, time_ns(), name, data, self.number, boot)
        )

    def telemetry(self, **values: Any) -> None:
        self.number += 1
        self.stations.downlink(Telemetry("rover", time_ns(), values, self.number))

    def custody(self, tube: str, place: str, sequence: int = 1) -> None:
        record = CustodyRecord(
            tube=tube, owner="rover", step="adopt", status=CustodyStatus.HELD, place=place,
            evidence=Evidence("camera", "seen"), since_ns=time_ns(), link=sequence,
            sequence=sequence,
        )  # fmt: skip
        self.stations.downlink(CustodyReport("rover", time_ns(), msgspec.to_builtins(record)))

    def take(self, order: Command) -> None:
        self.received.append(order)
        known = self.history.get(order.identifier)
        if known is not None:
            self.report(order, known[0], known[1], repeated=True)
            return
        self.report(order, Rung.RECEIVED)
        self.report(order, Rung.ACCEPTED)
        if order.stage == "arm":
            self.armed = order.name
            self.report(order, Rung.COMPLETED, "armed")
            return
        if order.stage == "fire" and self.armed != order.name:
            self.report(order, Rung.REJECTED, "nothing is armed")
            return
        self.obeyed.append(order)
        self.report(order, Rung.STARTED)
        asyncio.get_running_loop().call_later(self.duration, self.report, order, self.ending)


class FakeStations(GroundStations):
    """Delivers after light time and passes; `lose_up` and `lose_down` say what is lost."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.vehicle = FakeVehicle(self)
        self.emit: Callable[[str, Any], None] = lambda name, data: None
        self.lose_up: Callable[[int], bool] = lambda number: False
        self.lose_down: Callable[[int], bool] = lambda number: False
        self.copies = 1
        self.jitter = 0.0
        self.blocked_until = 0.0
        self.refused: tuple[str, ...] = ()
        self.sent = 0
        self.reported = 0
        self.kept: list[NumberedFrame] = []  # from the first one on, unless a test drops some

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def next_pass(self, at: float) -> float:
        start = (at // PASS_PERIOD) * PASS_PERIOD
        return at if at < start + PASS_LENGTH else start + PASS_PERIOD

    async def status(self) -> NetworkStatus:
        first = (self.now // PASS_PERIOD) * PASS_PERIOD
        passes = [
            PredictedPass("rover", first + k * PASS_PERIOD, first + k * PASS_PERIOD + PASS_LENGTH)
            for k in range(6)
        ]
        up = self.now >= self.blocked_until
        links = [EarthLinkState("relay", up, 1e6)]
        return NetworkStatus(
            time_ns=time_ns(),
            light_time=LIGHT_TIME, moratorium=False, links=links, passes=passes,
            last_frame=self.kept[-1].number if self.kept else 0,
        )  # fmt: skip

    async def frames(self, after: int) -> list[NumberedFrame]:
        return [frame for frame in self.kept if frame.number > after][:3]

    async def uplink(self, spacecraft: str, destination: str, data: bytes) -> Uplinked:
        if self.now < self.blocked_until:
            raise DeviceFault("no_link", "the relay is behind Mars")
        if destination in self.refused:
            raise DeviceRejected(f"no radio of {destination} is known")
        self.sent += 1
        arrival = self.next_pass(self.now + LIGHT_TIME)
        if not self.lose_up(self.sent):
            asyncio.get_running_loop().call_at(arrival, self._deliver, data)
        return Uplinked(arrival)

    def _deliver(self, data: bytes) -> None:
        frame = read_frame(data)
        for packet in map(decode_message, frame.packets):
            assert isinstance(packet, Packet)
            order = decode_message(packet.body)
            assert isinstance(order, Command)
            self.vehicle.take(order)

    def downlink(self, message: Message) -> None:
        self.reported += 1
        packet = encode(Packet("rover", "ground", 0, encode(message)))
        data = write_frame(Frame("rover", "relay", self.reported, [packet]))
        if self.lose_down(self.reported):
            return
        for _ in range(self.copies):
            late = self.random.uniform(0.0, self.jitter)
            arrival = self.next_pass(self.now) + LIGHT_TIME + late
            asyncio.get_running_loop().call_at(arrival, self._received, data)

    def _received(self, data: bytes) -> None:
        number = self.kept[-1].number + 1 if self.kept else 1
        self.kept.append(NumberedFrame("relay/rover", data, number))
        self.emit("received", self.kept[-1])


class FakeImagery(OrbitalImagery):
    """Has a picture of the rover from a mission time on."""

    def __init__(self, stations: FakeStations, since: float = 30_000.0) -> None:
        self.stations = stations
        self.since = since

    async def find(self, vehicle: str) -> SurfaceFix:
        if self.stations.now < self.since:
            raise DeviceFault("not_imaged", "clouds")
        return SurfaceFix(time_ns=0, east=12.5, north=-3.0, error=0.5)


class Ground:
    """A mission control at those stations, that can be killed and started again."""

    def __init__(self, folder: Path, program: Program, seed: int = 1) -> None:
        self.folder = folder
        self.program = program
        self.stations = FakeStations(seed)
        self.vehicle = self.stations.vehicle
        self.control: MissionControl
        self._fabric = Fabric()
        self._nursery = Nursery("test")
        self._bus: Bus

    async def __aenter__(self) -> "Ground":
        await self._nursery.__aenter__()
        self._hardware = Bus("hardware", fabric=self._fabric)
        server = DeviceServer(self._hardware, "ground.stations", self.stations, self._nursery)
        self.stations.emit = server.emit
        self.imagery = FakeImagery(self.stations)
        DeviceServer(self._hardware, "ground.imagery", self.imagery, self._nursery)
        self.start()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._nursery.cancel()
        await self._nursery.__aexit__(None, None, None)
        self.control.close()
        self._bus.close()
        self._hardware.close()
        self._fabric.close()

    def start(self) -> None:
        self._bus = Bus("mission_control", fabric=self._fabric)
        self.control = MissionControl(
            self._bus,
            self.folder,
            DICTIONARY,
            self.program,
            [TubeEntry("M1", "Malay", "igneous core"), TubeEntry("M2", "Mageik")],
            MissionClock(EPOCH_JD_TT),
            opportunities={"launch": lambda earliest: 1000.0 * (earliest // 1000.0 + 1.0)},
            compile_procedure=lambda path: load_procedure(path, {"tube": "M1"}, DICTIONARY),
        )

    async def run(self) -> Outcome:
        return await self.control.run()

    async def run_and_kill_at(self, seconds: float) -> None:
        """Runs, and ends the process as `kill -9` does at a mission time."""
        task = self._nursery.start(self.control.run(), name="control")
        await asyncio.sleep(seconds - self.stations.now)
        self._bus.close()
        self.control.archive.crash()
        await end(task)


@pytest.fixture
def dictionary() -> Dictionary:
    return DICTIONARY


@pytest.fixture
def rules() -> dict[str, str]:
    """What a procedure says under `recovery:`, if a test gives it."""
    return {}


@pytest.fixture
def recovering(rules: dict[str, str]) -> Callable[[str], None]:
    """Gives the procedure of a test rules of its own for recoveries."""

    def give(text: str) -> None:
        rules["recovery"] = text

    return give


@pytest.fixture
def procedure(tmp_path: Path, rules: dict[str, str]) -> Callable[..., Program]:
    """Loads the steps of a procedure with two phases and the variables of a mission."""

    def load(text: str, opportunities: tuple[str, ...] | None = None) -> Program:
        path = tmp_path / "test.yaml"
        given = "".join(f"{key}: {value}\n" for key, value in rules.items())
        head = f"title: Test\n{given}phases:\n" + "  - {name: first, title: First}\n"
        head += "  - {name: second, title: Second, weight: 3}\nsteps:\n"
        path.write_text(head + text, encoding="utf-8")
        tubes = [{"id": "M1", "east": 1.5}, {"id": "M2", "east": 2.5}]
        variables = {"tubes": tubes, "tube_ids": ["M1", "M2"], "lander": {"east": 7.0}}
        return load_procedure(path, variables, DICTIONARY, opportunities)

    return load


@pytest.fixture
def fly(tmp_path: Path, procedure: Callable[[str], Program]) -> Callable[..., Any]:
    """Runs `flight(ground)` with a procedure in virtual time and returns what it returns."""

    def start(
        text: str, flight: Callable[[Ground], Coroutine[Any, Any, Any]], seed: int = 1
    ) -> Any:
        program = procedure(text)

        async def main() -> Any:
            async with Ground(tmp_path / "run", program, seed) as ground:
                return await flight(ground)

        return run(main(), VirtualLoop())

    return start
