"""Packets between nodes over wires and radios, and the downlink of the recorder."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from flight.core.keeping.storage import Storage
from flight.core.telling.communications import Communications, Route, radio, wire
from flight.core.telling.recorder import Recorder
from flight.icd.checksum import sealed
from flight.icd.codec import encode
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.communications import (
    LinkState,
    Radio,
    RadioState,
    ReceivedFrame,
    Transmission,
)
from flight.icd.frames import read_frame, write_frame
from flight.icd.messages import Exchange, Frame, Packet, decode_message
from flight.runtime.bus import Bus, Fabric
from flight.runtime.device_driver import connect
from flight.runtime.nursery import Nursery
from sim_hw.serving.server import DeviceServer

OUTBOX_CAPACITY = 200


class FakeRadio(Radio):
    """Carries frames to other fake radios, ten seconds each, unless told to fail."""

    def __init__(self) -> None:
        self.peers: dict[str, FakeRadio] = {}
        self.name = ""
        self.server: DeviceServer
        self.frames: list[Frame] = []
        self.failures = 0
        self.silent = False

    async def state(self) -> RadioState:
        return RadioState(on=True, temperature=290.0, links=[])

    async def transmit(self, peer: str, data: bytes) -> Transmission:
        await asyncio.sleep(10.0)
        if self.failures:
            self.failures -= 1
            raise DeviceFault("lost", "no acknowledgement")
        if self.silent:
            await asyncio.sleep(100_000.0)
        frame = read_frame(data)
        self.frames.append(frame)
        if peer in self.peers:
            self.peers[peer].server.emit("received", ReceivedFrame(self.name, data))
        return Transmission(acknowledged=True, seconds=10.0)

    def link(self, peer: str, up: bool) -> None:
        self.server.emit("link", LinkState(peer, up=up))


class Station:
    """One node's communications with a radio."""

    def __init__(
        self, name: str, fabric: Fabric, nursery: Nursery, routes: dict[str, Route]
    ) -> None:
        self.delivered: list[Packet] = []
        self.dropped: list[tuple[str, str]] = []
        self.links: list[LinkState] = []
        self.mute: list[tuple[str, str]] = []
        self.bus = Bus(name, fabric=fabric)
        self.hardware = Bus(f"{name}.hardware", fabric=fabric)
        self.radio = FakeRadio()
        self.radio.name = name
        self.radio.server = DeviceServer(self.hardware, f"{name}.radio", self.radio, nursery)
        self.communications = Communications(
            name=name,
            bus=self.bus,
            boot=1,
            routes=routes,
            nursery=nursery,
            deliver=self.delivered.append,
            on_drop=lambda where, why: self.dropped.append((where, why)),
            on_link=self.links.append,
            on_mute=lambda peer, why: self.mute.append((peer, why)),
        )
        self.bus.serve(
            f"{name}.node",
            lambda peer, message: self.communications.accept(message),  # type: ignore[arg-type]
        )
        self.communications.use_radio(connect(self.bus, Radio, f"{name}.radio", boot=1))
        self.storage = Storage(":memory:")
        self.recorder = Recorder(self.storage, 1_000_000)

    def close(self) -> None:
        self.bus.close()
        self.hardware.close()
        self.storage.close()

    def texts(self) -> list[Any]:
        messages = [decode_message(packet.body) for packet in self.delivered]
        return [m.data["text"] for m in messages if isinstance(m, Exchange)]


def say(text: Any) -> Exchange:
    return Exchange("rover", "talk", {"text": text})


class Network:
    """Rover and MAV, each on its own link to the lander: rover by radio, MAV by wire."""

    def __init__(self, fabric: Fabric, nursery: Nursery) -> None:
        self.rover = Station(
            "rover", fabric, nursery, {"lander": radio("lander"), "mav": radio("lander")}
        )
        self.lander = Station(
            "lander", fabric, nursery, {"rover": radio("rover"), "mav": wire("mav")}
        )
        self.mav = Station(
            "mav", fabric, nursery, {"lander": wire("lander"), "rover": wire("lander")}
        )
        self.rover.radio.peers["lander"] = self.lander.radio
        self.lander.radio.peers["rover"] = self.rover.radio

    @property
    def stations(self) -> list[Station]:
        return [self.rover, self.lander, self.mav]


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    fabric = Fabric()
    async with Nursery("network") as nursery:
        network = Network(fabric, nursery)
        await asyncio.sleep(1.0)
        yield network
        nursery.cancel()
    for station in network.stations:
        station.close()
    fabric.close()


async def test_a_message_goes_by_radio(network: Network) -> None:
    assert network.rover.communications.send("lander", say("hello"))
    await asyncio.sleep(30.0)
    assert network.lander.texts() == ["hello"]


async def test_a_message_goes_by_wire_at_once(network: Network) -> None:
    network.mav.communications.send("lander", say("hello"))
    await asyncio.sleep(0.001)
    assert network.lander.texts() == ["hello"]


async def test_a_node_in_between_passes_packets_on_both_ways(network: Network) -> None:
    network.rover.communications.send("mav", say("up"))
    network.mav.communications.send("rover", say("down"))
    await asyncio.sleep(60.0)
    assert (network.mav.texts(), network.rover.texts()) == (["up"], ["down"])
    assert network.lander.delivered == []
    assert network.mav.delivered[0].source == "rover"


async def test_without_a_route_it_is_a_drop(network: Network) -> None:
    assert not network.mav.communications.send("venus", say("hello"))
    assert network.mav.dropped == [("venus", "there is no route")]


async def test_a_lost_frame_is_sent_again_and_arrives_once(network: Network) -> None:
    network.rover.radio.failures = 2
    network.rover.communications.send("lander", say("hello"))
    await asyncio.sleep(300.0)
    assert network.lander.texts() == ["hello"]
    assert network.rover.dropped == []


async def test_what_finds_no_link_after_all_attempts_is_reported(network: Network) -> None:
    network.rover.radio.failures = 4
    network.rover.communications.send("lander", say("lost"))
    await asyncio.sleep(300.0)
    network.rover.communications.send("lander", say("later"))
    await asyncio.sleep(300.0)
    assert network.rover.dropped == [("lander", "1 packets found no link after 4 attempts")]
    assert network.lander.texts() == ["later"]


async def test_a_radio_that_sends_nothing_though_its_link_is_up_is_told_once(
    network: Network,
) -> None:
    network.rover.radio.link("lander", True)
    network.rover.radio.failures = 4
    for word in ("one", "two"):
        network.rover.communications.send("lander", say(word))
        await asyncio.sleep(300.0)
    assert network.lander.texts() == ["two"] and network.rover.mute == []
    network.rover.radio.failures = 15
    for number in range(3):
        network.rover.communications.send("lander", say(number))
        await asyncio.sleep(300.0)
    assert network.rover.mute == [("lander", "rover.radio.transmit: no acknowledgement")]


async def test_a_radio_without_a_link_is_no_mute_one(network: Network) -> None:
    network.rover.radio.link("lander", False)
    network.rover.radio.failures = 15
    for number in range(3):
        network.rover.communications.send("lander", say(number))
        await asyncio.sleep(300.0)
    assert network.rover.mute == []


async def test_packets_that_wait_share_a_frame_and_keep_their_order(network: Network) -> None:
    for number in range(50):
        network.rover.communications.send("lander", say(number))
    await asyncio.sleep(100.0)
    assert network.lander.texts() == list(range(50))
    assert len(network.rover.radio.frames) <= 2


async def test_a_full_outbox_drops_the_oldest_and_says_so(network: Network) -> None:
    network.rover.radio.failures = 1
    for number in range(OUTBOX_CAPACITY + 1):
        network.rover.communications.send("lander", say(number))
    assert [where for where, _ in network.rover.dropped] == ["lander"]
    await asyncio.sleep(1000.0)
    assert network.lander.texts() == list(range(1, OUTBOX_CAPACITY + 1))


@pytest.mark.parametrize(
    "data", [b"", b"nonsense", sealed(b"nonsense"), encode(say("x")), sealed(encode(say("x")))]
)
async def test_a_frame_that_cannot_be_read_is_reported(network: Network, data: bytes) -> None:
    network.lander.radio.server.emit("received", ReceivedFrame("rover", data))
    await asyncio.sleep(1.0)
    assert network.lander.dropped[0][1].startswith("a frame that cannot be read")


async def test_a_bad_packet_does_not_take_the_others_of_its_frame_along(network: Network) -> None:
    good = encode(Packet("rover", "lander", 4, encode(say("good"))))
    frame = write_frame(Frame("rover", "lander", 1, [b"nonsense", good, encode(say("no packet"))]))
    network.lander.radio.server.emit("received", ReceivedFrame("rover", frame))
    await asyncio.sleep(1.0)
    assert network.lander.texts() == ["good"]
    assert len(network.lander.dropped) == 2


# ------------------------------------------------------------------- downlink


def downlinked(station: Station) -> list[bytes]:
    return [packet for frame in station.radio.frames for packet in frame.packets]


@pytest.mark.requirement("NOD-08")
async def test_what_is_recorded_leaves_by_priority_when_a_pass_begins(network: Network) -> None:
    lander = network.lander
    lander.communications.use_recorder(lander.recorder)
    for priority in (5, 1, 3, 1):
        lander.recorder.record(priority, f"{priority}".encode())
    lander.communications.pump()
    await asyncio.sleep(100.0)
    assert lander.radio.frames == []
    lander.radio.link("relay", up=True)
    await asyncio.sleep(100.0)
    assert downlinked(lander) == [b"1", b"1", b"3", b"5"]
    assert (lander.recorder.pending, lander.recorder.in_flight) == (0, 0)
    assert [link.peer for link in lander.links] == ["relay"]


@pytest.mark.requirement("NOD-08")
async def test_what_was_not_acknowledged_is_sent_again_with_the_next_pass(
    network: Network,
) -> None:
    lander = network.lander
    lander.communications.use_recorder(lander.recorder)
    lander.recorder.record(1, b"precious")
    lander.radio.failures = 1
    lander.radio.link("relay", up=True)
    await asyncio.sleep(11.0)
    lander.radio.link("relay", up=False)
    await asyncio.sleep(100.0)
    assert (downlinked(lander), lander.recorder.pending) == ([], 1)
    lander.radio.link("relay", up=True)
    await asyncio.sleep(100.0)
    assert (downlinked(lander), lander.recorder.pending) == ([b"precious"], 0)


async def test_what_was_not_sent_is_sent_again_while_the_pass_lasts(network: Network) -> None:
    lander = network.lander
    lander.communications.use_recorder(lander.recorder)
    lander.recorder.record(1, b"precious")
    lander.radio.failures = 4
    lander.radio.link("relay", up=True)
    await asyncio.sleep(200.0)
    assert (downlinked(lander), lander.recorder.pending) == ([b"precious"], 0)
    assert lander.mute == []


async def test_a_radio_that_refuses_a_whole_pass_is_told_in_it_and_left_alone(
    network: Network,
) -> None:
    lander = network.lander
    lander.communications.use_recorder(lander.recorder)
    lander.recorder.record(1, b"precious")
    lander.radio.failures = 100
    lander.radio.link("relay", up=True)
    await asyncio.sleep(1_000.0)
    assert lander.mute == [("relay", "lander.radio.transmit: no acknowledgement")]
    assert (lander.radio.failures, lander.recorder.pending) == (95, 1)


async def test_a_radio_that_gives_no_answer_is_told_at_once_though_the_pass_is_over(
    network: Network,
) -> None:
    lander = network.lander
    lander.communications.use_recorder(lander.recorder)
    lander.recorder.record(1, b"precious")
    lander.radio.silent = True
    lander.radio.link("relay", up=True)
    await asyncio.sleep(10.0)
    lander.radio.link("relay", up=False)
    await asyncio.sleep(7_000.0)
    assert lander.mute == []
    await asyncio.sleep(1_000.0)
    told = [("relay", "lander.radio.transmit gave no answer within 7200 s")]
    assert (lander.mute, lander.recorder.pending) == (told, 1)
    lander.radio.link("relay", up=True)  # and is not told again before it has sent something
    await asyncio.sleep(8_000.0)
    assert lander.mute == told


async def test_while_a_pass_lasts_new_records_leave_at_once(network: Network) -> None:
    lander = network.lander
    lander.communications.use_recorder(lander.recorder)
    lander.radio.link("earth", up=True)
    await asyncio.sleep(1.0)
    lander.recorder.record(5, b"fresh")
    lander.communications.pump()
    await asyncio.sleep(20.0)
    assert downlinked(lander) == [b"fresh"]


async def test_nothing_leaves_after_a_pass_has_ended(network: Network) -> None:
    lander = network.lander
    lander.communications.use_recorder(lander.recorder)
    lander.radio.link("relay", up=True)
    await asyncio.sleep(1.0)
    lander.radio.link("relay", up=False)
    await asyncio.sleep(1.0)
    lander.recorder.record(1, b"late")
    lander.communications.pump()
    await asyncio.sleep(1000.0)
    assert downlinked(lander) == []
