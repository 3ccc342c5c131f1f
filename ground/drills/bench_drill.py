"""A drill that was flown on a bench: what is kept of it, and the same again without the devices."""

from pathlib import Path

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE
from flight.configuration.scratch_folder import ScratchFolder
from flight.configuration.whole_files import replace_file
from ground.drills.flying import Flight
from ground.drills.jobs import Job
from ground.drills.record import Record
from ground.drills.worker import drill_of
from ground.testbed.bench.host import Bench

DRILL_FILE = "bench_drill.json"
FORMAT = 1


class FlownDrill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`job`: what was flown, with the drill's text; `sha256`: of its messages up to its end."""

    job: Job
    sha256: str
    verdict: str
    format: int = FORMAT


def keep(folder: Path, flown: FlownDrill) -> None:
    """Into the folder of the flight."""
    replace_file(folder / DRILL_FILE, msgspec.json.encode(flown))


def read_flown(folder: Path) -> FlownDrill:
    """What was kept; raises ConfigurationError."""
    file = folder / DRILL_FILE
    try:
        found = msgspec.json.decode(file.read_bytes(), type=FlownDrill)
    except (OSError, *UNDECODABLE) as error:
        raise ConfigurationError(str(file), None, "", f"no drill of a bench: {error}") from error
    if found.format != FORMAT:
        problem = f"= {found.format}: allowed is {FORMAT}"
        raise ConfigurationError(str(file), None, "format", problem)
    return found


def fly_again(flown: FlownDrill, kind: Bench, out: Path) -> Record:
    """The drill once more, by a `kind` whose devices say what they said then; raises
    ConfigurationError where it leaves no record."""
    records: list[Record] = []
    job = msgspec.structs.replace(flown.job, alone=True)
    with ScratchFolder("drill-") as home:
        pair = (job, drill_of(job, home))
        Flight([pair], lambda job, record: records.append(record), kind=kind, folder=out).fly()
    if not records:
        raise ConfigurationError(str(out), None, "", "the flight left no record")
    return records[0]
