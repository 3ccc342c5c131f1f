"""What a verdict rests on: program, configuration, versions, host, seed; and whether two runs of
these are the same."""

import hashlib
import platform
import subprocess
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import flight
from flight.configuration.files import configs_folder, find_configuration
from ground.missions.mission import LoadedMission
from ground.testbed.host import HostKind

PACKAGES = ("threeforks", "transitions", "pyzmq", "msgpack", "msgspec", "numpy", "PyYAML")
FOLDERS = ("vehicles", "links", "world", "procedures", "fault_protection", "operators")
FILES = ("recovery.yaml",)
"""What every run may read, beside its mission file."""
PATIENCE = 10.0  # wall seconds for git


def evidence_of(
    mission: LoadedMission, seed: int, kind: HostKind, protections_off: Collection[str] = ()
) -> dict[str, Any]:
    """Plain data for `summary.json`."""
    because = list(kind.not_deterministic)
    return {
        "program": program(Path(flight.__file__).resolve().parents[1]),
        "configuration": configuration_hashes(mission),
        "versions": {"python": platform.python_version(), **_versions()},
        "platform": platform.platform(),
        "host": kind.name,
        "options": kind.options(mission),
        "seed": seed,
        "protections_off": list(protections_off),
        "deterministic": not because,
        "because": because,
    }


def program(checkout: Path) -> dict[str, Any]:
    """The commit of a checkout, and whether files differ from it; nulls for an installation."""
    unknown: dict[str, Any] = {"commit": None, "dirty": None}
    if not (checkout / ".git").exists():
        return unknown
    try:
        commit = _git(checkout, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(checkout, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return unknown


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "--no-optional-locks", "-C", str(checkout), *arguments],
        capture_output=True, text=True, check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.stdout.strip()


def configuration_hashes(mission: LoadedMission) -> dict[str, str]:
    """SHA-256 of the configuration files that a run of a mission may read, by their paths: within
    `configs`, or whole. The mission file stands first."""
    top = configs_folder()
    files = [mission.file, find_configuration("procedures", mission.mission.procedure)]
    files += [top / name for name in FILES]
    for folder in FOLDERS:
        files += sorted((top / folder).rglob("*.yaml"))
    hashes: dict[str, str] = {}
    for file in files:
        whole = file.resolve()
        inside = whole.is_relative_to(top.resolve())
        name = whole.relative_to(top.resolve()).as_posix() if inside else str(whole)
        hashes[name] = file_hash(file)
    return hashes


def file_hash(file: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found
