"""The Earth entry capsule: its flight, and the devices that it lives by."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from sim_hw.devices.battery import SimBattery
from sim_hw.devices.capsule_accelerometer import (
    CapsuleAccelerometerParameters,
    SimCapsuleAccelerometer,
)
from sim_hw.devices.capsule_beacon import CapsuleBeaconParameters, SimCapsuleBeacon
from sim_hw.devices.capsule_timer import CapsuleTimerParameters, SimCapsuleTimer
from sim_hw.devices.g_switch import GSwitchParameters, SimGSwitch
from sim_hw.devices.impact_sensor import ImpactSensorParameters, SimImpactSensor
from sim_hw.devices.payload_bay import PayloadBayParameters, SimPayloadBay
from sim_hw.devices.primary_battery import PrimaryPower
from sim_hw.dynamics.capsule_flight import CapsuleFlight
from sim_hw.dynamics.entry_capsule import Capsule
from sim_hw.power_and_heat.electrical import Electrical, ElectricalParameters
from sim_hw.serving.device import Fittings, SimulatedDevice
from sim_hw.world.earth_atmosphere import EarthAtmosphere
from sim_hw.world.world import World

AVIONICS = "avionics"


class CapsuleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The capsule's shape and mass, how far its structure is crushed, where it lands, and what its
    avionics draw after the release."""

    diameter: Annotated[float, Quantity("m", gt=0.1, le=5)]
    mass: Annotated[float, Quantity("kg", gt=1, le=1000)]
    nose_radius: Annotated[float, Quantity("m", gt=0.01, le=5)]
    half_angle: Annotated[float, Quantity("deg", ge=30, le=75)]
    crush: Annotated[float, Quantity("m", gt=0.01, le=1)]
    ground_height: Annotated[float, Quantity("m", ge=-400, le=5000)]
    avionics_power: Annotated[float, Quantity("W", ge=0, le=50)]

    def capsule(self) -> Capsule:
        """The body that the air sees; raises ValueError when there can be none."""
        return Capsule(self.diameter, self.mass, self.nose_radius, self.half_angle)

    def __post_init__(self) -> None:
        self.capsule()


class EntryHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body, battery and devices."""

    body: CapsuleBody
    electrical: ElectricalParameters
    timer: CapsuleTimerParameters
    g_switch: GSwitchParameters
    accelerometer: CapsuleAccelerometerParameters
    impact_sensor: ImpactSensorParameters
    payload_bay: PayloadBayParameters
    beacon: CapsuleBeaconParameters


HARDWARE = EntryHardware


def build(
    world: World, parameters: EntryHardware, electrical: Electrical | None = None
) -> tuple[Electrical, dict[str, SimulatedDevice]]:
    """The capsule's own power, and its devices by name. `flight_of` gives its flight."""
    power = PrimaryPower("entry", world, parameters.electrical)
    flight = CapsuleFlight(
        world,
        parameters.body.capsule(),
        EarthAtmosphere(world.random("entry.weather")),
        parameters.body.ground_height,
        parameters.body.crush,
    )
    # Until it is let go the orbiter feeds it.
    flight.on_release.append(lambda: power.set_load(AVIONICS, parameters.body.avionics_power))
    kinds = {
        "timer": SimCapsuleTimer,
        "g_switch": SimGSwitch,
        "accelerometer": SimCapsuleAccelerometer,
        "impact_sensor": SimImpactSensor,
        "payload_bay": SimPayloadBay,
        "beacon": SimCapsuleBeacon,
    }
    given = Fittings("entry", world.random, flight, power)
    devices: dict[str, SimulatedDevice] = {
        name: kind(given(name), getattr(parameters, name)) for name, kind in kinds.items()
    }
    devices["battery"] = SimBattery(given("battery"))
    return power, devices


def flight_of(devices: dict[str, SimulatedDevice]) -> CapsuleFlight:
    """The flight of the capsule that these devices belong to: what lets it go calls `release`."""
    timer = devices["timer"]
    assert isinstance(timer, SimCapsuleTimer)
    return timer.flight
