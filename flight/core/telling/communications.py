"""What a node says to others: packets over wires and radios, and the downlink of its recorder.

A node knows for each destination one route: over the vehicle's own wires (the bus) or by a radio
to a peer. Packets for others are passed on. What is meant for Earth goes into the recorder and
leaves when a link to the relay orbiter or to Earth is up, highest priority first, until it is
acknowledged.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from flight.core.telling.recorder import Recorder
from flight.icd.checksum import Corrupt
from flight.icd.codec import CodecError, encode
from flight.icd.devices.base import DeviceError, DeviceTimeout
from flight.icd.devices.communications import LinkState, Radio, ReceivedFrame
from flight.icd.frames import ReadFrame, read_frame, write_frame
from flight.icd.messages import Frame, Message, Packet, decode_message
from flight.runtime.bus import Bus
from flight.runtime.client import Client
from flight.runtime.device_driver import listen
from flight.runtime.nursery import Nursery

GROUND = "ground"
EARTH_PEERS = ("relay", "earth")
OUTBOX_CAPACITY = 200  # packets that wait for one radio peer; the oldest is dropped
FRAME_BYTES = 32_000
RETRIES = 3
RETRY_AFTER = 20.0  # seconds
MUTE_AFTER = 5  # frames in a row that a radio does not send though its link is up: it is told


@dataclass(frozen=True)
class Route:
    """How to reach a destination: on the bus at the node `via`, or by radio at the peer `via`."""

    by_radio: bool
    via: str


def wire(via: str) -> Route:
    """A route over the vehicle's own wires to the node `via`."""
    return Route(False, via)


def radio(via: str) -> Route:
    """A route by radio to the peer `via`."""
    return Route(True, via)


class Communications:
    """The packets of one node."""

    def __init__(
        self,
        *,
        name: str,
        bus: Bus,
        boot: int,
        routes: Mapping[str, Route],
        nursery: Nursery,
        deliver: Callable[[Packet], None],
        on_drop: Callable[[str, str], None],
        on_link: Callable[[LinkState], None],
        on_mute: Callable[[str, str], None] = lambda peer, reason: None,
        read: ReadFrame = read_frame,
    ) -> None:
        self.name = name
        self._bus = bus
        self._boot = boot
        self._routes = dict(routes)
        self._nursery = nursery
        self._deliver = deliver
        self._on_drop = on_drop
        self._on_link = on_link
        self._on_mute = on_mute
        self._refused: dict[str, int] = {}  # times in a row, though the link is up
        self._read = read
        self.corrupt = 0  # frames that were changed on their way
        self._clients: dict[str, Client] = {}
        self._radios: list[Radio] = []
        self._recorder: Recorder | None = None
        self._links: dict[str, LinkState] = {}
        self._carriers: dict[str, Radio] = {}
        self._outboxes: dict[str, deque[bytes]] = {}
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._frame_number = 0
        for route in routes.values():
            if not route.by_radio and route.via not in self._clients:
                self._clients[route.via] = bus.connect(
                    f"{route.via}.node", self._from_wire, epoch=boot
                )

    def use_radio(self, device: Radio) -> None:
        """Takes a radio into use: what it receives is delivered or passed on."""
        self._radios.append(device)
        listen(device, "received", self._received)
        listen(device, "link", partial(self._link, device))

    def use_recorder(self, recorder: Recorder) -> None:
        """Sends what is recorded whenever Earth or the relay can be heard."""
        self._recorder = recorder

    def link(self, peer: str) -> LinkState:
        """The last known state of a link."""
        return self._links.get(peer, LinkState(peer, up=False))

    def send(self, destination: str, message: Message, priority: int = 4) -> bool:
        """Sends a message to another node; False when there is no route or no room."""
        return self.forward(Packet(self.name, destination, priority, encode(message)))

    def forward(self, packet: Packet) -> bool:
        """Passes a packet on to its destination's next hop."""
        route = self._routes.get(packet.destination)
        if route is None:
            self._on_drop(packet.destination, "there is no route")
            return False
        if not route.by_radio:
            return self._clients[route.via].send(packet)
        outbox = self._outboxes.setdefault(route.via, deque())
        if len(outbox) >= OUTBOX_CAPACITY:
            outbox.popleft()
            self._on_drop(route.via, "its outbox is full; the oldest packet was dropped")
        outbox.append(encode(packet))
        self._start_sender(route.via)
        return True

    def pump(self) -> None:
        """Sends recorded data now if Earth can be reached; called when there is more of it."""
        for peer in EARTH_PEERS:
            if self._recorder is not None and self.link(peer).up:
                self._start_sender(peer)

    # ------------------------------------------------------------- arrivals

    def _from_wire(self, message: Message) -> None:
        if isinstance(message, Packet):
            self.accept(message)

    def accept(self, packet: Packet) -> None:
        """Takes a packet that arrived: for this node, or to be passed on."""
        if packet.destination == self.name:
            self._deliver(packet)
        else:
            self.forward(packet)

    def _received(self, received: ReceivedFrame) -> None:
        try:
            frame = self._read(received.data)
        except CodecError as error:
            self.corrupt += isinstance(error, Corrupt)
            self._on_drop(received.peer, f"a frame that cannot be read: {error}")
            return
        for data in frame.packets:
            try:
                packet = decode_message(data)
                if not isinstance(packet, Packet):
                    raise CodecError("not a packet")
            except CodecError as error:
                self._on_drop(received.peer, f"a packet that cannot be read: {error}")
            else:
                self.accept(packet)

    def _link(self, device: Radio, state: LinkState) -> None:
        self._links[state.peer] = state
        if state.up:
            self._carriers[state.peer] = device
            self._start_sender(state.peer)
        self._on_link(state)

    # -------------------------------------------------------------- sending

    def _start_sender(self, peer: str) -> None:
        task = self._sending.get(peer)
        if task is not None and not task.done():
            return
        if not self._has_work(peer):
            return
        self._sending[peer] = self._nursery.start(self._send_all(peer), name=f"send to {peer}")

    def _has_work(self, peer: str) -> bool:
        if self._outboxes.get(peer):
            return True
        return (
            peer in EARTH_PEERS
            and self.link(peer).up
            and self._recorder is not None
            and self._recorder.pending > 0
        )

    async def _send_all(self, peer: str) -> None:
        while self._has_work(peer):
            if self._outboxes.get(peer):
                await self._send_outbox(peer)
            elif not await self._send_recorded(peer):
                return

    async def _send_outbox(self, peer: str) -> None:
        outbox = self._outboxes[peer]
        packets: list[bytes] = []
        size = 0
        while outbox and size < FRAME_BYTES:
            packets.append(outbox.popleft())
            size += len(packets[-1])
        for attempt in range(1 + RETRIES):
            if attempt:
                await asyncio.sleep(RETRY_AFTER)
            if await self._transmit(peer, packets):
                return
        self._on_drop(peer, f"{len(packets)} packets found no link after {1 + RETRIES} attempts")

    async def _send_recorded(self, peer: str) -> bool:
        recorder = self._recorder
        if recorder is None:
            return False
        recorder.flush()
        taken = recorder.take(FRAME_BYTES)
        if not taken:
            return False
        numbers = [number for number, _ in taken]
        if await self._transmit(peer, [payload for _, payload in taken]):
            recorder.acknowledge(numbers)
            return True
        recorder.release(numbers)
        if not 0 < self._refused.get(peer, 0) < MUTE_AFTER or not self.link(peer).up:
            return False
        await asyncio.sleep(RETRY_AFTER)  # in this pass: in a few more frames it is sent, or told
        return True

    async def _transmit(self, peer: str, packets: list[bytes]) -> bool:
        device = self._carriers.get(peer) or (self._radios[0] if self._radios else None)
        if device is None:
            return False
        self._frame_number += 1
        frame = Frame(self.name, peer, self._frame_number, packets)
        try:
            acknowledged = (await device.transmit(peer, write_frame(frame))).acknowledged
        except DeviceError as error:
            self._not_sent(peer, error)
            return False
        self._refused.pop(peer, None)
        return acknowledged

    def _not_sent(self, peer: str, error: DeviceError) -> None:
        """Counts it, and tells when it is often enough. To give no answer once is: a frame may take
        hours, and the pass in which it was sent is over when the time for an answer is."""
        before = self._refused.get(peer, 0)
        if isinstance(error, DeviceTimeout):
            count = max(before + 1, MUTE_AFTER)
        elif self.link(peer).up:
            count = before + 1
        else:
            return  # without a link it is no wonder
        self._refused[peer] = count
        if before < MUTE_AFTER <= count:
            self._on_mute(peer, str(error))
