"""What carries something hazardous needs two people as well: its content is what they read."""

from pathlib import Path
from typing import Any

import pytest

from tests.ground.mission_control.conftest import PASS_PERIOD
from tests.ground.mission_control.service.desk_bench import Desked, at_the_desk

SEQUENCE = {"name": "night", "entries": [{"command": "release", "stage": "fire"}]}


@pytest.mark.parametrize(
    ("before", "command", "arguments", "hazardous"),
    [
        ((), "load_sequence", {"sequence": SEQUENCE}, True),
        ((), "load_sequence", {"sequence": {"name": "night", "entries": []}}, False),
        ((("load_sequence", {"sequence": SEQUENCE}),), "start_sequence", {"name": "night"}, True),
        ((("load_sequence", {"sequence": SEQUENCE}),), "start_sequence", {"name": "day"}, False),
        ((("load_parameters", {"values": {"limit": 1}}),), "activate_parameters", {}, True),
        ((("load_parameters", {"values": {"other": 1}}),), "activate_parameters", {}, False),
        ((), "activate_parameters", {"expected": {"limit": 1}}, True),
    ],
)
def test_carriers_of_what_is_hazardous_need_two_people_as_well(
    tmp_path: Path, before: tuple[Any, ...], command: str, arguments: Any, hazardous: bool
) -> None:
    async def flight(desk: Desked) -> None:
        for earlier, given in before:
            desk.control.tracker.issue("test", [order(desk, earlier, given)], 60.0)
        told = desk.done(
            "anna", "stage", vehicle="rover", command=command, arguments=arguments, note="why"
        )
        assert told["approval_needed"] is hazardous
        answer = desk.ask("anna", "release", stages=["st-1"])
        assert answer.ok is not hazardous

    at_the_desk(tmp_path, flight)


def order(desk: Desked, name: str, arguments: Any) -> Any:
    from flight.icd.messages import Command

    [identifier] = desk.control.tracker.next_identifiers(1)
    return Command(identifier, "rover", name, arguments, "test")


def test_another_content_than_was_read_makes_the_approval_void(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        load = "load_parameters"
        desk.control.tracker.issue("test", [order(desk, load, {"values": {"limit": 1}})], 60.0)
        activate = {"vehicle": "rover", "command": "activate_parameters", "note": "why"}
        told = desk.done("anna", "stage", **activate)
        desk.done("ben", "approve", stage="st-1", hash=told["hash"])
        desk.control.tracker.issue("test", [order(desk, load, {"values": {"limit": 2}})], 60.0)
        assert "not what was read" in desk.refused("anna", "release", stages=["st-1"])
        assert desk.item("st-1").state == "void"

    at_the_desk(tmp_path, flight)


def test_what_becomes_hazardous_after_it_was_staged_is_not_released(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        activate = {"vehicle": "rover", "command": "activate_parameters"}
        assert desk.done("anna", "stage", **activate)["state"] == "ready"
        desk.control.tracker.issue(
            "test", [order(desk, "load_parameters", {"values": {"limit": 2}})], 60.0
        )
        assert "has become hazardous" in desk.refused("anna", "release", stages=["st-1"])

    at_the_desk(tmp_path, flight)


def test_what_becomes_hazardous_while_it_waits_for_its_link_does_not_leave(
    tmp_path: Path,
) -> None:
    async def flight(desk: Desked) -> None:
        desk.stations.blocked_until = 700.0
        desk.done("anna", "stage", vehicle="rover", command="activate_parameters")
        [name] = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        desk.control.tracker.issue(
            "test", [order(desk, "load_parameters", {"values": {"limit": 2}})], 60.0
        )
        await desk.until(PASS_PERIOD)
        assert [each.name for each in desk.vehicle.received] == ["load_parameters"]
        assert desk.control.tracker.command(name).verdict == "CANCELLED"
        assert "has become hazardous since its release" in desk.item("st-1").problems[0]

    at_the_desk(tmp_path, flight)


ACTIVATE: dict[str, Any] = {
    "vehicle": "rover", "command": "activate_protection", "note": "less is watched",
}  # fmt: skip
LOAD: dict[str, Any] = {"vehicle": "rover", "command": "load_protection"}


def loaded_and_approved(desk: Desked) -> None:
    """A table is loaded, and its activation approved as st-2."""
    desk.done("anna", "stage", **LOAD, arguments={"table": {"heater": 1}})
    desk.done("anna", "release", stages=["st-1"])
    told = desk.done("anna", "stage", **ACTIVATE)
    desk.done("ben", "approve", stage="st-2", hash=told["hash"])


def test_another_table_than_was_read_is_not_made_active(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        loaded_and_approved(desk)
        desk.done("anna", "stage", **LOAD, arguments={"table": {"heater": None}})
        alone = desk.refused("anna", "release", stages=["st-3", "st-2"])
        assert alone == "st-2 carries what was loaded before: release it by itself"
        desk.done("anna", "release", stages=["st-3"])
        assert "not what was read" in desk.refused("anna", "release", stages=["st-2"])
        await desk.until(PASS_PERIOD)
        assert [each.name for each in desk.vehicle.received] == ["load_protection"] * 2

    at_the_desk(tmp_path, flight)


def test_another_table_keeps_its_activation_back_that_waits_for_its_link(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        loaded_and_approved(desk)
        await desk.until(20.0)
        desk.stations.blocked_until = 700.0
        names = desk.done("anna", "release", stages=["st-2"])["identifiers"]
        await desk.until(30.0)
        desk.done("anna", "stage", **LOAD, arguments={"table": {"heater": None}})
        desk.done("anna", "release", stages=["st-3"])
        await desk.until(PASS_PERIOD)
        assert [each.name for each in desk.vehicle.received] == ["load_protection"] * 2
        assert [desk.control.tracker.command(name).verdict for name in names] == ["CANCELLED"] * 2

    at_the_desk(tmp_path, flight)


def test_the_table_that_was_read_is_made_active(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        loaded_and_approved(desk)
        desk.done("anna", "release", stages=["st-2"])
        await desk.until(PASS_PERIOD)
        assert [each.name for each in desk.vehicle.obeyed] == [
            "load_protection", "activate_protection",
        ]  # fmt: skip
        told = desk.done("anna", "stage", **ACTIVATE)
        assert told["state"] in ("waiting_approval", "draft")
        assert desk.item("st-3").carried == []  # what is active is staged no more

    at_the_desk(tmp_path, flight)
