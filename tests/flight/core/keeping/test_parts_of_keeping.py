"""What a node keeps: plain data, parameters, boots, health; at each limit and in each step."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.keeping.guarded_storage import GuardedStorage
from flight.core.keeping.health import BootRecord, HealthMonitor, unstable_boots
from flight.core.keeping.parameters import Parameter, ParameterRefusal, ParameterTable
from flight.core.keeping.storage import Storage, StorageError
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import toy


@pytest.mark.parametrize("kind", [Storage, GuardedStorage])
def test_what_is_no_plain_data_is_refused_by_its_name(kind: type[Storage]) -> None:
    storage = kind(":memory:")
    if isinstance(storage, GuardedStorage):
        storage.guard()
    with pytest.raises(StorageError, match="'key' of 'space' is not plain data"):
        storage.put("space", "key", object())
    storage.append("journal", 1)
    with pytest.raises(StorageError, match="3 of 'journal' is not plain data"):
        storage.append_many("journal", [1, object()])
    assert storage.read("journal") == [(1, 1)] and storage.last_number("journal") == 1


@pytest.mark.parametrize(
    ("parameter", "words", "good", "bad"),
    [
        (Parameter(float, unit="m", ge=0.0, le=5.0), "a finite float from 0.0 to 5.0 m",
         [0.0, 5, 2.5], [-1e-9, 5.001, math.nan, True, "1"]),
        (Parameter(float, ge=0.0), "a finite float of at least 0.0", [0.0, 1e300], [math.inf, -1]),
        (Parameter(float, le=5.0), "a finite float of at most 5.0", [5.0, -1e300], [5.1]),
        (Parameter(int), "a value of type int", [3, -3], [3.0, True]),
        (Parameter(str, choices=("a", "b")), "one of 'a', 'b'", ["a"], ["c", 1]),
        (Parameter(bool), "a value of type bool", [True, False], [1, 0.0]),
    ],
)  # fmt: skip
def test_a_parameter_says_what_it_allows(
    parameter: Parameter, words: str, good: list[Any], bad: list[Any]
) -> None:
    assert parameter.allowed() == words
    assert all(parameter.refusal("x", value) is None for value in good)
    for value in bad:
        assert parameter.refusal("x", value) == f"x = {value!r}: allowed is {words}."
    converted = parameter.convert(good[0])
    assert type(converted) is parameter.type


def test_a_change_of_parameters_is_one_at_each_step_and_not_before_the_swap() -> None:
    storage, told = Storage(":memory:"), []  # type: ignore[var-annotated]
    declared = {"a": Parameter(float, ge=0.0), "b": Parameter(int)}

    def opened() -> ParameterTable:
        return ParameterTable(
            "rover", declared, {"a": 1.0, "b": 2}, storage, lambda *given: told.append(given)
        )

    made = opened()
    assert made.swap() is None and made.changes() == {} == made.staged()
    for step in (made.validate, made.activate):
        with pytest.raises(ParameterRefusal):
            step()
    made.load({"a": 3})
    made.load({"b": 5})
    assert dict(made) == {"a": 1.0, "b": 2} and made.changes() == {"a": 3, "b": 5}
    with pytest.raises(ParameterRefusal, match="load and validate first"):
        made.activate()
    made.validate()
    made.load({"b": 2})
    with pytest.raises(ParameterRefusal, match="validated change"):
        made.activate()
    made.compare({"a": 3})
    made.validate()
    made.activate()
    for step in (made.validate, lambda: made.load({"a": 4})):
        with pytest.raises(ParameterRefusal):
            step()
    assert made.swap() == {"a": 1.0, "b": 2} and made.swap() is None
    assert told == [("parameters_activated", {"table": "rover", "changed": {"a": 3.0}})]
    assert dict(made) == {"a": 3.0, "b": 2} == dict(opened()) and len(made) == 2
    made.load({"a": 9.0})
    with pytest.raises(ParameterRefusal, match=r"a is 9\.0, 8\.0 was loaded"):
        made.compare({"a": 8.0})
    assert made.staged() == {}, "it is dropped then"
    made.load({"a": 9.0, "b": 7})
    with pytest.raises(ParameterRefusal, match="b = 7 was not loaded"):
        made.compare({"a": 9.0})
    storage.put("parameters", "rover", {"a": -1.0})
    assert dict(opened()) == {"a": 1.0, "b": 2} and told[-1][0] == "parameters_defaulted"


def test_boots_in_a_row_that_ended_soon_are_those_since_one_was_planned_or_stable() -> None:
    storage = Storage(":memory:")
    assert unstable_boots(storage) == 0
    record = BootRecord(storage, lambda *given: None)
    for count, planned in ((1, False), (2, False), (0, True), (1, False)):
        record.begin("watchdog", 1e6 * count, planned=planned)
        assert unstable_boots(storage) == count
    record.mark_stable()
    assert unstable_boots(storage) == 0 and record.boots()[-1].stable
    storage.put("boot", "record", "nonsense")
    assert unstable_boots(storage) == 0
    for wrong in ({"maximum_unstable": 0}, {"maximum_in_window": 0}, {"window": 0.0}):
        with pytest.raises(ValueError, match="counts of at least 1 and a window above 0 s"):
            BootRecord(storage, lambda *given: None, **wrong)  # type: ignore[arg-type]
    usual = BootRecord(Storage(":memory:"), lambda *given: None)
    reduced = [usual.begin("watchdog", 3_600.0 * n).reduced for n in range(1, 5)]
    assert reduced == [False, False, False, True], "three that were not stable are enough"
    often = BootRecord(Storage(":memory:"), lambda *given: None)
    found = []
    for number in range(7):
        found.append(often.begin("watchdog", 600.0 * number).reason)
        often.mark_stable()
    assert found[:5] == [""] * 5 and found[5].startswith("6 unplanned boots within 3600.0 s")
    assert often.begin("watchdog", 0.0, earlier_boots=40).number == 41


def test_health_is_judged_at_its_intervals_and_not_at_them_exactly() -> None:
    told: list[Any] = []
    clock = SimpleNamespace(now=0.0)
    health = HealthMonitor(lambda event, data: told.append((event, data)), lambda: clock.now)
    entry = health.register("drive", 5.0, critical=True)
    health.register("other", 100.0, critical=False)
    for now, well, events in ((5.0, True, 0), (5.1, False, 1), (10.0, False, 1), (10.1, False, 2)):
        clock.now = now
        assert health.check() is well and len(told) == events
    assert told[1] == (
        "progress_lost", {"name": "drive", "age": 10.1, "critical": True, "count": 0}
    )  # fmt: skip
    entry.observe(None)
    assert not health.check(), "it has observed nothing yet"
    entry.observe(1.0)
    assert health.check() and told[2][0] == "progress_recovered" and entry.count == 1
    for maximum, fatal in ((0.0, 1.0), (5.0, 5.0), (-1.0, None)):
        with pytest.raises(ValueError, match="allowed are numbers above 0"):
            health.register("x", maximum, critical=True, fatal_interval=fatal)


async def test_a_node_watches_its_mailbox_and_its_housekeeping_and_is_stable_after_ten_minutes(
    rig: Rig,
) -> None:
    await asyncio.sleep(1.0)
    node = toy(rig)
    watched = {
        name: (entry.maximum_interval, entry.fatal_interval, entry.critical)
        for name, entry in node.health._entries.items()
    }
    assert watched == {
        "mailbox": (1_350.0, 1_800.0, True), "housekeeping": (21_600.0, 43_200.0, False),
    }  # fmt: skip
    await asyncio.sleep(598.0)
    assert not node._boots.boots()[-1].stable
    await asyncio.sleep(2.0)
    assert node._boots.boots()[-1].stable
