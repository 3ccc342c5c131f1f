"""A device of the rover that does nothing is left alone, so often, before its work is given up."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.fault_protection.structure import STRUCTURE, Structure
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from flight.rover.safeguards import DEVICE_REST
from flight.rover.sol_work import DEVICE, PASSING_TROUBLES, RoverSols
from flight.rover.sols import by_day

SIGNAL: Any = SimpleNamespace()
RESTS = (1_800.0, 7_200.0, 28_800.0, SOL_SECONDS, SOL_SECONDS)


class Rover:
    """A rover whose only activity ends as the test says."""

    def __init__(self, structure: Structure = STRUCTURE) -> None:
        self.context = SimpleNamespace(structure=structure)
        self.sols: Any = RoverSols.__new__(RoverSols)
        self.sols._in_vain = self.sols._device_rests = 0
        self.told: list[int] = []

    def device_rests(self, *, seconds: int, reason: str) -> None:
        self.told.append(seconds)


def ending(error: Exception) -> Any:
    @by_day
    async def activity(node: Any, signal: Any) -> str:
        raise error

    return activity


@pytest.mark.parametrize(
    "error", [*(DeviceFault(code, "nothing moves") for code in PASSING_TROUBLES),
              DeviceTimeout("no answer")],
    ids=str,
)  # fmt: skip
async def test_it_rests_longer_and_longer_and_then_it_is_broken(error: Exception) -> None:
    node: Any = Rover()
    activity = ending(error)
    for rest in RESTS:
        assert await activity(node, SIGNAL) == "rest"
        assert node.sols.reason == DEVICE and node.sols.device_rest == rest
    with pytest.raises(ActivityFailed):
        await activity(node, SIGNAL)
    assert node.told == [round(rest) for rest in RESTS]
    node.sols.progress()
    assert await activity(node, SIGNAL) == "rest" and node.sols.device_rest == 1_800.0


@pytest.mark.parametrize("error", [DeviceFault("reach", "too far"), DeviceRejected("not so")])
async def test_what_no_time_mends_fails_at_once(error: Exception) -> None:
    node: Any = Rover()
    with pytest.raises(ActivityFailed):
        await ending(error)(node, SIGNAL)
    assert node.told == []


async def test_without_the_protection_it_fails_at_once() -> None:
    node: Any = Rover(Structure(left_out=frozenset({DEVICE_REST.name})))
    with pytest.raises(ActivityFailed):
        await ending(DeviceFault("stall", "nothing moves"))(node, SIGNAL)
