"""Perseverance as it stands there: a real ledger, and devices that answer as they are told."""

import asyncio
from types import SimpleNamespace
from typing import Any

from flight.core.custody.ledger import CustodyLedger, CustodyStatus, Evidence
from flight.core.fault_protection.structure import Structure
from flight.core.keeping.storage import Storage
from flight.icd import places
from flight.icd.devices.bit_carousel import STORE_SLOTS, BitCarouselState, TubeEngraving
from flight.icd.devices.vision import LanderSighting, TubeImage, TubeSighting
from flight.perseverance.node import Perseverance
from flight.perseverance.vehicle import PerseveranceVehicle
from flight.surface.dead_reckoning import Pose
from ground.missions.vehicle_files import load_vehicle_file
from tests.flight.lander.descent_bench import Answers

PARAMETERS = load_vehicle_file(Perseverance, None).flight
TUBE, OTHER = "M2020-00001-01", "M2020-00002-02"


def store(*seated: int, port: bool = False, presented: int | None = None) -> BitCarouselState:
    return BitCarouselState(
        seated=[slot in seated for slot in range(STORE_SLOTS)], port=port, presented=presented
    )


def engraved(serial: str = "", *, valid: bool = True) -> TubeEngraving:
    return TubeEngraving(serial=serial, valid=valid)


def sighted(ahead: float, right: float = 0.0, serial: str = "") -> TubeSighting:
    return TubeSighting(ahead, right, 0.0, 1.0, serial=serial)


def ground(*seen: TubeSighting, valid: bool = True) -> TubeImage:
    return TubeImage(sightings=list(seen), valid=valid)


def lander(ahead: float, right: float = 0.0, *, valid: bool = True) -> LanderSighting:
    return LanderSighting(ahead=ahead, right=right, heading=0.0, valid=valid)


class Standing:
    """What it would say or do beside its devices is kept in `said`."""

    tubes_aboard = PerseveranceVehicle.tubes_aboard
    wake_for = PerseveranceVehicle.wake_for

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []
        self.name = "perseverance"
        self.parameters = dict(PARAMETERS)
        self.context = SimpleNamespace(structure=Structure(), store_lost=False)
        self.ledger = CustodyLedger(
            Storage(":memory:"), "perseverance", lambda: 1, lambda record: None
        )
        for slot, tube in enumerate((TUBE, OTHER)):
            self.ledger.adopt(tube, places.PERSEVERANCE, Evidence("load list", "x"), slot)
        self.pose = Pose(0.0, 0.0, 0.0, 0.1)
        self.lander_place = (0.0, 20.0)
        self.handling = asyncio.Lock()
        self.awake: list[bool] = []
        self.awake_until = 0.0
        self.side = 0.0
        self.drive_failures = 0
        self.drops: dict[str, Any] = {}
        self.states: tuple[str, ...] = ("surface.delivering",)
        self.state_of_charge: float | None = 0.9
        self.full_charge, self.is_full = 1.0, False
        self.hardware = SimpleNamespace(
            carousel=Answers(
                state=[store(0, 1)], present=[store(1, port=True, presented=0)],
                store=[store(0, 1)], release=[store(1)], read_engraving=[engraved(TUBE)],
            ),
            camera=Answers(find_tubes=[ground()], find_lander=[lander(2.0)]),
            wheels=Answers(state=[SimpleNamespace(valid=True, motor_temperature=230.0)]),
        )  # fmt: skip
        self.sols: Any = SimpleNamespace(
            reason="the Sun", plan=self._plan, may_go_on=lambda: self.goes_on, is_day=True,
            planner=None,
        )  # fmt: skip
        self.plans = self.goes_on = True
        self.drives: list[Any] = []
        self.marks: list[Any] = []
        self.outcomes: list[Any] = []
        self.locomotion: Any = SimpleNamespace(
            drive=self._drive, turn_to=self._turn_to, drive_to=self._drive_to,
            catch_up=self._nothing,
            reckoning=SimpleNamespace(landmark_seen=lambda *seen: self.marks.append(seen)),
            cost_map=SimpleNamespace(
                discs=[], add=lambda disc: self.locomotion.cost_map.discs.append(disc),
                free_before=lambda place, come, way: (*place, *come, way),
            ),
        )  # fmt: skip

    def charged_for_its_wear(self) -> bool:
        return self.is_full

    async def _plan(self) -> bool:
        return self.plans

    async def _nothing(self) -> None:
        pass

    async def read_power(self) -> None:
        self.said.append(("read", {}))

    async def set_awake(self, awake: bool) -> None:
        self.awake.append(awake)

    async def set_radio(self, name: str, on: bool) -> None:
        self.said.append(("radio", (name, on)))

    async def _next(self, what: Any) -> Any:
        self.drives.append(what)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _drive(self, metres: float) -> Any:
        return await self._next(("drive", round(metres, 3)))

    async def _turn_to(self, heading: float) -> Any:
        return await self._next(("turn", round(heading, 3)))

    async def _drive_to(self, goal: Any, **more: Any) -> Any:
        return await self._next(("to", *(round(each, 3) for each in goal)))

    def is_in(self, state: str) -> bool:
        return state in self.states

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *given, **data: self.said.append((name, data or given))

    def told(self, name: str) -> list[Any]:
        return [data for kind, data in self.said if kind == name]

    def of(self, tube: str = TUBE) -> tuple[CustodyStatus, str]:
        record = self.ledger.record(tube)
        assert record is not None
        return record.status, record.place
