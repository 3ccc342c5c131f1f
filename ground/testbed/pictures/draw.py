"""Draws all pictures of a run."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ground.testbed.pictures.run_data import RunData

MISSING = (
    "No pictures: matplotlib is not installed. Install the extra `plots`: "
    "pip install 'threeforks[plots]'"
)


def draw_study(kind: str, results: Sequence[Any], folder: Path) -> Path | None:
    """Draws the results of a study into its folder: `landings.png` or `ascents.png` by its kind,
    `landing` or `ascent`. None, and a sentence on stderr, without matplotlib."""
    try:
        from ground.testbed.pictures.ascent_dispersions import draw_ascent_dispersions
        from ground.testbed.pictures.landing_dispersions import draw_landing_dispersions
        from ground.testbed.pictures.style import house_style, save
    except ModuleNotFoundError as error:
        _only_matplotlib_may_be_missing(error)
        return None
    draws: dict[str, Callable[[Any], Any]] = {
        "landing": draw_landing_dispersions,
        "ascent": draw_ascent_dispersions,
    }
    with house_style():
        return save(draws[kind](results), folder / f"{kind}s.png")


def _only_matplotlib_may_be_missing(error: ModuleNotFoundError) -> None:
    if error.name is None or error.name.partition(".")[0] != "matplotlib":
        raise error
    print(MISSING, file=sys.stderr)


def draw_pictures(run_folder: Path) -> list[Path]:
    """Draws a run into its folder `pictures`; returns the files. Phases not flown are not drawn.

    Without matplotlib it says on stderr how to get it, and returns an empty list: a run is no
    worse for want of pictures. Raises FileNotFoundError when the folder holds no summary.
    """
    try:
        from ground.testbed.pictures.arm_work import draw_arm_work
        from ground.testbed.pictures.ascent import draw_ascent, has_ascent
        from ground.testbed.pictures.custody_ribbon import draw_custody_ribbon
        from ground.testbed.pictures.descent import draw_descent, has_descent
        from ground.testbed.pictures.mission_timeline import draw_mission_timeline
        from ground.testbed.pictures.power_and_temperature import draw_power_and_temperature
        from ground.testbed.pictures.rendezvous import draw_rendezvous, has_rendezvous
        from ground.testbed.pictures.style import house_style, save
        from ground.testbed.pictures.transfer import draw_transfer, has_transfer
        from ground.testbed.pictures.traverse_map import draw_traverse_map
    except ModuleNotFoundError as error:
        _only_matplotlib_may_be_missing(error)
        return []
    pictures = {
        "mission_timeline": draw_mission_timeline,
        "traverse_map": draw_traverse_map,
        "power_and_temperature": draw_power_and_temperature,
        "arm_work": draw_arm_work,
        "custody_ribbon": draw_custody_ribbon,
    }
    of_flight = {
        "descent": (has_descent, draw_descent),
        "ascent": (has_ascent, draw_ascent),
        "rendezvous": (has_rendezvous, draw_rendezvous),
        "transfer": (has_transfer, draw_transfer),
    }
    folder = run_folder / "pictures"
    folder.mkdir(exist_ok=True)
    with RunData(run_folder) as run, house_style():
        pictures |= {name: draw for name, (has, draw) in of_flight.items() if has(run)}
        return [save(draw(run), folder / f"{name}.png") for name, draw in pictures.items()]
