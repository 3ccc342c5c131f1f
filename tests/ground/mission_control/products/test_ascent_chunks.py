"""What is read of an ascent record of which chunks are missing, damaged, or overwritten."""

import pytest

from flight.icd.ascent_record import (
    CHUNK_BYTES,
    PHASES,
    SAMPLE_BYTES,
    AscentSample,
    chunk_text,
    pack_sample,
)
from ground.mission_control.products.ascent_record import product_of

NONE = (0.0, 0.0, 0.0)


def record(count: int) -> bytes:
    return b"".join(
        pack_sample(AscentSample(
            float(number), PHASES[number % 7], (1.0, 2.0, 3.0), NONE, (1.0, 0.0, 0.0, 0.0), NONE,
            NONE, NONE, (0.0, 0.0), 1.0, 2.0, 0.0,
        ))
        for number in range(count)
    )  # fmt: skip


def chunks(data: bytes) -> list[str]:
    parts = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
    return [chunk_text(number, len(parts), part) for number, part in enumerate(parts)]


def times(texts: list[str]) -> list[float]:
    return [each.time for each in product_of(texts).samples]


WHOLE = CHUNK_BYTES // SAMPLE_BYTES  # samples in one chunk
COUNT = 3 * WHOLE + 5


def test_the_whole_record_in_any_order_and_twice() -> None:
    texts = chunks(record(COUNT))
    told = product_of([*reversed(texts), *texts])
    assert [each.time for each in told.samples] == [float(n) for n in range(COUNT)]
    assert (told.chunks, told.missing) == (len(texts), ())
    assert told.samples[9].phase == PHASES[2] and told.samples[9].position == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_of_a_chunk_that_is_missing_only_its_samples_are(gone: int) -> None:
    """Those that lie in part in it are missing too, and none is read askew."""
    texts = chunks(record(COUNT))
    for left in (texts[:gone] + texts[gone + 1 :], [*texts[:gone], "nonsense", *texts[gone + 1 :]]):
        told = product_of(left)
        lost = range(gone * CHUNK_BYTES, (gone + 1) * CHUNK_BYTES)
        kept = [
            float(n) for n in range(COUNT)
            if n * SAMPLE_BYTES not in lost and (n + 1) * SAMPLE_BYTES - 1 not in lost
        ]  # fmt: skip
        if gone == 3:  # without the last nothing says where samples begin: as if at the beginning
            kept = [each for each in kept if (each + 1) * SAMPLE_BYTES <= 3 * CHUNK_BYTES]
        assert [each.time for each in told.samples] == kept
        assert gone == 3 or told.missing == (gone,)


@pytest.mark.parametrize("cut", [0, 1, SAMPLE_BYTES - 1, SAMPLE_BYTES, SAMPLE_BYTES + 1])
def test_a_ring_that_has_overwritten_begins_within_a_sample(cut: int) -> None:
    first = -(-cut // SAMPLE_BYTES)
    assert times(chunks(record(COUNT)[cut:])) == [float(n) for n in range(first, COUNT)]


@pytest.mark.parametrize("bad", [{0}, {7}, {COUNT - 1}, {3, 4, 200}, set(range(COUNT))])
def test_a_sample_that_was_damaged_before_it_was_sent_is_left_out_alone(bad: set[int]) -> None:
    data = bytearray(record(COUNT))
    for number in bad:
        data[number * SAMPLE_BYTES + 8] = len(PHASES)
    assert times(chunks(bytes(data))) == [float(n) for n in range(COUNT) if n not in bad]


def test_of_nothing_there_is_nothing() -> None:
    assert product_of([]) == (told := product_of(["nonsense"]))
    assert (told.samples, told.chunks, told.missing) == ((), 0, ())
