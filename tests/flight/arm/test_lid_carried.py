"""The lid from its stand to its seat and back: each motion in its order, and what stops it."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.arm import lid
from flight.core.activities import ActivityFailed


class Arm:
    """Notes each motion; `views` is what the camera sees in the jaws, one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *views: tuple[bool, bool]) -> None:
        self.did: list[Any] = []
        self.views = list(views)
        self.parameters = {"lid_force": 20.0}
        self.hardware = SimpleNamespace(gripper=SimpleNamespace(open="open", close="close"))
        for name in ("line", "transit", "retreat"):
            monkeypatch.setattr(lid, name, self._noted(name))
        monkeypatch.setattr(lid, "servo", self._servo)
        monkeypatch.setattr(lid, "persist", self._persist)
        monkeypatch.setattr(lid, "view_gripper", self._view)
        monkeypatch.setattr(lid, "standoff", lambda pose, away: ("off", pose, away))

    def _noted(self, name: str) -> Any:
        async def act(node: Any, *given: Any) -> None:
            self.did.append((name, *given))

        return act

    async def _servo(self, node: Any, target: str, start: Any) -> tuple[str, None]:
        self.did.append(("servo", target))
        return target, None

    async def _persist(self, node: Any, call: Any) -> None:
        self.did.append(call)

    async def _view(self, node: Any) -> Any:
        tube, held = self.views.pop(0)
        return SimpleNamespace(tube_present=tube, lid_present=held)


TAKEN = [
    ("servo", "lid"), ("line", "lid"), "close", ("line", ("off", "lid", lid.STANDOFF)),
]  # fmt: skip


async def test_it_is_taken_pressed_onto_its_seat_and_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arm: Any = Arm(monkeypatch, (False, False), (False, True))
    await lid._carry(arm, True)
    assert arm.did == [
        "open", *TAKEN, ("servo", "lid_seat"), ("line", ("off", "lid_seat", -0.004), 20.0),
        "open", ("retreat",),
    ]  # fmt: skip


async def test_it_is_taken_back_to_its_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    arm: Any = Arm(monkeypatch, (False, False), (False, True))
    await lid._carry(arm, False)
    stand = lid.ON_STAND
    assert arm.did == [
        "open", *TAKEN, ("transit", ("off", stand, lid.STANDOFF)), ("line", stand), "open",
        ("retreat",),
    ]  # fmt: skip


async def test_one_that_is_held_already_is_not_taken_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arm: Any = Arm(monkeypatch, (False, True))
    await lid._carry(arm, True)
    assert arm.did[0] == ("servo", "lid_seat") and "close" not in arm.did


async def test_jaws_with_a_tube_and_jaws_that_missed_carry_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arm: Any = Arm(monkeypatch, (True, False))
    with pytest.raises(ActivityFailed, match="a tube is in the jaws"):
        await lid._carry(arm, True)
    assert arm.did == []
    arm = Arm(monkeypatch, (False, False), (False, False))
    with pytest.raises(ActivityFailed, match="beside the lid's handle"):
        await lid._carry(arm, True)
    assert arm.did == ["open", *TAKEN]
