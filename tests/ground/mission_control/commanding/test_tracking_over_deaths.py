"""What the ground knows of a command is the same after a death of its own as before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import CommandReport, Rung
from tests.ground.mission_control.commanding.test_tracking import (
    ASK_AFTER,
    ATTEMPTS,
    FIRST,
    MARGIN,
    Ground,
)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    ground = Ground(tmp_path)
    yield ground
    ground.archive.close()


def heard_and_kept(ground: Ground, rung: Rung, detail: str = "", **more: Any) -> None:
    source = more.pop("source", "mav")
    report = CommandReport("a", source, rung, ground.now_ns(), detail, **more)
    ground.archive.add_rung(report, ground.now_ns())
    ground.tracker.report(report)


def known(ground: Ground) -> list[Any]:
    a = ground["a"]
    figures = (a.attempts, a.unanswered, a.sent_ns, a.expected_ns, a.end_ns)
    return [a.status, a.rung, a.detail, a.late, a.verdict, *figures]


def test_a_death_at_any_instant_leaves_what_is_known_of_a_command(ground: Ground) -> None:
    """One at work that tells twice how far it is, is asked, answers, is late, and answers again."""
    long = ASK_AFTER + 50_000.0
    ground.issue("a", deadline=long)
    story: list[tuple[float, Any]] = [
        (10.0, lambda: None),
        (FIRST + MARGIN, lambda: ground.tracker.check()),  # late: sent again
        (40_000.0, lambda: heard_and_kept(ground, Rung.STARTED, "begun")),
        (41_000.0, lambda: heard_and_kept(ground, Rung.PROGRESS, "a third")),
        (42_000.0, lambda: heard_and_kept(ground, Rung.PROGRESS, "two thirds")),
        (42_500.0, lambda: heard_and_kept(ground, Rung.ACCEPTED, "a copy that came late")),
        (42_600.0, lambda: heard_and_kept(ground, Rung.COMPLETED, source="rover")),
        (41_000.0 + ASK_AFTER + MARGIN, lambda: ground.tracker.check()),  # asked, and not late
        (260_000.0, lambda: heard_and_kept(ground, Rung.PROGRESS, "two thirds", repeated=True)),
        (260_000.0 + ASK_AFTER + MARGIN, lambda: ground.tracker.check()),
        (260_000.0 + long + 30_600.0 + FIRST + MARGIN, lambda: ground.tracker.check()),  # late
        (600_000.0, lambda: heard_and_kept(ground, Rung.PROGRESS, "nearly", repeated=True)),
    ]
    seen = []
    for instant, happens in story:
        ground.now = instant
        happens()
        before, told = known(ground), len(ground.told)
        ground.die()
        ground.tracker.resume()
        assert known(ground) == before, instant
        assert len(ground.told) == told, "nothing has happened"
        seen.append(before[0])
    assert seen == [
        "SENT", "LATE", "STARTED", "PROGRESS", "PROGRESS", "PROGRESS", "PROGRESS", "PROGRESS",
        "PROGRESS", "PROGRESS", "LATE", "PROGRESS",
    ]  # fmt: skip
    assert ground["a"].detail == "nearly"


def test_a_vehicle_at_work_is_not_given_up_sooner_for_a_death_of_the_ground(ground: Ground) -> None:
    ground.issue("a", deadline=40 * ASK_AFTER)
    ground.now = 40_000.0
    heard_and_kept(ground, Rung.STARTED)
    ground.die()
    ground.tracker.resume()
    for _ in range(3 * ATTEMPTS):
        ground.check_at(ground.now + ASK_AFTER + MARGIN)
        assert (ground["a"].status, ground["a"].verdict) == ("STARTED", None)
    assert len(ground.left) == 1 + 3 * ATTEMPTS
