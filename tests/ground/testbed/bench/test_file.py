"""The file of a bench: what is wrong in it is refused with file, line, key and what is allowed."""

import datetime
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from ground.testbed.bench.evidence import BenchEvidence
from ground.testbed.bench.file import (
    calibration_of,
    calibrations_of,
    code_of_loss,
    load_bench,
    setting_of,
)
from ground.testbed.bench.opening import lock_keys
from sim_hw.bench.port import BenchPort

GOOD = """\
format: 1
title: test
wires:
  line: {address: "serial:///desk/line"}
devices:
  rover.wheels:
    mode: real
    wire: line
    identity: {interface: Wheels, serial: SN1, firmware: ">=0.1"}
    rates:
      drive: {value: 1.2, unit: m/s, source: test}
      turn: {value: 1.2, unit: rad/s, source: test}
"""
PERIOD = "{value: 0.02, unit: s, source: t}"
LOOP = f"loop: {{method: steer, period: {PERIOD}, deadline: {PERIOD}}}"
BAND = "{absolute: 1, unit: m}"
LIMIT = "{ge: -1, le: 1, unit: m}"


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
    assert (bench.pace, bench.patience, device.on_loss) == (1.0, 60.0, "")
    assert code_of_loss("rover.wheels", device) == "no_power"
    (told,) = setting_of(bench).devices
    assert told.address == "serial:///desk/line" and not told.allow_network
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
        ("mode: real", "mode: sim", "devices.rover.wheels.mode"),
        ("wire: line", f"wire: line\n    tolerance: {{odometer: {BAND}}}", "mode: shadow"),
        ("mode: real", f"mode: shadow\n    tolerance: {{depth: {BAND}}}", "tolerance.depth"),
        ("mode: real", "mode: monitor\n    tolerance: {odometer: {absolute: 1, unit: km}}", "is m"),
        ("mode: real", "mode: monitor\n    tolerance: {odometer: {absolute: -1, unit: m}}", "-1"),
        ("wire: line", "wire: line\n    faults: [open, melt]", "melt"),
        ("title: test", "title: test\nrecord: {wires: true}", "wires"),
        ("wire: line", "wire: lime", 'wire = "lime": allowed is one of line'),
        ("wire: line", "wire: line\n    power: on", "power"),
        ("rover.wheels:", "rover.wings:", "allowed is a service that can be real: rover.wheels"),
        ("interface: Wheels", "interface: Battery", "allowed is Wheels"),
        ('">=0.1"', "new", 'allowed is a version, such as "0.1"'),
        ("unit: m/s", "unit: km/h", "unit"),
        ("{value: 1.2, unit: m/s", "{value: 0, unit: m/s", "drive"),
        ("serial:///desk/line", "tcp://10.0.0.1:5", "anyone on that network could move the device"),
        ("serial:///desk/line", "rs232:///desk/line", "allowed is one of isotp, qemu, serial"),
        ("serial:///desk/line", "serial:///desk/line?baud=7", 'baud=7": allowed is one of 50, 75'),
        ("wire: line", "wire: line\n    on_loss: tired", "allowed is one of obstacle"),
        ("wire: line", HEARTBEAT.format(0.5, 0.99), "allowed is a timeout of two periods (1 s) or"),
        ("wire: line", HEARTBEAT.format(0.2, 0.3), "allowed is a timeout of two periods (0.4 s)"),
        ("wire: line", "wire: line\n    arm: maybe", "arm = \"maybe\": allowed is one of"),
        ("wire: line", "wire: line\n    duty: {value: 1.1, unit: '1', source: t}", "duty"),
        ("wire: line", f"wire: line\n    limits: {{drive.way: {LIMIT}}}", "drive.distance, turn.a"),
        ("wire: line", "wire: line\n    limits: {drive.distance: {ge: -1, le: 1, unit: km}}",
         'unit = "km": allowed is m'),
        ("wire: line", "wire: line\n    limits: {drive.distance: {ge: -1, le: 10.1, unit: m}}",
         "allowed is within the ICD's -10 to 10 m"),
        ("wire: line", "wire: line\n    limits: {drive.distance: {ge: 1, le: -1, unit: m}}",
         "allowed is ge (1) or more"),
        ("wire: line", "wire: line\n    calibration_required: true", "calibration_required wants"),
        ("format: 1", "format: 1\nnever_real: [rover.wheels]", "allowed is a dummy"),
        ("format: 1", "format: 1\nnever_real: [rover.gripper, rover.whels]",
         'never_real[1] = "rover.whels": allowed is'),
        ("wire: line", "wire: line\n    deadlines: {fly: {value: 1, unit: s, source: t}}",
         "deadlines.fly"),
        ("wire: line", "wire: line\n    deadlines: {state: {value: 0, unit: s, source: t}}",
         "deadlines"),
        (', serial: SN1, firmware: ">=0.1"}', "}\n    spares: [{serial: SN2}]",
         "none without identity.serial"),
        ("wire: line", "wire: line\n    spares: [{serial: SN1}]",
         'spares[0].serial = "SN1": allowed is a serial number of its own: rover.wheels has it'),
        ("wire: line", "wire: line\n    spares: [{serial: SN2, calibration: none.yaml}]",
         "spares[0].calibration = "),
        ("wire: line", "wire: line\n    spares: [{serial: SN2}, {serial: ''}]",
         "spares[1].serial = "),
        ("mode: real", "mode: monitor\n    spares: [{serial: SN2}]", "none of a monitor"),
        ("wire: line", "wire: line\n    finish: [drive]", "none where nobody arms it for a time"),
        ("wire: line", "wire: line\n    arm: required\n    finish: [turn, state]",
         'finish[1] = "state": allowed is what moves it, and is in no loop: drive, turn'),
        ("wire: line", "wire: line\n    arm: required\n    finish: [drive]\n    loop: {method: "
         "drive, period: {value: 1, unit: s, source: t}, deadline: {value: 1, unit: s, source: t}}",
         'finish[0] = "drive": allowed is what moves it, and is in no loop: turn'),
        ("format: 1", "format: 1\nmost_misses: 1.0", "most_misses"),
        ("format: 1", "format: 1\nrealtime: {priority: 91}", "priority"),
        ("format: 1", "format: 1\nrealtime: {must: true}", "realtime.must is not a known key: "),
        ("format: 1", "format: 1\nrealtime: {priority: 1}", "realtime.priority = 1: allowed is"),
        ("format: 1", "format: 1\nrealtime: {required: 1}", "realtime.required = 1: allowed is"),
        ("format: 1", "format: 1\nrealtime: 40", "realtime = 40: allowed is"),
        ("format: 1", "format: 1\ninterlock: {e_stop: {key: x}}", "key"),
        ("format: 1", "format: 1\ninterlock: {e_stop: {file: stop}}", "allowed is an absolute"),
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


OTHER = """\
format: 1
title: test
wires:
  line: {{address: "serial:///desk/line"}}
devices:
  {service}:
    mode: real
    wire: line
    identity: {{interface: {interface}}}
"""


def test_a_gauge_needs_no_rates_and_has_a_code_of_its_own_for_a_loss(tmp_path: Path) -> None:
    text = OTHER.format(service="rover.battery", interface="Battery")
    _, bench = load_bench(written(tmp_path, text))
    assert code_of_loss("rover.battery", bench.devices["rover.battery"]) == "lost"


@pytest.mark.parametrize(
    ("service", "interface", "more", "words"),
    [
        ("mav.effectors", "AttitudeEffectors", "", "the fastest that AttitudeEffectors can be"),
        ("rover.gripper", "Gripper", "", "the fastest that Gripper can be: motion"),
        ("rover.battery", "Battery", "rates: {motion: {value: 1, unit: 1/s, source: t}}",
         "none of"),
        ("rover.battery", "Battery", "on_loss: no_power", "allowed is one of lost"),
        ("rover.battery", "Battery", LOOP, "allowed is one of state"),
        ("mav.first_igniter", "Igniter", "", "the real thing is never put on a bench"),
        ("mav.first_igniter", "Igniter", "dummy_load: {row: load, ge: 3, le: 2, unit: ohm}", "ge"),
    ],
)
def test_each_interface_has_what_it_needs(
    tmp_path: Path, service: str, interface: str, more: str, words: str
) -> None:
    text = OTHER.format(service=service, interface=interface) + (f"    {more}\n" if more else "")
    with pytest.raises(ConfigurationError) as refused:
        load_bench(written(tmp_path, text))
    assert words in str(refused.value) and "\n" not in str(refused.value)


def test_each_method_may_have_a_deadline_and_that_of_a_loop_stands_there(tmp_path: Path) -> None:
    text = OTHER.format(service="rover.battery", interface="Battery")
    deadline = "{value: 0.05, unit: s, source: test}"
    more = f"    deadlines: {{state: {deadline}}}\n"
    _, bench = load_bench(written(tmp_path, text + more + "most_misses: 0.01\n"))
    assert bench.timed == {("rover.battery", "state"): (0.0, 0.05)}
    assert (bench.most_misses, load_bench("wheels_on_a_pty")[1].most_misses) == (0.01, 1e-3)
    loop = f"    loop: {{method: state, period: {deadline}, deadline: {deadline}}}\n"
    _, bench = load_bench(written(tmp_path, text + loop))
    assert bench.timed == {("rover.battery", "state"): (0.05, 0.05)}
    with pytest.raises(ConfigurationError, match=r"stands in loop\.deadline"):
        load_bench(written(tmp_path, text + loop + more))


def test_being_ahead_of_other_programs_is_yes_or_how(tmp_path: Path) -> None:
    for given, told in (("true", 40), ("{priority: 60}", 60), ("false", 0)):
        _, bench = load_bench(written(tmp_path, f"{GOOD}realtime: {given}\n"))
        assert setting_of(bench).realtime == told
        assert (bench.ahead is None) == (told == 0)
    _, bench = load_bench(written(tmp_path, f"{GOOD}realtime: {{required: true}}\n"))
    assert bench.ahead is not None and (bench.ahead.required, bench.ahead.priority) == (True, 40)


def test_an_igniter_is_a_dummy_or_none(tmp_path: Path) -> None:
    text = OTHER.format(service="mav.first_igniter", interface="Igniter")
    text += "    dummy_load: {row: load, ge: 10, le: 20, unit: ohm}\n"
    _, bench = load_bench(written(tmp_path, text))
    told = setting_of(bench).devices[0].wanted
    assert (told["self_test"], told["self_test_range"]) == ("load", (10.0, 20.0))


def test_two_devices_do_not_share_a_wire(tmp_path: Path) -> None:
    device = GOOD[GOOD.index("  rover.wheels:") :]
    text = GOOD + device.replace("rover.", "perseverance.").replace("SN1", "SN2")
    with pytest.raises(ConfigurationError, match=r"a wire of its own: rover.wheels has it"):
        load_bench(written(tmp_path, text))


@pytest.mark.parametrize(
    ("other", "allowed"),
    [("serial:///desk/./line", "another place: wires.line leads there as well"),
     ("serial:///desk/line?baud=9600", "another place: wires.line"), ("unix:///desk/line", "")],
)  # fmt: skip
def test_nor_by_two_names_of_it(other: str, allowed: str, tmp_path: Path) -> None:
    device = GOOD[GOOD.index("  rover.wheels:") :].replace("wire: line", "wire: other")
    device = device.replace("SN1", "SN2").replace("rover.", "perseverance.")
    file = written(tmp_path, GOOD.replace("devices:", f'  other: {{address: "{other}"}}\ndevices:')
                   + device)  # fmt: skip
    if not allowed:
        assert len(load_bench(file)[1].wired) == 2
        return
    with pytest.raises(ConfigurationError, match=allowed) as refused:
        load_bench(file)
    assert "wires.other.address" in str(refused.value)


def test_a_line_that_only_one_can_have_is_not_declared_shared(tmp_path: Path) -> None:
    text = GOOD.replace('line"}', 'line", shared: true}')
    with pytest.raises(ConfigurationError, match=r"wires.line.shared.*the adapter protocol"):
        load_bench(written(tmp_path, text))


def test_nor_a_serial_number(tmp_path: Path) -> None:
    device = GOOD[GOOD.index("  rover.wheels:") :].replace("wire: line", "wire: other")
    text = GOOD.replace("devices:", '  other: {address: "unix:///desk/other"}\ndevices:')
    with pytest.raises(ConfigurationError, match=r"a serial number of its own: rover.wheels has"):
        load_bench(written(tmp_path, text + device.replace("rover.", "perseverance.")))


def test_limits_exactly_those_of_the_icd_and_what_else_is_allowed(tmp_path: Path) -> None:
    more = (
        "wire: line\n    limits: {drive.distance: {ge: -10, le: 10, unit: m}}\n"
        "    arm: required\n    duty: {value: 1, unit: '1', source: test}\n"
        "    rate: {value: 2, unit: 1/s, source: test}"
    )
    _, bench = load_bench(written(tmp_path, GOOD.replace("wire: line", more)))
    told = setting_of(bench).devices[0]
    assert told.rules.limits["drive.distance"].highest == 10.0 and told.rules.rate == 2.0
    assert told.rules.actuations == ("drive", "turn") and told.wanted["automatic"] is False


CERTIFICATE = """\
format: 1
serial: SN1
date: 2026-01-01
due: {due}
by: the workshop
fields: {{odometer: {{scale: 1.01, offset: -0.5}}}}
"""


def test_a_calibration_of_another_device_or_one_that_is_over_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = datetime.date(2027, 5, 31)
    monkeypatch.setattr("ground.testbed.bench.file.today", lambda: day)
    text = GOOD.replace("wire: line", "wire: line\n    calibration: a.yaml")
    required = text.replace("a.yaml", "a.yaml\n    calibration_required: true")
    (tmp_path / "a.yaml").write_text(CERTIFICATE.format(due="2027-05-31"))
    _, bench = load_bench(written(tmp_path, required))  # its last day
    found = calibration_of(tmp_path / "desk.yaml", bench.devices["rover.wheels"])
    assert found is not None
    assert found.applied({"odometer": 100.0, "turned": 1.0}) == {"odometer": 100.5, "turned": 1.0}
    (tmp_path / "a.yaml").write_text(CERTIFICATE.format(due="2027-05-30"))
    load_bench(written(tmp_path, text))  # not required: the doctor warns
    with pytest.raises(ConfigurationError, match=r"was due on 2027-05-30, 1 days ago: have it"):
        load_bench(written(tmp_path, required))
    (tmp_path / "a.yaml").write_text(CERTIFICATE.format(due="soon"))
    with pytest.raises(ConfigurationError, match="allowed is a day"):
        load_bench(written(tmp_path, text))
    (tmp_path / "a.yaml").write_text(CERTIFICATE.format(due="2029-01-01").replace("SN1", "SN2"))
    with pytest.raises(ConfigurationError, match="allowed is SN1, as the bench file wants"):
        load_bench(written(tmp_path, text))


def test_a_spare_has_a_calibration_of_its_own_and_each_is_held_against_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = datetime.date(2027, 5, 31)
    monkeypatch.setattr("ground.testbed.bench.file.today", lambda: day)
    text = GOOD.replace(
        "wire: line", "wire: line\n    calibration: a.yaml\n    spares: [{serial: SN2, "
        "calibration: b.yaml}, {serial: SN3}]",
    )  # fmt: skip
    (tmp_path / "a.yaml").write_text(CERTIFICATE.format(due="2027-05-31"))
    other = CERTIFICATE.format(due="2027-05-30").replace("1.01", "1.02").replace("SN1", "SN2")
    (tmp_path / "b.yaml").write_text(other)
    file, bench = load_bench(written(tmp_path, text))
    device = bench.devices["rover.wheels"]
    assert device.serials == ["SN1", "SN2", "SN3"]
    found = calibrations_of(file, device)
    assert {serial: each.fields["odometer"].scale for serial, each in found.items()} == {
        "SN1": 1.01, "SN2": 1.02,
    }  # fmt: skip
    assert [each for each in lock_keys(bench) if "SN" in each] == ["SN1", "SN2", "SN3"]
    required = text.replace("a.yaml", "a.yaml\n    calibration_required: true")
    with pytest.raises(ConfigurationError, match=r"calibration of SN2 was due .*, 1 days ago"):
        load_bench(written(tmp_path, required))
    (tmp_path / "b.yaml").write_text(other.replace("2027", "2029"))
    with pytest.raises(ConfigurationError, match=r"spares.*a file: calibration_required wants"):
        load_bench(written(tmp_path, required))
    (tmp_path / "b.yaml").write_text(other.replace("SN2", "SN3"))
    with pytest.raises(ConfigurationError, match="allowed is SN2, as the bench file wants"):
        load_bench(written(tmp_path, text))


def test_on_a_can_bus_a_number_of_frames_is_one_devices(tmp_path: Path) -> None:
    bus = "isotp:socketcan:can0?to={}&from={}"
    two = GOOD.replace("serial:///desk/line", bus.format("0x7E0", "0x7E8"))
    two = two.replace("devices:", "  other: {address: \"" + bus.format(8, 9) + "\"}\ndevices:", 1)
    wheels = two.partition("  rover.wheels:\n")[2]
    two += "  perseverance.wheels:\n" + wheels.replace("line", "other").replace("SN1", "SN2")
    _, bench = load_bench(written(tmp_path, two))
    assert [key for key in lock_keys(bench) if key.startswith("isotp")] == [
        "isotp socketcan can0 0x7e0", "isotp socketcan can0 0x7e8",
        "isotp socketcan can0 0x8", "isotp socketcan can0 0x9",
    ]  # fmt: skip
    with pytest.raises(ConfigurationError, match=r"another place: wires\.line leads there"):
        load_bench(written(tmp_path, two.replace("from=9", "from=2024")))


def test_beyond_this_machine_where_that_is_permitted(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD.replace("serial:///desk/line", "tcp://10.0.0.1:5"))
    _, bench = load_bench(file, allow_network=True)
    assert setting_of(bench, allow_network=True).devices[0].allow_network
    for where, anybody in ((bench, True), (load_bench(written(tmp_path, GOOD))[1], False)):
        port = BenchPort(list(where.wired), lambda packet: None)
        told = BenchEvidence(where, None).told(port, {}, tmp_path)
        assert told["devices"]["rover.wheels"]["anybody"] == anybody


def test_a_bench_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match="wheels_on_a_pty"):
        load_bench("desk-99")


@pytest.mark.parametrize(
    "name",
    ["a" * 3000, '"a\\0b"', "/dev/zero", "/tmp"],
    ids=["long", "no name", "device", "folder"],
)
def test_a_file_that_is_none_is_refused_unopened(name: str, tmp_path: Path) -> None:
    """By one line, whatever it is: a calibration, a recording, the database of a bus."""
    can = Path("configs/benches/wheels_on_can.yaml").read_text()
    for text in (
        f"{GOOD}    calibration: {name}\n",
        GOOD.replace("mode: real\n    wire: line", f"mode: replay\n    recording: {name}"),
        can.replace("database: wheel_motor.dbc", f"database: {name}"),
    ):
        with pytest.raises(ConfigurationError) as refused:
            load_bench(written(tmp_path, text))
        said = str(refused.value)
        assert said.isprintable() and "desk.yaml:" in said and ": allowed is " in said
        assert len(said) < 400 + len(str(tmp_path))
