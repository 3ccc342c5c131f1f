"""Telemetry channels of a node: declared as class attributes, set like plain attributes.

Assigning a value stamps it; `None` says that the value is not valid. What changed is published with
the next housekeeping; limits are watched on board and a crossing is an event.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, overload

from flight.core.telling.limits import LimitMonitor, Limits, LimitTransition
from flight.icd.declarations import declared

T = TypeVar("T")
Band = tuple[float | None, float | None]


class Channel(Generic[T]):
    """Declares a channel: type, unit, limits and meaning.

    `unknown_is_normal`: that there is no value is in order, and nothing to warn of. `product`: it
    carries the pieces of a data product, which nobody looks at one by one.
    """

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
        unknown_is_normal: bool = False,
        product: bool = False,
    ) -> None:
        self.kind = kind
        self.unit = unit
        self.doc = doc
        self.name = ""
        self.unknown_is_normal = unknown_is_normal
        self.product = product
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

    def typed(self, value: Any) -> T:
        """The value in the channel's type; an int is taken for a float, and nothing else is bent.

        Raises TypeError with a sentence.
        """
        kind: Any = self.kind
        if type(value) is kind:  # nearly all are
            same: T = value
            return same
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            allowed = "a float or an int" if kind is float else f"of type {kind.__name__}"
            raise TypeError(f"channel {self.name} = {value!r}: allowed is a value {allowed}")
        plain: T = kind(value)  # a StrEnum is told as the plain text that it is
        return plain

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
    return declared(owner, Channel)


@dataclass
class _Sample:
    value: Any = None
    at: float | None = None  # monotonic; None: never set
    overridden: bool = False


@dataclass
class ChannelTable:
    """The current value of each channel of one node."""

    channels: dict[str, Channel[Any]]
    clock: Callable[[], float]
    on_transition: Callable[[LimitTransition], None]
    on_change: Callable[[str], None] = lambda name: None
    _samples: dict[str, _Sample] = field(default_factory=dict)
    _monitors: dict[str, LimitMonitor] = field(default_factory=dict)
    _changed: dict[str, None] = field(default_factory=dict)
    _aging: list[LimitMonitor] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, channel in self.channels.items():
            self._samples[name] = _Sample()
            if channel.limits is not None:
                self._monitors[name] = LimitMonitor(
                    name, channel.limits, self.on_transition, self.clock
                )
        self._aging = [m for m in self._monitors.values() if m.limits.stale_after is not None]

    def value(self, name: str) -> Any:
        """The last value; None when there is none or it is not valid."""
        return self._samples[name].value

    def teller(self, name: str) -> Callable[[], Any]:
        """Tells the last value of a channel, for who asks again and again."""
        sample = self._samples[name]
        return lambda: sample.value

    def age(self, name: str) -> float:
        """Seconds since the channel was last set; infinite when it never was."""
        at = self._samples[name].at
        return float("inf") if at is None else self.clock() - at

    def set(self, name: str, value: Any) -> None:
        """Stores a value, and watches its limits.

        Raises TypeError for a value that is not of the channel's type: nothing is bent into it.
        """
        sample = self._samples[name]
        if sample.overridden:
            return
        channel = self.channels[name]
        # Not a number: the sensor had nothing to say.
        value = None if value is None or value != value else channel.typed(value)
        if sample.value != value:
            self._changed[name] = None
        sample.value = value
        sample.at = self.clock()
        monitor = self._monitors.get(name)
        if monitor is not None and not (value is None and channel.unknown_is_normal):
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
        return {name: s.value for name, s in self._samples.items() if s.at is not None}

    def look_for_stale(self) -> None:
        """Finds the channels with limits whose last value has become too old."""
        for monitor in self._aging:
            monitor.check()
