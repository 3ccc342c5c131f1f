"""Radios: UHF between vehicles and to the relay orbiter, X-band to Earth."""

from typing import Annotated, Any, ClassVar

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.measured import measured


class LinkState(msgspec.Struct, frozen=True):
    """Whether a peer can be heard now, how fast, and for how many more seconds at least (0:
    unknown)."""

    peer: str
    up: bool
    rate_bps: float = 0.0
    remaining: float = 0.0


class ReceivedFrame(msgspec.Struct, frozen=True):
    """A frame that arrived, with its bytes."""

    peer: str
    data: bytes


class RadioState(Reading, frozen=True, kw_only=True):
    """Power, temperature in K, and the state of each known link."""

    on: bool
    temperature: Annotated[float, measured("K", 100.0, 450.0)]
    links: list[LinkState]


class Transmission(msgspec.Struct, frozen=True):
    """A frame that the other side has acknowledged, and how long that took in seconds."""

    acknowledged: bool
    seconds: float


class Radio(DeviceInterface):
    """A transceiver with a sequence-controlled (acknowledged) link layer.

    Fault codes: `off`, `no_link` (the peer cannot be heard), `lost` (no acknowledgement after the
    link layer's own repeats).
    """

    signals: ClassVar[dict[str, Any]] = {"link": LinkState, "received": ReceivedFrame}
    fault_codes = ("off", "no_link", "lost")

    @reading()
    async def state(self) -> RadioState:
        """Power, temperature and links."""
        raise NotImplementedError

    @actuation(limit=30.0)
    async def set_power(self, on: bool) -> RadioState:
        """Switches the radio on or off."""
        raise NotImplementedError

    @actuation(limit=7200.0)
    async def transmit(
        self,
        peer: Annotated[str, msgspec.Meta(min_length=1, max_length=40)],
        data: Annotated[bytes, msgspec.Meta(max_length=500_000)],
    ) -> Transmission:
        """Sends one frame to a peer and waits for its acknowledgement (after the light time)."""
        raise NotImplementedError
