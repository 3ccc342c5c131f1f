"""The ascent by the MAV's own recorder: what came down of it, and nothing else."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from flight.astrodynamics.constants import STANDARD_GRAVITY
from ground.pictures.ascent_arrays import Ascent
from ground.pictures.curve_names import Name, write_names
from ground.pictures.flight_panels import (
    Numbers,
    PieceTime,
    broken_at,
    draw_phases,
    name_point,
    set_time_axis,
)
from ground.pictures.run_data import RunData
from ground.pictures.style import ALERT, CAUTION, INK, VEHICLES, inches, new_figure
from ground.reports.ascent_design import LARGEST_ACCELERATION, LARGEST_ANGLE_OF_ATTACK
from ground.reports.ascent_report import PRESSING

LEFT, WIDE, TOP = 0.85, 9.75, 0.95  # inches
_PANEL, _STRIP, _BETWEEN = 1.25, 0.32, 0.33
_COLOUR = VEHICLES["mav"][1]
_BURNS = ("burn 1", "burn 2", "trim")
_STEPS = (10.0, 100.0, 10.0)


def has_ascent(run: RunData) -> bool:
    """Whether samples of an ascent came down."""
    return len(run.ascent_product.samples) > 1


def draw_ascent(run: RunData) -> Figure:
    """Altitude, speed, flight path, loads and pointing over the time since the ejection."""
    flown = Ascent(run.ascent_product.samples)
    height = TOP + _STRIP + 6 * (_PANEL + _BETWEEN) + 0.5
    product = run.ascent_product
    note = f"By the ascent recorder, {len(product.samples)} samples of the MAV's own navigation"
    note += ", as they came to the ground"
    if product.missing:
        note += f"; {len(product.missing)} of {product.chunks} chunks did not come (red)"
    figure = new_figure(run, "Ascent to orbit", height, note + ".  Dotted: the time scale changes.")
    strip = inches(figure, LEFT, TOP, WIDE, _STRIP)
    top = TOP + _STRIP + 0.35
    panels = []
    for _ in range(6):
        panels.append(inches(figure, LEFT, top, WIDE, _PANEL))
        top += _PANEL + _BETWEEN
    scale = flown.scale()
    set_time_axis(panels, scale, _STEPS, "seconds since the ejection")
    draw_phases(strip, panels, flown.phases(), scale, _COLOUR, _BURNS)
    for draw, axes in zip(
        (_altitude, _speed, _path, _pressure, _acceleration, _angles), panels, strict=True
    ):
        draw(axes, flown, scale)
        for start, end in flown.gaps:
            left, right = scale.at([start, end])
            axes.axvspan(left, right, color=ALERT, alpha=0.18, linewidth=0)
    return figure


def _line(
    axes: Axes, flown: Ascent, scale: PieceTime, values: Numbers, colour: str = _COLOUR,
    width: float = 1.5,
) -> None:  # fmt: skip
    seconds, broken = broken_at(flown.seconds, values, flown.gaps)
    axes.plot(scale.at(seconds), broken, color=colour, linewidth=width)


def _peak(axes: Axes, flown: Ascent, scale: PieceTime, values: Numbers, words: str) -> None:
    """Names the largest of the values: `words` is a format of value, time and height."""
    at = int(np.nanargmax(values))
    text = words.format(
        value=values[at], time=flown.seconds[at], height=flown.height[at],
        gees=values[at] / STANDARD_GRAVITY,
    )  # fmt: skip
    name_point(axes, float(scale.at(flown.seconds[at])), float(values[at]), text)


def _head(axes: Axes, title: str, unit: str) -> None:
    axes.set_title(title, pad=4)
    axes.set_ylabel(unit)
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _altitude(axes: Axes, flown: Ascent, scale: PieceTime) -> None:
    _head(axes, "Altitude over 3389.5 km", "km")
    _line(axes, flown, scale, flown.height)
    axes.set_ylim(-25, 1.2 * float(flown.height.max()))
    for phase in flown.phases():
        if phase.name.startswith("burn"):
            height = float(np.interp(phase.end, flown.seconds, flown.height))
            name_point(
                axes, float(scale.at(phase.end)), height, f"burnout at {height:.0f} km",
                side="left", above=height < 0.5 * float(flown.height.max()),
            )  # fmt: skip
    low = float(flown.height[0])
    name_point(axes, 0.0, low, f"out of the tube at {low:.1f} km")


def _speed(axes: Axes, flown: Ascent, scale: PieceTime) -> None:
    _head(axes, "Speed", "m/s")
    inertial: Numbers = np.linalg.norm(flown.velocity, axis=1)
    ground: Numbers = np.linalg.norm(flown.through_air, axis=1)
    _line(axes, flown, scale, ground, "#b79bd0", 1.2)
    _line(axes, flown, scale, inertial)
    axes.set_ylim(0, 1.15 * float(inertial.max()))
    write_names(
        axes,
        [
            Name(f"inertial, {inertial[-1]:.0f} m/s", float(inertial[-1]), _COLOUR),
            Name("over the ground", float(ground[-1]), "#9a7db8"),
        ],
    )


def _path(axes: Axes, flown: Ascent, scale: PieceTime) -> None:
    _head(axes, "Flight path angle over the ground", "degrees")
    through = flown.through_air
    speed = np.linalg.norm(through, axis=1)
    upward = np.einsum("ij,ij->i", through, flown.position) / np.linalg.norm(flown.position, axis=1)
    angle: Numbers = np.degrees(np.arcsin(upward / np.maximum(speed, 1e-6)))
    _line(axes, flown, scale, angle)
    axes.set_ylim(-8, 98)
    axes.set_yticks([0, 30, 60, 90])
    for phase in flown.phases():
        if phase.name == "burn 1":
            here = float(np.interp(phase.end, flown.seconds, angle))
            name_point(axes, float(scale.at(phase.end)), here, f"burnout at {here:.1f}°")
    last = round(float(angle[-1]), 2) + 0.0  # no minus before a zero
    write_names(axes, [Name(f"{last:.2f}° at the release", last, _COLOUR)])


def _pressure(axes: Axes, flown: Ascent, scale: PieceTime) -> None:
    _head(axes, "Dynamic pressure, of the air that is believed in", "Pa")
    _line(axes, flown, scale, flown.pressure)
    axes.set_ylim(0, 1.3 * float(flown.pressure.max()))
    _peak(axes, flown, scale, flown.pressure, "{value:.0f} Pa at {time:.0f} s, {height:.1f} km up")


def _acceleration(axes: Axes, flown: Ascent, scale: PieceTime) -> None:
    _head(axes, "Acceleration felt along the nose, and across", "m/s²")
    along: Numbers = flown.acceleration[:, 0]
    across: Numbers = np.hypot(flown.acceleration[:, 1], flown.acceleration[:, 2])
    _line(axes, flown, scale, across, "#56b4e9", 1.1)
    _line(axes, flown, scale, along)
    axes.set_ylim(min(-5.0, 1.1 * float(along.min())), 1.12 * LARGEST_ACCELERATION)
    for phase in flown.phases():
        if phase.name.startswith("burn"):
            inside = (flown.seconds >= phase.start) & (flown.seconds <= phase.end)
            _peak(
                axes,
                flown,
                scale,
                np.where(inside, along, np.nan),
                "{value:.1f} m/s², {gees:.1f} g",
            )
    axes.axhline(LARGEST_ACCELERATION, color=CAUTION, linewidth=1.1, linestyle=(0, (5, 3)))
    write_names(
        axes,
        [
            Name("along the nose", 45.0, _COLOUR),
            Name("across", 0.0, "#2f8fc4"),
            Name("requirement, 15 g", LARGEST_ACCELERATION, CAUTION, small=True),
        ],
    )


def _angles(axes: Axes, flown: Ascent, scale: PieceTime) -> None:
    _head(axes, f"Pointing error; angle of attack above {PRESSING:.0f} Pa", "degrees")
    error = flown.pointing_error
    attack: Numbers = np.where(flown.pressure > PRESSING, flown.attack, np.nan)
    _line(axes, flown, scale, error, INK, 1.1)
    top = 2.0 * LARGEST_ANGLE_OF_ATTACK
    if np.isfinite(attack).any():
        _line(axes, flown, scale, attack, "#0072b2")
        top = max(1.3 * float(np.nanmax(attack)), 1.5 * LARGEST_ANGLE_OF_ATTACK)
    axes.set_ylim(0, top)
    if np.isfinite(attack).any():
        words = "{value:.2f}° of attack at {time:.0f} s"
        if float(np.nanmax(attack)) > LARGEST_ANGLE_OF_ATTACK:
            words += ": more than the requirement"
        _peak(axes, flown, scale, attack, words)
    largest = float(error.max())
    if largest > top:
        when = flown.seconds[int(error.argmax())]
        axes.text(
            0.995, 0.93, f"pointing error beyond the scale: up to {largest:.0f}° at {when:.0f} s",
            transform=axes.transAxes, ha="right", va="top", fontsize=8, color=INK,
        )  # fmt: skip
    axes.axhline(LARGEST_ANGLE_OF_ATTACK, color=CAUTION, linewidth=1.1, linestyle=(0, (5, 3)))
    write_names(
        axes,
        [
            Name("pointing error", 0.2 * top, INK),
            Name("angle of attack", 0.45 * top, "#0072b2"),
            Name("requirement, 4°", LARGEST_ANGLE_OF_ATTACK, CAUTION, small=True),
        ],
    )
