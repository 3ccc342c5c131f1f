"""The adapter of the tests as others bring theirs: by an entry point, in processes of their own."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
ENTRIES = """[threeforks.bench]
desk_motor = tests.sim_hw.bench.adapters.motor_adapter:MotorAdapter
not_there = tests.sim_hw.bench.adapters.nowhere:Nothing
never_safe = tests.sim_hw.bench.adapters.motor_adapter:NeverSafeAdapter
halts = tests.sim_hw.bench.adapters.motor_adapter:HaltsAdapter
no_adapter = tests.sim_hw.bench.adapters.motor_adapter:Does
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a package with these adapters were installed, here and in what is started from here."""
    package = folder / "desk_adapters-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: desk-adapters\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", f"{folder}:{ROOT}")
