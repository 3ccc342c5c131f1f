"""Answers those who live on the lander's battery whether there is energy for a piece of work."""

from typing import Annotated, Any

import msgspec

from flight.core.exchanges import ExchangeFailed
from flight.lander.rhythm import Energy
from flight.lander.vehicle import LanderVehicle

TOPIC = "energy.permission"


class Request(msgspec.Struct, frozen=True):
    """Energy that a piece of work takes, in W h."""

    watt_hours: Annotated[float, msgspec.Meta(ge=0.0, le=100_000.0)]


async def energy_permission(
    node: LanderVehicle, source: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Grants the energy if enough is left in the battery after it; raises ExchangeFailed."""
    try:
        request = msgspec.convert(data, Request)
    except msgspec.ValidationError as error:
        raise ExchangeFailed(f"{TOPIC} cannot be read: {error}") from error
    reason = _why_not(node, request.watt_hours)
    return {"granted": not reason, "reason": reason}


def _why_not(node: LanderVehicle, watt_hours: float) -> str:
    charge, needed = node.state_of_charge, node.parameters["work_charge"]
    if charge is None or node.energy is Energy.UNKNOWN:
        return "the charge of the battery is not known"
    if node.energy is not Energy.AMPLE:
        return f"loads are cut: the battery is at {100.0 * charge:.0f} %"
    left = charge - watt_hours / node.parameters["battery_capacity"]
    if left < needed:
        return (
            f"{100.0 * left:.0f} % would be left of the battery; allowed is from "
            f"{100.0 * needed:.0f} %"
        )
    return ""
