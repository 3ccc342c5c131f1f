"""What the kernel tells of programs that wanted the CPU and had to wait for it."""

from pathlib import Path

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
