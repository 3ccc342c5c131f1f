"""The touchdown on Earth, from above: the site, the ellipse that was predicted, and the place."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ground.testbed.pictures.style import INK, MUTED, halo
from ground.testbed.touchdown_facts import kilometres_from

_ELLIPSE, _PLACE = "#0072b2", "#009e73"
_ROOM = 1.35  # of the farthest thing shown


def draw_touchdown(axes: Axes, told: Mapping[str, Any]) -> None:
    """Draws `touchdown` of a run's summary: kilometres east and north of the site."""
    east, north = float(told["east_km"]), float(told["north_km"])
    predicted = told.get("predicted")
    reach = max(abs(east), abs(north), 2.0)
    if predicted is not None:
        centre, outline = ellipse(told["site"], predicted)
        axes.fill(outline[:, 0], outline[:, 1], color=_ELLIPSE, alpha=0.15, linewidth=0)
        axes.plot(outline[:, 0], outline[:, 1], color=_ELLIPSE, linewidth=1.2)
        axes.plot(*centre, marker=".", color=_ELLIPSE, markersize=5)
        reach = max(reach, float(np.abs(outline).max()))
        _arrow(axes, float(predicted["heading_deg"]), _ROOM * reach)
    axes.plot(0, 0, marker="+", color=INK, markersize=11, markeredgewidth=1.6, linestyle="")
    axes.plot(east, north, marker="X", color=_PLACE, markersize=8, markeredgecolor="white")
    axes.set_xlim(-_ROOM * reach, _ROOM * reach)
    axes.set_ylim(-_ROOM * reach, _ROOM * reach)
    axes.set_aspect("equal")
    axes.grid(True)
    axes.tick_params(labelsize=8, length=2, pad=2)
    axes.set_title("Touchdown, km from the site", fontsize=10, pad=4)
    axes.text(
        0.5, 0.03, words(told), transform=axes.transAxes, ha="center", va="bottom", fontsize=7.5,
        color=INK, path_effects=halo(),
    )  # fmt: skip


def ellipse(
    site: Mapping[str, float], predicted: Mapping[str, float]
) -> tuple[tuple[float, float], np.ndarray]:
    """Centre and outline (n x 2) of the predicted ellipse, km east and north of the site."""
    centre = kilometres_from(
        (site["latitude"], site["longitude"]), (predicted["latitude"], predicted["longitude"])
    )
    turn = np.linspace(0.0, math.tau, 121)
    along = predicted["long_semi_axis_km"] * np.cos(turn)
    right = predicted["short_semi_axis_km"] * np.sin(turn)
    azimuth = math.radians(predicted["azimuth_deg"])
    east = centre[0] + along * math.sin(azimuth) + right * math.cos(azimuth)
    north = centre[1] + along * math.cos(azimuth) - right * math.sin(azimuth)
    return centre, np.stack([east, north], axis=1)


def words(told: Mapping[str, Any]) -> str:
    """What the panel says of the miss."""
    text = f"+ site   × touchdown, {told['miss_km']:.1f} km off"
    if told.get("predicted") is None:
        return text
    predicted = told["predicted"]
    return (
        f"{text}\n99 % predicted: {2.0 * predicted['long_semi_axis_km']:.0f} × "
        f"{2.0 * predicted['short_semi_axis_km']:.0f} km"
    )


def _arrow(axes: Axes, heading: float, reach: float) -> None:
    """The direction of flight, in the corner that it comes from."""
    east, north = math.sin(math.radians(heading)), math.cos(math.radians(heading))
    x, y = -0.86 * reach, 0.80 * reach
    axes.annotate(
        "", (x + 0.17 * reach * east, y + 0.17 * reach * north),
        (x - 0.0 * reach, y), arrowprops={"arrowstyle": "-|>", "color": MUTED, "lw": 1.3},
    )  # fmt: skip
    axes.text(x, y - 0.04 * reach, "flight", fontsize=7.5, color=MUTED, ha="center", va="top")
