"""Frames on a stream of bytes: COBS(payload + CRC-32) and a zero, which nothing else contains.

COBS: consistent overhead byte stuffing (S. Cheshire, M. Baker, IEEE/ACM Transactions on Networking
7, 1999). CRC-32/ISO-HDLC, little endian, as on the bus.
"""

import zlib
from collections.abc import Iterator

CHECK = 4  # bytes of the checksum
LARGEST_PAYLOAD = 64 << 10  # bytes, of every device; one may say less
_LONGEST_RUN = 254


class Damaged(ValueError):
    """Bytes that are no whole frame; the text says why."""


def with_checksum(payload: bytes) -> bytes:
    """The payload and its CRC-32, as one datagram has them."""
    return payload + zlib.crc32(payload).to_bytes(CHECK, "little")


def without_checksum(data: bytes) -> bytes:
    """The payload; raises Damaged where the checksum is another."""
    payload, told = data[:-CHECK], data[-CHECK:]
    if len(data) <= CHECK:
        raise Damaged(f"{len(data)} bytes are no payload and checksum")
    if zlib.crc32(payload).to_bytes(CHECK, "little") != told:
        raise Damaged("the checksum is another")
    return payload


def stuff(data: bytes) -> bytes:
    """COBS: the same without zeros, at most one byte in 254 longer."""
    out = bytearray()
    for index, run in enumerate(runs := data.split(b"\0")):
        last = index == len(runs) - 1
        while len(run) >= _LONGEST_RUN:
            out.append(_LONGEST_RUN + 1)
            out += run[:_LONGEST_RUN]
            run = run[_LONGEST_RUN:]
            if last and not run:
                return bytes(out)
        out.append(len(run) + 1)
        out += run
    return bytes(out)


def unstuff(data: bytes) -> bytes:
    """What was stuffed; raises Damaged for what never was."""
    out = bytearray()
    at = 0
    while at < len(data):
        length = data[at]
        run = data[at + 1 : at + length]
        if length == 0 or len(run) != length - 1 or b"\0" in run:
            raise Damaged("not stuffed bytes")
        out += run
        at += length
        if length <= _LONGEST_RUN and at < len(data):
            out.append(0)
    return bytes(out)


def frame(payload: bytes) -> bytes:
    """The bytes of one frame, with the zero at its end."""
    return stuff(with_checksum(payload)) + b"\0"


class FrameReader:
    """Takes bytes as they come, and gives the payloads of whole frames.

    What is damaged or longer than `largest` is dropped and counted; the next zero begins anew. No
    more than one largest frame is kept, whatever comes.
    """

    def __init__(self, largest: int = LARGEST_PAYLOAD) -> None:
        longest = largest + CHECK
        self._longest = longest + longest // _LONGEST_RUN + 1  # bytes, stuffed
        self._kept = bytearray()
        self._too_long = False
        self.damaged = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The payloads of the frames that these bytes complete."""
        pieces = data.split(b"\0")
        for piece in pieces[:-1]:
            if not piece and not self._kept and not self._too_long:
                continue  # zeros between frames are nothing
            self._keep(piece)
            payload = self._end()
            if payload is not None:
                yield payload
        self._keep(pieces[-1])

    def _keep(self, piece: bytes) -> None:
        if len(self._kept) + len(piece) > self._longest:
            self._too_long = True
            self._kept.clear()
        elif not self._too_long:
            self._kept += piece

    def _end(self) -> bytes | None:
        whole, too_long = bytes(self._kept), self._too_long
        self._kept.clear()
        self._too_long = False
        try:
            if too_long:
                raise Damaged("too long")
            return without_checksum(unstuff(whole))
        except Damaged:
            self.damaged += 1
            return None
