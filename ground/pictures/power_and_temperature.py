"""Power and temperature over the sols: charge, array power, and what the nights do to the parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.telling.channels import declared_channels
from ground.pictures.curve_names import Name, write_names
from ground.pictures.quiet import GAPS_NOTE, mission_scale
from ground.pictures.run_data import RunData, Series
from ground.pictures.sky import SolScale
from ground.pictures.style import (
    ALERT,
    CAUTION,
    VEHICLES,
    inches,
    new_figure,
    say_nothing_here,
)
from ground.pictures.time_axis import sol_axis
from ground.testbed.participants.vehicles import vehicle_class

LEFT, RIGHT = 0.85, 2.15  # inches
GAP_AFTER = 6.0  # times the median spacing: a longer silence of a channel breaks its line


@dataclass(frozen=True)
class Curve:
    """A channel, how it is called in the picture, its colour and kind of line: no two of a panel
    are told apart by colour alone."""

    vehicle: str
    channel: str
    title: str
    colour: str
    limits: bool = False
    style: Any = "-"


_DASHES = (0, (7, 2.5))
_ROVER, _LANDER = VEHICLES["rover"][1], VEHICLES["lander"][1]
_MAV, _ARM, _PERSEVERANCE = (VEHICLES[name][1] for name in ("mav", "arm", "perseverance"))
_PANELS: tuple[tuple[str, str, tuple[Curve, ...]], ...] = (
    ("State of charge", "%", (
        Curve("rover", "state_of_charge", "rover", _ROVER, limits=True),
        Curve("lander", "state_of_charge", "lander", _LANDER, limits=True),
        Curve("perseverance", "state_of_charge", "Perseverance", _PERSEVERANCE, limits=True,
              style=_DASHES),
    )),
    ("Power that the arrays give", "W", (
        Curve("lander", "array_power", "lander", _LANDER),
        Curve("rover", "array_power", "rover", _ROVER),
    )),
    ("Temperatures of the rover", "°C", (
        Curve("rover", "battery_temperature", "battery", _ROVER, limits=True),
        Curve("rover", "motor_temperature", "motors", "#56b4e9"),
    )),
    ("Temperatures at the lander", "°C", (
        Curve("lander", "electronics_temperature", "electronics", "#00694d"),
        Curve("lander", "battery_temperature", "battery", _LANDER),
        Curve("lander", "mav_temperature", "MAV propellant", _MAV, limits=True),
        Curve("lander", "arm_temperature", "arm", _ARM),
    )),
)  # fmt: skip
_HEIGHTS = (2.3, 1.35, 1.75, 1.9)
_NOTE = "Telemetry as it reached Earth.  Grey: night.  Limits: dashed yellow, dotted red."


def draw_power_and_temperature(run: RunData) -> Figure:
    """Four panels over the sols."""
    gap, top = 0.42, 1.0
    total = top + sum(_HEIGHTS) + gap * (len(_HEIGHTS) - 1) + 0.55
    scale = _scale(run)
    note = _NOTE
    if scale.gaps:
        note += f"  {GAPS_NOTE}"
    if scale.last is not None and scale.last < run.duration:
        note += "  Until the last vehicle here was decommissioned."
    figure = new_figure(run, "Power and temperature", total, note)
    axes = []
    for height in _HEIGHTS:
        axes.append(inches(figure, LEFT, top, 12.8 - LEFT - RIGHT, height))
        top += height + gap
    sol_axis(axes, scale)
    for each, (title, unit, curves) in zip(axes, _PANELS, strict=True):
        each.set_title(title, pad=5)
        each.set_ylabel(unit)
        each.grid(True, axis="y")
        _panel(each, run, scale, unit, curves)
    return figure


def _scale(run: RunData) -> SolScale:
    """The time until the last of the vehicles shown was lost or decommissioned."""
    vehicles = {curve.vehicle for _, _, curves in _PANELS for curve in curves}
    ends = [run.end_of(vehicle) for vehicle in vehicles if run.states(vehicle)]
    return mission_scale(run, max(ends, default=run.duration))


def _panel(axes: Axes, run: RunData, scale: SolScale, unit: str, curves: Sequence[Curve]) -> None:
    names: list[Name] = []
    drawn: list[Curve] = []
    for curve in curves:
        series = run.series(curve.vehicle, curve.channel)
        if len(series.seconds) == 0:
            continue
        seconds, values = _broken(Series(series.seconds, _in_unit(series.values, unit)))
        shown = seconds <= scale.seconds(scale.bounds[1])
        seconds, values = seconds[shown], scale.torn(seconds[shown], values[shown])
        axes.plot(scale.sols(seconds), values, color=curve.colour, linestyle=curve.style)
        finite = values[np.isfinite(values)]
        drawn.append(curve)
        if len(finite):
            # An array is known by its noon, not by what it gives when the run ends.
            at = float(finite.max() if unit == "W" else finite[-1])
            names.append(Name(curve.title, at, curve.colour, style=curve.style))
    if not names:
        say_nothing_here(axes, "Nothing of this was reported in this run.")
        axes.set_yticks([])
        return
    if unit == "%":
        axes.set_ylim(0, 104)
    elif unit == "W":
        axes.set_ylim(bottom=0)
    for curve in drawn:
        if curve.limits:
            names += _limits(axes, curve, unit)
    write_names(axes, names)


def _in_unit(values: np.ndarray, unit: str) -> np.ndarray:
    if unit == "%":
        return 100.0 * values
    return values - 273.15 if unit == "°C" else values


def _broken(series: Series) -> tuple[np.ndarray, np.ndarray]:
    """The samples, with a gap where nothing came for long."""
    if len(series.seconds) < 3:
        return series.seconds, series.values
    steps = np.diff(series.seconds)
    long = np.flatnonzero(steps > max(GAP_AFTER * float(np.median(steps)), 0.35 * SOL_SECONDS))
    return (
        np.insert(series.seconds, long + 1, series.seconds[long] + 1.0),
        np.insert(series.values, long + 1, np.nan),
    )


def _limits(axes: Axes, curve: Curve, unit: str) -> list[Name]:
    """Draws the limits that a vehicle declares for a channel, where they are in the picture."""
    limits = declared_channels(vehicle_class(curve.vehicle))[curve.channel].limits
    if limits is None:
        return []
    names = []
    low, high = axes.get_ylim()
    dashed, dotted = (0, (5, 3)), (0, (1, 1.6))  # told apart without colours, too
    bands = ((limits.yellow, CAUTION, "yellow", dashed), (limits.red, ALERT, "red", dotted))
    for bounds, colour, severity, style in bands:
        for bound in bounds:
            if bound is None:
                continue
            value = float(_in_unit(np.array(bound), unit))
            if low - 0.12 * (high - low) <= value <= high:
                axes.axhline(value, color=colour, linewidth=1.1, linestyle=style, zorder=1.5)
                words = f"{severity} limit, {curve.title}"
                names.append(Name(words, value, colour, small=True, style=style))
    return names
