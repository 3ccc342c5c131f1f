"""The phases of the procedure in one bar, each with its name on it or above it."""

from matplotlib.axes import Axes

from ground.pictures.labels import from_paper, on_paper, places_in_a_row, text_width
from ground.pictures.run_data import Span
from ground.pictures.sky import SolScale
from ground.pictures.style import INK, MUTED, halo, name_row
from ground.pictures.time_axis import tear_out, widest_piece

_LARGEST, _SMALLEST, _ABOVE = 10.5, 8.0, 8.5  # points
_TOP = 1.9  # of the axes; the bar is 1 high
_TIERS = (1.1, 1.45)  # where the names above it stand
_SLIVER = 0.03  # inches: a narrower piece is not worth a name
_SHADES = ("#5b6b7c", "#3d4c5c")


def draw_phases(axes: Axes, phases: list[Span], scale: SolScale) -> None:
    """Draws the bar in the lower two thirds of axes. The x axis must have its limits."""
    axes.set_ylim(0, _TOP)
    tear_out(axes, scale.gaps, 1.0 / _TOP)
    name_row(axes, 0.5, "Phases", INK)
    above: list[tuple[float, str]] = []
    for number, phase in enumerate(phases):
        start, end = scale.sol(phase.start), scale.sol(phase.end)
        axes.barh(
            0.5, end - start, left=start, height=0.86, color=_SHADES[number % 2],
            edgecolor="white", linewidth=1.0,
        )  # fmt: skip
        name = phase.name.replace("_", " ")
        # A gap tears a phase into pieces: each has its name.
        for first, last in scale.stretches:
            if min(end, last) - max(start, first) <= 0.0:
                continue
            middle, room = widest_piece(axes, scale, max(start, first), min(end, last))
            size = min(_LARGEST, (room - 0.04) / text_width(name, 1.0))
            if size >= _SMALLEST:
                axes.text(
                    middle, 0.5, name, color="white", ha="center", va="center", fontsize=size,
                    zorder=6,
                )  # fmt: skip
            elif room > _SLIVER or (first <= start and end <= last):
                above.append((middle, name))
    _names_above(axes, above)


def _names_above(axes: Axes, names: list[tuple[float, str]]) -> None:
    widths = [text_width(name, _ABOVE) + 0.08 for _, name in names]
    anchors = [float(on_paper(axes, sol)) for sol, _ in names]
    low, high = on_paper(axes, axes.get_xlim())
    left = list(range(len(names)))
    for tier in _TIERS:
        places = places_in_a_row(
            [anchors[i] for i in left], [widths[i] for i in left], float(low), float(high)
        )
        for index, middle in zip(left, places, strict=True):
            if middle is None:
                continue
            sol, name = names[index]
            axes.plot([sol, sol], [0.9, tier - 0.05], color=MUTED, linewidth=0.8, zorder=6)
            axes.text(
                float(from_paper(axes, middle)), tier, name, ha="center", va="bottom", color=MUTED,
                fontsize=_ABOVE, zorder=6, path_effects=halo(),
            )  # fmt: skip
        left = [index for index, middle in zip(left, places, strict=True) if middle is None]
