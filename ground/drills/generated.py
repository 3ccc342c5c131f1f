"""Drills that are made from others or drawn: written as files, so that each can be flown again."""

from pathlib import Path
from typing import Any

import yaml

from flight.configuration.whole_files import replace_file
from ground.drills.drill import Drill
from ground.drills.variants import load_variants, plain_variant

FOLDER = "generated"
_SAFE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_SAFE):
    """Writes what stands at two places twice: nobody has to look up what is meant."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def plain_of(drill: Drill) -> dict[str, Any]:
    """What a file would say that held this drill alone."""
    return plain_variant(drill.file, drill.swept)


def write_drill(folder: Path, name: str, plain: dict[str, Any]) -> Drill:
    """Writes a drill file and reads it; raises ConfigurationError when it has no meaning."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.yaml"
    replace_file(file, text_of(plain))
    (drill,) = load_variants(file)
    return drill


def text_of(plain: dict[str, Any]) -> str:
    """What a drill file of that content says; what holds no more than values is on one line."""
    told = yaml.dump(
        plain,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=None,
    )
    return str(told)
