"""Whoever only looks changes nothing, and is told no more than goes into an answer."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.icd.codec import MAXIMUM_MESSAGE_BYTES, encode
from flight.icd.devices.ground_station import EarthLinkState
from ground.api import training
from ground.api.fields import Read
from ground.api.requests import REQUEST_TYPES
from ground.mission_control.service.requests.table import all_handlers
from tests.ground.mission_control.conftest import LIGHT_TIME, PASS_PERIOD
from tests.ground.mission_control.service.approving import DROP
from tests.ground.mission_control.service.desk_bench import ROLES, Desked, at_the_desk

DRIVE: dict[str, Any] = {
    "vehicle": "rover", "command": "drive", "arguments": {"distance": 5.0},
}  # fmt: skip
NEEDS: dict[str, dict[str, Any]] = {
    "series": {"vehicle": "rover", "channel": "charge", "t0_ns": 0, "t1_ns": 10**12},
    "dry_run": DRIVE,
    "changes": {"since_ns": 0},
    "on_board": {"vehicle": "rover"},
    "product": {"vehicle": "rover", "name": "none"},
    "fault_kinds": {"sort": "device", "target": "rover.wheels"},
}
READS = [name for name, kind in REQUEST_TYPES.items() if issubclass(kind, Read)]
CHANGES = [name for name in REQUEST_TYPES if name not in READS]
TRAINERS = [name for name in READS if REQUEST_TYPES[name].__module__ == training.__name__]
NOT_HERE = {"preview", "product", *TRAINERS} - {"checkpoints"}
"""Refused at this desk: asked of the edge, of what has not come, or of what is not simulated."""


def dump(desk: Desked) -> tuple[Any, ...]:
    """All that there is in the archive, and what waits for it."""
    archive = desk.control.archive
    waits = {table: list(rows) for table, rows in archive._rows.items()}
    return list(archive._database.iterdump()), waits, desk.service.desk.journal.last


@pytest.mark.parametrize("do", [*READS, "poll"])
def test_a_look_writes_nothing_and_leaves_what_waits_waiting(tmp_path: Path, do: str) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("anna", "stage", **DRIVE)
        desk.mode("idle", charge=0.5)
        desk.event("arrived", place="rock", left=0.5)
        before = dump(desk)
        assert any(before[1].values())  # something waits
        if do == "poll":
            assert desk.service.poll(0, 0, 500)["journal"]
        else:
            answer = desk.ask("anna" if do in TRAINERS else "eve", do, **NEEDS.get(do, {}))
            assert answer.ok is (do not in NOT_HERE), answer.refused
        assert dump(desk) == before

    at_the_desk(tmp_path, flight)


def test_a_preview_is_asked_of_the_edge(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        assert "ask its edge for it" in desk.refused("anna", "preview", commands=[DRIVE])

    at_the_desk(tmp_path, flight)


def test_every_request_has_a_handler() -> None:
    assert set(all_handlers().by_kind) == set(REQUEST_TYPES.values())


@pytest.mark.parametrize("do", CHANGES)
def test_who_only_looks_may_change_nothing(tmp_path: Path, do: str) -> None:
    needed = {
        "vehicle": "rover", "command": "drive", "stage": "st-1", "hash": "0" * 64, "note": "why",
        "why": "why", "stages": ["st-1"], "identifier": "mc-0-00001", "to": "ben", "user": "eve",
        "roles": ["operator"], "number": 1, "until_ns": 10**15, "name": "any", "step": 1,
        "prompt": "any", "answer": "go", "poll": "any", "text": "any", "version": "1",
        "fault": {}, "role": "rover",
    }  # fmt: skip
    fields = {
        field.name: needed[field.name]
        for field in msgspec.structs.fields(REQUEST_TYPES[do])
        if field.required
    }

    async def flight(desk: Desked) -> None:
        told = len(desk.entries())
        sentence = desk.refused("eve", do, **fields)
        assert "role" in sentence or "by the edge alone" in sentence
        assert [entry.topic for entry in desk.entries()[told:]] == ["audit"]
        if do != "expire":
            assert "and nothing else" in desk.refused("edge", do, **fields)

    at_the_desk(tmp_path, flight)


def test_answers_are_bounded(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        for _ in range(40):
            desk.service.desk.keep("ev", "long", data={"text": "x" * 60_000})
        seen, number = 0, 0
        while number < desk.service.desk.journal.last:
            answer = desk.done("eve", "since", number=number, limit=1000)
            assert len(encode(answer)) < MAXIMUM_MESSAGE_BYTES
            polled = desk.service.poll(number, 0, 1000)
            assert len(encode(polled)) < MAXIMUM_MESSAGE_BYTES / 2
            number = answer["entries"][-1]["n"]
            seen += len(answer["entries"])
        assert seen == number  # all of them came
        assert desk.done("eve", "since", number=10**9)["entries"] == []
        assert len(desk.done("eve", "since", limit=3)["entries"]) == 3
        authority = desk.done("eve", "since", topics=["authority"])["entries"]
        assert [entry["what"] for entry in authority] == ["taken"]

    at_the_desk(tmp_path, flight)


def test_entries_that_are_no_longer_in_memory_come_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ground.mission_control.service.journal.RECENT", 3)

    async def flight(desk: Desked) -> None:
        for number in range(10):
            desk.service.desk.keep("ev" if number % 2 else "cmd", "one", data={"i": number})
        everything = desk.entries()
        assert [entry.n for entry in everything] == list(range(1, len(everything) + 1))
        for first in range(len(everything)):
            assert desk.service.desk.journal.after(first, limit=1000) == everything[first:]
            found = desk.service.desk.journal.after(first, ("ev",), limit=2)
            expected = [entry for entry in everything[first:] if entry.topic == "ev"]
            assert found == expected[:2]

    at_the_desk(tmp_path, flight)


def test_telemetry_is_told_once_and_anew_after_a_restart(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.mode("idle", charge=0.5)
        first = desk.service.poll(0, 0, 1)
        assert {row[1]: row[2] for row in first["telemetry"]} == {"mode": "idle", "charge": 0.5}
        version = first["telemetry_version"]
        assert desk.service.poll(0, version, 1)["telemetry"] == []
        desk.mode("safe")
        changed = desk.service.poll(0, version, 1)
        assert [row[:3] for row in changed["telemetry"]] == [["rover", "mode", "safe"]]
        desk.control.archive.flush()
        await desk.kill()
        again = desk.service.poll(0, changed["telemetry_version"], 1)
        assert {row[1]: row[2] for row in again["telemetry"]} == {"mode": "safe", "charge": 0.5}

    at_the_desk(tmp_path, flight)


# ------------------------------------------------------------------------ windows


def test_the_earliest_answer_is_from_light_time_and_passes(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        told = desk.done("eve", "dry_run", **DRIVE)["estimated"]
        now = desk.control.clock.now_ns()
        assert told == {
            "earliest_sent_ns": now,
            "earliest_answer_ns": now + round(2e9 * LIGHT_TIME),  # within this pass
        }
        await desk.until(400.0)  # what leaves now comes after the pass
        told = desk.done("eve", "dry_run", **DRIVE)
        assert told["estimated"]["earliest_answer_ns"] == round(1e9 * (PASS_PERIOD + LIGHT_TIME))
        assert told["window"][0] == round(1e9 * PASS_PERIOD)
        assert told["bytes"] > 20
        assert desk.vehicle.received == []

    at_the_desk(tmp_path, flight)


def test_a_dry_run_goes_by_when_not_after_and_unit_as_staging_does(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        now = desk.control.clock.now_ns()
        for bad, words in (
            ({"when": "rover.chrage > 1"}, "when = 'rover.chrage > 1'"),
            ({"not_after": now}, f"not_after = {now}"),
        ):
            told = [desk.refused("anna", do, **DRIVE, **bad) for do in ("dry_run", "stage")]
            assert words in told[0] and told[0] == told[1]
        apart: dict[str, Any] = {**DROP, "unit": False, "lifetime": 2.0}
        [why] = desk.done("eve", "dry_run", **apart)["problems"]
        assert why.startswith("FIRE would be there") and "which lasts 2 s" in why
        assert desk.done("eve", "dry_run", **{**apart, "unit": True})["problems"] == []

    at_the_desk(tmp_path, flight)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"passes": []}, "no pass over rover is in sight"),
        ({"moratorium": True}, "the Sun stands between"),
    ],
)
def test_where_nothing_can_be_sent_nothing_is_released(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    async def flight(desk: Desked) -> None:
        status = desk.control.stations.status
        assert status is not None
        desk.control.stations.status = msgspec.structs.replace(status, **change)
        [problem] = desk.done("anna", "stage", **DRIVE)["problems"]
        assert words in problem
        assert words in desk.refused("anna", "release", stages=["st-1"])
        assert desk.control.tracker.commands() == []

    at_the_desk(tmp_path, flight)


def test_a_direct_link_needs_no_pass(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        stations = desk.control.stations
        assert stations.status is not None
        links = [EarthLinkState("rover", True, 1e3)]
        stations.status = msgspec.structs.replace(stations.status, links=links, passes=[])
        told = desk.done("eve", "dry_run", **DRIVE)
        assert told["problems"] == []
        now = desk.control.clock.now_ns()
        assert told["estimated"]["earliest_answer_ns"] == now + round(2e9 * LIGHT_TIME)
        down = [EarthLinkState("rover", False, 1e3)]
        stations.status = msgspec.structs.replace(stations.status, links=down)
        assert "no pass" in desk.done("eve", "dry_run", **DRIVE)["problems"][0]

    at_the_desk(tmp_path, flight)


def test_everybody_who_is_known_may_look() -> None:
    handlers = all_handlers().by_kind
    assert [name for name in READS if handlers[REQUEST_TYPES[name]].roles] == []
    assert set(ROLES) >= {"anna", "ben", "eve", "max"}


@pytest.mark.parametrize("do", ["values", "history", "series", "dictionary"])
def test_nothing_is_told_of_a_vehicle_that_is_not_in_this_run(tmp_path: Path, do: str) -> None:
    """An empty answer would say that nothing came of it."""

    async def flight(desk: Desked) -> None:
        more = {"channel": "mode", "t0_ns": 0, "t1_ns": 10**9} if do == "series" else {}
        said = desk.refused("eve", do, vehicle="moon", **more)
        assert said == "vehicle = 'moon': allowed is one of rover"
        if do != "series":
            desk.done("eve", do, vehicle="rover", **more)

    at_the_desk(tmp_path, flight)


def test_events_are_of_a_vehicle_or_of_the_run(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        said = desk.refused("eve", "events", source="moon")
        assert said == "source = 'moon': allowed is one of rover, run"
        for source in ("rover", "run"):
            desk.done("eve", "events", source=source)

    at_the_desk(tmp_path, flight)


@pytest.mark.parametrize(
    ("do", "name", "wrong", "meant"),
    [
        ("history", "drive", "drvie", "did you mean drive"),
        ("events", "command_unheard", "", ""),
        ("events", "booted", "bootde", "did you mean booted"),
        ("history", "drive", "zzzz", "others"),
        ("events", "booted", "zzzz", "others"),
    ],
)
def test_a_name_that_nothing_here_has_is_no_empty_answer(
    tmp_path: Path, do: str, name: str, wrong: str, meant: str
) -> None:
    async def flight(desk: Desked) -> None:
        if wrong:
            said = desk.refused("eve", do, name=wrong)
            assert said.startswith(f"name = {wrong!r}: no vehicle here has one of that name")
            assert meant in said
            desk.refused("eve", do, name=wrong, **_of_the_rover(do))
            desk.done("eve", do, name=name)  # there is one, of which nothing came yet
        else:  # what the run itself tells is in no dictionary
            assert desk.done("eve", do, name=name, source="run") == {"events": []}

    at_the_desk(tmp_path, flight)


def _of_the_rover(do: str) -> dict[str, str]:
    return {"vehicle" if do == "history" else "source": "rover"}
