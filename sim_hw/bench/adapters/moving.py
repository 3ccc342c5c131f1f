"""What adapters of things that move have in common, where a device is told by writing and looked at
by reading: an axis of registers, of commands, of the variables of a model.

A motion is begun by writing where to and that it is to go; then its status is read until that says
`done`, or a fault. Many a device still shows the end of the motion before: `done` counts when the
device has been seen to move, or when it says so for `taken_up` seconds.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_type_hints

import msgspec

from flight.configuration.files import NotAllowed, Quantity
from flight.icd.devices.base import DeviceFault, DeviceInterface, Method
from sim_hw.bench.adapters.adapter import Adapter, AdapterSetting, Progress
from sim_hw.bench.adapters.fields import field_value, numbers_of

LOOK = 0.01  # s between looks whether what was stopped stands
STOPPING = 0.25  # of the time of one call, in which what was stopped stands
PART = "part"
"""An effect that is no field of the result: how much of the motion is done, 0 to 1."""

Watchdog = Annotated[float, Quantity("s", ge=0.5, le=60.0)]


class MotionMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of one method; each adapter adds `arguments`, `begin`, `status` and `effects` of its own.
    `moving`, `done`: what the status says then; `faults`: fault codes by what it says; `elapsed`:
    the field of the result, s, that the adapter measures itself."""

    moving: list[int]
    done: list[int]
    faults: dict[str, str] = {}
    elapsed: str = ""
    taken_up: Annotated[float, Quantity("s", ge=0.0, le=10.0)] = 0.3


class MovingAdapter(Adapter):
    """Base of those whose map has `motions` by method, and `stop`: what stops them."""

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self._motions: Mapping[str, Any] = getattr(setting.map, "motions", {})
        self._stops: Sequence[Any] = getattr(setting.map, "stop", ())
        self._under_way: tuple[str, dict[str, float], float] | None = None
        self._seen_to_move = False
        self.clock = time.monotonic

    @property
    def is_open(self) -> bool:
        """Whether there is something to speak to."""
        raise NotImplementedError

    def start(self, motion: Any, values: Mapping[str, float]) -> None:
        """Writes where to, by the names of the arguments, and that it is to go."""
        raise NotImplementedError

    def tell(self, step: Any) -> None:
        """Writes an entry of `stop`."""
        raise NotImplementedError

    def status(self, motion: Any) -> int:
        """What its status says."""
        raise NotImplementedError

    def figure(self, entry: Any) -> float:
        """What an entry of the map reads, in the unit of the ICD."""
        raise NotImplementedError

    def begin(self, method: str, arguments: Mapping[str, Any]) -> None:
        motion = self._motions[method]
        starts = {
            name: self.figure(entry) for name, entry in motion.effects.items() if entry.relative
        }
        values = {
            name: target.raw(arguments[name] + starts.get(target.relative_to, 0.0))
            for name, target in motion.arguments.items()
        }
        self._under_way, self._seen_to_move = (method, starts, self.clock()), False
        self.start(motion, values)

    def advance(self) -> Progress:
        assert self._under_way is not None
        method, starts, begun = self._under_way
        motion = self._motions[method]
        told, passed = self.status(motion), self.clock() - begun
        if told in motion.moving:
            self._seen_to_move = True
            return Progress(False, self._effects(method, starts))
        if told in motion.done:
            effects = self._effects(method, starts)
            if not self._seen_to_move and passed < motion.taken_up:
                return Progress(False, effects)
            self._under_way = None
            timed = {motion.elapsed: passed} if motion.elapsed else {}
            result = {name: value for name, value in effects.items() if name != PART}
            return Progress(True, effects, {**result, **timed})
        self._under_way = None
        code = motion.faults.get(str(told))
        if code is None:
            raise OSError(f"{method} is in state {told}, of which nobody knows")
        raise DeviceFault(code, f"{method} ended in state {told}")

    def _effects(self, method: str, starts: Mapping[str, float]) -> dict[str, Any]:
        """What it has done since its start, by the fields of its result."""
        motion, kind = self._motions[method], self.setting.interface.methods[method].result
        hints = get_type_hints(kind, include_extras=True)
        values: dict[str, Any] = {}
        for name, entry in motion.effects.items():
            value = self.figure(entry) - starts.get(name, 0.0)
            values[name] = value if name == PART else field_value(hints[name], value)
        return values

    def halt(self) -> Mapping[str, Any] | None:
        under_way, self._under_way = self._under_way, None
        if not self.is_open:
            return None
        for step in self._stops:
            self.tell(step)
        if under_way is None:
            return None
        method, starts, _ = under_way
        self._until_it_stands(method)
        return self._effects(method, starts)

    def _until_it_stands(self, method: str) -> bool:
        motion = self._motions[method]
        until = self.clock() + STOPPING * self.setting.longest
        while self.status(motion) in motion.moving:
            if self.clock() > until:
                return False
            time.sleep(LOOK)
        return True

    def make_safe(self) -> None:
        """Raises OSError where something moves still."""
        self.halt()
        if self.is_open:
            moving = [name for name in self._motions if not self._until_it_stands(name)]
            if moving:
                raise OSError(f"it is not safe: {', '.join(moving)} was stopped and moves still")

    def idle(self) -> None:
        """The device's own dead man hears four times a second that somebody is there."""
        for motion in self._motions.values():
            self.status(motion)


def check_motions(
    interface: type[DeviceInterface], adapter: str, mapped: Any, *, watched: bool
) -> None:
    """Raises NotAllowed unless each motion of an interface is mapped whole, with what stops it.

    `watched`: the device goes on when this process has died, so it has to have a dead man.
    """
    moves = {name: m for name, m in interface.methods.items() if m.kind == "actuation"}
    for name in mapped.motions:
        if name not in moves:
            raise NotAllowed(f"motions.{name}", f"one of {', '.join(moves) or 'none'}")
    if not moves:
        if mapped.stop:
            raise NotAllowed("stop", f"none: {interface.__name__} has no motions")
        return
    for name, method in moves.items():
        if name not in mapped.motions:
            raise NotAllowed(f"motions.{name}", f"how {interface.__name__}.{name} is done over "
                             f"{adapter}")  # fmt: skip
        _check_motion(f"motions.{name}", interface, method, mapped.motions[name])
    if not mapped.stop:
        raise NotAllowed("stop", "what stops it: what moves and is never made safe is refused")
    if watched and mapped.watchdog is None:
        raise NotAllowed(
            "watchdog", "after how many s without a word the device stops by itself, by its manual "
            "(0.5 or more): what moves has a dead man",
        )  # fmt: skip


def _check_motion(
    at: str, interface: type[DeviceInterface], method: Method, motion: Any
) -> None:
    if set(motion.arguments) != set(method.names):
        raise NotAllowed(f"{at}.arguments", ", ".join(method.names) or "none: it has none")
    wanted = numbers_of(method.result)
    known = {*wanted, PART}
    for name, entry in motion.effects.items():
        if name not in known:
            raise NotAllowed(f"{at}.effects.{name}", f"one of {', '.join(sorted(known))}")
        unit = wanted.get(name, "1")
        if entry.unit != unit:
            raise NotAllowed(f"{at}.effects.{name}.unit", f"{unit}, as the ICD has it")
        if entry.relative and entry.constant is not None:
            raise NotAllowed(f"{at}.effects.{name}.relative", "false: it is constant")
    if motion.elapsed and wanted.get(motion.elapsed) != "s":
        times = [name for name, unit in wanted.items() if unit == "s"]
        raise NotAllowed(f"{at}.elapsed", f"one of {', '.join(times) or 'none: no time is told'}")
    for name in wanted:
        if name not in motion.effects and name != motion.elapsed:
            raise NotAllowed(f"{at}.effects.{name}", f"where {name} ({wanted[name]}) comes from")
    _check_all_fields(at, method)
    for name, target in motion.arguments.items():
        if target.scale == 0.0:
            raise NotAllowed(f"{at}.arguments.{name}.scale", "another number than 0")
        of = target.relative_to
        if of and (of not in motion.effects or not motion.effects[of].relative):
            words = "an effect that is relative: where it is at the beginning is added"
            raise NotAllowed(f"{at}.arguments.{name}.relative_to", words)
    check_states(at, interface, motion.moving, motion.done, motion.faults)


def _check_all_fields(at: str, method: Method) -> None:
    """What a result has beside numbers has a default, or nobody could tell it."""
    wanted = numbers_of(method.result)
    for each in msgspec.structs.fields(method.result):
        if each.name not in (*wanted, "time_ns", "boot") and each.required:
            raise NotAllowed(
                at, f"a method whose result is numbers: {method.result.__name__}.{each.name} is "
                "none; write an adapter of its own",
            )  # fmt: skip


def check_states(
    at: str,
    interface: type[DeviceInterface],
    moving: Sequence[int],
    done: Sequence[int],
    faults: Mapping[str, str],
) -> None:
    """Raises NotAllowed unless each number of a status, also each of a fault, has one meaning."""
    states = [*moving, *done]
    if not moving or not done or len(set(states)) < len(states):
        raise NotAllowed(f"{at}.moving", "numbers of the status, others than those of done")
    for number, code in faults.items():
        # As `advance` looks for it, so that one that is written otherwise is not passed over.
        digits = number.removeprefix("-")
        is_number = digits.isascii() and digits.isdecimal() and str(int(number)) == number
        taken = is_number and int(number) not in states
        if not taken or code not in interface.fault_codes:
            allowed = f"another number, and one of {', '.join(interface.fault_codes)}"
            raise NotAllowed(f"{at}.faults", allowed)
