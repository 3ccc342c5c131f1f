"""A run that has ended, looked at: what is copied of it, what is refused; it is left alone."""

import asyncio
import hashlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.messages import EventReport, Severity
from ground.mission_control.archive.archive import Archive
from ground.mission_control.archive.rows import NoRoom
from ground.missions.mission import load_mission
from ground.testbed.control_room.control_room import make_dictionary, make_program
from ground.testbed.hosts import replayed
from ground.testbed.record.inputs import InputRefused

S = 10**9


def a_run(folder: Path, *received: int) -> Path:
    """A run folder whose ground has heard events at these instants."""
    (folder / "ground").mkdir(parents=True)
    archive = Archive(folder / "ground" / "archive.sqlite")
    for number, at in enumerate(received):
        event = EventReport("rover", "woke", Severity.ACTIVITY_LO, at - S, "", {}, number, 1)
        archive.add_event(event, at)
    archive.close()
    (folder / "summary.json").write_text(json.dumps({"mission": "surface", "seed": 7, "more": 1}))
    return folder


def all_of(folder: Path) -> dict[str, str]:
    files = [each for each in folder.rglob("*") if each.is_file()]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def refusal(act: Any, *given: Any) -> str:
    with pytest.raises(ConfigurationError) as refused:
        act(*given)
    return str(refused.value)


def test_the_archive_is_copied_up_to_its_last_instant_and_the_run_is_left_as_it_is(
    tmp_path: Path,
) -> None:
    run = a_run(tmp_path / "run", 5 * S, 900 * S, 40 * S)
    before = all_of(run)
    for _ in range(2):  # one that died is started again over its own copy
        assert replayed.copy_archive(run, tmp_path / "copy") == 900 * S
    copy = Archive(tmp_path / "copy" / "ground" / "archive.sqlite")
    assert [row[0] for row in copy.rows("SELECT received_ns FROM events ORDER BY 1")] == [
        5 * S, 40 * S, 900 * S,
    ]  # fmt: skip
    copy.close()
    assert replayed.what_was_flown(run) == replayed.What("surface", 7)
    assert all_of(run) == before


def test_what_cannot_be_looked_at_is_refused_by_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = a_run(tmp_path / "empty")
    assert "nothing was heard in this run" in refusal(
        replayed.copy_archive, empty, tmp_path / "copy"
    )
    (tmp_path / "none").mkdir()
    assert "there is no archive" in refusal(
        replayed.copy_archive, tmp_path / "none", tmp_path / "copy"
    )
    torn = a_run(tmp_path / "torn", S)
    (torn / "ground" / "archive.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    assert "the archive cannot be read" in refusal(
        replayed.copy_archive, torn, tmp_path / "other"
    )
    (torn / "summary.json").write_text("{}")
    assert "session" in refusal(replayed.what_was_flown, torn)  # nor has it a record
    monkeypatch.setattr(replayed, "is_under_way", lambda run: True)
    assert "`msr console --at" in refusal(replayed.what_was_flown, torn)


@pytest.mark.parametrize("last", ["'soon'", "-1", str(2**62 + 1)])
def test_an_archive_whose_last_instant_is_none_is_refused(last: str, tmp_path: Path) -> None:
    run = a_run(tmp_path / "run", S)
    archive = sqlite3.connect(run / "ground" / "archive.sqlite")
    archive.execute(f"UPDATE events SET received_ns = {last}")
    archive.commit()
    archive.close()
    assert "the archive is damaged: its last" in refusal(
        replayed.copy_archive, run, tmp_path / "copy"
    )


@pytest.mark.parametrize("changed", [False, True])
def test_a_run_is_looked_at_whatever_its_procedure_says_by_now(
    changed: bool, tmp_path: Path
) -> None:
    program = make_program(load_mission("surface"), make_dictionary())
    run = a_run(tmp_path / "run", S)
    file = run / "ground" / "archive.sqlite"
    assert replayed.as_flown(program, file) is program  # broken off before its first step
    archive = Archive(file)
    archive.put("procedure", {"fingerprint": "0" * 64 if changed else program.fingerprint})
    archive.close()
    flown = replayed.as_flown(program, file)
    if not changed:
        assert flown is program
        return
    assert (flown.fingerprint, flown.instructions) == ("0" * 64, ())
    assert flown.title.startswith(program.title) and "others than those of" in flown.title


def test_where_the_copy_finds_no_room_the_archive_is_not_said_to_be_damaged(tmp_path: Path) -> None:
    def read() -> None:
        raise NoRoom("the disk is full")

    said = refusal(replayed._opened, tmp_path / "run", tmp_path / "copy", read)
    assert "its copy, which is what is looked at, takes no more: the disk is full" in said
    assert "damaged" not in said


@pytest.mark.parametrize("error", [TypeError("str / int"), ValueError("no JSON"), OverflowError()])
def test_what_an_archive_cannot_be_made_into_is_a_sentence(
    error: Exception, tmp_path: Path
) -> None:
    def read() -> None:
        raise error

    said = refusal(replayed._opened, tmp_path, tmp_path / "copy", read)
    assert str(tmp_path) in said and f"the archive is damaged: {type(error).__name__}" in said


def test_an_archive_that_no_ground_can_go_on_with_is_named_as_the_person_named_it(
    tmp_path: Path,
) -> None:
    run = a_run(tmp_path / "run", S)
    archive = sqlite3.connect(run / "ground" / "archive.sqlite")
    archive.execute("PRAGMA user_version = 99")
    archive.commit()
    archive.close()
    replayed.copy_archive(run, tmp_path / "copy")
    loop = replayed.StandingLoop(S)

    async def served() -> None:
        mission, standing = load_mission("surface"), replayed.Standing(loop, S)
        await replayed.serve(
            run, mission, 7, tmp_path / "copy", "demo", standing, asyncio.Event()
        )

    with pytest.raises(ConfigurationError) as refused:
        loop.run_until_complete(served())
    loop.close()
    said = str(refused.value)
    assert said.startswith(f"{run}: --replay {run / 'ground' / 'archive.sqlite'} is of version 99")
    assert "copy" not in said


def test_a_pipe_in_the_place_of_a_summary_is_not_waited_for(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run", S)
    (run / "summary.json").unlink()
    os.mkfifo(run / "summary.json")
    assert "session" in refusal(replayed.what_was_flown, run)


def test_time_stands_and_nothing_is_changed() -> None:
    loop = replayed.StandingLoop(900 * S)
    try:
        assert loop.time() == loop.time() == 900.0
        standing = replayed.Standing(loop, 900 * S)
        assert (standing.time_ns(), standing.pace.rate) == (900 * S, 0)
        with pytest.raises(ValueError, match="a replay stands"):
            standing.set_pace(1.0)
        for act in (standing.put, replayed._refuse):
            with pytest.raises(InputRefused, match="nothing is sent or changed"):
                act({})
    finally:
        loop.close()
