"""The transfer arm: takes sample tubes and loads them into the Mars Ascent Vehicle."""

from typing import Annotated, Any, Literal

import msgspec

from flight.arm.hardware import connect
from flight.arm.kinematics import tip_uncertainty
from flight.arm.lid import close_lid, open_lid
from flight.arm.loading import load_tubes, settle_ground
from flight.arm.moving import deploy, hold_safe, stow
from flight.arm.parameters import PARAMETERS
from flight.arm.seeing import verify_tube
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Restart, command
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.node import Node
from flight.core.telling.channels import Channel
from flight.core.telling.communications import wire
from flight.core.telling.events import Event
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.icd.devices.transfer_arm import TransferArmState
from flight.icd.devices.transfer_arm_geometry import forward
from flight.icd.messages import Severity

TubeId = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
TubeIds = Annotated[list[TubeId], msgspec.Meta(min_length=1, max_length=30)]

LOADING = "ready.loading"
WORKING = ("deploying", "stowing", LOADING, "ready.opening_lid", "ready.closing_lid")
STEPS = {
    "step_wait": "waiting",
    "step_approach": "approaching",
    "step_extract": "extracting",
    "step_verify": "verifying",
    "step_insert": "inserting",
    "step_check": "checking_seat",
}
ENCODER_ERROR = 0.0007  # rad, 1 sigma; assumption, for an arm of 5 mm accuracy


def _mechanism_failed(node: Any, signal: Signal) -> bool:
    return bool(node.failed_mechanism)


class Arm(Node):
    """The Sample Transfer Arm of the lander, with seven joints."""

    name = "arm"
    routes = {  # noqa: RUF012  declared once, as every vehicle does
        "lander": wire("lander"),
        "rover": wire("lander"),
        "mav": wire("lander"),
        "perseverance": wire("lander"),
    }
    parameter_declarations = PARAMETERS
    statechart = Statechart(
        State("stowed", initial=True, doc="folded, brakes engaged"),
        State("deploying", activity=deploy),
        State("stowing", activity=stow),
        State("ready", children=[
            State("idle", initial=True, doc="unfolded, brakes engaged"),
            State("loading", activity=load_tubes, children=[
                State("waiting", initial=True, doc="for daylight, energy, the next tube"),
                State("approaching"), State("extracting"), State("verifying"),
                State("inserting"), State("checking_seat"),
            ]),
            State("opening_lid", activity=open_lid),
            State("closing_lid", activity=close_lid),
        ]),
        State("safe", activity=hold_safe, doc="brakes engaged; what the jaws hold stays there"),
        transitions=[
            On("deploy", ("stowed", "ready.idle"), "deploying"),
            On("done", "deploying", "ready"),
            On("stow", "ready.idle", "stowing"),
            On("done", "stowing", "stowed"),
            On("load_tubes", "ready.idle", LOADING),
            *(On(step, LOADING, f"{LOADING}.{state}") for step, state in STEPS.items()),
            On("open_lid", "ready.idle", "ready.opening_lid"),
            On("close_lid", "ready.idle", "ready.closing_lid"),
            On("done", (LOADING, "ready.opening_lid", "ready.closing_lid"), "ready.idle"),
            On("failed", WORKING, "safe", guard=_mechanism_failed),
            On("failed", WORKING, "ready.idle"),  # half-way is for the next command to find out
            On("abort", WORKING, "ready.idle"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "ready.idle"),
            On("done", "safe", None),
            On("failed", "safe", None),
        ],
        ignored=("abort", *STEPS),
    )  # fmt: skip

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

    tube_taken = Event(Severity.ACTIVITY_HI, "Took {tube} from {source}")
    tube_loaded = Event(Severity.ACTIVITY_HI, "{tube} sits in the container")
    tube_failed = Event(Severity.WARNING_HI, "{tube} could not be loaded: {reason}")
    attempt_failed = Event(Severity.WARNING_LO, "Attempt with {tube} failed: {reason}")
    insertion_stopped = Event(
        Severity.WARNING_LO,
        "Socket {socket}: stopped {missing} mm before the bottom at {force} N",
    )
    image_doubt = Event(Severity.WARNING_LO, "The camera sees no tube at {target} after insertion")
    lid_moved = Event(Severity.ACTIVITY_HI, "The lid of the container is {state}")
    device_trouble = Event(Severity.WARNING_LO, "Device trouble, try {attempt}: {reason}")
    mechanism_failed = Event(Severity.WARNING_HI, "A mechanism has failed: {reason}")
    work_waits = Event(Severity.ACTIVITY_LO, "Waiting: {reason}")

    def attach(self) -> None:
        self.hardware = connect(self)
        self.handover = ActiveHandover(
            self, "arm_gripper", self._verify, refusal=lambda: "the arm takes tubes by itself"
        )
        self.failed_mechanism = str(self.storage.get("arm", "failed_mechanism", ""))
        self.mechanism = self.failed_mechanism
        for tube in self.context.mission.get("ground", ()):
            self.ledger.adopt(tube, "ground", Evidence("mission load", "lies within reach"))
        self.count_tubes()
        self.nursery.start(self._settle_own_moves(), name="settle own moves")

    async def _verify(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        return await verify_tube(self, tube, slot, expected)

    async def _settle_own_moves(self) -> None:
        for record in self.ledger.open_transfers():
            try:
                await settle_ground(self, record.tube)
            except (ActivityFailed, DeviceFault, DeviceTimeout) as failure:
                self.device_trouble(attempt=1, reason=str(failure))

    def housekeeping_period(self) -> float:
        return 1200.0 if self.is_in("ready") and not self.is_in("ready.idle") else 7200.0

    async def sample(self) -> None:
        try:
            self.show(await self.hardware.arm.state())
            self.jaw_opening = round((await self.hardware.gripper.state()).opening, 4)
        except (DeviceFault, DeviceTimeout):
            self.highest_current = self.joint_temperature = self.jaw_opening = None

    # ------------------------------------------------------- for the skills

    def show(self, state: TransferArmState) -> None:
        """Sets the channels that come from the arm itself."""
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
        self.failed_mechanism = reason
        self.storage.put("arm", "failed_mechanism", reason)
        self.mechanism = reason
        self.mechanism_failed(reason=reason)

    # -------------------------------------------------------------- commands

    @command(deadline=3 * 3600.0, starts="deploying", restart=Restart.RESUME)
    def deploy(self) -> None:
        """Unfolds the arm to its ready position."""
        self._must_be_sound()

    @command(deadline=3 * 3600.0, starts="stowing", restart=Restart.RESUME)
    def stow(self) -> None:
        """Folds the arm."""
        self._must_be_sound()

    @command(deadline=30 * 88_775.0, starts=LOADING, restart=Restart.RESUME)
    def load_tubes(
        self, tubes: TubeIds, source: Literal["rover", "perseverance", "ground"]
    ) -> None:
        """Takes tubes from `source` and loads them into the container, over as many sols as it
        takes; what is loaded already is passed over."""
        self._must_be_sound()

    @command(deadline=3 * 88_775.0, starts="ready.opening_lid", restart=Restart.RESUME)
    def open_lid(self) -> None:
        """Takes the lid off the container; its latch must be open."""
        self._must_be_sound()

    @command(deadline=3 * 88_775.0, starts="ready.closing_lid", restart=Restart.RESUME)
    def close_lid(self) -> None:
        """Puts the lid on the container, and verifies that it lies on its seat."""
        self._must_be_sound()

    @command(deadline=60.0, allowed_in=("safe", "stowed", "ready.idle"))
    def clear_failed_mechanism(self) -> None:
        """Lets the arm move again after a mechanism has failed; for the ground to decide."""
        self.failed_mechanism = self.mechanism = ""
        self.storage.put("arm", "failed_mechanism", "")

    def _must_be_sound(self) -> None:
        if self.failed_mechanism:
            raise CommandRejected(
                f"a mechanism has failed ({self.failed_mechanism}); allowed after "
                "clear_failed_mechanism, or use the rover's arm"
            )
