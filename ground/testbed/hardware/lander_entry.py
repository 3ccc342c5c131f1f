"""Puts a lander on its way to a site: the truth into space, and what it is told into its load."""

from typing import Any

from sim_hw.assembly.descent import SITE_FRAME, DescentHardware, place_in_space
from sim_hw.assembly.entry_start import (
    DEFAULT_AIM,
    DEFAULT_ERRORS,
    EntryAim,
    EntryErrors,
    start_of_entry,
)
from sim_hw.world.landing_survey import MAP_HALF_WIDTH, survey
from sim_hw.world.world import World


def begin_entry(
    world: World,
    hardware: DescentHardware,
    east: float,
    north: float,
    *,
    aim: EntryAim = DEFAULT_AIM,
    errors: EntryErrors | None = DEFAULT_ERRORS,
    map_half_width: float = MAP_HALF_WIDTH,
) -> dict[str, Any]:
    """Begins the entry of the world's lander now, ten minutes before the interface.

    East and north (m) are the place it is to land on. Returns its mission load. To be called before
    the lander's devices are built: they are built around the vehicle that it puts into space.
    `map_half_width`: of the map that it is given, in m.
    """
    start = start_of_entry(
        aim,
        SITE_FRAME,
        east,
        north,
        world.random("lander.delivery"),
        errors=errors,
        time=world.now(),
    )
    place_in_space(
        world, hardware.vehicle, start.position, start.velocity, dispersed=errors is not None
    )
    landing_map = survey(
        world.terrain, world.rocks, world.random("lander.survey"), east, north,
        half_width=map_half_width,
    )  # fmt: skip
    return {
        "start": "entry",
        "entry": {
            "state": start.known,
            "map": landing_map,
            "aim": {"east": east, "north": north},
        },
    }
