"""Mission control's way to pictures from orbit: where a vehicle stands."""

from flight.icd.devices.base import DeviceError, usable
from flight.icd.devices.orbital_imagery import IMAGERY_SERVICE, OrbitalImagery, SurfaceFix
from flight.runtime.bus import Bus
from flight.runtime.device_driver import connect


class Imagery:
    """Asks for pictures; connects when it is asked first."""

    def __init__(self, bus: Bus, boot: int) -> None:
        self._bus, self._boot = bus, boot
        self._driver: OrbitalImagery | None = None

    async def find(self, vehicle: str) -> SurfaceFix | str:
        """Where a vehicle stands, or why that is not known."""
        if self._driver is None:
            self._driver = connect(self._bus, OrbitalImagery, IMAGERY_SERVICE, boot=self._boot)
        try:
            return usable(await self._driver.find(vehicle))
        except DeviceError as error:
            return str(error)
