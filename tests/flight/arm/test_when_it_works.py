"""When the transfer arm works, how it stands, and the lid: each decision at its limit."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.arm import lid, motion, moving, work_time
from flight.arm.vehicle import SolCount
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.exchanges import ExchangeFailed
from flight.icd.devices.transfer_arm_geometry import READY, STOWED, Pose
from tests.flight.arm.still import GOAL, Arm, moved
from tests.flight.lander.descent_bench import Answers

STANDOFF = 0.2

# --------------------------------------------------------------------- when it works


def clocked(monkeypatch: pytest.MonkeyPatch, *, day: Any = lambda ahead: True, sol: int = 5) -> Any:
    monkeypatch.setattr(work_time, "is_day", lambda node, ahead=0.0: day(ahead))
    monkeypatch.setattr(work_time, "sol_number", lambda node: sol)
    node: Any = Arm()
    node.exchanges = SimpleNamespace(ask=None)
    node.parameters["ask_for_energy"] = False
    return node


def test_so_many_tubes_a_sol_and_the_next_sol_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    node = clocked(monkeypatch)
    for number in range(1, 5):
        assert work_time._obstacle(node, 600.0)[0] == ""
        work_time.count_tube(node)
        assert node.work_of_sol == SolCount(5, number)
    assert "4 tubes are enough" in work_time._obstacle(node, 600.0)[0]
    monkeypatch.setattr(work_time, "sol_number", lambda node: 6)
    assert work_time._obstacle(node, 600.0)[0] == ""
    work_time.count_tube(node)
    assert node.work_of_sol == SolCount(6, 1)


def test_it_begins_only_what_it_can_end_by_daylight(monkeypatch: pytest.MonkeyPatch) -> None:
    node = clocked(monkeypatch, day=lambda ahead: ahead < 3_600.0 or ahead >= 50_000.0)
    assert work_time._obstacle(node, 3_599.0)[0] == ""
    reason, pause = work_time._obstacle(node, 3_600.0)
    assert reason == "not enough daylight" and pause == 50_400.0, "the next first light"


async def test_it_waits_for_six_sols_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    node = clocked(monkeypatch, day=lambda ahead: False)
    begun = asyncio.get_running_loop().time()
    with pytest.raises(ActivityFailed, match="not enough daylight"):
        await work_time.wait_for_work(node, 600.0, 9.0)
    assert asyncio.get_running_loop().time() - begun >= 6 * 88_775.0
    assert node.told("show_waiting")


@pytest.mark.parametrize(
    ("answer", "granted"),
    [
        (SimpleNamespace(granted=True, reason=""), True),
        (SimpleNamespace(granted=False, reason="low"), False),
        (SimpleNamespace(granted=False, reason=""), False),
        (ExchangeFailed("lander does not answer"), True), (ExchangeFailed("refused"), False),
    ],
)  # fmt: skip
async def test_the_lander_is_asked_for_the_energy(
    monkeypatch: pytest.MonkeyPatch, answer: Any, granted: bool
) -> None:
    asked: list[Any] = []

    async def ask(*given: Any) -> Any:
        asked.append((given[0], given[2].watt_hours))
        if isinstance(answer, Exception):
            raise answer
        return answer

    node = clocked(monkeypatch)
    node.exchanges.ask = ask
    assert await work_time._ask_energy(node, 9.0) == "" and not asked
    node.parameters["ask_for_energy"] = True
    assert (await work_time._ask_energy(node, 9.0) == "") is granted
    assert asked == [("lander", 9.0)]


def test_the_next_morning_is_looked_for_each_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def day(ahead: float) -> bool:
        asked.append(ahead)
        return ahead < 1_000.0 or ahead > 2_900.0

    node = clocked(monkeypatch, day=day)
    assert work_time._until_morning(node) == 3_000.0
    assert sorted(set(asked)) == [600.0, 1_200.0, 1_800.0, 2_400.0, 3_000.0]


async def test_where_the_lander_gives_no_energy_it_is_asked_each_half_hour_for_six_sols(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    asked: list[float] = []
    begun = loop.time()

    async def ask(*given: Any) -> Any:
        asked.append(loop.time() - begun)
        return SimpleNamespace(granted=False, reason="low")

    node = clocked(monkeypatch)
    node.parameters["ask_for_energy"] = True
    node.exchanges.ask = ask
    with pytest.raises(ActivityFailed, match="no work for 148 h: low"):
        await work_time.wait_for_work(node, 600.0, 9.0)
    assert asked[:3] == [0.0, 1_800.0, 3_600.0]
    assert asked[-1] == pytest.approx(6 * 88_775.244, abs=1_800.0)


async def test_held_safe_it_looks_after_its_brakes_each_six_hours() -> None:
    node: Any = Arm()
    node.hardware.arm = Answers(stop=[None], set_brakes=[None])
    work = asyncio.ensure_future(moving.hold_safe(node, Signal("x")))
    await asyncio.sleep(21_599.0)
    assert node.hardware.arm.of("set_brakes") == [(True,)]
    await asyncio.sleep(2.0)
    work.cancel()
    assert len(node.hardware.arm.of("stop")) == 2


# ------------------------------------------------------------------- to and fro


def standing(joints: Any, *, brakes: bool = True) -> Any:
    return SimpleNamespace(valid=True, reason="", joints=list(joints), brakes=brakes)


@pytest.mark.parametrize(
    ("off", "moves"), [(0.0, False), (0.0199, False), (0.0201, True)]
)  # fmt: skip
async def test_an_arm_that_is_at_home_does_not_move(off: float, moves: bool) -> None:
    node: Any = Arm()
    joints = (READY[0] + off, *READY[1:])
    node.hardware.arm = Answers(
        state=[standing(joints)], set_brakes=[None], move_joints=[None], move_to_pose=[moved()]
    )
    await moving._to(node, READY)
    asked = [call[0] for call in node.hardware.arm.asked]
    assert ("move_joints" in asked) is moves
    assert node.hardware.arm.of("set_brakes")[-1] == (True,)
    await motion.retreat(node)
    assert ("move_to_pose" in [call[0] for call in node.hardware.arm.asked]) is moves


async def test_it_is_folded_by_way_of_its_ready_position_and_never_with_a_tube(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node: Any = Arm()
    node.hardware.arm = Answers(state=[standing(READY)], set_brakes=[None], move_joints=[None])
    held = False

    async def view(node: Any) -> Any:
        return SimpleNamespace(tube_present=held)

    monkeypatch.setattr(moving, "view_gripper", view)
    assert await moving.stow(node, Signal("stow")) == "done"
    assert node.hardware.arm.of("move_joints") == [(list(READY),), (list(STOWED),)]
    assert node.hardware.arm.of("set_brakes") == [(False,), (True,)]
    held = True
    with pytest.raises(ActivityFailed, match="a tube is in the jaws"):
        await moving.stow(node, Signal("stow"))
    assert len(node.hardware.arm.of("move_joints")) == 2


@pytest.mark.parametrize(
    ("off", "steps"), [((0.0024, 0.0, 0.0), 0), ((0.0026, 0.0, 0.0), 3), ((0.0, -0.0026, 0.0), 3),
                       ((0.0, 0.0, 0.0026), 3), ((0.0, 0.0, -0.0024), 0)],
)  # fmt: skip
async def test_before_a_target_it_is_aligned_to_two_and_a_half_millimetres(
    monkeypatch: pytest.MonkeyPatch, off: Any, steps: int
) -> None:
    node: Any = Arm()
    images: list[str] = []

    async def look(node: Any, target: str) -> Any:
        images.append(target)
        return SimpleNamespace(position=[off[0], off[1], STANDOFF + off[2]])

    async def nothing(*given: Any) -> None:
        node.did.append(given[1:])

    async def tip(node: Any) -> Pose:
        return GOAL

    for name, stub in (("look", look), ("transit", nothing), ("line", nothing), ("tip", tip)):
        monkeypatch.setattr(motion, name, stub)
    await motion.servo(node, "socket:1", GOAL)
    assert len(node.did) == 1 + steps
    assert len(images) == 2 * max(1, steps), "each time the mean of two images"


# ---------------------------------------------------------------------- the lid


@pytest.mark.parametrize(
    ("done", "carries", "ends"),
    [([True], 0, True), ([False, True], 1, True), ([False] * 6, 3, False),
     ([False, False, False, True], 2, True)],
)  # fmt: skip
async def test_the_lid_is_tried_three_times_and_believed_when_it_is_seen(
    monkeypatch: pytest.MonkeyPatch, done: list[bool], carries: int, ends: bool
) -> None:
    node: Any = Arm()
    answers = [True, *done[1:]] if done == [True] else list(done)
    if done == [True]:
        answers = [True, True]
    carried: list[bool] = []

    async def is_done(node: Any, closed: bool) -> bool:
        return answers.pop(0)

    async def carry(node: Any, closed: bool) -> None:
        carried.append(closed)

    async def nothing(*given: Any) -> None:
        pass

    async def is_seen(node: Any, closed: bool) -> bool:
        return True

    monkeypatch.setattr(lid, "_is_done", is_done)
    monkeypatch.setattr(lid, "_is_seen", is_seen)
    monkeypatch.setattr(lid, "_carry", carry)
    for name in ("wait_for_work", "release_brakes", "_rest"):
        monkeypatch.setattr(lid, name, nothing)
    if ends:
        assert (await lid.close_lid(node, Signal("x"))).data["result"].startswith("lid closed")
        assert node.told("lid_moved") == [{"state": "closed"}]
    else:
        with pytest.raises(ActivityFailed, match="lid not open: the container's switch"):
            await lid.open_lid(node, Signal("x"))
        assert not node.told("lid_moved")
    assert carried == [ends] * carries
