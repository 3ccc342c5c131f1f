"""Modbus/TCP: readings from registers, switches from coils. Needs `pymodbus`.

Registers are numbered from 0, as they go over the wire. A 32-bit number has its high word first,
unless `low_word_first`.
"""

import struct
import time
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from flight.configuration.files import NotAllowed
from sim_hw.bench.adapters.adapter import (
    AdapterSetting,
    Identity,
    Place,
    Sample,
    host_place,
    parts_of,
)
from sim_hw.bench.adapters.fields import (
    Scaled,
    check_fields,
    check_reads_only,
    check_switches,
)
from sim_hw.bench.adapters.switching import SwitchingAdapter
from sim_hw.bench.wire.addresses import AddressRefused

FORM = "modbus://127.0.0.1:502?device=1, device from 0 to 247"
FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}
LAST = 65535  # of the registers, and of the coils
Number = Annotated[int, msgspec.Meta(ge=0, le=LAST)]


class Register(Scaled, frozen=True, forbid_unknown_fields=True):
    """One figure: `register` of a `table`, as a `type`."""

    register: Number = 0
    table: Literal["holding", "input"] = "holding"
    type: Literal["int16", "uint16", "int32", "uint32", "float32"] = "uint16"
    low_word_first: bool = False

    @property
    def count(self) -> int:
        """Of its registers."""
        return struct.calcsize(FORMATS[self.type]) // 2


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
    identification (function 43), where it has that."""

    readings: dict[str, dict[str, Register]] = {}
    switches: dict[str, Coil] = {}
    serial: Text | None = None

    def registers(self) -> dict[str, Register]:
        """All that are read, by their keys."""
        found = {
            f"readings.{method}.{name}": each
            for method, fields in self.readings.items() for name, each in fields.items()
        }  # fmt: skip
        powers = {name: each.power for name, each in self.switches.items()}
        found |= {f"switches.{name}.power": each for name, each in powers.items() if each}
        return {key: each for key, each in found.items() if each.constant is None}


class ModbusAdapter(SwitchingAdapter):
    """A device at the other end of a TCP connection."""

    Map: ClassVar[type[msgspec.Struct]] = ModbusMap
    libraries = ("pymodbus",)
    install = "pip install 'threeforks[modbus]'"

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self._map: ModbusMap = setting.map
        self._client: Any = None
        self._device = _device_of(setting.address)

    @classmethod
    def place(cls, address: str) -> Place:
        _device_of(address)
        return host_place(parts_of(address, "modbus", FORM), FORM)

    @classmethod
    def check(cls, setting: AdapterSetting) -> None:
        check_reads_only(setting.interface, "modbus")
        check_switches(setting.interface, setting.map.switches)
        check_fields(setting.interface, setting.map.readings)
        for name, coil in setting.map.switches.items():
            if coil.power is not None and coil.power.unit != "W":
                raise NotAllowed(f"switches.{name}.power.unit", "W")
        _check_coils(setting.map.switches)
        check_registers(setting.map.registers())

    def open(self) -> Identity:
        from pymodbus.client import ModbusTcpClient

        parts = parts_of(self.setting.address, "modbus", FORM)
        host, port = str(parts.hostname), parts.port or 502
        # One request that is not answered is the end: a second would be told of too late.
        patience = 0.6 * self.setting.longest
        self._client = ModbusTcpClient(host, port=port, timeout=patience, retries=0)
        if not self._client.connect():
            raise OSError("nobody serves it: start the device first")
        told = self._identification()
        serial = "" if self._map.serial is None else self._text(self._map.serial)
        return Identity(
            told.get(1, ""), serial, told.get(2, "").lstrip("vV"), vendor=told.get(0, "")
        )

    def _identification(self) -> dict[int, str]:
        """Vendor, product and revision by number; nothing where it does not tell."""
        answer = self._client.read_device_information(device_id=self._device)
        if answer.isError():
            return {}
        told = dict(answer.information)
        return {
            number: value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
            for number, value in told.items()
        }

    def read(self, method: str, arguments: Mapping[str, Any]) -> Sample:
        values: dict[str, Any] = {}
        begun = time.monotonic()
        if self._map.switches:
            values = self.states()
        for name, register in self._map.readings.get(method, {}).items():
            values[name] = self.figure(register)
        # The first was taken so long before the last: the reading is as old as its oldest figure.
        return Sample(values, time.monotonic() - begun)

    def tell_switch(self, name: str, closed: bool) -> None:
        self._write(self._map.switches[name].coil, closed)

    def is_closed(self, name: str) -> bool:
        return self._coil(self._map.switches[name].coil)

    def make_safe(self) -> None:
        """Raises OSError where a switch is not as it is to be, after all have been told."""
        self._asked = None
        if self._client is None:
            return
        wanted = {
            name: each.safe == "closed"
            for name, each in self._map.switches.items()
            if each.safe != "as it is"
        }
        wrong: list[str] = []
        for name, closed in wanted.items():
            try:
                self.tell_switch(name, closed)
            except Exception as error:  # as the client has it: the others are told all the same
                wrong.append(f"{name}: {error}")
        wrong = wrong or self.not_so(wanted)
        if wrong:
            raise OSError(f"it is not safe: {'; '.join(wrong)}")

    def _write(self, coil: int, closed: bool) -> None:
        _right(self._client.write_coil(coil, closed, device_id=self._device), f"coil {coil}")

    def _coil(self, coil: int) -> bool:
        answer = self._client.read_coils(coil, count=1, device_id=self._device)
        return bool(_right(answer, f"coil {coil}").bits[0])

    def figure(self, entry: Register) -> float:
        if entry.constant is not None:
            return entry.constant
        words = self._words(entry.table, entry.register, entry.count)
        if entry.low_word_first:
            words.reverse()
        data = b"".join(word.to_bytes(2, "big") for word in words)
        return entry.true(struct.unpack(FORMATS[entry.type], data)[0])

    def _text(self, text: Text) -> str:
        words = self._words(text.table, text.register, text.count)
        data = b"".join(word.to_bytes(2, "big") for word in words)
        return data.decode("ascii", "replace").rstrip("\0 ")

    def _words(self, table: str, register: int, count: int) -> list[int]:
        client = self._client
        ask = client.read_input_registers if table == "input" else client.read_holding_registers
        answer = ask(register, count=count, device_id=self._device)
        words = list(_right(answer, f"{table} register {register}").registers)
        if len(words) != count:
            raise OSError(f"{table} register {register}: {len(words)} words of {count} came")
        return words

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


def _check_coils(switches: Mapping[str, Coil]) -> None:
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


def check_registers(registers: Mapping[str, Register]) -> None:
    """Raises NotAllowed where a figure has registers that there are not, or half of another's."""
    for key, each in registers.items():
        last = each.register + each.count - 1
        if last > LAST:
            raise NotAllowed(f"{key}.register", f"0 to {LAST - each.count + 1} of a {each.type}")
        if each.low_word_first and each.count == 1:
            raise NotAllowed(f"{key}.low_word_first", f"false: a {each.type} has one word")
        for other, one in registers.items():
            apart = last < one.register or one.register + one.count <= each.register
            same = (each.register, each.type) == (one.register, one.type)
            if each.table == one.table and not apart and not same:
                end = one.register + one.count - 1
                raise NotAllowed(
                    f"{key}.register", f"registers of its own, or all of those of {other} as "
                    f"{one.type}: {each.register} to {last} overlap its {one.register} to {end}",
                )  # fmt: skip


def _device_of(address: str) -> int:
    parts = parts_of(address, "modbus", FORM)
    name, _, number = (parts.query or "device=1").partition("=")
    if name != "device" or not number.isdecimal() or int(number) > 247:
        raise AddressRefused(f"{address}: allowed is {FORM}")
    return int(number)


def _right(answer: Any, what: str) -> Any:
    if answer.isError():
        raise OSError(f"{what}: {answer}")
    return answer
