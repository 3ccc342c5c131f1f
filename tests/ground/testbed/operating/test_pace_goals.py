"""A run stands at what is told: an event when it is heard, a command when it has its verdict; at
that very instant, also at full speed."""

from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ground.missions.run_folder import read_archive
from ground.testbed.operating.pace_goal import PaceGoal, Told
from ground.testbed.operating.run_control import SetPace
from ground.testbed.record.inputs import InputRefused
from tests.ground.testbed.operating.operated import Act, Crew, asks, enough, fly, until

pytestmark = [pytest.mark.mission, pytest.mark.xdist_group("pace goals")]

HOUR = 3600.0
END = 8.0 * HOUR
SET: dict[str, Any] = {"do": "pace", "rate": None}


def goes_until(**told: str) -> Act:
    """As the control socket does it."""

    def act(crew: Crew) -> None:
        server = crew.host._server
        assert server is not None
        answer = server._answer(msgspec.convert(SET | {"told": told}, SetPace))
        crew.seen.setdefault("answers", []).append(answer)

    return act


def stands(crew: Crew) -> None:
    """Where it stands is noted."""
    assert crew.host._server is not None
    crew.seen.setdefault("stood", []).append((crew.loop.time(), crew.host._server.told_of_goal()))




def test_it_stands_where_the_event_is_heard_and_where_a_command_is_over(tmp_path: Path) -> None:
    crew = Crew(
        until(0.0),
        goes_until(vehicle="perseverance", event="booted"),
        stands,
        asks("anna", "authority_take", vehicle="lander"),
        asks("anna", "stage", vehicle="lander", command="report_status"),
        asks("anna", "release", stages=["st-1"]),
        lambda crew: goes_until(verdict=crew.answers[-1]["result"]["identifiers"][0])(crew),
        stands,
        goes_until(vehicle="perseverance", event="bootd"),
        goes_until(vehicle="moon", event="booted"),
        goes_until(verdict="mc-9-99999"),
        lambda crew: goes_until(verdict=crew.answers[2]["result"]["identifiers"][0])(crew),
        until(END),
        enough,
    )
    fly(tmp_path / "run", crew)
    (heard, none), (over, _) = crew.seen["stood"]
    assert none is None
    events = events_of(tmp_path / "run")
    assert heard == events["perseverance", "booted"]
    assert heard < over < END
    good, ours, *refused = crew.seen["answers"]
    assert good["told"] == "perseverance booted" and ours["told"].startswith("the verdict of mc-")
    assert [each["ok"] for each in refused] == [False] * 4
    words = [each["refused"] for each in refused]
    assert "bootd" in words[0] and "'moon'" in words[1] and "no such command" in words[2]
    assert "has its verdict already: COMPLETED" in words[3]


def events_of(folder: Path) -> dict[tuple[str, str], float]:
    """When each event was heard first."""
    archive = read_archive(folder)
    assert archive is not None
    with closing(archive):
        rows = archive.execute("SELECT source, name, MIN(received_ns) FROM events GROUP BY 1, 2")
        return {(source, name): time / 1e9 for source, name, time in rows}


@pytest.mark.parametrize(
    "told",
    [
        {}, {"event": "booted"}, {"vehicle": "rover"},
        {"event": "booted", "vehicle": "rover", "verdict": "mc-1"}, {"verdict": "x" * 121},
        {"verdict": "mc-1", "name": "x"},
    ],
)  # fmt: skip
def test_what_says_nothing_or_two_things_is_refused(told: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(SET | {"told": told}, SetPace)


def test_where_nothing_is_heard_it_cannot_stand_at_that() -> None:
    goal = PaceGoal(lambda: None, lambda: None)
    goal.check(None)
    with pytest.raises(InputRefused, match="mission control is down"):
        goal.check(Told(vehicle="rover", event="booted"))
