"""When Perseverance drives, docks, sleeps and gives up: each decision at its limit."""

import asyncio
import contextlib
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from flight.perseverance import delivery_drive as drive
from flight.perseverance import sample_handling as handling
from flight.perseverance import sols
from flight.perseverance.node import Perseverance
from flight.perseverance.sol_work import energy_parameters
from flight.perseverance.vehicle import PerseveranceVehicle
from flight.surface.dead_reckoning import Pose
from flight.surface.driving import DriveFailed, DriveOutcome
from flight.surface.route_planning import CostMap, Disc
from flight.surface.site_place import SitePlace
from flight.surface.sol_budget import WHOLE_WAY
from tests.flight.lander.descent_bench import Answers
from tests.flight.perseverance.standing import PARAMETERS, TUBE, Standing, lander, store

SIGNAL = Signal("x")
OBSTACLE, TILT = DeviceFault("obstacle", "a rock"), DeviceFault("tilt", "it leans")
JAM = DeviceFault("jam", "wheel 2")


@pytest.fixture
def rover() -> Any:
    found = Standing()
    found.parameters |= {"dock_distance": 2.0, "dock_tolerance": 0.12, "dock_bearing": 90.0}
    return found


def marks(rover: Any, *seen: Any) -> None:
    rover.hardware.camera.answers["find_lander"] = list(seen)


# -------------------------------------------------------------------------- planning


@pytest.mark.parametrize(
    ("away", "error", "next"),
    [(12.31, 0.1, "drive"), (12.29, 0.1, "drive"), (6.9, 0.1, "dock"), (15.1, 1.0, "drive")],
)
async def test_far_away_it_drives_without_looking_for_the_lander(
    rover: Any, away: float, error: float, next: str
) -> None:
    rover.pose = Pose(0.0, 20.0 - away, 0.0, error)
    marks(rover, lander(9.0))
    assert await drive.plan_drive(rover, SIGNAL) == next
    looked = bool(rover.hardware.camera.asked)
    assert looked is (away <= 12.0 + 3.0 * error)


async def test_beside_the_lander_it_is_docked_and_says_so(rover: Any) -> None:
    rover.pose, rover.drive_failures = Pose(0.0, 18.0), 3
    rover.hardware.carousel.answers["state"] = [store(0, 1, port=True, presented=1)]
    found = await drive.plan_drive(rover, SIGNAL)
    assert found.name == "docked" and found.data["result"].startswith("2 tubes 2.0 m")
    assert rover.drive_failures == 0 and rover.told("docked_at") == [{"distance": 2.0}]
    assert rover.hardware.carousel.of("store") == [(1,)], "nothing is held out while it drives"
    rover.plans = False
    assert await drive.plan_drive(rover, SIGNAL) == "rest"


@pytest.mark.parametrize(
    ("ahead", "right", "docked"),
    [(2.119, 0.0, True), (2.121, 0.0, False), (1.881, 0.0, True), (1.879, 0.0, False),
     (2.0 * math.cos(0.099), 2.0 * math.sin(0.099), True),
     (2.0 * math.cos(0.101), -2.0 * math.sin(0.101), False)],
)  # fmt: skip
def test_docked_is_the_lander_straight_ahead_at_its_distance(
    rover: Any, ahead: float, right: float, docked: bool
) -> None:
    assert drive.is_docked(rover, lander(ahead, right)) is docked


@pytest.mark.parametrize(
    ("place", "near"),
    [((7.99, 20.0), True), ((8.01, 20.0), False), ((0.0, 13.01), True), ((0.0, 12.99), False)],
)
def test_near_is_within_a_metre_of_an_approach_or_closer_to_the_lander(
    rover: Any, place: tuple[float, float], near: bool
) -> None:
    rover.pose = Pose(*place)
    assert drive._near_approach(rover) is near


def test_sides_are_counted_from_the_wanted_bearing(rover: Any) -> None:
    assert drive.approach_place(rover, 0.0) == pytest.approx((7.0, 20.0))
    assert drive.approach_place(rover, 90.0) == pytest.approx((0.0, 13.0))


# --------------------------------------------------------------------------- driving


async def test_it_comes_into_sight_and_then_to_the_first_side_that_can_be_reached(
    rover: Any,
) -> None:
    rover.pose = Pose(0.0, -10.01)
    rover.outcomes = [DriveOutcome.ARRIVED, DriveFailed("rocks"), DriveOutcome.ARRIVED]
    rover.pose.distance_to = lambda place: 30.01 if place == (0.0, 20.0) else 10.0
    assert await drive.drive_to_lander(rover, SIGNAL) == "near"
    assert rover.drives[0] == ("to", 0.0, 20.0, 0.0, -10.01, 25.0)
    assert rover.drives[1] == ("to", 7.0, 20.0) and len(rover.drives) == 3
    assert rover.side == 30.0 and len(rover.locomotion.cost_map.discs) == 1
    assert [seen[0] for seen in rover.marks] == [(0.0, 20.0)] and rover.marks[0][3] == 0.3


async def test_in_sight_already_it_goes_to_the_side_at_once(rover: Any) -> None:
    rover.pose = Pose(0.0, -10.0)
    rover.outcomes = [DriveOutcome.PAUSED]
    assert await drive.drive_to_lander(rover, SIGNAL) == "rest"
    assert rover.drives == [("to", 7.0, 20.0)] and rover.side == 0.0


@pytest.mark.parametrize(("away", "sides"), [(14.01, 1), (13.99, 7)])
async def test_far_from_a_side_the_sol_is_given_up_and_near_it_the_next_is_tried(
    rover: Any, away: float, sides: int
) -> None:
    rover.pose.distance_to = lambda place: away
    rover.outcomes = [DriveFailed("rocks")] * 9
    assert await drive.drive_to_lander(rover, SIGNAL) == "rest"
    assert len(rover.drives) == sides
    assert rover.drive_failures == 1 and rover.told("drive_given_up")[0]["count"] == 1
    assert rover.locomotion.cost_map.discs == [], "the next sol is begun with a new map"


async def test_the_drives_that_come_to_nothing_are_counted(rover: Any) -> None:
    rover.parameters["drive_failures"] = 2
    marks(rover, lander(2.0, valid=False))
    assert await drive.drive_to_lander(rover, SIGNAL) == "rest"
    assert await drive.drive_to_lander(rover, SIGNAL) == "rest"
    with pytest.raises(ActivityFailed, match="3 drives came to nothing, the last: the lander's"):
        await drive.drive_to_lander(rover, SIGNAL)
    assert len(rover.hardware.camera.asked) == 9 and rover.drives == []
    rover.pose = Pose(0.0, -50.0)
    rover.drive_failures, rover.outcomes = 0, [DriveOutcome.PAUSED, DriveFailed("rocks")]
    assert await drive.drive_to_lander(rover, SIGNAL) == "rest" and rover.drive_failures == 0
    assert await drive.drive_to_lander(rover, SIGNAL) == "rest" and rover.drive_failures == 1


# --------------------------------------------------------------------------- docking


async def test_it_faces_the_lander_and_then_closes_the_gap_in_steps(rover: Any) -> None:
    aside = lander(5.0 * math.cos(0.051), 5.0 * math.sin(0.051))
    straight = lander(5.0 * math.cos(0.049), 5.0 * math.sin(0.049))
    marks(rover, aside, straight, lander(1.0), lander(2.0))
    rover.pose.heading = math.tau - 0.001
    assert (await drive.dock(rover, SIGNAL)).name == "docked"
    assert rover.drives == [("turn", 0.05), ("drive", 2.5), ("drive", -1.0)]


async def test_without_marks_it_rests_when_the_day_is_over_and_else_fails(rover: Any) -> None:
    marks(rover, lander(2.0, valid=False))
    with pytest.raises(ActivityFailed, match="marks are not seen"):
        await drive.dock(rover, SIGNAL)
    rover.goes_on = False
    assert await drive.dock(rover, SIGNAL) == "rest"
    marks(rover, lander(9.0))
    with pytest.raises(ActivityFailed, match="not reached in 16 steps"):
        await drive.dock(rover, SIGNAL)
    assert len(rover.drives) == 16


@pytest.mark.parametrize("fault", [OBSTACLE, TILT])
async def test_what_stands_before_the_dock_is_gone_round_side_by_side(
    rover: Any, fault: Exception
) -> None:
    marks(rover, lander(5.0), lander(2.0))
    rover.outcomes = [fault]
    assert (await drive.dock(rover, SIGNAL)).name == "docked"
    assert rover.drives[:2] == [("drive", 2.5), ("drive", -2.5)]
    assert rover.drives[2][0] == "to" and rover.side == 30.0
    rover.side, rover.outcomes = -100.0, [fault]
    marks(rover, lander(5.0))
    with pytest.raises(ActivityFailed, match="no side of the lander can be docked at"):
        await drive.dock(rover, SIGNAL)
    rover.side, rover.outcomes = 0.0, [fault, None, DriveFailed("rocks")]
    with pytest.raises(ActivityFailed, match="rocks"):
        await drive.dock(rover, SIGNAL)


async def test_what_is_to_be_handed_out_is_handed_out_at_the_dock_alone(rover: Any) -> None:
    assert (await drive.confirm_docked(rover, SIGNAL)).name == "docked" and rover.awake == [True]
    marks(rover, lander(3.0, 4.0))
    with pytest.raises(ActivityFailed, match=r"5\.0 m away: deliver_tubes drives there"):
        await drive.confirm_docked(rover, SIGNAL)
    marks(rover, lander(2.0, valid=False))
    with pytest.raises(ActivityFailed, match="not seen"):
        await drive.confirm_docked(rover, SIGNAL)


@pytest.mark.parametrize(
    ("trouble", "rests"),
    [(DeviceFault("cold", "c"), True), (DeviceFault("no_power", "c"), True), (JAM, False),
     (DeviceRejected("no"), False), (DeviceTimeout("x"), False)],
)  # fmt: skip
async def test_only_what_time_mends_is_slept_over(
    rover: Any, trouble: Exception, rests: bool
) -> None:
    marks(rover, lander(6.0))
    rover.outcomes = [trouble]
    if rests:
        assert await drive.dock(rover, SIGNAL) == "rest"
        assert rover.sols.reason == trouble.code  # type: ignore[attr-defined]
    else:
        with pytest.raises(ActivityFailed):
            await drive.dock(rover, SIGNAL)


# --------------------------------------------------------------------- days and nights


@pytest.mark.parametrize(
    ("charge", "motors", "valid", "fit", "reason"),
    [(0.55, 208.01, True, True, "the Sun"), (0.5499, 230.0, True, False, "energy"),
     (None, 230.0, True, False, "energy"), (0.9, 208.0, True, False, "cold"),
     (0.9, 100.0, False, True, "the Sun")],
)  # fmt: skip
async def test_it_drives_with_charge_and_warm_motors(
    rover: Any, charge: float | None, motors: float, valid: bool, fit: bool, reason: str
) -> None:
    rover.parameters |= {"wake_charge": 0.55, "coldest_motors": 208.0}
    rover.state_of_charge = charge
    wheels = SimpleNamespace(valid=valid, motor_temperature=motors)
    rover.hardware.wheels.answers["state"] = [wheels]
    assert await sols.fit_to_work(rover) is fit and rover.sols.reason == reason
    assert rover.told("read")
    rover.plans = False
    assert not await sols.fit_to_work(rover)


class Planner:
    def __init__(self, height: float, morning: float = 5_000.0) -> None:
        self.height, self.morning = height, morning

    def elevation(self, jd_tt: float) -> float:
        return self.height

    def seconds_until(self, jd_tt: float, sun: float, *, rising: bool) -> float:
        assert rising and sun == 20.0
        return self.morning


@pytest.mark.parametrize(
    ("height", "reason", "morning", "wait"),
    [(19.99, "energy", 5_000.0, 5_001.0), (20.0, "energy", 5_000.0, 1_800.0),
     (50.0, WHOLE_WAY, 5_000.0, 5_001.0), (10.0, "cold", 1e6, SOL_SECONDS)],
)  # fmt: skip
def test_it_waits_for_the_morning_or_half_an_hour(
    rover: Any, height: float, reason: str, morning: float, wait: float
) -> None:
    rover.clock = SimpleNamespace(jd_tt=lambda: 0.0)
    rover.parameters["waking_sun"] = 20.0
    rover.sols.planner, rover.sols.reason = Planner(height, morning), reason
    assert sols.wait_for_work(rover) == wait


async def test_it_sleeps_until_it_is_fit_and_tells_of_each_sol_that_is_lost(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = [False, False, True]

    async def fit(node: Any) -> bool:
        rover.sols.is_day = len(looks) != 2
        return looks.pop(0)

    monkeypatch.setattr(sols, "fit_to_work", fit)
    monkeypatch.setattr(sols, "wait_for_work", lambda node: 7_000.0)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert await sols.sleep_until_work(rover, SIGNAL) == "awake"
    assert loop.time() - begun == 7_000.0 + 1_800.0 + 7_000.0
    assert rover.awake == [False, True] and len(rover.told("sol_lost")) == 1
    looks[:] = [False] * 401
    begun = loop.time()
    with pytest.raises(ActivityFailed, match="no sol was fit"):
        await sols.sleep_until_work(rover, SIGNAL)
    assert len(looks) == 1


@pytest.mark.parametrize(
    ("charge", "day", "needed", "awake"),
    [(0.4001, True, False, True), (0.4, True, False, False), (0.41, False, False, False),
     (None, True, False, False), (0.1, False, True, True)],
)  # fmt: skip
async def test_at_rest_it_is_awake_by_day_with_charge_or_when_it_was_asked(
    rover: Any, charge: float | None, day: bool, needed: bool, awake: bool
) -> None:
    rover.parameters["energy_reserve"] = 0.4
    rover.state_of_charge, rover.sols.is_day = charge, day
    loop = asyncio.get_running_loop()
    rover.awake_until = loop.time() + (5_000.0 if needed else 0.0)
    work = asyncio.ensure_future(sols.keep_hours(rover, SIGNAL))
    await asyncio.sleep(3_599.0)
    assert rover.awake == [awake]
    await asyncio.sleep(3_602.0)
    work.cancel()
    assert len(rover.awake) == 3 and rover.awake[2] is (awake and not needed)


async def test_parked_it_sleeps_and_safe_it_listens_on_both_radios(rover: Any) -> None:
    for rest, radios in ((sols.stay_asleep, []), (sols.stay_safe, [("x_band", True)])):
        rover.awake.clear()
        work = asyncio.ensure_future(rest(rover, SIGNAL))
        await asyncio.sleep(9e5)
        assert not work.done()
        work.cancel()
        assert rover.awake == [False] and rover.told("radio") == radios


def test_what_the_generator_gives_is_taken_off_what_is_drawn() -> None:
    energy = energy_parameters(PARAMETERS, 1.0)
    assert energy.day_power == 135.0 - 87.0 and energy.work_power == 330.0 - 87.0
    assert energy.night_power == 0.0 and energy.reserve == 0.4 and energy.wake_charge == 0.55
    assert (energy.waking_sun, energy.sleeping_sun, energy.capacity) == (20.0, 12.0, 2470.0)


@pytest.mark.parametrize(
    ("full", "reserve"), [(0.951, 0.4), (0.95, 0.38), (0.625, 0.25), (0.5, 0.25), (0.1, 0.25)]
)
def test_of_cells_that_are_lost_nothing_is_kept_and_enough_for_the_night_always(
    full: float, reserve: float
) -> None:
    assert energy_parameters(PARAMETERS, full).reserve == pytest.approx(reserve)


async def test_a_battery_as_full_as_it_becomes_is_enough_to_wake_with(rover: Any) -> None:
    rover.state_of_charge = 0.4
    assert not await sols.fit_to_work(rover) and rover.sols.reason == "energy"
    rover.is_full = True
    assert await sols.fit_to_work(rover)
    rover.state_of_charge = None
    assert not await sols.fit_to_work(rover)


def test_the_sides_are_tried_in_this_order(rover: Any) -> None:
    order = [rover.side]
    for _ in range(6):
        left = drive.SIDES[drive.SIDES.index(order[-1]) + 1 :]
        order.append(left[0])
    assert order == [0.0, 30.0, -30.0, 60.0, -60.0, 100.0, -100.0]


@pytest.mark.parametrize(
    ("state", "asleep", "seconds"),
    [("parked", True, 14_400.0), ("surface.idle", True, 7_200.0), ("surface.idle", False, 1_800.0),
     ("surface.driving.docking", False, 1_800.0), ("safe", True, 3_600.0)],
)  # fmt: skip
def test_it_tells_how_it_is_so_often(state: str, asleep: bool, seconds: float) -> None:
    node: Any = SimpleNamespace(
        state=state, asleep=asleep, is_in=lambda asked: state.startswith(asked)
    )
    assert PerseveranceVehicle.housekeeping_period(node) == seconds


async def test_who_wants_something_has_it_awake_for_an_hour(rover: Any) -> None:
    await handling.look(rover, TUBE, None, False)
    assert rover.awake_until == asyncio.get_running_loop().time() + 3_600.0


def test_each_hundred_metres_it_says_how_far_it_is(rover: Any) -> None:
    said: list[str] = []
    node: Any = SimpleNamespace(
        distance_driven=0.0, storage=SimpleNamespace(transaction=contextlib.nullcontext),
        sols=SimpleNamespace(driven=lambda way: None), _last_progress=0.0, distance_to_lander=50.0,
        _publish_pose=lambda pose: None, progress=said.append,
    )  # fmt: skip
    for way, told in ((99.9, 0), (0.1, 1), (99.0, 1), (1.0, 2)):
        PerseveranceVehicle.segment_driven(node, Pose(), 0.1, way)
        assert len(said) == told
    assert node.way_driven == 200.0 and node.slip == 0.1


async def test_a_switch_is_believed_when_it_says_that_it_is_so(rover: Any) -> None:
    uhf = Answers(set_power=[None], state=[SimpleNamespace(valid=True, on=False)])
    hardware = SimpleNamespace(uhf=uhf, x_band=None)
    node: Any = SimpleNamespace(_radios={}, _told={}, _resting={}, hardware=hardware)
    await PerseveranceVehicle.set_radio(node, "uhf", True)
    assert node._radios == {"uhf": False}
    uhf.answers["state"] = [SimpleNamespace(valid=False, on=True)]
    await PerseveranceVehicle.set_radio(node, "uhf", True)
    assert node._radios == {"uhf": False} and len(uhf.of("set_power")) == 2
    uhf.answers["state"] = [SimpleNamespace(valid=True, on=True)]
    await PerseveranceVehicle.set_radio(node, "uhf", True)
    await PerseveranceVehicle.set_radio(node, "uhf", True)
    assert node._radios == {"uhf": True} and len(uhf.of("set_power")) == 3
    assert node._told == {"uhf": True}


class TwoRadios(PerseveranceVehicle):
    """Perseverance with nothing but its radios."""

    def __init__(self, **told: bool) -> None:
        on = SimpleNamespace(valid=True, on=True)
        self.uhf, self.x_band = (Answers(set_power=[None], state=[on]) for _ in range(2))
        self.hardware: Any = SimpleNamespace(uhf=self.uhf, x_band=self.x_band)
        self._radios, self._told, self._resting = dict(told), dict(told), {}


async def test_a_radio_is_restarted_to_what_it_was_told_to_be(rover: Any) -> None:
    node: Any = TwoRadios(uhf=True, x_band=False)
    restart = asyncio.ensure_future(node.restart_radio("uhf"))
    await asyncio.sleep(9.9)
    await node.set_radio("uhf", True)  # at each housekeeping
    assert node.uhf.of("set_power") == [(False,)], "it rests all the same"
    assert node.differs("uhf", SimpleNamespace(on=False)) == "", "and nobody minds"
    await restart
    assert asyncio.get_running_loop().time() == 10.0
    assert node.uhf.of("set_power") == [(False,), (True,)] and node.x_band.asked == []
    await node.restart_radio("x_band")
    assert node.x_band.of("set_power") == [(False,), (False,)], "asleep it stays off"


async def test_a_radio_that_fails_to_restart_is_switched_all_the_same(rover: Any) -> None:
    node: Any = TwoRadios(uhf=True)
    node.uhf.answers["set_power"] = [DeviceFault("stuck", "it does not switch"), None]
    with pytest.raises(DeviceFault):
        await node.restart_radio("uhf")
    assert node.uhf.of("set_power") == [(False,), (True,)] and node._radios == {"uhf": True}


def test_where_the_lander_was_thought_to_stand_before_nothing_is_in_the_way(rover: Any) -> None:
    rock = Disc(1.0, 20.0, 0.5)
    rover.locomotion = SimpleNamespace(cost_map=CostMap(1.0, discs=[Disc(0.0, 20.0, 4.0), rock]))
    rover._publish_pose = lambda pose: rover.said.append(("pose", pose))
    for east in (40.0, 40.0):  # told twice of the same place, one after the other
        Perseverance.locate_lander(rover, east, 20.0, 1.0)
        assert rover.locomotion.cost_map.discs == [rock]
    assert rover.lander_place == (40.0, 20.0) and rover.lander_at == SitePlace(40.0, 20.0)
