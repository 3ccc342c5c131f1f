"""The relay orbiter as a store that forwards frames, both ways."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from flight.astrodynamics.constants import SPEED_OF_LIGHT
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.communications import LinkState
from sim_hw.devices.surface_radio import SurfaceRadio
from sim_hw.links.counters import LinkCounters, arrive_whole, attempts_needed
from sim_hw.links.earth_link import EarthLink
from sim_hw.links.parameters import RelayParameters
from sim_hw.links.passes import Schedule
from sim_hw.world.link_geometry import RELAY_FORWARD, RELAY_RETURN, relay_rate

RELAY = "relay"
_NOW = 1e-3  # s, sooner than which nothing is put off


@dataclass
class Store:
    """Frames that wait on board, oldest first; when there is no room the oldest are dropped."""

    capacity: int
    counters: LinkCounters
    frames: deque[tuple[str, bytes]] = field(default_factory=deque)  # source or "", data
    size: int = 0

    def put(self, source: str, data: bytes) -> None:
        """Stores a frame; makes room by dropping the oldest."""
        self.frames.append((source, data))
        self.size += len(data)
        while self.size > self.capacity and self.frames:
            self.take()
            self.counters.dropped += 1

    def take(self) -> tuple[str, bytes]:
        """Removes the oldest frame."""
        source, data = self.frames.popleft()
        self.size -= len(data)
        return source, data


class Relay:
    """The orbiter's radios and stores. All that it does hangs on timers at passes and arrivals."""

    def __init__(
        self,
        schedule: Schedule,
        earth: EarthLink,
        now: Callable[[], float],
        stream: random.Random,
        parameters: RelayParameters,
        arrived_at_earth: Callable[[str, bytes], bool],
        is_whole: Callable[[bytes], bool],
    ) -> None:
        self.forward_counters = LinkCounters()  # to the ground of Mars
        self.return_counters = LinkCounters()  # from the ground of Mars
        self.downlink_counters = LinkCounters()  # to Earth
        self._schedule = schedule
        self._earth = earth
        self._now = now
        self._random = stream
        self._parameters = parameters
        self._arrived_at_earth = arrived_at_earth
        self._is_whole = is_whole
        self._refused: dict[str, int] = {}  # how often the oldest frame of a store was not whole
        self._radios: dict[str, SurfaceRadio] = {}
        self._stores: dict[str, Store] = {}
        self._downlink = Store(parameters.queue_bytes, self.downlink_counters)
        self._serving: dict[str, None] = {}
        self._downlinking = False
        self._pass: tuple[float, float] | None = None
        self._coming: asyncio.TimerHandle | None = None  # of what begins next

    def add(self, radio: SurfaceRadio) -> None:
        """Takes a surface radio into the relay's service."""
        self._radios[radio.vehicle] = radio

    def start(self) -> None:
        """Sets the timer of the first pass; called once, in the run's loop."""
        self._look_at_passes()

    def queued(self, destination: str) -> int:
        """Frames that wait for a vehicle, or for "earth"."""
        store = self._downlink if destination == "earth" else self._stores.get(destination)
        return len(store.frames) if store is not None else 0

    def link(self, radio: SurfaceRadio) -> LinkState:
        """How the orbiter can be heard at a radio now."""
        if self._pass is None or not radio.is_on:
            return LinkState(RELAY, up=False)
        now = self._now()
        rate = relay_rate(self._schedule.slant_range(now), RELAY_RETURN)
        return LinkState(RELAY, True, rate, max(0.0, self._pass[1] - now))

    # ----------------------------------------------------------------- passes

    def _look_at_passes(self) -> None:
        now = self._now()
        start, end = self._schedule.next(now)
        if start > now:
            loop = asyncio.get_running_loop()
            self._coming = loop.call_later(start - now, self._rise, start, end)
        else:
            self._rise(start, end)

    def use_passes(self, schedule: Schedule) -> None:
        """Goes by other passes: from the next one on, if one is under way."""
        self._schedule = schedule
        if self._pass is None and self._coming is not None:
            self._coming.cancel()
            self._look_at_passes()

    def _rise(self, start: float, end: float) -> None:
        self._pass = (start, end)
        asyncio.get_running_loop().call_later(end - self._now(), self._set)
        for radio in self._radios.values():
            if radio.is_on:
                radio.announce(self.link(radio))
                self.serve(radio.vehicle)

    def _set(self) -> None:
        self._pass = None
        for radio in self._radios.values():
            if radio.is_on:
                radio.announce(LinkState(RELAY, up=False))
        # A timer is up to half a nanosecond early: this pass must be over when the next is sought.
        self._coming = asyncio.get_running_loop().call_later(1.0, self._look_at_passes)

    # ------------------------------------------------- down to the ground of Mars

    def store_for(self, destination: str, data: bytes) -> bool:
        """Takes a frame from Earth for a vehicle on the ground; False when it is not whole."""
        if not self._is_whole(data):
            return False
        store = self._stores.get(destination)
        if store is None:
            store = Store(self._parameters.queue_bytes, self.forward_counters)
            self._stores[destination] = store
        store.put("", data)
        self.serve(destination)
        return True

    def serve(self, destination: str) -> None:
        """Sends what waits for a vehicle, if it can be reached now."""
        radio, store = self._radios.get(destination), self._stores.get(destination)
        if radio is None or store is None or not store.frames or destination in self._serving:
            return
        if self._pass is None or not radio.hears:
            return
        _, data = store.frames[0]
        attempts = attempts_needed(
            self._random,
            self._parameters.frame_error,
            self._parameters.repeats,
            self.forward_counters,
        )
        copies = attempts if attempts is not None else 1 + self._parameters.repeats
        airtime = self._airtime(data, copies, forward=True)
        if airtime is None:
            return  # it waits for the next pass
        self._serving[destination] = None
        asyncio.get_running_loop().call_later(
            airtime, self._sent_down, destination, attempts is not None
        )

    def _sent_down(self, destination: str, whole: bool) -> None:
        del self._serving[destination]
        store = self._stores[destination]
        if not store.frames:
            return  # dropped meanwhile for want of room
        radio, counters = self._radios[destination], self.forward_counters
        counters.sent += 1
        if not whole:
            store.take()
            counters.lost += 1
        elif radio.accept(RELAY, store.frames[0][1]):
            store.take()
            self._refused.pop(destination, None)
            counters.delivered += 1
        elif radio.hears:
            counters.corrupt += 1
            if not self._may_repeat(destination):
                store.take()
                counters.lost += 1
        else:
            return  # nobody listens any more: it waits until the radio or the next pass comes up
        self.serve(destination)

    def _may_repeat(self, destination: str) -> bool:
        """Whether a frame that arrived changed is sent again: as often as one that is lost."""
        refused = self._refused.get(destination, 0)
        again = refused < self._parameters.repeats
        self._refused[destination] = refused + 1 if again else 0
        return again

    # -------------------------------------------------- up from the ground of Mars

    async def take_up(self, radio: SurfaceRadio, data: bytes) -> None:
        """Takes a frame from a vehicle into the store; raises DeviceFault `no_link` or `lost`."""
        self.return_counters.sent += 1
        for attempt in range(1 + self._parameters.repeats):
            self.return_counters.repeated += attempt > 0
            airtime = self._airtime(data, 1, forward=False)
            if airtime is None:
                self.return_counters.lost += 1
                raise DeviceFault("no_link", "the relay is not in view long enough for the frame")
            await radio.occupy(airtime)
            if self._random.random() < self._parameters.frame_error or not radio.is_heard:
                continue
            if self._take_in(radio.vehicle, data):
                return
        self.return_counters.lost += 1
        raise DeviceFault("lost", "the relay did not acknowledge the frame")

    def _take_in(self, source: str, data: bytes) -> bool:
        """Stores a frame from the ground of Mars for Earth; False when it is not whole."""
        if not self._is_whole(data):
            self.return_counters.corrupt += 1
            return False
        self.return_counters.delivered += 1
        self._downlink.put(source, data)
        self._send_to_earth()
        return True

    def _airtime(self, data: bytes, copies: int, *, forward: bool) -> float | None:
        """Seconds that some copies of a frame take now; None when the pass ends before."""
        if self._pass is None:
            return None
        now = self._now()
        distance = self._schedule.slant_range(now)
        rate = relay_rate(distance, RELAY_FORWARD if forward else RELAY_RETURN)
        if rate <= 0.0:
            return None
        seconds = copies * (8.0 * len(data) / rate + 2.0 * distance / SPEED_OF_LIGHT)
        return seconds if now + seconds < self._pass[1] else None

    # --------------------------------------------------------------- to Earth

    def _send_to_earth(self) -> None:
        if self._downlinking or not self._downlink.frames:
            return
        self._downlinking = True
        now = self._now()
        start = self._earth.next_relay_view(now)
        light_time = self._earth.light_time_up(start)
        # The station must be there when the signal arrives.
        wait = self._earth.next_station_view(start + light_time) - start - light_time
        if start + wait > now + _NOW:
            asyncio.get_running_loop().call_later(start + wait - now, self._try_again)
            return
        source, data = self._downlink.take()
        counters = self.downlink_counters
        counters.sent += 1
        attempts = attempts_needed(
            self._random,
            self._earth.frame_error(now),
            self._earth.parameters.repeats,
            counters,
        )
        airtime = 8.0 * len(data) / self._earth.relay_downlink_rate(now)
        loop = asyncio.get_running_loop()
        loop.call_later(airtime, self._try_again)
        if attempts is None:
            counters.lost += 1
            return
        # Each repeat waits for the request, which takes the light time both ways.
        delay = airtime * attempts + light_time * (2 * attempts - 1)
        loop.call_later(delay, self._received_on_earth, source, data, airtime + 2.0 * light_time)

    def _try_again(self) -> None:
        self._downlinking = False
        self._send_to_earth()

    def _received_on_earth(self, source: str, data: bytes, again: float) -> None:
        """A frame arrives; one that is not whole is asked for and comes `again` s later."""
        repeats = self._earth.parameters.repeats
        take = partial(self._arrived_at_earth, f"{RELAY}/{source}", data)
        arrive_whole(take, repeats, again, self.downlink_counters)
