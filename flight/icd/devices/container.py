"""The container for sample tubes in the nose of the MAV."""

from typing import Annotated

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured


class ContainerState(Reading, frozen=True, kw_only=True):
    """Seat sensor of each socket; lid switch (the lid lies on its seat); latch switch (the lid is
    latched); temperature (K)."""

    seated: list[bool]
    lid_closed: bool
    latched: bool
    temperature: Annotated[float, measured("K", 100.0, 450.0)]


class Container(DeviceInterface):
    """Sockets with seat sensors, a lid that an arm puts on, and a latch that holds it.

    A seat sensor feels a tube that sits down to the bottom and that nothing holds any more.
    Fault codes: `stuck` (the latch did not move), `no_power`.
    """

    fault_codes = ("stuck", "no_power")

    @reading()
    async def state(self) -> ContainerState:
        """All switches at once; a seat sensor may rarely be wrong, so ask more than once."""
        raise NotImplementedError

    @actuation(limit=300.0, irreversible=True)
    async def latch(self) -> ContainerState:
        """Drives the latch; it holds only a lid that lies on its seat."""
        raise NotImplementedError

    @actuation(limit=300.0)
    async def unlatch(self) -> ContainerState:
        """Opens the latch, so that an arm can take the lid off."""
        raise NotImplementedError
