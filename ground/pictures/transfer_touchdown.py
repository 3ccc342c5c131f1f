"""The touchdown on Earth, from above: the site, the ellipse that was predicted, and the place."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ground.pictures.style import INK
from ground.reports.touchdown_facts import kilometres_from

_ELLIPSE, _PLACE = "#0072b2", "#009e73"
_ROOM = 1.2  # of the farthest thing shown


def draw_touchdown(axes: Axes, told: Mapping[str, Any], impact: float = math.nan) -> None:
    """Draws `touchdown` of a run's summary: kilometres east and north of the site.

    `impact`: the mean deceleration of the landing, g.
    """
    east, north = float(told["east_km"]), float(told["north_km"])
    predicted = told.get("predicted")
    reach = max(abs(east), abs(north), 2.0)
    if predicted is not None:
        _, outline = ellipse(told["site"], predicted)
        axes.fill(outline[:, 0], outline[:, 1], color=_ELLIPSE, alpha=0.15, linewidth=0)
        axes.plot(outline[:, 0], outline[:, 1], color=_ELLIPSE, linewidth=1.2)
        reach = max(reach, float(np.abs(outline).max()))
    axes.plot(0, 0, marker="+", color=INK, markersize=10, markeredgewidth=1.6, linestyle="")
    axes.plot(east, north, marker="X", color=_PLACE, markersize=8, markeredgecolor="white")
    axes.set_xlim(-_ROOM * reach, _ROOM * reach)
    axes.set_ylim(-_ROOM * reach, _ROOM * reach)
    axes.set_aspect("equal")
    axes.grid(True)
    axes.set_xlabel("km east", labelpad=2)
    axes.set_ylabel("km north", labelpad=2)
    axes.set_title("The touchdown", pad=5, loc="left")
    axes.text(
        1.15, 1.0, words(told, impact), transform=axes.transAxes, ha="left", va="top",
        fontsize=9.5, color=INK, linespacing=1.35,
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


def words(told: Mapping[str, Any], impact: float = math.nan) -> str:
    """What is said beside the panel: one fact a line."""
    lines = [f"× {told['miss_km']:.1f} km from the site +"]
    predicted = told.get("predicted")
    if predicted is not None:
        right = told["across_km"]
        lines += [
            f"{abs(told['along_km']):.1f} km {'long' if told['along_km'] > 0.0 else 'short'}, "
            f"{abs(right):.1f} km to the {'right' if right > 0.0 else 'left'}",
            f"99 % predicted in {2.0 * predicted['long_semi_axis_km']:.0f} × "
            f"{2.0 * predicted['short_semi_axis_km']:.0f} km",
        ]
    fast = f"at {told['speed']:.0f} m/s"
    lines.append(fast if math.isnan(impact) else f"{fast}: {impact:.0f} g")
    return "\n".join(lines)
