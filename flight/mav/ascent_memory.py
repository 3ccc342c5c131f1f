"""What of the flight outlives a reboot, and how the flight goes on after one.

Kept ten times a second in a burn and every five seconds in the coast: place, velocity, attitude,
biases, plans.
The inertial unit goes on summing while the computer is down; between what was kept last and what
the unit read last up to a period is missing: nothing is felt in a coast, so nothing is lost but the
attitude, which the stars give back. In a burn the thrust of that time is taken as the mean of what
the unit has summed, and nobody steers meanwhile: an outage of more than some tenths of a second in
the first burn, in the air, is not survived.
"""

from flight.icd.devices.ascent import Increments
from flight.icd.devices.base import DeviceError
from flight.mav.ascent_computer import AscentComputer
from flight.mav.ascent_settings import AscentSettings
from flight.mav.navigation import Navigation
from flight.mav.vehicle import KeptAscent, MavVehicle

COASTING = ("coasting", "trimming", "releasing")


def remember(node: MavVehicle, phase: str) -> None:
    """Keeps the flight as it is."""
    computer = node.computer
    node.ascent = KeptAscent(phase, None if computer is None else computer.stored())


async def recall(node: MavVehicle) -> bool:
    """After a reboot: builds the computer from what was kept, and carries it on to now.

    False when it is there already.
    """
    if node.computer is not None:
        return False
    kept = node.ascent
    assert kept is not None and kept.computer is not None
    computer = AscentComputer.restored(AscentSettings.of(node.parameters), kept.computer)
    node.computer = computer
    await _bridge(node, computer.navigation, coasting=kept.phase in COASTING)
    node.flight_recalled(phase=kept.phase)
    return True


async def _felt_meanwhile(node: MavVehicle) -> Increments:
    """What the unit has summed; nothing, if it has nothing valid to say."""
    still = (0.0, 0.0, 0.0)
    nothing = Increments(interval=0.0, delta_angle=still, delta_velocity=still, saturated=False)
    try:
        seen = await node.inertial_unit.increments()
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        return nothing
    return seen if seen.valid else nothing


async def _bridge(node: MavVehicle, navigation: Navigation, *, coasting: bool) -> None:
    """Carries navigation over the time that the computer was down."""
    seen = await _felt_meanwhile(node)
    gap = node.clock.now() - navigation.time
    if gap <= 0.0:
        return
    part = gap / seen.interval if seen.interval > 0.0 else 0.0
    x, y, z = seen.delta_velocity
    navigation.take_long(
        Increments(
            interval=gap, delta_angle=seen.delta_angle,
            delta_velocity=(x * part, y * part, z * part), saturated=seen.saturated,
        ),
        coasting=coasting,
    )  # fmt: skip
    navigation.attitude_is_sure = False
    navigation.bridged += 0.0 if coasting else gap
