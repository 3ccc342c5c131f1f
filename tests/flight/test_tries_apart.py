"""Whoever tries again waits in between: each is broken for some seconds, and for good."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.entry.node import EntryCapsule
from flight.icd.devices.base import DeviceError, DeviceFault
from flight.icd.devices.capture import ContainmentState
from flight.icd.devices.descent import StarAlignment
from flight.icd.devices.entry_capsule import TimerState
from flight.icd.devices.power import SolarArrayState
from flight.icd.devices.thermal import HeaterStates
from flight.lander import commissioning
from flight.lander.descent import Descent
from flight.lander.rhythm import Energy
from flight.lander.thermal_control import ThermalControl
from flight.orbiter import containment
from flight.perseverance import sample_handling
from flight.rover import grasping, travel
from flight.runtime.loop import VirtualLoop, run
from tests.flight.lander.descent_bench import PARAMETERS, Answers, Bench
from tests.flight.lander.standing import Standing as StandingLander
from tests.flight.lander.standing import zone
from tests.flight.rover.standing import Standing as StandingRover

FAULT = DeviceFault("jam", "disturbed")
Work = Callable[[Callable[..., Any]], Awaitable[Any]]


def broken(seconds: float, sound: Any, wrong: Any = FAULT) -> Callable[..., Any]:
    """What a device answers that is disturbed for so many seconds from now."""
    until = asyncio.get_running_loop().time() + seconds

    def answer(*asked: Any) -> Any:
        return wrong if asyncio.get_running_loop().time() < until else sound

    return answer


async def unfold_lander(seconds: float) -> int:
    state = SolarArrayState(power=0.0, energy=0.0, deployed=True)
    array = Answers(deploy=[broken(seconds, state)], state=[_dark()])
    node: Any = StandingLander(devices=SimpleNamespace(solar_array=array))
    await commissioning.deploy_array(node)
    return len(array.of("deploy"))


def _dark() -> SolarArrayState:
    return SolarArrayState(power=0.0, energy=0.0, deployed=False)


async def unfold_rover(seconds: float) -> int:
    rover: Any = StandingRover()
    rover.hardware.solar_array.answers["deploy"] = [broken(seconds, None)]
    await travel._unfold_array(rover)
    return len(rover.hardware.solar_array.of("deploy"))


async def move_rover_arm(seconds: float) -> int:
    rover: Any = StandingRover()
    rover.hardware.arm.answers["present"] = [broken(seconds, None)]
    await grasping.with_retries(rover, rover.hardware.arm.present)
    return len(rover.hardware.arm.of("present"))


async def see_lander(seconds: float) -> int:
    rover: Any = StandingRover()
    camera = rover.hardware.camera
    (sound,) = camera.answers["find_lander"]
    blind = SimpleNamespace(valid=False)
    camera.answers["find_lander"] = [broken(seconds, sound, blind)]
    if await travel.see_lander(rover) is None:
        raise ActivityFailed("not seen")
    return len(camera.of("find_lander"))


async def move_carousel(seconds: float) -> int:
    carousel = Answers(present=[broken(seconds, None)])
    node: Any = StandingLander(hardware=SimpleNamespace(carousel=carousel))
    await sample_handling._move(node, present=3)
    return len(carousel.of("present"))


async def set_zone(seconds: float) -> int:
    heaters: Any = Answers(
        state=[HeaterStates(zones={"battery": zone(254.0)})],
        set_zone=[broken(seconds, zone(263.0))],
    )
    control = ThermalControl(heaters, lambda **data: None)
    await control.apply(PARAMETERS, Energy.AMPLE, False)
    if control.failed:
        raise ActivityFailed(str(control.failed))
    return len(heaters.of("set_zone"))


async def check_heaters(seconds: float) -> int:
    heaters: Any = Answers(
        state=[HeaterStates(zones={"battery": zone(254.0)})],
        set_zone=[broken(seconds, zone(320.0, on=True))],
    )
    node: Any = StandingLander(devices=SimpleNamespace(heaters=heaters))
    await commissioning.check_heaters(node)
    return len(heaters.of("set_zone")) - 1  # it is set back as well


async def align(seconds: float) -> int:
    bench = Bench()
    stars = StarAlignment(time_ns=12 * 10**9, attitude=(1.0, 0.0, 0.0, 0.0), number=3)
    bench.inertial_unit.answers["alignment"] = [broken(seconds, stars)]
    descent: Descent = bench.descent
    alive: list[float] = []
    descent.alive = alive.append
    await descent.align()
    asked = len(bench.inertial_unit.of("alignment"))
    assert len(alive) >= asked and max(alive) > (asked > 1) * 1.0  # the watchdog knows
    return asked


async def contain(seconds: float) -> int:
    state = ContainmentState(
        present=True, sealed=False, in_capsule=False, capsule_closed=False, hot_seconds=0.0,
        outer_temperature=250.0, sample_temperature=250.0, leak_rate=0.0,
    )  # fmt: skip
    box = Answers(state=[state], orient=[broken(seconds, state)])
    node: Any = StandingLander(devices=SimpleNamespace(containment=box))
    await containment._step(node, "orientation", None, box.orient, None)
    return len(box.of("orient"))


async def set_timer(seconds: float) -> int:
    state = TimerState(separated=[False, False], since_separation=0.0, entry_after=2e5)
    timer = Answers(set_entry=[broken(seconds, None)], state=[state])
    node: Any = StandingLander(timer=timer)
    await EntryCapsule._keep_entry(node, 2e5, predicted=False)
    return len(timer.of("set_entry"))


@pytest.mark.requirement("FP-10")
@pytest.mark.parametrize(
    ("work", "lasts", "tries"),
    [
        (unfold_lander, 300.0, 4), (unfold_rover, 300.0, 4), (move_rover_arm, 30.0, 3),
        (see_lander, 20.0, 3), (move_carousel, 30.0, 3), (set_zone, 20.0, 3),
        (check_heaters, 20.0, 3), (align, 4.0, 3), (contain, 600.0, 3), (set_timer, 20.0, 3),
    ],
)  # fmt: skip
def test_what_passes_costs_a_try_and_what_lasts_is_given_up(
    work: Callable[[float], Awaitable[int]], lasts: float, tries: int
) -> None:
    def go(seconds: float) -> Any:
        async def story() -> int:
            return await work(seconds)

        return run(story(), VirtualLoop())

    assert go(0.0) == 1
    assert go(0.9) == 2
    assert 2 < go(lasts) <= tries
    with pytest.raises((ActivityFailed, DeviceError)):
        go(1e9)
