"""The phases of the flight by themselves: patience, second tries, what is told and given up."""

import asyncio
from typing import Any

import pytest

from flight.astrodynamics.quaternions import IDENTITY
from flight.core.activities import ActivityFailed
from flight.icd.devices.ascent import EffectorState
from flight.mav import ascent
from flight.mav.attitude_control import Order
from flight.mav.flight_loop import Loop
from flight.mav.navigation import Navigation
from tests.flight.mav.phases_bench import (
    GO,
    WEIGHT,
    Computer,
    effectors,
    now,
    vehicle_by_itself,
)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Any:
    return vehicle_by_itself(monkeypatch)


# -------------------------------------------------------------------------- loop


async def test_cycles_end_on_their_grid_and_trouble_stops_nothing(node: Any) -> None:
    loop = Loop(node, "first_burn")
    assert await loop.cycle(node.computer.first_burn, 0.02) and now() == pytest.approx(0.02)
    await asyncio.sleep(0.05)
    await loop.cycle(node.computer.first_burn, 0.02)
    assert now() == pytest.approx(0.07), "late: at once, and on from there"
    await loop.cycle(node.computer.first_burn, 0.02)
    assert now() == pytest.approx(0.09)
    node.effectors.failing["steer"] = 1
    assert await loop.cycle(node.computer.first_burn, 0.02)
    assert node.told == ["publish_telemetry", "device_trouble"]
    node.computer.order = None
    assert not await loop.cycle(node.computer.first_burn, 0.02)


async def test_only_a_valid_answer_of_the_effectors_is_remembered(node: Any) -> None:
    loop = Loop(node, "coasting")
    await loop.cycle(node.computer.coast, 0.2)
    assert node.last_effectors.gas == 2.0
    node.effectors.answers["steer"] = EffectorState(
        valid=False, time_ns=0, pitch=0.0, yaw=0.0, gas=9.0
    )
    await loop.cycle(node.computer.coast, 0.2)
    assert node.last_effectors.gas == 2.0 and loop.effectors.gas == 2.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("phase", "period"), [("first_burn", 0.1), ("coasting", 5.0)]
)
async def test_the_flight_is_told_and_kept_in_its_periods(
    node: Any, phase: str, period: float
) -> None:
    loop = Loop(node, phase)
    for _ in range(30):
        await loop.cycle(node.computer.coast, 0.5)
    apart = [b - a for a, b in zip(node.remembered[1:], node.remembered[2:], strict=False)]
    assert apart and all(gap == pytest.approx(max(period, 0.5)) for gap in apart)
    shown = [b - a for a, b in zip(node.shown, node.shown[1:], strict=False)]
    assert shown and all(gap == pytest.approx(2.0) for gap in shown)


# ------------------------------------------------------------------------- burns


@pytest.mark.parametrize(
    ("phase", "name", "longest"), [("first_burn", "first", 13.0), ("second_burn", "second", 6.5)]
)
async def test_a_burn_lasts_until_it_is_felt_no_more_or_far_too_long(
    node: Any, phase: str, name: str, longest: float
) -> None:
    node.computer.is_lit = True
    node.computer.ends_after[phase] = 30
    assert (await getattr(ascent, phase)(node, GO)).name == "burnt"
    # Far too early: half a second has to say so.
    assert node.computer.steps.count(phase) == 54 == node.told.count("look")
    assert "burnout" in node.told
    node.computer = Computer()
    node.computer.is_lit = True
    begin = now()
    await getattr(ascent, phase)(node, GO)
    assert now() - begin == pytest.approx(longest, abs=0.03)


@pytest.mark.parametrize(("dark", "ends"), [(20, False), (24, False), (26, True)])
async def test_no_short_dark_in_mid_burn_is_taken_for_its_end(
    node: Any, dark: int, ends: bool
) -> None:
    """One reading, or ten of them, that feel nothing: a motor that burns is no dead weight."""
    computer = node.computer

    def step(seen: Any) -> Any:
        order = computer._step("first_burn")
        count = computer.steps.count("first_burn")
        computer.is_lit = not 100 <= count < 100 + dark and count < 450
        return order

    computer.first_burn = step
    await ascent.first_burn(node, GO)
    assert computer.steps.count("first_burn") == (124 if ends else 450)


async def test_a_burn_of_which_nothing_valid_is_felt_has_not_ended(node: Any) -> None:
    node.computer.navigation = Navigation(0.0, (4e6, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY)
    node.computer._step = lambda name: node.computer.steps.append(name)
    node.computer.order = None
    node.inertial_unit.failing["increments"] = 200
    await ascent.first_burn(node, GO)
    assert len(node.computer.steps) == 200 + 25, "from then on it is felt that nothing burns"


async def test_a_first_burn_that_leads_nowhere_is_a_loss(node: Any) -> None:
    node.low = True
    with pytest.raises(ActivityFailed, match="far too early"):
        await ascent.first_burn(node, GO)


# ------------------------------------------------------------- hold and separate


async def test_stage_and_fairing_go_when_the_air_is_thin(node: Any) -> None:
    assert (await ascent.hold_in_air(node, GO)).name == "separated"
    assert set(node.computer.steps) <= {"whole"} and node.computer.started
    assert node.separation.calls == ["separate_stage", "state", "release_fairing", "state"]
    assert node.told == ["separated", "second_burn_planned"]


@pytest.mark.parametrize(("pressure", "waits"), [(2.0, 0.0), (2.1, 90.0)])
async def test_in_air_that_presses_it_waits_but_not_for_ever(
    node: Any, pressure: float, waits: float
) -> None:
    node.computer.dynamic_pressure = pressure
    await ascent.hold_in_air(node, GO)
    assert now() == pytest.approx(waits, abs=0.03)
    assert set(node.computer.steps) <= {"whole"}


async def test_each_part_is_tried_again_after_pauses_that_grow(node: Any) -> None:
    node.separation.failing = {"separate_stage": 1, "release_fairing": 2}
    await ascent.hold_in_air(node, GO)
    assert node.separation.calls.count("separate_stage") == 2
    assert node.separation.calls.count("release_fairing") == 3
    assert node.told.count("device_trouble") == 3 and "separated" in node.told
    assert "result_unconfirmed" not in node.told, "a call that failed claims nothing"


async def test_a_part_that_is_only_said_to_be_gone_is_let_go_again(node: Any) -> None:
    node.separation.held = {"first_stage"}
    with pytest.raises(ActivityFailed, match="could not be separated"):
        await ascent.hold_in_air(node, GO)
    assert node.separation.calls.count("separate_stage") == 4
    assert node.told.count("result_unconfirmed") == 4
    assert now() == pytest.approx(0.5 + 3.0 + 15.0, abs=0.2)


async def test_an_answer_at_a_separation_is_waited_for_half_a_second(node: Any) -> None:
    node.separation.separate_stage = never
    with pytest.raises(ActivityFailed, match="could not be separated"):
        await ascent.hold_in_air(node, GO)
    assert now() == pytest.approx(18.5 + 4 * 0.5, abs=0.15)


async def never(*given: Any) -> None:
    await asyncio.sleep(1e6)


async def test_an_ejector_that_says_nothing_is_waited_for_ten_seconds_and_a_half(node: Any) -> None:
    node.ejector.eject = never
    node.computer.navigation.acceleration = WEIGHT
    with pytest.raises(ActivityFailed, match="no answer, and no fall is felt"):
        await ascent.eject(node, GO)
    assert now() == pytest.approx(10.5, abs=0.05) and node.first_igniter.calls == []


async def test_a_first_stage_that_stays_is_a_loss_and_a_fairing_that_stays_is_told(
    node: Any,
) -> None:
    node.separation.held = {"fairing"}
    await ascent.hold_in_air(node, GO)
    assert node.told.count("fairing_held") == 1
    before = node.separation.calls.count("release_fairing")
    node.separation.held = {"fairing", "first_stage"}
    node.separation.answers["state"].first_stage = True
    with pytest.raises(ActivityFailed, match="could not be separated"):
        await ascent.hold_in_air(node, GO)
    assert node.separation.calls[-1] == "state" and node.separation.calls.count(
        "release_fairing"
    ) == before, "nothing else is let go from a whole vehicle"


# ------------------------------------------------------------------------- coast


async def test_the_coast_plans_once_more_half_a_minute_before_and_looks_at_stars(
    node: Any,
) -> None:
    node.computer.second.ignition = 65.0
    node.computer.lit_after["lighting"] = 2
    assert (await ascent.coast(node, GO)).name == "lit"
    assert node.computer.replans == 1 and node.told.count("second_burn_planned") == 1
    assert node.star_tracker.times == pytest.approx([10.0, 20.0, 30.0, 40.0, 50.0, 60.0], abs=1.3)
    assert node.second_igniter.times == [pytest.approx(65.0, abs=0.03)]
    assert node.told.count("attitude_corrected") == 6, "corrections stay 0 in this computer"


async def test_after_a_reboot_the_second_burn_is_planned_at_once(node: Any) -> None:
    node.recalled = True
    node.computer.second.ignition = 40.0
    node.computer.lit_after["lighting"] = 1
    await ascent.coast(node, GO)
    assert node.computer.replans == 2


async def test_stars_that_cannot_be_seen_correct_nothing(node: Any) -> None:
    node.star_tracker.answers["attitude"].valid = False
    await ascent._look_at_stars(node)
    node.star_tracker.failing["attitude"] = 1
    await ascent._look_at_stars(node)
    assert node.told == ["device_trouble"] and len(node.computer.saw) == 1
    node.star_tracker.answers["attitude"].valid = True
    node.computer.navigation.corrections = 1
    await ascent._look_at_stars(node)
    assert "attitude_corrected" not in node.told, "only the first is worth a word"


async def test_the_second_motor_is_tried_for_a_minute(node: Any) -> None:
    node.computer.second.ignition = 0.0
    with pytest.raises(ActivityFailed, match="second motor did not light"):
        await ascent.coast(node, GO)
    assert now() == pytest.approx(60.0, abs=0.31)
    # Spread over them: what disturbs all that come at once has passed before the last.
    tries = [0.0, 0.8, 2.1, 3.9, 7.2, 13.5, 25.8, 50.1]
    assert node.second_igniter.times == pytest.approx(tries, abs=0.2)


# -------------------------------------------------------------------------- trim


async def test_trimming_asks_for_the_gas_ends_still_and_writes_the_record(node: Any) -> None:
    node.effectors.answers["steer"] = effectors(1.7)
    assert (await ascent.trim(node, GO)).name == "trimmed"
    assert node.computer.trimmed_with == [1.7] * 4
    assert node.flushed == 1
    assert node.effectors.calls.count("steer") == 5, "asked, three orders, still"
    node.effectors.failing["steer"] = 1
    node.computer.trimmed_with = [0.0] * 9
    await ascent.trim(node, GO)
    assert node.told[-1] == "device_trouble"


async def test_trimming_does_not_go_on_for_ever(node: Any) -> None:
    node.computer.trim = lambda seen, gas: Order()
    await ascent.trim(node, GO)
    assert now() == pytest.approx(600.0, abs=0.3)
