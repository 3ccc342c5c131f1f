"""The devices of the lander."""

from collections.abc import Callable

import msgspec

from sim_hw.assembly.descent import DescentHardware, build_descent
from sim_hw.devices.battery import SimBattery
from sim_hw.devices.heaters import SimHeaters
from sim_hw.devices.power_switches import SimPowerSwitches
from sim_hw.devices.solar_array import SimSolarArray
from sim_hw.devices.surface_radio import RadioParameters
from sim_hw.devices.uhf_radio import SimUhfRadio
from sim_hw.devices.x_band_radio import SimXBandRadio
from sim_hw.dynamics.entry_vehicle import EntryBody
from sim_hw.dynamics.landing_legs import Touchdown
from sim_hw.power_and_heat.electrical import Electrical, ElectricalParameters
from sim_hw.power_and_heat.thermal_network import ThermalNetwork, ThermalParameters
from sim_hw.power_and_heat.thermal_nodes import SimThermalNodes
from sim_hw.serving.device import Fittings, SimulatedDevice
from sim_hw.world.world import World


class LanderHardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Power, temperatures, radios, and what brings it down to the ground.

    The arm and the MAV draw from this power system.
    """

    power: ElectricalParameters
    thermal: ThermalParameters
    uhf: RadioParameters
    x_band: RadioParameters
    descent: DescentHardware


HARDWARE = LanderHardware


def build(
    world: World, parameters: LanderHardware, electrical: Electrical | None = None
) -> tuple[Electrical, dict[str, SimulatedDevice]]:
    """The lander's power system and its devices by name."""
    power = electrical or Electrical("lander", world, parameters.power)
    network = ThermalNetwork(power, parameters.thermal)

    given = Fittings("lander", world.random, world, power)

    array = SimSolarArray(given("solar_array"))
    uhf = SimUhfRadio(given("uhf"), parameters.uhf)
    uhf.is_covered = lambda: array.covers_antenna
    devices: dict[str, SimulatedDevice] = {
        "battery": SimBattery(given("battery")),
        "solar_array": array,
        "power_switches": SimPowerSwitches(given("power_switches")),
        "thermal_nodes": SimThermalNodes(given("thermal_nodes"), network
        ),
        "heaters": SimHeaters(given("heaters"), network),
        "uhf": uhf,
        "x_band": SimXBandRadio(given("x_band"), parameters.x_band),
    }
    body = world.space.bodies.get("lander")
    if isinstance(body, EntryBody):
        devices.update(build_descent(world, parameters.descent, power, body.vehicle))
        body.vehicle.on_rest.append(_ended(world, power))
    return power, devices


def _ended(world: World, power: Electrical) -> Callable[[Touchdown], None]:
    """What follows for the world when the lander has come to rest."""

    def ended(touchdown: Touchdown) -> None:
        if touchdown.verdict == "crashed":
            power.kill()
            return
        body = world.bodies.get("lander") or world.place("lander", 0.0, 0.0)
        aboard = [
            other
            for other in world.bodies.values()
            if other is not body and other.distance_to(body) < 1e-6
        ]
        for moved in (body, *aboard):
            moved.east, moved.north = touchdown.east, touchdown.north
            moved.heading = touchdown.heading
        world.moved("lander")

    return ended
