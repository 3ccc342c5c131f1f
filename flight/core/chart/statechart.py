"""The statechart of a node as a table: states, transitions, and questions about them.

Pure data. The table runs in `flight.core.chart.machine`, is checked by
`flight.core.chart.statechart_checks` and is drawn by `flight.core.chart.diagrams`.

Meaning of the table:

- The current state is always a leaf; being in a leaf means being in all states around it.
- A transition leaves the states from the leaf outwards up to the innermost state that contains
  both the leaf and the target, does its action, then enters downwards to the target and from
  there along the initial children to a leaf. A target that is the leaf itself, or a state around
  it, is left and entered again.
- A transition without target is internal: only its action runs.
- For one event, a transition of an inner state goes before one of an outer state, then the order
  of the table decides; those from `ANY` come last. The first whose guard holds is taken.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum, StrEnum
from typing import Any, Final, TypeVar

T = TypeVar("T")


class Anywhere(Enum):
    """The type of `ANY`, the source that means every leaf state."""

    ANY = "any state"


ANY: Final = Anywhere.ANY


@dataclass(frozen=True, slots=True)
class Signal:
    """One event for a statechart: its name, words about it (reason, result), what caused it, and a
    value of a type of its own."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    cause: str = ""
    carried: object = None

    @property
    def reason(self) -> str:
        """Why it was given, in words."""
        return str(self.data.get("reason", self.name))

    def given(self, kind: type[T]) -> T:
        """What it carries, of a type: the arguments of its command, or what came of the state
        before. Raises TypeError for a signal that carries nothing of the kind."""
        if not isinstance(self.carried, kind):
            carried = type(self.carried).__name__
            raise TypeError(f"signal {self.name} carries {carried}, not {kind.__name__}")
        return self.carried


class Safing(StrEnum):
    """Whether a vehicle may go to its safe state, and boot cold, from a state.

    DEFERRED: once the state is left, if there is still a reason then. FORBIDDEN: nothing is safer
    than going on; what is done about a fault there has to keep it going.
    """

    ALLOWED = "allowed"
    DEFERRED = "deferred"
    FORBIDDEN = "forbidden"


Activity = Callable[[Any, Signal], Awaitable[str | Signal | None]]
Action = Callable[[Any, Signal], None]
Guard = Callable[[Any, Signal], bool]


@dataclass(frozen=True)
class State:
    """A state, with the states inside it.

    `activity` is the long work that runs while the state is active; at its end it may post one of
    `outcomes`, or "failed". `entry` and `exit` are short plain functions.
    `safing`: whether one may go to the safe state from here; None: as the state around it says.
    `restarts`: how often in a row its activity is begun again when its software was at fault, which
    it must then be made for.
    """

    name: str
    _: KW_ONLY
    children: Iterable["State"] = ()
    initial: bool = False
    activity: Activity | None = None
    outcomes: tuple[str, ...] = ("done",)
    entry: Action | None = None
    exit: Action | None = None
    doc: str = ""
    safing: Safing | None = None
    restarts: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", tuple(self.children))
        object.__setattr__(self, "outcomes", tuple(self.outcomes))


@dataclass(frozen=True)
class On:
    """A transition: on `event`, from `source` (and all inside it) to `target`.

    `source` is a dotted path, a tuple of paths, or `ANY`; `target` is a dotted path, or None for
    an internal transition.
    """

    event: str
    source: str | tuple[str, ...] | Anywhere
    target: str | None
    _: KW_ONLY
    guard: Guard | None = None
    action: Action | None = None
    doc: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """The source paths; empty when the source is `ANY`."""
        if isinstance(self.source, Anywhere):
            return ()
        return (self.source,) if isinstance(self.source, str) else tuple(self.source)

    def __str__(self) -> str:
        source = "ANY" if self.source is ANY else " | ".join(map(str, self.sources))
        return f'"{self.event}" from {source} to {self.target or "(internal)"}'


def is_inside(path: str, container: str) -> bool:
    """Whether `path` is `container` or lies inside it."""
    return path == container or path.startswith(container + ".")


def chain(path: str) -> tuple[str, ...]:
    """The states around `path`, outermost first, with `path` itself last."""
    names = path.split(".")
    return tuple(".".join(names[: depth + 1]) for depth in range(len(names)))


class Statechart:
    """The table of states and transitions, and the questions that can be asked of it.

    Wrong tables can be built, so that `statechart_checks.check` can say all that is wrong with
    them; a `flight.core.chart.machine.Machine` refuses to run a table with structural problems.
    """

    def __init__(
        self, *states: State, transitions: Iterable[On] = (), ignored: Iterable[str] = ()
    ) -> None:
        self.top: tuple[State, ...] = states
        self.transitions: tuple[On, ...] = tuple(transitions)
        self.ignored: tuple[str, ...] = tuple(ignored)
        self.states: dict[str, State] = {}
        self.duplicates: list[str] = []
        self._collect(states, "")
        self.leaves: tuple[str, ...] = tuple(
            path for path, state in self.states.items() if not state.children
        )
        self.events: tuple[str, ...] = tuple(dict.fromkeys(on.event for on in self.transitions))
        self._candidates: dict[tuple[str, str], tuple[On, ...]] = {}

    def _collect(self, states: Iterable[State], prefix: str) -> None:
        for state in states:
            path = prefix + state.name
            if path in self.states:
                self.duplicates.append(path)
                continue
            self.states[path] = state
            self._collect(state.children, path + ".")

    def safing(self, path: str) -> Safing:
        """Whether one may go to the safe state from a state: the innermost around it that says."""
        for each in reversed(chain(path)):
            said = self.states[each].safing
            if said is not None:
                return said
        return Safing.ALLOWED

    def children_of(self, path: str | None) -> tuple[State, ...]:
        """The states directly inside `path`; those of the top level for None."""
        return self.top if path is None else tuple(self.states[path].children)

    def initial_leaf(self, path: str | None = None) -> str:
        """The leaf that entering `path` (None: the whole chart) leads to.

        Raises ValueError when `path` does not exist or a level has no initial state.
        """
        if path is not None and path not in self.states:
            raise ValueError(f'There is no state "{path}"; there are {", ".join(self.states)}.')
        children = self.children_of(path)
        if path is not None and not children:
            return path
        for child in children:
            if child.initial:
                return self.initial_leaf(f"{path}.{child.name}" if path else child.name)
        raise ValueError(f"No state {f'inside {path}' if path else 'of the chart'} is initial.")

    def transitions_from(self, leaf: str, event: str) -> tuple[On, ...]:
        """The transitions that may be taken on `event` in `leaf`, the first to try first.

        One from `ANY` is left out when the leaf is already inside its target.
        """
        key = (leaf, event)
        found = self._candidates.get(key)
        if found is None:
            if event not in self.events:  # not remembered: any name may arrive
                return ()
            found = self._candidates[key] = self._find_candidates(leaf, event)
        return found

    def _find_candidates(self, leaf: str, event: str) -> tuple[On, ...]:
        of_event = [on for on in self.transitions if on.event == event]
        ordered = [on for path in reversed(chain(leaf)) for on in of_event if path in on.sources]
        ordered += [
            on
            for on in of_event
            if on.source is ANY and (on.target is None or not is_inside(leaf, on.target))
        ]
        kept: list[On] = []
        for on in ordered:
            if not any(on is other for other in kept):
                kept.append(on)
        return tuple(kept)

    def handles(self, leaf: str, event: str) -> bool:
        """Whether any transition, guarded or not, may be taken on `event` in `leaf`."""
        return bool(self.transitions_from(leaf, event))

    def activity_states(self, leaf: str) -> list[str]:
        """The active states that own an activity when in `leaf`, outermost first."""
        return [path for path in chain(leaf) if self.states[path].activity is not None]

    def change(self, leaf: str, target: str) -> tuple[list[str], list[str]]:
        """The states left (innermost first) and entered (outermost first) from `leaf` to `target`.

        `target` may be a composite state; the states entered end with a leaf.
        """
        before, after = chain(leaf), chain(self.initial_leaf(target))
        depth_of_target = target.count(".")
        shared = 0
        while shared < min(len(before), depth_of_target) and before[shared] == after[shared]:
            shared += 1
        return list(reversed(before[shared:])), list(after[shared:])
