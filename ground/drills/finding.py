"""Finds the drills that a command line means: all are read and checked before any is flown."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError, configs_folder
from ground.drills.drill import Drill
from ground.drills.variants import load_variants

ENDINGS = (".yaml", ".yml")


def drills_in(paths: Sequence[Path], only: Sequence[str] = ()) -> list[Drill]:
    """The drills of files and folders, with all their variants; raises ConfigurationError.

    Drills of a folder are named by their place in it.
    """
    if not paths:
        raise ConfigurationError(
            "command line",
            None,
            "",
            "FILE or FOLDER is missing: allowed are drill files and folders",
        )
    found: list[Drill] = []
    for path in paths:
        found += _in(_path_of(path))
    if not only:
        return found
    names = [drill.name for drill in found]
    for name in only:
        if name not in names:
            raise ConfigurationError(
                "command line", None, "--only", f"= {name}: {choices_words(name, names)}"
            )
    return [drill for drill in found if drill.name in only]


def _path_of(path: Path) -> Path:
    """A path, or what is meant by one below `configs/drills`."""
    home = configs_folder() / "drills"
    for place in (path, home / path, home / f"{path}.yaml"):
        if place.exists():
            return place
    raise ConfigurationError("command line", None, "", f"{path}: there is no such file or folder")


def _in(path: Path) -> list[Drill]:
    if not path.is_dir():
        return load_variants(path)
    files = sorted(file for file in path.rglob("*") if file.suffix in ENDINGS)
    if not files:
        raise ConfigurationError("command line", None, "", f"{path}: no drill file is in it")
    drills: list[Drill] = []
    for file in files:
        prefix = file.relative_to(path).parent.as_posix()
        prefix = "" if prefix == "." else f"{prefix}/"
        drills += [replace(drill, name=f"{prefix}{drill.name}") for drill in load_variants(file)]
    return drills
