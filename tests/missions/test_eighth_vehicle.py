"""An eighth vehicle is a package, an assembly file, a vehicle file and a line, and it flies."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.mission

ROOT = Path(__file__).resolve().parents[2]

VEHICLE = '''"""The hopper as its skills know it."""

from flight.core.keeping.memory import Remembered
from flight.core.keeping.parameters import Parameter
from flight.core.node import Node
from flight.core.telling.channels import Channel
from flight.icd.devices.communications import Radio


class HopperVehicle(Node):
    """A toy that hops."""

    name = "hopper"
    has_recorder = True
    parameter_declarations = {"hop_seconds": Parameter(float, "s", 0.1, 100.0, doc="one hop")}
    hops = Remembered(int, 0, doc="hops so far")
    hopped = Channel(int, doc="hops so far")

    def attach(self) -> None:
        self.radio = self.driver(Radio, "uhf")
        self.communications.use_radio(self.radio)
        self.nursery.start(self._listen(), name="listen")

    async def _listen(self) -> None:
        await self.radio.set_power(True)
'''

NODE = '''"""The hopper: what happens when."""

import asyncio
from typing import Annotated

import msgspec

from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import command
from flight.hopper.vehicle import HopperVehicle


async def hop(node: HopperVehicle, signal: Signal) -> str:
    for _ in range(int(signal.data["times"])):
        await asyncio.sleep(node.parameters["hop_seconds"])
        node.hops += 1
    node.hopped = node.hops
    return "done"


class Hopper(HopperVehicle):
    """A toy that hops."""

    statechart = Statechart(
        State("idle", initial=True),
        State("hopping", activity=hop),
        State("safe"),
        transitions=[
            On("hop", "idle", "hopping"),
            On("done", "hopping", "idle"),
            On("failed", "hopping", "idle"),
            On("abort", "hopping", "idle"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "idle"),
        ],
        ignored=("abort",),
    )

    @command(deadline=3600.0, starts="hopping")
    def hop(self, times: Annotated[int, msgspec.Meta(ge=1, le=10)]) -> None:
        """Hops so often."""
'''

ASSEMBLY = '''"""The devices of the hopper."""

import msgspec

from sim_hw.devices.surface_radio import RadioParameters
from sim_hw.devices.uhf_radio import SimUhfRadio
from sim_hw.power_and_heat.electrical import Electrical, ElectricalParameters
from sim_hw.serving.device import Fittings, SimulatedDevice
from sim_hw.world.world import World


class HopperHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Power and a radio."""

    power: ElectricalParameters
    uhf: RadioParameters


HARDWARE = HopperHardware


def build(
    world: World, parameters: HopperHardware, electrical: Electrical | None = None
) -> tuple[Electrical, dict[str, SimulatedDevice]]:
    world.place("hopper", 20.0, 10.0)
    power = Electrical("hopper", world, parameters.power)
    given = Fittings("hopper", world.random, world, power)
    radio = SimUhfRadio(given("uhf"), parameters.uhf)
    return power, {"uhf": radio}
'''

FILE = """flight:
  hop_seconds: {value: 2, unit: s, source: "toy"}
hardware:
  power:
    battery:
      capacity: {value: 900, unit: W h, source: "toy"}
      charge_efficiency: {value: 0.96, unit: "1", source: "toy"}
      discharge_efficiency: {value: 0.96, unit: "1", source: "toy"}
      maximum_charge_power: {value: 300, unit: W, source: "toy"}
      lowest_charge_temperature: {value: 253, unit: K, source: "toy"}
      cold_capacity_loss: {value: 0.008, unit: 1/K, source: "toy"}
      full_voltage: {value: 32.8, unit: V, source: "toy"}
      empty_voltage: {value: 24, unit: V, source: "toy"}
      internal_resistance: {value: 0.1, unit: ohm, source: "toy"}
      initial_state_of_charge: {value: 0.9, unit: "1", source: "toy"}
      restart_state_of_charge: {value: 0.1, unit: "1", source: "toy"}
    standing_loads:
      core: {value: 2, unit: W, source: "toy"}
    switches:
      uhf: true
  uhf:
    listening_power: {value: 5, unit: W, source: "toy"}
    sending_power: {value: 10, unit: W, source: "toy"}
"""

PROCEDURE = """title: Hops
phases:
  - {name: hops, title: Hops, weight: 1}
steps:
  - {do: phase, phase: hops}
  - {do: command, vehicle: hopper, command: hop, arguments: {times: 3}, limit_sols: 5}
  - {do: end, verdict: complete}
"""

LINE = '        Vehicle("hopper", "flight.hopper.node:Hopper"),\n'


def with_an_eighth(folder: Path) -> Path:
    """A copy of the project with the toy in it: two files of a package, an assembly, a file, a
    line."""
    for name in ("flight", "ground", "sim_hw", "configs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    package = folder / "flight" / "hopper"
    package.mkdir()
    (package / "__init__.py").write_text('"""A toy."""\n')
    (package / "vehicle.py").write_text(VEHICLE)
    (package / "node.py").write_text(NODE)
    (folder / "sim_hw" / "assembly" / "hopper.py").write_text(ASSEMBLY)
    (folder / "configs" / "vehicles" / "hopper.yaml").write_text(FILE)
    vehicles = folder / "ground" / "missions" / "vehicles.py"
    lines = vehicles.read_text(encoding="utf-8").splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if line.lstrip().startswith("Vehicle("))
    vehicles.write_text("".join([*lines[: last + 1], LINE, *lines[last + 1 :]]))
    (folder / "configs" / "procedures" / "hops.yaml").write_text(PROCEDURE)
    mission = (folder / "configs" / "missions" / "surface.yaml").read_text(encoding="utf-8")
    mission = mission.replace("procedure: surface", "procedure: hops") + (
        "vehicles: [lander, rover, arm, mav, perseverance, hopper]\n"
    )
    (folder / "configs" / "missions" / "hopper.yaml").write_text(mission)
    return folder


def test_an_eighth_vehicle_is_commanded_across_the_relay(tmp_path: Path) -> None:
    project = with_an_eighth(tmp_path / "project")
    command = [sys.executable, "-m", "ground.cli", "fly", "hopper", "--quiet", "--no-pictures"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "run")],
        cwd=project, env=os.environ | {"PYTHONPATH": str(project)}, timeout=240,
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["verdict"] == "success"
    assert summary["boots"]["hopper"] == 1
    events = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    modes = [
        event["data"]["after"]
        for event in map(json.loads, events)
        if (event["source"], event["name"]) == ("hopper", "mode_changed")
    ]
    assert modes == ["hopping", "idle"]
