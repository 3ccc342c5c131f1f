"""Limits of what the desk keeps and lets pass, exactly met and one beyond."""

import dataclasses
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ground.mission_control.archive.archive import Archive, ArchiveError
from ground.mission_control.procedures.checks import StepChecks
from ground.mission_control.service.requests.procedures import attach
from ground.mission_control.service.service import Service
from ground.mission_control.views.history import Value


@pytest.mark.parametrize(("size", "kept"), [(65_536, True), (65_537, False)])
def test_data_of_an_event_are_kept_up_to_64_kib(size: int, kept: bool) -> None:
    added: list[dict[str, Any]] = []
    heard: list[str] = []
    journal = SimpleNamespace(add=lambda *given, data, **more: added.append(data))
    desk = SimpleNamespace(journal=journal, simulation=None)
    event: Any = SimpleNamespace(
        name="n", severity="ACTIVITY_LO", text="t", time_ns=1, number=2, boot=3, source="rover",
        data={"x": "y" * (size - len('{"x":""}'))},
    )  # fmt: skip
    Service._event(SimpleNamespace(desk=desk, _heard=heard.append), event)  # type: ignore[arg-type]
    assert ("data" in added[0]) is kept and heard == ["rover"]


@pytest.mark.parametrize("version", [1, 2, 5])
def test_an_archive_of_another_version_is_refused_before_anything_is_written(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "archive.sqlite"
    Archive(path).close()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (4,)
        database.execute(f"PRAGMA user_version = {version}")
    database.close()
    with pytest.raises(ArchiveError, match=f"is of version {version}; allowed is 4"):
        Archive(path)


def test_what_was_known_is_not_changed_afterwards() -> None:
    value = Value("rover", "charge", 0.5, 1, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.value = 0.6  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "vehicles", "refused"),
    [
        ("lander", {"rover"}, True), ("rover", {"rover"}, False), (None, {"rover"}, False),
        ("stranger", {"rover"}, False), ("lander", None, False), ("lander", set(), True),
    ],
)  # fmt: skip
def test_a_vehicle_that_the_mission_has_not_is_refused(
    name: str | None, vehicles: set[str] | None, refused: bool
) -> None:
    said: list[str] = []

    def refuse(key: str, problem: str) -> Exception:
        said.append(problem)
        return ValueError(problem)

    checks: Any = SimpleNamespace(
        _vehicles=vehicles, _dictionary=SimpleNamespace(vehicles={"rover": 1, "lander": 2})
    )
    source: Any = SimpleNamespace(refuse=refuse)
    if refused:
        with pytest.raises(ValueError, match="the mission has no such vehicle"):
            StepChecks._check_vehicle(checks, name, "steps[0].vehicle", source)
    else:
        StepChecks._check_vehicle(checks, name, "steps[0].vehicle", source)
        assert said == []


def test_side_procedures_are_told_too_those_that_run_and_those_that_begin_later() -> None:
    told: list[tuple[Any, ...]] = []

    def runner() -> Any:
        return SimpleNamespace(
            handling=SimpleNamespace(on_change=None, may=None), on_step=None, key="k",
            cursor=SimpleNamespace(position=4, visit=1),
        )  # fmt: skip

    side: Any = SimpleNamespace(
        runs=[SimpleNamespace(name="drill", run=7)], runners={7: runner()}, on_runner=None
    )
    main = runner()
    desk: Any = SimpleNamespace(
        control=SimpleNamespace(runner=main, side_procedures=side), snapshots={},
        journal=SimpleNamespace(add=lambda *given, **more: told.append((*given, more["data"]))),
        authority=SimpleNamespace(holder=lambda vehicle: "anna" if vehicle == "rover" else ""),
    )  # fmt: skip
    attach(desk)
    later = runner()
    side.on_runner("later", later)
    for each, name in ((side.runners[7], "drill"), (later, "later")):
        each.handling.on_change("paused", "anna", {"why": "w"})
        assert told.pop() == (
            "proc", "paused", {"procedure": name, "position": 4, "why": "w"}
        )  # fmt: skip
        assert each.handling.may("rover", "bert") == "anna holds rover, not bert"
        assert each.handling.may("rover", "anna") == each.handling.may("lander", "bert") == ""
    assert main.on_step is not None and "proc" in desk.snapshots
