"""Words of a picture: legible, beside the lines and not on them, each piece of time named."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ground.pictures.arm_work import _JOINTS
from ground.pictures.labels import around_points
from ground.pictures.power_and_temperature import _PANELS
from ground.pictures.style import ALERT, CAUTION, INK, VEHICLES, legible

FRAME = (0.0, 0.0, 6.0, 4.0)
WIDTH, HEIGHT = 1.2, 0.2


def contrast(colour: str) -> float:
    """Against white (WCAG 2.1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("colour", [CAUTION, ALERT, *(c for _, c in VEHICLES.values()), "#ffff00"])
def test_letters_of_each_colour_can_be_read_on_white(colour: str) -> None:
    assert contrast(legible(colour)) >= 4.5
    if contrast(colour) >= 4.5:
        assert to_rgb(legible(colour)) == pytest.approx(to_rgb(colour), abs=0.01)


def test_ink_stays_ink() -> None:
    assert legible(INK) == INK


def covered(middle: tuple[float, float], line: np.ndarray) -> int:
    inside = np.abs(line - np.array(middle)) < np.array([0.5 * WIDTH, 0.5 * HEIGHT])
    return int(np.count_nonzero(inside.all(axis=1)))


def test_a_label_goes_round_the_lines_where_it_can() -> None:
    """Its own line, and one above and one below so near that words beside the point touch one."""
    x = np.arange(0.5, 5.5, 0.05)
    lines = np.concatenate([np.stack([x, np.full_like(x, y)], axis=1) for y in (1.8, 2.0, 2.2)])
    (middle,) = around_points([(3.0, 2.0)], [WIDTH], HEIGHT, FRAME, [tuple(p) for p in lines])
    assert covered(middle, lines) == 0


def test_beside_its_own_line_a_label_stays_close() -> None:
    x = np.arange(0.5, 5.5, 0.05)
    line = np.stack([x, np.full_like(x, 2.0)], axis=1)
    (middle,) = around_points([(3.0, 2.0)], [WIDTH], HEIGHT, FRAME, [tuple(p) for p in line])
    assert covered(middle, line) == 0
    assert abs(middle[1] - 2.0) < 0.45


def test_the_labels_of_two_points_side_by_side_do_not_cover_one_another() -> None:
    points = [(3.0, 2.0), (3.15, 2.05)]
    first, second = around_points(points, [WIDTH, WIDTH], HEIGHT, FRAME)
    assert abs(first[0] - second[0]) > WIDTH or abs(first[1] - second[1]) > HEIGHT


def test_no_two_curves_of_a_panel_are_told_apart_by_colour_alone() -> None:
    """Of those that a deuteranope sees alike: green and pink."""
    for _, _, curves in _PANELS:
        styles = {curve.vehicle: curve.style for curve in curves}
        if {"lander", "perseverance"} <= set(styles):
            assert styles["lander"] != styles["perseverance"]
    assert len({marker for _, marker, _ in _JOINTS}) == len(_JOINTS) == 7
