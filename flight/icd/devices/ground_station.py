"""The ground stations on Earth, as mission control uses them."""

from typing import Annotated, Any, ClassVar

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.communications import ReceivedFrame

FRAMES_BYTES = 500_000
"""Bytes of frames in one answer: as large as one frame may be."""

SpacecraftName = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]

STATIONS_SERVICE = "ground.stations"
"""What the stations are served as."""


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
    """One-way light time in s, whether conjunction forbids commanding, links, next passes, and the
    number of the frame from Mars that was received last (0: none yet)."""

    light_time: float
    moratorium: bool
    links: list[EarthLinkState]
    passes: list[PredictedPass]
    last_frame: int = 0


class NumberedFrame(ReceivedFrame, frozen=True):
    """A frame from Mars as the stations keep it; they number all frames from 1 on."""

    number: int


class Uplinked(msgspec.Struct, frozen=True):
    """A frame that has been queued; when it should reach the vehicle's radio, in seconds of mission
    time, if its radio is on then (None: no pass is predicted)."""

    estimated_delivery: float | None


class GroundStations(DeviceInterface):
    """The stations of the Deep Space Network.

    They keep the frames that they received, the oldest of them go first when it becomes too many:
    who was not there when one came down asks for it by `frames`.

    Signal `received`: a frame from Mars; its peer is the vehicle that sent it, after the name of
    the orbiter that passed it on, if any: "relay/rover", or "lander" for the direct link.
    Fault codes: `moratorium` (conjunction), `no_link` (the spacecraft cannot be reached).
    """

    signals: ClassVar[dict[str, Any]] = {"received": NumberedFrame}
    fault_codes = ("moratorium", "no_link")

    @reading()
    async def status(self) -> NetworkStatus:
        """Light time, moratorium, links and the next passes of each vehicle."""
        raise NotImplementedError

    @reading()
    async def frames(self, after: Annotated[int, msgspec.Meta(ge=0)]) -> list[NumberedFrame]:
        """The frames with a number above `after` that are kept, in order of their numbers.

        As many as one answer holds (500 kB of data), but one at least: ask on after the last
        of them, until there are no more.
        """
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
