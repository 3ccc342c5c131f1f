"""The checksum behind all that travels: CRC-32 over the bytes before it, four bytes, little endian.

CRC-32/ISO-HDLC, of Ethernet (IEEE 802.3) and `zlib`. It finds every change of up to three bits in
as much as 11 450 bytes, of up to four in 371, and every burst of up to 32 bits (P. Koopman, 32-Bit
Cyclic Redundancy Codes for Internet Applications, DSN 2002, table 1); of other changes one in 2^32
passes. CRC-32C finds more in short messages, but the standard library has it not, and in Python it
would take a hundred times as long. Against somebody who forges, no checksum helps: see
`docs/explanation/trust.md`.
"""

from zlib import crc32

from flight.icd.codec import CodecError

CHECKSUM_BYTES = 4
_RESIDUE = 0x2144DF1C
"""The checksum over data and their own checksum, whatever the data are: so of any CRC."""


class Corrupt(CodecError):
    """Bytes that were changed on their way: their checksum does not match."""

    def __init__(self, data: bytes) -> None:
        super().__init__(f"{len(data)} bytes whose checksum does not match")


def sealed(data: bytes) -> bytes:
    """The bytes with their checksum behind them."""
    return data + crc32(data).to_bytes(CHECKSUM_BYTES, "little")


def is_whole(data: bytes) -> bool:
    """Whether bytes with a checksum behind them are as they were sealed."""
    return crc32(data) == _RESIDUE


def opened(data: bytes) -> bytes:
    """The bytes before their checksum; raises Corrupt when they were changed."""
    if crc32(data) != _RESIDUE:
        raise Corrupt(data)
    return data[:-CHECKSUM_BYTES]


def opened_unchecked(data: bytes) -> bytes:
    """The bytes before their checksum, changed or not: what a drill puts in place of `opened`."""
    return data[:-CHECKSUM_BYTES]
