"""Frames that were changed on their way through space: each storey finds it, and asks again."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flight.icd.checksum import is_whole, sealed
from flight.icd.devices.base import DeviceFault
from flight.icd.frames import write_frame
from flight.icd.messages import Frame
from tests.changed_frames import changed_frames
from tests.sim_hw.links.rehearsal import SOL, Rehearsal, clean, rehearse, with_losses

GOOD = write_frame(Frame("rover", "relay", 7, [b"telemetry" * 20]))
REPEATS = clean().relay.repeats


def changing(take: Callable[..., Any], times: int) -> Callable[..., Any]:
    """`take`, to which the first frames come with one bit flipped."""
    left = [times]

    def taken(*arguments: Any) -> Any:
        *others, data = arguments
        if left[0] > 0:
            left[0] -= 1
            data = data[:5] + bytes([data[5] ^ 1]) + data[6:]
        return take(*others, data)

    return taken


# where changed bits come in: the object, its way in, and who is to hear the frame whole
WAYS: dict[str, tuple[Callable[[Rehearsal], Any], str, str]] = {
    "between vehicles": (lambda r: r.lander, "accept", "lander.uhf"),
    "relay to radio": (lambda r: r.rover, "accept", "rover.uhf"),
    "earth to relay": (lambda r: r.links.relay, "store_for", "rover.uhf"),
    "earth to radio": (lambda r: r.direct, "accept", "lander.x_band"),
    "radio to relay": (lambda r: r.links.relay, "_take_in", "earth"),
    "relay to earth": (lambda r: r.links.relay, "_arrived_at_earth", "earth"),
    "radio to earth": (lambda r: r.links.direct, "_arrived_at_earth", "earth"),
}


async def send(r: Rehearsal, way: str) -> None:
    """Sends the good frame; raises DeviceFault when nobody acknowledges it."""
    if way == "between vehicles":
        await r.rover.transmit("lander", GOOD)
    elif way in ("relay to radio", "earth to relay"):
        await r.links.stations.uplink("relay", "rover", GOOD)
    elif way == "earth to radio":
        await r.links.stations.uplink("lander", "lander", GOOD)
    elif way == "radio to earth":
        await r.direct.transmit("earth", GOOD)
    else:
        await r.rover.transmit("relay", GOOD)


async def come_into_view(r: Rehearsal, way: str) -> None:
    if way == "radio to earth" or way == "earth to radio":
        if not r.links.earth.earth_above_horizon(r.world.now()):
            await asyncio.sleep(r.links.earth.next_horizon_change(r.world.now()) - r.world.now())
    elif "relay" in way:
        await asyncio.sleep(r.links.schedule.next(0.0)[0] + 60.0 - r.world.now())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.requirement("BUS-08")
def test_what_was_changed_once_is_counted_repeated_and_heard_whole(way: str) -> None:
    async def play(r: Rehearsal) -> None:
        find, name, hears = WAYS[way]
        setattr(find(r), name, changing(getattr(find(r), name), 1))
        await come_into_view(r, way)
        await send(r, way)
        await asyncio.sleep(2 * SOL)
        assert [frame.data for frame in r.frames_at(hears)] == [GOOD]
        assert sum(each.corrupt for each in r.links.counters().values()) == 1

    rehearse(play)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_changed_again_and_again_is_given_up_and_heard_by_nobody(way: str) -> None:
    async def play(r: Rehearsal) -> None:
        find, name, hears = WAYS[way]
        setattr(find(r), name, changing(getattr(find(r), name), 1000))
        await come_into_view(r, way)
        try:
            await send(r, way)
            told = False
        except DeviceFault as fault:
            told = fault.code == "lost"
        await asyncio.sleep(2 * SOL)
        assert r.frames_at(hears) == []
        assert told == (way in ("between vehicles", "radio to relay", "radio to earth"))
        counters = r.links.counters().values()
        assert sum(each.lost for each in counters) == 1
        # Three times there and back are all that a radio may take until it answers, two hours.
        tries = 3 if way == "radio to earth" else 1 + REPEATS
        assert sum(each.corrupt for each in counters) == tries
        assert r.links.relay.queued("rover") == 0

    rehearse(play, parameters=with_losses("earth", frame_error=0.0, repeats=REPEATS))


async def _refuse_at_each_storey(r: Rehearsal, count: int, seed: int) -> None:
    relay, stations = r.links.relay, r.links.stations
    for frame in changed_frames([GOOD, sealed(b"x" * 300)], count, seed):
        assert not r.lander.accept("rover", frame)
        assert not r.direct.accept("earth", frame)
        assert not relay.store_for("rover", frame)
        assert not stations.received("relay/rover", frame)
    assert r.heard == [] and relay.queued("rover") == relay.queued("earth") == 0
    assert r.lander.corrupt == r.direct.corrupt == count
    assert (await stations.status()).last_frame == 0
    assert r.lander.accept("rover", GOOD) and stations.received("relay/rover", GOOD)


@pytest.mark.requirement("BUS-08")
def test_none_of_2000_changed_frames_passes_any_storey() -> None:
    rehearse(lambda r: _refuse_at_each_storey(r, 2_000, 1))


@pytest.mark.check
@pytest.mark.requirement("BUS-08")
def test_none_of_100000_changed_frames_passes_any_storey() -> None:
    rehearse(lambda r: _refuse_at_each_storey(r, 100_000, 2))


def test_without_the_checksum_a_changed_frame_passes_every_storey() -> None:
    """What the checksum is for: a drill that takes it away sees the fault do its work."""

    async def play(r: Rehearsal) -> None:
        changed = GOOD[:5] + b"?" + GOOD[6:]
        assert not is_whole(changed)
        r.links.is_whole = lambda data: True
        assert r.lander.accept("rover", changed)

    rehearse(play)
