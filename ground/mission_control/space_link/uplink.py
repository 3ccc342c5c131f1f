"""Sends commands: bundle by bundle, as soon as the stations can reach the spacecraft."""

import asyncio
from collections import deque
from collections.abc import Callable

from flight.icd.codec import encode
from flight.icd.frames import write_frame
from flight.icd.messages import Command, Frame, Packet
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.archive.archive import Archive
from ground.mission_control.commanding.tracker import CommandTracker, TrackedCommand
from ground.mission_control.space_link.stations import NotSent, Stations

GROUND = "ground"
COMMAND_PRIORITY = 0
TRY_AGAIN_AFTER = 300.0  # seconds until a link that was down is tried again
TRY_AGAIN_IN_CONJUNCTION = 3600.0  # seconds, while the Sun stands between: it does so for weeks
_LAST = "last_frame_up"
"""Under which the archive keeps the number of the last frame that may have left."""


class Uplink:
    """The queue of what is to be sent. A frame carries the commands of one bundle, in order."""

    def __init__(
        self,
        stations: Stations,
        archive: Archive,
        now_ns: Callable[[], int],
        first_frame: int,
    ) -> None:
        self._stations = stations
        self._archive = archive
        self._now_ns = now_ns
        self._frame = max(first_frame, int(archive.get(_LAST, 0)))
        self._queue: deque[list[Command]] = deque()
        self._since: dict[str, int] = {}  # when a bundle was to leave first, in ns
        self._wake: asyncio.Future[None] | None = None
        self.deliveries: dict[str, float | None] = {}  # expected at each vehicle, mission seconds
        self.waiting_for = ""  # why nothing leaves, if so
        self.why_not_leave: Callable[[list[Command]], str] = lambda orders: ""
        """Asked of what has not left yet, when it is its turn; a reason keeps it back."""
        self.keep_back: Callable[[list[Command], str], None] = lambda orders, why: None
        """Takes them back, for that reason."""
        self._leaving: tuple[str, ...] = ()
        self.perhaps: dict[str, None] = {}
        """What the stations may have taken without saying so."""
        self.about_to_leave: Callable[[list[str]], None] = lambda identifiers: None
        """Told, before it is so, of all that may have left from then on."""

    def send(self, orders: list[Command]) -> None:
        """Queues the commands of one bundle."""
        self._queue.append(orders)
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    @property
    def waiting(self) -> int:
        """Bundles that have not left."""
        return len(self._queue)

    def why_gone(self, command: TrackedCommand) -> str:
        """Why a command may have left the ground; empty where it certainly has not."""
        identifier = command.order.identifier
        if command.sent_ns is not None:
            return "it has left the ground"
        if identifier in self._leaving:
            return "it is leaving the ground now"
        if identifier in self.perhaps:
            return "the stations may have sent it without saying so"
        return ""

    async def run(self, tracker: CommandTracker) -> None:
        """Sends until cancelled."""
        while True:
            if not self._queue:
                self._wake = asyncio.get_running_loop().create_future()
                await self._wake
            try:
                left = await self._transmit(self._queue[0], tracker)
            finally:
                self._leaving = ()
            if left:
                self._queue.popleft()
            else:
                status = self._stations.status
                in_conjunction = status is not None and status.moratorium
                await asyncio.sleep(TRY_AGAIN_IN_CONJUNCTION if in_conjunction else TRY_AGAIN_AFTER)

    def _is_kept_back(self, orders: list[Command], tracker: CommandTracker) -> bool:
        if any(self.why_gone(tracker.command(order.identifier)) for order in orders):
            return False  # it may be there: what is sent is the same again
        why = self.why_not_leave(orders)
        if why:
            self.keep_back(orders, why)
        return bool(why)

    async def _transmit(self, queued: list[Command], tracker: CommandTracker) -> bool:
        """Sends what is open of a bundle; whether it is done with."""
        if not _open(queued, tracker):
            return True
        await self._stations.refresh()
        orders = _open(queued, tracker)
        if not orders or self._is_kept_back(orders, tracker):
            return True
        self._leaving = tuple(order.identifier for order in orders)
        target, bundle, now_ns = orders[0].target, orders[0].identifier, self._now_ns()
        since_ns = self._since.setdefault(bundle, now_ns)
        waited = (now_ns - since_ns) / NANOSECONDS
        last = self._archive.last_link(bundle)
        # What is known to be lost goes by the link that has brought an answer since.
        other_than = "" if tracker.command(bundle).is_overtaken else last
        spacecraft, radio = self._stations.choose(target, other_than, waited)
        packets = [
            encode(Packet(GROUND, order.target, COMMAND_PRIORITY, encode(order)))
            for order in orders
        ]
        number = self._frame + 1
        data = write_frame(Frame(GROUND, radio, number, packets))
        identifiers = [order.identifier for order in orders]
        sent_ns = self._now_ns()
        with self._archive.together():  # no other frame has its number, whatever becomes of us
            self._archive.put(_LAST, number)
            self.about_to_leave([*self.perhaps, *(each for each in identifiers if not last)])
        try:
            delivery = await self._stations.send(spacecraft, radio, data)
        except NotSent as reason:
            if reason.unsure:
                self._frame = number  # it may be on its way
                if not last:
                    self.perhaps |= dict.fromkeys(identifiers)
            self.about_to_leave([*self.perhaps])
            if self.waiting_for != str(reason):  # told once, not at each attempt
                self._record(spacecraft, radio, sent_ns, len(data), identifiers, str(reason))
            self.waiting_for = str(reason)
            if reason.refused or last:  # a repeat that waits for its link holds up nobody
                self._queue.rotate(-1)
            return False
        self._frame = number
        del self._since[bundle]
        for identifier in identifiers:
            self.perhaps.pop(identifier, None)
        self.waiting_for = ""
        self.deliveries[target] = delivery
        self._record(spacecraft, radio, sent_ns, len(data), identifiers, "sent")
        tracker.sent(identifiers, sent_ns, spacecraft)
        return True

    def _record(
        self, spacecraft: str, radio: str, sent_ns: int, size: int, names: list[str], outcome: str
    ) -> None:
        self._archive.add_uplink(spacecraft, radio, sent_ns, size, names, outcome)


def _open(orders: list[Command], tracker: CommandTracker) -> list[Command]:
    return [order for order in orders if tracker.command(order.identifier).verdict is None]
