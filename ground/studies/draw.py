"""Draws the results of a study."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ground.pictures.draw import only_matplotlib_may_be_missing


def draw_study(kind: str, results: Sequence[Any], folder: Path) -> Path | None:
    """Draws the results of a study into its folder: `landings.png` or `ascents.png` by its kind,
    `landing` or `ascent`. None, and a sentence on stderr, without matplotlib."""
    try:
        from ground.pictures.style import house_style, save
        from ground.studies.ascent_dispersions import draw_ascent_dispersions
        from ground.studies.landing_dispersions import draw_landing_dispersions
    except ModuleNotFoundError as error:
        only_matplotlib_may_be_missing(error)
        return None
    draws: dict[str, Callable[[Any], Any]] = {
        "landing": draw_landing_dispersions,
        "ascent": draw_ascent_dispersions,
    }
    with house_style():
        return save(draws[kind](results), folder / f"{kind}s.png")
