"""Answers those who live on the lander's battery whether there is energy for a piece of work."""

from flight.icd.exchanges import EnergyWanted, Permission
from flight.lander.rhythm import Energy
from flight.lander.vehicle import LanderVehicle

OWN_NEEDS = 200.0
"""W that the lander takes by day itself, heaters at work and all (assumption)."""
HOURS_OF_SUN = 2.0
"""Within which the array has to give what the work takes, where nobody knows the charge: the Sun
does not set so soon where it is high enough to give more than the lander needs (assumption)."""


async def energy_permission(node: LanderVehicle, source: str, asked: EnergyWanted) -> Permission:
    """Grants the energy if enough is left in the battery after it."""
    reason = _why_not(node, asked.watt_hours)
    return Permission(not reason, reason)


def _why_not(node: LanderVehicle, watt_hours: float) -> str:
    charge, needed = node.state_of_charge, node.parameters["work_charge"]
    if charge is None or node.energy is Energy.UNKNOWN:
        return _why_not_from_the_array(node, watt_hours)
    if node.energy is not Energy.AMPLE:
        return f"loads are cut: the battery is at {100.0 * charge:.0f} %"
    left = charge - watt_hours / node.parameters["battery_capacity"]
    if left < needed and not _is_for_its_wear(node, left, watt_hours):
        return (
            f"{100.0 * left:.0f} % would be left of the battery; allowed is from "
            f"{100.0 * needed:.0f} %"
        )
    return ""


def _is_for_its_wear(node: LanderVehicle, left: float, watt_hours: float) -> bool:
    """Whether a battery that has lost cells is as full as it becomes, and the array gives what the
    work takes: more than that is never stored."""
    if not node.charged_for_its_wear() or left < node.parameters["low_charge"]:
        return False
    return not _why_not_from_the_array(node, watt_hours)


def _why_not_from_the_array(node: LanderVehicle, watt_hours: float) -> str:
    """Without a gauge what the array gives now, beyond what the lander needs, has to do."""
    power = node.array_power
    if power is None:
        return "neither the charge of the battery is known nor what the array gives"
    if node.energy is Energy.LOW:
        return "loads are cut, and the charge of the battery is not known"
    needed = OWN_NEEDS + watt_hours / HOURS_OF_SUN
    if power < needed:
        return (
            f"the charge of the battery is not known, and the array gives {power:.0f} W; allowed "
            f"is from {needed:.0f} W"
        )
    return ""
