"""The seam of the world: the site, and what surrounds and feeds each vehicle."""

from collections.abc import Callable, Collection, Mapping
from math import cos, sin
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from sim_hw.devices.orbiter_tanks import PLACES
from sim_hw.faults.kind import Heal
from sim_hw.faults.targets import NamedPart
from sim_hw.faults.world_kinds import SITE
from sim_hw.power_and_heat.electrical import Electrical, SoftShort
from sim_hw.world.atmosphere import Atmosphere
from sim_hw.world.dust import DustStorm
from sim_hw.world.rocks import Rock
from sim_hw.world.terrain import Crater, SlipPatch
from sim_hw.world.world import World

PARASITE = "parasite"


def world_parts(
    vehicles: Mapping[str, Any], devices: Mapping[str, Mapping[str, Any]]
) -> dict[str, NamedPart]:
    """The site, and each vehicle that has power of its own or holds the container; `vehicles`: its
    electrical system."""
    on_ground = tuple(name for name in vehicles if name in ("rover", "perseverance"))
    parts = {SITE: NamedPart(SITE, ("sky", "ground"), on_ground)}
    for name, electrical in vehicles.items():
        has: list[str] = []
        lacks: dict[str, str] = {}
        if isinstance(electrical, Electrical) and electrical.name != name:
            lacks["battery"] = (
                f"{name} lives on the battery of {electrical.name}: break that; what it flies on "
                "is a store of energy without cells"
            )
        if isinstance(electrical, Electrical) and electrical.name == name:
            has.append("battery")
            if electrical.parameters.array is not None or "array_drive" in devices[name]:
                has.append("array")
        heaters, container = devices[name].get("heaters"), devices[name].get("container")
        if heaters is not None:
            has += ["heaters", *(f"zone {zone}" for zone in heaters.names())]
        if container is not None:
            sockets = range(container.parameters.sockets)
            has += ["container", *(f"socket {number}" for number in sockets)]
        has += _tanks_of(devices[name])
        if "pyrotechnics" in devices[name]:
            has.append("parachute")
        if has:
            parts[name] = NamedPart(name, tuple(has), lacks=lacks)
    return parts


def _tanks_of(devices: Mapping[str, Any]) -> list[str]:
    """The tanks of a vehicle, and where they can leak."""
    if "propellant_lines" in devices:
        return ["tanks", *(f"leak {place}" for place in PLACES)]
    engines = devices.get("descent_engines")
    return [] if engines is None else ["tanks", "leak tank"]


class RunWorld:
    """See `world_kinds.WorldSeam`. `electricals`: of all vehicles; `devices`: of this one."""

    def __init__(
        self,
        name: str,
        world: World,
        electricals: Collection[Any],
        devices: Mapping[str, Any],
        own: Electrical | None,
        air: Callable[[], list[Atmosphere]],
    ) -> None:
        self.name = name
        self._world, self._devices, self._own, self._air = world, devices, own, air
        self._electricals = [each for each in electricals if isinstance(each, Electrical)]

    def storm(self, depth: float, rise: float, decay: float) -> Heal:
        """Dust comes into the air."""
        self._weather_changes()
        onset = self._world.now() / SOL_SECONDS
        clear = self._world.begin_storm(DustStorm(onset, rise, depth, decay))

        def heal() -> None:
            self._weather_changes()
            clear()

        return heal

    def _weather_changes(self) -> None:
        """What was lit by the sky as it was is integrated up to now, and then forgotten."""
        for each in self._electricals:
            each.advance()
        for each in self._electricals:
            each.grid.forget_from(self._world.now())

    def blow(self, east: float, north: float) -> Heal:
        """Wind blows besides."""
        airs = self._air()
        for air in airs:
            air.gust = (air.gust[0] + east, air.gust[1] + north)

        def heal() -> None:
            for air in airs:
                air.gust = (air.gust[0] - east, air.gust[1] - north)

        return heal

    def put_rock(self, east: float, north: float, diameter: float, height: float) -> Heal:
        """Puts a rock on the ground."""
        return self._world.rocks.put(Rock(east, north, diameter, height))

    def lay_patch(self, east: float, north: float, radius: float, slip: float, ramp: float) -> Heal:
        """Lays ground on which wheels slip."""
        return self._world.terrain.lay_patch(SlipPatch(east, north, radius, slip, ramp))

    def dig(self, east: float, north: float, radius: float, depth: float, wall: float) -> Heal:
        """Digs a crater."""
        return self._world.terrain.dig(Crater(east, north, radius, depth, wall))

    def place_of(self, vehicle: str, ahead: float) -> tuple[float, float]:
        """A point ahead of a vehicle."""
        body = self._world.bodies[vehicle]
        return body.east + ahead * sin(body.heading), body.north + ahead * cos(body.heading)

    def cover_panel(self, share: float) -> Heal:
        """Dust falls on the vehicle's array, or some of its strings are lost."""
        power = self._power
        power.advance()
        if power.parameters.array is None:
            power.shades.append(share)

            def wipe() -> None:
                power.shades.remove(share)

        else:
            wipe = self._world.cover_panel(power.name, share)

        def heal() -> None:
            power.advance()
            wipe()

        return heal

    def drain(self, share: float) -> Heal:
        """Empties the battery."""
        return self._power.drain(share)

    def lose_cells(self, fraction: float) -> Heal:
        """Takes some of the battery's capacity."""
        power = self._power
        power.advance()
        power.lost_cells.append(fraction)

        def heal() -> None:
            power.advance()
            power.lost_cells.remove(fraction)

        return heal

    def load(self, watts: float) -> Heal:
        """Draws power besides."""
        power = self._power
        before = power.load_of_consumer(PARASITE)
        power.set_load(PARASITE, before + watts)
        return lambda: power.set_load(PARASITE, max(0.0, power.load_of_consumer(PARASITE) - watts))

    def short(self, share: float, load: float, bears: float) -> Heal:
        """A path from the bus to the chassis."""
        power = self._power
        power.advance()
        mine = SoftShort(share, load, bears)
        power.soft_shorts.append(mine)

        def heal() -> None:
            power.advance()
            power.soft_shorts = [each for each in power.soft_shorts if each is not mine]

        return heal

    def leak(self, place: str, rate: float) -> Heal:
        """Lets propellant out."""
        lines = self._devices.get("propellant_lines")
        if lines is not None:
            heal: Heal = lines.vehicle.tanks.leak(place, rate)
        else:
            heal = self._devices["descent_engines"].vehicle.body.leak(rate)
        return heal

    def tear(self, share: float) -> Heal | None:
        """Lets only a share of the canopy stand against the air."""
        vehicle = self._devices["pyrotechnics"].vehicle
        if "backshell" not in vehicle.attached:
            return None
        vehicle.body.advance()
        vehicle.tears.append(share)

        def heal() -> None:
            vehicle.body.advance()
            vehicle.tears.remove(share)

        return heal

    def fail(self, device: str, mode: str, **options: Any) -> Heal:
        """Has a device of the vehicle fail."""
        heal: Heal = self._devices[device].fail(mode, **options)
        return heal

    @property
    def _power(self) -> Electrical:
        assert self._own is not None
        return self._own
