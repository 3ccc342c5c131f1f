"""Answers those who live on the lander's battery whether there is energy for a piece of work."""

from flight.icd.exchanges import EnergyWanted, Permission
from flight.lander.rhythm import Energy
from flight.lander.vehicle import LanderVehicle


async def energy_permission(node: LanderVehicle, source: str, asked: EnergyWanted) -> Permission:
    """Grants the energy if enough is left in the battery after it."""
    reason = _why_not(node, asked.watt_hours)
    return Permission(not reason, reason)


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
