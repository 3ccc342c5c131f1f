"""Devices on a CAN bus, by the signals of a DBC file. Needs `python-can` and `cantools`.

What comes is kept by message, the newest alone, by a thread of `python-can`. What moves is stopped
by the bench's heartbeat that comes no more: that is the device's own dead man.
"""

import contextlib
import time
from collections.abc import Mapping
from typing import Any, ClassVar, get_type_hints

import msgspec

from flight.configuration.files import NotAllowed
from flight.configuration.outside_files import UnfitFile, read_outside
from flight.icd.devices.base import DeviceFault
from sim_hw.bench.adapters.adapter import (
    Adapter,
    AdapterSetting,
    Identity,
    Place,
    Progress,
    Sample,
)
from sim_hw.bench.adapters.can_map import (
    CanMap,
    Motion,
    Say,
    Signal,
    Status,
    check_map,
    message_of,
    messages_of,
)
from sim_hw.bench.adapters.fields import is_bits, plain_type
from sim_hw.bench.wire.addresses import AddressRefused, beyond

FORM = "can:socketcan:can0, can:udp_multicast:239.74.163.2, or another interface of python-can"
FIRST = 3.0  # s within which all that is read is to have come once
LOOK, WAIT = 0.01, 0.002  # s between looks for what is to come
NUMBERS = 255  # of commands, from 1, that are told apart
LARGEST_DATABASE = 16 << 20  # bytes


class CanAdapter(Adapter):
    """One device."""

    Map: ClassVar[type[msgspec.Struct]] = CanMap
    libraries = ("can", "cantools")
    install = "pip install 'threeforks[can]'"
    shares = True

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self._map: CanMap = setting.map
        self._database: Any = None
        self._bus: Any = None
        self._notifier: Any = None
        self._heard: dict[tuple[int, bool], tuple[float, bytes]] = {}
        self._known: frozenset[tuple[int, bool]] = frozenset()
        self._number = 0  # of the last command
        self._ended: float | None = None  # when it was first heard that it has ended
        self._motion: tuple[str, Motion, int, float] | None = None

    @classmethod
    def place(cls, address: str) -> Place:
        interface, channel = _bus_of(address)
        return Place(f"can {interface} {channel}", local=not beyond(interface, channel))

    @classmethod
    def check(cls, setting: AdapterSetting) -> None:
        check_map(setting.interface, setting.map, _read(setting))

    @classmethod
    def claims(cls, setting: AdapterSetting) -> frozenset[str]:
        """What it is told by and what it says, by number: a name is that of a database alone."""
        database = _read(setting)
        numbers = (_key_of(message_of("", database, name)) for name in messages_of(setting.map))
        return frozenset(
            f"message {number:#x}{' of 29 bits' if extended else ''}"
            for number, extended in numbers
        )

    def open(self) -> Identity:
        import can

        self._database = _read(self.setting)
        self._known = frozenset(_key_of(each) for each in self._database.messages)
        interface, channel = _bus_of(self.setting.address)
        more: dict[str, Any] = {}
        if interface == "udp_multicast":
            more["hop_limit"] = 0  # nothing leaves this machine
        self._bus = can.Bus(channel=channel, interface=interface, **more)
        self._notifier = can.Notifier(self._bus, [self._hear], timeout=0.2)
        if self._map.heartbeat is not None:
            self._bus.send_periodic(
                self._message(self._map.heartbeat.message, self._map.heartbeat.signals),
                self._map.heartbeat.period,
            )
        who = self._map.identity
        for name in sorted({who.message, *self._read_messages()}):
            self._wait_for(name)
        told = self._signals(who.message)[1]
        firmware = ".".join(f"{told[each]:.0f}" for each in who.firmware)
        return Identity(
            who.model, f"{told[who.serial]:.0f}", firmware,
            uptime=float(told[who.uptime]) if who.uptime else None,
        )  # fmt: skip

    def _read_messages(self) -> set[str]:
        fields = [each for method in self._map.readings.values() for each in method.values()]
        read = {each.message for each in fields if each.constant is None}
        # Of these the first command is to know the number that an adapter of before has used.
        return read | {each.status.message for each in self._map.motions.values()}

    def _hear(self, message: Any) -> None:
        """In the thread of python-can. Of what others say on the bus nothing is kept."""
        key = message.arbitration_id, bool(message.is_extended_id)
        if key in self._known and not (message.is_error_frame or message.is_remote_frame):
            self._heard[key] = (time.monotonic(), bytes(message.data))

    def _wait_for(self, name: str) -> None:
        until = time.monotonic() + FIRST
        key = _key_of(message_of("", self._database, name))
        while key not in self._heard:
            if time.monotonic() > until:
                raise OSError(f"{name} did not come within {FIRST:g} s: is the device there?")
            time.sleep(LOOK)

    def _signals(self, name: str) -> tuple[float, dict[str, float]]:
        """How old (s) the newest of a message is, and what it says; raises OSError for none."""
        message = message_of("", self._database, name)
        at, data = self._heard.get(_key_of(message), (float("-inf"), b""))
        age = time.monotonic() - at
        if age > self._map.fresh:
            raise OSError(f"{name} has not come for {age:.1f} s")
        return age, dict(message.decode(data, decode_choices=False))

    def _message(self, name: str, signals: Mapping[str, float]) -> Any:
        import can

        message = message_of("", self._database, name)
        return can.Message(
            arbitration_id=message.frame_id, is_extended_id=message.is_extended_frame,
            data=message.encode(dict(signals)),
        )  # fmt: skip

    def _say(self, say: Say) -> None:
        self._bus.send(self._message(say.message, say.signals), timeout=0.2)

    # ------------------------------------------------------------------ calls

    def read(self, method: str, arguments: Mapping[str, Any]) -> Sample:
        asked, mapped = time.monotonic(), self._map.readings[method]
        known = self.setting.interface.methods[method]
        names = {each.message for each in mapped.values() if each.constant is None}
        for name in sorted(names):
            self._wait_for_one_since(name, asked - known.period)
        values, age = self._values(known.result, mapped)
        return Sample(values, age)

    def _wait_for_one_since(self, name: str, instant: float) -> None:
        """What the ICD gives no period for is taken after it was asked for."""
        key = _key_of(message_of("", self._database, name))
        until = time.monotonic() + min(self._map.fresh, 0.8 * self.setting.longest)
        while self._heard[key][0] < instant:
            if time.monotonic() > until:
                self._signals(name)  # says how long it has not come
                raise OSError(f"{name} comes too seldom for a reading")
            time.sleep(WAIT)

    def _values(
        self, kind: Any, fields: Mapping[str, Signal]
    ) -> tuple[dict[str, Any], float]:
        """By the names of fields; and how old (s) the oldest is."""
        hints = get_type_hints(kind, include_extras=True)
        values: dict[str, Any] = {}
        oldest = 0.0
        for name, field in fields.items():
            if field.constant is not None:
                raw = field.constant
            else:
                age, told = self._signals(field.message)
                oldest, raw = max(oldest, age), told[field.signal]
            if is_bits(plain_type(hints[name])):
                values[name] = [bit for bit in range(64) if int(raw) >> bit & 1]
            else:
                values[name] = raw if field.constant is not None else field.true(raw)
        return values, oldest

    def begin(self, method: str, arguments: Mapping[str, Any]) -> None:
        motion = self._map.motions[method]
        number = self._next_number(motion.status)
        signals = dict(motion.fixed) | {motion.number: float(number)}
        for name, argument in motion.arguments.items():
            signals[argument.signal] = (arguments[name] - argument.offset) / argument.scale
        begun = time.monotonic()
        self._bus.send(self._message(motion.send, signals), timeout=0.2)
        self._motion, self._ended = (method, motion, number, begun), None

    def _next_number(self, status: Status) -> int:
        """Another than that of the last command, and than the device shows: it may have had that
        from an adapter that was here before."""
        with contextlib.suppress(OSError):
            shown = int(self._signals(status.message)[1][status.number])
            self._number = shown if self._number == 0 else self._number
            if 1 + self._number % NUMBERS == shown:
                self._number = shown
        self._number = 1 + self._number % NUMBERS
        return self._number

    def advance(self) -> Progress:
        assert self._motion is not None
        method, motion, number, begun = self._motion
        status = motion.status
        passed = time.monotonic() - begun
        told = self._signals(status.message)[1]
        # What came before the command is of another one, whatever it says.
        fresh = all(self._has_come_since(name, begun) for name in _messages_of(motion))
        if not fresh or int(told[status.number]) != number:
            if passed > self._map.fresh:
                raise OSError(f"{method} was not taken up within {self._map.fresh:g} s")
            return Progress(False)
        state = int(told[status.state])
        effects = self._effects(method, motion)
        if state == status.moving:
            return Progress(False, effects)
        ended = self._ended = time.monotonic() if self._ended is None else self._ended
        others = [name for name in _messages_of(motion) if name != status.message]
        if not all(self._has_come_since(name, ended) for name in others):
            return Progress(False)  # what it has done in all is told after that
        self._motion = None
        if state == status.done:
            timed = {motion.elapsed: passed} if motion.elapsed else {}
            return Progress(True, effects, {**effects, **timed})
        code = status.faults.get(str(state))
        if code is None:
            raise OSError(f"{method} ended in state {state}, of which nobody knows")
        raise DeviceFault(code, f"{method} ended in state {state}")

    def _has_come_since(self, name: str, instant: float) -> bool:
        key = _key_of(message_of("", self._database, name))
        return self._heard.get(key, (float("-inf"), b""))[0] >= instant

    def _effects(self, method: str, motion: Motion) -> dict[str, Any]:
        return self._values(self.setting.interface.methods[method].result, motion.effects)[0]

    def halt(self) -> Mapping[str, Any] | None:
        motion, self._motion = self._motion, None
        if self._map.stop is not None and self._bus is not None:
            self._say(self._map.stop)
        if motion is None:
            return None
        method, mapped, number, _ = motion
        until = time.monotonic() + 0.25 * self.setting.longest
        while time.monotonic() < until:  # what it has done till it stood comes with its next status
            told = self._signals(mapped.status.message)[1]
            ours = int(told[mapped.status.number]) == number
            if ours and int(told[mapped.status.state]) != mapped.status.moving:
                break
            time.sleep(LOOK)
        ours = int(self._signals(mapped.status.message)[1][mapped.status.number]) == number
        return self._effects(method, mapped) if ours else None

    def close(self) -> None:
        if self._notifier is not None:
            self._notifier.stop(0.5)
        if self._bus is not None:
            self._bus.shutdown()


def _key_of(message: Any) -> tuple[int, bool]:
    """Of a message of the database: the same number is another message with 29 bits."""
    return message.frame_id, bool(message.is_extended_frame)


def _messages_of(motion: Motion) -> list[str]:
    """Those that tell how far it is."""
    effects = [each.message for each in motion.effects.values() if each.constant is None]
    return [motion.status.message, *effects]


def _bus_of(address: str) -> tuple[str, str]:
    scheme, _, rest = address.partition(":")
    interface, _, channel = rest.partition(":")
    if scheme != "can" or not interface.isidentifier() or not channel or not channel.isprintable():
        raise AddressRefused(f"{address}: allowed is {FORM}")
    return interface, channel


def _read(setting: AdapterSetting) -> Any:
    """The database of a map; raises NotAllowed."""
    import cantools

    path = setting.folder / setting.map.database
    try:
        text = read_outside(path, LARGEST_DATABASE, "a DBC file").decode("cp1252", "replace")
        return cantools.database.load_string(text, database_format="dbc")
    except UnfitFile as error:
        raise NotAllowed("database", f"a DBC file; that {error}") from None
    except OSError as error:
        raise NotAllowed("database", f"a file that can be read: {error.strerror}") from None
    except Exception as error:  # cantools has several
        words = " ".join(str(error).split())
        raise NotAllowed("database", f"a DBC file: {words}") from None
