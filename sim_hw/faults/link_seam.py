"""The seam of the space links: it stands in the place of the few methods through which each frame
goes. Until something is armed the links are as they are."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.communications import LinkState
from sim_hw.devices.surface_radio import SurfaceRadio
from sim_hw.faults.kind import Heal, Injection
from sim_hw.faults.link_kinds import ACKNOWLEDGED, PASSES, STATES, Arrives, Crossing, LinkKind
from sim_hw.faults.targets import NamedPart
from sim_hw.links.direct_link import EARTH
from sim_hw.links.passes import PassSchedule, Schedule
from sim_hw.links.relay import RELAY
from sim_hw.links.space_links import SpaceLinks

Takes = Callable[[], bool]
PROXIMITY, DIRECT, TO_EARTH = "proximity", "direct", "relay_earth"
HAIL = 1.0  # s that a radio sends before it knows that nobody answers
_HAS = {
    PROXIMITY: (ACKNOWLEDGED, STATES),
    RELAY: (ACKNOWLEDGED, STATES, PASSES),
    DIRECT: (ACKNOWLEDGED, STATES),
    TO_EARTH: (),
}
LINKS = tuple(_HAS)


def link_parts(vehicles: tuple[str, ...]) -> dict[str, NamedPart]:
    """The links as targets; `relay_earth` carries what the relay orbiter has for Earth, and
    back."""
    return {name: NamedPart(name, has, vehicles) for name, has in _HAS.items()}


class SpaceLinksSeam:
    """All space links of a run."""

    def __init__(self, links: SpaceLinks, radios: dict[str, list[SurfaceRadio]]) -> None:
        self._links = links
        self._radios = [radio for each in radios.values() for radio in each]
        self._seams = {name: OneLink(self, name) for name in _HAS}
        self._stands = False
        self._now: dict[str, Any] = {}
        self._shifts: list[list[float]] = []  # of passes: later, and sooner, s
        self._deaf: set[tuple[str, str, str]] = set()  # who would hear which link of whom

    def link(self, name: str) -> "OneLink":
        """One link by its name; raises KeyError."""
        return self._seams[name]

    def stand(self) -> None:
        """Takes the place of the methods through which frames go; once."""
        if self._stands:
            return
        self._stands = True
        links: Any = self._links
        relay: Any = links.relay
        self._now = {"carry": links.carry, "earth": relay._arrived_at_earth}
        self._now["store_for"] = relay.store_for
        links.carry = self._carry
        relay._arrived_at_earth = self._to_earth
        relay.store_for = self._to_relay
        for radio in self._radios:
            given: Any = radio
            self._now[radio.service] = radio.accept
            given.accept = partial(self._accept, radio)
        self._states(relay, RELAY)
        self._states(links.direct, DIRECT)
        near = links.proximity.link
        links.proximity.link = lambda radio, peer: self._seen(
            PROXIMITY, near(radio, peer), radio.vehicle, peer.vehicle
        )

    def _states(self, link: Any, name: str) -> None:
        told = link.link
        link.link = lambda radio: self._seen(name, told(radio), radio.vehicle, "")

    def _seen(self, link: str, state: LinkState, vehicle: str, other: str) -> LinkState:
        """How a radio hears a link. One that hears nothing sends nothing, so that no frame is hit:
        it is hit itself, once each time that it would hear it."""
        blocking = self._seams[link].blocking(vehicle, other) if state.up else None
        pair = (link, vehicle, other)
        if blocking is None:
            self._deaf.discard(pair)
            return state
        if pair not in self._deaf:
            self._deaf.add(pair)
            blocking.hit(f"{link} ({vehicle}{f', {other}' if other else ''})", "up", "down")
        return msgspec.structs.replace(state, up=False, rate_bps=0.0)

    # ----------------------------------------------------------------- frames

    async def _carry(self, radio: SurfaceRadio, peer: str, data: bytes) -> None:
        """What a radio sends."""
        name = {RELAY: RELAY, EARTH: DIRECT}.get(peer, PROXIMITY)
        other = peer if name == PROXIMITY else ""
        crossing = Crossing(name, "out", radio.vehicle, other)
        came = self._seams[name].passed(crossing, data)
        carry = self._now["carry"]
        for number, frame in enumerate(came.frames):
            try:
                await carry(radio, peer, frame)
            except DeviceFault:
                if number == 0:
                    raise
        if not came.acknowledged:
            if not came.frames:
                await radio.occupy(HAIL)
            raise DeviceFault("lost", f"{peer} did not acknowledge the frame")

    def _accept(self, radio: SurfaceRadio, peer: str, data: bytes) -> bool:
        """What reaches a radio; of frames between vehicles the sender's side was asked."""
        accept: Callable[[str, bytes], bool] = self._now[radio.service]
        name = {RELAY: RELAY, EARTH: DIRECT}.get(peer)
        if name is None:
            return accept(peer, data)
        came = self._seams[name].passed(Crossing(name, "in", radio.vehicle), data)
        return _answer(came, [accept(peer, frame) for frame in came.frames])

    def _to_relay(self, destination: str, data: bytes) -> bool:
        came = self._seams[TO_EARTH].passed(Crossing(TO_EARTH, "in", destination), data)
        store_for = self._now["store_for"]
        # Nobody repeats what does not come to the orbiter: it is lost.
        return not came.frames or _answer(came, [store_for(destination, f) for f in came.frames])

    def _to_earth(self, peer: str, data: bytes) -> bool:
        crossing = Crossing(TO_EARTH, "out", peer.rpartition("/")[2])
        came = self._seams[TO_EARTH].passed(crossing, data)
        arrived = self._now["earth"]
        return not came.frames or _answer(came, [arrived(peer, frame) for frame in came.frames])

    def deliver(self, crossing: Crossing, data: bytes) -> None:
        """Has a frame arrive that waited."""
        if crossing.link == TO_EARTH:
            if crossing.way == "in":
                self._now["store_for"](crossing.vehicle, data)
            else:
                self._now["earth"](f"{RELAY}/{crossing.vehicle}", data)
            return
        to = crossing.other or crossing.vehicle
        band = "x_band" if crossing.link == DIRECT else "uhf"
        for radio in self._radios:
            if crossing.other or crossing.way == "in":
                if radio.vehicle == to and radio.band == band:
                    peer = {RELAY: RELAY, DIRECT: EARTH}.get(crossing.link, crossing.vehicle)
                    self._now[radio.service](peer, data)
            elif radio.vehicle == crossing.vehicle and radio.band == band:
                relay: Any = self._links.relay
                direct: Any = self._links.direct
                if crossing.link == RELAY:
                    relay._take_in(crossing.vehicle, data)
                else:
                    direct._arrived_at_earth(crossing.vehicle, data)

    def announce(self) -> None:
        """Tells all radios how they hear their links now."""
        for radio in self._radios:
            if radio.is_on:
                for link in self._links.links_of(radio):
                    radio.announce(link)

    def shift_passes(self, later: float, sooner: float) -> Heal:
        """Has the passes of the relay begin later and end sooner."""
        shift = [later, sooner]
        self._shifts.append(shift)
        self._links.relay.use_passes(self._passes())

        def heal() -> None:
            self._shifts = [each for each in self._shifts if each is not shift]
            self._links.relay.use_passes(self._passes())

        return heal

    def _passes(self) -> Schedule:
        later = max((each[0] for each in self._shifts), default=0.0)
        sooner = max((each[1] for each in self._shifts), default=0.0)
        schedule = self._links.schedule
        return Shifted(schedule, later, sooner) if self._shifts else schedule


class OneLink:
    """See `link_kinds.LinkSeam`."""

    def __init__(self, links: SpaceLinksSeam, name: str) -> None:
        self.name = name
        self._links = links
        self._armed: list[tuple[LinkKind, Injection, Takes]] = []

    def arm(self, kind: LinkKind, injection: Injection, takes: Takes) -> Callable[[], None]:
        """Takes a fault up; `takes` is asked for each of its frames whether it is hit. What is
        returned takes it away."""
        self._links.stand()
        entry = (kind, injection, takes)
        self._armed.append(entry)
        return partial(self._disarm, entry)

    def _disarm(self, entry: tuple[LinkKind, Injection, Takes]) -> None:
        self._armed = [each for each in self._armed if each is not entry]

    def passed(self, crossing: Crossing, data: bytes) -> Arrives:
        """What arrives of a frame."""
        came = Arrives((data,))
        for kind, injection, takes in self._armed:
            if not kind.concerns(crossing) or not takes():
                continue
            each = [kind.arrives(crossing, frame, injection) for frame in came.frames]
            acknowledged = came.acknowledged and all(one.acknowledged for one in each)
            came = Arrives(tuple(f for one in each for f in one.frames), acknowledged)
        return came

    def blocking(self, vehicle: str, other: str) -> Injection | None:
        """The fault for which a radio cannot hear the link; None: it can."""
        return next(
            (
                injection
                for kind, injection, _ in self._armed
                if injection.active and kind.blocks(vehicle, other)
            ),
            None,
        )

    def announce(self) -> None:
        """See `LinkSeam`."""
        self._links.announce()

    def deliver(self, crossing: Crossing, data: bytes) -> None:
        """See `LinkSeam`."""
        self._links.deliver(crossing, data)

    def shift_passes(self, later: float, sooner: float) -> Heal:
        """See `LinkSeam`."""
        return self._links.shift_passes(later, sooner)


class Shifted:
    """Passes that are not as they were predicted."""

    def __init__(self, schedule: PassSchedule, later: float, sooner: float) -> None:
        self._schedule = schedule
        self.later, self.sooner = later, sooner

    def slant_range(self, seconds: float) -> float:
        """Distance of the orbiter."""
        return self._schedule.slant_range(seconds)

    def next(self, seconds: float) -> tuple[float, float]:
        """Start and end of the pass under way, or else of the next that is long enough."""
        count = 1
        while True:
            start, end = self._schedule.upcoming(seconds, count)[-1]
            if end - self.sooner > max(seconds, start + self.later):
                return start + self.later, end - self.sooner
            count += 1


def _answer(came: Arrives, answers: list[bool]) -> bool:
    return came.acknowledged and (answers[0] if answers else True)
