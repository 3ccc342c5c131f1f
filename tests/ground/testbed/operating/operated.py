"""People at a run that is held back: at each stop of it the next of them does something.

`python -m tests.ground.testbed.operating.operated RECORD FOLDER MISSION SECONDS` flies a record up
to an instant, and prints the hash.
"""

import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

from flight.runtime.throttled_loop import Descriptors
from ground.mission_control import Outcome
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.hosts.throttled import Throttled, ThrottledHost
from ground.testbed.operating.asking import Ask, Asking, Poll
from ground.testbed.record.session import read_session
from ground.testbed.run import RunOptions

Act = Callable[["Crew"], None]


class Crew(Descriptors):
    """A wall that people act at, through what the control socket has behind it."""

    def __init__(self, *acts: Act) -> None:
        super().__init__()
        self.acts = list(acts)
        self.loop: Any = None
        self.host: ThrottledHost
        self.answers: list[dict[str, Any]] = []
        self.seen: dict[str, Any] = {}

    def serve(self, seconds: float) -> None:
        if self.acts and (self.loop is None or self.loop.pace.rate == 0.0):
            self.acts.pop(0)(self)

    @property
    def asking(self) -> Asking:
        assert self.host._server is not None
        return self.host._server.asking

    def asks(self, user: str, request: dict[str, Any], key: str, session: str = "") -> None:
        ask = Ask(user, request, session=session or f"session of {user}", key=key)
        self.asking.ask(ask, self.answers.append)

    def poll(self, journal: int = 0, telemetry: int = 0, limit: int = 500) -> dict[str, Any]:
        return self.asking.poll(Poll(journal, telemetry, limit))


def until(seconds: float) -> Act:
    """Lets the run go on to an instant, as fast as it goes."""
    return lambda crew: crew.loop.set_pace(inf, round(seconds * 1e9))


def enough(crew: Crew) -> None:
    """Ends the run here: what comes later is of no interest. No input, as the pace is none."""
    crew.host._happenings.procedure_ended(Outcome("failed", "enough was seen", []))
    go(crew)


def go(crew: Crew) -> None:
    """Lets the run go on to its end."""
    crew.loop.set_pace(inf)


def asks(user: str, do: str, session: str = "", key: str = "", **fields: Any) -> Act:
    """A person asks for something, under a key of its own."""

    def act(crew: Crew) -> None:
        crew.asks(user, {"do": do, **fields}, key or f"k{len(crew.answers)}", session)

    return act


def crewed(crew: Crew, **options: Any) -> Throttled:
    """The host of a run with a crew."""

    class Host(ThrottledHost):
        async def __aenter__(self) -> Any:
            crew.host = self
            return await super().__aenter__()

    class Kind(Throttled):
        def loop(self) -> Any:
            crew.loop = super().loop()
            return crew.loop

        def open(self, setting: Any, happenings: Any) -> ThrottledHost:
            return Host(setting, happenings, self)

    return Kind(pace=0.0, outside=crew, in_memory=True, **options)


def fly(out: Path, crew: Crew, mission: str = "surface", **options: Any) -> RunRecord:
    """Flies with a crew; all of them have acted when it is over."""
    kind = crewed(crew, **options)
    record = fly_mission(load_mission(mission), out, RunOptions(), kind)
    assert crew.acts == []
    return record


def fly_again(record: Path, out: Path, end: float, mission: str = "surface") -> RunRecord:
    """Flies from a record up to an instant, with nobody there but who ends it."""
    crew = Crew(until(end), enough)
    return fly(out, crew, mission, session=read_session(record), serve=False)


if __name__ == "__main__":
    given = sys.argv[1:]
    flown = fly_again(Path(given[0]), Path(given[1]), float(given[3]), given[2])
    print(flown.figures.log_sha256)
