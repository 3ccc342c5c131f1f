"""The ground stations on Earth, simulated: they command through the orbiter or directly."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.ground_station import (
    FRAMES_BYTES,
    EarthLinkState,
    GroundStations,
    NetworkStatus,
    NumberedFrame,
    PredictedPass,
    Uplinked,
)
from sim_hw.links.counters import LinkCounters, arrive_whole, attempts_needed
from sim_hw.links.direct_link import DirectLink
from sim_hw.links.earth_link import EarthLink
from sim_hw.links.passes import PassSchedule
from sim_hw.links.relay import RELAY, Relay
from sim_hw.serving.device import DeviceContext, SimulatedDevice
from sim_hw.serving.timestamps import mission_ns
from sim_hw.world.world import World

PASSES_SHOWN = 2  # of each vehicle


class SimGroundStations(SimulatedDevice, GroundStations):
    """Serves "ground.stations". One antenna for each spacecraft: its frames go one by one.

    Frames from Mars are kept up to a number and a sum of bytes (`kept_frames`, `kept_bytes` of the
    Earth links); the oldest go first, the newest one always stays.
    """

    def __init__(
        self,
        context: DeviceContext[World, None],
        earth: EarthLink,
        schedule: PassSchedule,
        is_whole: Callable[[bytes], bool],
    ) -> None:
        super().__init__(context)
        self.uplink_counters = LinkCounters()
        self._now = context.truth.now
        self._earth = earth
        self._schedule = schedule
        self._is_whole = is_whole
        self._relay: Relay | None = None
        self._direct: DirectLink | None = None
        self._vehicles: dict[str, None] = {}
        self._free: dict[str, float] = {}  # by spacecraft: when its uplink is free again
        self._kept: deque[NumberedFrame] = deque()
        self._kept_bytes = 0
        self._last = 0  # number of the newest frame

    def use(self, relay: Relay, direct: DirectLink, vehicles: dict[str, None]) -> None:
        """Connects the stations to what they talk to."""
        self._relay, self._direct, self._vehicles = relay, direct, vehicles

    def received(self, peer: str, data: bytes) -> bool:
        """A frame from Mars has arrived; False when it is not whole, and is not kept."""
        if not self._is_whole(data):
            return False
        self._last += 1
        frame = NumberedFrame(peer, data, self._last)
        self._kept.append(frame)
        self._kept_bytes += len(data)
        limits = self._earth.parameters
        while len(self._kept) > limits.kept_frames or (
            self._kept_bytes > limits.kept_bytes and len(self._kept) > 1
        ):
            self._kept_bytes -= len(self._kept.popleft().data)
        self.emit("received", frame)
        return True

    async def frames(self, after: int) -> list[NumberedFrame]:
        found: list[NumberedFrame] = []
        room = FRAMES_BYTES
        for frame in self._kept:
            if frame.number <= after:
                continue
            room -= len(frame.data)
            if found and room < 0:
                break
            found.append(frame)
        return found

    async def status(self) -> NetworkStatus:
        now = self._now()
        light_time = self._earth.light_time_up(now)
        moratorium = self._earth.moratorium(now)
        seen = self._earth.station_in_view(now) and not moratorium
        relay_up = seen and not self._earth.relay_occulted(now + light_time)
        links = [EarthLinkState(RELAY, relay_up, self._earth.relay_downlink_rate(now))]
        for vehicle in self._vehicles:
            if self._direct is not None and self._direct.radio(vehicle) is not None:
                up = seen and self._earth.above_horizon(vehicle, now + light_time)
                rate = self._earth.direct_rates(now).to_earth
                links.append(EarthLinkState(vehicle, up, rate))
        coming = self._schedule.upcoming(now, PASSES_SHOWN)
        return NetworkStatus(
            time_ns=mission_ns(now),
            light_time=light_time,
            moratorium=moratorium,
            links=links,
            passes=[PredictedPass(v, start, end) for v in self._vehicles for start, end in coming],
            last_frame=self._last,
        )

    async def uplink(self, spacecraft: str, destination: str, data: bytes) -> Uplinked:
        self._check(spacecraft, destination)
        now = self._now()
        if self._earth.moratorium(now):
            raise DeviceFault("moratorium", "Mars is in conjunction: nobody commands")
        start = self._earth.next_station_view(max(now, self._free.get(spacecraft, 0.0)))
        light_time = self._earth.light_time_to(spacecraft, start)
        if spacecraft == RELAY:
            # The frame leaves so that the orbiter is not behind Mars when it arrives.
            start = self._earth.next_relay_view(start + light_time) - light_time
            rate = self._earth.parameters.relay_uplink_rate
        else:
            if not self._earth.above_horizon(spacecraft, start + light_time):
                raise DeviceFault("no_link", f"Earth will be below the horizon of {spacecraft}")
            rate = self._earth.direct_rates(start).from_earth
        airtime = 8.0 * len(data) / rate
        self._free[spacecraft] = start + airtime
        arrival = start + airtime + light_time
        self._send(spacecraft, destination, data, arrival - now, light_time)
        if spacecraft != RELAY:
            return Uplinked(arrival)
        return Uplinked(max(arrival, self._schedule.next(arrival)[0]))

    def _check(self, spacecraft: str, destination: str) -> None:
        if self._direct is None or destination not in self._vehicles:
            known = ", ".join(self._vehicles) or "none"
            raise DeviceRejected(f"no radio of {destination!r} is known; there are: {known}")
        if spacecraft == RELAY:
            return
        if spacecraft != destination or self._direct.radio(spacecraft) is None:
            raise DeviceRejected(
                f"{destination} cannot be reached by way of {spacecraft!r}: "
                "allowed are relay, and the vehicle itself if it has an X-band radio"
            )

    def _send(
        self, spacecraft: str, destination: str, data: bytes, delay: float, light_time: float
    ) -> None:
        counters, parameters = self.uplink_counters, self._earth.parameters
        counters.sent += 1
        attempts = attempts_needed(
            self.random, parameters.frame_error, parameters.repeats, counters
        )
        if attempts is None:
            counters.lost += 1
            return
        # Each repeat waits for the request, which takes the light time both ways.
        delay += (attempts - 1) * 2.0 * light_time
        asyncio.get_running_loop().call_later(
            delay, self._arrives, spacecraft, destination, data, 2.0 * light_time
        )

    def _arrives(
        self, spacecraft: str, destination: str, data: bytes, again: float
    ) -> None:
        """A frame arrives at Mars; one that is not whole is asked for and comes `again` s later."""
        repeats = self._earth.parameters.repeats
        take = partial(self._takes, spacecraft, destination, data)
        arrive_whole(take, repeats, again, self.uplink_counters)

    def _takes(self, spacecraft: str, destination: str, data: bytes) -> bool:
        assert self._relay is not None and self._direct is not None
        if spacecraft == RELAY:
            return self._relay.store_for(destination, data)
        return self._direct.arrive(destination, data)
