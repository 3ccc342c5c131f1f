"""Who is needed and goes safe while a command is waited for is led out meanwhile."""

import asyncio
from typing import Any

import pytest

from ground.mission_control.commanding.tracker import Verdict
from ground.mission_control.execution.leading_out import LeadingOut
from ground.mission_control.telemetry.watches import Watches

WAITS = 100.0  # s until the verdict


class Ground:
    """Vehicles with a mode, and a recoverer that takes its time."""

    def __init__(self, takes: float = 10.0, *, succeeds: bool = True) -> None:
        self.watches = Watches()
        self.safe: set[str] = set()
        self.takes, self.succeeds = takes, succeeds
        self.begun: list[tuple[float, str, float]] = []
        self.left: list[str] = []
        self.tracker, self.asked = self, list[tuple[float, str]]()

    def is_safe(self, vehicle: str) -> bool:
        return vehicle in self.safe

    def falls(self, vehicle: str) -> None:
        self.safe.add(vehicle)
        self.watches.happened("sample", vehicle, "mode")

    async def recover_waiting(self, name: str, vehicle: str, limit: float) -> bool:
        self.begun.append((asyncio.get_running_loop().time(), name, limit))
        await asyncio.sleep(self.takes)
        self.safe.discard(vehicle)
        return self.succeeds

    def ask_now(self, identifier: str) -> None:
        self.asked.append((asyncio.get_running_loop().time(), identifier))

    def leave(self, name: str) -> None:
        self.left.append(name)

    def leading(self, *needed: str) -> LeadingOut:
        ground: Any = self
        return LeadingOut(ground, ground, "3/1 load.steps[2]", needed, 777.0)


async def ends(verdict: Verdict, after: float = WAITS) -> Verdict:
    await asyncio.sleep(after)
    return verdict


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_who_falls_safe_meanwhile_is_led_out_before_the_verdict_comes() -> None:
    ground = Ground()
    others = ground.leading("lander", "rover")
    begun = now()
    asyncio.get_running_loop().call_later(20.0, ground.falls, "lander")
    assert await others.beside("mc-7", ends(Verdict.COMPLETED)) is Verdict.COMPLETED
    assert ground.begun == [(begun + 20.0, "3/1 load.steps[2] needs lander", 777.0)]
    assert others.has_led and ground.left == [] and now() == pytest.approx(begun + WAITS)
    assert ground.asked == [(begun + 30.0, "mc-7")]  # its answer may have been lost meanwhile


async def test_who_is_safe_already_is_led_out_at_once_and_each_by_itself() -> None:
    ground = Ground()
    ground.safe |= {"lander", "rover"}
    begun = now()
    await ground.leading("lander", "rover").beside("mc-7", ends(Verdict.FAILED))
    assert [(each, name.rpartition(" ")[2]) for each, name, _ in ground.begun] == [
        (begun, "lander"), (begun, "rover"),
    ]  # fmt: skip


@pytest.mark.parametrize("needed", [(), ("lander",)])
async def test_where_nobody_falls_safe_nothing_is_done_and_nothing_waits(needed: Any) -> None:
    ground, begun = Ground(), now()
    ground.falls("rover")  # whom this vehicle does not need
    others = ground.leading(*needed)
    assert await others.beside("mc-7", ends(Verdict.FAILED)) is Verdict.FAILED
    assert ground.begun == ground.asked == [] and not others.has_led
    assert now() == pytest.approx(begun + WAITS)


async def test_what_has_failed_waits_for_who_is_on_the_way_out() -> None:
    ground, begun = Ground(takes=150.0), now()
    ground.safe.add("lander")
    others = ground.leading("lander", "rover")
    assert await others.beside("mc-7", ends(Verdict.FAILED)) is Verdict.FAILED
    assert now() == pytest.approx(begun + 150.0) and others.has_led and ground.left == []


async def test_what_is_done_waits_for_nobody() -> None:
    ground, begun = Ground(takes=150.0), now()
    ground.safe.add("lander")
    others = ground.leading("lander")
    assert await others.beside("mc-7", ends(Verdict.COMPLETED)) is Verdict.COMPLETED
    assert now() == pytest.approx(begun + WAITS) and not others.has_led
    assert ground.left == ["3/1 load.steps[2] needs lander"]


async def test_one_that_could_not_be_led_out_is_no_reason_to_do_it_anew() -> None:
    ground = Ground(succeeds=False)
    ground.safe.add("lander")
    others = ground.leading("lander")
    await others.beside("mc-7", ends(Verdict.FAILED))
    assert len(ground.begun) == 1 and not others.has_led and ground.asked == []
