"""A rover drives with its wheels on CAN, its battery on Modbus and its switches on SCPI; and an
adapter that teleports is lost.
"""

import json
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from flight.configuration.files import configs_folder
from ground.missions.mission import load_mission
from ground.reports.flight import fly_mission
from ground.testbed.bench.file import load_bench
from ground.testbed.bench.host import Bench, BenchHost
from ground.testbed.run import Run, RunOptions
from tests.sim_hw.bench.adapters import bad
from tests.sim_hw.bench.adapters.can_motor import DATABASE, Motor
from tests.sim_hw.bench.adapters.modbus_supply import Supply

pytestmark = [pytest.mark.mission, pytest.mark.processes, pytest.mark.check]

SPEED = 200.0  # m/s
CHANNEL = "239.74.163.9"
SWITCHES = ("avionics", "core", "heaters", "uhf")
INSTRUMENT = """
spec: "1.1"
devices:
  supply:
    eom:
      TCPIP SOCKET: {{q: "\\n", r: "\\n"}}
    error: ERROR
    dialogues:
      - {{q: "*IDN?", r: "Desk,PSU-4,SN0099,V2.1"}}
      - {{q: "SYST:ERR?", r: "0"}}
    properties:
{outputs}
resources:
  TCPIP0::127.0.0.1::5025::SOCKET: {{device: supply}}
"""
OUTPUT = """
      output{n}:
        default: 1
        getter: {{q: "OUTP{n}?", r: "{{:d}}"}}
        setter: {{q: "OUTP{n} {{:d}}"}}
        specs: {{type: int, valid: [0, 1]}}"""
MORE = """
  rover.battery:
    mode: real
    adapter: modbus
    wire: gauge
    identity: {{interface: Battery, model: PS-2, serial: SN0042}}
    map:
      serial: {{register: 20, count: 4}}
      readings:
        state:
          state_of_charge: {{register: 0, scale: 0.0001, unit: "1"}}
          voltage: {{register: 1, scale: 0.01, unit: V}}
          current: {{register: 2, type: int16, scale: 0.01, unit: A}}
          temperature: {{register: 3, type: float32, offset: 273.15, unit: K}}
  rover.power_switches:
    mode: real
    adapter: scpi
    wire: supply
    identity: {{interface: PowerSwitches, model: PSU-4, serial: SN0099, firmware: ">=2.0"}}
    map:
      library: supply.yaml@sim
      safe: ["OUTP0 1", "OUTP1 1", "OUTP3 1"]  # computer and radio stay fed
      switches:
{switches}
"""
SWITCH = '        {}: {{close: "OUTP{n} 1", open: "OUTP{n} 0", state: "OUTP{n}?"}}'
TELEPORTS = """
format: 1
title: test
patience: {value: 2, unit: s, source: test}
wires:
  desk: {address: "desk"}
devices:
  rover.wheels:
    mode: real
    adapter: desk_motor
    wire: desk
    identity: {interface: Wheels, serial: SN1}
    rates:
      drive: {value: 1.2, unit: m/s, source: test}
      turn: {value: 1.2, unit: rad/s, source: test}
    map: {does: teleports}
"""


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))


def desk(folder: Path, port: int) -> Path:
    """The file of the bench, with all that lies beside it."""
    copy(DATABASE, folder)
    numbered = list(enumerate(SWITCHES))
    outputs = "".join(OUTPUT.format(n=n) for n, _ in numbered)
    (folder / "supply.yaml").write_text(INSTRUMENT.format(outputs=outputs))
    text = (configs_folder() / "benches" / "wheels_on_can.yaml").read_text()
    text = text.replace("socketcan:can0", f"udp_multicast:{CHANNEL}").replace("1.2,", "240,")
    wires = f"""
  gauge: {{address: "modbus://127.0.0.1:{port}"}}
  supply: {{address: "scpi:TCPIP0::127.0.0.1::5025::SOCKET"}}

devices:
"""
    text = text.replace("\n\ndevices:\n", wires, 1)
    switches = "\n".join(SWITCH.format(name, n=n) for n, name in numbered)
    file = folder / "desk.yaml"
    file.write_text(text + MORE.format(switches=switches))
    return file


def flown(file: Path, folder: Path, look: Any = None) -> tuple[Any, list[dict[str, Any]]]:
    path, bench = load_bench(str(file))
    host = Bench(in_memory=True, file=path, bench=bench)
    record = fly_mission(load_mission("long_drive"), folder, RunOptions(), host, look)
    lines = (folder / "events.jsonl").read_text().splitlines()
    return record, [json.loads(line) for line in lines]


def test_a_rover_drives_on_can_modbus_and_scpi(tmp_path: Path) -> None:
    with (
        Supply(fluctuates=True) as supply,
        Motor("udp_multicast", CHANNEL, speed=SPEED, hop_limit=0) as motor,
    ):
        motor.dead = 0
        seen: list[Any] = []

        def look(run: Run) -> None:
            if not seen:
                seen.append(None)
                run.hardware.called.append(lambda service, method: once(run, service, method))

        def once(run: Run, service: str, method: str) -> None:
            assert isinstance(run.host, BenchHost)
            if (service, method, len(seen)) == ("rover.wheels", "drive", 1):
                seen.append(run.host.bench_told())  # as people look at it meanwhile

        record, events = flown(desk(tmp_path, supply.port), tmp_path / "run", look)
        way = motor.odometer
    names = [each["name"] for each in events]
    assert record.verdict == "success" and record.violations == []
    assert names.count("device_armed") == 3 and "device_lost" not in names
    assert way > 150.0
    told = json.loads((tmp_path / "run" / "bench.json").read_text())["devices"]
    assert told["rover.battery"]["identity"]["serial"] == "SN0042"
    assert told["rover.power_switches"]["identity"]["model"] == "PSU-4"
    view = {each["service"]: each for each in seen[1]["devices"]}
    assert {each["state"] for each in view.values()} == {"armed"} and len(view) == 3
    assert "PS-2 SN0042" in view["rover.battery"]["identity"]
    assert seen[1]["stopped"] == "" and view["rover.wheels"]["armed_by"] == "the bench file"


def test_one_that_teleports_is_lost_before_the_world_has_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad.install(tmp_path / "site", monkeypatch)
    file = tmp_path / "desk.yaml"
    file.write_text(TELEPORTS)
    record, events = flown(file, tmp_path / "run")
    lost = [each["text"] for each in events if each["name"] == "device_lost"]
    assert lost and "it says what cannot be" in lost[0] and "was asked for" in lost[0]
    assert record.violations == []
