"""`msr drill` as a person gives it: in a process of its own."""

import subprocess
import sys
from pathlib import Path


def msr_drill(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Flies drills; `folder` gets their records."""
    command = [sys.executable, "-m", "ground.cli", "drill", *arguments, "--out", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
