"""The devices of Perseverance."""

from typing import Annotated

import msgspec

from flight.astrodynamics.time_scales import parse_iso, tt_from_utc
from flight.configuration.files import Quantity
from sim_hw.devices.battery import SimBattery
from sim_hw.devices.bit_carousel import BitCarouselParameters, SimBitCarousel
from sim_hw.devices.inertial_measurement_unit import (
    InertialMeasurementUnitParameters,
    SimInertialMeasurementUnit,
)
from sim_hw.devices.power_switches import SimPowerSwitches
from sim_hw.devices.stereo_camera import SimStereoCamera, StereoCameraParameters
from sim_hw.devices.sun_sensor import SimSunSensor, SunSensorParameters
from sim_hw.devices.surface_radio import RadioParameters
from sim_hw.devices.uhf_radio import SimUhfRadio
from sim_hw.devices.wheels import SimWheels, WheelsParameters
from sim_hw.devices.x_band_radio import SimXBandRadio
from sim_hw.power_and_heat.electrical import BatteryParameters, Electrical, ElectricalParameters
from sim_hw.serving.device import Fittings, SimulatedDevice
from sim_hw.world.world import World

LANDING = "2021-02-18T20:44:00Z"
"""When Perseverance landed (surface time, UTC)."""

DAYS_PER_YEAR = 365.25


class GeneratorParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The radioisotope generator: its power at landing, and the part that it loses in a year."""

    power_at_landing: Annotated[float, Quantity("W", gt=0, le=1000)]
    yearly_decline: Annotated[float, Quantity("1", ge=0, le=0.2)]


class PerseveranceHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Power, mobility, sight, tube store, radios.

    `core_power` flows always, `avionics_power` while the computer is awake. There is no heater
    zone: the waste heat of the generator keeps the warm box warm.
    """

    generator: GeneratorParameters
    battery: BatteryParameters
    core_power: Annotated[float, Quantity("W", ge=0, le=500)]
    avionics_power: Annotated[float, Quantity("W", ge=0, le=500)]
    wheels: WheelsParameters
    stereo_camera: StereoCameraParameters
    inertial_measurement_unit: InertialMeasurementUnitParameters
    sun_sensor: SunSensorParameters
    bit_carousel: BitCarouselParameters
    uhf: RadioParameters
    x_band: RadioParameters


HARDWARE = PerseveranceHardware


def generator_power(parameters: GeneratorParameters, jd_tt: float) -> float:
    """Power of the generator in W at a Julian date (TT): it falls by the same part each year.

    Taken once for a run: within a mission of fifty sols it changes by less than half a per cent.
    """
    years = (jd_tt - tt_from_utc(parse_iso(LANDING))) / DAYS_PER_YEAR
    left: float = (1.0 - parameters.yearly_decline) ** years
    return parameters.power_at_landing * left


def build(
    world: World, parameters: PerseveranceHardware, electrical: Electrical | None = None
) -> tuple[Electrical, dict[str, SimulatedDevice]]:
    """Perseverance's power system and its devices by name."""
    p = parameters
    power = electrical or Electrical(
        "perseverance",
        world,
        ElectricalParameters(
            battery=p.battery,
            generator=generator_power(p.generator, world.jd_tt()),
            standing_loads={"core": p.core_power, "avionics": p.avionics_power},
            switches={"avionics": True},
        ),
    )
    body = world.bodies["perseverance"]

    given = Fittings("perseverance", world.random, world, power)

    imu = SimInertialMeasurementUnit(
        given("inertial_measurement_unit"), body, p.inertial_measurement_unit
    )
    devices: dict[str, SimulatedDevice] = {
        "battery": SimBattery(given("battery")),
        "power_switches": SimPowerSwitches(given("power_switches")),
        "wheels": SimWheels(given("wheels"), body, p.wheels),
        "stereo_camera": SimStereoCamera(
            given("stereo_camera"), body, p.stereo_camera
        ),
        "inertial_measurement_unit": imu,
        "sun_sensor": SimSunSensor(given("sun_sensor"), body, p.sun_sensor),
        "bit_carousel": SimBitCarousel(given("bit_carousel"), body, p.bit_carousel),
        "uhf": SimUhfRadio(given("uhf"), p.uhf),
        "x_band": SimXBandRadio(given("x_band"), p.x_band),
    }
    return power, devices
