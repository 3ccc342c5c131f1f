"""`msr drill` as a person gives it: in a process of its own."""

import subprocess
import sys
from pathlib import Path


def msr_drill(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Flies drills; `folder` gets their records."""
    command = [sys.executable, "-m", "ground.cli", "drill", *arguments, "--out", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def all_are_shown(folder: Path, drills: str) -> None:
    """Flies a folder of drills with its score: each is survived, and not without what protects."""
    ended = msr_drill(folder, drills, "--score")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "NOT SHOWN" not in ended.stdout
    assert "protection score: 100%" in ended.stdout
