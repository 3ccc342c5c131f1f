"""The ascent record as it came down: whole, in part, or not at all, and what is said of it."""

import json
from pathlib import Path

from flight.icd.ascent_record import (
    CHUNK_BYTES,
    AscentSample,
    chunk_count,
    chunk_text,
    pack_sample,
)
from ground.reports.ascent_product import product_of, read_ascent_product, write_ascent_report
from tests.ground.pictures.run_writer import ArchiveWriter, ascent_samples


def chunks(samples: list[AscentSample], cut: int = 0) -> list[str]:
    """The chunks of samples, of a ring that has overwritten `cut` bytes of them."""
    data = b"".join(map(pack_sample, samples))[cut:]
    count = chunk_count(len(data))
    return [
        chunk_text(n, count, data[n * CHUNK_BYTES : (n + 1) * CHUNK_BYTES]) for n in range(count)
    ]


def write_archive(folder: Path, texts: list[str]) -> None:
    archive = ArchiveWriter(folder)
    archive.series("mav", "ascent_chunk", *((1000.0 + 0.2 * n, t) for n, t in enumerate(texts)))
    archive.close()


def test_all_samples_come_back_in_whatever_order_the_chunks_came() -> None:
    samples = ascent_samples()
    product = product_of(reversed(chunks(samples)))
    assert list(product.samples) == samples
    assert product.chunks > 3 and product.missing == ()


def test_what_surrounds_a_missing_and_a_damaged_chunk_is_kept() -> None:
    samples = ascent_samples()
    texts = chunks(samples)
    damaged = texts[2][:-8] + "AAAAAAA="
    product = product_of([*texts[:1], damaged, *texts[3:]])
    assert product.missing == (1, 2)
    assert set(product.samples) < set(samples)
    # Of two chunks of 12 000 bytes no more is lost than their samples and one at either end.
    assert len(samples) - len(product.samples) <= 2 * CHUNK_BYTES // 117 + 2
    assert list(product.samples) == sorted(product.samples)


def test_a_ring_that_has_overwritten_begins_with_its_first_whole_sample() -> None:
    samples = ascent_samples()
    product = product_of(chunks(samples, cut=50))
    assert list(product.samples) == samples[1:]
    # Also when a chunk in the middle is missing.
    texts = chunks(samples, cut=50)
    assert set(product_of([*texts[:1], *texts[2:]]).samples) < set(samples)


def test_a_sample_that_was_damaged_in_the_recorder_is_left_out() -> None:
    samples = ascent_samples()
    data = bytearray(b"".join(map(pack_sample, samples)))
    data[200 * 117 + 8] = 99  # a phase that does not exist
    count = chunk_count(len(data))
    pieces = [bytes(data[n * CHUNK_BYTES : (n + 1) * CHUNK_BYTES]) for n in range(count)]
    product = product_of(chunk_text(n, count, piece) for n, piece in enumerate(pieces))
    assert list(product.samples) == [*samples[:200], *samples[201:]]


def test_the_report_of_a_whole_record_has_its_figures(tmp_path: Path) -> None:
    write_archive(tmp_path, chunks(ascent_samples()))
    assert write_ascent_report(tmp_path)
    page = (tmp_path / "ascent_report.md").read_text()
    assert "All 5 chunks of the record came." in page
    figures = json.loads((tmp_path / "ascent_report.json").read_text())
    assert figures["dynamic_pressure"]["value"] == 2500.0
    assert figures["gaps"] == []


def test_a_record_without_a_burn_is_told_of_without_figures(tmp_path: Path) -> None:
    write_archive(tmp_path, chunks(ascent_samples())[:1])
    assert write_ascent_report(tmp_path)
    page = (tmp_path / "ascent_report.md").read_text()
    assert "There is none" in page and "did not come: 1, 2, 3, 4" in page
    assert not (tmp_path / "ascent_report.json").exists()


def test_a_run_without_an_ascent_gets_no_report(tmp_path: Path) -> None:
    assert not write_ascent_report(tmp_path)
    ArchiveWriter(tmp_path).close()
    assert read_ascent_product(tmp_path).chunks == 0
    assert not write_ascent_report(tmp_path)
    assert not (tmp_path / "ascent_report.md").exists()
