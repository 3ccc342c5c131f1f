"""The simulated service that finds vehicles on pictures from orbit."""

from typing import Annotated

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.orbital_imagery import IMAGERY_SERVICE, OrbitalImagery, SurfaceFix
from sim_hw.serving.device import DeviceContext, SimulatedDevice
from sim_hw.serving.timestamps import mission_ns
from sim_hw.world.world import World


class ImageryParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How well a vehicle is found, and how soon after a picture of it was asked for first."""

    error: Annotated[float, Quantity("m", gt=0, le=50)]
    soonest: Annotated[float, Quantity("sol", ge=0, le=100)]
    latest: Annotated[float, Quantity("sol", gt=0, le=100)]

    def __post_init__(self) -> None:
        if self.soonest > self.latest:
            raise ValueError(f"soonest = {self.soonest}: allowed is at most latest ({self.latest})")


class SimOrbitalImagery(SimulatedDevice, OrbitalImagery):
    """Serves "ground.imagery". The first question has a picture taken; it holds for as long as the
    vehicle stands there, within a few metres. A vehicle in flight is on no picture."""

    def __init__(self, world: World, parameters: ImageryParameters) -> None:
        super().__init__(
            DeviceContext(IMAGERY_SERVICE, world.random(IMAGERY_SERVICE), world, None)
        )
        self.world = world
        self.parameters = parameters
        self._fixes: dict[str, tuple[float, SurfaceFix]] = {}  # from when on, and what is seen

    async def find(self, vehicle: str) -> SurfaceFix:
        body = self.world.bodies.get(vehicle)
        if body is None:
            known = ", ".join(self.world.bodies) or "none"
            raise DeviceRejected(f"vehicle = {vehicle!r}: allowed is one of {known}")
        flying = self.world.space.bodies.get(vehicle)
        if flying is not None and not flying.frozen:
            raise DeviceFault("not_imaged", f"{vehicle} is not on the ground")
        known_from = self._fixes.get(vehicle)
        if known_from is None or not _is_there(known_from[1], body.east, body.north):
            known_from = self._fixes[vehicle] = self._take_picture(body.east, body.north)
        if self.world.now() < known_from[0]:
            raise DeviceFault("not_imaged", f"there is no picture yet of where {vehicle} stands")
        return known_from[1]

    def _take_picture(self, east: float, north: float) -> tuple[float, SurfaceFix]:
        """When there will be a picture of who stands there, and what it will show."""
        p = self.parameters
        ready = self.world.now() + SOL_SECONDS * self.random.uniform(p.soonest, p.latest)
        return ready, SurfaceFix(
            time_ns=mission_ns(ready),
            east=east + self.random.gauss(0.0, p.error),
            north=north + self.random.gauss(0.0, p.error),
            error=p.error,
        )


def _is_there(fix: SurfaceFix, east: float, north: float) -> bool:
    """Whether a fix is of somebody who stands there still."""
    return abs(fix.east - east) < 8.0 * fix.error and abs(fix.north - north) < 8.0 * fix.error
