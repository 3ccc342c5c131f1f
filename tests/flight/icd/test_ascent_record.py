"""The ascent record travels in chunks, and is whole or says what is missing."""

import pytest

from flight.icd.ascent_record import (
    SAMPLE_BYTES,
    AscentSample,
    assemble,
    chunk_count,
    chunk_text,
    pack_sample,
    read_chunk,
    unpack_samples,
)

CHUNK_BYTES = 12_000


def sample(number: int) -> AscentSample:
    return AscentSample(
        0.02 * number, "first_burn", (3.4e6, -1.0, float(number)), (1.0, 2.0, 3.0),
        (1.0, 0.0, 0.0, 0.0), (0.0, 0.5, 0.0), (20.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.25, -0.25),
        1.5, 640.0, 0.0625,
    )  # fmt: skip


def test_samples_come_back_as_they_were() -> None:
    samples = [sample(n) for n in range(300)]
    data = b"".join(map(pack_sample, samples))
    count = chunk_count(len(data))
    assert count > 2
    texts = [
        chunk_text(n, count, data[n * CHUNK_BYTES : (n + 1) * CHUNK_BYTES]) for n in range(count)
    ]
    assert unpack_samples(assemble(reversed(texts))) == samples


def test_what_a_full_ring_has_cut_is_passed_over() -> None:
    data = b"".join(pack_sample(sample(n)) for n in range(5))
    assert unpack_samples(data[SAMPLE_BYTES // 2 :]) == [sample(n) for n in range(1, 5)]


def test_missing_and_damaged_chunks_are_named() -> None:
    texts = [chunk_text(n, 4, bytes([n]) * 10) for n in range(4)]
    damaged = texts[2][:-4] + "AAA="
    with pytest.raises(ValueError, match="checksum"):
        read_chunk(damaged)
    with pytest.raises(ValueError, match="chunks missing: 1, 2"):
        assemble([texts[0], damaged, texts[3]])
    assert assemble([damaged, *texts]) == b"".join(bytes([n]) * 10 for n in range(4))
    with pytest.raises(ValueError, match="not a chunk"):
        read_chunk("nonsense")
