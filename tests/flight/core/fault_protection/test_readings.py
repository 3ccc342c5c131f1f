"""What a vehicle tells of readings that do not pass the gate: the first of a row, and its end."""

from typing import Any

import msgspec
import pytest

from flight.core.fault_protection.readings import Readings
from flight.icd.devices.base import Method, Reading

OWN_WORD = 5


class Depth(Reading, frozen=True, kw_only=True):
    """Metres."""

    metres: float


METHOD = Method("depth", "reading", 5.0, msgspec.Struct, (), Depth, "")
NAN = float("nan")


class Told:
    def __init__(self, **options: Any) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.readings = Readings(
            lambda *data: self.events.append(("invalid", *data)),
            lambda *data: self.events.append(("valid", *data)),
            **options,
        )

    def read(self, metres: float, device: str = "sonar", **fields: Any) -> bool:
        reading = Depth(metres=metres, **fields)
        gate = self.readings.gate(device)
        return bool(gate.admit(METHOD, reading, 0, 0, 0).valid)


def test_only_the_first_of_a_row_is_told_and_how_many_there_were() -> None:
    told = Told()
    assert [told.read(value) for value in (1.0, NAN, NAN, NAN, 2.0, 3.0)] == [
        True, False, False, False, True, True,
    ]  # fmt: skip
    assert told.events == [
        ("invalid", "sonar", "depth", "metres = nan: not a finite number"),
        ("valid", "sonar", "depth", 3),
    ]


def test_another_reason_is_news_and_another_figure_is_not() -> None:
    told = Told()
    told.read(1.0, time_ns=-(10**10))
    told.read(1.0, time_ns=-(10**11))
    told.read(NAN)
    assert [event[0] for event in told.events] == ["invalid", "invalid"]
    assert "stale" in told.events[0][3] and "finite" in told.events[1][3]


def test_devices_are_counted_apart_and_each_has_one_gate() -> None:
    told = Told()
    told.read(NAN, "sonar")
    told.read(NAN, "lead")
    told.read(1.0, "lead")
    assert [event[:2] for event in told.events] == [
        ("invalid", "sonar"), ("invalid", "lead"), ("valid", "lead"),
    ]  # fmt: skip
    assert told.readings.gate("sonar") is told.readings.gate("sonar")


def test_what_the_device_calls_invalid_neither_ends_a_row_nor_begins_one() -> None:
    told = Told()
    told.read(1.0, valid=False)
    assert told.events == []
    told.read(NAN)
    told.read(1.0, valid=False)
    assert [event[0] for event in told.events] == ["invalid"]


def test_what_a_device_calls_invalid_again_and_again_is_told_once() -> None:
    told = Told()
    for count in range(2 * OWN_WORD):
        assert not told.read(1.0, valid=False, reason="blind")
        assert len(told.events) == (count >= OWN_WORD - 1)
    told.read(1.0)
    told.read(1.0)
    assert [event[:3] for event in told.events] == [
        ("invalid", "sonar", "depth"), ("valid", "sonar", "depth"),
    ]  # fmt: skip
    assert told.events[0][3].endswith(f"{OWN_WORD} times in a row: blind")
    assert told.events[1][3] == 2 * OWN_WORD


def test_a_device_that_sees_something_in_between_is_well() -> None:
    told = Told()
    for _ in range(10):
        for _ in range(OWN_WORD - 1):
            told.read(1.0, valid=False)
        told.read(1.0)
    assert told.events == []
    told.read(NAN)
    for _ in range(2 * OWN_WORD):
        told.read(1.0, valid=False)
    assert [event[0] for event in told.events] == ["invalid"], "it is told already"


def test_where_a_device_that_is_well_has_nothing_to_say_that_is_no_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Depth, "no_fault", frozenset({"dark"}))
    told = Told()
    for _ in range(2 * OWN_WORD):
        assert not told.read(1.0, valid=False, reason="dark")
    assert told.events == []
    for _ in range(OWN_WORD - 1):
        told.read(1.0, valid=False, reason="dark too")
    assert told.events == []
    told.read(1.0, valid=False, reason="dark")  # it ends no row, and is not of it
    assert told.events == []
    told.read(1.0, valid=False)
    assert [event[0] for event in told.events] == ["invalid"]


def test_an_open_gate_says_nothing() -> None:
    told = Told(open=True)
    assert told.read(NAN)
    assert told.events == []


@pytest.mark.parametrize("value", [1.0, NAN])
def test_who_listens_hears_of_each_reading(value: float) -> None:
    told = Told()
    heard: list[tuple[str, str, bool]] = []
    told.readings.listeners.append(
        lambda device, method, reading, wrong: heard.append((device, method, bool(wrong)))
    )
    told.read(value)
    assert heard == [("sonar", "depth", value != value)]
