"""Porkchops: launch energy and arrival speed over dates of departure and arrival.

Imports matplotlib, so it is imported itself only when something is to be drawn.
"""

import io
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib import dates as plot_dates
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from flight.astrodynamics.ephemeris import standard_table
from flight.astrodynamics.launch_opportunities import Opportunity
from flight.astrodynamics.search import grid
from flight.astrodynamics.transfer_windows import transfer_grid
from flight.configuration.whole_files import replace_file

_JD_OF_ORDINAL_ZERO = 1_721_424.5
"""Julian date of the day before 0001-01-01, from which `date.toordinal` counts."""
_EPOCH = date(1970, 1, 1).toordinal()
"""From which matplotlib counts days."""
_ENERGY_LEVELS = (5.5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50)
_TICKS = (6, 8, 10, 15, 20, 30, 50)
_SPEED_LEVELS = (2.5, 3, 4, 5, 6, 7, 8)
_DAYS_LEVELS = tuple(range(100, 600, 50))
_MARGIN_DAYS = (75.0, 105.0)
"""Shown around the best dates: of departure, of arrival."""
_STEP_DAYS = 2.5
_COLUMNS = 5
_ARRIVAL_COLOUR = "#a3123f"
_COLOURS = LinearSegmentedColormap.from_list(
    "energy", colormaps["YlGnBu_r"](np.linspace(0.18, 1.0, 256))
)
_LEGEND = (
    "Transfer windows: launch energy (colour)",
    "arrival v∞ in km/s (red lines)",
    "days of flight (grey)",
)
_MARKERS = {1: "o", 2: "s"}


def draw_porkchops(found: Sequence[Opportunity], path: Path) -> None:
    """Draw a panel for each alignment of the planets, a block of rows for each direction.

    The suffix of `path` chooses the format. Raises ValueError for one that cannot be drawn.
    """
    blocks = [
        panels
        for way in (("earth", "mars"), ("mars", "earth"))
        if (panels := alignments([one for one in found if (one.origin, one.destination) == way]))
    ]
    columns = min(_COLUMNS, max(len(panels) for panels in blocks))
    rows = sum(math.ceil(len(panels) / columns) for panels in blocks)
    figure = Figure(figsize=(3.9 * columns + 1.3, 4.1 * rows + 0.9), layout="constrained")
    axes = np.atleast_2d(figure.subplots(rows, columns, squeeze=False))
    row = 0
    filled = None
    for panels in blocks:
        for index, panel in enumerate(panels):
            filled = _draw_panel(axes[row + index // columns, index % columns], panel)
        height = math.ceil(len(panels) / columns)
        for index in range(len(panels), height * columns):
            axes[row + index // columns, index % columns].set_axis_off()
        row += height
    if filled is not None:
        bar = figure.colorbar(filled, ax=axes, label="C3, km²/s²", pad=0.015)
        bar.set_ticks(_TICKS, labels=[str(tick) for tick in _TICKS])
        bar.ax.minorticks_off()
    separator = ", " if columns > 2 else "\n"
    figure.suptitle(separator.join(_LEGEND), fontsize=11)
    written = io.BytesIO()
    figure.savefig(written, dpi=130, format=path.suffix.removeprefix(".") or None)
    replace_file(path, written.getvalue())


def alignments(found: Sequence[Opportunity]) -> list[list[Opportunity]]:
    """Opportunities of one direction grouped by the alignment of the planets they belong to."""
    groups: list[list[Opportunity]] = []
    for one in sorted(found, key=lambda one: one.transfer.departure_jd_tdb):
        date_here = one.transfer.departure_jd_tdb
        if groups and date_here - groups[-1][0].transfer.departure_jd_tdb < 390.0:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _draw_panel(axes: Axes, panel: Sequence[Opportunity]) -> ContourSet:
    departures = _range([one.transfer.departure_jd_tdb for one in panel], _MARGIN_DAYS[0])
    arrivals = _range([one.transfer.arrival_jd_tdb for one in panel], _MARGIN_DAYS[1])
    cells = transfer_grid(panel[0].origin, panel[0].destination, departures, arrivals)
    energy = np.full((len(arrivals), len(departures)), np.nan)
    speed, days = energy.copy(), energy.copy()
    for column, row_of_cells in enumerate(cells):
        for row, cell in enumerate(row_of_cells):
            if cell is not None:
                energy[row, column] = cell.c3
                speed[row, column] = cell.arrival_speed
                days[row, column] = cell.days
    x = [jd - _JD_OF_ORDINAL_ZERO - _EPOCH for jd in departures]
    y = [jd - _JD_OF_ORDINAL_ZERO - _EPOCH for jd in arrivals]
    filled = axes.contourf(
        x,
        y,
        energy,
        levels=_ENERGY_LEVELS,
        norm=LogNorm(_ENERGY_LEVELS[0], _ENERGY_LEVELS[-1]),
        cmap=_COLOURS,
        extend="min",
    )
    axes.contour(x, y, energy, levels=_ENERGY_LEVELS, colors="white", linewidths=0.4)
    lines = axes.contour(x, y, speed, levels=_SPEED_LEVELS, colors=_ARRIVAL_COLOUR, linewidths=0.9)
    axes.clabel(lines, fontsize=7, fmt="%g")
    flights = axes.contour(
        x, y, days, levels=_DAYS_LEVELS, colors="0.55", linewidths=0.6, linestyles="dashed"
    )
    axes.clabel(flights, fontsize=6, fmt="%g d", colors="0.4")
    _mark_best(axes, panel)
    _label(axes, panel)
    return filled


def _range(best: Sequence[float], margin: float) -> list[float]:
    table = standard_table()
    first = max(min(best) - margin, table.start_jd_tdb)
    last = min(max(best) + margin, table.end_jd_tdb)
    return grid(first, last, _STEP_DAYS)


def _mark_best(axes: Axes, panel: Sequence[Opportunity]) -> None:
    for one in panel:
        transfer = one.transfer
        axes.plot(
            [transfer.departure_jd_tdb - _JD_OF_ORDINAL_ZERO - _EPOCH],
            [transfer.arrival_jd_tdb - _JD_OF_ORDINAL_ZERO - _EPOCH],
            _MARKERS[transfer.type],
            color="#ff7a1a",
            markeredgecolor="white",
            markersize=7,
            label=f"type {transfer.type}: C3 {transfer.c3:.2f}, v∞ {transfer.arrival_speed:.2f}",
        )
    axes.legend(loc="upper left", fontsize=7, framealpha=0.9, handletextpad=0.3)


def _label(axes: Axes, panel: Sequence[Opportunity]) -> None:
    first = panel[0]
    year = date.fromordinal(round(first.transfer.departure_jd_tdb - _JD_OF_ORDINAL_ZERO)).year
    axes.set_title(f"{first.origin.capitalize()} to {first.destination.capitalize()}, {year}")
    for axis in (axes.xaxis, axes.yaxis):
        locator = plot_dates.AutoDateLocator(minticks=3, maxticks=5)
        axis.set_major_locator(locator)
        axis.set_major_formatter(plot_dates.DateFormatter("%Y-%m"))
        axis.set_tick_params(labelsize=7)
    axes.set_xlabel("departure", fontsize=8)
    axes.set_ylabel("arrival", fontsize=8)
