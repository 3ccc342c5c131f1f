"""Mission control's way into space: which way a frame takes, and when an answer can be here."""

import itertools
import math
from collections.abc import Callable, Mapping

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.devices.base import DeviceError, DeviceFault, DeviceRejected, DeviceTimeout
from flight.icd.devices.ground_station import (
    STATIONS_SERVICE,
    GroundStations,
    NetworkStatus,
    NumberedFrame,
    PredictedPass,
)
from flight.runtime.bus import Bus
from flight.runtime.device_driver import connect, listen
from ground.mission_control.timing.windows import Window

RELAY = "relay"
PASSES_FOR_AN_ANSWER = 2
"""Passes within which a vehicle's report has come down: one may be missed asleep or find a full
recorder (assumption)."""
FARTHEST = 3600.0
"""s of light time that no spacecraft of a mission to Mars is away: at most 22 minutes."""
LAST_FRAME = 2**53  # more than a store counts to, and than a mission has
HOSTS: Mapping[str, str] = {"arm": "lander", "mav": "lander", "entry": "orbiter"}
"""Nodes that have no radio of their own, and whose radio serves them."""
RECEPTION = 60.0
"""s for which a radio has to go on listening after a frame's first bit (assumption)."""
Hours = Mapping[str, Callable[[float], bool]]
"""Of vehicles whose direct link sleeps: whether it listens at a mission time (s), by its habit."""


class NotSent(Exception):
    """A frame that could not be sent now; the text says why.

    `refused`: the stations do not take it at all, so that others should not wait behind it.
    `unsure`: they did not answer, and may have sent it.
    """

    def __init__(self, reason: str, *, refused: bool = False, unsure: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused
        self.unsure = unsure


class Stations:
    """The ground stations, and the last that they told of links and passes."""

    def __init__(
        self,
        bus: Bus,
        boot: int,
        now: Callable[[], float],
        hosts: Mapping[str, str] = HOSTS,
        hours: Hours | None = None,
    ) -> None:
        self._driver: GroundStations = connect(bus, GroundStations, STATIONS_SERVICE, boot=boot)
        self._now = now
        self._hosts = hosts
        self._hours = hours or {}
        self.status: NetworkStatus | None = None
        self.on_frame: Callable[[NumberedFrame], None] = lambda frame: None
        self.on_status: Callable[[NetworkStatus], None] = lambda status: None
        listen(self._driver, "received", lambda frame: self.on_frame(frame))

    async def refresh(self) -> bool:
        """Asks for the present state; False where none comes that can be true."""
        try:
            status = await self._driver.status()
        except DeviceError:
            return False
        told = status.valid and is_believable(status)
        if told:
            self.status = status
            self.on_status(status)
        return told

    async def frames(self, after: int) -> list[NumberedFrame]:
        """Frames that the stations kept; raises what their driver raises."""
        return await self._driver.frames(after)

    def radio_of(self, vehicle: str) -> str:
        """The vehicle whose radio serves a node."""
        return self._hosts.get(vehicle, vehicle)

    def choose(self, vehicle: str, last: str = "", waited: float = 0.0) -> tuple[str, str]:
        """The spacecraft to send to and the radio that it is for.

        The direct link when it is up and will be listened to, else the relay. A repeat takes the
        other way than the `last` sending, if there is one, whether it is up now or not: the radio
        of the first may be off. When that way has not come up while the frame `waited` (seconds)
        for a sol, any that is up.
        """
        radio = self.radio_of(vehicle)
        links = self.status.links if self.status is not None else []
        ways = {
            link.spacecraft: link.up and self.listens(link.spacecraft)
            for link in links
            if link.spacecraft in (radio, RELAY)
        }
        up = [way for way in (radio, RELAY) if ways.get(way)] or [RELAY]
        other = [way for way in (radio, RELAY) if way in ways and way != last]
        if not last or not other or (not ways[other[0]] and waited >= SOL_SECONDS):
            return up[0], radio
        return other[0], radio

    def listens(self, spacecraft: str) -> bool:
        """Whether a radio will be listening when what leaves now arrives, by its hours."""
        hours = self._hours.get(spacecraft)
        arrival = self._now() + self.light_time
        return hours is None or (hours(arrival) and hours(arrival + RECEPTION))

    async def send(self, spacecraft: str, radio: str, data: bytes) -> float | None:
        """Sends one frame; when it should be there (None: not known). Raises NotSent."""
        if not self.listens(spacecraft):
            raise NotSent(f"{spacecraft} does not listen by its direct link at this hour")
        try:
            return (await self._driver.uplink(spacecraft, radio, data)).estimated_delivery
        except DeviceFault as fault:
            raise NotSent(f"{fault.code}: {fault}") from fault
        except DeviceRejected as refusal:
            raise NotSent(str(refusal), refused=True) from refusal
        except DeviceTimeout as error:
            raise NotSent(str(error), unsure=True) from error

    # -------------------------------------------------------------- forecast

    @property
    def light_time(self) -> float:
        """One-way light time in seconds, as last told; 0 before anything was told."""
        return self.status.light_time if self.status is not None else 0.0

    def passes(self, vehicle: str = "") -> list[PredictedPass]:
        """The predicted passes that are not over, of one vehicle's radio or of all."""
        radio = self.radio_of(vehicle) if vehicle else ""
        known = self.status.passes if self.status is not None else []
        now = self._now()
        coming = [each for each in known if each.end > now and radio in ("", each.vehicle)]
        return sorted(coming, key=lambda each: (each.start, each.vehicle))

    def window(self, vehicle: str, delivery: float | None = None) -> Window:
        """The way to a vehicle and back for a command that leaves now.

        `delivery`: mission time at which it should be there, if the stations have said so.
        """
        now, light_time = self._now(), self.light_time
        passes = self.passes(vehicle)
        if delivery is None:
            nearest = next((each for each in passes if each.end > now + light_time), None)
            delivery = max(nearest.start, now + light_time) if nearest else now + SOL_SECONDS
        delivery = max(delivery, now + light_time)
        return Window(light_time, delivery - now - light_time, answer_wait(passes, delivery))


def is_believable(status: NetworkStatus) -> bool:
    """Whether a state of the network can be true: nothing that is not finite, no number of a frame
    that nobody can count to, no light time beyond the planets."""
    times = [at for each in status.passes for at in (each.start, each.end)]
    finite = all(map(math.isfinite, (*times, *(link.rate_bps for link in status.links))))
    return finite and 0 <= status.last_frame <= LAST_FRAME and 0.0 <= status.light_time <= FARTHEST


def answer_wait(passes: list[PredictedPass], since: float) -> float:
    """Seconds from `since` until enough passes are over; a sol where none are predicted."""
    ends = [each.end for each in passes if each.end > since]
    if len(ends) >= PASSES_FOR_AN_ANSWER:
        return ends[PASSES_FOR_AN_ANSWER - 1] - since
    gaps = [after.end - before.end for before, after in itertools.pairwise(passes)]
    longest = max(gaps, default=SOL_SECONDS)
    if ends:
        return ends[-1] - since + (PASSES_FOR_AN_ANSWER - len(ends)) * longest
    return PASSES_FOR_AN_ANSWER * longest if gaps else SOL_SECONDS
