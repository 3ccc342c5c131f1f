"""What the camera says of the jaws: the evidence of custody."""


from flight.arm.device_calls import persist
from flight.arm.motion import NotSeen, look
from flight.arm.vehicle import ArmVehicle
from flight.core.custody.ledger import Evidence
from flight.icd import places
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.transfer_arm import GripperView

CAMERA = "arm.camera"
GRIPPER = "gripper"


async def view_gripper(node: ArmVehicle) -> GripperView:
    """A good image of the jaws; raises DeviceFault `no_image`."""
    for _ in range(node.parameters["images"]):
        view = await persist(node, node.hardware.camera.view_gripper)
        if view.valid:
            return view
    raise DeviceFault("no_image", "arm.camera shows no good image of the jaws")


async def verify_tube(node: ArmVehicle, tube: str, slot: int | None, expected: bool) -> Evidence:
    """Whether the camera sees `tube` between the jaws; an engraving of another tube is a no."""
    view = await view_gripper(node)
    if not view.tube_present:
        return Evidence(CAMERA, "the jaws are empty", False)
    if view.serial not in ("", tube):
        return Evidence(CAMERA, f"the jaws hold {view.serial}", False)
    read = "engraving read" if view.serial else "engraving not legible"
    return Evidence(CAMERA, f"a tube in the jaws, {read}", True)


TARGETS = {places.ROVER_RACK: "rack", places.CONTAINER: "socket"}


async def witness(node: ArmVehicle, tube: str, place: str, slot: int | None) -> Evidence | None:
    """What the camera sees of another vehicle's slot, in front of which the arm stands; None where
    it has no such target in view."""
    kind = TARGETS.get(place)
    if kind is None or slot is None:
        return None
    target = f"{kind}:{slot}"
    try:
        sighting = await look(node, target)
    except NotSeen:
        return None
    words = "a tube" if sighting.tube_present else "no tube"
    return Evidence(CAMERA, f"{words} at {target}", sighting.tube_present)
