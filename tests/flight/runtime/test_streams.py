"""Random streams: one for each entity, independent of all others."""

import pytest

from flight.runtime.streams import stream


def draws(seed: int, name: str) -> list[float]:
    generator = stream(seed, name)
    return [generator.random() for _ in range(5)]


def test_the_same_seed_and_name_give_the_same_stream() -> None:
    assert draws(1, "rover.wheels") == draws(1, "rover.wheels")


@pytest.mark.requirement("RUN-07")
def test_another_seed_or_name_gives_another_stream() -> None:
    streams = [draws(seed, name) for seed in (1, 2, 11) for name in ("a", "b", "1/a")]
    assert len({tuple(each) for each in streams}) == len(streams)


def test_a_stream_is_the_same_on_every_machine_and_version() -> None:
    # From the definition: SHA-256 of "1/world", its first 16 bytes as the Mersenne twister's seed.
    assert stream(1, "world").getrandbits(64) == WORLD_BITS


WORLD_BITS = 17796453761205066611
