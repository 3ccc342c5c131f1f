"""Modbus, over TCP or a serial line (RTU): readings from registers, switches from coils, motions of
an axis by the registers of its target, its place and its status. Needs `pymodbus`, and on a serial
line `pyserial`.
"""

import importlib.util
import os
import struct
import time
from collections.abc import Mapping
from typing import Any, ClassVar, get_type_hints

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
from sim_hw.bench.adapters.fields import check_fields, check_switches, field_value
from sim_hw.bench.adapters.modbus_map import (
    FORM,
    FORMATS,
    RTU,
    ModbusMap,
    Motion,
    Register,
    Text,
    Write,
    check_coils,
    check_registers,
    check_written,
    device_of,
    line_of,
    words_of,
)
from sim_hw.bench.adapters.moving import check_motions
from sim_hw.bench.adapters.switching import SwitchingAdapter
from sim_hw.bench.wire.permission import permission_step


class ModbusAdapter(SwitchingAdapter):
    """A device at the other end of a TCP connection, or one of those on a serial line."""

    Map: ClassVar[type[msgspec.Struct]] = ModbusMap
    libraries = ("pymodbus",)
    install = "pip install 'threeforks[modbus]'"

    def __init__(self, setting: AdapterSetting) -> None:
        super().__init__(setting)
        self._map: ModbusMap = setting.map
        self._client: Any = None
        self._device = device_of(setting.address)

    @classmethod
    def place(cls, address: str) -> Place:
        device_of(address)
        if address.startswith(RTU):
            return Place(f"serial {os.path.realpath(line_of(address)[0])}", local=True)
        return host_place(parts_of(address, "modbus", FORM), FORM)

    @classmethod
    def check(cls, setting: AdapterSetting) -> None:
        if setting.address.startswith(RTU) and importlib.util.find_spec("serial") is None:
            raise NotAllowed("", f"one over TCP, until pyserial is installed: {cls.install}")
        if not setting.map.switches:
            check_motions(setting.interface, "modbus", setting.map, watched=True)
        elif setting.map.motions or setting.map.stop:
            raise NotAllowed("motions", "none beside switches: those are made safe by `safe`")
        check_switches(setting.interface, setting.map.switches)
        check_fields(setting.interface, setting.map.readings)
        for name, coil in setting.map.switches.items():
            if coil.power is not None and coil.power.unit != "W":
                raise NotAllowed(f"switches.{name}.power.unit", "W")
        check_coils(setting.map.switches)
        check_written(setting.map.motions)
        check_registers({**setting.map.registers(), **setting.map.goals()})

    def open(self) -> Identity:
        self._client = self._make_client()
        if not self._client.connect():
            raise OSError("nobody serves it: start the device first")
        try:
            told = self._identification()
        except Exception as error:  # as the client has it
            words = " ".join(str(error).split())[:160]
            raise OSError(
                f"nobody answers as device {self._device}: are host, port, number and line right? "
                f"({words})"
            ) from error
        serial = "" if self._map.serial is None else self._text(self._map.serial)
        return Identity(
            told.get(1, ""), serial, told.get(2, "").lstrip("vV"), vendor=told.get(0, "")
        )

    def _make_client(self) -> Any:
        from pymodbus.client import ModbusSerialClient, ModbusTcpClient

        # One request that is not answered is the end: a second would be told of too late.
        patience = 0.6 * self.setting.longest
        if not self.setting.address.startswith(RTU):
            parts = parts_of(self.setting.address, "modbus", FORM)
            host, port = str(parts.hostname), parts.port or 502
            return ModbusTcpClient(host, port=port, timeout=patience, retries=0)
        path, baud, parity, stops = line_of(self.setting.address)
        if not os.path.exists(path):
            raise OSError(f"there is no {path}: is it plugged in?")
        if not os.access(path, os.R_OK | os.W_OK):
            raise OSError(f"{path} may not be opened: {permission_step(path)}")
        return ModbusSerialClient(
            path, baudrate=baud, parity=parity, stopbits=stops, timeout=patience, retries=0
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
        hints = get_type_hints(self.setting.interface.methods[method].result, include_extras=True)
        for name, register in self._map.readings.get(method, {}).items():
            values[name] = field_value(hints[name], self.figure(register))
        # The first was taken so long before the last: the reading is as old as its oldest figure.
        return Sample(values, time.monotonic() - begun)

    def tell_switch(self, name: str, closed: bool) -> None:
        self._write(self._map.switches[name].coil, closed)

    def is_closed(self, name: str) -> bool:
        return self._coil(self._map.switches[name].coil)

    def make_safe(self) -> None:
        """Raises OSError where a switch is not as it is to be, after all have been told, or where
        something moves still."""
        self._asked = None
        if self._client is None:
            return
        super().make_safe()
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

    # ------------------------------------------------------------------ motions

    @property
    def is_open(self) -> bool:
        return self._client is not None

    def start(self, motion: Motion, values: Mapping[str, float]) -> None:
        for name, goal in motion.arguments.items():
            words = words_of(goal.type, values[name], low_word_first=goal.low_word_first)
            answer = self._client.write_registers(goal.register, words, device_id=self._device)
            _right(answer, f"holding register {goal.register}")
        for step in motion.begin:
            self.tell(step)

    def tell(self, step: Write) -> None:
        if step.coil is not None:
            self._write(step.coil, bool(step.value))
            return
        assert step.register is not None
        answer = self._client.write_register(step.register, step.value, device_id=self._device)
        _right(answer, f"holding register {step.register}")

    def status(self, motion: Motion) -> int:
        where = motion.status
        if where.table == "coil":
            return int(self._coil(where.register))
        if where.table == "discrete":
            read = self._client.read_discrete_inputs(
                where.register, count=1, device_id=self._device
            )
            return int(_right(read, f"discrete input {where.register}").bits[0])
        (word,) = self._words(where.table, where.register, 1)
        return word if where.bit is None else word >> where.bit & 1

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


def _right(answer: Any, what: str) -> Any:
    if answer.isError():
        raise OSError(f"{what}: {answer}")
    return answer
