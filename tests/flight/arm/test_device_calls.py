"""How often the arm tries, how long it waits between, and what it never tries again."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.arm import lid
from flight.arm.device_calls import MechanismFailed, persist, persist_sound
from flight.core.activities import ActivityFailed
from flight.core.fault_protection.structure import STRUCTURE, Structure
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout

SOL = 88_775.244
NO_REST = Structure(left_out=frozenset({"mechanism_rest"}))


class Arm:
    """Notes what it is told, and when each try was."""

    def __init__(self, structure: Structure = STRUCTURE) -> None:
        self.context = SimpleNamespace(structure=structure)
        self.tries: list[float] = []
        self.attempts: list[int] = []
        self.rests: list[str] = []
        self.failed: list[str] = []

    def device_trouble(self, attempt: int, reason: str) -> None:
        self.attempts.append(attempt)

    def mechanism_rests(self, hours: float, reason: str) -> None:
        self.rests.append(reason)

    def note_failed_mechanism(self, reason: str) -> None:
        self.failed.append(reason)


def call(node: Arm, error: Exception, times: int) -> Any:
    """Fails so many times, then answers."""

    async def ask() -> Any:
        node.tries.append(asyncio.get_running_loop().time())
        if len(node.tries) <= times:
            raise error
        return SimpleNamespace(valid=True, reason="")

    return ask


PASSING = DeviceFault("busy", "not now")


@pytest.mark.parametrize("error", [PASSING, DeviceTimeout("no answer")])
async def test_what_passes_is_tried_three_times_with_two_minutes_between(error: Any) -> None:
    node: Any = Arm()
    await persist(node, call(node, error, 2))
    assert node.tries == [0.0, 120.0, 240.0] and node.attempts == [1, 2]
    node = Arm()
    begin = asyncio.get_running_loop().time()
    with pytest.raises(ActivityFailed) as failure:
        await persist(node, call(node, error, 3))
    assert not isinstance(failure.value, MechanismFailed)
    assert [each - begin for each in node.tries] == [0.0, 120.0, 240.0]
    assert node.attempts == [1, 2, 3] and node.failed == []


async def test_cold_joints_are_waited_for_sixteen_times_and_then_count_as_failures() -> None:
    cold = DeviceFault("cold", "180 K")
    node: Any = Arm()
    await persist(node, call(node, cold, 16))
    assert node.tries == [1800.0 * number for number in range(17)] and node.attempts == []
    node = Arm()
    with pytest.raises(ActivityFailed, match="180 K"):
        await persist(node, call(node, cold, 99))
    assert len(node.tries) == 19 and node.attempts == [1, 2, 3]


async def test_a_joint_that_stalls_twice_cools_and_is_driven_no_more_when_it_stalls_again() -> None:
    node: Any = Arm()
    with pytest.raises(MechanismFailed, match="it stalls"):
        await persist(node, call(node, DeviceFault("stall", "it stalls"), 9))
    assert node.tries == [0.0, 120.0, 3_720.0, 3_840.0] and node.failed == ["it stalls"]
    assert node.rests == ["it stalls"]
    node = Arm()
    await persist(node, call(node, DeviceFault("stall", "it stalls"), 1))
    assert len(node.tries) == 2 and node.failed == []


@pytest.mark.parametrize("code", ["brake", "jam"])
async def test_what_may_come_free_rests_a_sol_once(code: str) -> None:
    node: Any = Arm()
    await persist(node, call(node, DeviceFault(code, "held"), 3))
    assert node.tries == pytest.approx([0.0, 120.0, 120.0 + SOL, 240.0 + SOL], abs=0.01)
    assert node.attempts == [1, 2, 1] and len(node.rests) == 1 and node.failed == []
    node = Arm()
    with pytest.raises(MechanismFailed):
        await persist(node, call(node, DeviceFault(code, "held"), 9))
    assert len(node.tries) == 4 and len(node.rests) == 1 and len(node.failed) == 1
    node = Arm(NO_REST)
    with pytest.raises(MechanismFailed):
        await persist(node, call(node, DeviceFault(code, "held"), 9))
    assert len(node.tries) == 2 and node.rests == []


async def test_what_is_refused_is_not_tried_again_and_what_is_invalid_is_no_answer() -> None:
    node: Any = Arm()
    with pytest.raises(ActivityFailed, match="never"):
        await persist(node, call(node, DeviceRejected("never"), 9))
    assert len(node.tries) == 1 and node.attempts == []

    async def invalid() -> Any:
        node.tries.append(0.0)
        return SimpleNamespace(valid=False, reason="dark")

    node.tries.clear()
    with pytest.raises(ActivityFailed):
        await persist_sound(node, invalid)
    assert len(node.tries) == 3


# ------------------------------------------------------------------------- the lid


@pytest.mark.parametrize(
    ("lid_closed", "held", "wanted", "done"),
    [
        (True, False, True, True), (True, True, True, False), (False, False, True, False),
        (None, False, True, False), (False, False, False, True), (None, False, False, False),
        (False, True, False, False), (True, False, False, False),
    ],
)  # fmt: skip
async def test_a_lid_is_where_both_the_switch_and_the_camera_say(
    monkeypatch: pytest.MonkeyPatch, lid_closed: bool | None, held: bool, wanted: bool, done: bool
) -> None:
    asked: list[Any] = []

    async def ask(*given: Any, timeout: float) -> Any:
        asked.append((given[0], timeout))
        return SimpleNamespace(lid_closed=lid_closed, latched=False)

    async def view(node: Any) -> Any:
        return SimpleNamespace(lid_present=held)

    monkeypatch.setattr(lid, "view_gripper", view)
    node: Any = SimpleNamespace(exchanges=SimpleNamespace(ask=ask))
    assert await lid._is_done(node, wanted) is done
    assert asked == [("mav", 60.0)]


@pytest.mark.parametrize(("latched", "wanted", "refused"), [
    (True, False, True), (True, True, False), (None, False, False), (False, False, False),
])  # fmt: skip
async def test_a_latched_lid_is_not_opened(
    monkeypatch: pytest.MonkeyPatch, latched: bool | None, wanted: bool, refused: bool
) -> None:
    async def status(node: Any) -> Any:
        return SimpleNamespace(lid_closed=wanted, latched=latched)

    async def view(node: Any) -> Any:
        return SimpleNamespace(lid_present=False)

    monkeypatch.setattr(lid, "container_status", status)
    monkeypatch.setattr(lid, "view_gripper", view)
    node: Any = SimpleNamespace()
    if refused:
        with pytest.raises(ActivityFailed, match="latched: the MAV has to open"):
            await lid._is_done(node, wanted)
    else:
        assert await lid._is_done(node, wanted)


@pytest.mark.parametrize(("brakes", "did"), [(True, []), (False, ["retreat", "go", True])])
async def test_an_arm_that_is_done_ends_with_its_brakes_set(
    monkeypatch: pytest.MonkeyPatch, brakes: bool, did: list[Any]
) -> None:
    done: list[Any] = []

    def noted(what: str) -> Any:
        async def act(*given: Any) -> None:
            done.append(what)

        return act

    async def state() -> Any:
        return SimpleNamespace(valid=True, reason="", brakes=brakes)

    async def set_brakes(on: bool) -> None:
        done.append(on)

    monkeypatch.setattr(lid, "retreat", noted("retreat"))
    monkeypatch.setattr(lid, "go", noted("go"))
    node: Any = Arm()
    node.hardware = SimpleNamespace(arm=SimpleNamespace(state=state, set_brakes=set_brakes))
    await lid._rest(node)
    assert done == did
