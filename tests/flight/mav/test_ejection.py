"""From the throw to the first motor's light: what is felt, asked again, and given up."""

import asyncio
import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.quaternions import IDENTITY
from flight.core.activities import ActivityFailed
from flight.icd.devices.base import DeviceTimeout
from flight.mav import ascent
from flight.mav.navigation import Navigation
from tests.flight.mav.phases_bench import FAULT, GO, WEIGHT, now, vehicle_by_itself


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Any:
    return vehicle_by_itself(monkeypatch)


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


async def test_a_motor_that_had_its_current_is_steered_while_nobody_feels_anything(
    node: Any,
) -> None:
    """What the unit does not feel, since it feels nothing, is no sign of a motor that is out."""
    node.computer.navigation = Navigation(0.0, (4e6, 0.0, 0.0), (0.0, 0.0, 0.0), IDENTITY)
    fired, ask = node.first_igniter.times, node.inertial_unit.increments

    async def increments() -> Any:
        if fired:
            raise FAULT
        return await ask()

    node.inertial_unit.increments = increments
    node.computer.order = None
    node.computer._step = lambda name: None
    assert (await ascent.eject(node, GO)).name == "lit"
    assert now() == pytest.approx(2.26, abs=0.05) and "result_unconfirmed" in node.told
    # And one through which no current flowed has not lit anything.
    fired.clear()
    node.first_igniter.failing["fire"] = 1_000
    with pytest.raises(ActivityFailed, match="did not light in mid-air"):
        await ascent.eject(node, GO)


async def test_a_question_that_is_lost_before_the_throw_costs_no_launch(node: Any) -> None:
    node.inertial_unit.failing["increments"] = 0
    lost = [DeviceTimeout("no answer")] * 3
    ask = node.inertial_unit.increments

    async def increments() -> Any:
        if lost:
            raise lost.pop()
        return await ask()

    node.inertial_unit.increments = increments
    node.computer.lit_after["fall"] = 53
    assert (await ascent.eject(node, GO)).name == "lit"
    assert now() == pytest.approx(1.70, abs=0.03)
    lost += [DeviceTimeout("no answer")] * 4
    with pytest.raises(DeviceTimeout):
        await ascent.eject(node, GO)


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
