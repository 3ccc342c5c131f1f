"""Drills that are made from others or drawn: written as files, so that each can be flown again."""

from pathlib import Path
from typing import Any

import yaml

from flight.configuration.sections import load_section
from ground.drills.drill import Drill
from ground.drills.variants import load_variants

FOLDER = "generated"


def plain_of(path: Path) -> dict[str, Any]:
    """What a drill file says, without its sweep."""
    found: dict[str, Any] = load_section(path).plain()
    found.pop("sweep", None)
    return found


def write_drill(folder: Path, name: str, plain: dict[str, Any]) -> Drill:
    """Writes a drill file and reads it; raises ConfigurationError when it has no meaning."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.yaml"
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    file.write_text(text, encoding="utf-8")
    (drill,) = load_variants(file)
    return drill
