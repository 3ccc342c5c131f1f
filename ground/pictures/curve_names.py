"""Names beside the curves that they belong to, instead of a legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from ground.pictures.labels import height_in_inches, spread
from ground.pictures.style import legible


@dataclass(frozen=True)
class Name:
    """What is written to the right of a panel, and the value that it belongs to."""

    text: str
    at: float
    colour: str
    small: bool = False
    style: Any = "-"
    """How the line that leads there is drawn: as the curve is."""


def write_names(axes: Axes, names: Sequence[Name], line: float = 0.185) -> None:
    """Writes names to the right of axes, none on another; line: their least distance, inches."""
    low, high = axes.get_ylim()
    least = line / height_in_inches(axes) * (high - low)
    places = spread([name.at for name in names], least, low, high)
    for place, name in zip(places, names, strict=True):
        axes.annotate(
            name.text, (1, name.at), xycoords=("axes fraction", "data"), xytext=(1.02, place),
            textcoords=("axes fraction", "data"), va="center", color=legible(name.colour),
            weight="normal" if name.small else "bold", fontsize=9 if name.small else 10.5,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": name.colour, "linewidth": 0.7,
                        "linestyle": name.style,
                        "shrinkA": 2, "shrinkB": 0, "relpos": (0, 0.5)},
        )  # fmt: skip
