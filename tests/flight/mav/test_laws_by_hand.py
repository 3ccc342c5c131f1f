"""The laws of the ascent by hand: the figures it flies by, what is flown where not all can be met,
what a plan may miss."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.finite_burn import Stage, Tangents
from flight.core.activities import ActivityFailed
from flight.icd.devices.base import DeviceFault
from flight.mav import ascent_computer, ascent_guidance, countdown
from flight.mav.ascent_computer import plan_ascent
from flight.mav.ascent_guidance import (
    FirstBurnTarget,
    FirstStage,
    SecondBurnPlan,
    Swing,
    plan_first_stage,
    steer_rest,
)
from flight.mav.ascent_settings import AscentSettings
from flight.mav.navigation import Alignment
from flight.mav.parameters import PARAMETERS

DEGREE = math.radians(1.0)


# ---------------------------------------------------------------- the figures it flies by


def test_each_figure_of_the_vehicle_goes_where_it_is_meant() -> None:
    """Figures that are all different: one in the place of another would show."""
    own = {name: 1.0 + 0.01 * number for number, name in enumerate(PARAMETERS)}
    own |= {"lift_off_mass": 400.0, "first_propellant": 200.0, "second_propellant": 0.5}
    own |= {"largest_angle_of_attack": 7.0, "angle_of_attack_reserve": 2.5}
    s = AscentSettings.of(own)
    assert (s.pad.latitude, s.pad.longitude, s.pad.radius) == (
        math.radians(own["launch_latitude"]), math.radians(own["launch_longitude"]),
        own["launch_radius"],
    )  # fmt: skip
    assert s.tube_elevation == math.radians(own["tube_elevation"])
    assert s.tube_azimuth == math.radians(own["tube_azimuth"])
    assert s.target_radius == 3_389_500.0 + own["target_height"]
    assert s.inclination == math.radians(own["target_inclination"])
    assert s.pitch_rate == own["pitch_tangent_rate"]
    assert s.first.angle_limit == pytest.approx(math.radians(4.5))
    assert (s.first.drag_area, s.first.air_density) == (own["drag_area"], own["air_density"])
    assert (s.first.air_radius, s.first.scale_height) == (s.pad.radius, own["scale_height"])
    assert (s.shape.front, s.shape.side) == (own["front_area"], own["side_area"])
    assert (s.shape.nose_arm, s.shape.side_arm) == (own["nose_arm"], own["side_arm"])
    for name, stage, gains in (
        ("first", s.first.stage, s.first_gains), ("second", s.second, s.second_gains),
    ):  # fmt: skip
        exhaust, seconds = own[f"{name}_exhaust_speed"], own[f"{name}_burn_time"]
        mass = own["lift_off_mass" if name == "first" else "second_ignition_mass"]
        assert (stage.mass, stage.propellant) == (mass, own[f"{name}_propellant"])
        assert (stage.burn_time, stage.exhaust_speed) == (seconds, exhaust)
        assert gains.thrust == pytest.approx(exhaust * own[f"{name}_propellant"] / seconds)
        assert (gains.mass, gains.propellant) == (stage.mass, stage.propellant)
        for end in ("start", "end"):
            assert getattr(gains, f"lever_{end}") == own[f"{name}_lever_{end}"]
            assert getattr(gains, f"inertia_{end}") == own[f"{name}_inertia_{end}"]
    for name, gas, moment, across in (
        ("first", s.first_gas, "first_turning_moment", "first_inertia_end"),
        ("second", s.second_gas, "turning_moment", "second_inertia_start"),
    ):
        assert gas.axial_inertia == own[f"{name}_axial_inertia"]
        assert (gas.turning_moment, gas.transverse_inertia) == (own[moment], own[across])
        assert (gas.roll_moment, gas.least_pulse) == (own["roll_moment"], own["least_pulse"])
    for name in (
        "apoapsis_bias", "forward_thrust", "ignition_delay", "guidance_start", "trim_limit",
        "trim_reserve",
    ):  # fmt: skip
        assert getattr(s, name) == own[name], name


# ------------------------------------------------------------------------- the laws

MODEL = FirstStage(Stage(400.0, 200.0, 80.0, 2800.0), 0.1, 0.02, 3.39e6, 1e4, 3.0 * DEGREE)
FLOWN = Tangents(1.3, -0.008, 0.05, -0.05 / 80.0)


class Physics:
    """A world in which the coast is 10 km higher for each hundredth of the pitch beyond 1.3, and
    the plane is missed by 1 km for each hundredth of the yaw off `yaw`; above a pitch of `blind`
    it is missed by 5 km, whatever the yaw."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, yaw: float = 0.1) -> None:
        self.yaw, self.blind = yaw, 9.0
        monkeypatch.setattr(ascent_guidance, "fly_first_stage", self.burn)
        monkeypatch.setattr(
            ascent_guidance, "apoapsis_and_period",
            lambda place, speed: (3.7e6 + 1e6 * (place[0] - 1.3), 400.0),
        )  # fmt: skip
        monkeypatch.setattr(ascent_guidance, "fly_ahead", self.coast)

    def burn(self, model: Any, seconds: Any, place: Any, speed: Any, law: Tangents, normal: Any,
             wind: Any) -> Any:  # fmt: skip
        assert law.pitch_rate == FLOWN.pitch_rate and wind == (1.0, 2.0, 3.0)
        assert law.yaw_rate == pytest.approx(-law.yaw_start / 80.0), "it ends at zero"
        return (law.pitch_start, law.yaw_start, 0.0), (0.0, 0.0, 0.0)

    def coast(self, place: Any, speed: Any, seconds: float, gravity: Any, step: float) -> Any:
        assert seconds == 400.0
        off = 5e3 if place[0] > self.blind else 1e5 * (place[1] - self.yaw)
        return (0.0, 0.0, off), speed

    def plan(self, higher: float, planned: Tangents | None = None, rounds: int = 9) -> Tangents:
        """The law for a coast so many km higher than that of a pitch of 1.3."""
        target = FirstBurnTarget(3.7e6 + 1e3 * higher, (0.0, 0.0, 1.0))
        still = (0.0, 0.0, 0.0)
        return plan_first_stage(
            MODEL, 10.0, still, still, target, FLOWN, rounds, (1.0, 2.0, 3.0), planned
        )


def test_a_law_meets_the_height_of_the_coast_and_the_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Physics(monkeypatch).plan(100.0)
    assert found.pitch_start == pytest.approx(1.4) and found.yaw_start == pytest.approx(0.1)


def test_a_law_turns_no_further_than_can_be_followed_and_meets_the_plane_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = Physics(monkeypatch).plan(100.0, planned=FLOWN)
    assert math.atan(found.pitch_start) == pytest.approx(math.atan(1.3) + DEGREE)
    assert found.yaw_start == pytest.approx(0.1)
    near = Physics(monkeypatch).plan(10.0, planned=FLOWN)
    assert near.pitch_start == pytest.approx(1.31), "within a degree it is what was asked for"


def test_where_the_plane_is_missed_by_another_pitch_the_planned_one_is_flown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = Physics(monkeypatch)
    world.blind = 1.305
    found = world.plan(100.0, planned=FLOWN)
    assert found.pitch_start == 1.3 and found.yaw_start == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("higher", "yaw", "flown"),
    [(2699.0, 0.1, True), (2701.0, 0.1, False), (0.0, 1.499, True), (0.0, 1.501, False),
     (0.0, -1.51, False), (-5310.0, 0.1, False)],
)  # fmt: skip
def test_a_law_that_turns_the_vehicle_wildly_is_none(
    monkeypatch: pytest.MonkeyPatch, higher: float, yaw: float, flown: bool
) -> None:
    found = Physics(monkeypatch, yaw).plan(higher)
    assert (found != FLOWN) is flown


@pytest.mark.parametrize(
    ("mean", "yaw", "taken"),
    [(1.5, 0.0, True), (-1.501, 0.0, False), (1.501, 0.0, False), (0.0, 1.0, True),
     (0.0, 1.001, False), (0.0, -1.001, False)],
)  # fmt: skip
def test_a_wild_solution_for_the_rest_of_the_second_burn_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, mean: float, yaw: float, taken: bool
) -> None:
    begun: list[Swing] = []

    def solved(place: Any, speed: Any, rest: Any, normal: Any, start: Swing, rounds: int) -> Any:
        begun.append(start)
        return Swing(mean, 0.3, yaw), True

    monkeypatch.setattr(ascent_guidance, "_solve_swing", solved)
    still = (0.0, 0.0, 0.0)
    plan = SecondBurnPlan(100.0, Tangents(0.5, -0.05, 0.02, 0.001), still, still, False)
    found = steer_rest(plan, 104.0, still, still, Stage(100.0, 40.0, 10.0, 2800.0))
    # After 4 s the pitch is 0.3, and it would be -0.2 in the end.
    (start,) = begun
    assert (start.mean, start.half, start.yaw) == pytest.approx((0.05, 0.25, 0.024))
    if not taken:
        assert found is plan
        return
    assert found.is_reduced and found.ignition == 100.0
    law = found.tangents
    assert law.pitch_start + 4.0 * law.pitch_rate == pytest.approx(mean + 0.3)
    assert law.pitch_start + 14.0 * law.pitch_rate == pytest.approx(mean - 0.3)


# ---------------------------------------------------------------------------- the plan


@pytest.mark.parametrize(
    ("off", "reduced", "strict", "words"),
    [
        (5e3, False, True, ""), (-5e3, False, True, ""), (5_001.0, False, True, "cannot bring"),
        (-5_001.0, False, True, "cannot bring"), (0.0, True, True, "cannot reach a circular orbit"),
        (9e5, True, False, ""),
    ],
)  # fmt: skip
def test_an_ascent_is_planned_strictly_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, off: float, reduced: bool, strict: bool, words: str
) -> None:
    place, speed = (3.4e6, 0.0, 0.0), (0.0, 2e3, 0.0)
    asked: list[Any] = []

    def climb(model: Any, seconds: Any, at: Any, fast: Any, target: Any, law: Any, rounds: int
              ) -> Any:  # fmt: skip
        asked.append((at, target.apoapsis, law))
        return law

    stand_ins: dict[str, Any] = {
        "plan_first_stage": climb, "fly_first_stage": lambda *args: (place, speed),
        "orbit_normal": lambda at, inclination: ("normal at", at),
        "apoapsis_and_period": lambda at, fast: (3.7e6 + off, 300.0),
    }  # fmt: skip
    for name, instead in stand_ins.items():
        monkeypatch.setattr(ascent_computer, name, instead)
    pad = SimpleNamespace(at=lambda time: (("pad at", time), "turning"))
    settings: Any = SimpleNamespace(
        pad=pad, ignition_delay=0.9, inclination=0.4, pitch_rate=-0.0077, target_radius=3.69e6,
        apoapsis_bias=1e4, first=SimpleNamespace(stage=SimpleNamespace(burn_time=70.0)), second="2",
    )  # fmt: skip
    burns: list[Any] = []

    def second(*given: Any) -> Any:
        burns.append(given)
        return SimpleNamespace(is_reduced=reduced)

    if words:
        with pytest.raises(ValueError, match=words):
            plan_ascent(settings, 1000.0, second=second)
        return
    plan = plan_ascent(settings, 1000.0, strict=strict, second=second)
    assert plan.launch == 1000.0 and plan.normal == ("normal at", place)
    assert plan.climb.pitch_rate == -0.0077
    assert asked == [(("pad at", 1000.9), 3.7e6, plan.climb)] * 3
    burnout = 1070.9
    assert burns == [(burnout, place, speed, "2", ("normal at", place), burnout + 60.0)]


async def test_an_alignment_is_of_what_was_felt_in_its_own_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readings: list[float] = []
    loop = asyncio.get_running_loop()

    async def increments() -> Any:
        readings.append(loop.time())
        return f"reading {len(readings)}"

    given: list[Any] = []

    def align(*args: Any) -> Alignment:
        given.append(args)
        if len(given) > 1:
            raise ValueError("shaken")
        return Alignment(0.0, (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0))

    monkeypatch.setattr(countdown, "align", align)
    node: Any = SimpleNamespace(
        inertial_unit=SimpleNamespace(increments=increments), clock=SimpleNamespace(now=loop.time),
        parameters={"alignment_time": 120.0},
    )  # fmt: skip
    settings: Any = SimpleNamespace(pad="pad", tube_elevation=0.2, tube_azimuth=1.2)
    begun = loop.time()
    await countdown.alignment(node, settings)
    assert readings == [begun, begun + 120.0]
    assert given == [("pad", begun + 120.0, 0.2, 1.2, "reading 2")]
    with pytest.raises(ActivityFailed, match="not aligned: shaken"):
        await countdown.alignment(node, settings)

    async def mute() -> Any:
        raise DeviceFault("off", "nothing was heard")

    node.inertial_unit.increments = mute
    with pytest.raises(ActivityFailed, match="inertial unit does not answer: nothing was heard"):
        await countdown.alignment(node, settings)
