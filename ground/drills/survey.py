"""The survey of a scenario: how it goes when nothing breaks.

Swarms draw what they break from what it really calls, branches are bounded by the work that it
takes, and what has to go on after a fault is what goes on here.
"""

import bisect
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from flight.core.chart.statechart import is_inside
from flight.icd.messages import EventReport, Message
from flight.runtime.loop import NANOSECONDS, VirtualLoop
from flight.runtime.loop import run as run_loop
from ground.drills.drill import AtTime, Drill
from ground.drills.happenings import EventComes, StateEntered
from ground.drills.phases import PhaseClock
from ground.drills.scenario import Scenario
from ground.missions.run_folder import RunFolder
from ground.testbed.host import Setting
from ground.testbed.mission_check import check_mission
from ground.testbed.run import Run, RunOptions
from ground.testbed.virtual_host import Virtual, VirtualHost

FORMAT = 2
SPACING = 60.0  # s of mission time between two looks at the work done
MOST_WORK = 20_000
KEPT_CALLS = 400
"""Calls of one method whose times are kept; of more, ever second one is dropped."""


class Step(msgspec.Struct, frozen=True):
    """A step of the nominal flight: when, which vehicle, which state it entered, in which phase."""

    time: float
    vehicle: str
    state: str
    phase: str


class Calls(msgspec.Struct):
    """The calls of one method of a device in one phase: how many, and when some of them were."""

    service: str
    method: str
    phase: str
    count: int = 0
    times: list[float] = []


class Survey(msgspec.Struct, kw_only=True):
    """A nominal flight. `work`: callbacks so far, at `work_times`; times in s of mission time."""

    scenario: str
    seed: int
    format: int = FORMAT
    digest: str = ""
    ended: float = 0.0
    verdict: str = ""
    sha256: str = ""
    phases: dict[str, float] = {}
    steps: list[Step] = []
    events: list[tuple[float, str, str]] = []
    warnings: list[tuple[float, str, str]] = []
    calls: list[Calls] = []
    work_times: list[float] = []
    work: list[int] = []
    wall: float = 0.0

    def work_between(self, begin: float, end: float) -> int:
        """Callbacks from one mission time to another, at the least those of one look."""
        first = max(0, bisect.bisect_right(self.work_times, begin) - 1)
        last = min(len(self.work) - 1, bisect.bisect_left(self.work_times, end))
        return self.work[last] - self.work[first] if self.work else 0

    def span(self, phase: str) -> tuple[float, float]:
        """When a phase begins and ends; raises KeyError without it."""
        begin = self.phases[phase]
        later = [time for time in self.phases.values() if time > begin]
        return begin, min(later, default=self.ended)


class _Surveyor:
    """Watches one nominal flight."""

    def __init__(self, run: Run, survey: Survey) -> None:
        self._run, self._survey = run, survey
        self._loop: VirtualLoop
        self._clock = PhaseClock(run)
        self._calls: dict[tuple[str, str, str], Calls] = {}
        self._skip: dict[tuple[str, str, str], int] = {}

    def begin(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._run.observers.append(self._hear)
        loop.watch(self._look, round(SPACING * NANOSECONDS))

    def _hear(self, message: Message) -> None:
        if not self._calls:  # the hardware is there when the first node has booted
            self._calls[("", "", "")] = Calls("", "", "")
            self._run.hardware.called.append(self._called)
        if not isinstance(message, EventReport):
            return
        now = self._loop.time()
        self._clock.look(now)
        field = {"mode_changed": "after", "booted": "mode"}.get(message.name)
        if field is not None:
            state = str(message.data.get(field, ""))
            self._survey.steps.append(Step(now, message.source, state, self._clock.phase))
        else:
            self._survey.events.append((now, message.source, message.name))
        if message.severity.startswith(("WARNING", "FATAL")):
            self._survey.warnings.append((now, message.source, f"{message.name}: {message.text}"))

    def _look(self) -> None:
        survey, now = self._survey, self._loop.time()
        self._clock.look(now)
        if len(survey.work) < MOST_WORK or now - survey.work_times[-1] > 100.0 * SPACING:
            survey.work_times.append(now)
            survey.work.append(self._loop.callbacks)

    def _called(self, service: str, method: str) -> None:
        key = (service, method, self._clock.phase)
        calls = self._calls.get(key)
        if calls is None:
            calls = self._calls[key] = Calls(*key, times=[])
        calls.count += 1
        every = self._skip.get(key, 1)
        if calls.count % every == 0:
            calls.times.append(self._loop.time())
            if len(calls.times) >= KEPT_CALLS:
                del calls.times[::2]
                self._skip[key] = 2 * every

    def end(self) -> None:
        survey = self._survey
        survey.ended = self._loop.time()
        survey.phases = dict(self._clock.began)
        survey.calls = [calls for calls in self._calls.values() if calls.service]
        survey.work_times.append(survey.ended)
        survey.work.append(self._loop.callbacks)


def survey_of(scenario: Scenario, seed: int) -> Survey:
    """Flies a scenario to its end, without any fault."""
    started = time.perf_counter()
    mission = scenario.mission
    survey = Survey(scenario=str(mission.file), seed=seed)
    with tempfile.TemporaryDirectory(prefix="msr-survey-") as home:
        folder = RunFolder(Path(home) / "run")
        with folder.in_use():
            setting = Setting(mission, check_mission(mission), folder, seed)
            run = Run(setting, RunOptions(seed), Virtual(in_memory=True))
            surveyor = _Surveyor(run, survey)
            loop = run.host.loop()
            assert isinstance(loop, VirtualLoop)
            surveyor.begin(loop)
            survey.verdict = run_loop(_flown(run, surveyor), loop)
            assert isinstance(run.host, VirtualHost)
            survey.sha256 = run.host.rig.log.sha256()
    survey.wall = time.perf_counter() - started
    return survey


async def _flown(run: Run, surveyor: _Surveyor) -> str:
    outcome = await run.fly()
    surveyor.end()
    return outcome.verdict


def start_in(survey: Survey, drill: Drill) -> float | None:
    """When a drill begins in the nominal flight, as far as that can be told; None where not."""
    at = drill.start.at
    if isinstance(at, AtTime):
        return at.seconds + drill.start.delay
    times: list[float] = []
    if isinstance(at, EventComes):
        times = [t for t, who, what in survey.events if (who, what) == (at.vehicle, at.event)]
    elif isinstance(at, StateEntered):
        times = [
            s.time for s in survey.steps if s.vehicle == at.vehicle and is_inside(s.state, at.state)
        ]
    return times[drill.start.nth - 1] + drill.start.delay if len(times) >= drill.start.nth else None


def next_step(survey: Survey, after: float, vehicles: Iterable[str]) -> Step | None:
    """The first step after a time of one of some vehicles; None when there is none."""
    wanted = tuple(vehicles)
    return next((s for s in survey.steps if s.time > after and s.vehicle in wanted), None)
