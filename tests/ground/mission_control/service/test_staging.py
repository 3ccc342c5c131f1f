"""What may be staged, and what is refused by which sentence; what is on the stack."""

from pathlib import Path
from typing import Any

import pytest

from ground.api.requests import NoRequest, read_request
from tests.ground.mission_control.service.desk_bench import Desked, at_the_desk

DRIVE: dict[str, Any] = {
    "vehicle": "rover", "command": "drive", "arguments": {"distance": 5.0},
}  # fmt: skip


def test_a_command_is_staged_released_and_obeyed(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        staged = desk.done("anna", "stage", **DRIVE, note="to the rock")
        assert staged["state"] == "ready"
        assert not staged["approval_needed"]
        assert desk.vehicle.received == []  # staged is not sent
        [identifier] = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        await desk.until(2000.0)
        [row] = desk.done("eve", "history")["commands"]
        assert (row["identifier"], row["status"], row["user"]) == (identifier, "COMPLETED", "anna")
        assert row["arguments"] == {"distance": 5.0}
        assert [each["rung"] for each in row["rungs"]] == [
            "RECEIVED", "ACCEPTED", "STARTED", "COMPLETED",
        ]  # fmt: skip
        assert desk.vehicle.obeyed[0].origin == "operator.anna"
        assert desk.item("st-1").state == "released"

    at_the_desk(tmp_path, flight)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"arguments": {"distance": 101.0}}, "distance"),
        ({"arguments": {"distance": "5"}}, "distance"),
        ({"arguments": {}}, "distance"),
        ({"arguments": {"distance": 5.0, "speed": 1.0}}, "speed"),
        ({"command": "drvie"}, "drive"),
        ({"vehicle": "lander"}, "allowed is one of rover"),
        ({"not_after": 1}, "mission time already"),
        ({"when": "rover.mode = 'idle'"}, "when"),
        ({"when": "rover.fuel > 1"}, "no channel 'fuel'"),
        ({"when": "lander.mode == 'idle'"}, "begins with no vehicle"),
        ({"when": "rover.charge == 'idle'"}, "when"),
        ({"when": "true"}, "allowed is a condition on telemetry"),
    ],
)
def test_what_is_no_command_is_not_staged(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    async def flight(desk: Desked) -> None:
        assert words in desk.refused("anna", "stage", **{**DRIVE, **change})
        assert desk.service.desk.stack.all() == []
        assert [entry.data["ok"] for entry in desk.entries("audit")] == [True, False]

    at_the_desk(tmp_path, flight)


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        (7, "allowed is a map"),
        ({}, "no key do"),
        ({"do": "launch"}, "allowed is one of hello"),
        ({"do": "stage", "vehicle": "rover"}, "command"),
        ({"do": "stage", **DRIVE, "user": "ben"}, "unknown field"),
        ({"do": "stage", **DRIVE, "lifetime": 0.5}, "lifetime"),
        ({"do": "stage", **DRIVE, "lifetime": 86_401.0}, "lifetime"),
        ({"do": "stage", **DRIVE, "note": "x" * 2001}, "note"),
        ({"do": "release", "stages": []}, "stages"),
        ({"do": "release", "stages": ["st-1"] * 51}, "stages"),
        ({"do": "unstage", "stage": "1"}, "stage"),
        ({"do": "approve", "stage": "st-1", "hash": "0" * 63}, "hash"),
        ({"do": "since", "number": -1}, "number"),
        ({"do": "since", "limit": 1001}, "limit"),
        ({"do": "refuse", "stage": "st-1", "note": ""}, "note"),
    ],
)
def test_what_is_no_request_is_refused(plain: Any, words: str) -> None:
    with pytest.raises(NoRequest, match=words):
        read_request(plain)


def test_a_mode_that_does_not_allow_it_is_told_with_its_age(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.mode("launching.coasting")
        await desk.until(100.0)
        dig = {"vehicle": "rover", "command": "dig"}
        staged = desk.done("anna", "stage", **dig)
        assert staged["state"] == "draft"
        [problem] = staged["problems"]
        assert "not allowed in state launching.coasting, which was reported" in problem
        assert "reported 1 min 30 s ago; allowed: " in problem
        assert "st-1: dig is not allowed" in desk.refused("anna", "release", stages=["st-1"])
        assert desk.item("st-1").state == "draft"
        desk.mode("idle")  # what was a problem is none any more
        assert desk.done("anna", "release", stages=["st-1"])["identifiers"]

    at_the_desk(tmp_path, flight)


def test_all_of_a_release_leaves_or_nothing(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("anna", "stage", **DRIVE)
        desk.done("anna", "stage", **DRIVE)
        assert "st-9" in desk.refused("anna", "release", stages=["st-1", "st-9"])
        assert "once" in desk.refused("anna", "release", stages=["st-1", "st-1"])
        desk.done("anna", "unstage", stage="st-2")
        assert "cancelled" in desk.refused("anna", "release", stages=["st-1", "st-2"])
        assert desk.control.tracker.commands() == []
        assert desk.item("st-1").state == "ready"
        desk.done("anna", "release", stages=["st-1"])
        again = desk.refused("anna", "release", stages=["st-1"])
        assert again.startswith("st-1 was released already, as mc-")
        assert "no longer staged" in desk.refused("anna", "edit", stage="st-1", note="x")
        assert len(desk.control.tracker.commands()) == 1

    at_the_desk(tmp_path, flight)


def test_when_and_how_it_leaves_stays_at_an_edit_and_is_taken_away_by_name(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        terms = {"when": "rover.mode == 'idle'", "not_after": 10**15}
        desk.done("anna", "stage", **DRIVE, **terms)

        def kept() -> tuple[str | None, int | None]:
            item = desk.item("st-1")
            return item.when, item.not_after

        desk.done("anna", "edit", stage="st-1", note="sooner")
        assert kept() == ("rover.mode == 'idle'", 10**15)
        desk.done("anna", "edit", stage="st-1", without=["when"])
        assert kept() == (None, 10**15)
        desk.done("anna", "edit", stage="st-1", not_after=10**14, without=["not_after"])
        assert kept() == (None, None)

    at_the_desk(tmp_path, flight)


@pytest.mark.requirement("OPS-04")
def test_only_who_holds_a_vehicle_stages_and_releases_for_it(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("anna", "stage", **DRIVE)
        assert desk.refused("ben", "stage", **DRIVE) == "ben does not hold rover: anna holds it"
        assert "ben does not hold" in desk.refused("ben", "release", stages=["st-1"])
        assert "ben does not hold" in desk.refused("ben", "unstage", stage="st-1")
        assert "ben does not hold" in desk.refused("ben", "edit", stage="st-1", note="mine")
        assert "needs the role operator; eve has observer" in desk.refused("eve", "stage", **DRIVE)
        assert "anna holds rover" in desk.refused("ben", "authority_take", vehicle="rover")
        assert "offered to nobody" in desk.refused("ben", "authority_accept", vehicle="rover")
        desk.done("anna", "authority_offer", vehicle="rover", to="ben")
        assert "offered to ben" in desk.refused("cleo", "authority_accept", vehicle="rover")
        desk.done("ben", "authority_accept", vehicle="rover")
        assert "anna does not hold" in desk.refused("anna", "release", stages=["st-1"])
        desk.done("ben", "release", stages=["st-1"])
        desk.done("cleo", "authority_release", vehicle="rover")  # a director may
        assert "nobody holds" in desk.refused("ben", "stage", **DRIVE)
        assert "allowed is one of rover" in desk.refused("ben", "authority_take", vehicle="moon")
        assert "needs the role" in desk.refused("eve", "authority_take", vehicle="rover")

    at_the_desk(tmp_path, flight)


def test_a_repeated_key_is_not_done_twice(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        first = desk.ask("anna", "stage", key="one", **DRIVE)
        assert desk.ask("anna", "stage", key="one", **DRIVE) == first
        other = desk.refused("anna", "stage", key="one", **{**DRIVE, "note": "other"})
        assert other == "key = 'one': was used for another request"
        assert len(desk.service.desk.stack.all()) == 1
        assert desk.item("st-1").note == ""
        await desk.kill()
        assert desk.ask("anna", "stage", key="one", **DRIVE) == first
        assert desk.refused("anna", "unstage", key="two", stage="st-7")
        desk.done("anna", "stage", **DRIVE)
        # The answer of a key is its own, whatever is so later; of somebody else's key it is not.
        assert desk.refused("anna", "unstage", key="two", stage="st-7")
        assert desk.refused("ben", "stage", key="one", **DRIVE).startswith("ben does not hold")

    at_the_desk(tmp_path, flight)


def test_the_stack_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ground.mission_control.service.stack.MOST", 2)
    monkeypatch.setattr("ground.mission_control.service.stack.REMEMBERED", 1)

    async def flight(desk: Desked) -> None:
        for _ in range(2):
            desk.done("anna", "stage", **DRIVE)
        assert "full: allowed are 2" in desk.refused("anna", "stage", **DRIVE)
        desk.done("anna", "release", stages=["st-1", "st-2"])
        assert [item.stage for item in desk.service.desk.stack.all()] == ["st-2"]
        assert desk.done("anna", "stage", **DRIVE)["stage"] == "st-3"
        await desk.kill()
        assert desk.done("anna", "stage", **DRIVE)["stage"] == "st-4"

    at_the_desk(tmp_path, flight)


def deep(levels: int) -> Any:
    return [] if levels == 1 else [deep(levels - 1)]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "allowed are finite numbers"),
        ([{"x": float("-inf")}], "allowed are finite numbers"),
        (deep(7), "nested deeper than 8 levels"),
    ],
)
def test_what_no_record_could_hold_is_no_request(value: Any, why: str) -> None:
    """It stood in the record, and neither the journal nor the record could be read again."""
    plain = {"do": "stage", "vehicle": "rover", "command": "drive_to", "arguments": {"x": value}}
    with pytest.raises(NoRequest, match=why):
        read_request(plain)


def test_eight_levels_are_no_more_than_is_allowed() -> None:
    plain = {"do": "stage", "vehicle": "rover", "command": "drive", "arguments": {"x": deep(6)}}
    read_request(plain)


@pytest.mark.parametrize("at_ns", [2**61 + 1, -(2**63), 2**63 - 1])
def test_an_instant_beyond_all_missions_is_no_request(at_ns: int) -> None:
    with pytest.raises(NoRequest, match="values"):
        read_request({"do": "values", "at_ns": at_ns})
