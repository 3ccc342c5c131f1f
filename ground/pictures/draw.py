"""Draws all pictures of a run."""

import sys
from pathlib import Path

from ground.pictures.run_data import RunData

MISSING = (
    "No pictures: matplotlib is not installed. Install the extra `plots`: "
    "pip install 'threeforks[plots]'"
)


def only_matplotlib_may_be_missing(error: ModuleNotFoundError) -> None:
    """Says how to get it; raises `error` when something else is missing."""
    if error.name is None or error.name.partition(".")[0] != "matplotlib":
        raise error
    print(MISSING, file=sys.stderr)


def draw_pictures(run_folder: Path) -> list[Path]:
    """Draws a run into its folder `pictures`; returns the files. Phases not flown are not drawn.

    Without matplotlib it says on stderr how to get it, and returns an empty list: a run is no
    worse for want of pictures. Raises FileNotFoundError when the folder holds no summary.
    """
    try:
        from ground.pictures.arm_work import draw_arm_work
        from ground.pictures.ascent import draw_ascent, has_ascent
        from ground.pictures.custody_ribbon import draw_custody_ribbon
        from ground.pictures.descent import draw_descent, has_descent
        from ground.pictures.mission_timeline import draw_mission_timeline
        from ground.pictures.power_and_temperature import draw_power_and_temperature
        from ground.pictures.rendezvous import draw_rendezvous, has_rendezvous
        from ground.pictures.style import house_style, save
        from ground.pictures.transfer import draw_transfer, has_transfer
        from ground.pictures.traverse_map import draw_traverse_map
    except ModuleNotFoundError as error:
        only_matplotlib_may_be_missing(error)
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
