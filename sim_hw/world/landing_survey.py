"""The map of a landing site that is made from orbit before a landing: heights and hazards.

Stereo heights and rock counts of an orbiter's camera with pixels of a third of a metre (HiRISE):
the heights err by some tenths of a metre, and only rocks wider than a metre or so are seen.
"""

import math
import random
from typing import Any

import numpy as np

from sim_hw.world.rocks import RockField
from sim_hw.world.terrain import Terrain

VISIBLE_DIAMETER = 1.0
"""m, of the smallest rock that is seen for certain: three pixels."""
HEIGHT_ERROR = 0.3
SAFE_SLOPE, WORST_SLOPE = 6.0, 15.0
"""Degrees: below the first the lander stands well, above the second it does not stand."""
ROCK_REACH = 4.0
"""m around a rock in which no centre of a lander should come down: its legs and a margin."""
ROCK_HAZARD = 200.0
ROCKS_WITHIN = 160.0
"""m around the aim in which rocks are counted; farther out only slopes are known."""

MAP_HALF_WIDTH = 1200.0
"""m; what is mapped around the aim."""


def survey(
    terrain: Terrain,
    rocks: RockField,
    stream: random.Random,
    east: float,
    north: float,
    *,
    half_width: float = MAP_HALF_WIDTH,
    resolution: float = 5.0,
) -> dict[str, Any]:
    """The map around a place (m east and north of Malay) as plain data (`LandingMap` reads it)."""
    window = terrain.window(east, north, 2.0 * half_width, resolution)
    heights = np.asarray(window.elevation)
    noise = np.random.default_rng(stream.getrandbits(63)).normal(0.0, HEIGHT_ERROR, heights.shape)
    # numpy adds in an order that its version and the CPU choose; this sum has one value.
    base = math.fsum(heights.ravel().tolist()) / heights.size
    steep = (np.asarray(window.slope_degrees) - SAFE_SLOPE) / (WORST_SLOPE - SAFE_SLOPE)
    hazards = np.clip(40.0 + 215.0 * steep, 0.0, 255.0)
    west, south = east - half_width, north - half_width
    for rock in rocks.within(east, north, min(ROCKS_WITHIN, half_width)):
        if rock.diameter < VISIBLE_DIAMETER:
            continue
        reach = math.ceil((ROCK_REACH + rock.radius) / resolution)
        column = math.floor((rock.east - west) / resolution)
        row = math.floor((rock.north - south) / resolution)
        rows = slice(max(row - reach, 0), row + reach + 1)
        hazards[rows, max(column - reach, 0) : column + reach + 1] = ROCK_HAZARD
    decimetres = np.clip(np.rint(10.0 * (heights + noise - base)), -32_000, 32_000)
    return {
        "west": west,
        "south": south,
        "resolution": resolution,
        "columns": heights.shape[1],
        "base": base,
        "heights": decimetres.astype(">i2").tobytes(),
        "hazards": hazards.astype(np.uint8).tobytes(),
    }
