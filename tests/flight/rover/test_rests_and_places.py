"""How often and how long the rover waits for what only time mends; where it looks and stands."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceFault
from flight.rover import delivering, grasping, housekeeping, mobility, tube_search
from flight.rover.sol_work import RoverSols, energy_parameters
from flight.rover.stances import Stances
from flight.rover.vehicle import RoverVehicle
from flight.surface.dead_reckoning import Pose
from flight.surface.sol_budget import SolDistance
from tests.flight.rover.standing import (
    PARAMETERS,
    TUBE,
    Standing,
    ground,
    lander,
    rack,
    seen,
    sighted,
)

SIGNAL = Signal("x")


@pytest.fixture
def rover() -> Any:
    return Standing()


def budget() -> RoverSols:
    vehicle: Any = SimpleNamespace(
        parameters=PARAMETERS, clock=SimpleNamespace(jd_tt=lambda: 2462018.9),
        state_of_charge=1.0, sol_distance=SolDistance(), sols_in_vain=0, hibernating=False,
        is_shed=lambda load: False, array_power=None,
    )  # fmt: skip
    return RoverSols(vehicle, energy_parameters(PARAMETERS), lambda work: None)


def test_a_device_is_left_alone_for_half_an_hour_to_a_sol_and_then_given_up() -> None:
    sols = budget()
    rests = []
    while sols.rest_for_device():
        rests.append(sols.device_rest)
    assert rests == [1_800.0, 7_200.0, 28_800.0, SOL_SECONDS, SOL_SECONDS]
    assert sols.reason == "device"
    sols.progress()
    assert sols.rest_for_device() and sols.device_rest == 1_800.0


def test_a_condition_is_waited_for_eight_times_without_progress() -> None:
    sols = budget()
    assert [sols.rest_for("cold") for _ in range(9)] == [True] * 8 + [False]
    assert sols.reason == "cold"
    sols.driven(1.0)
    assert sols.rest_for("dark")


async def test_who_hibernates_does_not_go_on() -> None:
    sols = budget()
    sols.work_until = 1e9
    assert sols.may_go_on()
    sols._resting.hibernating = True  # type: ignore[misc]
    assert not sols.may_go_on() and sols.reason == "energy"


async def test_out_of_reach_it_turns_to_four_stances_and_no_more(rover: Any) -> None:
    rover.hardware.camera.answers["find_lander"] = [lander(2.0)]
    stances = Stances(rover)
    for _ in range(4):
        assert await stances.take_next()
    assert not await stances.take_next()
    assert rover.drives == [("turn", 0.25), ("turn", -0.25), ("turn", 0.45), ("turn", -0.45)]
    assert len(rover.hardware.arm.of("stow")) == 4, "with a folded arm"
    rover.hardware.camera.answers["find_lander"] = [lander(2.0, valid=False)]
    assert not await Stances(rover).take_next()


async def test_a_tube_is_laid_down_beside_the_wheels_and_remembered_there(rover: Any) -> None:
    rover.stow(3)
    rover.hardware.rack.answers["state"] = [rack(3)]
    images = rover.hardware.camera.answers
    images["view_gripper"] = [SimpleNamespace(valid=True, tube_present=t, serial="") for t in
                              (True, True, False, False)]  # fmt: skip
    seen(rover, sighted(1.3))
    signal = Signal("release_tube", carried=delivering.ReleaseTube(TUBE))
    rover.pose = Pose(1.0, 2.0, 0.0, 0.4)
    found = await delivering.release_tube(rover, signal)
    assert found.name == "done"
    assert rover.hardware.arm.of("move_to") == [(1.3, 0.0, pytest.approx(0.01), 0.0)]
    assert rover.fetch.seen[TUBE] == [1.0, pytest.approx(3.3), 0.4]


async def test_it_looks_for_tubes_six_metres_around(rover: Any) -> None:
    await tube_search._look_around(rover, TUBE)
    assert rover.hardware.camera.of("find_tubes") == [(6.0,)] * 4
    rover.hardware.camera.answers["find_tubes"] = [ground(valid=False)]
    with pytest.raises(DeviceFault):
        await tube_search._look_around(rover, TUBE)


async def test_a_radio_that_is_restarted_is_off_for_ten_seconds(rover: Any) -> None:
    loop = asyncio.get_running_loop()
    begun, switched = loop.time(), []
    rover.hardware.radio.answers["set_power"] = [
        lambda on: switched.append((loop.time() - begun, on))
    ]
    await RoverVehicle.restart_radio(rover)
    assert switched == [(0.0, False), (10.0, True)]


@pytest.mark.parametrize("fails_at", [False, True])
async def test_a_radio_that_is_not_restarted_is_wanted_all_the_same(
    rover: Any, fails_at: bool
) -> None:
    wanted = []

    def switch(on: bool) -> None:
        wanted.append(rover.radio_wanted)
        if on is fails_at:
            raise DeviceFault("stuck", "it does not switch")

    rover.hardware.radio.answers["set_power"] = [switch]
    with pytest.raises(DeviceFault):
        await RoverVehicle.restart_radio(rover)
    assert wanted == [None, True][: len(wanted)]  # while it rests nobody minds that it is off
    off = SimpleNamespace(on=False)
    rover.hibernation = rover.avionics_wanted = None
    assert RoverVehicle.differs(rover, "uhf", off) == "itself off"
    rover.hardware.radio.answers["set_power"] = [None]
    await RoverVehicle.set_right(rover, "uhf")
    assert rover.hardware.radio.of("set_power")[-1] == (True,)


@pytest.mark.parametrize("silent", [False, True])
async def test_a_radio_that_rests_is_not_switched_on_against_what_it_was_told(
    rover: Any, silent: bool
) -> None:
    rover.must_be_silent = silent
    rover.hardware.radio.answers["set_power"] = [None]
    restart = asyncio.ensure_future(RoverVehicle.restart_radio(rover))
    await asyncio.sleep(5.0)
    if not silent:
        rover.radio_wanted = False  # it went to sleep meanwhile
    await restart
    assert rover.hardware.radio.of("set_power") == [(False,), (False,)]


async def test_a_radio_that_was_to_be_off_is_off_again_when_it_was_restarted(rover: Any) -> None:
    rover.radio_wanted = False
    rover.hardware.radio.answers["set_power"] = [None]
    await RoverVehicle.restart_radio(rover)
    assert rover.hardware.radio.of("set_power") == [(False,), (False,)]
    assert rover.radio_wanted is False


# ------------------------------------------------------------------------- at rest


class Planner:
    def __init__(self, *, day: bool, seconds: float) -> None:
        self.day, self.seconds, self.asked = day, seconds, []

    def is_day(self, jd_tt: float) -> bool:
        return self.day

    def seconds_until(self, jd_tt: float, sun: float, *, rising: bool) -> float:
        self.asked.append((sun, rising))  # type: ignore[attr-defined]
        return self.seconds


def resting(rover: Any, monkeypatch: pytest.MonkeyPatch, **more: Any) -> tuple[list[Any], Planner]:
    lived: list[Any] = []

    async def awake(node: Any, on: bool) -> None:
        lived.append(("awake", on))

    async def radio(node: Any, on: bool) -> None:
        lived.append(("radio", on))

    async def doze(node: Any, seconds: float) -> None:
        lived.append(("doze", seconds))
        await asyncio.sleep(seconds)

    async def nothing() -> None:
        lived.append("read")

    for name, stub in (("set_awake", awake), ("set_radio", radio), ("doze", doze)):
        monkeypatch.setattr(housekeeping, name, stub)
    rover.clock = SimpleNamespace(jd_tt=lambda: 0.0)
    rover.hibernation_over = rover.read_power = nothing
    planner = Planner(day=more.pop("day", True), seconds=more.pop("seconds", 5_000.0))
    rover.sols.planner = planner
    rover.sols.must_save = lambda: more.get("saves", False)
    return lived, planner


async def lived_for(work: Any, seconds: float) -> None:
    task = asyncio.ensure_future(work)
    await asyncio.sleep(seconds)
    task.cancel()


async def test_by_day_it_waits_awake_until_the_evening(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived, planner = resting(rover, monkeypatch)
    await lived_for(housekeeping.keep_house(rover, SIGNAL), 5_001.0)
    assert lived == ["read", ("awake", True)] * 2 and planner.asked == [(12.0, False)] * 2


async def test_by_night_it_dozes_until_the_morning(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived, planner = resting(rover, monkeypatch, day=False)
    await lived_for(housekeeping.keep_house(rover, SIGNAL), 4_999.0)
    assert lived == ["read", ("awake", False), ("doze", 5_000.0)]
    assert planner.asked == [(12.0, True)]


@pytest.mark.parametrize(("seconds", "waits"), [(1.0, 60.0), (1e9, 90_000.0), (5_000.0, 5_000.0)])
async def test_it_looks_again_after_a_minute_and_within_a_day(
    rover: Any, monkeypatch: pytest.MonkeyPatch, seconds: float, waits: float
) -> None:
    lived, _ = resting(rover, monkeypatch, seconds=seconds, day=False)
    await lived_for(housekeeping.keep_house(rover, SIGNAL), 1.0)
    assert lived[-1] == ("doze", waits)


async def test_with_little_stored_it_listens_by_day_and_looks_each_hour(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for work in (housekeeping.keep_house, housekeeping.stay_safe):
        lived, _ = resting(rover, monkeypatch, saves=True)
        await lived_for(work(rover, SIGNAL), 3_599.0)
        assert lived[-2:] == [("awake", False), ("radio", True)]
        lived.clear()
        await lived_for(work(rover, SIGNAL), 3_601.0)
        assert lived.count(("radio", True)) == 2
    lived, _ = resting(rover, monkeypatch, seconds=1_000.0)
    await lived_for(housekeeping.rest_on_lander(rover, SIGNAL), 999.0)
    assert lived == [("awake", False), ("radio", True)], "on the lander it sleeps"


async def test_what_cannot_be_settled_is_tried_again_after_half_an_hour(
    rover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived, _ = resting(rover, monkeypatch)
    for code, told in (("stall", 2), ("dark", 0), ("cold", 0)):
        rover.said.clear()
        lived.clear()

        async def settle(node: Any, code: str = code) -> None:
            raise DeviceFault(code, "x")

        monkeypatch.setattr(housekeeping, "settle_moves", settle)
        await lived_for(housekeeping.keep_house(rover, SIGNAL), 1_801.0)
        assert lived.count(("awake", True)) == 2 and len(rover.told("device_trouble")) == told


@pytest.mark.parametrize(("lost", "error"), [(True, 500.0), (False, 0.3)])
def test_without_memory_it_may_be_anywhere_on_the_site(
    rover: Any, monkeypatch: pytest.MonkeyPatch, lost: bool, error: float
) -> None:
    monkeypatch.setattr(mobility, "locomotion_of", lambda node, vehicle, pose, costs: (pose, costs))
    rover.locomotion_memory = {}
    rover.context = SimpleNamespace(
        store_lost=lost, mission={"lander": {"east": 3.0, "north": 4.0, "heading": 0.5}}
    )
    pose, costs = mobility.make_locomotion(rover)
    assert (pose.east, pose.north, pose.heading, pose.error) == (3.0, 4.0, 0.5, error)
    assert bool(rover.locomotion_memory) is lost
    assert [disc.radius for disc in costs.discs] == [1.2, 0.3, 0.3], "the lander and two tubes"
    rover.stow(1)
    _, costs = mobility.make_locomotion(rover)
    assert len(costs.discs) == 2, "one was taken away"


def test_a_slot_is_taken_by_what_sits_in_it_and_not_by_what_sat_there(rover: Any) -> None:
    rover.stow(3)
    assert grasping.slots_taken(rover) == [3]
    rover.ledger.begin(TUBE, "rover_gripper", "rover.gripper")
    rover.ledger.commit(TUBE, rover.ledger.record(TUBE).evidence)
    assert grasping.slots_taken(rover) == [] and grasping.slot_of(rover, TUBE) == 3


def test_a_driven_segment_is_told_counted_and_kept() -> None:
    told: list[Any] = []
    node: Any = SimpleNamespace(
        distance_driven=None, sols=SimpleNamespace(driven=told.append),
        publish_telemetry=lambda: told.append("telemetry"),
    )  # fmt: skip
    RoverVehicle.segment_driven(node, Pose(1.0, 2.0, 0.5, 0.3), 0.1, 4.0)
    RoverVehicle.segment_driven(node, Pose(1.0, 6.0, 0.5, 0.4), None, 3.0)
    assert (node.distance_driven, node.way_driven) == (7.0, 7.0)
    assert (node.east, node.north, node.heading) == (1.0, 6.0, 0.5)
    assert (node.position_error, node.slip) == (0.4, None)
    assert told == [4.0, "telemetry", 3.0, "telemetry"]
