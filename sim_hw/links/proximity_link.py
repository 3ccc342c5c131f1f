"""UHF links between vehicles on the ground: range, line of sight, rate, loss with repeats."""

import random

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.communications import LinkState
from sim_hw.devices.surface_radio import SurfaceRadio
from sim_hw.links.counters import LinkCounters
from sim_hw.links.parameters import ProximityParameters
from sim_hw.world.link_geometry import line_of_sight, proximity_rate
from sim_hw.world.world import World

_DEFAULT_HEIGHT = 1.0  # m, of a vehicle that the parameters do not name
_HAILING_SECONDS = 5.0  # s that a radio calls before it gives up (assumption)


class ProximityLink:
    """All links between surface radios of one world."""

    def __init__(
        self, world: World, stream: random.Random, parameters: ProximityParameters
    ) -> None:
        self.counters = LinkCounters()
        self._world = world
        self._random = stream
        self._parameters = parameters
        self._sights: dict[tuple[int, int, int, int], bool] = {}

    def rate(self, first: SurfaceRadio, second: SurfaceRadio) -> float:
        """Rate in bit/s between two vehicles where they stand now; 0 when they are out of reach."""
        one = self._world.bodies.get(first.vehicle)
        other = self._world.bodies.get(second.vehicle)
        if one is None or other is None:
            return 0.0
        heights = self._height(first.vehicle), self._height(second.vehicle)
        rate = proximity_rate(one.distance_to(other), *heights)
        if rate <= 0.0:
            return 0.0
        # A metre more or less changes no view worth another look at the ground between.
        key = (round(one.east), round(one.north), round(other.east), round(other.north))
        if key not in self._sights:
            if len(self._sights) > 1000:
                self._sights.clear()
            self._sights[key] = line_of_sight(
                self._world.terrain.elevation,
                (one.east, one.north, heights[0]),
                (other.east, other.north, heights[1]),
            )
        return rate if self._sights[key] else 0.0

    def link(self, radio: SurfaceRadio, peer: SurfaceRadio) -> LinkState:
        """How `peer` can be heard at `radio`."""
        rate = self.rate(radio, peer) if radio.is_on and peer.is_on else 0.0
        return LinkState(peer.vehicle, up=rate > 0.0, rate_bps=rate)

    async def carry(self, sender: SurfaceRadio, receiver: SurfaceRadio, data: bytes) -> None:
        """Carries one frame, with repeats; raises DeviceFault `no_link` or `lost`."""
        rate = self.rate(sender, receiver)
        self.counters.sent += 1
        if rate <= 0.0 or not receiver.is_on:
            await sender.occupy(_HAILING_SECONDS)
            self.counters.lost += 1
            raise DeviceFault("no_link", f"{receiver.vehicle} does not answer")
        airtime = 8.0 * len(data) / rate + self._parameters.latency
        for attempt in range(1 + self._parameters.repeats):
            self.counters.repeated += attempt > 0
            await sender.occupy(airtime)
            whole = self._random.random() >= self._parameters.frame_error
            if not whole or not sender.is_heard or not receiver.hears:
                continue
            if receiver.accept(sender.vehicle, data):
                self.counters.delivered += 1
                return
            self.counters.corrupt += 1
        self.counters.lost += 1
        raise DeviceFault("lost", f"{receiver.vehicle} did not acknowledge the frame")

    def _height(self, vehicle: str) -> float:
        return self._parameters.antenna_height.get(vehicle, _DEFAULT_HEIGHT)
