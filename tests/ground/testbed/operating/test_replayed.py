"""A run that has ended, looked at: what is copied of it, what is refused; it is left alone."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.messages import EventReport, Severity
from ground.mission_control.archive.archive import Archive
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
