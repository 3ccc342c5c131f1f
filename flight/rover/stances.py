"""How the rover stands at its dock, so that its own arm reaches what is on the lander."""

from math import atan2

from flight.rover.sols import fold_arm
from flight.rover.travel import see_lander
from flight.rover.vehicle import RoverVehicle

TURNS = (0.25, -0.25, 0.45, -0.45)
"""rad beside facing the lander's centre (right is positive): the arm's shoulder is ahead of the
middle about which the rover turns, so that a turn brings it nearer to what lies aside."""


class Stances:
    """What is left to try when a place on the lander is out of reach, during one work."""

    def __init__(self, node: RoverVehicle) -> None:
        self._node = node
        self._left = list(TURNS)

    async def take_next(self) -> bool:
        """Turns with a folded arm; False when nothing is left, or the lander is not seen."""
        if not self._left:
            return False
        turn = self._left.pop(0)
        node = self._node
        await fold_arm(node)
        sighting = await see_lander(node)
        if sighting is None:
            return False
        bearing = atan2(sighting.right, sighting.ahead)
        await node.locomotion.turn_to(node.pose.heading + bearing + turn)
        return True
