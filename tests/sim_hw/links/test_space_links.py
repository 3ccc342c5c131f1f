"""Space links: delays, passes, stores, losses and repeats, conjunction."""

import asyncio

import pytest

from flight.astrodynamics.time_scales import Epoch
from flight.icd.checksum import sealed
from flight.icd.devices.base import DeviceFault, DeviceRejected
from flight.icd.devices.communications import LinkState, ReceivedFrame
from flight.icd.devices.ground_station import NumberedFrame
from sim_hw.links.earth_link import EarthLink
from tests.sim_hw.links.rehearsal import (
    CONJUNCTION,
    PARAMETERS,
    SOL,
    Rehearsal,
    rehearse,
    with_losses,
)

WITHOUT_STATION = Epoch.from_utc("2029-10-11T00:00:00Z").jd_tt  # Mars far south: a gap each day
LARGE, HUNDRED = sealed(b"x" * 31_996), sealed(b"x" * 96)


def _station(earth: EarthLink, sent: float) -> bool:
    return earth.station_in_view(sent + earth.light_time_up(sent))


def _next(earth: EarthLink, sent: float) -> float:
    light_time = earth.light_time_up(sent)
    return earth.next_station_view(sent + light_time) - light_time


def test_neighbours_reach_each_other_at_the_pace_of_their_rate() -> None:
    async def play(r: Rehearsal) -> None:
        rate = r.links.proximity.rate(r.rover, r.lander)
        assert rate >= 128_000.0
        sent = await r.rover.transmit("lander", LARGE)
        assert sent.acknowledged
        assert sent.seconds == pytest.approx(256_000 / rate + 0.05)
        assert r.frames_at("lander.uhf") == [ReceivedFrame("rover", LARGE)]

    rehearse(play)


def test_a_radio_that_is_off_or_too_far_away_hears_nothing() -> None:
    async def play(r: Rehearsal) -> None:
        await r.lander.set_power(False)
        with pytest.raises(DeviceFault) as fault:
            await r.rover.transmit("lander", sealed(b"hello"))
        assert fault.value.code == "no_link"
        await r.lander.set_power(True)
        r.world.bodies["rover"].east = 30_000.0
        with pytest.raises(DeviceFault) as fault:
            await r.rover.transmit("lander", sealed(b"hello"))
        assert fault.value.code == "no_link"
        await r.rover.set_power(False)
        with pytest.raises(DeviceFault) as fault:
            await r.rover.transmit("lander", sealed(b"hello"))
        assert fault.value.code == "off"
        assert r.heard == []

    rehearse(play)


def test_switching_a_radio_tells_both_sides() -> None:
    async def play(r: Rehearsal) -> None:
        await r.rover.set_power(False)
        await r.rover.set_power(True)
        seen = [(who, link.up) for _, who, link in r.link_changes if link.peer == "rover"]
        assert seen == [("lander.uhf", False), ("lander.uhf", True)]
        own = [link for _, who, link in r.link_changes if who == "rover.uhf"]
        assert [link.peer for link in own if link.up] == ["lander"]

    rehearse(play)


def test_lost_frames_are_repeated_and_then_reported_lost() -> None:
    async def half(r: Rehearsal) -> None:
        for _ in range(40):
            await r.rover.transmit("lander", sealed(b"frame"))
        counters = r.links.proximity.counters
        assert counters.delivered == 40
        assert 20 <= counters.repeated <= 70
        assert len(r.frames_at("lander.uhf")) == 40  # none twice

    async def nearly_all(r: Rehearsal) -> None:
        with pytest.raises(DeviceFault) as fault:
            for _ in range(20):
                await r.rover.transmit("lander", sealed(b"frame"))
        assert fault.value.code == "lost"
        assert r.links.proximity.counters.lost == 1

    rehearse(half, parameters=with_losses("proximity", frame_error=0.5, repeats=20))
    rehearse(nearly_all, parameters=with_losses("proximity", frame_error=0.95, repeats=2))


def test_a_frame_from_earth_waits_on_the_relay_for_the_next_pass() -> None:
    async def play(r: Rehearsal) -> None:
        await asyncio.sleep(1000.0)
        sent_at = r.world.now()
        light_time = (await r.links.stations.status()).light_time
        answer = await r.links.stations.uplink("relay", "rover", sealed(b"command"))
        assert r.world.now() == sent_at
        await asyncio.sleep(2 * SOL)
        [(arrived, where, frame)] = r.heard
        assert (where, frame) == ("rover.uhf", ReceivedFrame("relay", sealed(b"command")))
        assert arrived - sent_at >= light_time > 180.0
        start, end = Rehearsal().links.schedule.next(sent_at + light_time)
        assert start <= arrived <= end
        assert answer.estimated_delivery == pytest.approx(arrived, abs=5.0)

    rehearse(play)


def test_a_frame_for_a_radio_that_is_off_waits_until_it_listens() -> None:
    async def play(r: Rehearsal) -> None:
        await r.rover.set_power(False)
        await r.links.stations.uplink("relay", "rover", sealed(b"command"))
        await asyncio.sleep(2 * SOL)
        assert r.heard == [] and r.links.relay.queued("rover") == 1
        await r.rover.set_power(True)
        await asyncio.sleep(2 * SOL)
        assert r.frames_at("rover.uhf") == [ReceivedFrame("relay", sealed(b"command"))]
        assert r.links.relay.queued("rover") == 0

    rehearse(play)


def test_a_frame_is_stored_on_the_relay_no_sooner_than_light() -> None:
    async def play(r: Rehearsal) -> None:
        await r.rover.set_power(False)
        light_time = r.links.earth.light_time_up(r.world.now())
        await r.links.stations.uplink("relay", "rover", sealed(b"command"))
        await asyncio.sleep(light_time - 1.0)
        assert r.links.relay.queued("rover") == 0
        await asyncio.sleep(3600.0)  # the orbiter may have been behind Mars
        assert r.links.relay.queued("rover") == 1

    rehearse(play)


def test_the_relay_is_behind_mars_for_a_part_of_each_orbit() -> None:
    async def play(r: Rehearsal) -> None:
        earth, period = r.links.earth, r.links.schedule.orbit.period
        hidden = [earth.relay_occulted(step / 200 * period) for step in range(200)]
        assert 0.1 < sum(hidden) / 200 < 0.5
        at = hidden.index(True) / 200 * period
        seen = earth.next_relay_view(at)
        assert at < seen < at + 3000.0 and not earth.relay_occulted(seen)

    rehearse(play)


def test_telemetry_reaches_earth_no_sooner_than_light() -> None:
    async def play(r: Rehearsal) -> None:
        with pytest.raises(DeviceFault) as fault:
            await r.rover.transmit("relay", sealed(b"too early"))
        assert fault.value.code == "no_link"
        start, end = r.links.schedule.next(r.world.now())
        await asyncio.sleep(start - r.world.now() + 1.0)
        ups = [link for _, who, link in r.link_changes if who == "rover.uhf" and link.up]
        assert ups[0].peer == "relay" and 60.0 < ups[0].remaining < end - start + 0.1
        sent = r.world.now()
        await r.rover.transmit("relay", sealed(b"telemetry"))
        await asyncio.sleep(SOL)
        [(arrived, _, frame)] = r.heard
        assert frame == NumberedFrame("relay/rover", sealed(b"telemetry"), 1)
        light_time = r.links.earth.light_time_up(sent)
        assert light_time <= arrived - sent < light_time + 3600.0
        downs = [link for at, who, link in r.link_changes if who == "rover.uhf" and not link.up]
        assert downs[-1].peer == "relay"

    rehearse(play)


def test_passes_come_several_times_a_sol_and_carry_published_volumes() -> None:
    async def play(r: Rehearsal) -> None:
        passes = r.links.schedule.upcoming(0.0, 40)
        per_sol = 40 / (passes[-1][1] / SOL)
        assert 1.5 < per_sol < 5.0
        assert all(start < end <= start + 900.0 for start, end in passes)

    rehearse(play)


def test_the_relay_bounds_its_store_by_dropping_the_oldest() -> None:
    async def play(r: Rehearsal) -> None:
        await r.rover.set_power(False)
        for number in range(6):
            r.links.relay.store_for("rover", sealed(bytes([number]) * 396))
        assert r.links.relay.queued("rover") == 2
        assert r.links.relay.forward_counters.dropped == 4
        await r.rover.set_power(True)
        await asyncio.sleep(2 * SOL)
        assert [frame.data[0] for frame in r.frames_at("rover.uhf")] == [4, 5]

    rehearse(play, parameters=with_losses("relay", queue_bytes=1000, frame_error=0.0))


def test_conjunction_forbids_commanding() -> None:
    async def play(r: Rehearsal) -> None:
        status = await r.links.stations.status()
        assert status.moratorium and not any(link.up for link in status.links)
        for spacecraft in ("relay", "lander"):
            with pytest.raises(DeviceFault) as fault:
                await r.links.stations.uplink(spacecraft, "lander", sealed(b"command"))
            assert fault.value.code == "moratorium"

    rehearse(play, epoch=CONJUNCTION)


def test_the_direct_link_takes_light_time_and_ends_when_earth_sets() -> None:
    async def play(r: Rehearsal) -> None:
        earth = r.links.earth
        await r.until_earth_is_up()
        began = r.world.now()
        sent = await r.direct.transmit("earth", HUNDRED)
        light_time = earth.light_time_up(began)
        airtime = 800.0 / earth.direct_rates(began).to_earth
        assert sent.seconds == pytest.approx(2.0 * light_time + airtime, abs=0.1)
        assert r.frames_at("earth") == [NumberedFrame("lander", HUNDRED, 1)]
        await r.links.stations.uplink("lander", "lander", sealed(b"hello"))
        await asyncio.sleep(light_time + 60.0)
        assert r.frames_at("lander.x_band") == [ReceivedFrame("earth", sealed(b"hello"))]
        await asyncio.sleep(earth.next_horizon_change(r.world.now()) - r.world.now() + 1.0)
        assert r.link_changes[-1][2] == LinkState("earth", up=False)
        with pytest.raises(DeviceFault) as fault:
            await r.direct.transmit("earth", sealed(b"x"))
        assert fault.value.code == "no_link"
        with pytest.raises(DeviceFault) as fault:
            await r.links.stations.uplink("lander", "lander", sealed(b"hello"))
        assert fault.value.code == "no_link"

    rehearse(play)


def test_without_a_station_the_direct_link_is_told_down_until_one_sees_mars() -> None:
    async def play(r: Rehearsal) -> None:
        earth = r.links.earth
        at, above = 0.0, earth.earth_above_horizon
        while _station(earth, at) or not (above(at) and above(_next(earth, at))):
            at += 600.0
        await asyncio.sleep(at)
        assert r.links.direct.link(r.direct).up
        with pytest.raises(DeviceFault, match="no station on Earth") as fault:
            await r.direct.transmit("earth", HUNDRED)
        assert fault.value.code == "no_link"
        assert r.link_changes[-1] == (at, "lander.x_band", LinkState("earth", up=False))
        there = _next(earth, at)
        assert 600.0 <= there - at < 36_000.0
        await asyncio.sleep(there - at - 1.0)
        assert not r.links.direct.link(r.direct).up
        await asyncio.sleep(2.0)
        assert r.links.direct.link(r.direct).up
        assert r.link_changes[-1][0] == pytest.approx(there) and r.link_changes[-1][2].up
        assert (await r.direct.transmit("earth", HUNDRED)).acknowledged

    rehearse(play, epoch=WITHOUT_STATION)


def test_a_frame_is_repeated_only_while_an_answer_can_come_in_time() -> None:
    async def play(r: Rehearsal) -> None:
        earth = r.links.earth
        await r.until_earth_is_up()
        r.direct.mute = True
        began = r.world.now()
        light_time = earth.light_time_up(began)
        tries = int(7200.0 // (2.0 * light_time))
        assert 1 < tries < 4  # as often as four, were they not so long
        with pytest.raises(DeviceFault) as fault:
            await r.direct.transmit("earth", HUNDRED)
        assert fault.value.code == "lost"
        assert r.world.now() - began == pytest.approx(tries * 2.0 * light_time, abs=60.0)
        assert r.links.direct.downlink_counters.repeated == tries - 1

    rehearse(play)


def test_a_radio_that_is_switched_off_while_it_waits_says_so() -> None:
    async def play(r: Rehearsal) -> None:
        await r.until_earth_is_up()
        sending = asyncio.create_task(r.direct.transmit("earth", HUNDRED))
        await asyncio.sleep(0.0)
        await r.direct.set_power(False)
        with pytest.raises(DeviceFault) as fault:
            await sending
        assert fault.value.code == "off"
        assert r.frames_at("earth") == []
        assert r.links.direct.downlink_counters.lost == 1

    rehearse(play)


def test_uplinks_that_cannot_be_are_refused_with_what_is_allowed() -> None:
    async def play(r: Rehearsal) -> None:
        with pytest.raises(DeviceRejected, match="there are: lander, rover"):
            await r.links.stations.uplink("relay", "ingenuity", sealed(b"x"))
        with pytest.raises(DeviceRejected, match="the vehicle itself"):
            await r.links.stations.uplink("rover", "rover", sealed(b"x"))

    rehearse(play)


def test_frames_lost_on_the_way_from_earth_cost_round_trips_or_are_counted_lost() -> None:
    async def play(r: Rehearsal) -> None:
        for _ in range(30):
            await r.links.stations.uplink("relay", "rover", sealed(b"command"))
        await asyncio.sleep(3 * SOL)
        counters = r.links.stations.uplink_counters
        assert counters.sent == 30 == counters.delivered + counters.lost
        assert counters.lost > 0 and counters.repeated > 0
        assert len(r.frames_at("rover.uhf")) == counters.delivered

    rehearse(play, parameters=with_losses("earth", frame_error=0.5, repeats=2))


def test_the_same_seed_gives_the_same_story() -> None:
    stories: list[list[tuple[float, str, ReceivedFrame]]] = []

    async def play(r: Rehearsal) -> None:
        for _ in range(10):
            await r.links.stations.uplink("relay", "rover", sealed(b"command"))
        await asyncio.sleep(2 * SOL)
        stories.append(r.heard)

    for _ in range(2):
        rehearse(play, parameters=PARAMETERS)
    assert stories[0] == stories[1] != []


def test_the_stations_keep_the_last_frames_for_whoever_was_not_there() -> None:
    async def play(r: Rehearsal) -> None:
        stations = r.links.stations
        for number in range(1, 8):
            stations.received("relay/rover", sealed(bytes([number]) * 96))
        assert (await stations.status()).last_frame == 7
        assert [frame.number for frame in await stations.frames(0)] == [4, 5, 6, 7]
        [newest] = await stations.frames(6)
        assert newest == NumberedFrame("relay/rover", sealed(bytes([7]) * 96), 7)
        assert await stations.frames(7) == []
        stations.received("relay/rover", sealed(b"x" * 446))  # 550 bytes with the one before
        stations.received("relay/rover", sealed(b"x" * 1996))  # too much alone: the newest stays
        assert [frame.number for frame in await stations.frames(0)] == [9]

    rehearse(play, parameters=with_losses("earth", kept_frames=4, kept_bytes=500))


def test_an_answer_with_kept_frames_never_outgrows_a_message() -> None:
    async def play(r: Rehearsal) -> None:
        stations = r.links.stations
        for _ in range(5):
            stations.received("relay/rover", sealed(b"x" * 239_996))
        asked = []
        after = 0
        while found := await stations.frames(after):
            asked.append(len(found))
            after = found[-1].number
        assert asked == [2, 2, 1]

    rehearse(play)
