"""The device's side of the device protocol, over an adapter: rules 1 to 7 are kept here for all.

Nothing here waits: what an adapter does is handed to `do`, which answers when it has ended.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from flight.icd.codec import CodecError, convert, decode_plain, pack
from flight.icd.devices.base import (
    DeviceFault,
    DeviceInterface,
    DeviceRejected,
    Method,
    Reading,
)
from flight.icd.devices.description import interface_hash
from sim_hw.bench.adapters.adapter import Adapter, Identity, Progress, Sample, features_of
from sim_hw.bench.wire.frames import LARGEST_PAYLOAD

EFFECTS = 0.04  # s between two effects of a motion
IDLE = 0.25  # s between two times that an adapter may do something of its own
KEPT = 64  # answers of a boot that are kept for calls that come again
MOST_OPEN = 16  # calls that wait for the adapter at once
PROTOCOL_VERSION = 1

Done = Callable[[Any, Exception | None], None]
Do = Callable[[Callable[[], Any], Done], None]
"""Has something done in the adapter's thread; then calls back, on the loop, with its result."""


class Nonsense(Exception):
    """An adapter has answered what its interface does not have."""


@dataclass
class _Motion:
    number: int
    method: Method
    halted: str = ""
    begun: bool = False


@dataclass
class _Link:
    """What is known of the connection: who was greeted, and what was answered."""

    greeted: bool = False
    safe: bool = True
    heard: float = 0.0
    answered: dict[int, bytes | None] = field(default_factory=dict)
    open: int = 0


class MappedDevice:
    """One device. `say` takes payloads for the bench; `fail` a sentence, after which it is gone."""

    def __init__(
        self, adapter: Adapter, identity: Identity, say: Callable[[bytes], None], do: Do,
        fail: Callable[[str], None], silence: float = 1.0, life: str = "",
        do_first: Do | None = None,
    ) -> None:  # fmt: skip
        """`life`: another one for each opening of the device. `do_first`: as `do`, but ahead of all
        that waits, for what stops and makes safe."""
        self._adapter, self._identity = adapter, identity
        self._interface: type[DeviceInterface] = adapter.setting.interface
        self._say_bytes, self._do, self._fail = say, do, fail
        self._do_first = do_first or do
        self._silence, self._life = silence, life
        self._loop = asyncio.get_running_loop()
        self._opened = self._loop.time() - (identity.uptime or 0.0)
        self._features = features_of(type(adapter))
        self._link = _Link()
        self._sequence = 0
        self._motion: _Motion | None = None
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._idles: asyncio.TimerHandle | None = None
        self._idle_done(None, None)

    # ---------------------------------------------------------------- hearing

    def hear(self, payload: bytes) -> None:
        """A payload of the bench; what is none is passed over."""
        try:
            told = decode_plain(payload)
        except CodecError:
            return
        if not isinstance(told, list) or len(told) != 3 or not isinstance(told[2], list):
            return
        match told[2]:
            case ["hello", str(), int()]:
                self._hello()
            case ["call", int(number), str(method), dict(arguments), int(valid_ms)] if (
                _is_number(number) and not isinstance(valid_ms, bool)
            ):
                self._heard()
                self._call(number, method, arguments, valid_ms)
            case ["cancel", int(number)] if _is_number(number):
                self._heard()
                if self._motion is not None and self._motion.number == number:
                    self._stop("cancelled")

    def _heard(self) -> None:
        self._link.heard = self._loop.time()

    def _hello(self) -> None:
        self._stop("new boot")
        self._link = _Link(greeted=True, heard=self._loop.time())
        self._do_first(self._adapter.make_safe, self._passed)
        if self._timer is None:
            self._timer = self._loop.call_later(self._silence / 4, self._look)

    def _look(self) -> None:
        """The dead man: a bench that says nothing has nothing move."""
        self._timer = self._loop.call_later(self._silence / 4, self._look)
        if self._link.greeted and self._loop.time() - self._link.heard > self._silence:
            self._link.greeted, self._link.safe = False, True
            self._stop("deadman", answer="deadman")
            self._do_first(self._adapter.make_safe, self._passed)

    def close(self) -> None:
        """Looks no more."""
        self._closed = True
        for timer in (self._timer, self._idles):
            if timer is not None:
                timer.cancel()
        self._timer = self._idles = None

    def _idle(self) -> None:
        self._do(self._adapter.idle, self._idle_done)

    def _idle_done(self, result: Any, error: Exception | None) -> None:
        if error is not None:
            self._fail(_words(error))
        elif type(self._adapter).idle is not Adapter.idle and not self._closed:
            self._idles = self._loop.call_later(IDLE, self._idle)

    def _passed(self, result: Any, error: Exception | None) -> None:
        if error is not None:
            self._fail(_words(error))

    # ------------------------------------------------------------------ calls

    def _call(self, number: int, name: str, arguments: dict[str, Any], valid_ms: int) -> None:
        link = self._link
        if number in link.answered:
            kept = link.answered[number]
            if kept is not None:
                self._write(kept)
            return
        link.answered[number] = None
        while len(link.answered) > KEPT:
            link.answered.pop(next(iter(link.answered)))
        try:
            if valid_ms <= 0 and not (name == "safe" and arguments.get("on") is True):
                raise DeviceRejected("late")
            until = self._loop.time() + valid_ms / 1000.0
            if not self._own(number, name, arguments):
                self._of_interface(number, name, arguments, until)
        except (DeviceRejected, DeviceFault) as error:
            self._refuse(number, error)

    def _of_interface(
        self, number: int, name: str, arguments: dict[str, Any], until: float
    ) -> None:
        method = self._interface.methods.get(name)
        if method is None:
            raise DeviceRejected(f"{self._interface.__name__} has no method {name}")
        if not _finite(arguments) or set(arguments) - set(method.names):
            raise DeviceRejected(f"{name}: allowed are {', '.join(method.names) or 'none'}, finite")
        taken = method.unpack(arguments)
        given: dict[str, Any] = msgspec.to_builtins(taken, builtin_types=(bytes,))
        if method.kind != "actuation":
            self._ask(number, lambda: self._in_time(until, self._adapter.read, name, given), method)
            return
        if self._link.safe:
            raise DeviceFault("safe", "it is safe")
        if self._motion is not None:
            raise DeviceFault("busy", f"{self._motion.method.name} is under way")
        motion = self._motion = _Motion(number, method)
        self._do(
            lambda: self._begin(motion, until, given),
            lambda result, error: self._advanced(motion, result, error),
        )

    def _in_time(self, until: float, work: Callable[..., Any], *given: Any) -> Any:
        """In the adapter's thread: what has waited too long is not begun."""
        if self._loop.time() > until:
            raise DeviceRejected("late")
        return work(*given)

    def _ask(self, number: int, work: Callable[[], Any], method: Method | None) -> None:
        if self._link.open >= MOST_OPEN:
            raise DeviceRejected(f"{MOST_OPEN} calls wait already")
        self._ask_by(self._do, number, work, method)

    def _ask_by(
        self, do: Do, number: int, work: Callable[[], Any], method: Method | None
    ) -> None:
        link, asked = self._link, self._loop.time()
        link.open += 1

        def done(result: Any, error: Exception | None) -> None:
            link.open -= 1
            try:
                if error is not None:
                    raise error
                if method is None:
                    self._reply(number, result)
                elif not isinstance(result, Sample):
                    raise Nonsense(f"{method.name} answered {result!r}; allowed is a Sample")
                else:
                    # The bench stamps it at the middle of the call's way, and takes its age off.
                    age = float(result.age) - 0.5 * (self._loop.time() - asked)
                    self._reply(number, checked(method, result.values), max(0.0, age))
            except (DeviceRejected, DeviceFault) as refusal:
                self._refuse(number, refusal)
            except Exception as failure:  # whatever an adapter does
                self._fail(_words(failure))

        do(work, done)

    def _own(self, number: int, name: str, arguments: dict[str, Any]) -> bool:
        """One of the bench's own methods; False for a name that is none."""
        if name in ("identity", "ping"):
            _only(name, arguments, ())
            self._reply(number, self._who() if name == "identity" else self._ping())
        elif name == "safe":
            _only(name, arguments, ("on",))
            if type(arguments["on"]) is not bool:
                raise DeviceRejected("safe: on = true or false")
            self._safe(number, arguments["on"])
        elif name == "self_test" and name in self._features:
            _only(name, arguments, ())
            self._ask(number, self._adapter.self_test, None)
        elif name == "stimulus" and name in self._features:
            if not all(type(each) in (int, float) for each in arguments.values()):
                raise DeviceRejected("stimulus: allowed are numbers by name")
            if not _finite(arguments):
                raise DeviceRejected("stimulus: allowed are finite numbers")
            self._ask(number, lambda: self._feel(arguments), None)
        else:
            return False
        return True

    def _who(self) -> dict[str, Any]:
        who, interface = self._identity, self._interface
        # Whoever cannot say since when it is up may have been off: each opening is another boot.
        life = {} if who.uptime is not None else {"life": self._life}
        return {
            "interface": interface.__name__, "interface_hash": interface_hash(interface),
            "protocol": PROTOCOL_VERSION, "vendor": who.vendor, "model": who.model,
            "serial": who.serial, "firmware": who.firmware, "maximum_frame": LARGEST_PAYLOAD,
            "features": self._features, **life,
        }  # fmt: skip

    def _ping(self) -> dict[str, Any]:
        return {"uptime_us": max(0, round(1e6 * (self._loop.time() - self._opened)))}

    def _safe(self, number: int, on: bool) -> None:
        if not on:
            if not self._link.greeted:
                raise DeviceRejected("safe: nobody has said hello")
            self._link.safe = False
            self._reply(number, {"safe": False})
            return
        self._link.safe = True
        self._stop("safed", answer="safed")
        # However much waits: no call is too many, or too late, that makes it safe.
        self._ask_by(self._do_first, number, self._make_safe, None)

    def _make_safe(self) -> dict[str, Any]:
        self._adapter.make_safe()
        return {"safe": True}

    def _feel(self, stimulus: dict[str, float]) -> dict[str, Any]:
        self._adapter.feel(stimulus)
        return {}

    # ---------------------------------------------------------------- motions

    def _begin(self, motion: _Motion, until: float, given: Mapping[str, Any]) -> Any:
        """In the adapter's thread."""
        if motion.halted:
            return None
        self._in_time(until, self._adapter.begin, motion.method.name, given)
        motion.begun = True
        return self._adapter.advance()

    def _step(self, motion: _Motion) -> None:
        if motion is self._motion:
            self._do(
                lambda: None if motion.halted else self._adapter.advance(),
                lambda result, error: self._advanced(motion, result, error),
            )

    def _advanced(self, motion: _Motion, result: Any, error: Exception | None) -> None:
        try:
            if error is not None:
                raise error
            if motion is not self._motion:
                return  # it was halted meanwhile
            if not isinstance(result, Progress):
                raise Nonsense(f"advance answered {result!r}; allowed is a Progress")
            effects = msgspec.to_builtins(dict(result.effects))
            self._effect(motion, "done" if result.done else "moving", effects)
            if result.done:
                self._motion = None
                self._reply(motion.number, checked(motion.method, result.result))
            else:
                self._loop.call_later(EFFECTS, self._step, motion)
        except (DeviceRejected, DeviceFault) as refusal:
            if motion is self._motion:
                self._motion = None
                self._refuse(motion.number, refusal)
        except Exception as failure:  # whatever an adapter does
            self._fail(_words(failure))

    def _stop(self, why: str, answer: str = "") -> None:
        motion, self._motion = self._motion, None
        if motion is None:
            return
        motion.halted = why
        self._do_first(
            lambda: self._adapter.halt() if motion.begun else None,
            lambda result, error: self._has_stopped(motion, result, error, answer),
        )

    def _has_stopped(
        self, motion: _Motion, result: Any, error: Exception | None, answer: str
    ) -> None:
        if error is not None and not isinstance(error, DeviceFault):
            self._fail(_words(error))
        elif result is not None and not isinstance(result, Mapping):
            self._fail(f"halt answered {result!r}; allowed are effects by name, or None")
        else:
            self._effect(motion, motion.halted, dict(result or {}))
            if answer:  # after its last effect: none is of a call that has ended
                words = f"{motion.method.name}: {motion.halted}"
                self._refuse(motion.number, DeviceFault(answer, words))

    def _effect(self, motion: _Motion, state: str, effects: dict[str, Any]) -> None:
        if effects or state != "moving":
            data = {"number": motion.number, "state": state, "age_us": 0, **effects}
            self._say(["signal", "effect", data, 0])

    # ----------------------------------------------------------------- saying

    def _reply(self, number: int, result: Any, age: float = 0.0) -> None:
        self._answer(number, [result, "", "", "", round(1e6 * age)])

    def _refuse(self, number: int, error: DeviceRejected | DeviceFault) -> None:
        words = str(error)[:300]
        if isinstance(error, DeviceFault):
            self._answer(number, [None, "fault", words, error.code[:80], 0])
        else:
            self._answer(number, [None, "rejected", words, "", 0])

    def _answer(self, number: int, rest: list[Any]) -> None:
        try:
            message = pack(["reply", number, *rest])
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            self._fail(f"it answered what cannot be said: {error}")
            return
        if len(message) > LARGEST_PAYLOAD - 32:
            self._fail(f"it answered {len(message)} bytes; allowed are {LARGEST_PAYLOAD}")
            return
        if number in self._link.answered:
            self._link.answered[number] = message
        self._write(message)

    def _say(self, message: list[Any]) -> None:
        self._write(pack(message))

    def _write(self, message: bytes) -> None:
        self._sequence += 1
        # An array of three, of which the last is packed already.
        self._say_bytes(b"\x93" + pack(self._sequence) + b"\x00" + message)


def checked(method: Method, told: Any) -> Any:
    """The result of a method as it goes over the wire; raises Nonsense where it is none."""
    try:
        plain = msgspec.to_builtins(told, builtin_types=(bytes,))
        if isinstance(plain, dict) and not _finite(plain):
            raise CodecError("a number is not finite")
        if isinstance(method.result, type) and issubclass(method.result, Reading):
            convert(dict(plain) | {"time_ns": 0, "boot": 0}, method.result)
        else:
            convert(plain, method.result)
    except (CodecError, TypeError, ValueError) as error:
        raise Nonsense(f"{method.name} answered nonsense: {error}") from error
    return plain


def _only(name: str, arguments: dict[str, Any], wanted: tuple[str, ...]) -> None:
    if set(arguments) != set(wanted):
        raise DeviceRejected(f"{name}: allowed are {', '.join(wanted) or 'no arguments'}")


def _finite(plain: Any) -> bool:
    if isinstance(plain, float):
        return math.isfinite(plain)
    if isinstance(plain, Mapping):
        return all(_finite(each) for each in plain.values())
    return not isinstance(plain, list) or all(_finite(each) for each in plain)


def _words(error: Exception) -> str:
    if isinstance(error, Nonsense):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _is_number(told: int) -> bool:
    """Whether it can be the number of a call."""
    return not isinstance(told, bool) and 0 <= told < 2**32
