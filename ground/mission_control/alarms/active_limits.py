"""Which limits hold for which vehicle: by its phase, or as somebody has chosen.

A vehicle's phase is told by its state. A state that no set is named for (safe, say) tells nothing
of the phase, and a vehicle that is silent tells none: what was in force stays. When a set comes
into force, what the vehicle measured was allowed to be otherwise a moment ago. So until it has had
time to settle, a value is judged by the set under which it looks best; what is wrong by all of them
is wrong, and going to and fro between two phases raises nothing. A person's choice holds at once.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from flight.configuration.allowed_values import choices_words
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.alarms.limit_sets import (
    BY_PHASE,
    ON_BOARD,
    ChannelLimits,
    LimitSets,
    State,
    judge,
)
from ground.mission_control.dictionary.dictionary import Band, Dictionary

RANKS: tuple[State, ...] = ("NONE", "OK", "YELLOW", "RED")


@dataclass
class Phase:
    """What a vehicle's state has put in force, since when by its own stamp (ns of mission time).

    `settling`: sets that were in force before, and until when a value may be as they allow."""

    name: str = ON_BOARD
    mode: str = ""
    since_ns: int | None = None
    settling: dict[str, int] = field(default_factory=dict)


class ActiveLimits:
    """The sets that are in force. `decide` is a person's choice, `begin` a vehicle's new phase;
    done again in order, after a restart, they come to the same."""

    def __init__(self, sets: LimitSets, dictionary: Dictionary) -> None:
        self._sets = sets
        self._dictionary = dictionary
        self.name = BY_PHASE if sets.phases else ON_BOARD
        """What is chosen for all vehicles for which nothing is chosen by hand."""
        self._since: int | None = None
        self._by_hand: dict[str, tuple[str, int | None]] = {}  # of a vehicle: set, since when
        self._phases: dict[str, Phase] = {}
        self._states = {
            vehicle: {state: name for name, states in sets.items() for state in states}
            for vehicle, sets in sets.phases.items()
        }
        self._history: dict[str, tuple[list[int], list[str]]] = {
            vehicle: ([], []) for vehicle in dictionary.vehicles
        }
        self._chosen: tuple[list[int], list[str]] = ([], [])
        self._first = self.name

    @property
    def names(self) -> list[str]:
        """All that can be chosen."""
        first = [BY_PHASE, ON_BOARD] if self._sets.phases else [ON_BOARD]
        return [*first, *self._sets.sets]

    def in_force(self, vehicle: str, at_ns: int | None = None) -> str:
        """The set by which a vehicle is judged, now or as it was known at an instant."""
        if at_ns is not None:
            times, names = self._history.get(vehicle, ([], []))
            place = bisect_right(times, at_ns)
            return names[place - 1] if place else ON_BOARD  # at first no phase is known
        chosen = self._choice(vehicle)[0]
        return self.phase(vehicle) if chosen == BY_PHASE else chosen

    def chosen(self, at_ns: int | None = None) -> str:
        """What is chosen for all vehicles, now or as it was at an instant."""
        if at_ns is None:
            return self.name
        place = bisect_right(self._chosen[0], at_ns)
        return self._chosen[1][place - 1] if place else self._first

    def phase(self, vehicle: str) -> str:
        """The set that a vehicle's phase would have in force, also where another is chosen."""
        return self._phases[vehicle].name if vehicle in self._phases else ON_BOARD

    def _choice(self, vehicle: str) -> tuple[str, int | None]:
        """What is chosen for a vehicle, and since when."""
        return self._by_hand.get(vehicle, (self.name, self._since))

    # --------------------------------------------------------------- what puts in force

    def decide(self, name: str, vehicle: str = "", at_ns: int = 0) -> None:
        """Puts a set in force, for one vehicle or for all; raises ValueError with those that there
        are."""
        if name not in self.names:
            raise ValueError(f"name = {name!r}: {choices_words(name, self.names)}")
        if not vehicle:
            self.name, self._since = name, at_ns
            self._by_hand.clear()
            self._chosen[0].append(at_ns)
            self._chosen[1].append(name)
        elif name == self.name:  # as all others
            self._by_hand.pop(vehicle, None)
        else:
            self._by_hand[vehicle] = (name, at_ns)
        self._remember(at_ns)

    def entered(self, vehicle: str, mode: Any) -> str | None:
        """The set that a vehicle's state puts in force anew; None: the one that was stays."""
        states = self._states.get(vehicle)
        if states is None or not isinstance(mode, str):
            return None
        phase = self._phases.setdefault(vehicle, Phase())
        if mode == phase.mode:
            return None
        phase.mode, state = mode, mode
        while state not in states:
            state, dot, _ = state.rpartition(".")
            if not dot:
                return None
        return states[state] if states[state] != phase.name else None

    def begin(self, vehicle: str, name: str, mode: str, since_ns: int, at_ns: int) -> None:
        """A vehicle is in another phase, since an instant of its stamps; known here at `at_ns`.
        A set that the file has no more is none."""
        if name not in self.names:
            return
        phase = self._phases.setdefault(vehicle, Phase())
        wait = 0.0 if name == ON_BOARD else self._sets.sets[name].settling_seconds
        until = since_ns + round(wait * NANOSECONDS)
        phase.settling[phase.name] = max(until, phase.settling.get(phase.name, until))
        phase.settling.pop(name, None)
        phase.name, phase.mode, phase.since_ns = name, mode, since_ns
        self._remember(at_ns)

    def settled(self, vehicle: str, stamp_ns: int) -> bool:
        """Whether a set before need not be looked at any more, by a vehicle's newest stamp."""
        phase = self._phases.get(vehicle)
        if phase is None or not phase.settling:
            return False
        over = [name for name, until in phase.settling.items() if stamp_ns >= until]
        for name in over:
            del phase.settling[name]
        return bool(over)

    def _remember(self, at_ns: int) -> None:
        for vehicle, (times, names) in self._history.items():
            now = self.in_force(vehicle)
            if now != (names[-1] if names else ON_BOARD):
                times.append(at_ns)
                names.append(now)

    # ------------------------------------------------------------------------ judging

    def of_set(self) -> dict[tuple[str, str], ChannelLimits]:
        """The limits that the sets in force have of their own, by vehicle and channel."""
        found = {}
        for name, each in self._sets.sets.items():
            for path, limits in each.limits.items():
                vehicle, _, channel = path.partition(".")
                if self.in_force(vehicle) == name:
                    found[vehicle, channel] = limits
        return found

    def own(self, vehicle: str, channel: str) -> ChannelLimits | None:
        """The limits of the set in force for a channel; None where it says nothing of it."""
        return self._of(self.in_force(vehicle), vehicle, channel)

    def _of(self, name: str, vehicle: str, channel: str) -> ChannelLimits | None:
        if name not in self._sets.sets:
            return None
        return self._sets.sets[name].limits.get(f"{vehicle}.{channel}")

    def _bands(self, name: str, vehicle: str, channel: str) -> tuple[Band, Band]:
        own = self._of(name, vehicle, channel)
        if own is not None:
            return own.yellow, own.red
        known = self._dictionary.vehicles.get(vehicle)
        entry = None if known is None else known.channels.get(channel)
        return ((None, None), (None, None)) if entry is None else (entry.yellow, entry.red)

    def bands(self, vehicle: str, channel: str) -> tuple[Band, Band]:
        """Yellow and red of a channel, by the set in force and else by the dictionary."""
        return self._bands(self.in_force(vehicle), vehicle, channel)

    def state(
        self, vehicle: str, channel: str, value: Any, at_ns: int | None = None
    ) -> State:
        """A value beside its limits, now or by those of an instant; NONE: there is no value."""
        if at_ns is not None:
            return judge(value, *self._bands(self.in_force(vehicle, at_ns), vehicle, channel))
        names = (self.in_force(vehicle), *self._settling(vehicle))
        found = (judge(value, *self._bands(name, vehicle, channel)) for name in names)
        return min(found, key=RANKS.index)

    def judged(self, vehicle: str, channel: str, value: Any) -> State | None:
        """What the ground's own limits say of a value; None: they say nothing of the channel. As
        long as a vehicle settles, what a set before had no limits for is not wrong."""
        own = self.own(vehicle, channel)
        if own is None:
            return None
        found = judge(value, own.yellow, own.red)
        for name in self._settling(vehicle):
            before = self._of(name, vehicle, channel)
            by_it = "OK" if before is None else judge(value, before.yellow, before.red)
            found = min(found, by_it, key=RANKS.index)
        return found

    def _settling(self, vehicle: str) -> tuple[str, ...]:
        """Sets by which a value may still look good."""
        if self._choice(vehicle)[0] != BY_PHASE or vehicle not in self._phases:
            return ()
        return tuple(self._phases[vehicle].settling)

    # ------------------------------------------------------------------------- telling

    def plain(self) -> dict[str, Any]:
        """What is chosen, the limits of the sets in force, all sets with what they say, and for
        each vehicle which is in force, by what, and since when."""
        first = {name: _CHOICES[name] for name in self.names if name in _CHOICES}
        return {
            "name": self.name,
            "sets": first | {name: each.doc for name, each in self._sets.sets.items()},
            "limits": {
                f"{vehicle}.{channel}": {"yellow": list(each.yellow), "red": list(each.red)}
                for (vehicle, channel), each in self.of_set().items()
            },
            "vehicles": {vehicle: self._told(vehicle) for vehicle in self._history},
        }

    def _told(self, vehicle: str) -> dict[str, Any]:
        phase = self._phases.get(vehicle, Phase())
        chosen, since = self._choice(vehicle)
        by_phase = chosen == BY_PHASE
        return {
            "set": self.in_force(vehicle),
            "by": "phase" if by_phase else "hand",
            "since_ns": phase.since_ns if by_phase else since,
            "mode": phase.mode,
            "settling": sorted(self._settling(vehicle)),
        }


_CHOICES = {
    BY_PHASE: "each vehicle by the phase that it is in",
    ON_BOARD: "the limits of the dictionary",
}
