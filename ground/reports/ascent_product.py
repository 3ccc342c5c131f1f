"""The ascent recorder's data product as it came down: samples, and what is missing of them.

The report of the ascent in a run folder is made from this, and so is its picture; no truth enters.
"""

from pathlib import Path

from flight.configuration.whole_files import replace_file
from flight.mav.node import Mav
from ground.mission_control import AscentProduct, product_of, sound_samples
from ground.missions.run_folder import read_archive
from ground.missions.vehicle_files import load_vehicle_file
from ground.reports.ascent_design import AscentDesign, design_of
from ground.reports.ascent_report import REPORT_PAGE, ascent_report, write
from sim_hw.assembly.mav import HARDWARE


def read_ascent_product(run_folder: Path) -> AscentProduct:
    """What the archive of a run holds of the ascent record; nothing when there is no archive."""
    database = read_archive(run_folder)
    if database is None:
        return AscentProduct((), 0, ())
    try:
        rows = database.execute(
            f"SELECT value, occurred_ns FROM {sound_samples(database)} JOIN streams USING (stream) "
            "WHERE source = 'mav' AND channel = 'ascent_chunk' ORDER BY occurred_ns"
        ).fetchall()
    finally:
        database.close()
    return product_of(str(text) for text, _ in rows)


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
