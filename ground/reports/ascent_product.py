"""The ascent recorder's data product as it came down: samples, and what is missing of them.

The report of the ascent in a run folder is made from this, and so is its picture; no truth enters.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flight.configuration.whole_files import replace_file
from flight.icd.ascent_record import (
    CHUNK_BYTES,
    SAMPLE_BYTES,
    AscentSample,
    collect,
    unpack_samples,
)
from flight.mav.node import Mav
from ground.missions.run_folder import read_archive
from ground.missions.vehicle_files import load_vehicle_file
from ground.reports.ascent_design import AscentDesign, design_of
from ground.reports.ascent_report import REPORT_PAGE, ascent_report, write
from sim_hw.assembly.mav import HARDWARE


@dataclass(frozen=True)
class AscentProduct:
    """Samples in the order of time, of how many chunks, and the numbers of those not here."""

    samples: tuple[AscentSample, ...]
    chunks: int
    missing: tuple[int, ...]


def product_of(texts: Iterable[str]) -> AscentProduct:
    """All samples that are whole in the chunks that came; damaged chunks count as missing."""
    found, count = collect(texts)
    missing = tuple(number for number in range(count) if number not in found)
    # A ring that has overwritten begins within a sample: only from its end on they are aligned.
    first = 0
    if count - 1 in found:
        first = ((count - 1) * CHUNK_BYTES + len(found[count - 1])) % SAMPLE_BYTES
    samples: list[AscentSample] = []
    for start, data in _runs(found):
        skipped = (first - start) % SAMPLE_BYTES
        whole = max((len(data) - skipped) // SAMPLE_BYTES, 0)
        samples += _sound(data[skipped : skipped + whole * SAMPLE_BYTES])
    return AscentProduct(tuple(samples), count, missing)


def _sound(data: bytes) -> list[AscentSample]:
    """The samples of whole records, without those that were damaged before they were sent."""
    try:
        return unpack_samples(data)
    except ValueError:
        if len(data) <= SAMPLE_BYTES:
            return []
    middle = len(data) // SAMPLE_BYTES // 2 * SAMPLE_BYTES
    return _sound(data[:middle]) + _sound(data[middle:])


def _runs(found: dict[int, bytes]) -> list[tuple[int, bytes]]:
    """Chunks that follow each other joined: offset of each run, and its bytes."""
    runs: list[tuple[int, bytes]] = []
    for number in sorted(found):
        start = number * CHUNK_BYTES
        if runs and runs[-1][0] + len(runs[-1][1]) == start:
            runs[-1] = (runs[-1][0], runs[-1][1] + found[number])
        else:
            runs.append((start, found[number]))
    return runs


def read_ascent_product(run_folder: Path) -> AscentProduct:
    """What the archive of a run holds of the ascent record; nothing when there is no archive."""
    database = read_archive(run_folder)
    if database is None:
        return AscentProduct((), 0, ())
    try:
        rows = database.execute(
            "SELECT value FROM samples JOIN streams USING (stream) "
            "WHERE source = 'mav' AND channel = 'ascent_chunk' ORDER BY occurred_ns"
        ).fetchall()
    finally:
        database.close()
    return product_of(str(text) for (text,) in rows)


def ascent_design() -> AscentDesign:
    """The design that the MAV's vehicle file states; raises ConfigurationError."""
    file = load_vehicle_file(Mav, HARDWARE)
    return design_of(file.flight, file.hardware)


def write_ascent_report(run_folder: Path) -> bool:
    """Writes the report of the ascent into a run folder; False when nothing came of a record.

    Where too much is missing, the page says so, and there are no figures.
    """
    product = read_ascent_product(run_folder)
    if not product.chunks:
        return False
    try:
        report = ascent_report(product.samples, ascent_design())
    except ValueError as error:
        page = f"# Report of the ascent\n\nThere is none: {error}. {_came(product)}\n"
        replace_file(run_folder / REPORT_PAGE, page)
        return True
    write(run_folder, report, _came(product))
    return True


def _came(product: AscentProduct) -> str:
    if not product.missing:
        return f"All {product.chunks} chunks of the record came."
    numbers = ", ".join(map(str, product.missing))
    return f"Of {product.chunks} chunks of the record these did not come: {numbers}."
