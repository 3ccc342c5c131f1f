"""A brake that does not move is tried again after a sol, a stalled joint after an hour; once."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flight.arm.device_calls import MechanismFailed, persist
from flight.arm.safeguards import MECHANISM_REST
from flight.astrodynamics.mars_time import SOL_SECONDS as SOL
from flight.core.fault_protection.structure import Structure
from flight.icd.devices.base import DeviceFault


def arm(*left_out: str) -> tuple[Any, list[str]]:
    said: list[str] = []
    node = SimpleNamespace(
        context=SimpleNamespace(structure=Structure(left_out=frozenset(left_out))),
        device_trouble=lambda **data: said.append("trouble"),
        mechanism_rests=lambda **data: said.append("rests"),
        note_failed_mechanism=lambda reason: said.append("failed"),
    )
    return node, said


def failing(code: str, times: int) -> Callable[[], Awaitable[str]]:
    left = iter(range(times))

    async def call() -> str:
        if next(left, None) is not None:
            raise DeviceFault(code, "does not move")
        return "moved"

    return call


@pytest.mark.parametrize(("code", "rest"), [("brake", SOL), ("jam", SOL), ("stall", 3_600.0)])
async def test_what_comes_free_in_a_rest_is_not_given_up(code: str, rest: float) -> None:
    node, said = arm()
    begun = asyncio.get_running_loop().time()
    assert await persist(node, failing(code, 3)) == "moved"
    assert said == ["trouble", "trouble", "rests", "trouble"]
    assert asyncio.get_running_loop().time() - begun == pytest.approx(rest + 240.0)


async def test_it_rests_once_and_then_it_is_given_up() -> None:
    node, said = arm()
    with pytest.raises(MechanismFailed):
        await persist(node, failing("brake", 4))
    assert said == ["trouble", "trouble", "rests", "trouble", "trouble", "failed"]


async def test_without_the_safeguard_they_are_given_up_at_once() -> None:
    for code in ("stall", "brake"):
        node, said = arm(MECHANISM_REST.name)
        with pytest.raises(MechanismFailed):
            await persist(node, failing(code, 2))
        assert said == ["trouble", "trouble", "failed"]
