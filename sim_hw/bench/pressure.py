"""Whether this machine was late, and no device: the one rule, for a silence and for a probe.

A program that had no turn cannot tell a device that was slow from a host that gave nobody the CPU.
Two things can: by how much what was due here came too late, and what the kernel tells of programs
that wanted the CPU and had to wait for it (one of them may be the device).
"""

from dataclasses import dataclass
from pathlib import Path

from sim_hw.bench.wire.client import HEARTBEAT, SILENCE

FILE = Path("/proc/pressure/cpu")
"""Pressure stall information of Linux, since 4.20: https://docs.kernel.org/accounting/psi.html."""


def stalled_s(file: Path = FILE) -> float:
    """For how long, s since the machine began, some program has waited for a CPU; 0 always where
    the kernel does not tell."""
    try:
        some = next(line for line in file.read_text().splitlines() if line.startswith("some "))
        return int(some.rpartition("total=")[2]) / 1e6
    except (OSError, StopIteration, ValueError):
        return 0.0


@dataclass(frozen=True)
class Excuse:
    """What is enough to take a machine for the one that was late: `late`, s by which what was due
    on it came too late, or `waited`, s in which some program waited for a CPU."""

    late: float
    waited: float

    def words(self, late: float, waited: float, seconds: float) -> str:
        """By what a machine was late in a time of so many seconds; "" where it was not. The limit
        exactly met is enough."""
        if late >= self.late:
            return f"this machine was late by {late:.2f} s itself"
        if waited >= self.waited and waited > 0.0:
            told = f"{min(waited, seconds):.2f} s of {seconds:.2f} s"
            return f"some program of this machine waited for a CPU for {told}"
        return ""


FIRST = HEARTBEAT / SILENCE  # of a silence, until its first heartbeat is due
TURNS = 0.2  # of a silence, in which a program that has waited long has its turn again


def of_a_silence(seconds: float) -> Excuse:
    """A device that was silent for so long has missed each heartbeat in it. It had no turn for them
    where it waited for all of that time but until the first was due, and what it ran in between; a
    device that is slow by itself waits for no CPU."""
    enough = (1.0 - FIRST - TURNS) * seconds
    return Excuse(enough, enough)


WAITING = 0.05  # of a probe's time: a machine with a CPU for each program has under 1 %


def of_a_probe(seconds: float, allowed: float) -> Excuse:
    """A probe that lasted so long fails a device for what takes longer than `allowed` (s): two
    fifths of that are enough. When programs waited is told for all of the probe alone, so that
    little of it is enough: the probe is asked again then, or nobody can say."""
    return Excuse(0.4 * allowed, WAITING * seconds)
