"""Takes each frame from the stations once, and fetches those that came while nobody was there."""

from collections.abc import Awaitable, Callable

from flight.icd.devices.base import DeviceError
from flight.icd.devices.ground_station import NumberedFrame
from ground.mission_control.archive.archive import Archive

_STATE = "last_frame"

Fetch = Callable[[int], Awaitable[list[NumberedFrame]]]


class Reception:
    """Which frames were taken: up to `last` all of them that could be had.

    `last` is written together with what was in the frames. A ground that was killed therefore
    fetches again what it had not written yet; the copies that this makes do no harm, since the
    messages in a frame are told apart by what they are.
    """

    def __init__(
        self,
        archive: Archive,
        fetch: Fetch,
        take: Callable[[NumberedFrame], bool],
        log: Callable[[str], None],
    ) -> None:
        self._archive = archive
        self._fetch = fetch
        self._take = take
        self._log = log
        self._ahead: dict[int, None] = {}  # taken while one before them was missing
        self.last = int(archive.get(_STATE, 0))
        self._begun_at = self.last  # by the archive; 0 once the stations were asked
        self.lost = 0  # frames that the stations did not keep long enough

    def arrived(self, frame: NumberedFrame) -> None:
        """Takes a frame that came just now, also when one before it is missing."""
        if frame.number <= self.last or frame.number in self._ahead:
            return
        vital = self._take(frame)
        self._ahead[frame.number] = None
        self._advance()
        if vital:  # the vehicle will not say it again unasked: keep it before anything else
            self._archive.flush()

    async def catch_up(self, newest: int) -> bool:
        """Fetches what is missing up to the number `newest`; False when that did not work."""
        # Only at first: later, a frame may overtake the answer that tells the newest number.
        if newest < self._begun_at:
            self._log(f"the stations count their frames anew: {newest} after {self.last}")
            self._ahead.clear()
            self._move_to(0)
        self._begun_at = 0
        while self.last < newest:
            try:
                frames = await self._fetch(self.last)
            except DeviceError as error:
                self._log(f"frames after {self.last} could not be fetched: {error}")
                return False
            if not frames:
                self._skip_to(newest)
            for frame in frames:
                self._skip_to(frame.number - 1)
                self.arrived(frame)
        return True

    def _advance(self) -> None:
        last = self.last
        while last + 1 in self._ahead:
            last += 1
            del self._ahead[last]
        if last > self.last:
            self._move_to(last)

    def _skip_to(self, number: int) -> None:
        """Gives up what is missing up to a number: the stations have it no more."""
        missing = sum(each not in self._ahead for each in range(self.last + 1, number + 1))
        if missing:
            self.lost += missing
            self._log(f"{missing} frames up to number {number} are not kept any more")
        if number > self.last:
            for each in range(self.last + 1, number + 1):
                self._ahead[each] = None
            self._advance()

    def _move_to(self, last: int) -> None:
        self.last = last
        self._archive.note(_STATE, last)
