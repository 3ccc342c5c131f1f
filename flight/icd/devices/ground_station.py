"""The ground stations on Earth, as mission control uses them."""

from typing import Annotated, Any, ClassVar

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.communications import ReceivedFrame

SpacecraftName = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class EarthLinkState(msgspec.Struct, frozen=True):
    """Whether a spacecraft can be commanded from Earth now, and the rate down in bit/s."""

    spacecraft: str
    up: bool
    rate_bps: float


class PredictedPass(msgspec.Struct, frozen=True):
    """When the relay orbiter is in view of a vehicle, in seconds of mission time."""

    vehicle: str
    start: float
    end: float


class NetworkStatus(Reading, frozen=True, kw_only=True):
    """One-way light time in s, whether conjunction forbids commanding, links, next passes."""

    light_time: float
    moratorium: bool
    links: list[EarthLinkState]
    passes: list[PredictedPass]


class Uplinked(msgspec.Struct, frozen=True):
    """A frame that has been queued; when it should reach the vehicle's radio, in seconds of mission
    time, if its radio is on then (None: no pass is predicted)."""

    estimated_delivery: float | None


class GroundStations(DeviceInterface):
    """The stations of the Deep Space Network.

    Signal `received`: a frame from Mars; its peer is the vehicle that sent it, after the name of
    the orbiter that passed it on, if any: "relay/rover", or "lander" for the direct link.
    Fault codes: `moratorium` (conjunction), `no_link` (the spacecraft cannot be reached).
    """

    signals: ClassVar[dict[str, Any]] = {"received": ReceivedFrame}
    fault_codes = ("moratorium", "no_link")

    @reading()
    async def status(self) -> NetworkStatus:
        """Light time, moratorium, links and the next passes of each vehicle."""
        raise NotImplementedError

    @actuation(limit=60.0)
    async def uplink(
        self,
        spacecraft: SpacecraftName,
        destination: SpacecraftName,
        data: Annotated[bytes, msgspec.Meta(max_length=500_000)],
    ) -> Uplinked:
        """Sends one frame to the radio of `destination`, by way of `spacecraft`.

        `spacecraft` is "relay", or the vehicle itself for the direct link. Answers at once; nobody
        tells whether the frame arrived.
        """
        raise NotImplementedError
