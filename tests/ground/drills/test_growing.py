"""A campaign that is broken off leaves the records of all that was flown."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from ground.drills.campaign import Campaign, tasks_of
from ground.drills.drill import Drill
from ground.drills.growing import GrowingRecords, alone_in
from ground.drills.results import RECORDS, SUMMARY, Summary, read_results, write_results
from tests.ground.drills.test_reports import record, shown


class Crew:
    """Flies nothing: answers for each job in turn, and is interrupted after so many."""

    def __init__(self, until: int, interrupted: Callable[[], None]) -> None:
        self._until, self._interrupted = until, interrupted

    def fly(self, batches: Any) -> Iterator[Any]:
        numbers = [job.number for batch in batches for job in batch.jobs]
        for count, number in enumerate(numbers):
            if count == self._until:
                self._interrupted()
            yield number, record("PASS")


def broken_off(
    folder: Path, drill: Drill, until: int, said: list[str], look: Callable[[], None]
) -> None:
    def interrupted() -> None:
        look()
        raise KeyboardInterrupt

    campaign = Campaign(Crew(until, interrupted), 1, folder)  # type: ignore[arg-type]
    tasks = tasks_of([drill], seeds=[1, 2, 3, 4])
    with GrowingRecords(folder, campaign, tasks, "msr drill x", said.append):
        campaign.fly(tasks)


@pytest.mark.parametrize("until", [0, 1, 3])
def test_who_interrupts_a_campaign_finds_what_was_done(
    tmp_path: Path, good: Drill, until: int
) -> None:
    write_results(tmp_path, [shown("PASS")], Summary(notes=["of an earlier one"]))
    said: list[str] = []
    seen: list[int] = []

    def look() -> None:
        """What a kill that nobody hears of would leave."""
        seen.append(len(read_results(tmp_path, "--from")))
        assert not (tmp_path / SUMMARY).exists()

    with pytest.raises(KeyboardInterrupt):
        broken_off(tmp_path, good, until, said, look)
    assert seen == [until] and len(read_results(tmp_path, "--from")) == until
    summary = msgspec.json.decode((tmp_path / SUMMARY).read_bytes(), type=Summary)
    assert summary.notes == [f"broken off: {until} of 4 were flown"]
    assert sum(summary.counts.values()) == until
    assert said == [f"{summary.notes[0]}; their records: {tmp_path / RECORDS}"]


def test_one_that_comes_to_its_end_is_said_by_who_writes_it(tmp_path: Path, good: Drill) -> None:
    said: list[str] = []
    broken_off(tmp_path, good, 99, said, lambda: None)
    assert said == [] and not (tmp_path / SUMMARY).exists()
    assert len(read_results(tmp_path, "--from")) == 4


def test_two_campaigns_do_not_share_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with alone_in(folder):
        refused = pytest.raises(ConfigurationError, match="--out another campaign of drills is")
        with refused, alone_in(folder):
            pass
        with alone_in(folder.parent), alone_in(tmp_path / "other"):
            pass
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == [], "one that has left nothing leaves no folder"
    with alone_in(folder):
        (folder / "kept").touch()
    with alone_in(folder):
        pass
    assert (folder / "kept").exists()
