"""The rover's own arm closes and opens the container: by physics, switch, camera and retries."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from math import cos, radians, sin
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.node import Node
from flight.core.telling.communications import Route, wire
from flight.icd.exchanges import CONTAINER_STATUS, ContainerStatus, Nothing
from flight.icd.messages import Rung
from flight.mav.node import Mav
from flight.rover.node import FetchRover
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.rig import Rig
from sim_hw.assembly import mav
from sim_hw.assembly.couplings import couple
from sim_hw.devices.container import DROPPED, IN_ROVER_GRIPPER, ON_SEAT, ON_STAND, SimContainer
from tests.flight.rover.reaching import reach_only_from

CONTAINERS: list[SimContainer] = []


async def _stay(node: Any, signal: Signal) -> None:
    await asyncio.sleep(1e9)


class Switches(Node):
    """Answers for the MAV what the container's switches say, or what a test wants them to."""

    name = "mav"
    routes: ClassVar[dict[str, Route]] = {"rover": wire("rover")}
    lying = False
    statechart = Statechart(
        State("open", initial=True),
        State("safe", activity=_stay),
        transitions=[
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "open"),
            On("done", "safe", None),
            On("failed", "safe", None),
        ],
        ignored=("abort",),
    )

    def attach(self) -> None:
        self.exchanges.answer(CONTAINER_STATUS, self._status)

    async def _status(self, source: str, asked: Nothing) -> ContainerStatus:
        container = CONTAINERS[-1]
        closed = container.lid == ON_SEAT and not self.lying
        return ContainerStatus(closed, container.latched, "loading")


class Dock:
    """A rover at the dock by day, the container open beside its lid."""

    def __init__(self, rig: Rig, field: Any) -> None:
        self.rig, self.field = rig, field
        world = field.world
        hardware = load_vehicle_file(Mav, mav.HARDWARE).hardware
        self.devices = mav.build(world, hardware, field.electrical)[1]
        self.container: Any = self.devices["container"]
        self.container.lid, self.container.latched, self.container.debris = ON_STAND, False, {}
        couple({"rover": field.devices, "mav": self.devices})
        CONTAINERS.append(self.container)
        rig.add_node(Switches, {})

    async def arrive(self, *tubes: str) -> None:
        await self.rig.command("rover", "egress")
        if tubes:
            await self.rig.command("rover", "fetch_tubes", tubes=list(tubes))
        await self.rig.command("rover", "return_to_lander")
        assert self.rig.nodes["rover"].state == "surface.docked"

    async def close(self) -> Any:
        return await self.rig.command("rover", "close_container_lid")


Docking = Callable[[], AbstractAsyncContextManager[Dock]]


@pytest.fixture
def docking(folder: Path, new_field: Any, monkeypatch: pytest.MonkeyPatch) -> Docking:
    monkeypatch.setattr(FetchRover, "routes", {"mav": wire("mav")})

    @asynccontextmanager
    async def start() -> AsyncIterator[Dock]:
        async with Rig(folder) as rig:
            yield Dock(rig, new_field(rig, count=2))

    return start


async def test_the_lid_goes_on_and_comes_off_by_the_rovers_arm(docking: Docking) -> None:
    async with docking() as dock:
        await dock.arrive()
        report = await dock.close()
        assert report.rung is Rung.COMPLETED, report.detail
        assert dock.container.lid == ON_SEAT
        assert dock.rig.nodes["rover"].state == "surface.docked"
        assert dock.field.devices["rover_arm"].pose == "stowed"
        again = await dock.close()
        assert again.rung is Rung.COMPLETED
        report = await dock.rig.command("rover", "open_container_lid")
        assert report.rung is Rung.COMPLETED, report.detail
        assert dock.container.lid == ON_STAND


async def test_a_latched_lid_is_not_opened(docking: Docking) -> None:
    async with docking() as dock:
        await dock.arrive()
        dock.container.lid, dock.container.latched = ON_SEAT, True
        assert (await dock.close()).rung is Rung.COMPLETED
        report = await dock.rig.command("rover", "open_container_lid")
        assert report.rung is Rung.FAILED
        assert "latched" in report.detail
        assert dock.container.lid == ON_SEAT


async def test_a_tube_that_stands_out_keeps_the_lid_off_and_the_lid_goes_back_to_its_stand(
    docking: Docking,
) -> None:
    async with docking() as dock:
        await dock.arrive()
        dock.container.raised[3] = 0.008
        report = await dock.close()
        assert report.rung is Rung.FAILED
        assert "something is under it" in report.detail
        assert dock.container.lid == ON_STAND
        assert (await dock.rig.command("rover", "undock")).rung is Rung.COMPLETED


async def test_the_arm_alone_is_not_believed_when_the_switch_says_open(
    docking: Docking, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with docking() as dock:
        await dock.arrive()
        monkeypatch.setattr(Switches, "lying", True)
        report = await dock.close()
        assert report.rung is Rung.FAILED


async def test_a_tube_in_the_gripper_goes_back_to_the_rack_first(docking: Docking) -> None:
    async with docking() as dock:
        [tube] = dock.field.tubes[:1]
        await dock.arrive(tube)
        rover, devices, world = dock.rig.nodes["rover"], dock.field.devices, dock.field.world
        slot = world.tubes.state(tube).slot
        await devices["rover_arm"].move_to_slot(slot)
        rover.ledger.begin(tube, "rover_gripper", "rover.gripper")
        await devices["gripper"].close()
        report = await dock.close()
        assert report.rung is Rung.COMPLETED, report.detail
        assert dock.container.lid == ON_SEAT
        assert dock.field.truth(tube) == "rover_rack"
        assert dock.field.ledger(tube) == ("held", "rover_rack")


@pytest.mark.parametrize("instant", [60, 130, 200, 260, 330, 400, 500, 600])
async def test_killed_at_the_lid_it_goes_on_and_never_drops_it(
    docking: Docking, instant: int
) -> None:
    async with docking() as dock:
        await dock.arrive()
        identifier = dock.rig.send("rover", "close_container_lid")
        await asyncio.sleep(instant)
        await dock.rig.kill("rover")
        await dock.rig.restart("rover")
        report = await dock.rig.wait_for_end(identifier)
        assert report.rung is Rung.COMPLETED, report.detail
        assert dock.container.lid == ON_SEAT


async def test_aborted_with_the_lid_in_the_jaws_it_moves_nowhere_until_the_lid_is_away(
    docking: Docking,
) -> None:
    async with docking() as dock:
        await dock.arrive()
        identifier = dock.rig.send("rover", "close_container_lid")
        for _ in range(200):
            if dock.container.lid == IN_ROVER_GRIPPER:
                break
            await asyncio.sleep(5.0)
        await dock.rig.command("rover", "abort_activity")
        assert (await dock.rig.wait_for_end(identifier)).rung is Rung.ABORTED
        for name, arguments in (
            ("undock", {}),
            ("drive_to", {"east": 0.0, "north": 0.0}),
            ("fetch_tubes", {"tubes": dock.field.tubes}),
            ("load_container", {"tubes": dock.field.tubes}),
            ("return_to_lander", {}),
        ):
            refused = await dock.rig.command("rover", name, **arguments)
            assert refused.rung is Rung.REJECTED, name
        assert "lid of the container" in refused.detail
        assert dock.container.lid == IN_ROVER_GRIPPER
        assert (await dock.close()).rung is Rung.COMPLETED
        assert dock.container.lid == ON_SEAT
        assert (await dock.rig.command("rover", "undock")).rung is Rung.COMPLETED


async def test_at_night_it_waits_for_the_day(docking: Docking) -> None:
    async with docking() as dock:
        await dock.arrive()
        world = dock.field.world
        for _ in range(100):
            if world.sun().sun_elevation < radians(-20.0):
                break
            await asyncio.sleep(900.0)
        report = await dock.close()
        assert report.rung is Rung.COMPLETED, report.detail
        assert world.sun().sun_elevation > 0.0


async def test_away_from_the_dock_the_command_is_refused(docking: Docking) -> None:
    async with docking() as dock:
        await dock.rig.command("rover", "egress")
        assert (await dock.close()).rung is Rung.REJECTED
        assert dock.container.lid == ON_STAND


# ---------------------------------------------------------------------- devices


def _stand_at_dock(dock: Dock, bearing: float = 244.0) -> dict[str, Any]:
    world, angle = dock.field.world, radians(bearing)
    lander, body = world.bodies["lander"], world.bodies["rover"]
    body.east, body.north = lander.east + 2.0 * sin(angle), lander.north + 2.0 * cos(angle)
    body.heading = (angle + radians(180.0)) % radians(360.0)
    devices: dict[str, Any] = dock.field.devices
    return devices


async def test_a_lid_that_is_let_go_off_its_places_is_dropped(docking: Docking) -> None:
    async with docking() as dock:
        devices = _stand_at_dock(dock)
        arm, gripper = devices["rover_arm"], devices["gripper"]
        await arm.move_to_lid("stand")
        await gripper.close()
        assert dock.container.lid == IN_ROVER_GRIPPER
        await arm.present()
        await gripper.open()
        assert dock.container.lid == DROPPED


async def test_the_force_tells_a_seated_lid_from_one_that_stands_on_a_tube(
    docking: Docking,
) -> None:
    async with docking() as dock:
        devices = _stand_at_dock(dock)
        arm, gripper = devices["rover_arm"], devices["gripper"]
        assert (await arm.move_to_lid("stand")).force < 5.0  # open jaws go around the handle
        await gripper.close()
        while (seated := await arm.move_to_lid("seat")).height > 0.0:
            pass  # on the rim: again
        assert seated.force == pytest.approx(20.0, abs=5.0)
        dock.container.raised[0] = 0.012
        stopped = await arm.move_to_lid("seat")
        assert stopped.force == pytest.approx(20.0, abs=5.0)
        assert stopped.height == pytest.approx(0.012 - 20.0 / 8000.0, abs=0.004)


async def test_a_latched_lid_stays_where_it_is_when_the_jaws_close_on_it(docking: Docking) -> None:
    async with docking() as dock:
        devices = _stand_at_dock(dock)
        dock.container.lid, dock.container.latched = ON_SEAT, True
        await devices["rover_arm"].move_to_lid("seat")
        await devices["gripper"].close()
        assert dock.container.lid == ON_SEAT


@pytest.mark.parametrize("reached_at", [0, 2, 5])
async def test_what_is_out_of_reach_at_the_dock_is_reached_by_turning(
    docking: Docking, reached_at: int
) -> None:
    """The arm does not reach the lid but from the n-th stance on; the fifth there is not."""
    async with docking() as dock:
        await dock.arrive()
        stances = reach_only_from(dock.field.devices["rover_arm"], reached_at)
        report = await dock.close()
        told = dock.rig.event_names("rover")
        if reached_at <= 2:
            assert report.rung is Rung.COMPLETED, report.detail
            assert dock.container.lid == ON_SEAT and "lid_attempt_failed" not in told
        else:
            assert report.rung is Rung.FAILED and "too far from the shoulder" in report.detail
            assert dock.container.lid == ON_STAND
        assert len(stances) - 1 == min(reached_at, 4)
