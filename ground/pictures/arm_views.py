"""The transfer arm from the side and from above, each time that its joints were sampled."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle, Rectangle

from flight.icd.devices.transfer_arm_geometry import (
    BASE_TO_SHOULDER,
    CONTAINER_CENTRE,
    FOREARM,
    UPPER_ARM,
    forward,
)
from ground.pictures.labels import height_in_inches, width_in_inches
from ground.pictures.run_data import RunData
from ground.pictures.style import INK, PLACES, VEHICLES, halo, say_nothing_here

CONTAINER_RADIUS, CONTAINER_DEPTH = 0.14, 0.28  # m, as drawn (Younse et al., IEEE Aerospace 2020)
_SAME = 0.02  # rad: poses that differ by less are drawn once


def draw_arm_views(run: RunData, side: Axes, above: Axes) -> None:
    """Draws both views; telemetry of joints is all that they need."""
    poses = _poses([angles for _, angles in run.vectors("arm", "joint_angles")])
    for axes, title in ((side, "From the side"), (above, "From above")):
        axes.set_title(title, pad=8)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
    if len(poses) < 2:
        for axes in (side, above):
            say_nothing_here(axes, "The transfer arm\ndid not move.")
        return
    # The side view looks from the rover's dock on: left to right is the arm's y axis.
    _view(side, poses, (1, 2))
    _view(above, poses, (1, 0))
    _deck(side)
    _container(side, (1, 2))
    _container(above, (1, 0))
    _scale_bar(side)
    lowest = poses[np.argmin(poses[:, -1, 2]), -1]
    if lowest[2] < 0.0:
        for axes, axis in ((side, 2), (above, 0)):
            axes.annotate(
                "pick-up", (-lowest[1], lowest[axis]), xytext=(0, -9), ha="center", va="top",
                textcoords="offset points", color=INK, fontsize=9.5, path_effects=halo(),
            )  # fmt: skip


def _poses(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """Base, shoulder, elbow, wrist and tip (m) of each different pose: n x 5 x 3."""
    different: dict[tuple[int, ...], Sequence[float]] = {}
    for joints in rows:
        if len(joints) == 7:
            different.setdefault(tuple(round(angle / _SAME) for angle in joints), joints)
    return np.array([_skeleton(joints) for joints in different.values()]).reshape(-1, 5, 3)


def _skeleton(joints: Sequence[float]) -> list[tuple[float, float, float]]:
    elbow = forward(joints, (UPPER_ARM, 0.0, 0.0)).position
    wrist = forward(joints, (UPPER_ARM, FOREARM, 0.0)).position
    tip = forward(joints).position
    return [(0.0, 0.0, 0.0), (0.0, 0.0, BASE_TO_SHOULDER), elbow, wrist, tip]


def _view(axes: Axes, poses: np.ndarray, plane: tuple[int, int]) -> None:
    points = poses[:, :, plane].copy()
    points[:, :, 0] = -points[:, :, 0]
    colour = VEHICLES["arm"][1]
    faint = max(0.12, min(0.8, 12.0 / len(points)))
    axes.add_collection(LineCollection(list(points), colors=colour, linewidths=2.2, alpha=faint))
    joints = points[:, 1:4].reshape(-1, 2)
    axes.plot(
        joints[:, 0], joints[:, 1], linestyle="", marker="o", markersize=3.2, color="#8a5f00",
        alpha=min(1.0, 2 * faint), markeredgewidth=0,
    )  # fmt: skip
    axes.plot(
        points[:, 4, 0], points[:, 4, 1], linestyle="", marker="o", markersize=3.2, color=INK,
        markeredgewidth=0,
    )  # fmt: skip
    axes.plot([0], [0], marker="s", markersize=9, color=INK)
    ratio = width_in_inches(axes) / height_in_inches(axes)
    container = np.array([-CONTAINER_CENTRE[plane[0]], CONTAINER_CENTRE[plane[1]]])
    shown = np.vstack(
        [points.reshape(-1, 2), container - CONTAINER_RADIUS, container + CONTAINER_RADIUS]
    )
    low, high = shown.min(axis=0), shown.max(axis=0)
    width = max(float(high[0] - low[0]) + 0.35, (float(high[1] - low[1]) + 0.6) * ratio)
    middle = 0.5 * (low + high)
    axes.set_xlim(float(middle[0]) - width / 2, float(middle[0]) + width / 2)
    top = float(high[1]) + 0.15
    axes.set_ylim(top - width / ratio, top)


def _deck(axes: Axes) -> None:
    """The lander's deck, on which the arm stands."""
    axes.add_patch(Rectangle((-1.5, -0.14), 2.1, 0.1, color="#d4d9df", linewidth=0, zorder=0.5))


def _container(axes: Axes, plane: tuple[int, int]) -> None:
    colour = PLACES["container"][1]
    centre = (-CONTAINER_CENTRE[plane[0]], CONTAINER_CENTRE[plane[1]])
    if plane[1] == 2:
        axes.add_patch(
            Rectangle(
                (centre[0] - CONTAINER_RADIUS, centre[1] - CONTAINER_DEPTH),
                2 * CONTAINER_RADIUS, CONTAINER_DEPTH, color=colour, linewidth=0, zorder=1,
            )
        )  # fmt: skip
        beside = (centre[0] + CONTAINER_RADIUS, centre[1] - CONTAINER_DEPTH - 0.1)
    else:
        axes.add_patch(Circle(centre, CONTAINER_RADIUS, color=colour, linewidth=0, zorder=1))
        beside = (centre[0] + CONTAINER_RADIUS, centre[1] - CONTAINER_RADIUS)
    axes.annotate(
        "container", beside, xytext=(0, 0), textcoords="offset points", ha="left",
        va="center", color=PLACES["mav"][1], fontsize=9.5, weight="bold", path_effects=halo(),
    )  # fmt: skip


def _scale_bar(axes: Axes) -> None:
    right, bottom = axes.get_xlim()[1], axes.get_ylim()[0]
    axes.plot(
        [right - 1.05, right - 0.05], [bottom + 0.1] * 2, color=INK, linewidth=2.5,
        solid_capstyle="butt",
    )  # fmt: skip
    axes.text(right - 0.55, bottom + 0.14, "1 m", ha="center", va="bottom", fontsize=9)
