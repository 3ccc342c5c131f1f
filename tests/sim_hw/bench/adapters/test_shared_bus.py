"""Two motors on one CAN bus: each is told by messages of its own, and by no other."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.testbed.bench.file import load_bench, setting_of
from ground.testbed.bench.opening import lock_keys
from sim_hw.bench.adapters.process import adapter_of
from tests.sim_hw.bench.adapters.can_motor import DATABASE, Motor
from tests.sim_hw.bench.adapters.test_can import FILE, until_done

BASE = 64  # by so much the numbers of the second motor's messages are higher


def other_database(folder: Path, base: int = BASE) -> Path:
    text = re.sub(
        r"(BO_ )(\d+)", lambda found: f"{found[1]}{int(found[2]) + base}", DATABASE.read_text()
    )
    file = folder / "other.dbc"
    file.write_text(text)
    return file


def bench(folder: Path, *, shared: str = "true", database: str = "other.dbc") -> Path:
    """rover.wheels and perseverance.wheels on one bus, with messages of two databases."""
    (folder / "wheel_motor.dbc").write_bytes(DATABASE.read_bytes())
    text = FILE.replace('"can:socketcan:can0"}', f'"can:virtual:{folder.name}", shared: {shared}}}')
    first = text[text.index("  rover.wheels:") :]
    second = first.replace("rover.", "perseverance.").replace("wheel_motor.dbc\n", f"{database}\n")
    second = second.replace('serial: "1"', 'serial: ""').replace("&status", "&another")
    file = folder / "desk.yaml"
    file.write_text(text + second.replace("*status", "*another"))
    return file


@pytest.fixture
def motors(tmp_path: Path) -> Iterator[tuple[Motor, Motor]]:
    other = other_database(tmp_path)
    with (
        Motor("virtual", tmp_path.name, speed=10.0) as first,
        Motor("virtual", tmp_path.name, speed=10.0, database=other, base=BASE) as second,
    ):
        yield first, second


def test_each_moves_by_its_own_messages_alone(
    motors: tuple[Motor, Motor], tmp_path: Path
) -> None:
    file, found = load_bench(str(bench(tmp_path)))
    reals = setting_of(found, file).devices
    rover, perseverance = (adapter_of(each.adapter) for each in reals if each.adapter is not None)
    try:
        rover.open()
        perseverance.open()
        perseverance.begin("drive", {"distance": 0.7})
        assert until_done(perseverance).effects["distance"] == pytest.approx(0.7)
        assert motors[1].asked == [(1, 0.7)] and motors[0].asked == []
        rover.begin("turn", {"angle": -0.2})
        assert until_done(rover).effects["turned"] == pytest.approx(-0.2)
        assert motors[0].asked == [(2, -0.2)] and motors[1].asked == [(1, 0.7)]
        perseverance.begin("drive", {"distance": 100.0})
        rover.make_safe()  # stops its own
        before = motors[1].odometer
        end = time.monotonic() + 5.0
        while motors[1].odometer <= before and time.monotonic() < end:
            perseverance.advance()
        assert motors[1].odometer > before
        perseverance.make_safe()
    finally:
        rover.close()
        perseverance.close()


def refusal(file: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_bench(str(file))
    return str(refused.value)


def test_messages_of_both_and_an_undeclared_bus_are_refused(tmp_path: Path) -> None:
    other_database(tmp_path)
    assert refusal(bench(tmp_path, shared="false")).endswith(
        "a wire of its own: rover.wheels has it, or wires.bus.shared: true"
    )
    same = refusal(bench(tmp_path, database="wheel_motor.dbc"))
    assert "devices.perseverance.wheels.map" in same and "message 0x100, message 0x101, " in same
    other_database(tmp_path, 19)  # its heartbeat has the number of the other's identity
    assert "messages of its own: message 0x113 of it is of rover.wheels" in refusal(bench(tmp_path))


def test_one_bus_by_two_names_is_one_wire(tmp_path: Path) -> None:
    other_database(tmp_path)
    file = bench(tmp_path)
    text = file.read_text()
    line = text[text.index("  bus:") : text.index("\ndevices:")]
    head, second = text.split("  perseverance.wheels:")
    head = head.replace(line, f"{line}{line.replace('  bus:', '  again:')}")
    file.write_text(f"{head}  perseverance.wheels:{second.replace('wire: bus', 'wire: again')}")
    assert "wires.again.address" in refusal(file)
    assert "another place: wires.bus leads there as well; let both have that one" in refusal(file)


def test_a_shared_bus_is_locked_once_and_as_a_whole(tmp_path: Path) -> None:
    other_database(tmp_path)
    _, found = load_bench(str(bench(tmp_path)))
    keys = [each for each in lock_keys(found) if each.startswith("can ")]
    assert set(keys) == {f"can virtual {tmp_path.name}"}
