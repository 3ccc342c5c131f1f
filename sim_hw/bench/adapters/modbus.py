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
from flight.icd.devices.base import DeviceFault
from sim_hw.bench.adapters.adapter import (
    Adapter,
    AdapterSetting,
    Identity,
    Place,
    Progress,
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
from sim_hw.bench.wire.addresses import AddressRefused

FORM = "modbus://127.0.0.1:502?device=1, device from 0 to 247"
FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}
Number = Annotated[int, msgspec.Meta(ge=0, le=65535)]


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


class ModbusAdapter(Adapter):
    """A device at the other end of a TCP connection."""

    Map: ClassVar[type[msgspec.Struct]] = ModbusMap
    libraries = ("pymodbus",)
    install = "pip install 'threeforks[modbus]'"

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self._map: ModbusMap = setting.map
        self._client: Any = None
        self._device = _device_of(setting.address)
        self._asked: tuple[str, bool] | None = None

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
            values = self._states()
        for name, register in self._map.readings.get(method, {}).items():
            values[name] = self._figure(register)
        # The first was taken so long before the last: the reading is as old as its oldest figure.
        return Sample(values, time.monotonic() - begun)

    def _states(self) -> dict[str, Any]:
        coils = {name: self._coil(each.coil) for name, each in self._map.switches.items()}
        power = {
            name: 0.0 if each.power is None else self._figure(each.power)
            for name, each in self._map.switches.items()
        }
        return {"closed": coils, "power": power}

    def begin(self, method: str, arguments: Mapping[str, Any]) -> None:
        name, closed = arguments["name"], arguments["closed"]
        if name not in self._map.switches:
            known = ", ".join(self._map.switches)
            raise DeviceFault("stuck", f"no switch {name} is on this bench: there are {known}")
        self._write(self._map.switches[name].coil, closed)
        self._asked = (name, closed)

    def advance(self) -> Progress:
        assert self._asked is not None
        (name, closed), self._asked = self._asked, None
        states = self._states()
        if states["closed"][name] is not closed:
            raise DeviceFault("stuck", f"{name} was told to {_verb(closed)} and did not")
        return Progress(True, {}, states)

    def make_safe(self) -> None:
        """Raises OSError where a switch is not as it is to be, after all have been told."""
        self._asked = None
        if self._client is None:
            return
        wanted = {
            name: (each.coil, each.safe == "closed")
            for name, each in self._map.switches.items() if each.safe != "as it is"
        }  # fmt: skip
        wrong: list[str] = []
        for name, (coil, closed) in wanted.items():
            try:
                self._write(coil, closed)
            except Exception as error:  # as the client has it: the others are told all the same
                wrong.append(f"{name}: {error}")
        if not wrong:
            wrong = [
                f"{name} was told to {_verb(closed)} and did not"
                for name, (coil, closed) in wanted.items() if self._coil(coil) is not closed
            ]  # fmt: skip
        if wrong:
            raise OSError(f"it is not safe: {'; '.join(wrong)}")

    def _write(self, coil: int, closed: bool) -> None:
        _right(self._client.write_coil(coil, closed, device_id=self._device), f"coil {coil}")

    def _coil(self, coil: int) -> bool:
        answer = self._client.read_coils(coil, count=1, device_id=self._device)
        return bool(_right(answer, f"coil {coil}").bits[0])

    def _figure(self, register: Register) -> float:
        if register.constant is not None:
            return register.constant
        words = self._words(register.table, register.register, register.count)
        if register.low_word_first:
            words.reverse()
        data = b"".join(word.to_bytes(2, "big") for word in words)
        return register.true(struct.unpack(FORMATS[register.type], data)[0])

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


def _verb(closed: bool) -> str:
    return "close" if closed else "open"
