"""Each fault of a link on each link that can have it: it takes effect, and it heals."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flight.icd.checksum import sealed
from flight.icd.devices.base import DeviceFault
from sim_hw.faults.catalogue import builtin_kinds
from sim_hw.faults.link_kinds import (
    Corrupt,
    DeliveredNotAcknowledged,
    Duplicate,
    EarlyLoss,
    LateAcquisition,
    LinkKind,
    LowMargin,
    Outage,
    Reorder,
)
from sim_hw.faults.link_seam import DIRECT, PROXIMITY, TO_EARTH, SpaceLinksSeam, link_parts
from tests.sim_hw.faults.parts import Held
from tests.sim_hw.links.rehearsal import SOL, Rehearsal, rehearse

SAMPLES: list[LinkKind] = [
    Outage(), DeliveredNotAcknowledged(), Duplicate(), Reorder(), Corrupt(bits=3),
    LowMargin(lost=1.0), LateAcquisition(by=60.0), EarlyLoss(by=60.0),
]  # fmt: skip
PARTS = link_parts(("lander", "rover"))
WAYS = [(name, way) for name in PARTS for way in ("out", "in")]


class OnALink(Held):
    """A fault of a link that is armed; begun and healed by hand."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()


class Line:
    """A link of a rehearsal in one direction, with a seam."""

    def __init__(self, r: Rehearsal, name: str, way: str) -> None:
        self.r, self.name, self.way = r, name, way
        self.seams = SpaceLinksSeam(r.links, {"lander": [r.lander, r.direct], "rover": [r.rover]})
        self.link = self.seams.link(name)
        self.sent = 0

    async def send(self) -> str:
        """Sends a frame, when that can be; what its sender hears of it."""
        self.sent += 1
        frame = sealed(b"frame %d" % self.sent)
        r, now = self.r, self.r.world.now()
        try:
            if self.name == PROXIMITY:
                await r.rover.transmit("lander", frame)
            elif self.name == DIRECT:
                await self._until(self._earth_is_up)
                if self.way == "out":
                    await r.direct.transmit("earth", frame)
                else:
                    await r.links.stations.uplink("lander", "lander", frame)
            elif self.way == "out":
                start, _ = r.links.schedule.next(now)
                await asyncio.sleep(max(0.0, start - now) + 90.0)
                await r.rover.transmit("relay", frame)
            else:
                await r.links.stations.uplink("relay", "rover", frame)
        except DeviceFault as error:
            return error.code
        return "sent"

    def _earth_is_up(self) -> bool:
        earth, now = self.r.links.earth, self.r.world.now()
        light_time = earth.light_time_to("lander", now)
        up = earth.earth_above_horizon(now) and earth.earth_above_horizon(now + 7200.0)
        return up and earth.station_in_view(now + light_time)

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():  # noqa: ASYNC110  it is looked at now and then
            await asyncio.sleep(600.0)

    async def arrived(self) -> list[bytes]:
        """What has arrived since, when all has had its time."""
        await asyncio.sleep(1.5 * SOL)
        to = {PROXIMITY: "lander.uhf"}.get(self.name, "earth")
        if self.way == "in" and self.name != PROXIMITY:
            to = "lander.x_band" if self.name == DIRECT else "rover.uhf"
        found = [frame.data for frame in self.r.frames_at(to)]
        self.r.heard.clear()
        return found


def test_every_kind_has_a_sample() -> None:
    kinds = [kind.name() for kind in builtin_kinds() if kind.target == "link"]
    assert kinds == [sample.name() for sample in SAMPLES]


def frames(*numbers: int) -> list[bytes]:
    return [sealed(b"frame %d" % number) for number in numbers]


@pytest.mark.parametrize(("name", "way"), WAYS)
@pytest.mark.parametrize("kind", SAMPLES[:6], ids=lambda kind: kind.name())
def test_it_takes_effect_and_heals(kind: LinkKind, name: str, way: str) -> None:
    why = type(kind).why_not(PARTS[name])
    if why:
        assert name == TO_EARTH and "acknowledgement" in why
        return

    async def play(r: Rehearsal) -> None:
        line = Line(r, name, way)
        held: Any = OnALink()
        leave = line.link.arm(kind, held, lambda: held.active)
        assert await line.send() == "sent" and await line.arrived() == frames(1)
        assert not held.hits
        held.active = True
        heal = kind.begun(line.link, held)
        told = [await line.send(), await line.send()]
        came = await line.arrived()
        assert held.hits and name.split("_")[0] in held.hits[0][0]
        out = way == "out" or name == PROXIMITY
        match kind:
            case Outage() | LowMargin() | Corrupt():
                assert came == []
                if out and name != TO_EARTH:
                    assert told[0] in ("lost", "no_link")
            case DeliveredNotAcknowledged():
                assert set(frames(2, 3)) == set(came)
                assert told == ["lost", "lost"] if out else len(came) > 2
            case Duplicate():
                assert sorted(came) == sorted(frames(2, 2, 3, 3))
            case Reorder():
                assert came == frames(3, 2) and told == ["sent", "sent"]
        held.active = False
        heal()
        leave()
        hits = len(held.hits)
        await line.arrived()
        assert await line.send() == "sent" and await line.arrived() == frames(4)
        assert len(held.hits) == hits

    rehearse(play)


@pytest.mark.parametrize("kind", SAMPLES[6:], ids=lambda kind: kind.name())
def test_passes_are_shorter_from_the_next_one_on_and_whole_when_it_is_healed(
    kind: LinkKind,
) -> None:
    assert [name for name in PARTS if not type(kind).why_not(PARTS[name])] == ["relay"]

    async def play(r: Rehearsal) -> None:
        seams = SpaceLinksSeam(r.links, {"rover": [r.rover]})
        held: Any = OnALink()
        heal = kind.begin(seams.link("relay"), held)
        start, end = r.links.schedule.next(0.0)
        await asyncio.sleep(end + 1.0)
        late, soon = (60.0, 0.0) if isinstance(kind, LateAcquisition) else (0.0, 60.0)
        assert seen(r) == pytest.approx([start + late, end - soon])
        heal()
        after, last = r.links.schedule.next(end + 1.0)
        await asyncio.sleep(last + 1.0 - r.world.now())
        assert seen(r)[2:] == pytest.approx([after, last])
        assert len(held.hits) == 1

    rehearse(play)


def seen(r: Rehearsal) -> list[float]:
    """When the relay was seen to rise and set at the rover."""
    return [
        time for time, who, link in r.link_changes if (who, link.peer) == ("rover.uhf", "relay")
    ]


def test_an_outage_is_seen_by_the_radio_that_cannot_hear_and_its_end_too() -> None:
    async def play(r: Rehearsal) -> None:
        line = Line(r, PROXIMITY, "out")
        kind, held = Outage(vehicle="rover"), OnALink()
        given: Any = held
        line.link.arm(kind, given, lambda: held.active)
        held.active = True
        heal = kind.begun(line.link, given)
        held.active = False
        heal()
        changes = [link.up for _, who, link in r.link_changes if who == "rover.uhf"
                   and link.peer == "lander"]  # fmt: skip
        assert changes[-2:] == [False, True]

    rehearse(play)


def test_a_radio_that_cannot_hear_is_hit_once_each_time_that_it_would() -> None:
    """It sends nothing then, so that no frame is lost: an outage that nobody talks into is one."""

    async def play(r: Rehearsal) -> None:
        line = Line(r, PROXIMITY, "out")
        kind, held = Outage(vehicle="rover"), OnALink()
        given: Any = held
        line.link.arm(kind, given, lambda: held.active)
        for times in (1, 2):
            held.active = True
            heal = kind.begun(line.link, given)
            for _ in range(3):
                assert not any(link.up for link in (await r.rover.state()).links
                               if link.peer == "lander")  # fmt: skip
            hits = [hit for hit in held.hits if "rover, lander" in str(hit)]
            assert len(hits) == times and "down" in str(hits[-1])
            held.active = False
            heal()
        # Where the relay is not above anyway, nothing is held down.
        other: Any = OnALink()
        line.seams.link("relay").arm(Outage(), other, lambda: True)
        other.active = True
        Outage().begun(line.seams.link("relay"), other)
        above = any(link.up for link in r.links.links_of(r.rover) if link.peer == "relay")
        assert not above and other.hits == []

    rehearse(play)


def test_one_way_and_another_vehicle_are_left_alone() -> None:
    async def play(r: Rehearsal) -> None:
        line = Line(r, PROXIMITY, "out")
        held: Any = OnALink()
        line.link.arm(Outage(way="out", vehicle="lander"), held, lambda: held.active)
        held.active = True
        assert await line.send() == "sent"  # from the rover to the lander
        with pytest.raises(DeviceFault, match="acknowledge"):
            await r.lander.transmit("rover", sealed(b"back"))
        assert await line.arrived() == frames(1) and len(held.hits) == 1

    rehearse(play)


def test_links_are_as_they_are_until_something_is_armed() -> None:
    async def play(r: Rehearsal) -> None:
        before = r.links.carry, r.rover.accept
        seams = SpaceLinksSeam(r.links, {"rover": [r.rover]})
        assert (r.links.carry, r.rover.accept) == before
        held: Any = OnALink()
        seams.link("relay").arm(Outage(), held, lambda: False)
        assert (r.links.carry, r.rover.accept) != before

    rehearse(play)
