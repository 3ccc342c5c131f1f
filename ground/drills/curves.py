"""Quantities over time, for the report: as they truly were, and as they were believed to be."""

from dataclasses import dataclass
from typing import Any, Literal

from flight.icd.expressions import Expression
from ground.drills.drill import Drill
from ground.drills.happenings import Holds
from ground.drills.record import Curve
from ground.drills.sight import Sight
from ground.drills.truth import BATTERY, TRUTH
from ground.drills.vocabulary import Vocabulary

MOST = 400  # points of a curve: when it is full, every second one is dropped
SHORTEST = 0.2  # s between two points, right after something has happened
WIDER = 0.03  # of the time since then: so much further apart are the later ones

PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    "lander": (
        ("truth.lander.height", "lander.descent_height"),
        ("truth.lander.descent_speed", "lander.descent_speed"),
        ("battery.lander", "lander.state_of_charge"),
    ),
    "rover": (
        ("truth.rover.east", "rover.east"),
        ("truth.rover.north", "rover.north"),
        ("battery.rover", "rover.state_of_charge"),
    ),
    "perseverance": (
        ("truth.perseverance.east", "perseverance.east"),
        ("truth.perseverance.north", "perseverance.north"),
    ),
    "mav": (("truth.mav.height", "mav.height"), ("truth.mav.speed", "mav.speed")),
    "orbiter": (("truth.orbiter.propellant", "orbiter.propellant"),),
    "arm": (("truth.tubes.container", "arm.tubes_loaded"),),
}
"""Of each vehicle: what is true, and the channel of what it believes of it."""


@dataclass
class Curves:
    """The curves of one drill."""

    sight: Sight
    curves: list[Curve]
    _since: float = 0.0
    _due: float = float("-inf")
    _stretch: float = 1.0

    def happened(self, now: float) -> None:
        """Something has happened that one wants to see closely."""
        self._since, self._due = now, float("-inf")

    def look(self, now: float) -> None:
        """Adds a point to each, when it is time."""
        if now < self._due:
            return
        self._due = now + self._stretch * max(SHORTEST, WIDER * (now - self._since))
        for curve in self.curves:
            value = self.sight.value(curve.name)
            curve.times.append(round(now, 3))
            curve.values.append(_number(value))
        if self.curves and len(self.curves[0].times) >= MOST:
            self._stretch *= 1.5
            for curve in self.curves:
                del curve.times[1::2], curve.values[1::2]


def curves_of(drill: Drill, vocabulary: Vocabulary, sight: Sight) -> Curves:
    """Those that tell of a drill: of the vehicles that its faults are at, and that it names."""
    names: dict[str, None] = {}
    for vehicle in _vehicles(drill):
        for truth, belief in PAIRS.get(vehicle, ()):
            names |= {truth: None, belief: None}
    for expression in _expressions(drill):
        names |= {n: None for n in expression.names if vocabulary.symbol(n).kind == "number"}
    known = [name for name in names if _in_play(name, vocabulary)]
    curves = [Curve(name, vocabulary.symbol(name).unit, _side(name)) for name in known]
    return Curves(sight, curves)


def _in_play(name: str, vocabulary: Vocabulary) -> bool:
    head, _, rest = name.partition(".")
    vehicle = rest.partition(".")[0] if head in (TRUTH, BATTERY) else head
    return vehicle in (*vocabulary.vehicles, "tubes", "container")


def _side(name: str) -> Literal["truth", "belief"]:
    return "truth" if name.partition(".")[0] in (TRUTH, BATTERY) else "belief"


def _vehicles(drill: Drill) -> dict[str, None]:
    found = {str(fault.target.name).partition(".")[0]: None for fault in drill.faults}
    for within in drill.within:
        vehicle = getattr(within.what, "vehicle", None)
        if vehicle is not None:
            found[vehicle] = None
    return found


def _expressions(drill: Drill) -> list[Expression]:
    awaited = [w.what.expression for w in drill.within if isinstance(w.what, Holds)]
    return [*drill.always, *drill.never, *awaited]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return float(value)
