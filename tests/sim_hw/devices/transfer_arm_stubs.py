"""What the transfer arm and its devices stand on, in their tests."""

from types import SimpleNamespace
from typing import Any

from flight.icd.devices.transfer_arm_geometry import (
    Pose,
    added,
    downward,
)
from sim_hw.devices.container import ON_STAND
from sim_hw.devices.transfer_arm_scene import ArmScene, SceneParameters
from sim_hw.world.world import Body
from tests.sim_hw.devices.ground_stubs import World
from tests.sim_hw.devices.stubs import Dice

SCENE = SceneParameters(0.5, 0.25, 1.0, 0.0, 0.01, 0.012, 0.004, 10.0, 500.0, 20_000.0)


class Box:
    """The container, as the arm meets it."""

    def __init__(self) -> None:
        self.lid, self.latched = ON_STAND, False
        self.raised: dict[int, float] = {}
        self.debris: dict[int, float] = {}
        self.full: list[int] = []
        self.parameters = SimpleNamespace(sockets=30)

    def occupied(self, socket: int) -> bool:
        return socket in self.full

    def lid_fits(self, across: float, along: float) -> bool:
        return across < 0.004 and abs(along) < 0.006 and not self.raised


def scene(world: World | None = None, dice: Dice | None = None) -> Any:
    world = world or World()
    body = world.bodies.setdefault("lander", Body("lander", 100.0, 200.0, 0.0))
    made: Any = ArmScene(world, body, SCENE, dice or Dice())  # type: ignore[arg-type]
    made.container = Box()
    return made


def over(place: Any, up: float = 0.0, aside: float = 0.0) -> Pose:
    return Pose(added(place, (aside, 0.0, up)), downward(0.0))
