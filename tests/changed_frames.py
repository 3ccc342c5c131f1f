"""Frames that were changed on their way: what happens to bits between two computers."""

import random
from collections.abc import Iterator


def changed(good: bytes, draw: random.Random) -> bytes:
    """The bytes with one thing done to them; never the same bytes."""
    while True:
        data = _changed(bytearray(good), draw)
        if data != good:
            return data


def changed_frames(goods: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """So many, in turn of each of the good ones."""
    draw = random.Random(seed)
    for number in range(count):
        yield changed(goods[number % len(goods)], draw)


def _changed(data: bytearray, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    match draw.randrange(9):
        case 0:  # single bits, as radiation and noise flip them
            data[at] ^= 1 << draw.randrange(8)
        case 1:
            for _ in range(draw.randrange(2, 9)):
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        case 2:  # a burst
            for place in range(at, min(len(data), at + draw.randrange(1, 17))):
                data[place] = draw.randrange(256)
        case 3:  # cut off, behind or before
            del data[at:]
        case 4:
            del data[: at + 1]
        case 5:  # bytes that were lost, or put in
            del data[at : at + draw.randrange(1, 9)]
        case 6:
            data[at:at] = draw.randbytes(draw.randrange(1, 9))
        case 7:  # two frames that ran into one another
            data += data[at:]
        case 8:  # zeros where data were
            data[at : at + 8] = bytes(len(data[at : at + 8]))
    return bytes(data)
