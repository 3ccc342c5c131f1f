"""Readings for who can do nothing without them."""

import asyncio

import pytest

from flight.core.sound_readings import sound
from flight.icd.devices.base import DeviceFault, DeviceTimeout, Reading, ReadingInvalid
from flight.runtime.loop import VirtualLoop, run

BAD = Reading(valid=False, reason="nan")


class Device:
    """Answers with one thing after the other; the last again and again."""

    def __init__(self, *answers: Reading | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[float] = []

    async def state(self) -> Reading:
        self.asked.append(asyncio.get_running_loop().time())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def ask(device: Device) -> Reading:
    return run(sound(device.state), VirtualLoop())


def test_a_valid_reading_is_asked_for_once() -> None:
    device = Device(Reading())
    assert ask(device).valid
    assert device.asked == [0.0]


def test_what_passes_costs_some_questions_spread_in_time() -> None:
    device = Device(BAD, DeviceTimeout("late"), DeviceFault("garbage", "nonsense"), Reading())
    assert ask(device).valid
    assert device.asked == [0.0, 1.0, 11.0, 71.0]


def test_it_gives_up_and_says_why() -> None:
    device = Device(BAD)
    with pytest.raises(ReadingInvalid, match="nan"):
        ask(device)
    assert device.asked == [0.0, 1.0, 11.0, 71.0, 371.0]


def test_a_fault_that_does_not_pass_is_raised_at_once() -> None:
    device = Device(DeviceFault("no_power", "dark"))
    with pytest.raises(DeviceFault, match="dark"):
        ask(device)
    assert len(device.asked) == 1
