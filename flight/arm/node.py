"""The transfer arm: takes sample tubes and loads them into the Mars Ascent Vehicle."""



from flight.arm.lid import close_lid, open_lid
from flight.arm.loading import LoadTubes, load_tubes, settle_ground
from flight.arm.motion import is_at
from flight.arm.moving import deploy, hold_safe, stow
from flight.arm.seeing import verify_tube, witness
from flight.arm.vehicle import LOADING, ArmVehicle
from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Restart, command
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import Evidence
from flight.icd import places
from flight.icd.devices.base import DeviceError
from flight.icd.devices.transfer_arm_geometry import STOWED

WORKING = ("deploying", "stowing", LOADING, "ready.opening_lid", "ready.closing_lid")
STEPS = {
    "step_wait": "waiting",
    "step_approach": "approaching",
    "step_extract": "extracting",
    "step_verify": "verifying",
    "step_insert": "inserting",
    "step_check": "checking_seat",
}


def _mechanism_failed(node: ArmVehicle, signal: Signal) -> bool:
    return bool(node.failed_mechanism)


def _is_folded(node: ArmVehicle, signal: Signal) -> bool:
    """By its encoders, where nothing moves it: whoever has been stowed is, also without memory."""
    return node.joint_angles is not None and is_at(node.joint_angles, STOWED)


class Arm(ArmVehicle):
    """The Sample Transfer Arm of the lander, with seven joints."""

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
            On("leave_safe", "safe", "stowed", guard=_is_folded),
            On("leave_safe", "safe", "ready.idle"),
            On("done", "safe", None),
            On("failed", "safe", None),
        ],
        ignored=("abort", *STEPS),
    )  # fmt: skip

    def attach(self) -> None:
        self.handover = ActiveHandover(
            self,
            places.ARM_GRIPPER,
            self._verify,
            refusal=lambda: "the arm takes tubes by itself",
            witness=lambda tube, place, slot: witness(self, tube, place, slot),
        )
        for tube in self.context.mission.get("ground", ()):
            self.ledger.adopt(tube, places.GROUND, Evidence("mission load", "lies within reach"))
        super().attach()
        self.nursery.start(self._settle_own_moves(), name="settle own moves")

    async def _verify(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        return await verify_tube(self, tube, slot, expected)

    async def _settle_own_moves(self) -> None:
        for record in self.ledger.open_transfers():
            try:
                await settle_ground(self, record.tube)
            except (ActivityFailed, DeviceError) as failure:
                self.device_trouble(attempt=1, reason=str(failure))

    @command(deadline=3 * 3600.0, starts="deploying", restart=Restart.RESUME)
    def deploy(self) -> None:
        """Unfolds the arm to its ready position."""
        self._must_be_sound()

    @command(deadline=3 * 3600.0, starts="stowing", so_in="stowed", restart=Restart.RESUME)
    def stow(self) -> None:
        """Folds the arm."""
        self._must_be_sound()

    @command(deadline=30 * SOL_SECONDS, starts=LOADING, restart=Restart.RESUME)
    def load_tubes(self, wanted: LoadTubes) -> None:
        """Takes tubes from `source` and loads them into the container, over as many sols as it
        takes; what is loaded already is passed over."""
        self._must_be_sound()

    @command(deadline=3 * SOL_SECONDS, starts="ready.opening_lid", restart=Restart.RESUME)
    def open_lid(self) -> None:
        """Takes the lid off the container; its latch must be open."""
        self._must_be_sound()

    @command(deadline=3 * SOL_SECONDS, starts="ready.closing_lid", restart=Restart.RESUME)
    def close_lid(self) -> None:
        """Puts the lid on the container, and verifies that it lies on its seat."""
        self._must_be_sound()

    @command(deadline=60.0, allowed_in=("safe", "stowed", "ready.idle"))
    def clear_failed_mechanism(self) -> None:
        """Lets the arm move again after a mechanism has failed; for the ground to decide."""
        self.failed_mechanism = self.mechanism = ""

    def _must_be_sound(self) -> None:
        if self.failed_mechanism:
            raise CommandRejected(
                f"a mechanism has failed ({self.failed_mechanism}); allowed after "
                "clear_failed_mechanism, or use the rover's arm"
            )
