"""The folder of an emulated device: a killed bench leaves it, and the next one sweeps it."""

import asyncio
import contextlib
import os
import signal
import tempfile
from pathlib import Path

import pytest

from flight.configuration.scratch_folder import ScratchFolder
from sim_hw.bench.emulated_wire import EmulatedOpener
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.wire import WireLost

NO_IMAGE = "qemu:///nowhere/x.elf"


def opened() -> EmulatedOpener:
    """One that has been asked for its wire, and has none."""
    opener = EmulatedOpener(read_address(NO_IMAGE))
    with contextlib.suppress(WireLost):
        asyncio.run(opener())  # type: ignore[arg-type]
    return opener


def bench() -> tuple[int, Path]:
    """A process with an emulated device; its number and the folder."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        opener = opened()
        os.write(writing, str(opener._folder.path).encode())  # type: ignore[union-attr]
        signal.pause()
    os.close(writing)
    told = os.read(reading, 1000).decode()
    os.close(reading)
    return process, Path(told)


def test_what_a_killed_bench_has_left_is_swept_and_a_living_ones_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ScratchFolder, "_swept", True)  # in the benches that are neighbours
    (dead, left), (living, kept) = bench(), bench()
    try:
        os.kill(dead, signal.SIGKILL)
        os.waitpid(dead, 0)
        assert left.is_dir() and left.name.startswith("msr-qemu-")
        monkeypatch.setattr(ScratchFolder, "_swept", False)
        opener = opened()
        assert not left.exists() and kept.is_dir()
        asyncio.run(opener.close())
        assert list(tmp_path.iterdir()) == [kept]
    finally:
        os.kill(living, signal.SIGKILL)
        os.waitpid(living, 0)
