"""A mission flown by two versions of the program in turns: ratios, which mean the same anywhere.

Seconds of two runs cannot be compared when others use the machine; those of two flights of which
one followed the other can. Each flight is a process of its own, so that its peak of memory is its
own as well.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from flight.configuration.files import ConfigurationError
from flight.configuration.scratch_folder import ScratchFolder

HERE = Path(__file__).parents[2]
_MEGABYTE = 2**20  # as `msr fly` tells them
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, of `ru_maxrss`


class DoesNotFly(RuntimeError):
    """A version did not fly the mission; in one sentence, with the last that it said."""


@dataclass(frozen=True)
class Flight:
    """What one flight took: s of processor time and of the wall's, its peak of memory in MB; the
    SHA-256 of its messages."""

    processor: float
    wall: float
    peak: float
    sha256: str


@dataclass(frozen=True)
class TwoVersions:
    """The flights of this version and of another one, in pairs: each flew after the other."""

    mission: str
    ours: tuple[Flight, ...]
    theirs: tuple[Flight, ...]

    def ratio(self, of: Callable[[Flight], float]) -> float:
        """The median of ours over the median of theirs: below 1, ours takes less."""
        return median(map(of, self.ours)) / median(map(of, self.theirs))

    @property
    def same_messages(self) -> bool:
        """Whether all flights had the same messages."""
        return len({each.sha256 for each in (*self.ours, *self.theirs)}) == 1


def check_version(folder: Path) -> Path:
    """The folder of another version, absolute. Raises ConfigurationError where there is none."""
    if not (folder / "ground" / "cli.py").is_file():
        problem = f"= {folder}: allowed is a folder with a version of this program (ground/cli.py)"
        raise ConfigurationError("command line", None, "--against", problem)
    return folder.resolve()


def compare_versions(
    mission: str, other: Path, rounds: int, fly: Callable[[Path, str], Flight] | None = None
) -> TwoVersions:
    """Flies a mission with both versions in turns; who begins swaps each round.

    Raises DoesNotFly.
    """
    fly = fly or fly_version
    flights: dict[Path, list[Flight]] = {HERE: [], other: []}
    for number in range(rounds):
        for version in (HERE, other) if number % 2 == 0 else (other, HERE):
            flights[version].append(fly(version, mission))
    return TwoVersions(mission, tuple(flights[HERE]), tuple(flights[other]))


def fly_version(version: Path, mission: str) -> Flight:
    """One flight by the program in a folder, with this interpreter and its libraries."""
    with ScratchFolder() as folder:
        out, said = Path(folder) / "run", Path(folder) / "said"
        command = [sys.executable, "-m", "ground.cli", "fly", mission, "--quiet", "--no-pictures"]
        started = time.perf_counter()
        with said.open("wb") as file:
            process = subprocess.Popen(
                [*command, "--out", str(out)], cwd=version, stdout=file, stderr=file
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        if process.returncode != 0:
            words = said.read_text(errors="replace").strip().splitlines()
            last = words[-1] if words else "nothing was said"
            raise DoesNotFly(f"{version} did not fly {mission} ({process.returncode}): {last}")
        sha256 = json.loads((out / "summary.json").read_text())["log_sha256"]
    peak = used.ru_maxrss * _PEAK_UNIT / _MEGABYTE
    return Flight(used.ru_utime + used.ru_stime, wall, peak, sha256)
