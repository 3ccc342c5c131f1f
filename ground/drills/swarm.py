"""A swarm: drills drawn from what the flight really does, spread evenly over its phases.

Each breaks one to three things for a while, heals them all, and then the flight has to go on: the
next milestone of the nominal flight within one and a half times its time, a sol of which is for a
launch that may be scrubbed. The thresholds stand here, not with those who fly.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from flight.runtime.streams import stream
from ground.drills.drill import Drill
from ground.drills.generated import text_of, write_drill
from ground.drills.hardware_drills import SENSOR
from ground.drills.invariants import INVARIANTS, SURVIVED
from ground.drills.milestones import Milestone, milestone_after, milestones, time_to
from ground.drills.phases import PHASES
from ground.drills.places import LASTS, SLACK, WORK, anchor_of
from ground.drills.scenario import Scenario
from ground.drills.survey import Survey
from ground.drills.swarm_faults import (
    CARRIED,
    Choice,
    choices_in,
    falls,
    is_borne,
    lateness,
    needed,
    plain_fault,
)
from ground.drills.swarm_flown import is_flown, standing_until

FAULTS = (0.7, 0.9, 1.0)
"""Up to which draw there is one fault, two, three."""
LEAD = {"entry": 2.0, "ascent": 1.0}
"""s at most from the start of a drill to the call that is meant; 60 s in other phases."""
LEAST_LEAD = 0.002
"""s at least: a drill file tells its start to the thousandth."""
SPARING = (*SENSOR, "intermittent", "delayed")
"""Kinds of which one at one sensor may lose no vehicle: they show of themselves, or pass."""
TRIES = 40  # draws until a fault is one that a file may have
PER_TRUNK = 500
"""Drills that share a trunk: to survey and to fly one takes as long as fifty of them."""
INSTEAD = 5
"""Other faults that are drawn for the same start: for where the first turn out to do nothing."""


def trunk_seeds(seed: int, count: int) -> list[int]:
    """The seeds of the flights from which a swarm of so many drills branches."""
    draw = stream(seed, "swarm/trunks")
    return [draw.randrange(1, 2**31) for _ in range(max(1, round(count / PER_TRUNK)))]


@dataclass(frozen=True)
class Drawn:
    """A drill that was drawn, and other drills from its start, as the texts of their files."""

    drill: Drill
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where a drill starts, in which flight, and the call that is meant to be hit first."""

    phase: str
    trunk: Survey
    start: float
    anchor: dict[str, Any]
    call: float


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
    _ahead: dict[int, list[Milestone]] = field(default_factory=dict)

    def drills(self, count: int) -> list[Drawn]:
        """So many drills, evenly over the phases that the scenario has."""
        return [self.drill(number) for number in range(count)]

    def drill(self, number: int) -> Drawn:
        """One of them; raises ConfigurationError where nothing can be broken."""
        phases = [phase for phase in PHASES if phase in self.surveys[0].phases]
        phase = phases[number % len(phases)]
        trunk = self.surveys[number // len(phases) % len(self.surveys)]
        draw = stream(self.seed, f"swarm/{number}")
        last: ConfigurationError | None = None
        for _ in range(TRIES):
            first = self._least_covered(phase, self._of_phase(trunk, phase), draw)
            place = self._place(phase, trunk, first, draw)
            plain = None if place is None else self._plain(number, place, first, draw)
            if place is None or plain is None:
                continue
            try:
                drill = write_drill(self.folder, f"swarm-{self.seed}-{number:04d}", plain)
            except ConfigurationError as error:
                last = error  # figures that have no meaning there: others are drawn
                continue
            self._count(phase, first)
            return Drawn(drill, tuple(self._instead(number, place, draw)))
        raise last or ConfigurationError(
            str(self.scenario.mission.file), None, "", f"nothing can be broken in the phase {phase}"
        )

    # ------------------------------------------------------------------ drawing

    def _place(
        self, phase: str, trunk: Survey, first: Choice, draw: random.Random
    ) -> _Place | None:
        begin, end = trunk.span(phase)
        call = draw.choice(first.begins) if first.begins else draw.uniform(begin, end)
        lead = min(draw.uniform(0.0, LEAD.get(phase, 60.0)), max(0.0, call - begin))
        if first.times and lead < LEAST_LEAD:
            return None  # made as the phase begins, and perhaps never again
        start = call - lead
        anchor = anchor_of(trunk, start)
        milestone = milestone_after(self._milestones(trunk), call, phase)
        if anchor is None or milestone is None:
            return None
        if draw.random() * trunk.work_between(start, milestone.time) > WORK:
            return None  # long ones are drawn more rarely, so that branches take about as long
        return _Place(phase, trunk, start, anchor, call)

    def _instead(self, number: int, place: _Place, draw: random.Random) -> Iterator[str]:
        """Other drills from the same start, of what is used soon after it."""
        within = 2.0 * LEAD.get(place.phase, 60.0)
        soon = [
            choice
            for choice in self._of_phase(place.trunk, place.phase)
            if choice.next_call(place.start) <= place.start + within
        ]
        for _ in range(INSTEAD if soon else 0):
            choice = self._least_covered(place.phase, soon, draw)
            plain = self._plain(number, place, choice, draw)
            if plain is not None:
                yield text_of(plain)

    def _plain(
        self, number: int, place: _Place, first: Choice, draw: random.Random
    ) -> dict[str, Any] | None:
        every = self._of_phase(place.trunk, place.phase)
        faults, healed = [], 0.0
        away: dict[str, float] = {}
        for index, choice in enumerate(_with_others(first, every, place, draw)):
            call = place.call if index == 0 and not first.times else choice.next_call(place.start)
            until = call - place.start
            lasts = max(_duration(place.phase, draw), needed(choice))
            faults.append(plain_fault(index + 1, choice, until, lasts, draw))
            healed = max(healed, until + lasts)
            begins = place.start if choice.times else call
            late = lateness(faults[-1])
            if not is_borne(choice, place.trunk.calls, begins, call + lasts, late):
                return None  # it falls to the ground with its engines shut
            if choice.sort in ("node", "store"):
                begins = call
                back = standing_until(choice, faults[-1], call, call + lasts)
                away[choice.target] = max(away.get(choice.target, 0.0), back)
                gone = back > call and choice.target == CARRIED
                if gone and falls(place.trunk.calls, call, back):
                    return None
            if not is_flown(choice, faults[-1], place.trunk.steps, begins, call + lasts):
                return None  # nobody brings it back from where it is thrown
        heal = round(healed + 0.001, 3)
        ahead = self._milestones(place.trunk)
        milestone = milestone_after(ahead, place.start + heal, place.phase)
        if milestone is None:
            return None
        if away.get(milestone.vehicle, 0.0) >= milestone.time:
            return None  # it lands, say, by itself: what is missed then comes never
        ahead_by = time_to(milestone, place.trunk, place.start, place.start + heal)
        limit = round(SLACK * ahead_by, 3)
        always = [name for name in INVARIANTS if name not in SURVIVED]
        if _spares(faults) or (len(faults) == 1 and first.comes_to_nothing):
            always.append("no_vehicle_lost")
        what = f"{first.cell[0]} at {first.target}"
        return {
            "format": 1,
            "title": f"Swarm {self.seed}, {number}: {place.phase}, {what}",
            "scenario": self.scenario.mission.name,
            "seed": place.trunk.seed,
            "start": place.anchor,
            "horizon": f"{heal + limit + 1.0:.3f} s",
            "ends": "when_met",
            "faults": faults,
            "always": always,
            "heal": {
                "at": f"{heal:.3f} s",
                "then": {**milestone.plain(), "in": f"{limit:.3f} s"},
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

    def _milestones(self, trunk: Survey) -> list[Milestone]:
        if trunk.seed not in self._ahead:
            self._ahead[trunk.seed] = milestones(trunk)
        return self._ahead[trunk.seed]

    def _least_covered(self, phase: str, every: list[Choice], draw: random.Random) -> Choice:
        """One of the kinds and targets that have been drawn least so far."""
        counts = [self._counts.get((phase, *choice.cell), 0) for choice in every]
        least = min(counts)
        return draw.choice([c for c, count in zip(every, counts, strict=True) if count == least])

    def _count(self, phase: str, choice: Choice) -> None:
        key = (phase, *choice.cell)
        self._counts[key] = self._counts.get(key, 0) + 1


def _duration(phase: str, draw: random.Random) -> float:
    """s that a fault lasts: short ones as likely as long ones."""
    shortest, longest = LASTS[phase]
    return round(shortest * float((longest / shortest) ** draw.random()), 3)


def _with_others(
    first: Choice, every: list[Choice], place: _Place, draw: random.Random
) -> list[Choice]:
    """The first, and at times one or two more of what is used soon after."""
    drawn = draw.random()
    count = next(number for number, share in enumerate(FAULTS, 1) if drawn <= share)
    if count == 1:
        return [first]
    until = place.call + LASTS[place.phase][0] * 10.0
    others = [c for c in every if c.cell != first.cell and c.next_call(place.start) <= until]
    return [first, *(draw.choice(others) for _ in range(min(count - 1, len(others))))]


def _spares(faults: Sequence[dict[str, Any]]) -> bool:
    """Whether no vehicle may be lost by them: a single fault of a single sensor."""
    return len(faults) == 1 and faults[0]["kind"] in SPARING
