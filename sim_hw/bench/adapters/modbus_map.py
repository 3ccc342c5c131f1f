"""The map of a device on Modbus, and its address: what is where, and what of that cannot be.

Registers are numbered from 0, as they go over the wire. A 32-bit number has its high word first,
unless `low_word_first`.
"""

import struct
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceRejected
from sim_hw.bench.adapters.adapter import parts_of
from sim_hw.bench.adapters.fields import Scaled, Target
from sim_hw.bench.adapters.moving import MotionMap, Watchdog
from sim_hw.bench.wire.addresses import AddressRefused

RTU = "modbus+rtu:"
RTU_FORM = (
    "modbus+rtu:///dev/serial/by-id/NAME?device=1&baud=19200&parity=E&stop=1, device from 0 to "
    "247, baud from 300 to 4000000, parity E, O or N"
)
FORM = f"modbus://127.0.0.1:502?device=1, device from 0 to 247, or {RTU_FORM}"
PARITIES = ("E", "O", "N")
FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}
LAST = 65535  # of the registers, and of the coils
Kind = Literal["int16", "uint16", "int32", "uint32", "float32"]
Number = Annotated[int, msgspec.Meta(ge=0, le=LAST)]


class Register(Scaled, frozen=True, forbid_unknown_fields=True):
    """One figure: `register` of a `table`, as a `type`."""

    register: Number = 0
    table: Literal["holding", "input"] = "holding"
    type: Kind = "uint16"
    low_word_first: bool = False

    @property
    def count(self) -> int:
        """Of its registers."""
        return struct.calcsize(FORMATS[self.type]) // 2


class Effect(Register, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a motion; `relative`: what it has become less what it was at the beginning."""

    relative: bool = False


class Goal(Target, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Holding registers that an argument is written to."""

    register: Number
    type: Kind = "uint16"
    low_word_first: bool = False

    @property
    def count(self) -> int:
        """Of its registers."""
        return struct.calcsize(FORMATS[self.type]) // 2


class Write(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A coil (0 or 1), or one holding register, and what is written there."""

    value: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    coil: Number | None = None
    register: Number | None = None

    def __post_init__(self) -> None:
        if (self.coil is None) == (self.register is None):
            raise NotAllowed("coil", "a coil or a register, and not both")
        if self.coil is not None and self.value > 1:
            raise NotAllowed("value", "0 or 1 of a coil")


class StatusBit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a status is: a register as a whole, a `bit` of it (0 the lowest), or a coil (`coil`,
    `discrete`: an input)."""

    register: Number
    table: Literal["holding", "input", "coil", "discrete"] = "holding"
    bit: Annotated[int, msgspec.Meta(ge=0, le=15)] | None = None

    def __post_init__(self) -> None:
        if self.bit is not None and self.table in ("coil", "discrete"):
            raise NotAllowed("bit", "none: a coil is one")


class Motion(MotionMap, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One method: `arguments` and then `begin` are written, in their order."""

    begin: Annotated[list[Write], msgspec.Meta(min_length=1)]
    status: StatusBit
    effects: dict[str, Effect]
    arguments: dict[str, Goal] = msgspec.field(default_factory=dict)


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text of two ASCII letters a register."""

    register: Number
    count: Annotated[int, msgspec.Meta(ge=1, le=60)]
    table: Literal["holding", "input"] = "holding"


class Coil(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A switch: `coil`, closed where it is set, what becomes of it when it is made safe, and the
    power (W) through it where it is measured; without, 0 W is told."""

    coil: Number
    safe: Literal["open", "closed", "as it is"]
    power: Register | None = None


class ModbusMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`serial`: where the device has its number. Model, vendor and firmware are those of its device
    identification (function 43), where it has that. `stop`: what stops what moves; `watchdog`: s
    without a word after which the device stops by itself."""

    readings: dict[str, dict[str, Register]] = {}
    switches: dict[str, Coil] = {}
    motions: dict[str, Motion] = {}
    stop: list[Write] = []
    watchdog: Watchdog | None = None
    serial: Text | None = None

    def registers(self) -> dict[str, Register]:
        """All that are read, by their keys."""
        found = {
            f"readings.{method}.{name}": each
            for method, fields in self.readings.items() for name, each in fields.items()
        }  # fmt: skip
        found |= {
            f"motions.{method}.effects.{name}": each
            for method, motion in self.motions.items() for name, each in motion.effects.items()
        }  # fmt: skip
        powers = {name: each.power for name, each in self.switches.items()}
        found |= {f"switches.{name}.power": each for name, each in powers.items() if each}
        return {key: each for key, each in found.items() if each.constant is None}

    def goals(self) -> dict[str, Goal]:
        """All that arguments are written to, by their keys."""
        return {
            f"motions.{method}.arguments.{name}": each
            for method, motion in self.motions.items() for name, each in motion.arguments.items()
        }  # fmt: skip


def check_coils(switches: Mapping[str, Coil]) -> None:
    """Raises NotAllowed where two switches are one, or none of them is ever made safe."""
    users: dict[int, str] = {}
    for name, each in switches.items():
        if users.setdefault(each.coil, name) != name:
            words = f"a coil of its own: {users[each.coil]} has {each.coil}"
            raise NotAllowed(f"switches.{name}.coil", words)
    if switches and all(each.safe == "as it is" for each in switches.values()):
        raise NotAllowed(
            f"switches.{next(iter(switches))}.safe", "open or closed, of one switch at least: what "
            "acts and is never made safe is refused",
        )  # fmt: skip


def check_registers(registers: Mapping[str, Register | Goal]) -> None:
    """Raises NotAllowed where a figure, or an argument of whatever motion, has registers that there
    are not, or half of another's."""
    for key, each in registers.items():
        last = _last_of(key, each)
        for other, one in registers.items():
            apart = last < one.register or one.register + one.count <= each.register
            same = (each.register, each.type) == (one.register, one.type)
            if _table_of(each) == _table_of(one) and not apart and not same:
                end = one.register + one.count - 1
                raise NotAllowed(
                    f"{key}.register", f"registers of its own, or all of those of {other} as "
                    f"{one.type}: {each.register} to {last} overlap its {one.register} to {end}",
                )  # fmt: skip


def _table_of(each: Register | Goal) -> str:
    return each.table if isinstance(each, Register) else "holding"


def _last_of(key: str, each: Register | Goal) -> int:
    """The last of its registers; raises NotAllowed where there is no such."""
    if each.register + each.count - 1 > LAST:
        raise NotAllowed(f"{key}.register", f"0 to {LAST - each.count + 1} of a {each.type}")
    if each.low_word_first and each.count == 1:
        raise NotAllowed(f"{key}.low_word_first", f"false: a {each.type} has one word")
    return each.register + each.count - 1


def check_written(motions: Mapping[str, Motion]) -> None:
    """Raises NotAllowed where a motion writes over an argument of its own before it goes: what is
    written last there is what the device goes by."""
    for method, motion in motions.items():
        taken = {
            each.register: f"begin writes {each.value} to"
            for each in motion.begin if each.register is not None
        }  # fmt: skip
        for name, goal in motion.arguments.items():
            key = f"motions.{method}.arguments.{name}"
            for at in range(goal.register, _last_of(key, goal) + 1):
                if at in taken:
                    words = f"registers of its own: {taken[at]} register {at}"
                    raise NotAllowed(f"{key}.register", words)
                taken[at] = f"arguments.{name} has"


def words_of(kind: Kind, value: float, *, low_word_first: bool) -> list[int]:
    """A figure as registers; raises DeviceRejected for one that does not fit there."""
    try:
        data = struct.pack(FORMATS[kind], value if kind == "float32" else round(value))
    except (struct.error, OverflowError, ValueError):
        raise DeviceRejected(f"{value:g} does not fit into a {kind}") from None
    words = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
    return words[::-1] if low_word_first else words


def device_of(address: str) -> int:
    """The number of the device behind an address; raises AddressRefused."""
    rtu = address.startswith(RTU)
    form, parts = (RTU_FORM, urlsplit(address)) if rtu else (
        FORM, parts_of(address, "modbus", FORM)
    )  # fmt: skip
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = given.pop("device", "1")
    if (given and not rtu) or not number.isdecimal() or int(number) > 247:
        raise AddressRefused(f"{address}: allowed is {form}")
    if rtu:
        line_of(address)
    return int(number)


def line_of(address: str) -> tuple[str, int, str, int]:
    """Path, baud rate, parity and stop bits of a serial line; raises AddressRefused."""
    parts = urlsplit(address)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    baud, parity = given.get("baud", "19200"), given.get("parity", "E")
    stops = given.get("stop", "1")
    known = set(given) <= {"device", "baud", "parity", "stop"}
    path = bool(parts.path) and not parts.netloc and "\0" not in address
    right = baud.isdecimal() and 300 <= int(baud) <= 4_000_000
    if not (known and path and right) or parity not in PARITIES or stops not in ("1", "2"):
        raise AddressRefused(f"{address}: allowed is {RTU_FORM}")
    return parts.path, int(baud), parity, int(stops)
