"""How long a bench holds mission time back: while something works, and while a loop goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.testbed.bench import opening
from ground.testbed.bench.file import RealtimeFile, load_bench
from ground.testbed.bench.pace import PacedBench

EFFECTORS, PERIOD = "mav.effectors", 0.02


class Loop:
    """A clock that a test moves, and the timers that were asked for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Any]] = []
        self.pace = SimpleNamespace(rate=inf, until_ns=None, wall_of=lambda ns: 0.0)

    def time(self) -> float:
        return self.now

    def time_ns(self) -> int:
        return round(self.now * 1e9)

    def call_later(self, seconds: float, work: Any) -> Any:
        self.timers.append((self.now + seconds, work))
        return SimpleNamespace(cancel=lambda: None)

    def set_pace(self, rate: float) -> None:
        self.pace.rate = rate

    def go_on(self, seconds: float) -> None:
        """What is due by then is done."""
        until = self.now + seconds
        while self.timers and min(self.timers)[0] <= until:
            due = min(self.timers)
            self.timers.remove(due)
            self.now = due[0]
            due[1]()
        self.now = until


class Paced(PacedBench):
    def __init__(self) -> None:
        _, bench = load_bench("nozzle_on_a_pty")
        device = bench.devices[EFFECTORS]
        assert device.loop is not None and device.loop.period == PERIOD
        self.loop = Loop()
        self._bench_loop: Any = self.loop
        self._bench: Any = SimpleNamespace(
            bench=bench, is_live=True, outside=SimpleNamespace(now=lambda: 0.0)
        )
        self.works: list[bool] = []
        self.evidence: Any = SimpleNamespace(
            began=lambda *told: None, work=lambda on: self.works.append(on)
        )
        self.port: Any = SimpleNamespace(missing=False, at_work=False)
        self._broken = {}
        self._begin_pace(bench, inf)

    def called(self, *, anew: bool = False) -> None:
        """A call that is answered at once."""
        self._begun(EFFECTORS, "steer", 1, anew)
        self.port.at_work = True
        self._keep_pace()
        assert self.loop.pace.rate == 1.0
        self.port.at_work = False
        self._keep_pace()


def test_a_loop_that_goes_on_is_waited_for_and_let_go_when_it_has_ended() -> None:
    paced = Paced()
    for _ in range(10):
        paced.called()
        paced.loop.go_on(PERIOD)
    assert paced.loop.pace.rate == 1.0
    paced.loop.go_on(2.5 * PERIOD)
    assert paced.loop.pace.rate == inf


def test_the_floor_is_measured_while_something_works_or_a_loop_goes_on() -> None:
    paced = Paced()
    paced._keep_pace()
    assert paced.works == [False], "nothing has worked yet"
    paced.called(anew=True)
    assert paced.works[-1] is True, "the next cycle of the loop is waited for"
    paced.loop.go_on(10.0)
    assert paced.works[-1] is False
    paced.loop.pace.until_ns = 10**18  # on a person's way to an instant, all that is asked counts
    paced.port.at_work = True
    paced._keep_pace()
    assert paced.works[-1] is True


def test_one_that_is_seldom_told_the_same_holds_nobody_up_between_two_calls() -> None:
    """Just as far apart as a loop may be, it is one; a little farther, it is none."""
    paced = Paced()
    for apart, rate in ((0.2, inf), (2.5 * PERIOD + 1e-6, inf), (2.5 * PERIOD - 1e-6, 1.0)):
        paced.loop.go_on(10.0)
        paced.called()
        paced.loop.go_on(apart)
        paced.called()
        assert paced.loop.pace.rate == rate


def test_one_that_is_told_anew_is_waited_for_until_it_is_there() -> None:
    paced = Paced()
    paced.called(anew=True)
    paced.loop.go_on(0.99)
    assert paced.loop.pace.rate == 1.0
    paced.loop.go_on(0.02)
    assert paced.loop.pace.rate == inf


def test_a_run_is_ahead_of_other_programs_as_long_as_it_is_held_and_no_longer() -> None:
    paced = Paced()
    said: list[str] = []
    paced._ahead = SimpleNamespace(  # type: ignore[assignment]
        take=lambda: said.append("ahead"), leave=lambda: said.append("as any"),
        end=lambda: said.append("over"),
    )  # fmt: skip
    for _ in range(3):
        paced.called()
        paced.loop.go_on(PERIOD)
    assert said[-1] == "ahead" and paced.loop.pace.rate == 1.0
    paced.loop.go_on(2.0)
    assert said[-1] == "as any" and paced.loop.pace.rate == inf
    paced._end_pace()
    paced._end_pace()
    assert said[-1] == "over" and said.count("over") == 1


def test_what_a_bench_requires_and_the_machine_does_not_permit_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    @contextmanager
    def machine(priority: int) -> Iterator[list[str]]:
        asked.append(priority)
        yield refused

    monkeypatch.setattr(opening, "real_time", machine)
    refused: list[str] = []
    opening.check_realtime(Path("desk.yaml"), RealtimeFile(True, 50))
    refused = ["SCHED_FIFO is not permitted"]
    words = r"SCHED_FIFO is not permitted; or take realtime\.required out"
    with pytest.raises(ConfigurationError, match=words):
        opening.check_realtime(Path("desk.yaml"), RealtimeFile(True, 50))
    assert asked == [50, 50]
