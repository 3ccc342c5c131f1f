"""Seeded random streams, one for each entity, so that adding one shifts no other."""

import hashlib
import random


def stream(seed: int, name: str) -> random.Random:
    """The random stream of the entity `name` in the run `seed`."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return random.Random(int.from_bytes(digest[:16], "big"))
