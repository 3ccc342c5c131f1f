"""Unfolds and folds the arm; holds it in the safe state."""

import asyncio

from flight.arm.device_calls import persist
from flight.arm.motion import go, hold, is_at, release_brakes, retreat
from flight.arm.seeing import view_gripper
from flight.arm.vehicle import ArmVehicle
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.transfer_arm_geometry import READY, STOWED

CHECK = 6 * 3600.0  # s between looks at the brakes in the safe state


async def deploy(node: ArmVehicle, signal: Signal) -> str:
    """Unfolds the arm to its ready position."""
    await _to(node, READY)
    return "done"


async def stow(node: ArmVehicle, signal: Signal) -> str:
    """Folds the arm."""
    if (await view_gripper(node)).tube_present:
        raise ActivityFailed("a tube is in the jaws: it is not folded away with the arm")
    await _to(node, STOWED)
    return "done"


async def hold_safe(node: ArmVehicle, signal: Signal) -> None:
    """Stops, and keeps the brakes engaged; what is in the jaws stays there without power."""
    while True:
        try:
            await hold(node)
        except ActivityFailed as failure:
            node.device_trouble(attempt=1, reason=str(failure))
        await asyncio.sleep(CHECK)


async def _to(node: ArmVehicle, home: tuple[float, ...]) -> None:
    state = await persist(node, node.hardware.arm.state)
    if not is_at(state.joints, home):
        await release_brakes(node)
        await retreat(node)
        if home is not READY:
            await go(node, READY)
        await go(node, home)
    await persist(node, lambda: node.hardware.arm.set_brakes(True))
    node.show(await persist(node, node.hardware.arm.state))
