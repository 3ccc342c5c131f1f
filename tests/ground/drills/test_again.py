"""Drills of an earlier campaign: the files as they were then, and the command for one of them."""

from pathlib import Path

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from ground.drills.campaign import Campaign, tasks_of
from ground.drills.drill import Drill
from ground.drills.growing import GrowingRecords
from ground.drills.record import Judged
from ground.drills.replay import tasks_from
from ground.drills.results import Shown
from ground.drills.telling import again, told_of
from ground.drills.variants import load_variants
from tests.ground.drills.test_reports import record


class NotFlying:
    """A campaign in which nothing is flown."""

    seconds = 0.0
    on_judged = None


def recorded(drill: Drill, folder: Path) -> list[Shown]:
    """A campaign of one drill in a folder, as if it had been flown."""
    (task,) = tasks_of([drill])
    campaign: Campaign = NotFlying()  # type: ignore[assignment]
    with GrowingRecords(folder, campaign, [task], "msr drill", print):
        pass
    flown = msgspec.structs.replace(record("PASS"), drill=drill.name, file=str(drill.file))
    judged = Judged(verdict="PASS", because=[], record=flown)
    return [Shown(told=told_of(task.drill, task.job), judged=judged)]


def test_what_is_flown_again_is_the_file_as_it_was(good: Drill, tmp_path: Path) -> None:
    text = good.file.read_text()
    out = tmp_path / "out"
    before = recorded(good, out)
    good.file.write_text(text.replace("horizon: 0.5 sol", "horizon: 1 sol"))
    for records in (out, out / "records.jsonl"):
        (task,) = tasks_from(before, records)
        assert task.drill.horizon == good.horizon and task.job.text == text
    good.file.unlink()
    assert tasks_from(before, out)[0].drill.name == good.name


def test_of_records_that_keep_no_files_it_is_todays(good: Drill, tmp_path: Path) -> None:
    before = recorded(good, tmp_path / "out")
    text = good.file.read_text()
    good.file.write_text(text.replace("horizon: 0.5 sol", "horizon: 1 sol"))
    (task,) = tasks_from(before, tmp_path / "elsewhere.jsonl")
    assert task.drill.horizon == load_variants(good.file)[0].horizon != good.horizon
    good.file.unlink()
    with pytest.raises(ConfigurationError, match="there is no such file"):
        tasks_from(before, tmp_path / "elsewhere.jsonl")


def test_the_command_says_how_it_was_flown(good: Drill) -> None:
    (task,) = tasks_of([good], (3,), alone=True, off=("watchdog",))
    assert again(good, task.job).endswith("--seeds 3 --without watchdog --alone")
    branch = msgspec.structs.replace(task.job, alone=False)
    assert "--alone" not in again(good, branch)
    assert "--alone" not in again(good, msgspec.structs.replace(task.job, bench="desk"))
