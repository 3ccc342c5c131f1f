"""A run under way in a test, to be broken and looked at: what the pytest plugin's fixtures are.

The test's loop is the run's clock: to wait is to fly on. Nothing is forked, so that a test sees the
run between any two of its steps.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from flight.configuration.sections import Section, load_section
from flight.icd.expression_values import check_expression
from flight.icd.expressions import parse_expression
from flight.icd.messages import Message
from flight.runtime.loop import NANOSECONDS, VirtualLoop
from flight.runtime.nursery import Nursery
from ground.drills.asking import Asked
from ground.drills.awaiting import Awaited
from ground.drills.happenings import Happening, read_happening
from ground.drills.invariant import Invariant
from ground.drills.invariants import ALWAYS_ON, INVARIANTS
from ground.drills.reading import Span
from ground.drills.scenario import Scenario, load_scenario
from ground.drills.sight import Sight
from ground.drills.watch import LOOK
from ground.missions.run_folder import RunFolder
from ground.testbed.hardware.hardware import load_vehicle_files
from ground.testbed.host import Setting
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.run import Run, RunOptions
from sim_hw.faults.fault import Hit
from sim_hw.faults.reading import read_fault


class Injected:
    """One fault that a test has put into its run."""

    def __init__(self, run: Run, identifier: str) -> None:
        self._run, self.identifier = run, identifier

    @property
    def hits(self) -> list[Hit]:
        """What it has changed so far; of many hits not all are kept."""
        return [hit for hit in self._run.faults.hits if hit.fault == self.identifier]

    @property
    def count(self) -> int:
        """How often it has hit."""
        return self._run.faults.counts.get(self.identifier, 0)

    def heal(self) -> None:
        """Ends it now."""
        self._run.faults.heal(self.identifier)


class Bench:
    """One run in one test; there is one at a time."""

    def __init__(self, folder: Path) -> None:
        self.run: Run
        self._folder = folder
        self._scenario: Scenario
        self._sight: Sight
        self._waiting: list[tuple[Awaited, asyncio.Future[None]]] = []
        self._asked: list[Asked] = []
        self._invariants: dict[str, Invariant] = {}
        self._holding: dict[str, bool] = {}
        self._broken: list[str] = []
        self._number = 0

    @contextlib.asynccontextmanager
    async def fly(
        self, scenario: str, *, seed: int = 1, without: Sequence[str] = ()
    ) -> AsyncIterator[Run]:
        """A run of a scenario that flies on while the test waits, and ends with the block.

        `without`: protections that are switched off. Raises AssertionError at the end for what did
        not hold: the invariants, and what the test expects always.
        """
        loop = asyncio.get_running_loop()
        if not isinstance(loop, VirtualLoop):
            raise RuntimeError(
                "a drill needs a loop in virtual time: see docs/how-to/drills-in-pytest.md"
            )
        self._scenario = load_scenario(scenario)
        self._number += 1
        folder, off = RunFolder(self._folder / f"run-{self._number}"), tuple(without)
        mission = self._scenario.mission
        with folder.in_use():
            setting = Setting(mission, load_vehicle_files(mission), folder, seed, off)
            options = RunOptions(seed, protections_off=off)
            self.run = Run(setting, options, Virtual(in_memory=True))
            self._sight = Sight(self.run, self._scenario.vocabulary, self._holding)
            composed = asyncio.Event()
            self.run.observers.append(lambda message: composed.set())
            async with Nursery("drill") as nursery:
                nursery.start(self.run.fly(), name="run")
                await composed.wait()
                self._watch(loop)
                yield self.run
                self._end()
                nursery.cancel()
        if self._broken:
            raise AssertionError("\n".join(self._broken))

    # ------------------------------------------------------------------ watching

    def _watch(self, loop: VirtualLoop) -> None:
        self._asked, self._broken = [], []  # what was expected of a run before ended with its block
        self._invariants = {name: INVARIANTS[name](self.run) for name in ALWAYS_ON}
        self._holding.update(dict.fromkeys(self._invariants, True))
        self.run.observers.append(self._hear)
        loop.watch(self._look, round(LOOK * NANOSECONDS))

    def _hear(self, message: Message) -> None:
        self._judge(lambda invariant: invariant.hear(message))
        self._settle(lambda awaited: awaited.hear(message) or awaited.poll())
        self._look()

    def _look(self) -> None:
        self._judge(lambda invariant: invariant.look())
        self._settle(lambda awaited: awaited.poll())
        for asked in self._asked:
            if asked.look():
                self._broken.append(f"{asked.text} did not hold at {self.run.now():.3f} s")

    def _judge(self, ask: Callable[[Invariant], str]) -> None:
        for name, invariant in self._invariants.items():
            found = ask(invariant) if self._holding[name] else ""
            if found:
                self._holding[name] = False
                self._broken.append(f"{name} did not hold at {self.run.now():.3f} s: {found}")

    def _settle(self, came: Callable[[Awaited], bool]) -> None:
        for awaited, future in self._waiting:
            if not future.done() and came(awaited):
                future.set_result(None)

    def _end(self) -> None:
        self._judge(lambda invariant: invariant.end(None))

    # ----------------------------------------------------------- what a test does

    def inject(self, **fault: Any) -> Injected:
        """Breaks something now: the keys are those of a fault in a drill file. Raises
        ConfigurationError for what has no meaning."""
        identifier = str(fault.setdefault("id", f"fault{len(self.run.faults.counts) + 1}"))
        section = self._section(fault)
        self.run.faults.arm(read_fault(section, self._scenario.targets))
        return Injected(self.run, identifier)

    async def wait_for(self, within: str, **what: Any) -> float:
        """Waits for what happens, as `within` of a drill file says it; returns the s that it took.

        Raises AssertionError when it does not within that time.
        """
        section = self._section({**what, "in": within})
        happening = read_happening(section, self._scenario.vocabulary, ("in",))
        return await self._wait(happening, section.at("in").read(Span), within)

    async def _wait(self, happening: Happening, seconds: float, within: str) -> float:
        loop = asyncio.get_running_loop()
        entry = (Awaited(happening, self._sight), loop.create_future())
        begun = loop.time()
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(seconds):
                await entry[1]
        except TimeoutError:
            raise AssertionError(f"{happening} did not come within {within}") from None
        finally:
            self._waiting.remove(entry)
        return loop.time() - begun

    def holds(self, text: str) -> bool | None:
        """Whether an expression is true now; None: that is not known."""
        return self._ask(text, True).ask()

    def always(self, text: str) -> None:
        """From now on the expression must hold."""
        self._asked.append(self._ask(text, True))

    def never(self, text: str) -> None:
        """From now on the expression must not hold."""
        self._asked.append(self._ask(text, False))

    def _ask(self, text: str, wanted: bool) -> Asked:
        expression = parse_expression(text)
        check_expression(expression, self._scenario.vocabulary.symbol)
        for name in expression.names:
            if name in INVARIANTS and name not in self._invariants:
                self._invariants[name] = INVARIANTS[name](self.run)
                self._holding[name] = True
        return Asked(expression, wanted, self._sight)

    def _section(self, plain: dict[str, Any]) -> Section:
        self._number += 1
        file = self._folder / f"said-{self._number}.yaml"
        file.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
        return load_section(file)
