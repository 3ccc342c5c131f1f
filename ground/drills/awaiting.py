"""Waits for happenings in a run that is under way, from outside."""

from collections.abc import Callable
from typing import Any

from flight.core.chart.statechart import is_inside
from flight.icd.compiled_expressions import compile_condition, looking_up
from flight.icd.expressions import Condition
from flight.icd.messages import CommandReport, EventReport, Message, Rung, Severity
from ground.drills.happenings import (
    CommandCompletes,
    EventComes,
    Happening,
    Holds,
    StateEntered,
    WarningComes,
)
from ground.drills.sight import Sight

WARNINGS = (Severity.WARNING_LO, Severity.WARNING_HI, Severity.FATAL)
_STATE_TOLD = {"mode_changed": "after", "booted": "mode"}
"""Events that tell the state of a vehicle, and by which field."""


class Awaited:
    """One happening. `hear` and `poll` tell, each time, whether it happens now."""

    def __init__(self, what: Happening, sight: Sight) -> None:
        self.what = what
        self._sight = sight
        self._was: bool | None = None
        self._now: Callable[[], bool | None] | None = None
        if isinstance(what, Holds):
            self._now = both(what.expression.asked, what.expression.during, sight)
        elif isinstance(what, StateEntered):
            self._now = lambda: sight.is_in(what.vehicle, what.state)
            self._was = self._now()

    def hear(self, message: Message) -> bool:
        """Whether a message is what was waited for."""
        match self.what:
            case EventComes(vehicle, event, fields):
                return (
                    isinstance(message, EventReport)
                    and message.source == vehicle
                    and message.name == event
                    and all(_same(message.data.get(name), value) for name, value in fields)
                )
            case WarningComes(vehicle):
                return (
                    isinstance(message, EventReport)
                    and message.source == vehicle
                    and message.severity in WARNINGS
                )
            case StateEntered(vehicle, state):
                return isinstance(message, EventReport) and self._enters(message, vehicle, state)
            case CommandCompletes(vehicle, command):
                return (
                    isinstance(message, CommandReport)
                    and message.source == vehicle
                    and message.rung is Rung.COMPLETED
                    and not message.repeated
                    and self._sight.ordered(message) == command
                )
        return False

    def _enters(self, event: EventReport, vehicle: str, state: str) -> bool:
        """Whether a vehicle says that it has come into a state: by a step, or by a boot."""
        field = _STATE_TOLD.get(event.name)
        if field is None or event.source != vehicle:
            return False
        inside = is_inside(str(event.data.get(field, "")), state)
        entered = inside and self._was is not True  # a look may have seen it before
        self._was = inside
        return entered

    def poll(self) -> bool:
        """Whether what is looked at has just come to be so: a state that is entered, an expression
        that holds."""
        if self._now is None:
            return False
        now = self._now()
        if isinstance(self.what, Holds):
            return now is True
        entered = now is True and self._was is not True
        self._was = now
        return entered


def both(asked: Condition, during: Condition | None, sight: Sight) -> Callable[[], bool | None]:
    """Whether something holds and what it is asked during, too."""
    look_up = looking_up(sight.value)
    one = compile_condition(asked, look_up, sight.symbol)
    if during is None:
        return one
    other = compile_condition(during, look_up, sight.symbol)
    return lambda: one() if other() is True else False


def _same(told: Any, wanted: Any) -> bool:
    """Whether an event tells what a file says: numbers as numbers, the rest as text too."""
    return bool(told == wanted) or str(told) == str(wanted)
