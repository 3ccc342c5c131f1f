"""Bits that are turned on their way, on the bus and on links alike."""

from sim_hw.faults.kind import Injection


def turned(data: bytes, bits: int, where: str, injection: Injection) -> bytes:
    """The bytes with so many bits turned, drawn by the fault's own chance; one that is drawn twice
    is as it was. A hit where they differ; of nothing nothing can be turned."""
    changed = bytearray(data)
    for _ in range(bits if changed else 0):
        bit = injection.random.randrange(8 * len(changed))
        changed[bit // 8] ^= 1 << bit % 8
    if bytes(changed) != data:
        injection.hit(where, "whole", f"{bits} bits turned")
    return bytes(changed)
