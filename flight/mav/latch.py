"""A latch that opens by itself: the ledger says what the switches say, and the latch is closed."""

from flight.core.custody.ledger import CustodyStatus
from flight.core.sound_readings import sound
from flight.icd import places
from flight.icd.devices.base import DeviceError
from flight.icd.devices.container import ContainerState
from flight.mav.custody import begin_all, end_all, held
from flight.mav.vehicle import MavVehicle

DRIVING = ("opening", "sealing")
"""States whose activity drives the latch itself, and says so in the ledger."""


def latch_differs(node: MavVehicle, state: ContainerState) -> str:
    """What latch or ledger say that is not as it was told to be; "": nothing.

    Where the ledger does not have in the sealed container what lies in it, a look failed just
    after the latch was driven.
    """
    driven = any(node.is_in(each) for each in DRIVING)
    if node.closure != "sealed" or driven or not state.lid_closed:
        return ""
    if state.latched:
        return "" if _all_are(node, places.MAV) else "its latch closed"
    # In the safe state nothing moves: then it is enough that it is known.
    return "" if node.is_in_safe and _all_are(node, places.CONTAINER) else "its latch open"


async def close_latch(node: MavVehicle) -> None:
    """Notes that the container is open, closes it, and notes that; in the safe state nothing moves.
    Where the latch says that it has moved and its switch that it is open, one of them is wrong:
    then the tubes stay openly on the move, until both say the same.
    Raises a device error where it does not close, or does not say whether it has."""
    state = await sound(node.container.state)
    _note(node, state)
    if state.latched or node.is_in_safe or not state.lid_closed:
        return
    begin_all(node, places.MAV)
    refused = None
    try:
        await node.container.latch()
    except DeviceError as error:
        refused = error
    state = await sound(node.container.state)
    if refused is None and not state.latched:
        return
    _note(node, state)
    if refused is not None and not state.latched:
        raise refused


def _note(node: MavVehicle, state: ContainerState) -> None:
    """Writes into the ledger what the switches say, unless an activity is about to."""
    if not any(node.is_in(each) for each in DRIVING):
        sealed = state.latched and state.lid_closed
        begin_all(node, places.MAV if sealed else places.CONTAINER)
        end_all(node, state)


def _all_are(node: MavVehicle, place: str) -> bool:
    return all(
        record.status is CustodyStatus.HELD and record.place == place for record in held(node)
    )
