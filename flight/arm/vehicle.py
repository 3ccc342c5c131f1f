"""The transfer arm as its skills know it: channels, events, devices, and what it remembers."""

from typing import Any, ClassVar

import msgspec

from flight.arm.hardware import ArmHardware, connect
from flight.arm.kinematics import tip_uncertainty
from flight.arm.parameters import PARAMETERS
from flight.arm.safeguards import ARM_SAFEGUARDS
from flight.arm.witnesses import CONFIRMATIONS
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyStatus
from flight.core.custody.looking import LooksForTubes
from flight.core.fault_protection.obedience import switched
from flight.core.keeping.memory import Remembered
from flight.core.telling.channels import Channel
from flight.core.telling.communications import wire
from flight.core.telling.events import event
from flight.icd.devices.base import DeviceError
from flight.icd.devices.transfer_arm import TransferArmState
from flight.icd.devices.transfer_arm_geometry import forward
from flight.icd.messages import Severity

LOADING = "ready.loading"
STILL = ("stowed", "ready.idle")
ENCODER_ERROR = 0.0007  # rad, 1 sigma; assumption, for an arm of 5 mm accuracy


class SolCount(msgspec.Struct, frozen=True):
    """How many tubes were loaded on a local sol."""

    sol: int = 0
    tubes: int = 0


class ArmVehicle(LooksForTubes):
    """The Sample Transfer Arm of the lander, with seven joints."""

    name = "arm"
    routes = {  # noqa: RUF012  declared once, as every vehicle does
        "lander": wire("lander"),
        "rover": wire("lander"),
        "mav": wire("lander"),
        "perseverance": wire("lander"),
    }
    parameter_declarations = PARAMETERS
    looked_after: ClassVar = {"transfer_arm": "state", "gripper": "state"}
    longest_housekeeping = 7200.0
    safeguards = ARM_SAFEGUARDS
    confirmations = CONFIRMATIONS
    hardware: ArmHardware
    handover: ActiveHandover

    failed_mechanism = Remembered(
        str, "", doc="the mechanism that has failed, for which the arm stands; or empty"
    )
    work_of_sol = Remembered(SolCount, SolCount(), doc="how many tubes were loaded on which sol")

    joint_angles = Channel(list, unit="rad", doc="the seven joints by their encoders")
    highest_current = Channel(
        float, unit="A", doc="of the joint motors", yellow=(None, 1.5), red=(None, 2.2)
    )
    joint_temperature = Channel(
        float, unit="K", doc="of the joints", yellow=(208.0, 330.0), red=(198.0, 340.0),
        hysteresis=2.0,
    )  # fmt: skip
    contact_force = Channel(
        float, unit="N", doc="greatest force of the last straight motion", yellow=(None, 100.0)
    )
    tip_height = Channel(float, unit="m", doc="of the tip over the arm's base")
    tip_error = Channel(float, unit="m", doc="1-sigma error of the tip without visual servo")
    brakes_engaged = Channel(bool, doc="whether the brakes are engaged")
    jaw_opening = Channel(float, unit="m", doc="between the jaws")
    tubes_loaded = Channel(int, doc="tubes handed to the MAV, by the ledger")
    current_tube = Channel(str, doc="the tube that is being loaded")
    waiting_for = Channel(str, doc="why the arm does not work now")
    mechanism = Channel(str, doc="the mechanism that has failed; empty when none has")

    @event(Severity.ACTIVITY_HI, "Took {tube} from {source}")
    def tube_taken(self, *, tube: str, source: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "{tube} sits in the container")
    def tube_loaded(self, *, tube: str) -> None: ...

    @event(Severity.WARNING_HI, "{tube} could not be loaded: {reason}")
    def tube_failed(self, *, tube: str, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Attempt with {tube} failed: {reason}")
    def attempt_failed(self, *, tube: str, reason: str) -> None: ...

    @event(
        Severity.WARNING_LO, "Socket {socket}: stopped {missing} mm before the bottom at {force} N"
    )
    def insertion_stopped(self, *, socket: int, missing: float, force: float | None) -> None: ...

    @event(Severity.WARNING_LO, "The camera sees no tube at {target} after insertion")
    def image_doubt(self, *, target: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "The lid of the container is {state}")
    def lid_moved(self, *, state: str) -> None: ...

    @event(Severity.WARNING_LO, "Device trouble, try {attempt}: {reason}", lasts=True)
    def device_trouble(self, *, attempt: int, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Left alone for {hours} h, then tried again: {reason}")
    def mechanism_rests(self, *, hours: float, reason: str) -> None: ...

    @event(Severity.WARNING_HI, "A mechanism has failed: {reason}")
    def mechanism_failed(self, *, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "No answer of {vehicle}: waited for")
    def waits_for_answer(self, *, vehicle: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "Waiting: {reason}")
    def work_waits(self, *, reason: str) -> None: ...

    def attach(self) -> None:
        self.hardware = connect(self)
        self.mechanism = self.failed_mechanism
        self.silence_borne: dict[str, float] = {}  # s for which vehicles were waited for
        self.count_tubes()

    def housekeeping_period(self) -> float:
        return 1200.0 if self.is_in("ready") and not self.is_in("ready.idle") else 7200.0

    def differs(self, device: str, reading: Any) -> str:
        if device != "transfer_arm":
            return ""
        told = True if any(self.is_in(each) for each in STILL) else None
        says = {"its brakes": reading.brakes}
        return switched(self.obedience.otherwise(device, {"its brakes": told}, says), says)

    async def set_right(self, device: str) -> None:
        await self.hardware.arm.set_brakes(True)

    async def sample(self) -> None:
        try:
            self.show(await self.hardware.arm.state())
            jaws = await self.hardware.gripper.state()
            self.jaw_opening = round(jaws.opening, 4) if jaws.valid else None
        except DeviceError:
            self.highest_current = self.joint_temperature = self.jaw_opening = None

    def show(self, state: TransferArmState) -> None:
        """Sets the channels that come from the arm itself."""
        if not state.valid:
            self.highest_current = self.joint_temperature = None
            return
        self.joint_angles = [round(angle, 5) for angle in state.joints]
        self.highest_current = round(max(state.currents), 3)
        self.joint_temperature = round(state.temperature, 2)
        self.tip_height = round(forward(state.joints).position[2], 4)
        self.tip_error = round(tip_uncertainty(state.joints, ENCODER_ERROR), 5)
        self.brakes_engaged = state.brakes

    def show_waiting(self, reason: str) -> None:
        """Says why there is no work now."""
        self.step("step_wait")
        if self.waiting_for != reason:
            self.waiting_for = reason
            self.work_waits(reason=reason)

    def step(self, name: str) -> None:
        """Shows in the statechart how far the loading of a tube is."""
        if self.is_in(LOADING):
            if name != "step_wait":
                self.waiting_for = ""
            self.post(name)

    def count_tubes(self) -> None:
        """Counts what has been handed to the MAV."""
        self.tubes_loaded = sum(
            record.status is CustodyStatus.HANDED_OVER and record.counterpart == "mav"
            for record in self.ledger.records()
        )

    def note_failed_mechanism(self, reason: str) -> None:
        """Remembers, also over reboots, that the arm is not to be moved any more."""
        self.failed_mechanism = self.mechanism = reason
        self.mechanism_failed(reason=reason)
