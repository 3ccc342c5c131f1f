"""The stations on Earth and the direct link, each decision for itself; and passes one by one."""

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.ground_station import FRAMES_BYTES
from sim_hw.links.counters import LinkCounters
from sim_hw.links.direct_link import DirectLink
from sim_hw.links.ground_stations import SimGroundStations
from sim_hw.links.passes import PassSchedule
from tests.sim_hw.links.test_relay_store import Drawn, Radio

LIGHT = 600.0  # s from Earth to Mars


def now() -> float:
    return asyncio.get_running_loop().time()


class Earth:
    """Stations see Mars from 100 s on, the relay comes out from behind it at 900 s."""

    def __init__(self, **parameters: Any) -> None:
        plain = {"relay_uplink_rate": 8_000.0, "repeats": 1, "frame_error": 0.2}
        self.parameters = SimpleNamespace(**(plain | parameters))
        self.below: set[str] = set()
        self.space: set[str] = set()
        self.no_commands = self.behind = False
        self.seen_from, self.light = 100.0, LIGHT
        self.to_earth = 1_000.0
        self.asked: list[Any] = []

    def moratorium(self, time: float) -> bool:
        return self.no_commands

    def next_station_view(self, time: float) -> float:
        return max(time, self.seen_from)

    def station_in_view(self, time: float) -> bool:
        return time >= self.seen_from

    def next_relay_view(self, time: float) -> float:
        return max(time, 900.0)

    def relay_occulted(self, time: float) -> bool:
        self.asked.append(time)
        return self.behind

    def light_time_to(self, spacecraft: str, time: float) -> float:
        return self.light

    light_time_up = lambda self, time: self.light  # noqa: E731

    def above_horizon(self, vehicle: str, time: float) -> bool:
        self.asked.append((vehicle, time))
        return vehicle not in self.below

    def earth_above_horizon(self, time: float) -> bool:
        return not self.below

    def next_horizon_change(self, time: float) -> float:
        return time + 5_000.0

    def in_space(self, vehicle: str) -> bool:
        return vehicle in self.space

    def frame_error(self, time: float) -> float:
        return 0.2

    def relay_downlink_rate(self, time: float) -> float:
        return 4_000.0

    def direct_rates(self, time: float) -> Any:
        return SimpleNamespace(to_earth=self.to_earth, from_earth=2_000.0)


def stations(earth: Earth, *drawn: float, at: float = 0.0) -> Any:
    made: Any = SimGroundStations.__new__(SimGroundStations)
    made.random, made.uplink_counters = Drawn(*drawn), LinkCounters()
    made._now, made._earth, made._is_whole = lambda: at, earth, lambda data: data != b"bad"
    made._schedule = SimpleNamespace(
        next=lambda time: (max(time, 1_500.0), 9e9),
        upcoming=lambda time, count: [(1_500.0 + n, 2_000.0 + n) for n in range(count)],
    )
    made._direct = SimpleNamespace(
        radio=lambda vehicle: None if vehicle == "arm" else vehicle,
        arrive=lambda vehicle, data: ("direct", vehicle, data),
    )
    made._relay = SimpleNamespace(store_for=lambda vehicle, data: ("relay", vehicle, data))
    made._vehicles = dict.fromkeys(("rover", "arm"))
    made._free, made._kept, made._kept_bytes, made._last = {}, deque(), 0, 0
    made.told = []
    made.emit = lambda name, frame: made.told.append((name, frame.peer, frame.number))
    return made


# ------------------------------------------------------------------------ what comes in


def test_frames_are_kept_up_to_a_number_and_a_sum_and_the_newest_always() -> None:
    ground = stations(Earth(kept_frames=3, kept_bytes=10))

    def kept(*frames: bytes) -> list[int]:
        assert all(ground.received("relay", frame) for frame in frames)
        assert ground._kept_bytes == sum(len(each.data) for each in ground._kept)
        return [each.number for each in ground._kept]

    assert kept(b"12345", b"67890") == [1, 2], "exactly as much as there is room for"
    assert kept(b"x") == [2, 3]
    assert kept(b"y", b"z") == [3, 4, 5], "no more than three"
    assert kept(b"longer than all that") == [6]
    assert not ground.received("relay", b"bad") and ground._last == 6
    assert ground.told == [("received", "relay", number) for number in range(1, 7)]


async def test_whoever_asks_is_told_what_is_newer_than_it_knows() -> None:
    ground = stations(Earth(kept_frames=9, kept_bytes=99))
    for data in (b"a", b"b", b"c"):
        ground.received("rover", data)
    for after, found in ((0, b"abc"), (1, b"bc"), (2, b"c"), (3, b"")):
        assert b"".join(each.data for each in await ground.frames(after)) == found


async def test_an_answer_has_as_many_frames_as_fit_and_one_always() -> None:
    ground = stations(Earth(kept_frames=9, kept_bytes=10 * FRAMES_BYTES))
    for size in (FRAMES_BYTES - 5, 5, 1, FRAMES_BYTES + 1):
        ground.received("rover", bytes(size))
    found = [[each.number for each in await ground.frames(after)] for after in range(4)]
    assert found == [[1, 2], [2, 3], [3], [4]]


# ------------------------------------------------------------------------ what goes out


async def test_frames_leave_one_after_the_other_so_that_they_are_heard_when_they_arrive() -> None:
    ground = stations(Earth())
    ground.sent = []
    ground._send = lambda *what: ground.sent.append(what)
    first = await ground.uplink("relay", "arm", b"x" * 1_000)  # a second of airtime
    second = await ground.uplink("relay", "rover", b"x" * 1_000)
    data = b"x" * 1_000
    assert ground.sent == [
        ("relay", "arm", data, 901.0, LIGHT), ("relay", "rover", data, 902.0, LIGHT),
    ]  # fmt: skip
    assert first.estimated_delivery == second.estimated_delivery == 1_500.0, "with the next pass"
    direct = await ground.uplink("rover", "rover", b"x" * 1_000)  # by another antenna: four
    assert direct.estimated_delivery == 704.0 and ground.sent[-1][3:] == (704.0, LIGHT)
    assert ground._free == {"relay": 302.0, "rover": 104.0}
    assert ground._earth.asked == [("rover", 700.0)], "as it is when the frame arrives"


async def test_a_free_antenna_sends_at_once_to_a_vehicle_that_it_was_told_of() -> None:
    earth = Earth()
    earth.seen_from = 0.0
    ground = stations(earth)
    relay, direct = ground._relay, ground._direct
    ground._relay = ground._direct = None
    ground._send = lambda *what: None
    with pytest.raises(DeviceRejected, match="no radio of 'rover' is known; there are: rover, arm"):
        await ground.uplink("rover", "rover", b"x" * 1_000)
    ground.use(relay, direct, dict.fromkeys(("rover", "arm", "lander")))
    assert ground._relay is relay
    for spacecraft, destination in (("rover", "lander"), ("arm", "arm")):
        with pytest.raises(DeviceRejected, match=f"by way of '{spacecraft}'"):
            await ground.uplink(spacecraft, destination, b"x")
    sent = await ground.uplink("lander", "lander", b"x" * 1_000)
    assert sent.estimated_delivery == 604.0


@pytest.mark.parametrize(
    ("moratorium", "below", "code"),
    [(True, (), "moratorium"), (False, ("rover",), "no_link")],
)
async def test_what_cannot_be_heard_does_not_leave(
    moratorium: bool, below: tuple[str, ...], code: str
) -> None:
    earth = Earth()
    earth.no_commands, earth.below = moratorium, set(below)
    ground = stations(earth)
    with pytest.raises(DeviceFault) as refused:
        await ground.uplink("rover", "rover", b"x")
    assert refused.value.code == code and ground._free == {} and ground.uplink_counters.sent == 0


@pytest.mark.parametrize(
    ("drawn", "at", "counted"),
    [
        ((0.2,), 50.0, (1, 0, 0)), ((0.1, 0.9), 50.0 + 2.0 * LIGHT, (1, 1, 0)),
        ((0.1, 0.1), None, (1, 1, 1)),
    ],
)  # fmt: skip
async def test_a_copy_that_is_lost_costs_the_way_of_light_to_and_fro(
    drawn: tuple[float, ...], at: float | None, counted: tuple[int, int, int]
) -> None:
    ground, begun = stations(Earth(), *drawn), now()
    took: list[Any] = []
    ground._takes = lambda *what: took.append((now() - begun, *what)) or len(took) > 1
    ground._send("relay", "rover", b"x", 50.0, LIGHT)
    await asyncio.sleep(10_000.0)
    # The first that arrives is not whole, and is asked for once more.
    arrived = [] if at is None else [at, at + 2.0 * LIGHT]
    assert [each[0] for each in took] == pytest.approx(arrived)
    assert all(each[1:] == ("relay", "rover", b"x") for each in took)
    counters = ground.uplink_counters
    again = len(arrived) // 2
    assert (counters.sent, counters.repeated - again, counters.lost) == counted
    assert (counters.corrupt, counters.delivered) == (again, again)


def test_what_arrives_goes_to_the_relay_or_to_the_vehicle_itself() -> None:
    ground = stations(Earth())
    assert ground._takes("relay", "arm", b"x") == ("relay", "arm", b"x")
    assert ground._takes("rover", "rover", b"x") == ("direct", "rover", b"x")


@pytest.mark.parametrize(
    ("at", "changes", "up"),
    [
        (99.9, {}, (False, False)), (100.0, {}, (True, True)),
        (100.0, {"behind": True}, (False, True)), (100.0, {"below": {"rover"}}, (True, False)),
        (100.0, {"no_commands": True}, (False, False)),
    ],
)  # fmt: skip
async def test_a_link_is_up_when_both_its_ends_see_each_other(
    at: float, changes: dict[str, Any], up: tuple[bool, bool]
) -> None:
    earth = Earth()
    vars(earth).update(changes)
    told = await stations(earth, at=at).status()
    assert [(each.spacecraft, each.up, each.rate_bps) for each in told.links] == [
        ("relay", up[0], 4_000.0), ("rover", up[1], 1_000.0),
    ]  # fmt: skip
    assert told.moratorium is earth.no_commands and told.light_time == LIGHT
    assert set(earth.asked) <= {at + LIGHT, ("rover", at + LIGHT)}
    assert [(each.vehicle, each.start) for each in told.passes] == [
        ("rover", 1_500.0), ("rover", 1_501.0), ("arm", 1_500.0), ("arm", 1_501.0),
    ]  # fmt: skip


# ---------------------------------------------------------------------- the direct link


class Line:
    """A direct link of a rover; `whole`: how each frame arrives on Earth, well unless said."""

    def __init__(self, *drawn: float, whole: tuple[bool, ...] = ()) -> None:
        self.earth = Earth()
        self.earth.seen_from = 0.0
        self.begun, self.heard, self.whole = now(), list[float](), list(whole)
        given: Any = Drawn(*drawn)
        earth: Any = self.earth
        self.link = DirectLink(earth, self.now, given, self.arrived)
        self.radio: Any = Radio("rover")
        self.link.add(self.radio)
        self.link.start()

    def now(self) -> float:
        return now() - self.begun

    def arrived(self, vehicle: str, data: bytes) -> bool:
        assert (vehicle, data) == ("rover", b"x" * 125)
        self.heard.append(self.now())
        return self.whole.pop(0) if self.whole else True

    async def carry(self) -> str:
        try:
            await self.link.carry(self.radio, b"x" * 125)  # a second of airtime
        except DeviceFault as fault:
            return fault.code
        return ""

    @property
    def counted(self) -> tuple[int, ...]:
        c = self.link.downlink_counters
        return c.sent, c.repeated, c.delivered, c.corrupt, c.lost


ONE_WAY = 1.0 + LIGHT
BOTH_WAYS = 1.0 + 2.0 * LIGHT


@pytest.mark.parametrize(
    ("drawn", "whole", "code", "heard", "counted"),
    [
        ((0.2,), (), "", [ONE_WAY], (1, 0, 1, 0, 0)),
        ((0.1,), (), "", [BOTH_WAYS + ONE_WAY], (1, 1, 1, 0, 0)),
        ((0.1, 0.1), (), "lost", [], (1, 1, 0, 0, 1)),
        ((), (False,), "", [ONE_WAY, BOTH_WAYS + ONE_WAY], (1, 1, 1, 1, 0)),
    ],
)
async def test_a_frame_to_earth_is_repeated_where_nobody_acknowledges_it(
    drawn: tuple[float, ...], whole: tuple[bool, ...], code: str, heard: list[float],
    counted: tuple[int, ...],
) -> None:  # fmt: skip
    line = Line(*drawn, whole=whole)
    assert await line.carry() == code and line.counted == counted
    assert line.heard == pytest.approx(heard)
    sent = 1 + counted[1]
    assert line.now() == pytest.approx(sent * BOTH_WAYS) and line.radio.occupied == sent


async def test_a_mute_radio_sends_and_nobody_hears_it() -> None:
    line = Line()
    line.radio.is_heard = False
    assert await line.carry() == "lost" and line.heard == [] and line.radio.occupied == 2.0


@pytest.mark.parametrize(("longer", "sent"), [(0.0, 2), (0.01, 1)])
async def test_it_is_repeated_while_an_answer_can_come_within_two_hours(
    longer: float, sent: int
) -> None:
    line = Line(0.1, 0.1)
    line.earth.light, line.earth.to_earth = 800.0 + longer, 0.5  # 2000 s of airtime
    assert await line.carry() == "lost" and line.counted[:2] == (1, sent - 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"is_on": False}, "off"), ({"below": {"rover"}}, "no_link"), ({"seen_from": 9e5}, "no_link")],
)
async def test_what_nobody_can_hear_is_not_sent(changes: dict[str, Any], code: str) -> None:
    line = Line()
    for name, value in changes.items():
        setattr(line.radio if name == "is_on" else line.earth, name, value)
    line.link.start()
    assert await line.carry() == code
    assert line.counted == (1, 0, 0, 0, 1) and line.radio.occupied == 0.0


async def test_it_is_told_down_until_what_is_sent_arrives_where_a_station_listens() -> None:
    line = Line()
    line.earth.seen_from = 4_000.0
    assert line.link.link(line.radio).up
    await asyncio.sleep(1_000.0)
    await line.carry()
    assert line.radio.told == [False] and not line.link.link(line.radio).up
    await asyncio.sleep(3_000.0 - LIGHT - 1.0)
    assert line.radio.told == [False]
    await asyncio.sleep(1.1)
    assert line.radio.told == [False, True] and line.link.link(line.radio).rate_bps == 1_000.0


async def test_who_is_on_mars_is_told_when_earth_sets_and_who_is_in_space_is_not() -> None:
    line = Line()
    away: Any = Radio("orbiter")
    line.link.add(away)
    line.earth.space = {"orbiter"}
    line.earth.below = {"rover"}
    await asyncio.sleep(5_001.0)
    assert (line.radio.told, away.told) == ([False], [])
    assert line.link.link(away).up and not line.link.link(line.radio).up
    line.earth.below = set()
    await asyncio.sleep(5_000.0)
    assert line.radio.told == [False, True], "and when it rises again"
    line.radio.is_on = False
    await asyncio.sleep(5_000.0)
    assert line.radio.told == [False, True], "who is off is told nothing"


@pytest.mark.parametrize(
    ("vehicle", "changes", "taken", "counted"),
    [
        ("rover", {}, True, (1, 0)), ("lander", {}, True, (0, 1)),
        ("rover", {"below": {"rover"}}, True, (0, 1)), ("rover", {"hears": False}, True, (0, 1)),
        ("rover", {"accepts": [False]}, False, (0, 0)),
    ],
)  # fmt: skip
async def test_a_frame_that_comes_where_nobody_listens_is_lost_and_a_changed_one_asked_for(
    vehicle: str, changes: dict[str, Any], taken: bool, counted: tuple[int, int]
) -> None:
    line = Line()
    for name, value in changes.items():
        setattr(line.earth if name == "below" else line.radio, name, value)
    assert line.link.arrive(vehicle, b"x") is taken
    assert [data for _, data in line.radio.taken] == [b"x"] * counted[0]
    assert (line.link.uplink_counters.delivered, line.link.uplink_counters.lost) == counted


# ------------------------------------------------------------------------------ passes


def schedule(*spans: tuple[float, float], acquisition: float = 10.0) -> PassSchedule:
    made = PassSchedule.__new__(PassSchedule)
    made._acquisition_time, made._offset = acquisition, 1_000.0
    made._coming = ((start + 1_000.0, end + 1_000.0) for start, end in spans)
    made._known = []
    return made


SPANS = ((0.0, 100.0), (200.0, 210.0), (300.0, 310.1), *((1e3 * n, 1e3 * n + 50.0)
                                                        for n in range(1, 99)))  # fmt: skip


@pytest.mark.parametrize(
    ("time", "under_way", "coming"),
    [
        (9.9, False, (10.0, 100.0)), (10.0, True, (10.0, 100.0)), (99.9, True, (10.0, 100.0)),
        (100.0, False, (310.0, 310.1)),  # one that is too short to be acquired is none
        (310.1, False, (1_010.0, 1_050.0)),
    ],
)  # fmt: skip
def test_a_pass_is_from_its_acquisition_to_its_end(
    time: float, under_way: bool, coming: tuple[float, float]
) -> None:
    passes = schedule(*SPANS)
    assert passes.next(time) == pytest.approx(coming)
    assert (passes.current(time) is not None) is under_way


def test_as_many_passes_are_told_as_are_asked_for_and_old_ones_are_forgotten() -> None:
    passes = schedule(*SPANS)
    assert [start for start, _ in passes.upcoming(0.0, 4)] == [10.0, 310.0, 1_010.0, 2_010.0]
    assert passes.next(90_049.0) == (90_010.0, 90_050.0)
    passes.next(90_050.0)
    assert len(passes._known) == 60
    ahead = schedule(*SPANS)
    assert len(ahead.upcoming(0.0, 70)) == 70
    assert ahead.next(0.0) == (10.0, 100.0), "what is still to come is kept"
