"""The relay's store, its passes and its repeats, each decision for itself."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.constants import SPEED_OF_LIGHT
from flight.icd.devices.base import DeviceFault
from sim_hw.links import relay as relays
from sim_hw.links.counters import LinkCounters, attempts_needed
from sim_hw.links.parameters import ProximityParameters, RelayParameters
from sim_hw.links.proximity_link import ProximityLink
from sim_hw.links.relay import Relay, Store

RATE, RANGE = 8_000.0, 3e6  # bit/s, m


class Drawn:
    """A stream that draws what it is told, and 1 afterwards: nothing is lost."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = list(numbers)

    def random(self) -> float:
        return self.numbers.pop(0) if self.numbers else 1.0


@pytest.mark.parametrize(
    ("drawn", "attempts", "repeated"),
    [([0.2], 1, 0), ([0.1999], 2, 1), ([0.1, 0.1, 0.2], 3, 2), ([0.1] * 3, None, 2)],
)
def test_a_frame_is_repeated_so_often_and_then_lost(
    drawn: list[float], attempts: int | None, repeated: int
) -> None:
    counters = LinkCounters()
    stream: Any = Drawn(*drawn)
    assert attempts_needed(stream, 0.2, 2, counters) == attempts
    assert counters.repeated == repeated


def test_a_store_that_is_full_drops_the_oldest_and_one_exactly_full_none() -> None:
    store = Store(10, LinkCounters())
    for source in "ab":
        store.put(source, b"12345")
    assert (store.size, len(store.frames), store.counters.dropped) == (10, 2, 0)
    store.put("c", b"1")
    assert [source for source, _ in store.frames] == ["b", "c"]
    assert (store.size, store.counters.dropped) == (6, 1)
    assert store.take() == ("b", b"12345") and store.size == 1
    store.put("d", b"12345678901")
    assert (len(store.frames), store.size, store.counters.dropped) == (0, 0, 3)


class Radio:
    def __init__(self, vehicle: str) -> None:
        self.vehicle = vehicle
        self.is_on = self.hears = self.is_heard = True
        self.told: list[Any] = []
        self.taken: list[Any] = []
        self.accepts: list[bool] = []
        self.occupied = 0.0

    def announce(self, state: Any) -> None:
        self.told.append(state.up)

    def accept(self, source: str, data: bytes) -> bool:
        whole = self.accepts.pop(0) if self.accepts else True
        if whole:
            self.taken.append((round(asyncio.get_running_loop().time() - self.begun, 3), data))
        return whole

    async def occupy(self, seconds: float) -> None:
        self.occupied += seconds
        await asyncio.sleep(seconds)

    begun = 0.0


class Bench:
    """A relay with passes that tests give, and an Earth that is always in view."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *passes: tuple[float, float],
        drawn: tuple[float, ...] = (), queue: int = 10_000,
    ) -> None:  # fmt: skip
        monkeypatch.setattr(relays, "relay_rate", lambda distance, direction: RATE)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        self.now = lambda: loop.time() - begun
        self.passes = passes
        self.earth = SimpleNamespace(
            next_relay_view=lambda now: now, light_time_up=lambda start: 600.0,
            next_station_view=lambda at: at, frame_error=lambda now: 0.2,
            relay_downlink_rate=lambda now: RATE, parameters=SimpleNamespace(repeats=1),
        )  # fmt: skip
        self.arrived: list[Any] = []
        self.whole_on_earth: list[bool] = []
        self.whole = True
        parameters = RelayParameters(
            minimum_elevation=10.0, acquisition_time=0.0, frame_error=0.2, repeats=2,
            queue_bytes=queue,
        )  # fmt: skip
        stream: Any = Drawn(*drawn)
        self.relay = Relay(
            self.schedule(passes), self.earth, self.now, stream, parameters,  # type: ignore[arg-type]
            self._arrived, lambda data: self.whole,
        )  # fmt: skip
        self.rover: Any = Radio("rover")
        self.rover.begun = begun
        self.relay.add(self.rover)

    def schedule(self, passes: Any) -> Any:
        def coming(seconds: float) -> tuple[float, float]:
            return next(each for each in passes if each[1] > seconds)

        return SimpleNamespace(next=coming, slant_range=lambda seconds: RANGE)

    def _arrived(self, source: str, data: bytes) -> bool:
        self.arrived.append((round(self.now(), 3), source, data))
        return self.whole_on_earth.pop(0) if self.whole_on_earth else True


FOREVER = (1e9, 2e9)
FRAME = bytes(1000)  # a second of airtime
ONE = 1.0 + 2.0 * RANGE / SPEED_OF_LIGHT  # s, with its acknowledgement


async def test_a_frame_waits_for_the_pass_and_goes_down_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, (100.0, 200.0), FOREVER)
    bench.relay.start()
    assert bench.relay.store_for("rover", FRAME) and bench.relay.queued("rover") == 1
    await asyncio.sleep(99.0)
    assert bench.rover.told == [] and not bench.relay.link(bench.rover).up
    await asyncio.sleep(10.0)
    assert bench.rover.told == [True] and bench.rover.taken == [(round(100.0 + ONE, 3), FRAME)]
    state = bench.relay.link(bench.rover)
    assert state.up and state.rate_bps == RATE and bench.relay.queued("rover") == 0
    bench.rover.is_on = False
    assert not bench.relay.link(bench.rover).up
    bench.rover.is_on = True
    await asyncio.sleep(92.0)
    assert bench.rover.told == [True, False] and not bench.relay.link(bench.rover).up
    assert bench.relay.forward_counters == LinkCounters(sent=1, delivered=1)


async def test_a_frame_for_which_the_pass_is_too_short_waits_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, (0.0, ONE), (50.0, 90.0), FOREVER)
    bench.relay.start()
    bench.relay.store_for("rover", FRAME)
    await asyncio.sleep(49.0)
    assert bench.relay.queued("rover") == 1
    await asyncio.sleep(10.0)
    assert [at for at, _ in bench.rover.taken] == [round(50.0 + ONE, 3)]


async def test_what_is_changed_on_its_way_down_is_repeated_so_often_and_then_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, (0.0, 500.0), FOREVER)
    bench.relay.start()
    bench.rover.accepts = [False, False, True]
    bench.relay.store_for("rover", FRAME)
    await asyncio.sleep(20.0)
    assert len(bench.rover.taken) == 1
    bench.rover.accepts = [False] * 3
    bench.relay.store_for("rover", FRAME)
    bench.relay.store_for("rover", b"after")
    await asyncio.sleep(20.0)
    assert [data for _, data in bench.rover.taken] == [FRAME, b"after"]
    counters = bench.relay.forward_counters
    assert (counters.corrupt, counters.lost, counters.delivered) == (5, 1, 2)
    bench.whole = False
    assert not bench.relay.store_for("rover", FRAME), "from Earth it is not whole already"
    assert bench.relay.queued("rover") == 0


async def test_who_does_not_listen_is_sent_nothing_until_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, (0.0, 500.0), FOREVER)
    bench.relay.start()
    bench.rover.hears = False
    bench.relay.store_for("rover", FRAME)
    bench.relay.store_for("nobody", FRAME)
    await asyncio.sleep(10.0)
    assert bench.relay.queued("rover") == bench.relay.queued("nobody") == 1
    bench.rover.hears = True
    bench.relay.serve("rover")
    bench.rover.hears = False
    bench.rover.accepts = [False]
    await asyncio.sleep(10.0)
    assert bench.relay.queued("rover") == 1, "it was switched off while the frame was under way"
    bench.rover.hears = True
    bench.relay.serve("rover")
    bench.relay.serve("rover")
    await asyncio.sleep(10.0)
    assert len(bench.rover.taken) == 1 and bench.relay.queued("rover") == 0


async def test_all_copies_lost_is_a_frame_lost_and_the_next_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, (0.0, 500.0), FOREVER, drawn=(0.1, 0.1, 0.1))
    bench.relay.start()
    bench.relay.store_for("rover", FRAME)
    bench.relay.store_for("rover", b"12345678")
    await asyncio.sleep(3 * ONE + 1.0)
    assert [data for _, data in bench.rover.taken] == [b"12345678"]
    assert bench.relay.forward_counters == LinkCounters(sent=2, delivered=1, repeated=2, lost=1)


@pytest.mark.parametrize(
    ("drawn", "heard", "tries", "fault"),
    [((), True, 1, ""), ((0.1,), True, 2, ""), ((0.1, 0.1, 0.1), True, 3, "lost"),
     ((), False, 3, "lost")],
)  # fmt: skip
async def test_a_frame_from_the_ground_is_acknowledged_or_repeated(
    monkeypatch: pytest.MonkeyPatch, drawn: tuple[float, ...], heard: bool, tries: int, fault: str
) -> None:
    bench = Bench(monkeypatch, (0.0, 500.0), FOREVER, drawn=drawn)
    bench.relay.start()
    bench.rover.is_heard = heard
    if fault:
        with pytest.raises(DeviceFault) as lost:
            await bench.relay.take_up(bench.rover, FRAME)
        assert lost.value.code == fault and bench.relay.return_counters.lost == 1
    else:
        await bench.relay.take_up(bench.rover, FRAME)
        assert bench.relay.return_counters.delivered == 1
    assert bench.rover.occupied == pytest.approx(tries * ONE)
    assert bench.relay.return_counters.repeated == tries - 1


async def test_without_a_pass_nobody_is_there_and_what_is_not_whole_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, (100.0, 500.0), FOREVER)
    bench.relay.start()
    with pytest.raises(DeviceFault) as away:
        await bench.relay.take_up(bench.rover, FRAME)
    assert away.value.code == "no_link" and bench.rover.occupied == 0.0
    await asyncio.sleep(101.0)
    bench.whole = False
    with pytest.raises(DeviceFault) as lost:
        await bench.relay.take_up(bench.rover, FRAME)
    assert lost.value.code == "lost" and bench.relay.return_counters.corrupt == 3
    assert bench.relay.queued("earth") == 0


async def test_to_earth_a_frame_takes_its_airtime_and_the_way_of_light(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, (0.0, 5_000.0), FOREVER)
    bench.relay.start()
    await bench.relay.take_up(bench.rover, FRAME)
    await asyncio.sleep(1_000.0)
    assert bench.arrived == [(round(ONE + 1.0 + 600.0, 3), "relay/rover", FRAME)]
    assert bench.relay.downlink_counters == LinkCounters(sent=1, delivered=1)


async def test_a_frame_that_is_changed_on_its_way_to_earth_is_asked_for_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, (0.0, 50_000.0), FOREVER)
    bench.relay.start()
    bench.whole_on_earth = [False, True]
    await bench.relay.take_up(bench.rover, FRAME)
    await asyncio.sleep(3_000.0)
    assert [at for at, _, _ in bench.arrived] == [
        round(ONE + 601.0, 3), round(ONE + 601.0 + 1_201.0, 3),
    ]  # fmt: skip
    bench.whole_on_earth = [False, False, True]
    await bench.relay.take_up(bench.rover, FRAME)
    await asyncio.sleep(9_000.0)
    counters = bench.relay.downlink_counters
    assert (counters.delivered, counters.lost, counters.corrupt) == (1, 1, 3)


async def test_where_no_station_is_there_when_it_would_arrive_it_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch, (0.0, 50_000.0), FOREVER)
    bench.earth.next_station_view = lambda at: max(at, 2_000.0)
    bench.relay.start()
    await bench.relay.take_up(bench.rover, FRAME)
    assert bench.relay.queued("earth") == 1
    await asyncio.sleep(3_000.0)
    assert [at for at, _, _ in bench.arrived] == [pytest.approx(2_001.0, abs=0.01)]
    assert bench.relay.queued("earth") == 0


# -------------------------------------------------------------------- between vehicles


@pytest.mark.parametrize(
    ("drawn", "accepts", "tries", "fault"),
    [((), [], 1, ""), ((0.1,), [], 2, ""), ((0.1, 0.1), [], 2, "lost"),
     ((), [False], 2, ""), ((), [False, False], 2, "lost")],
)  # fmt: skip
async def test_between_vehicles_a_frame_is_repeated_so_often(
    monkeypatch: pytest.MonkeyPatch, drawn: tuple[float, ...], accepts: list[bool], tries: int,
    fault: str,
) -> None:  # fmt: skip
    parameters = ProximityParameters(antenna_height={}, frame_error=0.2, repeats=1, latency=0.5)
    world: Any = SimpleNamespace()
    stream: Any = Drawn(*drawn)
    link = ProximityLink(world, stream, parameters)
    monkeypatch.setattr(link, "rate", lambda one, other: RATE)
    sender, receiver = Radio("rover"), Radio("lander")
    receiver.accepts = accepts
    one: Any = sender
    other: Any = receiver
    if fault:
        with pytest.raises(DeviceFault) as lost:
            await link.carry(one, other, FRAME)
        assert lost.value.code == fault and link.counters.lost == 1
    else:
        await link.carry(one, other, FRAME)
        assert link.counters.delivered == 1 and len(receiver.taken) == 1
    assert sender.occupied == pytest.approx(1.5 * tries)
    assert link.counters.repeated == tries - 1


async def test_a_radio_that_is_off_or_out_of_reach_is_called_for_five_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parameters = ProximityParameters(antenna_height={}, frame_error=0.2, repeats=1, latency=0.5)
    world: Any = SimpleNamespace()
    stream: Any = Drawn()
    for rate, on in ((0.0, True), (RATE, False)):
        link = ProximityLink(world, stream, parameters)
        monkeypatch.setattr(link, "rate", lambda one, other, rate=rate: rate)
        sender, receiver = Radio("rover"), Radio("lander")
        receiver.is_on = on
        one: Any = sender
        other: Any = receiver
        assert not link.link(one, other).up
        with pytest.raises(DeviceFault) as away:
            await link.carry(one, other, FRAME)
        assert away.value.code == "no_link" and sender.occupied == 5.0
        assert link.counters == LinkCounters(sent=1, lost=1)
