"""Whether a value that was kept is the one that was written."""

import zlib


def checksum(namespace: str, key: str | int, encoded: bytes) -> int:
    """CRC-32 over name and value, so that a value under a wrong name is found too."""
    return zlib.crc32(encoded, zlib.crc32(f"{namespace}\0{key}\0".encode()))
