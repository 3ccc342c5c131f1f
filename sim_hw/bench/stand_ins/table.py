"""What can be real: each interface, its services, how fast it is bounded by, and its stand-in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import pi
from typing import Any

from flight.icd.devices.ascent import AttitudeEffectors, Igniter
from flight.icd.devices.attitude import InertialMeasurementUnit
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.manipulation import Gripper, RoverArm
from flight.icd.devices.mobility import Wheels
from flight.icd.devices.power import Battery, PowerSwitches
from sim_hw.bench.port import BenchPort
from sim_hw.bench.stand_ins.effectors import RealAttitudeEffectors
from sim_hw.bench.stand_ins.instruments import Stimulus, real_class
from sim_hw.bench.stand_ins.wheels import RealWheels

Rates = Mapping[str, float]
Make = Callable[[Any, BenchPort, str, Rates], Any]


@dataclass(frozen=True)
class Place:
    """One interface that a real device can be put in for. `rates`: those that its file must give.
    `make`: the stand-in, of the simulated device, the port, the fault code of a loss, the rates.
    `stimulus`: what the world does to it. `positions`: it moves to a place, and tells of none."""

    interface: type[DeviceInterface]
    services: tuple[str, ...]
    rates: tuple[str, ...]
    make: Make
    stimulus: Stimulus | None = None
    positions: bool = False


def _wheels(sim: Any, port: BenchPort, on_loss: str, rates: Rates) -> Any:
    return RealWheels(sim, port, on_loss, drive_rate=rates["drive"], turn_rate=rates["turn"])


def _effectors(sim: Any, port: BenchPort, on_loss: str, rates: Rates) -> Any:
    return RealAttitudeEffectors(sim, port, on_loss, rates["nozzle"])


def _any(interface: type[DeviceInterface], stimulus: Stimulus | None = None) -> Make:
    kind = real_class(interface)

    def make(sim: Any, port: BenchPort, on_loss: str, rates: Rates) -> Any:
        return kind(sim, port, on_loss, rate=rates.get("motion", 1.0), stimulus=stimulus)

    return make


def _on_a_battery(sim: Any) -> dict[str, float]:
    electrical = sim._electrical
    battery = electrical.parameters.battery
    charge = electrical.state_of_charge
    voltage = battery.empty_voltage + charge * (battery.full_voltage - battery.empty_voltage)
    current = electrical.net_power / voltage
    return {
        "state_of_charge": charge, "voltage": voltage + current * battery.internal_resistance,
        "current": current, "temperature": electrical.battery_temperature(),
    }  # fmt: skip


def _on_an_inertial_unit(sim: Any) -> dict[str, float]:
    body = sim.body
    ground = sim.world.terrain.ground(body.east, body.north)
    return {
        "heading": body.heading, "pitch": ground.slope_along(body.heading),
        "roll": -ground.slope_along(body.heading + 0.5 * pi),
    }  # fmt: skip


def _of(device: str, *vehicles: str) -> tuple[str, ...]:
    return tuple(f"{vehicle}.{device}" for vehicle in vehicles)


_ROVERS = ("rover", "perseverance")
_POWERED = ("lander", *_ROVERS)
PLACES: tuple[Place, ...] = (
    Place(Wheels, _of("wheels", *_ROVERS), ("drive", "turn"), _wheels),
    Place(AttitudeEffectors, ("mav.effectors",), ("nozzle",), _effectors),
    Place(Battery, _of("battery", *_POWERED), (), _any(Battery, _on_a_battery),
          _on_a_battery),
    Place(PowerSwitches, _of("power_switches", *_POWERED), (), _any(PowerSwitches)),
    Place(
        InertialMeasurementUnit, _of("inertial_measurement_unit", *_ROVERS), (),
        _any(InertialMeasurementUnit, _on_an_inertial_unit), _on_an_inertial_unit,
    ),
    Place(RoverArm, ("rover.rover_arm",), ("motion",), _any(RoverArm), positions=True),
    Place(Gripper, ("rover.gripper",), ("motion",), _any(Gripper), positions=True),
    Place(Igniter, _of("first_igniter", "mav") + _of("second_igniter", "mav"), (), _any(Igniter)),
)  # fmt: skip
BY_SERVICE: dict[str, Place] = {
    service: place for place in PLACES for service in place.services
}  # fmt: skip
