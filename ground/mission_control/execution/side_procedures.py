"""Procedures that people run beside the mission's own, over restarts of the ground."""

from collections.abc import Callable

import msgspec

from flight.runtime.nursery import Nursery
from ground.mission_control.archive.archive import Archive
from ground.mission_control.execution.runner import ProcedureRunner
from ground.mission_control.execution.tools import ProcedureTools
from ground.mission_control.procedures.library import NotSo, ProcedureLibrary

STATE = "side procedures"
KEY = "procedure"
"""What the keys of their runners begin with, before the number of the run."""
MOST_AT_ONCE = 5


class SideRun(msgspec.Struct, forbid_unknown_fields=True):
    """A run of a version of a procedure; `text` is that version."""

    run: str
    name: str
    version: str
    text: str
    by: str


class SideProcedures:
    """All that were run. `on_runner` is told each runner when it is made."""

    def __init__(self, archive: Archive, library: ProcedureLibrary, tools: ProcedureTools) -> None:
        self._archive = archive
        self._library = library
        self._tools = tools
        self.runs: list[SideRun] = msgspec.convert(archive.get(STATE, []), list[SideRun])
        self.runners: dict[str, ProcedureRunner] = {}
        self._nursery: Nursery | None = None
        self.on_runner: Callable[[str, ProcedureRunner], None] = lambda name, runner: None
        for run in self.runs:
            self._make(run)

    def begin(self, nursery: Nursery) -> None:
        """Goes on with those that have not ended."""
        self._nursery = nursery
        for run in self.runs:
            runner = self.runners[run.run]
            if not runner.cursor.ended:
                nursery.start(runner.run(), name=f"procedure {run.run}")

    def start(self, name: str, by: str) -> SideRun:
        """Runs the approved version of a procedure, attended by who started it. Raises NotSo."""
        version = self._library.approved(name)
        under_way = [run for run in self.runs if not self.runners[run.run].cursor.ended]
        if any(run.name == name for run in under_way):
            raise NotSo(f"{name} runs already")
        if len(under_way) >= MOST_AT_ONCE:
            raise NotSo(f"{MOST_AT_ONCE} procedures run, and no more at once")
        if self._nursery is None:
            raise NotSo("mission control does not run yet")
        run = SideRun(f"p{len(self.runs) + 1}", name, version.version, version.text, by)
        runner = self._make(run)
        runner.handling.attend(by)
        self.runs.append(run)
        self._archive.put(STATE, msgspec.to_builtins(self.runs))
        self._nursery.start(runner.run(), name=f"procedure {run.run}")
        return run

    def newest(self, name: str) -> ProcedureRunner | None:
        """The runner of the last run of a procedure; None: it was never run."""
        found = [run for run in self.runs if run.name == name]
        return self.runners[found[-1].run] if found else None

    def _make(self, run: SideRun) -> ProcedureRunner:
        program = self._library.program(run.name, run.text)
        runner = ProcedureRunner(program, self._tools, f"{KEY} {run.run}", run.version)
        self.runners[run.run] = runner
        self.on_runner(run.name, runner)
        return runner
