"""One seed gives one hash on each Python that is found here; the test says which these were."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = tuple(f"python3.{minor}" for minor in range(11, 20))
NEEDED = "zmq, msgpack, msgspec, transitions, numpy, yaml, rich"
LANDING = """
import hashlib
from ground.studies.landing_study import fly_run
print(hashlib.sha256(repr(fly_run(3)).encode()).hexdigest())
"""
INSTALLING = 900.0  # wall seconds, on a machine that does other things beside
FLYING = 900.0


def interpreters() -> dict[str, Path]:
    """Pythons from 3.11 on, by version: this one, those of PATH and of pyenv."""
    folders = [Path(each) for each in os.environ.get("PATH", "").split(os.pathsep) if each]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    if pyenv.is_dir():
        folders += sorted(each / "bin" for each in pyenv.iterdir())
    found: dict[str, Path] = {}
    for python in (Path(sys.executable), *(folder / name for folder in folders for name in NAMES)):
        version = _answer(python, "import sys; print('.'.join(map(str, sys.version_info[:3])))")
        if version is not None and tuple(map(int, version.split("."))) >= (3, 11):
            found.setdefault(version, python)
    return found


def _answer(python: Path, program: str, seconds: float = 60.0) -> str | None:
    """What a program prints; None when it cannot be run, as by a shim of pyenv."""
    if not os.access(python, os.X_OK):
        return None
    done = subprocess.run(
        [str(python), "-c", program], capture_output=True, text=True, timeout=seconds, cwd=ROOT,
        check=False,
    )  # fmt: skip
    return done.stdout.strip() if done.returncode == 0 else None


def say(capsys: pytest.CaptureFixture[str], what: str, versions: Sequence[str]) -> None:
    """Past the capture of pytest: which interpreters these were is the point."""
    with capsys.disabled():
        print(f"\n{what}: Python {', '.join(versions)}")


def test_a_landing_comes_out_alike_on_each_interpreter_that_can_fly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    able = {
        version: python
        for version, python in interpreters().items()
        if _answer(python, f"import {NEEDED}") is not None
    }
    hashes = {version: _answer(python, LANDING) for version, python in able.items()}
    say(capsys, "one landing", sorted(hashes))
    assert len(set(hashes.values())) == 1, hashes
    assert None not in hashes.values()


@pytest.mark.check
@pytest.mark.processes
@pytest.mark.timeout(5400)
def test_short_has_one_hash_on_each_interpreter(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hashes: dict[str, str] = {}
    for version, python in interpreters().items():
        able = python if python == Path(sys.executable) else environment(python, tmp_path / version)
        hashes[version] = fly_short(able, tmp_path / f"run-{version}")
    say(capsys, "short", sorted(hashes))
    assert len(set(hashes.values())) == 1, hashes


@pytest.mark.check
@pytest.mark.processes
@pytest.mark.timeout(3600)
def test_short_has_one_hash_with_fma_and_without(tmp_path: Path) -> None:
    python = Path(sys.executable)
    hashes = {
        fly_short(python, tmp_path / "as-it-is", ""),
        fly_short(python, tmp_path / "without", "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2"),
    }
    assert len(hashes) == 1


def environment(python: Path, folder: Path) -> Path:
    """A virtual environment of an interpreter with what flying needs; its Python."""
    subprocess.run(
        [str(python), "-m", "venv", str(folder)], check=True, timeout=INSTALLING,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    able = folder / "bin" / "python"
    subprocess.run(
        [str(able), "-m", "pip", "install", "--quiet", "--editable", str(ROOT)], check=True,
        timeout=INSTALLING, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return able


def fly_short(python: Path, folder: Path, tunables: str | None = None) -> str:
    """The hash of `msr fly short`, in a process of its own, which pins itself."""
    given = {} if tunables is None else {"GLIBC_TUNABLES": tunables}
    subprocess.run(
        [str(python), "-m", "ground.cli", "fly", "short", "--quiet", "--no-pictures",
         "--out", str(folder)],
        env=os.environ | given, check=True, timeout=FLYING, cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return str(json.loads((folder / "summary.json").read_text())["log_sha256"])
