"""A battery and switches over Modbus/TCP, against `pymodbus`'s own server on loopback."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from ground.cli import main
from tests.sim_hw.bench.adapters.desks import adapter_from, refused, written
from tests.sim_hw.bench.adapters.modbus_supply import Supply

BATTERY = """\
map:
  serial: {register: 20, count: 4}
  readings:
    state:
      state_of_charge: {register: 0, scale: 0.0001, unit: "1"}
      voltage: {register: 1, scale: 0.01, unit: V}
      current: {register: 2, type: int16, scale: 0.01, unit: A}
      temperature: {register: 3, type: float32, offset: 273.15, unit: K}
"""
SWITCHES = """\
map:
  switches:
    avionics: {coil: 3, safe: open, power: {register: 5, scale: 0.1, unit: W}}
    heaters: {coil: 4, safe: as it is}
"""


@pytest.fixture
def supply() -> Iterator[Supply]:
    with Supply() as made:
        yield made


def battery(folder: Path, port: int, text: str = BATTERY, device: int = 1) -> Path:
    address = f"modbus://127.0.0.1:{port}?device={device}"
    return written(folder, "rover.battery", "Battery", "modbus", address, text)


def test_figures_come_from_registers_with_scale_and_offset(supply: Supply, tmp_path: Path) -> None:
    adapter = adapter_from(battery(tmp_path, supply.port))
    told = adapter.open()
    assert (told.vendor, told.model, told.serial, told.firmware) == (
        "Desk", "PS-2", "SN0042", "1.4"
    )  # fmt: skip
    sample = adapter.read("state", {})
    assert sample.values == pytest.approx(
        {"state_of_charge": 0.615, "voltage": 28.71, "current": -4.2, "temperature": 291.65}
    )
    assert 0.0 <= sample.age < 0.5
    adapter.close()


def test_of_the_other_table_with_the_low_word_first_and_what_is_constant(
    supply: Supply, tmp_path: Path
) -> None:
    text = BATTERY.replace("{register: 1, ", "{register: 38, table: input, ")
    text = text.replace("register: 3, type: float32, offset: 273.15", "constant: 290.0")
    text = text.replace("register: 0, scale: 0.0001", "type: uint32, low_word_first: true")
    adapter = adapter_from(battery(tmp_path, supply.port, text))
    adapter.open()
    values = adapter.read("state", {}).values
    assert values["voltage"] == pytest.approx(28.71) and values["temperature"] == 290.0
    assert values["state_of_charge"] == (2871 << 16) + 6150
    adapter.close()


def test_switches_are_coils_which_are_read_back(supply: Supply, tmp_path: Path) -> None:
    address = f"modbus://127.0.0.1:{supply.port}"
    file = written(tmp_path, "rover.power_switches", "PowerSwitches", "modbus", address, SWITCHES)
    adapter = adapter_from(file)
    adapter.open()
    before = adapter.read("state", {}).values
    assert before["closed"] == {"avionics": False, "heaters": False}
    assert before["power"] == pytest.approx({"avionics": 12.5, "heaters": 0.0})
    adapter.begin("set_switch", {"name": "avionics", "closed": True})
    progress = adapter.advance()
    assert progress.done and progress.result["closed"] == {"avionics": True, "heaters": False}
    with pytest.raises(DeviceFault, match="no switch wings") as fault:
        adapter.begin("set_switch", {"name": "wings", "closed": True})
    assert fault.value.code == "stuck"
    adapter._coil = lambda coil: True  # a relay that sticks
    adapter.begin("set_switch", {"name": "avionics", "closed": False})
    with pytest.raises(DeviceFault, match="was told to open and did not"):
        adapter.advance()
    adapter.close()


def test_made_safe_each_switch_is_as_the_map_says(supply: Supply, tmp_path: Path) -> None:
    address = f"modbus://127.0.0.1:{supply.port}"
    text = SWITCHES + "    fan: {coil: 5, safe: closed}\n"
    adapter = adapter_from(
        written(tmp_path, "rover.power_switches", "PowerSwitches", "modbus", address, text)
    )
    adapter.make_safe()  # nothing is open yet
    adapter.open()
    for name in ("avionics", "heaters"):
        adapter.begin("set_switch", {"name": name, "closed": True})
    adapter.make_safe()
    closed = adapter.read("state", {}).values["closed"]
    assert closed == {"avionics": False, "heaters": True, "fan": True}
    told: list[int] = []
    write, read = adapter._write, adapter._coil
    adapter._coil = lambda coil: True  # a relay that sticks
    with pytest.raises(OSError, match=r"not safe: avionics was told to open and did not$"):
        adapter.make_safe()
    adapter._coil = read

    def fails(coil: int, closed: bool) -> None:
        told.append(coil)
        if coil == 3:
            raise OSError("nobody answers")
        write(coil, closed)

    adapter._write = fails
    with pytest.raises(OSError, match="not safe: avionics: nobody answers"):
        adapter.make_safe()
    assert told == [3, 5]  # the others are told all the same
    adapter.close()


def test_a_switch_of_which_nobody_says_what_is_safe_is_refused(tmp_path: Path) -> None:
    text = SWITCHES.replace(", safe: as it is", "")
    address = "modbus://127.0.0.1:502"
    file = written(tmp_path, "rover.power_switches", "PowerSwitches", "modbus", address, text)
    said = refused(file)
    assert "heaters" in said and "safe" in said, said


def test_switches_that_are_never_made_safe_or_are_one_are_refused(tmp_path: Path) -> None:
    address = "modbus://127.0.0.1:502"
    for old, new, words in (
        ("safe: open", "safe: as it is", "what acts and is never made safe is refused"),
        ("coil: 4", "coil: 3", "heaters.coil = 3: allowed is a coil of its own: avionics has 3"),
    ):
        text = SWITCHES.replace(old, new)
        said = refused(
            written(tmp_path, "rover.power_switches", "PowerSwitches", "modbus", address, text)
        )
        assert words in said, said


def test_what_does_not_answer_is_no_reading(supply: Supply, tmp_path: Path) -> None:
    text = BATTERY.replace("register: 2,", "register: 40,")
    adapter = adapter_from(battery(tmp_path, supply.port, text))
    adapter.open()
    with pytest.raises(OSError, match=r"holding register 40: .*exception_code=2"):
        adapter.read("state", {})
    supply.stop()
    with pytest.raises(Exception, match=r"."):
        adapter.read("state", {})
    adapter.close()
    with pytest.raises(OSError, match="nobody serves it"):
        adapter_from(battery(tmp_path, supply.port)).open()


REFUSED: dict[str, tuple[str, str, str]] = {
    "unit": ("scale: 0.01, unit: V", "scale: 0.01, unit: mV", 'voltage.unit = "mV": allowed is V'),
    "field": ("voltage:", "tension:", "state.tension = a mapping of 3: allowed is one of state_of"),
    "missing": ("      voltage: {register: 1, scale: 0.01, unit: V}\n", "", "where voltage (V)"),
    "key": ("register: 1,", "registre: 1,", "registre is not a known key"),
    "range": ("register: 1,", "register: 65536,", "register = 65536: allowed is an integer"),
    "type": ("type: int16", "type: int12", "allowed is one of"),
    "overlap": ("register: 2,", "register: 4,", "4 to 4 overlap its 3 to 4"),
    "one as two": ("register: 2,", "register: 1,", "registers of its own, or all of those of"),
    "end": ("register: 3,", "register: 65535,", "register = 65535: allowed is 0 to 65534 of a"),
    "one word": ("type: int16", "type: int16, low_word_first: true", "false: a int16 has one word"),
    "switches": (
        "map:\n", "map:\n  switches: {a: {coil: 1, safe: open}}\n", "Battery has no switches"
    ),
    "adapter": ("map:", "map:", "one of protocol, "),
    "address": ("map:", "map:", "allowed is modbus://127.0.0.1:502?device=1"),
    "network": ("map:", "map:", "anyone on that network could move it; --allow-network"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_refused_with_line_and_key(what: str, tmp_path: Path) -> None:
    old, new, words = REFUSED[what]
    file = battery(tmp_path, 502, BATTERY.replace(old, new))
    text = file.read_text()
    if what == "adapter":
        text = text.replace("adapter: modbus", "adapter: mudbus")
    if what == "address":
        text = text.replace("?device=1", "?unit=1")
    if what == "network":
        text = text.replace("127.0.0.1", "192.168.7.20")
    file.write_text(text)
    said = refused(file)
    assert words in said and "desk.yaml" in said and ":" in said, said


def test_without_the_library_it_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec

    def without(name: str, package: Any = None) -> Any:
        return None if name == "pymodbus" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    said = refused(battery(tmp_path, 502))
    assert "modbus once pymodbus is installed: pip install 'threeforks[modbus]'" in said
    assert 'devices.rover.battery.adapter = "modbus"' in said
    out = tmp_path / "run"
    words = ["fly", "surface", "--quiet", "--out", str(out), "--bench"]
    assert main([*words, str(tmp_path / "desk.yaml")]) == 2
    error = capsys.readouterr().err
    assert "pip install 'threeforks[modbus]'" in error and error.count("\n") == 1
    assert not (out / "summary.json").exists()


@pytest.mark.check
def test_the_doctor_asks_an_adapter_who_its_device_is(
    supply: Supply, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = battery(tmp_path, supply.port)
    assert main(["hil", "doctor", str(file)]) == 0
    assert "Desk, PS-2, SN0042, 1.4: Battery" in capsys.readouterr().out
    supply.stop()
    assert main(["hil", "doctor", str(file)]) == 2
    assert "nobody serves it: start the device first" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("not_there", "that ends in ModuleNotFoundError"),
        ("no_adapter", "a subclass of Adapter"),
    ],
)
def test_one_of_others_that_cannot_be_loaded_is_refused(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.sim_hw.bench.adapters.bad import install

    install(tmp_path / "site", monkeypatch)
    file = written(tmp_path, "rover.battery", "Battery", name, "desk", "")
    assert words in refused(file)
