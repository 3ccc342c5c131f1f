"""What the rover does by the figures of its own file, unchanged: a figure that moves is seen."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault
from flight.rover import fetching, grasping, hibernating, lid, sols, travel, tube_search
from flight.rover.sol_work import RoverSols, energy_parameters
from flight.surface.driving import DriveOutcome
from flight.surface.sol_budget import SolDistance
from tests.flight.rover.standing import (
    PARAMETERS,
    TUBE,
    Standing,
    gripped,
    holding,
    lander,
    pressed,
    seen,
    sighted,
)

SIGNAL = Signal("x")
NOON = 2462018.9  # TT, at the depot


@pytest.fixture
def rover() -> Any:
    return Standing()


def budget(charge: float, driven: float = 0.0) -> RoverSols:
    vehicle: Any = SimpleNamespace(
        parameters=PARAMETERS, clock=SimpleNamespace(jd_tt=lambda: NOON), state_of_charge=charge,
        sol_distance=SolDistance(), sols_in_vain=0, hibernating=False,
        is_shed=lambda load: False, array_power=None,
    )  # fmt: skip
    found = RoverSols(vehicle, energy_parameters(PARAMETERS), lambda work: None)
    found.work_until = 1e9
    vehicle.sol_distance = SolDistance(found.sol, driven)
    return found


@pytest.mark.parametrize(
    ("charge", "driven", "goes_on", "saves"),
    [(0.3, 0.0, True, True), (0.2999, 0.0, False, True), (0.4, 199.9, True, False),
     (0.3999, 200.0, False, True)],
)  # fmt: skip
async def test_it_works_down_to_its_reserve_and_so_far_in_a_sol(
    charge: float, driven: float, goes_on: bool, saves: bool
) -> None:
    found = budget(charge, driven)
    assert found.may_go_on() is goes_on and found.must_save() is saves


def test_what_a_sol_costs_is_that_of_its_file() -> None:
    energy = energy_parameters(PARAMETERS)
    assert (energy.capacity, energy.reserve, energy.wake_charge) == (900.0, 0.3, 0.4)
    assert (energy.day_power, energy.night_power, energy.work_power) == (34.0, 24.0, 75.0)
    assert (energy.waking_sun, energy.sleeping_sun) == (20.0, 12.0)


@pytest.mark.parametrize(
    ("charge", "motors", "fit"), [(0.4, 208.01, True), (0.3999, 230.0, False), (0.9, 208.0, False)]
)
async def test_it_wakes_by_charge_and_warmth(
    rover: Any, charge: float, motors: float, fit: bool
) -> None:
    rover.state_of_charge = charge
    rover.hardware.wheels.answers["state"] = [
        SimpleNamespace(valid=True, motor_temperature=motors)
    ]
    assert await sols._fit_to_wake(rover) is fit


@pytest.mark.parametrize(("ahead", "docked"), [(1.979, True), (1.821, True), (1.981, False),
                                               (1.819, False)])  # fmt: skip
async def test_the_dock_is_there(rover: Any, ahead: float, docked: bool) -> None:
    rover.hardware.camera.answers["find_lander"] = [lander(ahead), lander(1.9)]
    assert await travel.dock(rover, SIGNAL) == "docked"
    assert (rover.drives == []) is docked
    bearing = math.radians(244.0)
    assert travel.approach_place(rover) == pytest.approx(
        (5.0 * math.sin(bearing), 20.0 + 5.0 * math.cos(bearing))
    )


async def test_so_often_it_tries(rover: Any) -> None:
    seen(rover, sighted())
    found = await grasping.grasp_tube(rover, SIGNAL)
    assert found.name == "grasp_missed" and len(rover.told("grasp_failed")) == 4
    assert [rover.fetch.tried(TUBE, "x", rover.parameters["visits"]) for _ in range(3)] == [
        False, False, True,
    ]  # fmt: skip
    rover = Standing()
    for _ in range(8):  # on three sols
        fetching._take_note(rover, Signal("no_way", {"reason": "x"}))
    assert rover.fetch.left == {}
    fetching._take_note(rover, Signal("no_way", {"reason": "x"}))
    assert rover.fetch.left == {TUBE: "x"}
    rover = Standing()
    rover.hold()
    rover.hardware.camera.answers["view_gripper"] = [
        image for _ in range(3) for image in [gripped(False)] * 2 + [gripped(True)] * 2
    ]
    with pytest.raises(ActivityFailed, match=r"slots \[0, 1, 2\]"):
        await grasping.rack_tube(rover, SIGNAL)


async def test_a_tube_is_looked_for_from_so_many_places_and_stood_before_so_often(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[int] = []

    async def go(node: Any, tube: str, stop: int) -> DriveOutcome:
        stops.append(stop)
        return DriveOutcome.ARRIVED

    async def nothing(node: Any, tube: str) -> None:
        return None

    monkeypatch.setattr(tube_search, "_go_to_stop", go)
    monkeypatch.setattr(tube_search, "_look_around", nothing)
    found = await tube_search.search_tube(rover, SIGNAL)
    assert found.name == "tube_missing" and stops == [1, 2, 3, 4, 5, 6]
    stood: list[Any] = []

    async def stand(node: Any, place: Any) -> None:
        stood.append(place)

    monkeypatch.setattr(tube_search, "_stand_before", stand)
    seen(rover, sighted(1.05, 0.0, serial=TUBE))
    assert await tube_search._come_near(rover, TUBE, (0.0, 1.35)) is None
    assert len(stood) == 10


@pytest.mark.parametrize(("confidence", "followed"), [(0.45, True), (0.4499, False)])
def test_an_unread_tube_is_followed_from_so_much_confidence_on(
    rover: Any, confidence: float, followed: bool
) -> None:
    chosen = tube_search._choose(rover, TUBE, [sighted(1.35, confidence=confidence)])
    assert (chosen is not None) is followed


@pytest.mark.parametrize(
    ("force", "height", "down"),
    [(10.0, 0.0, True), (9.99, 0.0, False), (20.0, 0.0005, True), (20.0, 0.000501, False)],
)
async def test_the_lid_is_down_by_force_and_height(
    rover: Any, force: float, height: float, down: bool
) -> None:
    rover.hardware.arm.answers["move_to_lid"] = [pressed(force, height)]
    holding(rover, False)
    if down:
        await lid._put_down(rover, "seat")
    else:
        with pytest.raises(ActivityFailed):
            await lid._put_down(rover, "seat")
    assert rover.hardware.arm.of("move_to_lid") == [("seat", 20.0)]
    assert bool(rover.hardware.gripper.of("open")) is down


async def test_the_lid_is_tried_so_often(rover: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stalls(node: Any) -> bool:
        raise DeviceFault("stall", "joint 2")

    async def nothing(node: Any) -> None:
        return None

    monkeypatch.setattr(lid, "_is_done", stalls)
    monkeypatch.setattr(lid, "_put_back", nothing)
    with pytest.raises(ActivityFailed, match="the lid is not open"):
        await lid.move_lid(rover, SIGNAL)
    assert [each["attempt"] for each in rover.told("lid_attempt_failed")] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("hour", "hours"), [(1.7, 0.1), (1.81, -2.49), (4.29, -0.01), (4.31, 21.49)]
)
def test_in_the_night_the_radio_is_on_then(
    rover: Any, hour: float, hours: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rover.clock = SimpleNamespace(jd_tt=lambda: 0.0)
    monkeypatch.setattr(sols, "mars_time", lambda jd, lon: SimpleNamespace(lmst_hours=hour))
    assert sols._window(rover) / 3698.9685 == pytest.approx(hours, abs=1e-3)


@pytest.mark.parametrize(
    ("hour", "window"),
    [(1.79, False), (1.81, True), (4.29, True), (4.31, False), (13.81, True), (16.31, False)],
)
def test_hibernating_it_listens_twice_in_a_sol(
    hour: float, window: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hibernating, "mars_time", lambda jd, lon: SimpleNamespace(lmst_hours=hour))
    assert hibernating.is_window(0.0, PARAMETERS) is window
