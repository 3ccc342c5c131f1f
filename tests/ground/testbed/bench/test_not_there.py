"""What a bench file does not have is refused by a sentence that says what there is instead."""

from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.testbed.bench.file import load_bench
from tests.ground.testbed.bench.test_file import GOOD, written

WIRE = '{address: "serial:///desk/line"}'
QUANTITY = "{value: 2, unit: 1/s, source: test}"


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_bench(written(folder, text))
    assert str(refused.value).count("\n") == 0
    return str(refused.value)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("report: {junit: true}", "msr hil report RUN"),
        ("faults: {allowed: []}", "devices.SERVICE.faults"),
        ("realtime: {policy: fifo}", "give priority and required alone"),
        ("realtime: {lock_memory: true}", "memory is locked"),
        ("record: {stimulus: true}", "is recorded with the calls"),
        ("record: {file: bench.mcap}", "in bench.mcap of the run folder"),
        ('interlock: {rules: ["rover.wheels inhibited while x is real"]}', "{inhibit: "),
        ("inventory: inventory.yaml", "`msr hil locks`"),
    ],
)
def test_of_the_whole_bench(more: str, words: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, f"{GOOD}{more}\n")
    assert "; it is not there: " in said and words in said and "desk.yaml:" in said


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ("{serial: /dev/ttyUSB0, baud: 921600, framing: cobs}", "serial:///dev/serial/by-id/NAME"),
        ("{can: can0, interface: socketcan, bitrate: 500000}", "can:socketcan:can0"),
        ('{visa: "TCPIP0::192.168.7.20::5025::SOCKET"}', "scpi:TCPIP0"),
        ("{qemu: mps2-an385, image: build/wheels.elf}", "qemu:///home/me/wheels.elf?machine="),
        ("{fmu: motor.fmu, step: {value: 0.01, unit: s, source: test}}", "fmi:model.fmu"),
    ],
)
def test_of_a_wire(wire: str, words: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, GOOD.replace(WIRE, wire))
    assert "a wire has its address alone, such as " in said and words in said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (f"limits: {{rate: {QUANTITY}}}", "rate and duty stand beside limits"),
        ("power: {switch: avionics, off_when: [e_stop]}", "simulated switch is open"),
        (f"stimulus: {{load_torque: {{rate: {QUANTITY}}}}}", "with the feature `stimulus`"),
        (f"deadline: {{state: {QUANTITY}}}", "deadlines, by method, or loop.deadline"),
        ("on_loss: {first: safe, then: fault no_power}", "it is a fault code"),
        ("at_end: hold_invalid", "what it does not have is refused"),
    ],
)
def test_of_a_device(more: str, words: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, f"{GOOD}    {more}\n")
    assert "; it is not there: " in said and words in said


def test_what_is_merely_misspelt_is_told_as_such(tmp_path: Path) -> None:
    said = refusal(tmp_path, f"{GOOD}    heartbaet: {{}}\n")
    assert "did you mean heartbeat?" in said and "not there" not in said
