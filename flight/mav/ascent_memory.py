"""What of the flight outlives a reboot, and how the flight goes on after one.

Kept ten times a second in a burn and every five seconds in the coast: place, velocity, attitude,
biases, plans.
The inertial unit goes on summing while the computer is down; between what was kept last and what
the unit read last up to a period is missing: nothing is felt in a coast, so nothing is lost but the
attitude, which the stars give back. In a burn the thrust of that time is taken as the mean of what
the unit has summed, and nobody steers meanwhile: an outage of more than some tenths of a second in
the first burn, in the air, is not survived.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from flight.astrodynamics.finite_burn import Tangents
from flight.icd.devices.ascent import Increments
from flight.mav.ascent_computer import AscentComputer, AscentPlan
from flight.mav.ascent_guidance import SecondBurnPlan
from flight.mav.ascent_settings import AscentSettings
from flight.mav.navigation import Navigation

if TYPE_CHECKING:
    from flight.mav.node import Mav

NAMESPACE = "mav"
KEY = "ascent"
COASTING = ("coasting", "trimming", "releasing")


def remember(node: "Mav", phase: str) -> None:
    """Keeps the flight as it is."""
    computer = node.computer
    data: dict[str, Any] = {"phase": phase}
    if computer is not None:
        data["computer"] = msgspec.to_builtins(computer.stored())
    node.storage.put(NAMESPACE, KEY, data)


def remembered_phase(node: Any) -> str:
    """The phase in which the flight was when it was kept last; empty before a launch."""
    data = node.storage.get(NAMESPACE, KEY)
    return data["phase"] if data else ""


async def recall(node: "Mav") -> bool:
    """After a reboot: builds the computer from what was kept, and carries it on to now.

    False when it is there already.
    """
    if node.computer is not None:
        return False
    kept = node.storage.get(NAMESPACE, KEY)
    data = kept["computer"]
    plan = _plan(data["plan"])
    navigation = Navigation.restored(data["navigation"])
    computer = AscentComputer(AscentSettings.of(node.parameters), plan, navigation)
    computer.restore(data, Tangents(**data["climb"]), _second(data["second"]))
    node.computer = computer
    await _bridge(node, navigation, coasting=kept["phase"] in COASTING)
    node.flight_recalled(phase=kept["phase"])
    return True


async def _bridge(node: "Mav", navigation: Navigation, *, coasting: bool) -> None:
    """Carries navigation over the time that the computer was down."""
    seen = await node.inertial_unit.increments()
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


def _plan(data: dict[str, Any]) -> AscentPlan:
    return AscentPlan(
        data["launch"], _vector(data["normal"]), Tangents(**data["climb"]), _second(data["second"])
    )


def _second(data: dict[str, Any]) -> SecondBurnPlan:
    return SecondBurnPlan(
        data["ignition"], Tangents(**data["tangents"]), _vector(data["normal"]),
        _vector(data["place"]), data["is_reduced"],
    )  # fmt: skip


def _vector(values: list[float]) -> tuple[float, float, float]:
    x, y, z = values
    return (x, y, z)
