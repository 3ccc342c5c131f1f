"""ISO-TP (ISO 15765-2:2016): messages that are longer than a CAN frame, cut into frames and put
together again. It knows no bus; normal addressing, so that all of a frame's bytes are its own.

Timeouts as the standard has them: N_Bs and N_Cr of 1 s. Flow control that it sends asks for all at
once (block size 0, separation time 0).
"""

import asyncio
from collections import deque
from collections.abc import Callable

from sim_hw.bench.wire.frames import CHECK, LARGEST_PAYLOAD

SINGLE, FIRST, CONSECUTIVE, FLOW = range(4)
GO, WAIT, OVERFLOW = range(3)
CLASSIC, FD = 8, 64  # bytes of a frame
SHORT = 7  # bytes that a frame of 8 holds as a single one
LENGTH_12 = 0xFFF  # bytes that a first frame can tell in its 12 bits
SIZES = (8, 12, 16, 20, 24, 32, 48, 64)  # of frames of CAN FD, from 8 on
PADDING = b"\xcc"  # of ISO 15765-2: the fewest bits are stuffed
PATIENCE = 1.0  # s: N_Bs, N_Cr; what has waited for so long itself is said to nobody any more
MOST_WAITS = 16  # times that the other side may say that it is not ready yet
LONGEST_GAP = 0.127  # s: of a separation time that is reserved
RETRY = 0.001  # s: until a bus that took no frame is asked again
MOST_AT_ONCE = 64  # frames sent before others have their turn
MOST_WAITING = 256 << 10  # bytes of messages that wait to be sent

Put = Callable[[bytes], bool]


class IsoTp:
    """One side: `put` hands a frame to the bus, False where it takes none now; `heard` gets whole
    messages. `size`: bytes of the frames that it sends."""

    def __init__(self, put: Put, heard: Callable[[bytes], None], size: int = CLASSIC) -> None:
        self.broken = 0
        """Messages that came in part, or in another order; and such as were not taken."""
        self._put, self._heard, self._size = put, heard, size
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, bytes]] = deque()
        """Messages, and since when each waits (s)."""
        self._waiting_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._left = b""  # of the message that is being sent
        self._awaits_flow = False
        self._number, self._waits, self._block, self._gap = 0, 0, 0, 0.0
        self._coming = bytearray()
        self._whole, self._expected, self._came_at = 0, 0, 0.0

    # ------------------------------------------------------------------ sending

    def send(self, message: bytes) -> bool:
        """Sends a message when those before it are sent; False where too much waits."""
        if not message or self._waiting_bytes + len(message) > MOST_WAITING:
            return False
        self._waiting.append((self._loop.time(), message))
        self._waiting_bytes += len(message)
        if len(self._waiting) == 1:
            self._begin()
        return True

    def close(self) -> None:
        """Nothing more is sent."""
        self._again(None)
        self._waiting.clear()

    def _begin(self) -> None:
        while self._waiting:
            since, message = self._waiting[0]
            if self._loop.time() - since >= PATIENCE:
                self.broken += 1
                self._drop()
                continue
            if not self._put(first := self._first_of(message)):
                self._again(self._begin, RETRY)
                return
            if first[0] >> 4 == FIRST:
                taken = len(first) - (2 if len(message) <= LENGTH_12 else 6)
                self._left, self._number, self._waits = message[taken:], 1, 0
                self._wait_for_flow()
                return
            self._drop()

    def _first_of(self, message: bytes) -> bytes:
        length = len(message)
        if length <= SHORT:
            return _padded(bytes([SINGLE << 4 | length]) + message)
        if length <= self._size - 2:
            return _padded(bytes([SINGLE << 4, length]) + message)
        if length <= LENGTH_12:
            head = (FIRST << 12 | length).to_bytes(2, "big")
        else:
            head = (FIRST << 12).to_bytes(2, "big") + length.to_bytes(4, "big")
        return head + message[: self._size - len(head)]

    def _drop(self) -> None:
        self._waiting_bytes -= len(self._waiting.popleft()[1])

    def _wait_for_flow(self) -> None:
        self._awaits_flow = True
        self._again(self._given_up, PATIENCE)

    def _given_up(self) -> None:
        """Nobody takes this message: the next one has its turn, where it is not old by now."""
        self._awaits_flow = False
        self.broken += 1
        self._again(None)
        self._drop()
        self._begin()

    def _flow(self, frame: bytes) -> None:
        if not self._awaits_flow or len(frame) < 3:
            return
        state = frame[0] & 0xF
        if state == WAIT and self._waits < MOST_WAITS:
            self._waits += 1
            self._wait_for_flow()
        elif state == GO:
            self._awaits_flow = False
            self._block, self._gap = frame[1] or -1, _gap_of(frame[2])
            self._go_on()
        else:
            self._given_up()

    def _go_on(self) -> None:
        """The next frames, until the other side is to say that it is ready for more."""
        self._again(None)
        room = self._size - 1
        for _ in range(MOST_AT_ONCE):
            data = bytes([CONSECUTIVE << 4 | self._number]) + self._left[:room]
            if not self._put(_padded(data)):
                self._again(self._go_on, RETRY)
                return
            self._left, self._number = self._left[room:], (self._number + 1) & 0xF
            if not self._left:
                self._drop()
                self._begin()
                return
            self._block -= 1
            if not self._block:
                self._wait_for_flow()
                return
            if self._gap:
                self._again(self._go_on, self._gap)
                return
        self._again(self._go_on)

    def _again(self, what: Callable[[], None] | None, after: float = 0.0) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if what is None else self._loop.call_later(after, what)

    # ---------------------------------------------------------------- receiving

    def feed(self, frame: bytes) -> None:
        """Takes a frame of the other side's."""
        if not frame:
            return
        kind = frame[0] >> 4
        if kind == SINGLE:
            self._single(frame)
        elif kind == FIRST:
            self._begin_to_come(frame)
        elif kind == CONSECUTIVE:
            self._goes_on(frame)
        elif kind == FLOW:
            self._flow(frame)

    def _single(self, frame: bytes) -> None:
        length, data = frame[0] & 0xF, frame[1:]
        if not length and len(frame) > CLASSIC:
            length, data = frame[1], frame[2:]
        if not 0 < length <= len(data):
            return  # the standard: passed over
        self._break_off()
        self._heard(data[:length])

    def _begin_to_come(self, frame: bytes) -> None:
        if len(frame) < CLASSIC:
            return
        length, data, least = int.from_bytes(frame[:2], "big") & LENGTH_12, frame[2:], SHORT
        if not length:
            length, data, least = int.from_bytes(frame[2:6], "big"), frame[6:], LENGTH_12
        if length <= max(least, len(data)):
            return  # the standard: passed over, for a shorter form would have held it
        self._break_off()
        if length > LARGEST_PAYLOAD + CHECK:
            self.broken += 1
            self._put(_padded(bytes([FLOW << 4 | OVERFLOW, 0, 0])))
            return
        self._coming += data
        self._whole, self._expected, self._came_at = length, 1, self._loop.time()
        self._put(_padded(bytes([FLOW << 4 | GO, 0, 0])))

    def _goes_on(self, frame: bytes) -> None:
        if not self._whole:
            return
        now = self._loop.time()
        if frame[0] & 0xF != self._expected or now - self._came_at > PATIENCE:
            self._break_off()
            return
        self._coming += frame[1:]
        self._expected, self._came_at = (self._expected + 1) & 0xF, now
        if len(self._coming) >= self._whole:
            message = bytes(self._coming[: self._whole])
            self._coming.clear()
            self._whole = 0
            self._heard(message)

    def _break_off(self) -> None:
        self.broken += bool(self._whole)
        self._coming.clear()
        self._whole = 0


def _padded(data: bytes) -> bytes:
    """As long as a frame can be: ISO-TP has them filled up to 8 bytes, CAN FD to its sizes."""
    return data.ljust(next(size for size in SIZES if size >= len(data)), PADDING)


def _gap_of(told: int) -> float:
    """Separation time, s: 0 to 127 ms, or 0xF1 to 0xF9 for 100 to 900 us."""
    if told <= 0x7F:
        return told * 1e-3
    return (told - 0xF0) * 1e-4 if 0xF1 <= told <= 0xF9 else LONGEST_GAP
