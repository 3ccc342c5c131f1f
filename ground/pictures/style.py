"""How the pictures look: colours, letters, header, and the writing of a file.

Colours are of Okabe & Ito (2008), which colour-blind people tell apart; vermilion is kept for what
went wrong and for limits.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from PIL import Image

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.whole_files import replace_file
from flight.icd import places
from ground.pictures.run_data import RunData

WIDTH = 12.8  # inches; 1600 pixels
DPI = 125

INK = "#1f2933"
MUTED = "#667080"
FAINT = "#c9cfd6"
NIGHT = "#e9ecf2"
ALERT = "#d55e00"
CAUTION = "#c99700"

VEHICLES = {
    "lander": ("Lander", "#009e73"),
    "rover": ("Fetch rover", "#0072b2"),
    "arm": ("Transfer arm", "#e69f00"),
    "mav": ("MAV", "#8c4fa3"),
    "perseverance": ("Perseverance", "#b5547a"),
    "orbiter": ("Orbiter", "#56b4e9"),
    "entry": ("Entry capsule", "#8c6d46"),
}
"""Title and colour of each vehicle, in the order in which they are drawn."""

PLACES = {
    places.GROUND: ("on the ground", "#c8b99c"),
    places.PERSEVERANCE: ("on Perseverance", "#d9a3b6"),
    places.ROVER_GRIPPER: ("rover gripper", "#56b4e9"),
    places.ROVER_RACK: ("rover rack", "#0072b2"),
    places.ARM_GRIPPER: ("arm gripper", "#e69f00"),
    places.CONTAINER: ("container", "#b79bd0"),
    places.MAV: ("sealed in the MAV", "#8c4fa3"),
    places.ORBIT: ("in orbit of Mars", "#33414f"),
    places.ORBITER: ("on the orbiter", "#8fd0f2"),
    places.ENTRY_CAPSULE: ("in the entry capsule", "#8c6d46"),
    places.EARTH: ("on Earth", "#66b27d"),
}
"""Title and colour of each place of a tube, in the order of its way."""

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 10.0,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "hatch.linewidth": 0.6,
    "figure.dpi": DPI,
}


@contextmanager
def house_style() -> Iterator[None]:
    """The look of all pictures; leaves matplotlib's own settings as they were."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def new_figure(run: RunData, title: str, height: float, note: str = "") -> Figure:
    """A figure 1600 pixels wide with its title and what run it shows; height in inches."""
    summary = run.summary
    facts = [
        summary.get("title", summary["mission"]),
        f"{len(run.tube_names)} tubes",
        f"{summary['mission_seconds'] / SOL_SECONDS:.1f} sols from {summary['landing'][:10]}",
        f"seed {summary['seed']}",
        summary["verdict"],
    ]
    return titled_figure(title, facts, height, note)


def titled_figure(title: str, facts: Sequence[str], height: float, note: str = "") -> Figure:
    """A figure 1600 pixels wide with a title and facts beside it; height in inches."""
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.02, 1 - 0.27 / height, title, fontsize=17, weight="bold", va="center")
    figure.text(0.98, 1 - 0.27 / height, "  ·  ".join(facts), color=MUTED, ha="right", va="center")
    if note:
        figure.text(0.02, 1 - 0.56 / height, note, color=MUTED, va="center")
    return figure


def inches(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place given in inches from the figure's upper left corner."""
    total = figure.get_figheight()
    return figure.add_axes(
        (left / WIDTH, 1 - (top + height) / total, width / WIDTH, height / total)
    )


def save(figure: Figure, path: Path) -> Path:
    """Writes a PNG of 256 colours, which is small enough for a README."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[:, :, :3])
    image = Image.fromarray(pixels).quantize(palette=_palette(pixels), dither=Image.Dither.NONE)
    written = io.BytesIO()
    image.save(written, format="PNG", optimize=True)
    return replace_file(path, written.getvalue())


def _palette(pixels: np.ndarray) -> Image.Image:
    """256 colours for a picture.

    Each colour counts by the square root of its area: else thin lines take the background's.
    """
    reduced = (pixels >> 3).astype(np.uint16)
    codes = (reduced[:, :, 0] << 10) | (reduced[:, :, 1] << 5) | reduced[:, :, 2]
    codes = codes.ravel()
    counts = np.bincount(codes, minlength=1 << 15)
    used = np.flatnonzero(counts)
    means = np.stack(
        [
            np.bincount(codes, weights=pixels[:, :, band].ravel(), minlength=1 << 15)[used]
            for band in range(3)
        ],
        axis=1,
    )
    colours = np.round(means / counts[used][:, None]).astype(np.uint8)
    sample = np.repeat(colours, np.ceil(np.sqrt(counts[used])).astype(int), axis=0)[None, :, :]
    return Image.fromarray(np.ascontiguousarray(sample)).quantize(
        256, method=Image.Quantize.MEDIANCUT
    )


def halo(width: float = 2.5, colour: str = "white") -> list[withStroke]:
    """Letters that stand out from what is below them."""
    return [withStroke(linewidth=width, foreground=colour)]


def tint(colour: str, share: float) -> tuple[float, float, float]:
    """A colour mixed with white; share 1: the colour itself."""
    red, green, blue = to_rgb(colour)
    white = 1.0 - share
    return (share * red + white, share * green + white, share * blue + white)


LEAST_CONTRAST = 4.5
"""Of letters against white (WCAG 2.1, level AA)."""


def legible(colour: str) -> str:
    """A colour, made darker as far as letters of it need on white; its hue stays."""
    for percent in range(100, 0, -2):
        red, green, blue = to_rgb(colour)
        share = 0.01 * percent
        darker = (share * red, share * green, share * blue)
        if 1.05 / (_luminance(darker) + 0.05) >= LEAST_CONTRAST:
            return to_hex(darker)
    return INK


def _luminance(colour: Sequence[float]) -> float:
    """Relative luminance (WCAG 2.1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def say_nothing_here(axes: Axes, sentence: str) -> None:
    """Writes in empty axes why they are empty."""
    axes.text(
        0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", color=MUTED,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 4.0},
    )  # fmt: skip


def name_row(axes: Axes, y: float, text: str, colour: str, size: float = 10.5) -> None:
    """Writes the name of a row to the left of axes; y in data, size in points."""
    axes.annotate(
        text, (0, y), xycoords=("axes fraction", "data"), xytext=(-8, 0),
        textcoords="offset points", ha="right", va="center", color=legible(colour), fontsize=size,
        annotation_clip=False,
    )  # fmt: skip
