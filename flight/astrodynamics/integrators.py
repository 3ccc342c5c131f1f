"""Fixed-step Runge-Kutta integration on plain tuples, stepped onto phase ends and events.

A step that straddles a jump of the right-hand side (burnout, staging, touchdown) loses the
method's order. So a phase is divided into equal steps that end exactly at its end, and an event
is located on the very step that crosses it: the state handed back is one Runge-Kutta step from a
grid point, as accurate as the others.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flight.astrodynamics.search import crossing

State = tuple[float, ...]
Derivative = Callable[[float, State], Sequence[float]]
"""Rate of change of the state at a time."""
Observer = Callable[[float, State], None]
"""Told every grid point, the first and the last included."""

_EVENT_TOLERANCE_OF_STEP = 1.0e-12


@dataclass(frozen=True)
class Event:
    """Something that happens where a function of time and state crosses zero."""

    name: str
    function: Callable[[float, State], float]
    direction: int = 0
    """+1 only when rising through zero, -1 only when falling, 0 either way."""


@dataclass(frozen=True)
class Arrival:
    """Where an integration stopped, and which event stopped it (None: the end was reached)."""

    time: float
    state: State
    event: Event | None


@dataclass(frozen=True)
class Phase:
    """A stretch of time with one smooth right-hand side."""

    name: str
    derivative: Derivative
    duration: float
    maximum_step: float
    at_end: Callable[[State], State] | None = None
    """Jump of the state when the phase ends, such as dropping a stage's mass."""


def rk4_step(derivative: Derivative, time: float, state: State, step: float) -> State:
    """One step of the classical Runge-Kutta method of order 4."""
    half = 0.5 * step
    k1 = derivative(time, state)
    k2 = derivative(time + half, tuple([y + half * k for y, k in zip(state, k1, strict=True)]))
    k3 = derivative(time + half, tuple([y + half * k for y, k in zip(state, k2, strict=True)]))
    k4 = derivative(time + step, tuple([y + step * k for y, k in zip(state, k3, strict=True)]))
    sixth = step / 6.0
    return tuple(
        [
            y + sixth * (a + 2.0 * (b + c) + d)
            for y, a, b, c, d in zip(state, k1, k2, k3, k4, strict=True)
        ]
    )


def step_count(duration: float, maximum_step: float) -> int:
    """Number of equal steps, none longer than `maximum_step`, that fill a duration.

    Raises ValueError for a negative duration or a step that is not positive.
    """
    if not (duration >= 0.0 and maximum_step > 0.0):
        raise ValueError(f"cannot fill {duration} s with steps of {maximum_step} s")
    # Without the margin 0.3 / 0.1 would make four steps.
    return math.ceil(duration / maximum_step * (1.0 - 1.0e-12))


def integrate(
    derivative: Derivative,
    start: float,
    state: State,
    end: float,
    maximum_step: float,
    observe: Observer | None = None,
) -> State:
    """State at exactly `end`, in equal steps no longer than `maximum_step`."""
    return integrate_to_event(derivative, start, state, end, maximum_step, (), observe).state


def integrate_to_event(
    derivative: Derivative,
    start: float,
    state: State,
    end: float,
    maximum_step: float,
    events: Sequence[Event],
    observe: Observer | None = None,
) -> Arrival:
    """Integrate to the first of the events, or to `end`.

    An event that is exactly zero at the start has happened already and does not stop the
    integration there. Two crossings of one event within a single step go unseen.
    """
    count = step_count(end - start, maximum_step)
    time = start
    values = [event.function(time, state) for event in events]
    if observe is not None:
        observe(time, state)
    for index in range(count):
        next_time = start + (end - start) * (index + 1) / count if index + 1 < count else end
        next_state = rk4_step(derivative, time, state, next_time - time)
        next_values = [event.function(next_time, next_state) for event in events]
        arrival = _first_event(derivative, time, state, next_time, events, values, next_values)
        if arrival is not None:
            if observe is not None:
                observe(arrival.time, arrival.state)
            return arrival
        time, state, values = next_time, next_state, next_values
        if observe is not None:
            observe(time, state)
    return Arrival(time, state, None)


def integrate_phases(
    phases: Sequence[Phase], start: float, state: State, observe: Observer | None = None
) -> tuple[float, State]:
    """Time and state after a row of phases, each stepped onto its end."""
    time = start
    for phase in phases:
        end = time + phase.duration
        state = integrate(phase.derivative, time, state, end, phase.maximum_step, observe)
        if phase.at_end is not None:
            state = phase.at_end(state)
        time = end
    return time, state


def _first_event(
    derivative: Derivative,
    time: float,
    state: State,
    next_time: float,
    events: Sequence[Event],
    before: Sequence[float],
    after: Sequence[float],
) -> Arrival | None:
    """The earliest event between two grid points, located on the step from the first."""
    step = next_time - time
    earliest: Arrival | None = None
    for event, value, next_value in zip(events, before, after, strict=True):
        if not _crosses(value, next_value, event.direction):
            continue

        def along_step(part: float, event: Event = event) -> float:
            return event.function(time + part, rk4_step(derivative, time, state, part))

        part = crossing(along_step, 0.0, step, _EVENT_TOLERANCE_OF_STEP * step)
        if earliest is None or time + part < earliest.time:
            there = rk4_step(derivative, time, state, part)
            earliest = Arrival(time + part, there, event)
    return earliest


def _crosses(before: float, after: float, direction: int) -> bool:
    rising = before < 0.0 <= after
    falling = before > 0.0 >= after
    return (rising and direction >= 0) or (falling and direction <= 0)
