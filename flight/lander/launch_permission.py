"""Answers the MAV whether the lander stands ready for its launch."""

from flight.icd.exchanges import Nothing, Permission
from flight.lander.vehicle import LanderVehicle

CLEAR_ARM = ("stowed",)


async def launch_permission(node: LanderVehicle, source: str, asked: Nothing) -> Permission:
    """Grants the launch when the lander operates and its arm is out of the way.

    The arm is, when it says that it is stowed, or when Earth has judged that it is.
    """
    reason = _why_not(node)
    return Permission(not reason, reason)


def _why_not(node: LanderVehicle) -> str:
    if not node.is_in("landed.operating"):
        return f"the lander is in {node.state}"
    arm = node.carried_modes.get("arm", "")
    if arm not in CLEAR_ARM and not node.arm_clear:
        return f"the arm is not known to be stowed: it is {f'in {arm}' if arm else 'silent'}"
    return ""
