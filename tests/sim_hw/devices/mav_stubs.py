"""What the MAV's devices stand on, in their tests."""

from types import SimpleNamespace
from typing import Any

from sim_hw.serving.device import DeviceContext
from tests.sim_hw.devices.stubs import Clock, Dice, Supply

UPRIGHT = (1.0, 0.0, 0.0, 0.0)


class Body:
    """The MAV in flight, as far as its devices act on it."""

    def __init__(self) -> None:
        self.effort: Any = SimpleNamespace(pitch=0.0, yaw=0.0)
        self.gas = 2.0
        self.has_first_stage = self.has_fairing = self.has_container = True
        self.ignited: list[tuple[int, float]] = []
        self.advanced: list[float] = []

    def advance(self, now: float) -> None:
        self.advanced.append(now)

    def ignite(self, motor: int, delay: float) -> None:
        self.ignited.append((motor, delay))

    def drop_first_stage(self) -> None:
        assert self.has_first_stage
        self.has_first_stage = False

    def drop_fairing(self) -> None:
        assert self.has_fairing
        self.has_fairing = False


class Truth:
    """Where the MAV is, and when."""

    def __init__(self, body: Body | None = None) -> None:
        self.clock: Any = Clock(100.0)
        self.body = body
        self.state: Any = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), UPRIGHT, (0.0, 0.0, 0.0))
        self.height = 0.0
        self.planet = SimpleNamespace(height=lambda position: self.height)
        motor = SimpleNamespace(largest_gimbal=5.0)
        second = SimpleNamespace(largest_gimbal=2.0)
        self.vehicle = SimpleNamespace(
            parameters=SimpleNamespace(
                diameter=0.5, gas_mass=2.0, first_motor=motor, second_motor=second
            )
        )
        self.weakened: list[tuple[int, float]] = []
        self.ejected = 0
        self.released = 0

    def now(self) -> Any:
        return self.state

    def weaken(self, motor: int, share: float) -> None:
        self.weakened.append((motor, share))

    def eject(self) -> None:
        self.ejected += 1
        self.body = Body()

    def release_container(self) -> None:
        assert self.body is not None and self.body.has_container
        self.body.has_container = False
        self.released += 1


def made(kind: Any, truth: Truth, *more: Any, dice: Dice | None = None) -> Any:
    device = kind(DeviceContext("mav.device", dice or Dice(), truth, Supply()), *more)
    return device
