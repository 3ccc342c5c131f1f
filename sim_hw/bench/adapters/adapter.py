"""What an adapter is: one device of the ICD over something else, such as an instrument on a bus.

Each adapter has a process of its own, below the bench process: it may block, use threads and
libraries of vendors. All its methods are called in one thread, one after the other, and each ends
within `longest` seconds (the opening: OPENING); one that does not, raises what is no `DeviceError`,
or answers what the interface does not have, is a lost device, and no other is touched by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import SplitResult, urlsplit

import msgspec

from flight.icd.devices.base import DeviceInterface
from sim_hw.bench.wire.addresses import AddressRefused, is_loopback

OPENING = 10.0  # s that an adapter may take to find its device
LONGEST = 0.8
"""Of the silence after which a device is lost: what one call of an adapter may take."""


class NoMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The map of an adapter that needs none."""


@dataclass(frozen=True)
class AdapterSetting:
    """What an adapter is made of. `address`: of its wire in the bench file; `map`: as its `Map`;
    `folder`: of the bench file, which files are named from; `longest`: s of one call."""

    interface: type[DeviceInterface]
    address: str
    map: Any
    folder: Path
    longest: float = LONGEST


@dataclass(frozen=True)
class Identity:
    """What the device is, as it says itself. `uptime`: s since its power on, where it can tell;
    without, each opening counts as a new boot."""

    model: str
    serial: str
    firmware: str
    vendor: str = ""
    uptime: float | None = None


@dataclass(frozen=True)
class Sample:
    """A reading by the names of its fields, and how old the oldest is when `read` returns (s). What
    has no `period` in the ICD is to be taken after it was asked for."""

    values: Mapping[str, Any]
    age: float = 0.0


@dataclass(frozen=True)
class Progress:
    """How far a motion is. `effects`: by the names of the fields of its result, in SI units, since
    its start; `result`: what the call answers with, at its end."""

    done: bool
    effects: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None


class Place:
    """Where an address leads: what is locked while it is in use ("": nothing), and whether that is
    this machine."""

    def __init__(self, key: str, *, local: bool) -> None:
        self.key, self.local = key, local


class Adapter:
    """Base of all. A subclass gives what its device can do; it is made in its own process."""

    Map: ClassVar[type[msgspec.Struct]] = NoMap
    """The type of `map:` in the bench file, read as all files are: units, ranges, unknown keys."""
    libraries: ClassVar[tuple[str, ...]] = ()
    """Modules that are needed, and imported no earlier than in `open`."""
    install: ClassVar[str] = ""
    """What brings them: `pip install ...`."""
    shares: ClassVar[bool] = False
    """Whether several devices can be on one wire: each opens it for itself, and knows what is its
    own there by `claims`."""

    def __init__(self, setting: AdapterSetting) -> None:
        self.setting = setting

    @classmethod
    def place(cls, address: str) -> Place:
        """Where an address leads; raises AddressRefused with what is allowed."""
        return Place(address, local=True)

    @classmethod
    def check(cls, setting: AdapterSetting) -> None:
        """Before anything is opened: raises NotAllowed, by keys of the map, for what cannot be."""

    @classmethod
    def claims(cls, setting: AdapterSetting) -> frozenset[str]:
        """What of a shared wire is this device's alone, as a refusal names it."""
        return frozenset()

    def open(self) -> Identity:
        """Finds the device; raises anything, by a sentence, where it is not there."""
        raise NotImplementedError

    def read(self, method: str, arguments: Mapping[str, Any]) -> Sample:
        """What a reading of the interface answers."""
        raise NotImplementedError

    def begin(self, method: str, arguments: Mapping[str, Any]) -> None:
        """Begins an actuation. Raises DeviceFault with a word of the interface, DeviceRejected."""
        raise NotImplementedError

    def advance(self) -> Progress:
        """How far it is; asked every 40 ms from its beginning until it is done, or halted."""
        raise NotImplementedError

    def halt(self) -> Mapping[str, Any] | None:
        """What was begun stops where it is, as far as it can be stopped; its effects till then."""
        return None

    def make_safe(self) -> None:
        """Nothing moves, and what the map names as dangerous is off; raises where it is not. Also
        said at each opening, at a dead man, and at the end. Whether it holds when this process dies
        is the device's own matter. An adapter of something that moves has this or `halt`, one of
        switches has this: any other is refused."""
        self.halt()

    def feel(self, stimulus: Mapping[str, float]) -> None:
        """What the simulated world does to it; one that has this has the feature `stimulus`."""
        raise NotImplementedError

    def idle(self) -> None:
        """Done four times a second, for who has something to do though nothing is asked."""

    def self_test(self) -> list[list[Any]]:
        """Rows of [name, passed, value, unit, allowed]; who has it has the feature `self_test`."""
        raise NotImplementedError

    def close(self) -> None:
        """Lets go of the device, also of one whose opening has failed halfway."""


def features_of(kind: type[Adapter]) -> list[str]:
    """What a kind of adapter can do beyond what all can."""
    named = (("self_test", "self_test"), ("stimulus", "feel"))
    return [name for name, method in named if getattr(kind, method) is not getattr(Adapter, method)]


def parts_of(address: str, scheme: str, form: str) -> SplitResult:
    """The parts of an address of one scheme; raises AddressRefused that gives its form."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise AddressRefused(f"{address}: allowed is {form}") from None
    if parts.scheme != scheme or "\0" in address:
        raise AddressRefused(f"{address}: allowed is {form}")
    return parts


def host_place(parts: SplitResult, form: str) -> Place:
    """Of `scheme://host:port`; raises AddressRefused."""
    host, port = parts.hostname, parts.port
    if not host or not port:
        raise AddressRefused(f"{parts.geturl()}: allowed is {form}")
    local = host == "localhost" or is_loopback(host)
    return Place(f"{parts.scheme} {'loopback' if local else host}:{port}", local=local)
