"""Drills in a run that people operate: begun by a trainer, done by the crew, judged as any other.

One at a time. A drill arms its faults in the run as it is, watches until its horizon and leaves its
record and verdict in the run folder; the run goes on. What a trainer asks for is an input of the
run and holds the whole text of the drill, so that it is flown again from the record alone.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.files import ConfigurationError, configs_folder
from flight.configuration.given_texts import given_text
from flight.configuration.sections import load_section
from flight.configuration.whole_files import replace_file
from flight.icd.messages import Command, CommandReport, EventReport
from flight.runtime.loop import NANOSECONDS, VirtualLoop
from flight.runtime.participants import working_as
from ground.drills.crew import Crew
from ground.drills.debrief import debrief, write_debrief
from ground.drills.drill import Drill
from ground.drills.judging import judge
from ground.drills.phases import PhaseClock
from ground.drills.results import Shown, Told
from ground.drills.scenario import Scenario, load_scenario
from ground.drills.starting import Starting
from ground.drills.variants import CASE, allowed_cases, load_variant
from ground.drills.watch import Watch
from ground.testbed.hosts.throttled import ThrottledHost
from ground.testbed.hosts.virtual import VirtualHost
from ground.testbed.operating.drilling import RECORDS
from ground.testbed.run import Run

MOST_FILES = 500


class DrillRoom:
    """Of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._loop: VirtualLoop
        self._drill: Drill | None = None
        self._starting: Starting | None = None
        self._watch: Watch | None = None
        self._crew: Crew | None = None
        self._last: Shown | None = None
        self._prompts: list[dict[str, Any]] = []  # of the last
        self._all: list[Shown] = []

    # ---------------------------------------------------------------- files

    def catalogue(self) -> dict[str, Any]:
        """The drill files of this run's scenario, with their titles; broken ones are left out."""
        found: list[dict[str, Any]] = []
        home = configs_folder() / "drills"
        for file in sorted(home.rglob("*.yaml")):
            try:
                plain = load_section(file).plain()
            except ConfigurationError:
                continue
            if not isinstance(plain, dict) or plain.get("scenario") != self._run.mission.name:
                continue
            found.append(
                {
                    "name": file.relative_to(home).with_suffix("").as_posix(),
                    "title": str(plain.get("title", "")),
                    "cases": [*plain.get("cases", {})],
                    "steps": len(plain.get("operator") or []),
                }
            )
        return {"drills": found[:MOST_FILES]}

    def text(self, name: str) -> dict[str, Any]:
        """What a file says; raises ValueError."""
        names = [each["name"] for each in self.catalogue()["drills"]]
        if name not in names:
            raise ValueError(f"name = {name!r}: allowed is one of {', '.join(names) or 'none'}")
        file = configs_folder() / "drills" / f"{name}.yaml"
        return {"name": name, "text": file.read_text(encoding="utf-8")}

    # ------------------------------------------------------------- a drill

    def begin(self, name: str, text: str, case: str, *, now: bool, stand: bool) -> dict[str, Any]:
        """Has a drill begin where it says, or now; raises ValueError."""
        host = self._run.host
        assert isinstance(host, ThrottledHost)
        self._loop = host.held_loop
        if self._drill is not None:
            raise ValueError(f"{self._drill.name} is under way: one drill at a time")
        drill = self._read(name, text, case)
        scenario = load_scenario(drill.scenario)
        taken = [fault.id for fault, _ in self._run.faults.every()]
        for fault in drill.faults:
            if fault.id in taken:
                raise ValueError(f"fault {fault.id} was armed already: each has an id of its own")
        self._starting = Starting(
            self._run, drill, scenario, self._loop, lambda: self._begin(drill, scenario, stand)
        )
        with working_as(""):  # not of mission control, which may be held back or die
            if now:
                self._loop.between(self._starting.come)
            else:
                self._starting.wait()
        self._drill = drill
        starts = "now" if now else str(drill.start)
        return {"drill": drill.name, "title": drill.title, "starts": starts}

    def _read(self, name: str, text: str, case: str) -> Drill:
        with given_text(f"{name.rpartition('/')[2]}.yaml", text) as file:
            try:
                if allowed := allowed_cases(file, case):
                    raise ValueError(f"case = {case!r}: allowed is one of {allowed}")
                drill = load_variant(file, {CASE: case} if case else {})
            except ConfigurationError as error:
                raise ValueError(str(error).replace(f"{file.parent}/", "")) from None
        flown = load_scenario(drill.scenario).mission.name
        if flown != self._run.mission.name:
            raise ValueError(f"scenario = {drill.scenario}: {self._run.mission.name} is flown here")
        return replace(drill, file=Path(file.name))

    def _begin(self, drill: Drill, scenario: Scenario, stand: bool) -> None:
        run, loop = self._run, self._loop
        phases = PhaseClock(run)
        phases.look(loop.time())
        watch = Watch(run, drill, scenario.vocabulary, loop, phases)
        watch.let_people(self._let_people)
        watch.looks_too = True
        watch.when_over = lambda: loop.between(self._over)
        self._starting, self._watch = None, watch
        watch.begin()
        host = run.host
        if stand and isinstance(host, ThrottledHost):
            host.stand_here()

    def _let_people(self, sight: Any) -> Crew:
        assert self._drill is not None
        self._crew = Crew(self._drill.operator, sight, self._loop)
        return self._crew

    def end(self) -> dict[str, Any]:
        """Breaks off the one that waits or is under way: it is judged by what has come of it."""
        drill = self._drill
        if drill is None:
            raise ValueError("no drill waits or is under way")
        if self._watch is None:
            assert self._starting is not None
            self._starting.give_up()
            self._drill = self._starting = None
        else:
            self._watch.break_off()
        return {"drill": drill.name}

    def _over(self) -> None:
        """The watch has come to its end: the record is judged, and written down."""
        watch, drill, crew = self._watch, self._drill, self._crew
        if watch is None or drill is None or crew is None:
            return
        record = watch.record()
        host = self._run.host
        assert isinstance(host, VirtualHost)
        record.how, record.messages = "with people", host.rig.log.count
        folder = self._run.folder.path
        told = Told(
            name=drill.name, title=drill.title, requirement=drill.requirement, doc=drill.doc,
            start=str(drill.start), horizon=drill.horizon, protects=drill.protects,
            again="msr fly --from RUN_FOLDER --out FOLDER",
        )  # fmt: skip
        self._last = Shown(told=told, judged=judge(drill, record))
        self._prompts = crew.prompts(trainer=True)
        self._all.append(self._last)
        self._drill = self._watch = self._crew = None
        lines = b"".join(msgspec.json.encode(each) + b"\n" for each in self._all)
        replace_file(folder / RECORDS, lines)
        write_debrief(folder, self._all)

    def run_ends(self) -> None:
        """The run is over: so is the drill."""
        if self._watch is not None and not self._watch.over:
            self._watch.when_over = lambda: None
            self._watch.ended_by(None)
            self._over()

    # ------------------------------------------------------------- asking

    def heard(self, message: EventReport | CommandReport) -> None:
        """The ground has heard something."""
        if self._crew is not None:
            self._crew.heard(message)

    def issued(self, order: Command, user: str) -> None:
        """The ground has issued a command."""
        if self._crew is not None:
            self._crew.issued(order, user)

    def told(self, *, trainer: bool) -> dict[str, Any]:
        """The drill that waits, is under way or was the last. Until it is asked for something a
        crew is told what it would be told without that drill."""
        drill = self._drill
        prompts = [] if self._crew is None else self._crew.prompts(trainer=trainer)
        if drill is None or not (trainer or prompts):
            return self._told_of_the_last(trainer=trainer)
        told = {"state": "waiting" if self._crew is None else "under_way", "prompts": prompts}
        if not trainer:
            return told
        began = None if self._watch is None else self._watch.began
        return told | {
            "name": drill.name, "title": drill.title, "doc": drill.doc, "start": str(drill.start),
            "faults": [{"id": fault.id, "words": fault.words()} for fault in drill.faults],
            "began_ns": None if began is None else round(began * NANOSECONDS),
            "horizon_s": drill.horizon,
            "ends_ns": None if began is None else round((began + drill.horizon) * NANOSECONDS),
        }  # fmt: skip

    def _told_of_the_last(self, *, trainer: bool) -> dict[str, Any]:
        if self._last is None:
            return {"state": "none", "prompts": []}
        prompts = [each for each in self._prompts if trainer or each["asked_ns"] is not None]
        return {"state": "over", "prompts": prompts, **debrief(self._last, len(self._all))}
