"""Mission control dies at any instant, in the middle of anything, and goes on: no command is lost,
sent twice or shown in a wrong state, and the journal has no gap."""

import itertools
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flight.runtime.discs import FileDisc
from tests.ground.mission_control.conftest import PASS_PERIOD
from tests.ground.mission_control.service.desk_bench import Desked, at_the_desk

DRIVE: dict[str, Any] = {"vehicle": "rover", "command": "drive"}
DROP: dict[str, Any] = {
    "vehicle": "rover", "command": "release", "arguments": {"tube": "M1"}, "note": "why",
}  # fmt: skip


class Cut(sqlite3.Connection):
    """The power goes before so many statements have been run."""

    left = -1

    def execute(self, *arguments: Any) -> Any:
        if Cut.left == 0:
            raise sqlite3.OperationalError("disk I/O error")
        Cut.left -= Cut.left > 0
        return super().execute(*arguments)


class OnCuttable(Desked):
    disc = FileDisc(Cut)


def whole(desk: Desked) -> None:
    """What there is does not contradict itself."""
    stack, tracker = desk.service.desk.stack, desk.control.tracker
    numbers = [entry.n for entry in desk.entries()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert desk.control.archive.count("journal") == len(numbers)
    named = [name for item in stack.all() for name in item.identifiers]
    assert sorted(named) == sorted(each.order.identifier for each in tracker.commands())
    for item in stack.all():
        assert (item.state == "released") == bool(item.identifiers)
        if item.state == "released" and item.hazardous:
            assert item.approved_by == "ben"


ACTS: list[tuple[str, str, dict[str, Any]]] = [
    ("anna", "stage", {**DRIVE, "arguments": {"distance": 1.0}}),
    ("anna", "release", {"stages": ["st-1"]}),
    ("anna", "stage", DROP),
    ("ben", "approve", {"stage": "st-2"}),
    ("anna", "release", {"stages": ["st-2"]}),
    ("anna", "stage", {**DRIVE, "arguments": {"distance": 2.0}}),
    ("anna", "edit", {"stage": "st-3", "arguments": {"distance": 3.0}}),
    ("anna", "stage", {**DRIVE, "arguments": {"distance": 4.0}}),
    ("anna", "release", {"stages": ["st-3", "st-4"]}),
]
OBEYED = [{"distance": 1.0}, {"tube": "M1"}, {"distance": 3.0}, {"distance": 4.0}]


def act(desk: Desked, number: int) -> dict[str, Any]:
    """The act of a number, under its own key, however often it is asked for."""
    who, do, fields = ACTS[number]
    if do == "approve":
        fields = {**fields, "hash": desk.item(fields["stage"]).hash}
    return desk.done(who, do, key=f"act {number}", **fields)


def ended_well(desk: Desked) -> None:
    whole(desk)
    assert [order.arguments for order in desk.vehicle.obeyed] == OBEYED
    assert [each.verdict for each in desk.control.tracker.commands()] == ["COMPLETED"] * 5
    rows = desk.done("eve", "history")["commands"]
    assert {row["status"] for row in rows} == {"COMPLETED"}
    assert {row["user"] for row in rows} == {"anna"}
    audited = [entry for entry in desk.entries("audit") if entry.data["key"].startswith("act")]
    assert len(audited) == len(ACTS)  # each once


@pytest.mark.requirement("OPS-02")
@pytest.mark.parametrize("number", range(len(ACTS)))
def test_a_death_in_the_middle_of_a_request_leaves_all_of_it_or_nothing(
    tmp_path: Path, number: int
) -> None:
    async def flight(desk: Desked) -> None:
        for earlier in range(number):
            act(desk, earlier)
        for statements in itertools.count():
            Cut.left = statements
            try:
                act(desk, number)
                break
            except sqlite3.OperationalError:
                Cut.left = -1
                await desk.kill()
                whole(desk)
            finally:
                Cut.left = -1
        assert statements > 4
        for later in range(number, len(ACTS)):
            act(desk, later)
        await desk.until(PASS_PERIOD)
        ended_well(desk)

    at_the_desk(tmp_path, flight, kind=OnCuttable)


def killed_at_random(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    deaths = sorted(chance.uniform(11.0, 2500.0) for _ in range(3))

    async def flight(desk: Desked) -> None:
        number = 0
        for at in (*deaths, 3000.0):
            while number < len(ACTS) and 12.0 + 150.0 * number < at:
                await desk.until(max(desk.stations.now, 12.0 + 150.0 * number))
                act(desk, number)
                number += chance.random() < 0.8  # else the answer was lost: it is asked again
            await desk.until(at)
            await desk.kill()
            whole(desk)
        while number < len(ACTS):
            act(desk, number)
            number += 1
        await desk.until(2.0 * PASS_PERIOD)
        ended_well(desk)

    at_the_desk(tmp_path, flight)


@pytest.mark.requirement("OPS-03")
@pytest.mark.parametrize("seed", range(5))
def test_deaths_at_any_instant_lose_nothing(tmp_path: Path, seed: int) -> None:
    killed_at_random(tmp_path, seed)


@pytest.mark.check
@pytest.mark.parametrize("seed", range(5, 205))
def test_deaths_at_many_instants_lose_nothing(tmp_path: Path, seed: int) -> None:
    killed_at_random(tmp_path, seed)


def test_who_holds_what_and_who_may_what_outlive_a_death(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("max", "roles_set", user="eve", roles=["operator"])
        desk.done("anna", "authority_offer", vehicle="rover", to="eve")
        await desk.kill()
        assert "ben" not in str(desk.done("eve", "snapshot")["authority"])
        desk.done("eve", "authority_accept", vehicle="rover")
        await desk.kill()
        found = desk.done("ben", "hello")["authority"]
        assert found == {"rover": {"holder": "eve", "offered_to": ""}}
        assert desk.done("eve", "hello")["you"] == {"name": "eve", "roles": ["operator"]}

    at_the_desk(tmp_path, flight)
