"""What we think that a vehicle has, beside what it told; and which products came whole."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import Command, Severity
from ground.api import reads
from ground.mission_control.views.products import products
from tests.ground.mission_control.people import People, use_files

Fly = Callable[..., Any]
PAUSE = "  - {do: pause, seconds: 40000}\n"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_files(tmp_path, monkeypatch)


def order(ground: Any, name: str, /, **arguments: Any) -> None:
    tracker = ground.control.tracker
    (identifier,) = tracker.next_identifiers(1)
    command = Command(identifier, "rover", name, arguments, "test")
    tracker.issue(f"test {identifier}", [command], 60.0)


def told(ground: Any, report: str, **data: Any) -> None:
    ground.vehicle.event("service_report", Severity.ACTIVITY_LO, report=report, data=data)


def test_parameters_that_were_activated_are_compared_with_what_was_told(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()

        def load() -> None:
            order(ground, "load_parameters", values={"a": 1.0, "b": 2.0})
            order(ground, "activate_parameters", expected={"a": 1.0, "b": 2.0})
            order(ground, "load_parameters", values={"c": 3.0})

        loop.call_at(10.0, load)
        loop.call_at(700.0, told, ground, "x")
        loop.call_at(
            800.0,
            lambda: told(ground, "parameters_activated", table="t", changed={"a": 1.0, "b": 2.5}),
        )
        early: list[Any] = []
        loop.call_at(900.0, lambda: early.append(people.look(reads.OnBoard("rover"))))
        await ground.run()
        return early[0], people.look(reads.OnBoard("rover"))["parameters"]

    early, parameters = fly(PAUSE, flight)
    assert early["parameters"] == {}  # sent is not done
    assert parameters == {
        "a": {"thought": 1.0, "told": 1.0, "agrees": True, "staged": None},
        "b": {"thought": 2.0, "told": 2.5, "agrees": False, "staged": None},
        "c": {"thought": None, "told": None, "agrees": True, "staged": 3.0},
    }


def test_sequences_are_told_with_their_cursors(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()

        def load() -> None:
            order(ground, "load_sequence", sequence={"name": "morning"})
            order(ground, "start_sequence", name="morning")

        loop.call_at(10.0, load)
        loop.call_at(
            800.0, lambda: told(ground, "sequence_started", sequence="morning", run=1, entry=0)
        )
        loop.call_at(
            850.0, lambda: told(ground, "sequence_paused", sequence="morning", run=1, entry=3)
        )
        await ground.run()
        return people.look(reads.OnBoard("rover"))["sequences"], people.refused(
            reads.OnBoard("lander")
        )

    sequences, refused = fly(PAUSE, flight)
    assert refused == "vehicle = 'lander': allowed is one of rover"
    found = sequences["morning"]
    assert (found["thought"], found["told"], found["entry"], found["run"]) == (
        "started", "paused", 3, 1,
    )  # fmt: skip


def test_changes_of_the_protection_that_nobody_here_asked_for_are_seen(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people, loop = People(ground), asyncio.get_running_loop()
        loop.call_at(10.0, lambda: order(ground, "enable_monitor", monitor="m"))
        for command in ("enable_monitor", "disable_monitor"):
            loop.call_at(
                800.0,
                lambda command=command: ground.vehicle.event(
                    "protection_changed", what="monitor m", before="a", after="b", command=command
                ),
            )
        await ground.run()
        return people.look(reads.OnBoard("rover"))

    found = fly(PAUSE, flight)
    assert [(row["command"], row["ours"]) for row in found["protection"]] == [
        ("disable_monitor", False), ("enable_monitor", True),
    ]  # fmt: skip
    assert [row["command"] for row in found["protection_commands"]] == ["enable_monitor"]


PRODUCT = (
    "  - {do: complete_product, vehicle: rover, channel: piece, announced: pieces, "
    "command: send_pieces, limit_sols: 0.1, attempts: 1, on_failure: continue}\n"
)


def test_what_is_missing_of_a_product_is_told_with_the_command_that_asks_for_it(
    fly: Fly,
) -> None:
    async def flight(ground: Any) -> Any:
        loop = asyncio.get_running_loop()
        loop.call_at(10.0, lambda: ground.vehicle.telemetry(pieces=5))
        await ground.run()
        control = ground.control
        return products(
            control.archive, control.telemetry, [("rover", "piece"), ("rover", "charge")],
            control.runner.program.instructions, ["rover"],
        )  # fmt: skip

    (found,) = fly(PRODUCT, flight)
    assert (found["count"], found["here"], found["whole"]) == (5, 0, False)
    assert found["missing"] == [0, 1, 2, 3, 4]
    assert found["again"] == {
        "vehicle": "rover", "command": "send_pieces", "arguments": {"first": 0, "last": 4},
    }  # fmt: skip


def test_a_find_on_a_picture_is_a_product(fly: Fly) -> None:
    async def flight(ground: Any) -> Any:
        people = People(ground)
        before = people.look(reads.Products())["products"]
        await ground.run()
        return before, people.look(reads.Products())["products"]

    before, after = fly("  - {do: survey, vehicle: rover, limit_sols: 2}\n", flight)
    assert before == []
    assert after == [
        {"kind": "picture", "vehicle": "rover", "name": "from orbit", "east": 12.5,
         "north": -3.0, "error": 0.5},
    ]  # fmt: skip
