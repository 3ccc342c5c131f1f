"""Drills that are made from others or drawn: written as files, so that each can be flown again."""

from pathlib import Path
from typing import Any

import yaml

from flight.configuration.sections import load_section
from flight.configuration.whole_files import replace_file
from ground.drills.drill import Drill
from ground.drills.variants import load_variants

FOLDER = "generated"
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def plain_of(path: Path) -> dict[str, Any]:
    """What a drill file says, without its sweep."""
    found: dict[str, Any] = load_section(path).plain()
    found.pop("sweep", None)
    return found


def write_drill(folder: Path, name: str, plain: dict[str, Any]) -> Drill:
    """Writes a drill file and reads it; raises ConfigurationError when it has no meaning."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.yaml"
    replace_file(file, text_of(plain))
    (drill,) = load_variants(file)
    return drill


def text_of(plain: dict[str, Any]) -> str:
    """What a drill file of that content says."""
    return str(yaml.dump(plain, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=100))
