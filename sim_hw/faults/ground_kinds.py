"""What people on the ground can do wrong, at the edge of mission control: what leaves it for the
stations is another thing, or leaves at another time."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from flight.icd.checksum import Corrupt
from flight.icd.codec import CodecError, encode
from flight.icd.devices.base import DeviceError
from flight.icd.frames import read_frame, write_frame
from flight.icd.messages import Command, Frame, Packet, decode_message
from sim_hw.faults.answer_kinds import Period, Wait
from sim_hw.faults.command_paths import CommandsPart, path_problem
from sim_hw.faults.device_call import DeviceCall, DevicePart, Proceed
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.kind import Heal, Injection, TargetKind
from sim_hw.faults.targets import NamedPart

MISSION_CONTROL = "mission_control"
UPLINK = "uplink"
Orders = tuple[tuple[str, Command], ...]
"""What a frame carries: to whom each packet goes, and the command in it."""
Leaves = list[tuple[float, Orders]]
"""What leaves instead: after how many s, and what."""


def orders_in(data: bytes) -> tuple[Frame, Orders] | None:
    """The commands of a frame; None when it is none, or carries something else."""
    try:
        frame = read_frame(data)
        orders = []
        for each in frame.packets:
            packet = decode_message(each)
            command = decode_message(packet.body) if isinstance(packet, Packet) else None
            if not isinstance(packet, Packet) or not isinstance(command, Command):
                return None
            orders.append((packet.destination, command))
        return frame, tuple(orders)
    except (CodecError, Corrupt):
        return None


def frame_of(frame: Frame, orders: Orders) -> bytes:
    """The same frame with other commands."""
    priority = 0
    packets = [
        encode(Packet(frame.source, destination, priority, encode(command)))
        for destination, command in orders
    ]
    return write_frame(msgspec.structs.replace(frame, packets=packets))


class GroundKind(DeviceKind, frozen=True, kw_only=True):
    """A fault of bundles of commands on their way to the stations: of all, of those with a command
    that is called `method`, of those for one `vehicle`."""

    target: ClassVar[TargetKind] = "ground"

    vehicle: str | None = None

    @classmethod
    def methods(cls, part: DevicePart) -> list[str]:
        return [UPLINK]

    @classmethod
    def why_not(cls, part: NamedPart) -> str:  # type: ignore[override]
        return ""

    def check(  # type: ignore[override]
        self, part: NamedPart, method: str | None, fields: tuple[str, ...]
    ) -> None:
        if fields:
            raise NotAllowed("fields", "none: a bundle of commands is of a piece")
        if method is not None and method not in part.has:
            raise NotAllowed("method", choices_words(method, list(part.has), ""))
        self.check_vehicle("vehicle", self.vehicle, part)
        if isinstance(part, CommandsPart) and method is not None and self.vehicle is not None:
            commands = list(part.commands[self.vehicle])
            if method not in commands:
                words = f"a command of {self.vehicle}: {choices_words(method, commands, '')}"
                raise NotAllowed("method", words)

    def check_vehicle(self, key: str, name: str | None, part: NamedPart) -> None:
        """Refuses a vehicle that there is not."""
        if name is not None and name not in part.others:
            raise NotAllowed(key, choices_words(name, list(part.others), ""))

    # -------------------------------------------------------------- at the seam

    def is_at(self, name: str, part: DevicePart, injection: Injection) -> bool:
        return name == UPLINK

    def wants(self, arguments: dict[str, Any], injection: Injection) -> bool:
        found = orders_in(arguments["data"])
        return found is not None and any(self._is_of(o, injection) for o in found[1])

    def _is_of(self, order: tuple[str, Command], injection: Injection) -> bool:
        _, command = order
        named = injection.method in (None, command.name)
        return named and self.vehicle in (None, command.target)

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        found = orders_in(arguments["data"])
        assert found is not None
        frame, orders = found
        answer: Any = {"estimated_delivery": None}
        is_first = True
        for delay, instead in self.leaves(orders, injection):
            changed = arguments | {"data": frame_of(frame, instead)}
            if delay > 0.0:
                injection.start(_later(delay, proceed, changed))
                continue
            told = await proceed(changed)
            answer, is_first = (told, False) if is_first else (answer, False)
        return answer

    def leaves(self, orders: Orders, injection: Injection) -> Leaves:
        """What leaves instead of a bundle."""
        raise NotImplementedError

    def hit(self, injection: Injection, orders: Orders, after: Any) -> None:
        """Journals what becomes of the commands of a bundle."""
        names = [f"{command.target}.{command.name}" for _, command in orders]
        injection.hit(MISSION_CONTROL, names, after)


async def _later(delay: float, proceed: Proceed, arguments: dict[str, Any]) -> None:
    await asyncio.sleep(delay)
    try:
        await proceed(arguments)
    except DeviceError:
        return  # nobody repeats it: whoever sent it believes that it has left


class CommandRepeated(GroundKind, frozen=True, kw_only=True, tag="command_repeated"):
    """The bundle is sent again `after` a while, with the identifiers that it had, or (`anew`) with
    others, as an order of its own."""

    after: Wait = 60.0
    anew: bool = False

    def leaves(self, orders: Orders, injection: Injection) -> Leaves:
        self.hit(injection, orders, "sent twice" if not self.anew else "ordered twice")
        again = _renamed(orders, "again") if self.anew else orders
        return [(0.0, orders), (self.after, again)]


class OutOfOrder(GroundKind, frozen=True, kw_only=True, tag="out_of_order"):
    """A bundle waits until the next one has left, or for `at_most`."""

    at_most: Period = 3600.0

    def leaves(self, orders: Orders, injection: Injection) -> Leaves:
        waiting: list[Orders] = injection.memory.setdefault("waiting", [])
        if waiting:
            return [(0.0, orders), (0.0, waiting.pop())]
        waiting.append(orders)
        self.hit(injection, orders, "after the next")
        return []

    async def around(
        self, call: DeviceCall, arguments: dict[str, Any], proceed: Proceed, injection: Injection
    ) -> Any:
        told = await super().around(call, arguments, proceed, injection)
        if injection.memory.get("waiting"):
            held = injection.memory["waiting"][0]

            async def give_up() -> None:
                await asyncio.sleep(self.at_most)
                await self._send(held, proceed, arguments, injection)

            injection.memory["flush"] = lambda: self._send(held, proceed, arguments, injection)
            injection.start(give_up())
        return told

    async def _send(
        self, held: Orders, proceed: Proceed, arguments: dict[str, Any], injection: Injection
    ) -> None:
        if held in injection.memory["waiting"]:
            injection.memory["waiting"].remove(held)
            await _later(0.0, proceed, arguments)

    def begun(self, seam: Any, injection: Injection) -> Heal:
        def flush() -> None:
            if injection.memory.get("waiting"):
                injection.start(injection.memory["flush"]())

        return flush


class WrongVehicle(GroundKind, frozen=True, kw_only=True, tag="wrong_vehicle"):
    """Commands go `to` another vehicle; with `relabelled` they say themselves that they are for
    it."""

    to: str
    relabelled: bool = False

    def check(  # type: ignore[override]
        self, part: NamedPart, method: str | None, fields: tuple[str, ...]
    ) -> None:
        super().check(part, method, fields)
        self.check_vehicle("to", self.to, part)

    def leaves(self, orders: Orders, injection: Injection) -> Leaves:
        changed = tuple(
            (self.to, msgspec.structs.replace(c, target=self.to) if self.relabelled else c)
            if self._is_of((d, c), injection)
            else (d, c)
            for d, c in orders
        )
        if changed != orders:
            self.hit(injection, orders, f"to {self.to}")
        return [(0.0, changed)]


class Conflicting(GroundKind, frozen=True, kw_only=True, tag="conflicting"):
    """With each command another one goes to the same vehicle, which contradicts it: `command` with
    `arguments`, `before` it or behind."""

    command: Annotated[str, Meta(min_length=1, max_length=80)]
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    place: Literal["before", "behind"] = "behind"

    def check(  # type: ignore[override]
        self, part: NamedPart, method: str | None, fields: tuple[str, ...]
    ) -> None:
        super().check(part, method, fields)
        if self.command not in part.has:
            raise NotAllowed("command", choices_words(self.command, list(part.has), ""))

    def leaves(self, orders: Orders, injection: Injection) -> Leaves:
        changed: list[tuple[str, Command]] = []
        for order in orders:
            destination, given = order
            changed.append(order)
            if self._is_of(order, injection):
                other = msgspec.structs.replace(
                    given,
                    identifier=f"{given.identifier[:100]}/conflict",
                    name=self.command,
                    arguments=dict(self.arguments),
                    stage="run",
                    lifetime=0.0,
                )
                changed.insert(len(changed) - (self.place == "before"), (destination, other))
        self.hit(injection, orders, f"and {self.command}")
        return [(0.0, tuple(changed))]


class CommandGarbled(GroundKind, frozen=True, kw_only=True, tag="command_garbled"):
    """A character of a command is missing or wrong. Its name lacks the `character`-th one (from 1),
    or the vehicle `reads_as` another command of its own, with those `arguments`."""

    character: Annotated[int, Meta(ge=1, le=80)] | None = None
    reads_as: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.character is None) == (self.reads_as is None):
            raise NotAllowed(("reads_as", "character"), "given where the other is not")

    def check(  # type: ignore[override]
        self, part: NamedPart, method: str | None, fields: tuple[str, ...]
    ) -> None:
        super().check(part, method, fields)
        if self.reads_as is not None and self.reads_as not in part.has:
            raise NotAllowed("reads_as", choices_words(self.reads_as, list(part.has), ""))

    def leaves(self, orders: Orders, injection: Injection) -> Leaves:
        changed = tuple(
            (d, self._garbled(c)) if self._is_of((d, c), injection) else (d, c) for d, c in orders
        )
        self.hit(injection, orders, [command.name for _, command in changed])
        return [(0.0, changed)]

    def _garbled(self, command: Command) -> Command:
        if self.reads_as is not None:
            return msgspec.structs.replace(
                command, name=self.reads_as, arguments=dict(self.arguments)
            )
        assert self.character is not None
        name = command.name[: self.character - 1] + command.name[self.character :]
        return msgspec.structs.replace(command, name=name)


class ArgumentKind(GroundKind, frozen=True, kw_only=True):
    """A fault of an upload: of the arguments of the commands that it is of."""

    def leaves(self, orders: Orders, injection: Injection) -> Leaves:
        changed = tuple(
            (d, msgspec.structs.replace(c, arguments=self.instead(c, injection)))
            if self._is_of((d, c), injection)
            else (d, c)
            for d, c in orders
        )
        if changed != orders:
            self.hit(injection, orders, [c.arguments for _, c in changed])
        return [(0.0, changed)]

    def instead(self, command: Command, injection: Injection) -> dict[str, Any]:
        """Other arguments."""
        raise NotImplementedError


class UploadMalformed(ArgumentKind, frozen=True, kw_only=True, tag="upload_malformed"):
    """Arguments are of a wrong kind (`how: type`), are not there (`missing`), or there are more
    than the command takes (`surplus`)."""

    how: Literal["type", "missing", "surplus"] = "type"

    def instead(self, command: Command, injection: Injection) -> dict[str, Any]:
        given = dict(command.arguments)
        if self.how == "surplus" or not given:
            return {**given, "no_such_argument": 1}
        name = next(iter(given))
        if self.how == "missing":
            del given[name]
        else:
            given[name] = {"malformed": [given[name]]}
        return given


class UploadStale(ArgumentKind, frozen=True, kw_only=True, tag="upload_stale"):
    """A command carries the arguments of the earlier one of its name to its vehicle: an old file
    was sent."""

    def seen(self, arguments: dict[str, Any], injection: Injection) -> None:
        found = orders_in(arguments["data"])
        for _, command in found[1] if found is not None else ():
            injection.memory.setdefault((command.target, command.name), command.arguments)

    def instead(self, command: Command, injection: Injection) -> dict[str, Any]:
        key = (command.target, command.name)
        old: dict[str, Any] = injection.memory.setdefault(key, command.arguments)
        return old


class UploadWrong(ArgumentKind, frozen=True, kw_only=True, tag="upload_wrong"):
    """A command is valid and wrong: its `argument` (a path such as `values.speed`) is `value`, or
    is multiplied by `factor` (a unit that was mistaken), each of its numbers where it is a list, or
    is given to another one beside it (`address`: the name of that one)."""

    argument: Annotated[str, Meta(min_length=1, max_length=120)]
    value: bool | int | float | str | None = None
    factor: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None
    address: Annotated[str, Meta(min_length=1, max_length=80)] | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.value, self.factor, self.address)) != 1:
            raise NotAllowed(
                ("address", "factor", "value"), "one of value, factor and address, and no other"
            )

    def check(  # type: ignore[override]
        self, part: NamedPart, method: str | None, fields: tuple[str, ...]
    ) -> None:
        super().check(part, method, fields)
        if not isinstance(part, CommandsPart):
            return
        allowed = path_problem(part, self.vehicle, method, self.argument)
        if allowed:
            raise NotAllowed("argument", allowed)
        if self.address is not None:
            beside = ".".join([*self.argument.split(".")[:-1], self.address])
            allowed = path_problem(part, self.vehicle, method, beside)
            if allowed or beside == self.argument:
                raise NotAllowed("address", allowed or "the name of another one")

    def instead(self, command: Command, injection: Injection) -> dict[str, Any]:
        if self.address is not None:
            *path, name = self.argument.split(".")
            return _changed(command.arguments, path, partial(_moved, name, self.address))
        changed: dict[str, Any] = _changed(command.arguments, self.argument.split("."), self._new)
        return changed

    def _new(self, old: Any) -> Any:
        if self.factor is None:
            return self.value
        if isinstance(old, list):
            return [self._new(each) for each in old]
        if isinstance(old, bool) or not isinstance(old, int | float):
            return old
        new = old * self.factor
        return round(new) if isinstance(old, int) else new


class OperatorLate(GroundKind, frozen=True, kw_only=True, tag="operator_late"):
    """Bundles leave `by` later than they should."""

    by: Wait

    def leaves(self, orders: Orders, injection: Injection) -> Leaves:
        if self.by > 0.0:
            self.hit(injection, orders, f"{self.by:g} s later")
        return [(self.by, orders)]


def _renamed(orders: Orders, suffix: str) -> Orders:
    return tuple(
        (d, msgspec.structs.replace(c, identifier=f"{c.identifier[:100]}/{suffix}"))
        for d, c in orders
    )


def _moved(name: str, address: str, values: Any) -> Any:
    """Named values in which one has the name of another."""
    if not isinstance(values, dict) or name not in values:
        return values
    rest = {key: value for key, value in values.items() if key != name}
    return {**rest, address: values[name]}


def _changed(value: Any, path: Sequence[str], new: Any) -> Any:
    """A copy of plain data in which what lies at a path is another thing."""
    if not path:
        return new(value)
    name, rest = path[0], path[1:]
    if isinstance(value, dict) and name in value:
        return {**value, name: _changed(value[name], rest, new)}
    if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        index = int(name)
        return [*value[:index], _changed(value[index], rest, new), *value[index + 1 :]]
    return value
