"""Tries at what a device is to do are apart: a disturbance of seconds does not take them all."""

import asyncio
from typing import Any

import pytest

from flight.core.tries import MOTION, SETTING, UNFOLDING, WORK, Tries, insist
from flight.icd.devices.base import DeviceError, DeviceFault, DeviceTimeout
from flight.runtime.loop import VirtualLoop, run

JAM, SPENT = DeviceFault("jam", "it sticks"), DeviceFault("spent", "it is used up")


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize(
    ("pauses", "at"),
    [((), [0.0]), ((1.0,), [0.0, 1.0]), ((5.0, 30.0), [0.0, 5.0, 35.0])],
)
async def test_there_is_one_try_more_than_pauses(
    pauses: tuple[float, ...], at: list[float]
) -> None:
    begun, tried, tries = now(), [], Tries(pauses)
    async for number in tries:
        tried.append((number, now() - begun, tries.is_last))
    assert tried == [(n, time, n == len(at)) for n, time in enumerate(at, 1)]


async def test_before_a_pause_one_knows_how_long_it_is() -> None:
    tries = Tries((1.0, 4.0))
    known = [tries.pause]
    async for _ in tries:
        known.append(tries.pause)
    assert known == [0.0, 1.0, 4.0, 0.0]


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        (SETTING, [0.0, 2.0, 22.0]),
        (MOTION, [0.0, 5.0, 35.0]),
        (WORK, [0.0, 60.0, 660.0]),
        (UNFOLDING, [0.0, 60.0, 360.0, 2160.0]),
    ],
)
async def test_what_each_kind_of_work_survives(kind: tuple[float, ...], at: list[float]) -> None:
    begun, tried = now(), list[float]()

    async def act() -> None:
        tried.append(now() - begun)
        raise JAM

    with pytest.raises(DeviceFault):
        await insist(act, kind, lambda n, e: None)
    assert tried == at


@pytest.mark.parametrize(
    ("broken", "number"), [(0.0, 1), (4.9, 2), (34.9, 3), (35.1, None), (1e9, None)]
)
async def test_what_passes_in_time_is_survived_and_what_lasts_is_raised(
    broken: float, number: int | None
) -> None:
    begun, told = now(), []

    async def act() -> str:
        if now() - begun < broken:
            raise JAM
        return "done"

    def failed(number: int, error: DeviceError) -> None:
        told.append(number)

    if number is None:
        with pytest.raises(DeviceFault, match="sticks"):
            await insist(act, MOTION, failed)
        assert told == [1, 2, 3] and now() - begun == 35.0
    else:
        assert await insist(act, MOTION, failed) == "done"
        assert told == list(range(1, number))


async def test_what_no_further_try_makes_better_is_raised_at_once() -> None:
    begun, told = now(), []

    async def act() -> None:
        raise [JAM, SPENT][len(told)]

    def is_spent(error: DeviceError) -> bool:
        return isinstance(error, DeviceFault) and error.code == "spent"

    with pytest.raises(DeviceFault, match="used up"):
        await insist(act, MOTION, lambda n, e: told.append(n), is_hopeless=is_spent)
    assert told == [1, 2] and now() - begun == 5.0


async def test_an_error_of_the_software_is_no_reason_to_try_again() -> None:
    async def act() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await insist(act, MOTION, lambda n, e: pytest.fail("told"))


def test_who_has_succeeded_leaves_nothing_behind() -> None:
    async def story() -> Any:
        async for number in Tries(MOTION):
            return number, now()

    assert run(story(), VirtualLoop()) == (1, 0.0)


async def test_no_answer_is_tried_again_as_well() -> None:
    answers: list[Any] = [DeviceTimeout("silent"), "done"]

    async def act() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert await insist(act, SETTING, lambda n, e: None) == "done"
