"""The MAV's side of the chain of custody: seats for tubes to come, sealed and opened container."""

from flight.core.custody.ledger import CustodyError, CustodyRecord, CustodyStatus, Evidence
from flight.core.sound_readings import sound
from flight.icd import places
from flight.icd.devices.container import ContainerState
from flight.mav.vehicle import MavVehicle

LATCH = "mav.latch"
SENSOR = "mav.seat_sensors"


async def seats(node: MavVehicle) -> list[bool]:
    """Which sockets hold a seated tube: the majority of several readings."""
    looks: int = node.parameters["seat_looks"]
    readings = [(await sound(node.container.state)).seated for _ in range(looks)]
    node.last_seats = [2 * sum(socket) > looks for socket in zip(*readings, strict=True)]
    return node.last_seats


async def verify_seat(node: MavVehicle, tube: str, slot: int | None, expected: bool) -> Evidence:
    """Whether the seat sensor of a tube's socket feels it."""
    record = node.ledger.record(tube)
    if slot is None and record is not None:
        slot = socket_of(node, record)
    if slot is None:
        return Evidence(SENSOR, f"{tube} has no socket", False)
    seated = (await seats(node))[slot]
    return Evidence(SENSOR, f"seat sensor {slot} {'closed' if seated else 'open'}", seated)


def choose_socket(node: MavVehicle, tube: str, avoid: list[int]) -> int:
    """The first free socket that is not to be avoided; raises CustodyError when there is none."""
    taken = {socket_of(node, record): record.tube for record in held(node)}
    for record in node.ledger.records():
        if record.status is CustodyStatus.RECEIVING and record.tube != tube:
            taken[record.slot] = record.tube
    for socket in range(len(node.last_seats)):
        if socket not in taken and socket not in avoid and not node.last_seats[socket]:
            return socket
    raise CustodyError("the container has no free socket that may be used")


def held(node: MavVehicle) -> list[CustodyRecord]:
    """The tubes that the MAV holds, or is about to seal or to unseal."""
    return [record for record in node.ledger.records() if _is_here(record)]


def lost_on_the_way(node: MavVehicle) -> dict[str, int]:
    """Tubes that did not arrive by the ledger, with their sockets, where no other tube is held."""
    taken = [socket_of(node, record) for record in held(node)]
    lost = (CustodyStatus.UNKNOWN, CustodyStatus.DECLINED)
    return {
        record.tube: record.slot
        for record in node.ledger.records()
        if record.status in lost and record.slot is not None and record.slot not in taken
    }


def _is_here(record: CustodyRecord) -> bool:
    if record.status is CustodyStatus.IN_TRANSIT:
        return record.transfer_id is None
    return record.status is CustodyStatus.HELD


def socket_of(node: MavVehicle, record: CustodyRecord) -> int | None:
    """The socket of a tube; a move that was taken back does not say it any more."""
    if record.slot is not None:
        return record.slot
    return next(
        (r.slot for r in reversed(node.ledger.journal(record.tube)) if r.slot is not None), None
    )


def begin_all(node: MavVehicle, destination: str) -> None:
    """Writes the intent to seal or unseal every tube, before the latch is driven."""
    for record in held(node):
        if record.status is CustodyStatus.HELD and record.place != destination:
            node.ledger.begin(record.tube, destination, LATCH, socket_of(node, record))


def end_all(node: MavVehicle, state: ContainerState) -> None:
    """Ends what was begun, by what the switches of lid and latch say."""
    sealed = state.latched and state.lid_closed
    words = (
        f"lid switch {'closed' if state.lid_closed else 'open'}, "
        f"latch switch {'closed' if state.latched else 'open'}"
    )
    for record in held(node):
        moving = record.status is CustodyStatus.IN_TRANSIT
        if not moving or record.destination not in (places.CONTAINER, places.MAV):
            continue
        slot = record.slot
        evidence = Evidence(SENSOR, f"{words}, socket {slot}")
        if (record.destination == places.MAV) is sealed:
            node.ledger.commit(record.tube, evidence)
        else:
            node.ledger.revert(record.tube, evidence)


def cede_tubes(node: MavVehicle, to: str) -> int:
    """Gives up what floats in orbit, openly, so that `to` may find it; returns how many tubes."""
    ceded = 0
    for record in node.ledger.records():
        if record.status is CustodyStatus.HELD and record.place == places.ORBIT:
            node.ledger.lose(record.tube, "let go in orbit, and out of sight")
            record = node.ledger.cede(record.tube, to)
        ceded += record.step == "cede"
    return ceded
