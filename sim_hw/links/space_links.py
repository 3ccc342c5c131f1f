"""All space links of a run: between vehicles, to the relay orbiter, and to Earth.

Everything happens at arrivals, at the rise and set of orbiter and Earth, and when radios are
switched; nothing is polled. Losses are repeated by the link layers up to a bound, then counted.
"""

import math
from collections.abc import Callable

from flight.icd import checksum
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.communications import LinkState
from flight.icd.devices.ground_station import STATIONS_SERVICE
from sim_hw.devices.surface_radio import SurfaceRadio
from sim_hw.links.counters import LinkCounters
from sim_hw.links.direct_link import EARTH, DirectLink
from sim_hw.links.earth_link import EarthLink
from sim_hw.links.ground_stations import SimGroundStations
from sim_hw.links.parameters import LinkParameters
from sim_hw.links.passes import PassSchedule
from sim_hw.links.proximity_link import ProximityLink
from sim_hw.links.relay import RELAY, Relay
from sim_hw.serving.device import DeviceContext
from sim_hw.world.relay_orbit import RelayOrbit
from sim_hw.world.world import World


class SpaceLinks:
    """Knows the world, the radios, the relay orbiter and Earth. One for each run.

    Build it, `attach` every radio, serve `stations` as "ground.stations", and `start` it in the
    run's loop. Who takes a frame looks first whether it is whole: `is_whole`.
    """

    def __init__(
        self,
        world: World,
        orbit: RelayOrbit,
        parameters: LinkParameters,
        is_whole: Callable[[bytes], bool] = checksum.is_whole,
    ) -> None:
        self.is_whole = is_whole
        relay = parameters.relay
        self.schedule = PassSchedule(
            orbit, world.epoch_jd_tt, math.radians(relay.minimum_elevation), relay.acquisition_time
        )
        self.earth = EarthLink(world, parameters.earth, self.schedule)
        self.stations = SimGroundStations(
            DeviceContext(STATIONS_SERVICE, world.random("links.stations"), world, None),
            self.earth,
            self.schedule,
            self.is_whole,
        )
        self.relay = Relay(
            self.schedule,
            self.earth,
            world.now,
            world.random("links.relay"),
            relay,
            self.stations.received,
            self.is_whole,
        )
        self.direct = DirectLink(
            self.earth, world.now, world.random("links.direct"), self.stations.received
        )
        self.proximity = ProximityLink(world, world.random("links.proximity"), parameters.proximity)
        self._uhf: dict[str, SurfaceRadio] = {}
        self._vehicles: dict[str, None] = {}
        self._announced: dict[tuple[str, str], LinkState] = {}
        self.stations.use(self.relay, self.direct, self._vehicles)

    def attach(self, radio: SurfaceRadio) -> None:
        """Connects a radio to the links of its band."""
        radio.medium = self
        self._vehicles[radio.vehicle] = None
        if radio.band == "x_band":
            self.direct.add(radio)
        else:
            self._uhf[radio.vehicle] = radio
            self.relay.add(radio)

    def start(self) -> None:
        """Begins; called once, in the run's loop, after all radios are attached."""
        self.relay.start()
        self.direct.start()

    def counters(self) -> dict[str, LinkCounters]:
        """What became of the frames, by link."""
        return {
            "proximity": self.proximity.counters,
            "relay forward": self.relay.forward_counters,
            "relay return": self.relay.return_counters,
            "relay to earth": self.relay.downlink_counters,
            "earth uplink": self.stations.uplink_counters,
            "direct to earth": self.direct.downlink_counters,
            "direct from earth": self.direct.uplink_counters,
        }

    # ---------------------------------------------------- the medium of radios

    def links_of(self, radio: SurfaceRadio) -> list[LinkState]:
        """The state of each link of a radio."""
        if radio.band == "x_band":
            return [self.direct.link(radio)]
        near = [
            self.proximity.link(radio, peer)
            for vehicle, peer in self._uhf.items()
            if vehicle != radio.vehicle
        ]
        return [self.relay.link(radio), *near]

    def switched(self, radio: SurfaceRadio) -> None:
        """Tells a radio all its links, and its neighbours what has changed for them."""
        for link in self.links_of(radio):
            radio.announce(link)
        if radio.band == "x_band":
            return
        self.moved(radio.vehicle)
        if radio.is_on:
            self.relay.serve(radio.vehicle)

    def moved(self, vehicle: str) -> None:
        """Tells neighbours when a vehicle has come into reach or has left it."""
        radio = self._uhf.get(vehicle)
        if radio is None:
            return
        for peer in self._uhf.values():
            if peer is radio or not peer.is_on:
                continue
            link = self.proximity.link(peer, radio)
            before = self._announced.get((peer.vehicle, vehicle))
            if before is None or before.up != link.up:
                self._announced[(peer.vehicle, vehicle)] = link
                peer.announce(link)

    async def carry(self, radio: SurfaceRadio, peer: str, data: bytes) -> None:
        """Carries one frame from a radio and returns when it is acknowledged."""
        if radio.band == "x_band":
            if peer != EARTH:
                raise DeviceFault("no_link", f"the X-band radio does not reach {peer}")
            await self.direct.carry(radio, data)
        elif peer == RELAY:
            await self.relay.take_up(radio, data)
        elif peer in self._uhf and peer != radio.vehicle:
            await self.proximity.carry(radio, self._uhf[peer], data)
        else:
            raise DeviceFault("no_link", f"there is no radio {peer!r}")
