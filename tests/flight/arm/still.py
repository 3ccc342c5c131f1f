"""A transfer arm without a world: what it would do and say is noted."""

from types import SimpleNamespace
from typing import Any

from flight.arm import loading
from flight.arm.vehicle import SolCount
from flight.core.custody.ledger import CustodyLedger
from flight.core.fault_protection.structure import STRUCTURE, Structure
from flight.core.keeping.storage import Storage
from flight.icd.devices.transfer_arm import TargetSighting
from flight.icd.devices.transfer_arm_geometry import Pose, downward
from tests.flight.lander.descent_bench import Answers

STANDOFF = 0.2

TUBE, OTHER = "M2020-00001-01", "M2020-00002-02"
DEPTH, PRESS = loading.SOCKET_DEPTH, 0.006
GOAL = Pose((1.0, 0.2, 0.3), downward(0.0))


def sees(tube: bool = False, *, debris: bool = False, **more: Any) -> TargetSighting:
    return TargetSighting(
        position=[0.0, 0.0, STANDOFF], tube_present=tube, debris=debris, **more
    )  # fmt: skip


def moved(travelled: float = DEPTH, *, reached: bool = False, force: float = 12.0) -> Any:
    return SimpleNamespace(valid=True, reason="", travelled=travelled, reached=reached, force=force)


class Arm:
    """Its motions are noted in `did`; what it would say is in `said`."""

    name = "arm"

    def __init__(self, structure: Structure = STRUCTURE) -> None:
        self.did: list[tuple[Any, ...]] = []
        self.said: list[tuple[str, Any]] = []
        self.context = SimpleNamespace(structure=structure)
        self.parameters: dict[str, Any] = {
            "images": 3, "insertions": 3, "seat_tolerance": 0.002, "insertion_force": 25.0,
            "attempts": 3, "sockets_tried": 3, "free_force_limit": 8.0, "servo_steps": 3,
            "images_averaged": 2, "tubes_per_sol": 4, "longitude": 77.4, "latitude": 18.4,
            "lowest_sun": 15.0, "ask_for_energy": True, "tube_seconds": 1.0, "tube_energy": 9.0,
            "lid_seconds": 1.0, "lid_force": 20.0,
        }  # fmt: skip
        self.failed_mechanism = ""
        self.contact_force = 0.0
        self.current_tube = ""
        self.work_of_sol = SolCount(0, 0)
        self.pushes: list[Any] = [moved()]
        self.sightings: list[Any] = [sees()]
        self.views: list[Any] = [SimpleNamespace(tube_present=False, serial="", valid=True)]
        self.hardware = SimpleNamespace(
            gripper=Answers(open=[None], close=[None]), camera=Answers(), arm=Answers()
        )
        self.ledger = CustodyLedger(Storage(":memory:"), "arm", lambda: 1, lambda record: None)
        self.handover: Any = SimpleNamespace()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *given, **data: self.said.append((name, data or given))

    def told(self, name: str) -> list[Any]:
        return [data for kind, data in self.said if kind == name]
