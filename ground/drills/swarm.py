"""A swarm: drills drawn from what the flight really does, spread evenly over its phases.

Each breaks one to three things for a while, heals them all, and then the flight has to go on: the
next milestone of the nominal flight within one and a half times its time. The thresholds stand
here, not with those who fly.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from flight.core.chart.statechart import is_inside
from flight.runtime.streams import stream
from ground.drills.drill import Drill
from ground.drills.generated import write_drill
from ground.drills.invariants import INVARIANTS, SURVIVED
from ground.drills.phases import PHASES
from ground.drills.scenario import Scenario
from ground.drills.survey import Step, Survey
from ground.drills.swarm_faults import Choice, choices_in, needed, plain_fault

SLACK = 1.5
"""Times the nominal time until the next milestone, from when all is healed."""
FAULTS = (0.7, 0.9, 1.0)
"""Up to which draw there is one fault, two, three."""
LASTS = {
    "entry": (0.2, 10.0), "surface": (30.0, 20_000.0), "loading": (10.0, 10_000.0),
    "ascent": (0.2, 10.0), "rendezvous": (10.0, 7_000.0), "cruise": (3_600.0, 400_000.0),
    "earth": (1.0, 7_000.0),
}  # fmt: skip
"""s that a fault lasts, in each phase."""
LEAD = {"entry": 2.0, "ascent": 1.0}
"""s at most from the start of a drill to the call that is meant; 60 s in other phases."""
AHEAD = {"entry": 10.0, "ascent": 5.0, "earth": 600.0}
"""s that a milestone is ahead of the healing at least; two sols in other phases: where the ground
has to look and to answer, a pass that is missed costs most of a sol."""
TWO_SOLS = 177_550.0
MILESTONES = (
    ("lander", "landed"), ("lander", "landed.operating"), ("rover", "surface.idle"),
    ("rover", "surface.docked"), ("arm", "ready.idle"), ("mav", "loading"), ("mav", "sealed"),
    ("mav", "ready"), ("mav", "prepared"), ("mav", "launching"), ("mav", "in_orbit"),
    ("orbiter", "determining"), ("orbiter", "rendezvous.phasing"), ("orbiter", "holding"),
    ("orbiter", "loaded"), ("orbiter", "departing"), ("orbiter", "cruise"),
    ("orbiter", "approach"), ("orbiter", "released"), ("entry", "landed"),
)  # fmt: skip
"""States whose entering says that the campaign goes on."""
DETECTABLE = (
    "not_a_number", "dropout", "out_of_range", "intermittent", "delayed", "stale_stamp",
)  # fmt: skip
"""Kinds by which a sensor shows of itself that it is not to be trusted."""
TRIES = 40  # draws until a fault is one that a file may have
PER_TRUNK = 150  # drills that share a trunk


def trunk_seeds(seed: int, count: int) -> list[int]:
    """The seeds of the flights from which a swarm of so many drills branches."""
    draw = stream(seed, "swarm/trunks")
    return [draw.randrange(1, 2**31) for _ in range(max(1, round(count / PER_TRUNK)))]


@dataclass
class Swarm:
    """Draws the drills of one swarm, each from the survey of its own trunk. The same seed and
    surveys draw the same."""

    scenario: Scenario
    surveys: Sequence[Survey]
    seed: int
    folder: Path
    _counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _choices: dict[tuple[int, str], list[Choice]] = field(default_factory=dict)

    def drills(self, count: int) -> list[Drill]:
        """So many drills, evenly over the phases that the scenario has."""
        return [self.drill(number) for number in range(count)]

    def drill(self, number: int, again: int = 0) -> Drill:
        """One of them; `again`: drawn anew, as what was drawn before had no effect."""
        phases = [phase for phase in PHASES if phase in self.surveys[0].phases]
        phase = phases[number % len(phases)]
        trunk = self.surveys[number // len(phases) % len(self.surveys)]
        name = f"swarm-{self.seed}-{number:04d}" + (f"-{again}" if again else "")
        draw = stream(self.seed, f"swarm/{number}/{again}")
        last: ConfigurationError | None = None
        for _ in range(TRIES):
            plain = self._plain(number, phase, trunk, draw)
            if plain is None:
                continue
            try:
                return write_drill(self.folder, name, plain)
            except ConfigurationError as error:
                last = error  # figures that have no meaning there: others are drawn
        raise last or ConfigurationError(
            str(self.scenario.mission.file), None, "", f"nothing can be broken in the phase {phase}"
        )

    # ------------------------------------------------------------------ drawing

    def _plain(
        self, number: int, phase: str, trunk: Survey, draw: random.Random
    ) -> dict[str, Any] | None:
        choices = self._of_phase(trunk, phase)
        first = self._least_covered(phase, choices, draw)
        begin, end = trunk.span(phase)
        call = draw.choice(first.times) if first.times else draw.uniform(begin, end)
        lead = min(draw.uniform(0.0, LEAD.get(phase, 60.0)), max(0.0, call - begin))
        start = call - lead
        anchor = _anchor(trunk, start)
        faults, healed = [], 0.0
        for index, choice in enumerate(_with_others(first, choices, call, phase, draw)):
            until = lead if index == 0 else choice.next_call(start) - start
            lasts = max(_duration(phase, draw), needed(choice))
            faults.append(plain_fault(index + 1, choice, until, lasts, draw))
            healed = max(healed, until + lasts)
        heal = round(healed + 0.001, 3)
        milestone = _milestone(trunk, start + heal, phase)
        if anchor is None or milestone is None:
            return None
        key = (phase, *first.cell)
        self._counts[key] = self._counts.get(key, 0) + 1
        limit = round(SLACK * (milestone.time - start - heal), 3)
        always = [name for name in INVARIANTS if name not in SURVIVED]
        if _spares(faults):
            always.append("no_vehicle_lost")
        return {
            "format": 1,
            "title": f"Swarm {self.seed}, {number}: {phase}, {first.cell[0]} at {first.target}",
            "scenario": self.scenario.mission.name,
            "seed": trunk.seed,
            "start": anchor,
            "horizon": f"{heal + limit + 1.0:.3f} s",
            "faults": faults,
            "always": always,
            "heal": {
                "at": f"{heal:.3f} s",
                "then": {
                    "state": f"{milestone.vehicle}.{milestone.state}",
                    "in": f"{limit:.3f} s",
                },
            },
        }

    def _of_phase(self, trunk: Survey, phase: str) -> list[Choice]:
        key = (trunk.seed, phase)
        if key not in self._choices:
            self._choices[key] = choices_in(phase, trunk.calls, self.scenario.targets)
        found = self._choices[key]
        if not found:
            raise ConfigurationError(
                str(self.scenario.mission.file), None, "", f"nothing is used in the phase {phase}"
            )
        return found

    def _least_covered(self, phase: str, every: list[Choice], draw: random.Random) -> Choice:
        """One of the kinds and targets that have been drawn least so far."""
        least = min(self._counts.get((phase, *choice.cell), 0) for choice in every)
        return draw.choice([c for c in every if self._counts.get((phase, *c.cell), 0) == least])


def _duration(phase: str, draw: random.Random) -> float:
    """s that a fault lasts: short ones as likely as long ones."""
    shortest, longest = LASTS[phase]
    return round(shortest * float((longest / shortest) ** draw.random()), 3)


def _with_others(
    first: Choice, every: list[Choice], call: float, phase: str, draw: random.Random
) -> list[Choice]:
    """The first, and at times one or two more of what is called soon after."""
    drawn = draw.random()
    count = next(number for number, share in enumerate(FAULTS, 1) if drawn <= share)
    if count == 1:
        return [first]
    soon = LASTS[phase][0] * 10.0
    others = [c for c in every if c.cell != first.cell and c.next_call(call) <= call + soon]
    return [first, *(draw.choice(others) for _ in range(min(count - 1, len(others))))]


def _anchor(trunk: Survey, start: float) -> dict[str, Any] | None:
    """When a drill starts, told by the last step of the flight before: robust, and short to fly."""
    before = [step for step in trunk.steps if step.time <= start]
    if not before:
        return None
    last = before[-1]
    nth = sum(1 for s in before if (s.vehicle, s.state) == (last.vehicle, last.state))
    delay = max(0.0, start - last.time)
    return {
        "at": {"state": f"{last.vehicle}.{last.state}"}, "nth": nth, "delay": f"{delay:.3f} s",
    }  # fmt: skip


def milestones(trunk: Survey) -> list[Step]:
    """The milestones of a flight: the steps by which one of them is entered, from outside."""
    found: list[Step] = []
    states: dict[str, str] = {}
    for step in trunk.steps:
        before = states.get(step.vehicle, "")
        states[step.vehicle] = step.state
        for vehicle, state in MILESTONES:
            entered = is_inside(step.state, state) and not is_inside(before, state)
            if vehicle == step.vehicle and entered:
                found.append(Step(step.time, vehicle, state, step.phase))
    return found


def _milestone(trunk: Survey, after: float, phase: str) -> Step | None:
    """The next milestone that is far enough ahead; the last one where none is."""
    later = [step for step in milestones(trunk) if step.time >= after]
    least = after + AHEAD.get(phase, TWO_SOLS)
    return next((step for step in later if step.time >= least), later[-1] if later else None)


def _spares(faults: Sequence[dict[str, Any]]) -> bool:
    """Whether no vehicle may be lost by them: a single fault of a single sensor."""
    return len(faults) == 1 and faults[0]["kind"] in DETECTABLE
