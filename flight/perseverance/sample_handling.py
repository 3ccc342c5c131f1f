"""The tubes in the belly: holds one out at the port, looks after it, drops it when so commanded.

A tube is held out when an arm asks for it, one at a time. Where it is, is told by seat sensors, the
switch of the port and the engraving, of which none moves a tube.
"""

from dataclasses import dataclass
from math import hypot

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.commanding.arguments import Arguments, TubeId
from flight.core.custody.ledger import CustodyError, CustodyStatus, Evidence
from flight.core.sound_readings import sound
from flight.core.tries import MOTION, insist
from flight.icd import places
from flight.icd.devices.base import DeviceError, DeviceFault, ReadingInvalid
from flight.icd.devices.bit_carousel import STORE_SLOTS
from flight.icd.devices.transfer_arm_geometry import tube_port_place
from flight.perseverance.vehicle import PerseveranceVehicle
from flight.surface.site_place import SitePlace

MOVER = "perseverance.bit_carousel"
SENSORS = "perseverance.seat_sensors"
CAMERA = "perseverance.stereo_camera"
LOOKS = 3
READINGS = 4  # of an engraving, each legible nine times in ten
AWAKE_FOR = 3600.0  # s that it stays awake after it was asked for a tube
BACK_OFF = 2.75  # m that it went back after each drop at Three Forks (drive indices)
DROP_SEARCH = 6.0  # m
DROP_ERROR = 0.8  # m of a sighting from where the tube must lie


@dataclass(frozen=True)
class Store:
    """The store by the majority of some readings."""

    seated: list[bool]
    port: bool
    presented: int | None

    def shows(self, serial: str, tube: str, slot: int | None) -> bool:
        """Whether `tube`, which has `slot` (None: no slot is known), is held out at the port;
        `serial`: the engraving there, empty where none is legible."""
        if not self.port:
            return False
        return serial == tube or (not serial and slot is not None and self.presented == slot)


async def read_store(node: PerseveranceVehicle) -> Store:
    """Reads all switches three times: single readings may be false."""
    states = [await sound(node.hardware.carousel.state) for _ in range(LOOKS)]
    votes = [sum(state.seated[slot] for state in states) for slot in range(STORE_SLOTS)]
    port = 2 * len([state for state in states if state.port]) > LOOKS
    return Store([2 * count > LOOKS for count in votes], port, states[-1].presented)


async def engraving(node: PerseveranceVehicle) -> str:
    """The serial of the tube at the port; empty when it cannot be read."""
    for _ in range(READINGS):
        try:
            seen = await sound(node.hardware.carousel.read_engraving, pauses=MOTION)
        except ReadingInvalid:
            return ""
        if seen.serial:
            return seen.serial
    return ""


async def look(node: PerseveranceVehicle, tube: str, slot: int | None, expected: bool) -> Evidence:
    """Whether a tube is aboard, by the sensors; beside the lander one that is offered is held out.

    Raises a device error when that cannot be told.
    """
    await node.wake_for(AWAKE_FOR)
    async with node.handling:
        if expected and node.is_in("surface.delivering"):
            await _hold_out(node, tube)
        store = await read_store(node)
        serial = await engraving(node) if store.port else ""
    slot = slot_of(node, tube) if slot is None else slot
    at_port = store.shows(serial, tube, slot)
    seated = slot is not None and store.seated[slot]
    port = f"port {'closed' if store.port else 'open'}"
    if store.port:
        port += f", engraving {serial or 'not legible'}"
    seat = f"slot {slot} {'closed' if seated else 'open'}"
    return Evidence(SENSORS, f"{port}; {seat}", at_port or seated)


async def _hold_out(node: PerseveranceVehicle, tube: str) -> None:
    """Brings a tube to the port if it is in its slot; takes in what else is there first."""
    slot = slot_of(node, tube)
    store = await read_store(node)
    if store.port:
        if store.shows(await engraving(node), tube, slot):
            return
        await _take_in(node)
    if slot is None or not store.seated[slot]:
        return
    await _move(node, present=slot)
    node.tube_presented(tube=tube, slot=slot)


async def put_away(node: PerseveranceVehicle) -> None:
    """Takes a tube from the port into the store, for driving."""
    async with node.handling:
        if (await read_store(node)).port:
            await _take_in(node)


async def _take_in(node: PerseveranceVehicle) -> None:
    store = await read_store(node)
    slot = store.presented
    if slot is None:  # an arm has put it there
        serial = await engraving(node)
        slot = slot_of(node, serial) if serial else None
    if slot is None:
        raise ActivityFailed("there is a tube at the port of which no slot is known")
    await _move(node, store=slot)


async def _move(
    node: PerseveranceVehicle, *, present: int | None = None, store: int | None = None
) -> None:
    """One motion of the carousel, again when it jams; raises the last fault.

    An asker waits for ten minutes, in which a swap with jams must end.
    """

    async def motion() -> None:
        if present is not None:
            await node.hardware.carousel.present(present)
        elif store is not None:
            await node.hardware.carousel.store(store)

    def failed(number: int, error: DeviceError) -> None:
        if isinstance(error, DeviceFault):
            node.device_trouble(device="bit_carousel", reason=f"try {number}: {error}")

    await insist(motion, MOTION, failed, is_hopeless=_is_no_jam)


def _is_no_jam(error: DeviceError) -> bool:
    return not isinstance(error, DeviceFault) or error.code != "jam"


# ------------------------------------------------------------------ to the ground


class DropTube(Arguments, frozen=True):
    """The tube to let fall."""

    tube: TubeId


async def drop_tube(node: PerseveranceVehicle, signal: Signal) -> Signal:
    """Lets a tube fall and looks for it on the ground; outcome "dropped"."""
    tube = signal.given(DropTube).tube
    await node.set_awake(True)
    try:
        async with node.handling:
            await _hold_out(node, tube)
            serial = await engraving(node)
            if serial != tube:
                # A release cannot be undone: only what was read is dropped.
                raise ActivityFailed(f"{serial or 'nothing legible'} is at the port, not {tube}")
            if not (await node.hardware.camera.find_tubes(DROP_SEARCH)).valid:
                raise ActivityFailed("it is too dark to see a tube on the ground")
            node.ledger.begin(tube, places.GROUND, MOVER)
            await _remember_drop(node, tube)
            await node.hardware.carousel.release()
        dropped = await settle_drop(node, tube, move=True)
    except DeviceError as error:
        raise ActivityFailed(str(error)) from error
    if not dropped:
        raise ActivityFailed(f"{tube} is not seen on the ground")
    return Signal("dropped", {"result": f"{tube} lies on the ground"})


async def _remember_drop(node: PerseveranceVehicle, tube: str) -> None:
    ahead, right, _ = tube_port_place()
    east, north = node.pose.to_local(ahead, right)
    node.drops = {**node.drops, tube: SitePlace(east, north)}


async def settle_drop(node: PerseveranceVehicle, tube: str, *, move: bool) -> bool:
    """Ends a drop in the ledger by what is seen; True when the tube lies on the ground.

    `move`: whether the vehicle may go back for a better view. Raises DeviceFault in the dark.
    """
    async with node.handling:
        store = await read_store(node)
    slot = slot_of(node, tube)
    if store.port or (slot is not None and store.seated[slot]):
        node.ledger.revert(tube, Evidence(SENSORS, "the port or the slot is still closed"))
        return False
    if move:
        await _back_off(node)
    place = node.drops[tube]
    for _ in range(2 * LOOKS):
        image = await node.hardware.camera.find_tubes(DROP_SEARCH)
        if not image.valid:
            raise DeviceFault("no_image", f"too dark to look for {tube}")
        for sighting in image.sightings:
            east, north = node.pose.to_local(sighting.ahead, sighting.right)
            near = hypot(east - place.east, north - place.north) < DROP_ERROR
            if sighting.serial == tube or (near and not sighting.serial):
                seen = f"on the ground {sighting.ahead:.2f} m ahead, {sighting.right:.2f} m right"
                node.ledger.commit(tube, Evidence(CAMERA, seen))
                node.tube_dropped(tube=tube, east=round(east, 1), north=round(north, 1))
                node.count_tubes()
                return True
    node.ledger.lose(tube, "let go, and not seen on the ground")
    node.tube_lost(tube=tube)
    node.count_tubes()
    return False


async def _back_off(node: PerseveranceVehicle) -> None:
    try:
        await node.locomotion.drive(-BACK_OFF)
    except DeviceFault as fault:
        node.setback(fault.code, f"after a drop: {fault}")


async def settle_drops(node: PerseveranceVehicle) -> bool:
    """Ends drops that a reboot has left open; False while one cannot be told yet."""
    settled = True
    for record in node.ledger.records():
        if record.status is CustodyStatus.IN_TRANSIT and record.transfer_id is None:
            try:
                await settle_drop(node, record.tube, move=False)
            except (CustodyError, DeviceError) as error:
                node.device_trouble(device="stereo_camera", reason=str(error))
                settled = False
    return settled


# ------------------------------------------------------------------------- slots


def slot_of(node: PerseveranceVehicle, tube: str) -> int | None:
    """The slot of the store that a tube has, or had last."""
    for record in reversed(node.ledger.journal(tube)):
        if record.slot is not None:
            return record.slot
    return None


def choose_slot(node: PerseveranceVehicle, tube: str, avoid: list[int]) -> int:
    """A slot for a tube that an arm brings: its old one, or the first that is free."""
    taken = [slot_of(node, other) for other in node.tubes_aboard() if other != tube]
    old = slot_of(node, tube)
    candidates = ([] if old is None else [old]) + list(range(STORE_SLOTS))
    for slot in candidates:
        if slot not in taken and slot not in avoid:
            return slot
    raise CustodyError("no slot of the store is free")
