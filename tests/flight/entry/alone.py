"""A capsule on its own: its real ledger, and sensors that answer as they are told."""

import asyncio
from types import SimpleNamespace
from typing import Any

from flight.core.custody.ledger import CustodyLedger, Evidence
from flight.core.fault_protection.structure import Structure
from flight.core.keeping.storage import Storage
from flight.entry import flying
from flight.entry.node import EntryCapsule
from flight.entry.vehicle import EntryVehicle
from flight.icd import places
from flight.icd.devices.base import DeviceTimeout
from flight.icd.devices.entry_capsule import (
    AccelerationState,
    CapsuleBeaconState,
    GSwitchState,
    ImpactState,
    PayloadState,
    TimerState,
)
from ground.missions.vehicle_files import load_vehicle_file
from tests.flight.lander.descent_bench import Answers

PARAMETERS = load_vehicle_file(EntryCapsule, None).flight
MUTE = DeviceTimeout("nothing was heard")
DUE = 259_200.0
TUBE = "M2020-00001-01"


def felt(axial: float = 0.0, peak: float = 0.0, **more: Any) -> AccelerationState:
    return AccelerationState(axial=axial, peak=peak, saturated=False, **more)


def switch(closed: bool = False, has_closed: bool = False, **more: Any) -> GSwitchState:
    return GSwitchState(closed=closed, has_closed=has_closed, **more)


class Capsule:
    """It was let go `elapsed` s ago, by its timer and by its clock; all else is said to it."""

    is_released = EntryVehicle.is_released
    note_peak = EntryVehicle.note_peak
    trouble = EntryVehicle.trouble
    announce = EntryVehicle.announce

    def __init__(self, elapsed: float = 0.0) -> None:
        self.said: list[tuple[str, Any]] = []
        self.parameters = dict(PARAMETERS)
        self.context = SimpleNamespace(structure=Structure())
        self.vigil = SimpleNamespace(alive=lambda within: None)
        self.ledger = CustodyLedger(Storage(":memory:"), "entry", lambda: 1, lambda record: None)
        self.handover = SimpleNamespace(place=places.ENTRY_CAPSULE)
        self._began = asyncio.get_running_loop().time() - elapsed
        self.clock = SimpleNamespace(count=asyncio.get_running_loop().time)
        self.released_at: float | None = self._began
        self.release_noted = True
        self.entry_time: float | None = DUE
        self.entry_predicted = True
        self.watching = self.falling = True
        self.announced = self.beacon_on = False
        self.doubted_since: float | None = None
        self.peak_load: float | None = None
        self.shock: float | None = None
        self.samples: list[Any] = []
        self._troubles: dict[str, str] = {}
        self.timer = Answers(state=[self._timer])
        self.battery = Answers(state=[SimpleNamespace(valid=True, current=-0.5)])
        self.g_switch = Answers(state=[switch()], clear=[None])
        self.accelerometer = Answers(state=[felt()], clear=[None])
        self.impact_sensor = Answers(state=[ImpactState(torn=False, latched=False)], clear=[None])
        self.beacon = Answers(
            state=[CapsuleBeaconState(on=False, power=0.0)],
            set_power=[CapsuleBeaconState(on=True, power=5.0)],
        )
        self.payload_bay = Answers(
            state=[PayloadState(seated=[True, True], latched=True, temperature=280.0)]
        )

    def _timer(self) -> TimerState:
        now = asyncio.get_running_loop().time() - self._began
        return TimerState(separated=[True, True], since_separation=now, entry_after=DUE)

    @property
    def elapsed(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    def is_in(self, state: str) -> bool:
        return state == "armed"

    def keep_samples(self, journal: str, samples: list[Any]) -> None:
        self.samples += samples

    async def sample(self) -> None:
        self.said.append(("sampled", {}))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *given, **data: self.said.append((name, data or given))

    def told(self, name: str) -> list[Any]:
        return [data for kind, data in self.said if kind == name]


def of(**more: Any) -> Any:
    found: Any = Capsule(more.pop("elapsed", 0.0))
    for name, value in more.items():
        setattr(found, name, value)
    return found


def with_tube(node: Any, *, falls: bool) -> None:
    node.ledger.adopt(TUBE, places.ENTRY_CAPSULE, Evidence("bay", "seated"), 0)
    if falls:
        flying.begin_fall(node)
