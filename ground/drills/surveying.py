"""Flies a scenario as it goes when nothing breaks, and writes down what is done in it."""

import time

from flight.configuration.scratch_folder import ScratchFolder
from flight.icd.messages import EventReport, Message
from flight.runtime.loop import NANOSECONDS, VirtualLoop
from flight.runtime.loop import run as run_loop
from ground.drills.invariants_of_truth import unknown_tubes
from ground.drills.phases import PhaseClock
from ground.drills.scenario import Scenario
from ground.drills.survey import Calls, Step, Survey
from ground.drills.traffic import hear_traffic
from ground.missions.run_folder import RunFolder
from ground.testbed.checks.mission import check_mission
from ground.testbed.host import Setting
from ground.testbed.hosts.virtual import Virtual, VirtualHost
from ground.testbed.run import Run, RunOptions
from sim_hw.faults.kind import TargetKind

SPACING = 60.0  # s of mission time between two looks at the work done
MOST_WORK = 20_000
KEPT_CALLS = 400
"""Calls of one method whose times are kept; of more, every second one is dropped."""
Key = tuple[TargetKind, str, str, str]


class _Surveyor:
    """Watches one nominal flight."""

    def __init__(self, run: Run, survey: Survey) -> None:
        self._run, self._survey = run, survey
        self._loop: VirtualLoop
        self._clock = PhaseClock(run)
        self._calls: dict[Key, Calls] = {}
        self._skip: dict[Key, int] = {}
        self._hears = False

    def begin(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._run.observers.append(self._hear)
        loop.watch(self._look, round(SPACING * NANOSECONDS))

    def _hear(self, message: Message) -> None:
        if not self._hears:  # the hardware is there when the first node has booted
            self._hears = True
            self._run.hardware.called.append(self._called)
            hear_traffic(self._run, self._used)
        if not isinstance(message, EventReport):
            return
        now = self._loop.time()
        self._clock.look(now)
        field = {"mode_changed": "after", "booted": "mode"}.get(message.name)
        if field is not None:
            state = str(message.data.get(field, ""))
            self._survey.steps.append(Step(now, message.source, state, self._clock.phase))
            self._see_tubes(now)
        else:
            self._survey.events.append((now, message.source, message.name))
        if message.severity.startswith(("WARNING", "FATAL")):
            self._survey.warnings.append((now, message.source, f"{message.name}: {message.text}"))

    def _look(self) -> None:
        survey, now = self._survey, self._loop.time()
        self._clock.look(now)
        if self._hears:
            self._see_tubes(now)
        if len(survey.work) < MOST_WORK or now - survey.work_times[-1] > 100.0 * SPACING:
            survey.work_times.append(now)
            survey.work.append(self._loop.callbacks)

    def _see_tubes(self, now: float) -> None:
        seen, unknown = self._survey.unknown, unknown_tubes(self._run)
        if unknown != (seen[-1][1] if seen else []):
            seen.append((now, unknown))

    def _called(self, service: str, method: str) -> None:
        self._used("device", service, method)

    def _used(self, sort: TargetKind, name: str, what: str) -> None:
        key = (sort, name, what, self._clock.phase)
        calls = self._calls.get(key)
        if calls is None:
            calls = self._calls[key] = Calls(*key[1:], times=[], sort=sort)
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
        survey.calls = list(self._calls.values())
        survey.work_times.append(survey.ended)
        survey.work.append(self._loop.callbacks)


def survey_of(scenario: Scenario, seed: int) -> Survey:
    """Flies a scenario to its end, without any fault."""
    started = time.perf_counter()
    mission = scenario.mission
    survey = Survey(scenario=str(mission.file), seed=seed)
    with ScratchFolder("survey-") as home:
        folder = RunFolder(home / "run")
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
