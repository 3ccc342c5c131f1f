"""The store of sample tubes in Perseverance's belly, and the bit carousel that hands them out."""

from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading

STORE_SLOTS = 43
"""Tubes that Perseverance carries: 38 for samples and 5 witnesses."""

StoreSlot = Annotated[int, msgspec.Meta(ge=0, lt=STORE_SLOTS)]


class BitCarouselState(Reading, frozen=True, kw_only=True):
    """Seat sensor of each slot of the store; `port`: the switch in the port, closed by a tube;
    `presented`: slot of the tube that the mechanism has brought to the port, by its encoders, None
    when it has brought none there (a tube that an arm put into the port comes from no slot)."""

    seated: list[bool]
    port: bool
    presented: int | None


class TubeEngraving(Reading, frozen=True, kw_only=True):
    """What the vision station reads of the tube at the port; empty when nothing is legible."""

    serial: str = ""


class BitCarousel(DeviceInterface):
    """Moves tubes one at a time between the store and the port, where an arm can take them.

    A motion that is broken off leaves the tube where it came from. Fault codes: `jam` (the carousel
    or the handling arm did not get through; another try may help), `no_power`.
    """

    fault_codes = ("jam", "no_power")

    @reading()
    async def state(self) -> BitCarouselState:
        """All switches at once; a reading may rarely be false, so ask more than once."""
        raise NotImplementedError

    @actuation(limit=900.0)
    async def present(self, slot: StoreSlot) -> BitCarouselState:
        """Brings the tube of a slot to the port, which must be empty, and holds it out."""
        raise NotImplementedError

    @actuation(limit=900.0)
    async def store(self, slot: StoreSlot) -> BitCarouselState:
        """Takes the tube at the port into an empty slot."""
        raise NotImplementedError

    @actuation(limit=300.0, irreversible=True)
    async def release(self) -> BitCarouselState:
        """Lets go of the tube at the port: unless something holds it, it falls to the ground."""
        raise NotImplementedError

    @actuation(limit=300.0)
    async def read_engraving(self) -> TubeEngraving:
        """Reads the engraving of the tube at the port by lamp and camera; invalid without one."""
        raise NotImplementedError
