"""Wheels that are an axis on Modbus, over TCP and on a serial line, against `pymodbus`'s server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceFault, DeviceRejected
from sim_hw.bench.adapters.modbus import ModbusAdapter
from sim_hw.bench.adapters.modbus_map import Motion, check_written
from sim_hw.bench.wire.addresses import AddressRefused
from tests.sim_hw.bench.adapters.desks import adapter_from, refused, written
from tests.sim_hw.bench.adapters.modbus_axis import MOVING, STOPPED, Axis, Pair

AXIS = """\
rates:
  drive: {value: 60, unit: m/s, source: test}
  turn: {value: 60, unit: rad/s, source: test}
map:
  serial: {register: 20, count: 4}
  watchdog: {value: 0.5, unit: s, source: test}
  stop: [{register: 0, value: 0}]
  readings:
    state:
      odometer: {register: 12, type: float32, unit: m}
      turned: {register: 14, type: float32, unit: rad}
      motor_temperature: {register: 16, type: int16, scale: 0.1, offset: 273.15, unit: K}
      motor_current: {register: 17, scale: 0.1, unit: A}
      dead_wheels: {register: 18, unit: "1"}
  motions:
    drive:
      arguments: {distance: {register: 2, type: float32, relative_to: distance}}
      begin: [{register: 0, value: 0}, {register: 0, value: 1}]
      status: {register: 10}
      moving: [32769]
      done: [2]
      faults: {"3": stall}
      effects:
        distance: {register: 12, type: float32, unit: m, relative: true}
        turned: {constant: 0, unit: rad}
      elapsed: seconds
    turn:
      arguments: {angle: {register: 4, type: int16, scale: 0.001}}
      begin: [{register: 0, value: 0}, {register: 0, value: 2}]
      status: {register: 10, bit: 15}
      moving: [1]
      done: [0]
      effects:
        distance: {constant: 0, unit: m}
        turned: {register: 14, type: float32, unit: rad, relative: true}
      elapsed: seconds
"""


def bench(folder: Path, address: str, text: str = AXIS) -> Path:
    return written(folder, "rover.wheels", "Wheels", "modbus", address, text)


@pytest.fixture
def axis() -> Iterator[Axis]:
    with Axis() as made:
        yield made


@pytest.fixture
def adapter(axis: Axis, tmp_path: Path) -> Iterator[Any]:
    made = adapter_from(bench(tmp_path, f"modbus://127.0.0.1:{axis.port}"))
    made.open()
    yield made
    made.close()


def ended(adapter: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The last progress of a motion, and what it said on its way."""
    told = []
    while True:
        progress = adapter.advance()
        told.append(dict(progress.effects))
        if progress.done:
            return progress.result, told


def drive(adapter: Any, axis: Axis) -> None:
    result, told = (adapter.begin("drive", {"distance": 4.0}), ended(adapter))[1]
    assert result["distance"] == pytest.approx(4.0) and result["turned"] == 0.0
    assert 0.06 <= result["seconds"] < 5.0 and axis.counters[1] == pytest.approx(14.0)
    ways = [each["distance"] for each in told]
    assert ways == sorted(ways) and any(0.0 < way < 4.0 for way in ways)  # also on its way
    adapter.begin("turn", {"angle": -1.5})
    assert ended(adapter)[0]["turned"] == pytest.approx(-1.5, abs=2e-3)
    values = adapter.read("state", {}).values
    assert values["odometer"] == pytest.approx(14.0) and values["dead_wheels"] == [0, 2]
    assert values["motor_temperature"] == pytest.approx(291.65)


def test_it_goes_to_where_it_is_told_and_what_its_counter_says_is_done(
    adapter: Any, axis: Axis
) -> None:
    """The end of the motion before still stands there when it begins, for a while."""
    axis.takes_up = 0.1
    drive(adapter, axis)
    adapter.begin("drive", {"distance": 0.0})  # is never seen to move
    assert ended(adapter)[0]["distance"] == 0.0
    with pytest.raises(DeviceRejected, match="40000 does not fit into a int16"):
        adapter.begin("turn", {"angle": 40.0})


def test_what_stalls_is_a_fault_and_what_is_halted_says_what_it_has_done(
    adapter: Any, axis: Axis
) -> None:
    axis.stalls_at = 12.0
    adapter.begin("drive", {"distance": 4.0})
    with pytest.raises(DeviceFault, match="drive ended in state 3") as fault:
        ended(adapter)
    assert fault.value.code == "stall"
    axis.stalls_at, axis.speed = None, 1.0
    before = axis.counters[1]
    adapter.begin("drive", {"distance": 9.0})
    while adapter.advance().effects["distance"] < 0.05:
        pass
    done = adapter.halt()
    assert axis.state == STOPPED
    assert done["distance"] == pytest.approx(axis.counters[1] - before, abs=1e-5)
    assert 0.05 <= done["distance"] < 9.0
    adapter.make_safe()
    axis.stays = True
    adapter.begin("drive", {"distance": 9.0})
    while axis.state != MOVING:
        adapter.advance()
    with pytest.raises(OSError, match="not safe: drive, turn was stopped and moves still"):
        adapter.make_safe()


def test_an_axis_in_a_state_that_nobody_knows_is_lost(adapter: Any, axis: Axis) -> None:
    adapter.begin("drive", {"distance": 4.0})
    axis.state = 9
    with pytest.raises(OSError, match="drive is in state 9, of which nobody knows"):
        ended(adapter)


@pytest.mark.check
def test_on_a_serial_line_it_is_the_same(tmp_path: Path) -> None:
    pair = Pair()
    try:
        with Axis(path=pair.far) as axis:
            address = f"modbus+rtu://{pair.near}?device=1&baud=115200&parity=N"
            adapter = adapter_from(bench(tmp_path, address))
            assert adapter.open().serial == "AX0007"
            drive(adapter, axis)
            adapter.make_safe()
            adapter.close()
            other = adapter_from(bench(tmp_path, address.replace("device=1", "device=2")))
            with pytest.raises(OSError, match="holding register 20"):
                other.open()  # nobody has that number
            other.close()
    finally:
        pair.close()
    gone = adapter_from(bench(tmp_path, address))
    with pytest.raises(OSError, match="is it plugged in"):
        gone.open()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  stop: [{register: 0, value: 0}]\n", "", "moves and is never made safe is refused"),
        ("  watchdog: {value: 0.5, unit: s, source: test}\n", "", "what moves has a dead man"),
        ("value: 0.5, unit: s", "value: 0.1, unit: s", "watchdog"),
        ("stop: [{register: 0, value: 0}]", "stop: [{value: 0}]", "a coil or a register, and not"),
        ("stop: [{register: 0, value: 0}]", "stop: [{coil: 0, value: 2}]", "0 or 1 of a coil"),
        ("    turn:\n", "    spin:\n", "motions.spin"),
        ("relative_to: distance", "relative_to: turned", "an effect that is relative"),
        ("arguments: {angle:", "arguments: {angel:", "allowed is angle"),
        ("unit: rad, relative: true", "unit: deg, relative: true", "rad, as the ICD has it"),
        ("        turned: {constant: 0, unit: rad}\n", "", "where turned (rad) comes from"),
        ("elapsed: seconds", "elapsed: second", "allowed is one of seconds"),
        ("done: [2]", "done: [32769]", "numbers of the status, others than those of done"),
        ('{"3": stall}', '{"2": stall}', "another number, and one of obstacle"),
        ('{"3": stall}', '{"3": jam}', "another number, and one of obstacle"),
        ('{"3": stall}', '{"--3": stall}', "another number, and one of obstacle"),
        ('{"3": stall}', '{"03": stall}', "another number, and one of obstacle"),
        ("scale: 0.001}", "scale: 0}", "another number than 0"),
        ("bit: 15", "bit: 16", "bit"),
        ("distance: {register: 2,", "distance: {register: 0,", "drive.arguments.distance.register"),
        ("distance: {register: 2,", "distance: {register: 0,", "begin writes 1 to register 0"),
        ("{register: 0, value: 1}", "{register: 3, value: 1}", "begin writes 1 to register 3"),
        ("distance: {register: 2,", "distance: {register: 65535,", "0 to 65534 of a float32"),
        ("type: int16, scale: 0.001", "type: int16, low_word_first: true, scale: 0.001",
         "a int16 has one word"),
        ("status: {register: 10}", "status: {register: 10, table: coil, bit: 1}", "a coil is one"),
    ],
)
def test_a_motion_that_does_not_fit_is_refused(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    assert old in AXIS
    said = refused(bench(tmp_path, "modbus://127.0.0.1:502", AXIS.replace(old, new, 1)))
    assert words in said and "desk.yaml" in said, said


@pytest.mark.parametrize(
    "address",
    ["modbus+rtu:///dev/ttyUSB0?device=248", "modbus+rtu:///dev/ttyUSB0?baud=fast",
     "modbus+rtu:///dev/ttyUSB0?parity=X", "modbus+rtu:///dev/ttyUSB0?stop=3",
     "modbus+rtu://host/dev?device=1", "modbus+rtu:?device=1", "modbus+rtu:///d?unit=1"],
)  # fmt: skip
def test_a_serial_line_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused, match=r"modbus\+rtu:///dev/serial/by-id/NAME"):
        ModbusAdapter.place(address)


def test_a_serial_line_is_of_this_machine_and_one_line_has_one_key(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    places = [ModbusAdapter.place(f"modbus+rtu://{tmp_path}/{name}?device=3") for name in "ab"]
    assert places[0].key == places[1].key and places[0].local and places[1].local


def test_what_is_told_in_other_words_than_numbers_needs_an_adapter_of_its_own(
    tmp_path: Path,
) -> None:
    text = "rates: {motion: {value: 1, unit: 1/s, source: test}}\nmap:\n  motions: {}\n"
    file = written(tmp_path, "rover.rover_arm", "RoverArm", "modbus", "modbus://127.0.0.1:5", text)
    assert "motions.move_to" in refused(file)


@pytest.mark.parametrize(("register", "kind"), [(2, "int16"), (3, "int16"), (1, "int32")])
def test_two_arguments_of_one_motion_have_registers_of_their_own(register: int, kind: str) -> None:
    first = {"register": 2, "type": "float32"}
    check_written(motions(first, {"register": 4, "type": "int32"}))  # just beside it
    with pytest.raises(NotAllowed) as refusal:
        check_written(motions(first, {"register": register, "type": kind}))
    assert refusal.value.keys == ("motions.drive.arguments.second.register",)
    assert "registers of its own: arguments.first has register" in str(refusal.value)


def test_another_motion_may_be_told_by_the_same_registers() -> None:
    first = motions({"register": 2}, {"register": 3})
    check_written(first | {"turn": first["drive"]})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{register: 4, type: int16, scale: 0.001}", "{register: 3, type: int16, scale: 0.001}",
         "motions.turn.arguments.angle as "),  # the low word of what drive is told
        ("{register: 4, type: int16, scale: 0.001}", "{register: 2, type: int32, scale: 0.001}",
         "motions.turn.arguments.angle as "),  # both words, of another type
        ("{register: 4, type: int16, scale: 0.001}", "{register: 13, type: int16, scale: 0.001}",
         "registers of its own"),  # half of the odometer
        ("{register: 12, type: float32, unit: m}", "{register: 3, type: float32, unit: m}",
         "registers of its own"),
    ],
)  # fmt: skip
def test_half_of_what_another_motion_is_told_or_of_a_figure_is_refused(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    assert old in AXIS
    said = refused(bench(tmp_path, "modbus://127.0.0.1:5", AXIS.replace(old, new, 1)))
    assert words in said and "overlap its" in said


def test_the_same_registers_as_another_motion_and_those_of_another_table_are_taken(
    tmp_path: Path,
) -> None:
    turn = "{register: 4, type: int16, scale: 0.001}"
    for new in ("{register: 2, type: float32, scale: 0.001}", "{register: 18, scale: 0.001}"):
        text = AXIS.replace(turn, new).replace(
            "dead_wheels: {register: 18,", "dead_wheels: {register: 17, table: input,"
        )
        assert adapter_from(bench(tmp_path, "modbus://127.0.0.1:5", text)) is not None


def motions(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Motion]:
    """One that begins by register 0, and by a coil that has the number of an argument."""
    plain = {
        "arguments": {"first": first, "second": second}, "moving": [1], "done": [0],
        "begin": [{"coil": 2, "value": 0}, {"register": 0, "value": 1}],
        "status": {"register": 10}, "effects": {},
    }  # fmt: skip
    return {"drive": msgspec.convert(plain, Motion)}
