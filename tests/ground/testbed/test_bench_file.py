"""The file of a bench: what is wrong in it is refused with file, line, key and what is allowed."""

from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from ground.testbed.bench_file import load_bench, setting_of

GOOD = """\
format: 1
title: test
wires:
  line: {address: "serial:///tmp/line"}
devices:
  rover.wheels:
    mode: real
    wire: line
    identity: {interface: Wheels, serial: SN1, firmware: ">=0.1"}
    rates:
      drive: {value: 1.2, unit: m/s, source: test}
      turn: {value: 1.2, unit: rad/s, source: test}
"""


HEARTBEAT = """wire: line
    heartbeat:
      period: {{value: {}, unit: s, source: test}}
      timeout: {{value: {}, unit: s, source: test}}"""


def written(folder: Path, text: str) -> str:
    file = folder / "desk.yaml"
    file.write_text(text)
    return str(file)


def test_what_is_right_is_read_and_handed_to_the_bench_process(tmp_path: Path) -> None:
    _, bench = load_bench(written(tmp_path, GOOD))
    device = bench.devices["rover.wheels"]
    assert (bench.pace, bench.patience, device.on_loss) == (1.0, 60.0, "no_power")
    (told,) = setting_of(bench).devices
    assert told.address == "serial:///tmp/line" and not told.allow_network
    assert told.wanted["interface_hash"] == interface_hash(Wheels)
    assert (told.wanted["serial"], told.wanted["model"]) == ("SN1", "")


def test_the_benches_of_configs_can_be_read() -> None:
    path, bench = load_bench("wheels_on_a_pty")
    assert path.name == "wheels_on_a_pty.yaml" and list(bench.devices) == ["rover.wheels"]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("format: 1", "format: 2", "format = 2: allowed is 1"),
        ("mode: real", "mode: dream", "devices.rover.wheels.mode"),
        ("mode: real", "mode: shadow", "devices.rover.wheels.mode"),
        ("wire: line", "wire: lime", 'wire = "lime": allowed is one of line'),
        ("wire: line", "wire: line\n    power: on", "power"),
        ("rover.wheels:", "rover.wings:", "allowed is a service that can be real: rover.wheels"),
        ("interface: Wheels", "interface: Battery", "allowed is Wheels"),
        ('">=0.1"', "new", 'allowed is a version, such as "0.1"'),
        ("unit: m/s", "unit: km/h", "unit"),
        ("{value: 1.2, unit: m/s", "{value: 0, unit: m/s", "drive"),
        ("serial:///tmp/line", "tcp://10.0.0.1:5", "anyone on that network could move the device"),
        ("serial:///tmp/line", "rs232:///tmp/line", "allowed is one of serial"),
        ("wire: line", "wire: line\n    on_loss: tired", "allowed is one of obstacle"),
        ("wire: line", "wire: line\n    arm: required", "arm"),
        ("wire: line", HEARTBEAT.format(0.5, 0.99), "allowed is a timeout of two periods (1 s) or"),
        ("wire: line", HEARTBEAT.format(0.2, 0.3), "allowed is a timeout of two periods (0.4 s)"),
    ],
)
def test_what_is_wrong_is_refused_with_key_and_what_is_allowed(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    assert before in GOOD
    with pytest.raises(ConfigurationError) as refused:
        load_bench(written(tmp_path, GOOD.replace(before, after, 1)))
    assert words in str(refused.value) and "desk.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_heartbeat_may_be_lost_once(tmp_path: Path) -> None:
    text = GOOD.replace("wire: line", HEARTBEAT.format(0.5, 1.0), 1)
    _, bench = load_bench(written(tmp_path, text))
    assert bench.devices["rover.wheels"].heartbeat.period == 0.5


def test_two_devices_do_not_share_a_wire(tmp_path: Path) -> None:
    device = GOOD[GOOD.index("  rover.wheels:") :]
    text = GOOD + device.replace("rover.", "perseverance.")
    with pytest.raises(ConfigurationError, match=r"a wire of its own: rover.wheels has it"):
        load_bench(written(tmp_path, text))


def test_beyond_this_machine_where_that_is_permitted(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD.replace("serial:///tmp/line", "tcp://10.0.0.1:5"))
    _, bench = load_bench(file, allow_network=True)
    assert setting_of(bench, allow_network=True).devices[0].allow_network


def test_a_bench_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match="wheels_on_a_pty"):
        load_bench("desk-99")
