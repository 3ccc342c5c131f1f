"""A battery gauge and switches over SCPI, against a power supply of `pyvisa-sim`."""

import socket
import threading
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from sim_hw.bench.adapters.scpi import ScpiAdapter, _told_by
from sim_hw.bench.wire.addresses import AddressRefused
from tests.sim_hw.bench.adapters.desks import adapter_from, refused, written

ADDRESS = "scpi:TCPIP0::127.0.0.1::5025::SOCKET"
BATTERY = """\
map:
  library: supply.yaml@sim
  readings:
    state:
      state_of_charge: {constant: 0.6, unit: "1"}
      voltage: {query: "MEAS:VOLT? (@1)", unit: V}
      current: {query: "MEAS:CURR? (@1)", scale: -1, unit: A}
      temperature: {constant: 293.15, unit: K}
"""
SWITCHES = """\
map:
  library: supply.yaml@sim
  safe: ["OUTP 0,(@2)"]
  switches:
    avionics:
      close: "OUTP 1,(@1)"
      open: "OUTP 0,(@1)"
      state: "OUTP? (@1)"
      power: {query: "MEAS:POW? (@1)", unit: W}
    heaters: {close: "OUTP 1,(@2)", open: "OUTP 0,(@2)", state: "OUTP? (@2)"}
"""


def made(folder: Path, text: str, *, switches: bool = False, address: str = ADDRESS) -> Path:
    copy(Path(__file__).with_name("supply.yaml"), folder)
    device = ("rover.power_switches", "PowerSwitches") if switches else ("rover.battery", "Battery")
    return written(folder, *device, "scpi", address, text)


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    adapters: list[Any] = []

    def make(text: str, **more: Any) -> Any:
        adapters.append(adapter_from(made(tmp_path, text, **more)))
        return adapters[-1]

    yield make
    for adapter in adapters:
        adapter.close()


def test_who_it_is_and_what_it_measures(opened: Any) -> None:
    adapter = opened(BATTERY)
    told = adapter.open()
    assert (told.vendor, told.model, told.serial, told.firmware) == (
        "Desk", "PSU-2", "SN0099", "2.1"
    )  # fmt: skip
    assert told.uptime is None
    values = adapter.read("state", {}).values
    assert values == pytest.approx(
        {"state_of_charge": 0.6, "voltage": 28.71, "current": 4.2, "temperature": 293.15}
    )
    adapter.make_safe()  # says nothing


def test_outputs_are_switches_that_are_read_back_and_safe_is_what_the_map_says(
    opened: Any,
) -> None:
    adapter = opened(SWITCHES, switches=True, address="scpi:ASRL7::INSTR")
    adapter.open()
    before = adapter.read("state", {}).values
    assert before["closed"] == {"avionics": False, "heaters": True}
    assert before["power"] == pytest.approx({"avionics": 12.5, "heaters": 0.0})
    adapter.begin("set_switch", {"name": "avionics", "closed": True})
    progress = adapter.advance()
    assert progress.done and progress.result["closed"] == {"avionics": True, "heaters": True}
    adapter.make_safe()
    assert adapter.read("state", {}).values["closed"] == {"avionics": True, "heaters": False}
    with pytest.raises(DeviceFault, match="no switch wings"):
        adapter.begin("set_switch", {"name": "wings", "closed": True})


def test_one_command_that_fails_keeps_no_other_from_making_it_safe(opened: Any) -> None:
    text = SWITCHES.replace('["OUTP 0,(@2)"]', '["OUTP 7,(@1)", "OUTP 0,(@2)"]')
    adapter = opened(text, switches=True)
    adapter.open()
    said: list[str] = []
    say = adapter._say

    def fails(words: str) -> None:
        said.append(words)
        if "7" in words:
            raise DeviceFault("stuck", f"{words}: -222")
        say(words)

    adapter._say = fails
    with pytest.raises(OSError, match=r"it is not safe: .*OUTP 7"):
        adapter.make_safe()
    assert len(said) == 2 and adapter.read("state", {}).values["closed"]["heaters"] is False


def test_a_switch_that_does_not_open_is_not_safe(opened: Any) -> None:
    adapter = opened(SWITCHES.replace("OUTP? (@2)", "OUTP? (@1)"), switches=True)
    adapter.make_safe()  # nothing is open yet
    adapter.open()
    adapter._say("OUTP 1,(@1)")
    with pytest.raises(OSError, match="not safe: heaters was told to open and did not"):
        adapter.make_safe()
    adapter._say("OUTP 0,(@1)")
    adapter.make_safe()
    last = SWITCHES.replace('["OUTP 0,(@2)"]', '["OUTP 0,(@2)", "*CLS", "OUTP 1,(@2)"]')
    adapter = adapter_from(made(adapter.setting.folder, last, switches=True))
    assert _told_by(adapter._map) == {"heaters": True}  # the last counts


def test_switches_of_which_nobody_says_what_is_safe_are_refused(tmp_path: Path) -> None:
    said = refused(made(tmp_path, SWITCHES.replace('  safe: ["OUTP 0,(@2)"]\n', ""), switches=True))
    assert "safe" in said and 'such as ["OUTP OFF"]' in said, said
    for never in ("[]", '["OUTP? (@2)"]', '["*IDN?; OUTP? (@1)", " "]'):  # asking changes nothing
        said = refused(made(tmp_path, SWITCHES.replace('["OUTP 0,(@2)"]', never), switches=True))
        assert "what acts and is never made safe is refused" in said, said
    adapter_from(made(tmp_path, SWITCHES.replace('["OUTP', '["*ESR?; OUTP'), switches=True))


@pytest.mark.parametrize("key", ["open", "close", "state"])
def test_what_acts_is_no_query_and_what_asks_is_one(key: str, tmp_path: Path) -> None:
    old = {"open": "OUTP 0,(@1)", "close": "OUTP 1,(@1)", "state": "OUTP? (@1)"}[key]
    new = "OUTP 1" if key == "state" else "OUTP? (@1)"
    text = SWITCHES.replace(f'{key}: "{old}"', f'{key}: "{new}"')
    said = refused(made(tmp_path, text, switches=True))
    assert f"switches.avionics.{key}" in said and "query" in said, said


def test_what_the_instrument_calls_an_error_is_a_fault_and_what_sticks_is_one(opened: Any) -> None:
    adapter = opened(SWITCHES.replace('open: "OUTP 0,(@1)"', 'open: "OPTU 0"'), switches=True)
    adapter.open()
    with pytest.raises(DeviceFault, match="OPTU 0: -113") as fault:
        adapter.begin("set_switch", {"name": "avionics", "closed": False})
    assert fault.value.code == "stuck"
    stuck = opened(SWITCHES.replace('close: "OUTP 1,(@1)"', 'close: "OUTP 0,(@1)"'), switches=True)
    stuck.open()
    stuck.begin("set_switch", {"name": "avionics", "closed": True})
    with pytest.raises(DeviceFault, match="was told to close and did not"):
        stuck.advance()


def test_what_is_no_number_is_no_reading(opened: Any) -> None:
    adapter = opened(BATTERY.replace("MEAS:VOLT? (@1)", "MEAS:NOTHING?"))
    adapter.open()
    with pytest.raises(OSError, match="'overload', which is no number"):
        adapter.read("state", {})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("unit: V}", "unit: mV}", 'voltage.unit = "mV": allowed is V'),
        ('query: "MEAS:VOLT? (@1)", ', "", "a query, or a constant"),
        ("constant: 0.6", 'constant: 0.6, query: "A?"', "a query, or a constant"),
        ("      temperature: {constant: 293.15, unit: K}\n", "", "where temperature (K)"),
        ("  readings", "  safe: [\"a\\nb\"]\n  readings", "safe[0]"),
    ],
)  # fmt: skip
def test_a_map_that_does_not_fit_is_refused(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    assert words in refused(made(tmp_path, BATTERY.replace(old, new)))


@pytest.mark.parametrize("text", ["scpi:", "scpi:FOO1::INSTR", "scpi:TCPIP0", "visa:USB0::1::X"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(AddressRefused, match="allowed is scpi:TCPIP0"):
        ScpiAdapter.place(text)


def test_beyond_this_machine_only_where_it_is_permitted_and_one_place_has_one_key() -> None:
    far = ScpiAdapter.place("scpi:TCPIP0::192.168.7.20::5025::SOCKET")
    assert not far.local and "192.168.7.20" in far.key
    near = [ScpiAdapter.place(f"scpi:TCPIP{n}::127.0.0.{n}::5025::SOCKET") for n in (1, 2)]
    assert near[0].local and near[0].key == near[1].key
    assert ScpiAdapter.place("scpi:USB0::0x1AB1::0x0E11::SN::INSTR").local


def answering(listener: socket.socket) -> None:
    """A power supply on a socket of its own, for one customer: some words, and silence."""
    told = {"*IDN?": "Desk,PSU-9,SN0001,1.0", "MEAS:VOLT? (@1)": "27.5", "MEAS:CURR? (@1)": "0.5"}
    with listener.accept()[0] as line, line.makefile("rw", newline="\n") as lines:
        for asked in lines:
            if asked.strip() in told:
                lines.write(told[asked.strip()] + "\n")
                lines.flush()


def test_over_a_socket_by_the_library_that_is_the_default(opened: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answering, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        text = BATTERY.replace("  library: supply.yaml@sim\n", "")
        text = text.replace("constant: 293", "query: A?, offset: 293")
        adapter = opened(text, address=f"scpi:TCPIP0::127.0.0.1::{port}::SOCKET")
        assert adapter.open().serial == "SN0001"
        assert adapter.figure(adapter._map.readings["state"]["voltage"]) == 27.5
        with pytest.raises(Exception, match="Timeout"):  # it says nothing to that
            adapter.read("state", {})
        adapter.close()
        thread.join(5.0)
        assert not thread.is_alive()
