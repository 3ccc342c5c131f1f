"""Stands for a dock at which the rover's own arm does not reach what is on the lander."""

from typing import Any

from flight.icd.devices.base import DeviceFault

TURNED = 0.1  # rad, from which on it is another stance


def reach_only_from(arm: Any, stance: int) -> list[float]:
    """The arm reaches nothing on the lander before the n-th turn at the dock; 0: where it stands.

    Returns the headings (rad) of the stances in which it has been asked to, the first one included.
    """
    stances = [arm.body.heading]
    solve = arm._solve_on_lander

    def only_from(*place: float) -> Any:
        if abs(arm.body.heading - stances[-1]) > TURNED:
            stances.append(arm.body.heading)
        if len(stances) - 1 < stance:
            raise DeviceFault("reach", "too far from the shoulder")
        return solve(*place)

    arm._solve_on_lander = only_from
    return stances
