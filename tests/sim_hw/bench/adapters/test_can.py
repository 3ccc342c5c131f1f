"""Wheels on CAN by a DBC file, against a motor of ours on python-can's virtual bus."""

import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import can
import pytest

from flight.configuration.files import configs_folder
from flight.icd.devices.base import DeviceFault
from sim_hw.bench.adapters import can_bus
from tests.sim_hw.bench.adapters.can_motor import DATABASE, DONE, STOPPED, Motor
from tests.sim_hw.bench.adapters.desks import adapter_from, refused

FILE = (configs_folder() / "benches" / "wheels_on_can.yaml").read_text()


def bench(folder: Path, old: str = "", new: str = "") -> Path:
    copy(DATABASE, folder)
    assert old in FILE
    text = FILE.replace("can:socketcan:can0", f"can:virtual:{folder.name}").replace(old, new)
    file = folder / "desk.yaml"
    file.write_text(text)
    return file


@pytest.fixture
def motor(tmp_path: Path) -> Iterator[Motor]:
    with Motor("virtual", tmp_path.name, speed=10.0) as made:
        yield made


@pytest.fixture
def wheels(motor: Motor, tmp_path: Path) -> Iterator[Any]:
    adapter = adapter_from(bench(tmp_path))
    yield adapter
    adapter.close()


class Deaf(dict[tuple[int, bool], tuple[float, bytes]]):
    """What was heard, but for the status of motions."""

    def __setitem__(self, key: tuple[int, bool], said: tuple[float, bytes]) -> None:
        if key[0] != 272:
            super().__setitem__(key, said)


def until_done(adapter: Any, seconds: float = 5.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        progress = adapter.advance()
        if progress.done:
            return progress
        time.sleep(0.01)
    raise AssertionError("it never ended")


def test_who_it_is_what_it_measures_and_what_it_has_done(motor: Motor, wheels: Any) -> None:
    told = wheels.open()
    assert (told.model, told.serial, told.firmware) == ("wheel-motor", "1", "0.2")
    assert told.uptime is not None and 0.0 <= told.uptime < 60.0
    asked = time.monotonic()
    sample = wheels.read("state", {})
    assert all(wheels._heard[each, False][0] >= asked for each in (273, 274))  # none of before
    assert sample.values["motor_temperature"] == pytest.approx(291.65)
    assert sample.values["dead_wheels"] == [0, 2] and 0.0 <= sample.age < 1.0
    for number, (method, argument, field) in enumerate(
        (("drive", "distance", "distance"), ("turn", "angle", "turned")), 1
    ):
        wheels.begin(method, {argument: -0.7})
        progress = until_done(wheels)
        other = "turned" if field == "distance" else "distance"
        assert progress.effects == pytest.approx({field: -0.7, other: 0.0})
        assert progress.result["seconds"] > 0.0
        assert motor.asked[-1] == (number, -0.7)


def test_what_others_say_on_the_bus_is_not_kept_and_29_bits_are_another_number(
    motor: Motor, wheels: Any
) -> None:
    """A foreign message with the number of the status, and 100,000 of nobody."""
    wheels.open()
    known = set(wheels._heard)
    before = dict(wheels._heard)
    for number in range(100_000):
        wheels._hear(can.Message(arbitration_id=0x10000 + number, data=b"\xff" * 8))
    for number, extended in known:
        foreign = {"arbitration_id": number, "is_extended_id": not extended}
        wheels._hear(can.Message(**foreign, data=b"\xff" * 8))
        for odd in ("is_error_frame", "is_remote_frame"):
            wheels._hear(can.Message(arbitration_id=number, is_extended_id=extended, **{odd: True}))
    assert set(wheels._heard) == known
    assert all(said[1] != b"\xff" * 8 and said[1] for said in wheels._heard.values())
    assert all(wheels._heard[key][0] >= before[key][0] for key in known)


def test_a_status_of_before_the_command_is_believed_by_nobody(
    motor: Motor, tmp_path: Path
) -> None:
    """An adapter that is started again finds what the last motion has left."""
    for life in range(2):
        adapter = adapter_from(bench(tmp_path))
        adapter.open()
        adapter.read("state", {})
        asked = len(motor.asked)
        adapter.begin("drive", {"distance": 1.0 + life})
        progress = until_done(adapter)
        assert len(motor.asked) == asked + 1, "done before it had begun"
        assert progress.result["distance"] == pytest.approx(1.0 + life, abs=1e-3)
        adapter.close()


def test_a_device_that_tells_of_no_command_is_not_opened(
    motor: Motor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not be known which number an adapter of before has used."""
    monkeypatch.setattr(can_bus, "FIRST", 0.5)
    adapter = adapter_from(bench(tmp_path))
    monkeypatch.setattr(adapter, "_heard", Deaf())
    with pytest.raises(OSError, match=r"MotorStatus did not come within 0\.5 s"):
        adapter.open()
    adapter.close()


def test_what_was_done_in_all_is_told_after_the_end(motor: Motor, tmp_path: Path) -> None:
    old = "            distance: {message: MotorStatus, signal: Done, unit: m}"
    new = old.replace("MotorStatus, signal: Done", "WheelsWay, signal: Odometer")
    adapter = adapter_from(bench(tmp_path, old, new))
    adapter.open()
    adapter.begin("drive", {"distance": 0.5})
    end = time.monotonic() + 5.0
    while motor.state != DONE and time.monotonic() < end:
        time.sleep(0.01)
    adapter.read("state", {})
    adapter._notifier.stop(0.5)
    way = adapter._database.get_message_by_name("WheelsWay")

    def told(odometer: float) -> None:
        data = way.encode({"Odometer": odometer, "Turned": 0.0})
        adapter._heard[way.frame_id, False] = (time.monotonic(), data)

    told(0.2)  # after the command, and before the end
    assert not adapter.advance().done and not adapter.advance().done
    told(0.5)
    progress = adapter.advance()
    assert progress.done and progress.result["distance"] == pytest.approx(0.5)
    adapter.close()


def test_a_number_is_that_of_no_command_before(motor: Motor, wheels: Any) -> None:
    wheels.open()
    status = wheels._map.motions["drive"].status
    shown = 7
    wheels._signals = lambda name: (0.0, {status.number: shown})
    assert wheels._next_number(status) == 8  # after what it shows
    assert wheels._next_number(status) == 9  # which was not taken up
    shown = 10
    assert wheels._next_number(status) == 11
    shown = wheels._number = 255
    assert wheels._next_number(status) == 1
    shown, wheels._number = 1, 255
    assert wheels._next_number(status) == 2


def test_what_is_halted_tells_how_far_it_was_and_what_stalls_is_a_fault(
    motor: Motor, wheels: Any
) -> None:
    motor.speed = 1.0
    wheels.open()
    wheels.begin("drive", {"distance": 9.0})
    while not wheels.advance().effects.get("distance"):
        time.sleep(0.01)
    done = wheels.halt()
    assert 0.0 < done["distance"] < 2.0 and motor.state == STOPPED
    assert wheels.halt() is None  # nothing is under way; said all the same
    motor.stalls_at = 0.0
    wheels.begin("drive", {"distance": 1.0})
    with pytest.raises(DeviceFault) as fault:
        until_done(wheels)
    assert fault.value.code == "stall"


def test_a_motor_without_the_heartbeat_of_the_bench_stands(
    motor: Motor, wheels: Any
) -> None:
    motor.speed = 0.1
    wheels.open()
    wheels.begin("drive", {"distance": 9.0})
    while not wheels.advance().effects.get("distance"):
        time.sleep(0.01)
    wheels.close()
    end = time.monotonic() + 5.0
    while motor.state != STOPPED and time.monotonic() < end:
        time.sleep(0.02)
    assert motor.state == STOPPED


def test_what_talks_no_more_is_no_reading_and_what_is_not_taken_up_is_lost(
    motor: Motor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = 'database: wheel_motor.dbc\n      fresh: {value: 0.1, unit: s, source: "test"}'
    adapter = adapter_from(bench(tmp_path, "database: wheel_motor.dbc", fresh))
    adapter.open()
    motor.speed = 0.0
    adapter.begin("drive", {"distance": 1.0})
    until = time.monotonic() + 2.0
    while motor.number != 1 and time.monotonic() < until:
        time.sleep(0.01)
    adapter.begin("turn", {"angle": 1.0})  # it moves already, and does not take it
    with pytest.raises(OSError, match=r"turn was not taken up within 0\.1 s"):
        until_done(adapter)
    motor.talks = False
    time.sleep(0.15)
    with pytest.raises(OSError, match=r"has not come for 0\.[1-9] s"):
        adapter.read("state", {})
    adapter.close()
    monkeypatch.setattr(can_bus, "FIRST", 0.05)
    nobody = adapter_from(bench(tmp_path, "database: wheel_motor.dbc", fresh))
    with pytest.raises(OSError, match=r"did not come within 0\.05 s: is the device there"):
        nobody.open()
    nobody.make_safe()
    nobody.close()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("signal: Odometer, unit: m}", "signal: Odometer, unit: km}", 'unit = "km": allowed is m,'),
        ("signal: Odometer", "signal: Odo", "allowed is one of Odometer, Turned of WheelsWay"),
        ("message: MotorState,", "message: Motor,", "allowed is one of BenchAlive, MotorCommand"),
        (", offset: 273.15", "", "allowed is degC, as the database has it, or a scale"),
        ("fixed: {Motion: 1}", "fixed: {}", "each signal of MotorCommand: Asked, Motion, Number"),
        ("arguments: {distance:", "arguments: {way:", "allowed is distance"),
        ('faults: {"3": stall}', 'faults: {"3": jam}', "one of obstacle, tilt, stall, cold"),
        ('faults: {"3": stall}', 'faults: {"03": stall}', "another number, and one of obstacle"),
        ('faults: {"3": stall}', 'faults: {"2": stall}', "another number, and one of obstacle"),
        ('faults: {"3": stall}', 'faults: {"1": stall}', "another number, and one of obstacle"),
        ('faults: {"3": stall}', 'faults: {"\u0663": stall}', "another number, and one of obsta"),
        ("done: 2", "done: 1", "numbers of the status, others than those of done"),
        ("          elapsed: seconds\n        turn", "        turn", "where seconds (s)"),
        ("      stop: {message: MotorCommand", "      stop: {message: Motor", "is one of Ben"),
        ("          dead_wheels: {message: MotorState, signal: DeadWheels, unit: \"1\"}\n", "",
         "where dead_wheels (1) comes from"),
        ("database: wheel_motor.dbc", "database: nothing.dbc", "No such file"),
        ("database: wheel_motor.dbc", "database: desk.yaml", "allowed is a DBC file"),
        ("serial: Serial\n", "serial: Number\n", "of MotorIdentity"),
    ],
)  # fmt: skip
def test_a_map_that_does_not_fit_is_refused(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    said = refused(bench(tmp_path, old, new))
    assert words in said and "devices.rover.wheels.map." in said


def test_motions_without_a_stop_or_a_dead_man_are_refused(tmp_path: Path) -> None:
    begin, end = FILE.index("      heartbeat:"), FILE.index("      readings:")
    said = refused(bench(tmp_path, FILE[begin:end], ""))
    assert "what moves is to be stopped, and has a dead man" in said


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("can:socketcan:can0", True),
        ("can:slcan:/dev/ttyACM0", True),
        ("can:udp_multicast:239.74.163.2", True),
        ("can:slcan:socket://10.0.0.7:5000", False),
        ("can:socketcand:can0", False),
    ],
)
def test_a_bus_over_a_network_is_not_of_this_machine(address: str, local: bool) -> None:
    assert can_bus.CanAdapter.place(address).local is local
