"""Telemetry channels of a node: declared as class attributes, set like plain attributes.

Assigning a value stamps it; `None` says that the value is not valid. What changed is published with
the next housekeeping; limits are watched on board and a crossing is an event.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, overload

from flight.core.telling.limits import LimitMonitor, Limits, LimitTransition
from flight.runtime.pace import NANOSECONDS

T = TypeVar("T")
Band = tuple[float | None, float | None]


class Channel(Generic[T]):
    """Declares a channel: type, unit, limits and meaning."""

    def __init__(
        self,
        kind: type[T],
        *,
        unit: str = "1",
        doc: str,
        yellow: Band = (None, None),
        red: Band = (None, None),
        hysteresis: float = 0.0,
        persistence: float = 0.0,
        stale_after: float | None = None,
    ) -> None:
        self.kind = kind
        self.unit = unit
        self.doc = doc
        self.name = ""
        has_limits = yellow != (None, None) or red != (None, None)
        self.limits = (
            Limits(
                yellow=yellow,
                red=red,
                hysteresis=hysteresis,
                persistence=persistence,
                stale_after=stale_after,
            )
            if has_limits
            else None
        )

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, node: None, owner: type) -> "Channel[T]": ...

    @overload
    def __get__(self, node: Any, owner: type) -> T | None: ...

    def __get__(self, node: Any, owner: type) -> "Channel[T] | T | None":
        if node is None:
            return self
        value: T | None = node.channels.value(self.name)
        return value

    def __set__(self, node: Any, value: T | None) -> None:
        node.channels.set(self.name, value)


def declared_channels(owner: type) -> dict[str, Channel[Any]]:
    """All channels of a node class, in the order of declaration, base classes first."""
    found: dict[str, Channel[Any]] = {}
    for base in reversed(owner.__mro__):
        for name, member in vars(base).items():
            if isinstance(member, Channel):
                found[name] = member
    return found


@dataclass
class _Sample:
    value: Any = None
    time_ns: int = 0
    overridden: bool = False


@dataclass
class ChannelTable:
    """The current value of each channel of one node."""

    channels: dict[str, Channel[Any]]
    now_ns: Callable[[], int]
    clock: Callable[[], float]
    on_transition: Callable[[LimitTransition], None]
    on_change: Callable[[str], None] = lambda name: None
    _samples: dict[str, _Sample] = field(default_factory=dict)
    _monitors: dict[str, LimitMonitor] = field(default_factory=dict)
    _changed: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, channel in self.channels.items():
            self._samples[name] = _Sample()
            if channel.limits is not None:
                self._monitors[name] = LimitMonitor(
                    name, channel.limits, self.on_transition, self.clock
                )

    def value(self, name: str) -> Any:
        """The last value; None when there is none or it is not valid."""
        return self._samples[name].value

    def age(self, name: str) -> float:
        """Seconds since the channel was last set; infinite when it never was."""
        sample = self._samples[name]
        return (self.now_ns() - sample.time_ns) / NANOSECONDS if sample.time_ns else float("inf")

    def set(self, name: str, value: Any) -> None:
        """Stamps and stores a value, and watches its limits."""
        sample = self._samples[name]
        if sample.overridden:
            return
        channel = self.channels[name]
        if value is not None:
            value = channel.kind(value)
            if value != value:  # not a number: the sensor had nothing to say
                value = None
        if sample.value != value:
            self._changed[name] = None
        sample.value = value
        sample.time_ns = self.now_ns()
        monitor = self._monitors.get(name)
        if monitor is not None:
            monitor.update(None if value is None else float(value), valid=value is not None)
        self.on_change(name)

    def override(self, name: str, value: Any) -> None:
        """Pins a channel to a value (for tests and drills) until released."""
        self._samples[name].overridden = False
        self.set(name, value)
        self._samples[name].overridden = True

    def release(self, name: str) -> None:
        """Ends an override."""
        self._samples[name].overridden = False

    def take_changed(self) -> dict[str, Any]:
        """Values of all channels that changed since the last call."""
        values = {name: self._samples[name].value for name in self._changed}
        self._changed.clear()
        return values

    def snapshot(self) -> dict[str, Any]:
        """Values of all channels that were ever set."""
        return {name: s.value for name, s in self._samples.items() if s.time_ns}

    def limit_states(self) -> dict[str, str]:
        """The limit state of each channel that has limits."""
        return {name: str(monitor.check()) for name, monitor in self._monitors.items()}
