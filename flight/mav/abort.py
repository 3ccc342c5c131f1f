"""What can still be done when the flight does not go as planned, and what has to be said.

A lit solid motor cannot be stopped: after ignition there is no abort, only the best that is left.

| phase | what goes wrong | response |
|---|---|---|
| count-down | a check fails | the count holds; when the window closes it is scrubbed |
| ejection | the ejector does not move | while charged, again for half a minute in the window |
| ejection | the MAV stays in its tube | back to `ready`; the ejector may be spent |
| mid-air | the first motor does not light | second bridge wire, as long as it flies; then lost |
| first burn | attitude off nominal | told; flown on closed loop, since nothing can be stopped |
| first burn | ends far too early | lost |
| hold | the first stage stays | tried again; then lost |
| coast | the second motor does not light | either bridge wire, over a minute; then lost |
| second burn | the motor is weak | felt only at burnout; all cold gas lifts the periapsis; told |
| release | the container stays | tried for an hour; told; may be commanded again |
"""

import math
from typing import NoReturn

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.vectors import angle_between, norm
from flight.core.activities import ActivityFailed
from flight.mav.ascent_computer import AscentComputer
from flight.mav.ascent_guidance import apoapsis_and_period
from flight.mav.custody import held
from flight.mav.vehicle import MavVehicle

OFF_NOMINAL = math.radians(25.0)
OFF_NOMINAL_FOR = 1.0  # s
EXCEEDED_FOR = 0.1  # s


class Watch:
    """Watches pointing and angle of attack in a burn, and tells once of each that it goes too far.

    What the wind is believed to be strays by a fraction of a degree from one cycle to the next: an
    angle counts that is there for a while.
    """

    def __init__(self, node: MavVehicle) -> None:
        self._node = node
        self._since: float | None = None
        self._told = False
        self._pressed_since: float | None = None
        self._pressed_told = False
        self._limit = float(node.parameters["largest_angle_of_attack"])

    def look(self) -> None:
        """Looks once a cycle."""
        computer = self._node.computer
        assert computer is not None
        navigation = computer.navigation
        off = angle_between(navigation.direction(), computer.wanted)
        if off < OFF_NOMINAL:
            self._since = None
        elif self._since is None:
            self._since = navigation.time
        elif navigation.time - self._since > OFF_NOMINAL_FOR and not self._told:
            self._told = True
            self._node.off_nominal_attitude(degrees=round(math.degrees(off), 1))
        self._look_at_the_air(computer)

    def _look_at_the_air(self, computer: AscentComputer) -> None:
        pressure, angle = computer.dynamic_pressure, math.degrees(computer.angle_of_attack)
        time = computer.navigation.time
        if pressure <= computer.settings.first.pressure_limit or angle <= self._limit:
            self._pressed_since = None
        elif self._pressed_since is None:
            self._pressed_since = time
        elif time - self._pressed_since >= EXCEEDED_FOR and not self._pressed_told:
            self._pressed_told = True
            self._node.angle_of_attack_exceeded(
                degrees=round(angle, 2), limit=self._limit, pressure=round(pressure)
            )


def suborbital(computer: AscentComputer, height: float) -> bool:
    """Whether the highest point of the coast lies below a height (m)."""
    navigation = computer.navigation
    try:
        apoapsis, _ = apoapsis_and_period(navigation.position, navigation.velocity)
    except (ValueError, ZeroDivisionError):
        return False
    return apoapsis - MARS_MEAN_RADIUS < height and norm(navigation.velocity) < 3000.0


def stay(node: MavVehicle, reason: str) -> NoReturn:
    """Forgets the flight that has not begun. Raises ActivityFailed, always."""
    node.clear_ascent()
    raise ActivityFailed(f"not ejected: {reason}")


async def lose(node: MavVehicle, reason: str) -> NoReturn:
    """Says that the vehicle is lost, and of each tube that nobody knows where it comes down.

    Raises ActivityFailed, always.
    """
    node.flown = "lost"
    await node.ascent_log.flush()
    tubes = [record.tube for record in held(node)]
    node.vehicle_lost(reason=reason, tubes=len(tubes))
    for tube in tubes:
        node.ledger.lose(tube, f"aboard the MAV when it was lost: {reason}")
    raise ActivityFailed(f"the vehicle is lost: {reason}")
