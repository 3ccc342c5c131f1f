"""Pictures of the landing site from orbit, as mission control gets them."""

from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, reading
from flight.icd.devices.measured import measured

VehicleName = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]

IMAGERY_SERVICE = "ground.imagery"
"""What the imagery is served as."""


class SurfaceFix(Reading, frozen=True, kw_only=True):
    """Where a vehicle stands on a picture: m east and north of the tube Malay, on the map of the
    depot, and how well that is known (m, 1 sigma on each axis)."""

    east: float
    north: float
    error: Annotated[float, measured("m", 0.0, 10000.0)]


class OrbitalImagery(DeviceInterface):
    """The high-resolution camera of an orbiter that is not part of the campaign, and the people who
    find vehicles on its pictures.

    Fault codes: `not_imaged` (there is no picture yet of the vehicle where it stands now).
    """

    fault_codes = ("not_imaged",)

    @reading(archived=True)
    async def find(self, vehicle: VehicleName) -> SurfaceFix:
        """Where a vehicle stands on the newest picture."""
        raise NotImplementedError
