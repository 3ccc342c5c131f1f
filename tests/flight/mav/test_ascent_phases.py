"""The phases of the flight by themselves: patience, second tries, what is told and given up."""

import asyncio
import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.icd.devices.ascent import EffectorState
from flight.mav import ascent
from flight.mav.ascent import (
    Loop,
)
from flight.mav.attitude_control import Order
from tests.flight.mav.phases_bench import (
    FAULT,
    GO,
    WEIGHT,
    Computer,
    Vehicle,
    effectors,
)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Any:
    vehicle = Vehicle()
    kept: list[float] = vehicle.remembered
    monkeypatch.setattr(
        ascent, "remember", lambda node, phase: kept.append(asyncio.get_running_loop().time())
    )

    async def recall(node: Any) -> bool:
        return bool(getattr(vehicle, "recalled", False) is True)

    async def lose(node: Any, reason: str) -> None:
        vehicle.lost = reason
        raise ActivityFailed(reason)

    monkeypatch.setattr(ascent, "recall", recall)
    monkeypatch.setattr(ascent, "lose", lose)
    monkeypatch.setattr(ascent, "suborbital", lambda computer, height: vehicle.__dict__.get("low"))
    monkeypatch.setattr(
        ascent, "Watch", lambda node: SimpleNamespace(look=lambda: vehicle.told.append("look"))
    )
    vehicle.recalled = False
    return vehicle


def now() -> float:
    return asyncio.get_running_loop().time()


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


# ---------------------------------------------------------------------- ejection


async def test_the_first_motor_is_lit_after_its_delay_and_felt(node: Any) -> None:
    node.computer.lit_after["fall"] = 53
    assert (await ascent.eject(node, GO)).name == "lit"
    assert node.inertial_unit.calls[0] == "increments", "from here on they count"
    # The fall is felt for three cycles, then the delay runs.
    assert node.first_igniter.times == [pytest.approx(1.06, abs=0.021)]
    assert now() == pytest.approx(1.08, abs=0.021) and "ejected" in node.told


async def test_a_motor_that_is_not_felt_is_lit_again_until_the_fall_is_over(node: Any) -> None:
    with pytest.raises(ActivityFailed, match="did not light in mid-air"):
        await ascent.eject(node, GO)
    assert node.first_igniter.times == pytest.approx([1.06, 1.36, 1.66, 1.96], abs=0.03)
    assert now() == pytest.approx(2.26, abs=0.05)
    assert node.told.count("result_unconfirmed") == 4


async def test_a_wire_without_current_is_followed_by_the_next_at_once(node: Any) -> None:
    node.first_igniter.failing["fire"] = 1
    node.computer.lit_after["fall"] = 60
    await ascent.eject(node, GO)
    first, second = node.first_igniter.times
    assert second - first == pytest.approx(0.02, abs=0.001)
    assert "device_trouble" in node.told


async def test_what_was_not_ejected_stays_on_the_lander(node: Any) -> None:
    node.ejector.failing["eject"] = 1
    node.computer.navigation.acceleration = WEIGHT
    with pytest.raises(ActivityFailed, match="not ejected: no current flowed"):
        await ascent.eject(node, GO)
    assert node.cleared and "ejected" not in node.told and node.first_igniter.calls == []


def refusing(node: Any, times: int, code_at: Any = None) -> list[float]:
    """The ejector says so often that nothing moves, the MAV in its tube, and throws it then."""
    node.computer.navigation.acceleration = WEIGHT
    state = node.ejector.answers["state"]
    state.in_tube = True
    asked: list[float] = []

    async def eject() -> None:
        asked.append(now())
        if code_at is not None:
            code_at(state, len(asked))
        if len(asked) <= times:
            raise FAULT
        state.in_tube = state.charged = False
        node.computer.navigation.acceleration = (0.0, 0.0, 0.0)

    node.ejector.eject = eject
    return asked


async def test_an_ejector_that_did_not_move_is_asked_again_and_throws_once(node: Any) -> None:
    asked = refusing(node, 2)
    node.computer.lit_after["fall"] = 300
    assert (await ascent.eject(node, GO)).name == "lit"
    apart = [late - early for early, late in itertools.pairwise(asked)]
    assert apart == pytest.approx([1.5, 2.5], abs=0.1), "half a second of feeling, and a pause"
    assert node.told.count("count_held") == 2 and node.told.count("ejected") == 1


async def test_an_ejector_that_never_moves_is_asked_for_half_a_minute(node: Any) -> None:
    asked = refusing(node, 99)
    with pytest.raises(ActivityFailed, match="not ejected: no current flowed"):
        await ascent.eject(node, GO)
    assert len(asked) == 6 and asked[-1] == pytest.approx(32.5, abs=0.5)


async def test_what_has_moved_or_may_have_is_not_fired_twice(node: Any) -> None:
    def spent(state: Any, number: int) -> None:
        state.charged = False

    def out(state: Any, number: int) -> None:
        state.in_tube = False

    def unknown(state: Any, number: int) -> None:
        state.valid = False

    for change in (spent, out, unknown):
        state = node.ejector.answers["state"]
        state.valid = state.charged = True
        asked = refusing(node, 99, change)
        with pytest.raises(ActivityFailed, match="not ejected"):
            await ascent.eject(node, GO)
        assert len(asked) == 1, change


async def test_a_fall_that_is_felt_in_the_pause_is_the_ejection(node: Any) -> None:
    asked = refusing(node, 99)
    node.computer.lit_after["fall"] = 150

    async def late() -> None:
        await asyncio.sleep(1.0)
        node.ejector.answers["state"].in_tube = False
        node.computer.navigation.acceleration = (0.0, 0.0, 0.0)

    task = asyncio.ensure_future(late())
    assert (await ascent.eject(node, GO)).name == "lit"
    await task
    assert len(asked) == 1 and node.told.count("ejected") == 1


@pytest.mark.parametrize(("closes", "tries"), [(0.0, 1), (1.4, 1), (1.6, 2), (1e9, 6)])
async def test_no_try_is_begun_after_the_window(node: Any, closes: float, tries: int) -> None:
    asked = refusing(node, 99)
    node.launch_closes = closes
    with pytest.raises(ActivityFailed, match="not ejected"):
        await ascent.eject(node, GO)
    assert len(asked) == tries


async def test_no_motor_is_lit_where_nothing_but_the_answer_says_that_it_flies(node: Any) -> None:
    node.computer.navigation.acceleration = WEIGHT
    with pytest.raises(ActivityFailed, match="acknowledged, and no fall is felt"):
        await ascent.eject(node, GO)
    assert node.cleared and node.first_igniter.calls == []
    assert "result_unconfirmed" in node.told and "ejected" not in node.told


async def test_no_motor_is_lit_while_the_switch_says_that_it_lies_in_its_tube(node: Any) -> None:
    node.ejector.answers["state"].in_tube = True
    with pytest.raises(ActivityFailed, match="the switch says that it lies in its tube"):
        await ascent.eject(node, GO)
    assert node.cleared and node.first_igniter.calls == []


@pytest.mark.parametrize(
    ("state", "answer", "lights"),
    [
        ({"charged": True}, {}, True),  # what has fired is charged still: it tells of before
        ({"charged": False}, {}, False),  # fired, and in its tube all the same
        ({"charged": True}, {"in_tube": True}, False),  # the ejection itself did not see it go
        ({"charged": True}, {"charged": True}, False),  # nor that it has fired
        ({"charged": True}, {"valid": False}, False),
    ],
)
async def test_a_switch_that_has_stuck_since_before_the_ejection_says_nothing(
    node: Any, state: dict[str, bool], answer: dict[str, bool], lights: bool
) -> None:
    vars(node.ejector.answers["state"]).update(in_tube=True, **state)
    thrown = {"valid": True, "charged": False, "in_tube": False, **answer}
    node.ejector.answers["eject"] = SimpleNamespace(**thrown)
    node.computer.lit_after["fall"] = 60
    if lights:
        assert (await ascent.eject(node, GO)).name == "lit"
    else:
        with pytest.raises(ActivityFailed, match="the switch says that it lies in its tube"):
            await ascent.eject(node, GO)
        assert node.first_igniter.calls == []
    assert "result_unconfirmed" in node.told


@pytest.mark.parametrize("charged", [True, False])
async def test_a_reboot_at_the_ejection_finds_it_in_its_tube_or_lost(
    node: Any, charged: bool
) -> None:
    node.recalled = True
    node.computer.navigation.acceleration = WEIGHT
    node.ejector.answers["state"].in_tube = True
    node.ejector.answers["state"].charged = charged
    with pytest.raises(ActivityFailed, match="rebooted at the ejection") as failed:
        await ascent.eject(node, GO)
    assert node.cleared and ("spent" in str(failed.value)) is not charged
    assert node.ejector.calls == ["state", "state"] and node.first_igniter.calls == []
    node.cleared = False
    node.ejector.answers["state"].in_tube = False
    with pytest.raises(ActivityFailed, match="between ejection and ignition"):
        await ascent.eject(node, GO)
    assert not node.cleared and node.lost


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
    assert node.computer.steps.count(phase) == 30 == node.told.count("look")
    assert "burnout" in node.told
    node.computer = Computer()
    node.computer.is_lit = True
    begin = now()
    await getattr(ascent, phase)(node, GO)
    assert now() - begin == pytest.approx(longest, abs=0.03)


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


async def test_the_second_motor_is_tried_for_five_seconds(node: Any) -> None:
    node.computer.second.ignition = 0.0
    with pytest.raises(ActivityFailed, match="second motor did not light"):
        await ascent.coast(node, GO)
    assert now() == pytest.approx(5.0, abs=0.31)
    # Spread over them: what disturbs all that come at once has passed before the last.
    assert node.second_igniter.times == pytest.approx([0.0, 0.8, 2.1, 3.9], abs=0.1)


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
