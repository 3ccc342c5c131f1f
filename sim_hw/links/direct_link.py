"""The direct link between Earth and a vehicle on the ground: X band, slow, when Earth is up."""

import asyncio
import random
from collections.abc import Callable

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.communications import LinkState, Radio
from sim_hw.devices.surface_radio import SurfaceRadio
from sim_hw.links.counters import LinkCounters
from sim_hw.links.earth_link import EarthLink

EARTH = "earth"
LONGEST = Radio.methods["transmit"].limit  # s: so soon a radio says what became of a frame


class DirectLink:
    """The X-band radios of all vehicles. Timers only when Earth rises or sets at the site."""

    def __init__(
        self,
        earth: EarthLink,
        now: Callable[[], float],
        stream: random.Random,
        arrived_at_earth: Callable[[str, bytes], bool],
    ) -> None:
        self.downlink_counters = LinkCounters()
        self.uplink_counters = LinkCounters()
        self._earth = earth
        self._now = now
        self._random = stream
        self._arrived_at_earth = arrived_at_earth
        self._radios: dict[str, SurfaceRadio] = {}
        self._above = False
        self._without_station: dict[str, None] = {}  # who has found out that no station listens

    def add(self, radio: SurfaceRadio) -> None:
        """Takes a radio into service."""
        self._radios[radio.vehicle] = radio

    def radio(self, vehicle: str) -> SurfaceRadio | None:
        """The X-band radio of a vehicle, if it has one."""
        return self._radios.get(vehicle)

    def start(self) -> None:
        """Sets the first timer, if any vehicle has such a radio."""
        if self._radios:
            self._above = self._earth.earth_above_horizon(self._now())
            self._wait_for_change()

    def link(self, radio: SurfaceRadio) -> LinkState:
        """How Earth can be reached from a vehicle now."""
        listened_to = self._in_view(radio.vehicle) and radio.vehicle not in self._without_station
        if not listened_to or not radio.is_on:
            return LinkState(EARTH, up=False)
        rate = self._earth.direct_rates(self._now()).to_earth
        return LinkState(EARTH, up=True, rate_bps=rate)

    def _in_view(self, vehicle: str) -> bool:
        return self._above or self._earth.in_space(vehicle)

    def _wait_for_change(self) -> None:
        now = self._now()
        delay = self._earth.next_horizon_change(now) - now
        asyncio.get_running_loop().call_later(delay, self._change)

    def _change(self) -> None:
        self._above = self._earth.earth_above_horizon(self._now())
        for radio in self._radios.values():
            if radio.is_on and not self._earth.in_space(radio.vehicle):
                radio.announce(self.link(radio))
        self._wait_for_change()

    async def carry(self, radio: SurfaceRadio, data: bytes) -> None:
        """Sends a frame to Earth and waits for the acknowledgement, both ways of light time.

        It is repeated only while an answer can still come within the limit of `Radio.transmit`.
        """
        counters, earth = self.downlink_counters, self._earth
        counters.sent += 1
        began = self._now()
        for attempt in range(1 + earth.parameters.repeats):
            now = self._now()
            light_time = earth.light_time_to(radio.vehicle, now)
            airtime = 8.0 * len(data) / earth.direct_rates(now).to_earth
            if attempt and now + airtime + 2.0 * light_time > began + LONGEST:
                break
            self._look(radio, now, light_time)
            counters.repeated += attempt > 0
            await radio.occupy(airtime)
            whole = self._random.random() >= earth.frame_error(now) and radio.is_heard
            acknowledged: list[bool] = []
            if whole:
                asyncio.get_running_loop().call_later(
                    light_time, self._received_on_earth, radio.vehicle, data, acknowledged
                )
            await asyncio.sleep(2.0 * light_time)
            if acknowledged:
                return
        counters.lost += 1
        raise DeviceFault("lost", "Earth did not acknowledge the frame")

    def _look(self, radio: SurfaceRadio, now: float, light_time: float) -> None:
        """Raises DeviceFault where nothing that is sent now can be heard on Earth."""
        if not radio.is_on:
            reason = DeviceFault("off", "the radio was switched off before Earth had acknowledged")
        elif not self._in_view(radio.vehicle):
            reason = DeviceFault("no_link", "Earth is not in view")
        elif not self._earth.station_in_view(now + light_time):
            self._wait_for_station(radio, now, light_time)
            reason = DeviceFault("no_link", "no station on Earth sees Mars")
        else:
            return
        self.downlink_counters.lost += 1
        raise reason

    def _wait_for_station(self, radio: SurfaceRadio, now: float, light_time: float) -> None:
        """The link is down, and told to be, until what is sent arrives where a station listens."""
        there = self._earth.next_station_view(now + light_time) - light_time
        self._without_station[radio.vehicle] = None
        radio.announce(self.link(radio))
        asyncio.get_running_loop().call_later(there - now, self._station_there, radio)

    def _station_there(self, radio: SurfaceRadio) -> None:
        self._without_station.pop(radio.vehicle, None)
        if radio.is_on and self._in_view(radio.vehicle):
            radio.announce(self.link(radio))

    def _received_on_earth(self, vehicle: str, data: bytes, acknowledged: list[bool]) -> None:
        if self._arrived_at_earth(vehicle, data):
            self.downlink_counters.delivered += 1
            acknowledged.append(True)
        else:
            self.downlink_counters.corrupt += 1

    def arrive(self, vehicle: str, data: bytes) -> bool:
        """A frame from Earth reaches Mars; lost when Earth is down or nobody listens.

        False when it arrives and is not whole.
        """
        radio = self._radios.get(vehicle)
        above = self._earth.above_horizon(vehicle, self._now())
        if radio is None or not above or not radio.hears:
            self.uplink_counters.lost += 1
        elif radio.accept(EARTH, data):
            self.uplink_counters.delivered += 1
        else:
            return False
        return True
