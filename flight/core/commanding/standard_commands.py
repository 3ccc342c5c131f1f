"""The commands that every node obeys."""

from typing import Annotated, Any

import msgspec

from flight.core.commanding.arguments import ParameterValues, SequenceName
from flight.core.commanding.commands import Carries, CommandRejected, Hazard, command
from flight.core.keeping.continuity import keep_correction
from flight.core.keeping.parameters import READ_BACK, ParameterRefusal, ParameterTable
from flight.core.sequencing.sequence_engine import SequenceEngine
from flight.core.sequencing.sequences import SequenceRefusal
from flight.core.telling.kernel_events import NodeEvents
from flight.core.telling.reporting import ReportingNode

SAFE = "safe"


class StandardCommands(NodeEvents, ReportingNode):
    """Safing, parameters, sequences, clock, reboot: the same on every node."""

    parameters: ParameterTable
    sequences: SequenceEngine

    def post(self, name: str, *, cause: str = "", urgent: bool = False, **data: Any) -> None:
        """Puts a signal for the statechart into the mailbox."""
        raise NotImplementedError

    def is_in(self, path: str) -> bool:
        """Whether the node is in a state or inside it."""
        raise NotImplementedError

    @property
    def acting_identifier(self) -> str:
        """The identifier of the command that acts at this instant."""
        raise NotImplementedError

    def execute_sequence(self, name: str) -> None:
        """Runs a started sequence beside everything else."""
        raise NotImplementedError

    def go_safe(self, reason: str) -> None:
        """Enters the safe state before anything else that waits."""
        raise NotImplementedError

    def refuse_safe(self) -> None:
        """Refuses a command to go safe where that is forbidden."""
        raise NotImplementedError

    @command(deadline=60.0, harmless=True)
    def enter_safe(self) -> None:
        """Ends what runs, sequences too, and goes to the safe state; not where nothing is safer
        than going on, and at the end of what is not to be broken off."""
        self.refuse_safe()
        self.go_safe("commanded")

    @command(deadline=60.0, allowed_in=SAFE)
    def leave_safe(self) -> None:
        """Leaves the safe state."""
        self.post("leave_safe", reason="commanded")

    @command(deadline=60.0)
    def abort_activity(self) -> None:
        """Ends the running activity; the node goes where its statechart sends it."""
        self.post("abort", urgent=True, reason="commanded")

    @command(deadline=60.0)
    def reboot(self) -> None:
        """Starts the node anew, in good order; also the way out of a reduced boot."""
        if self.context.request_reboot is None:
            raise CommandRejected(f"reboot: nobody here can boot {self.name} again")
        self.context.request_reboot()

    @command(deadline=60.0, hazard=Hazard.DECOMMISSION)
    def decommission(self) -> str:
        """Ends the vehicle's mission: computer and power are switched off for good, a sol from
        now, when the last telemetry has had its pass."""
        if self.context.request_power_off is None:
            raise CommandRejected(f"decommission: nobody here can switch {self.name} off")
        self.context.request_power_off()
        return "off in a sol"

    @command(deadline=60.0, harmless=True)
    def report_status(self) -> None:
        """Publishes all channels now."""
        self.publish_telemetry(self.channels.snapshot())

    @command(deadline=60.0)
    def correct_clock(
        self, error: Annotated[float, msgspec.Meta(ge=-1e6, le=1e6, extra={"unit": "s"})]
    ) -> None:
        """Steps the clock back by `error`, found by the ground's time correlation."""
        self.step_clock(error)

    def step_clock(self, error: float) -> None:
        """Steps the clock back by so many s, and says so."""
        self.clock.correct(error)
        keep_correction(self.storage, self.clock)
        self.sequences.clock_stepped()
        self.clock_corrected(step=-error, correction=self.clock.correction)

    @command(deadline=60.0, harmless=True)
    def load_parameters(self, values: ParameterValues) -> None:
        """Stages new parameter values and validates them; nothing changes yet."""
        try:
            self.parameters.load(values)
            self.parameters.validate()
        except ParameterRefusal as refusal:
            self.parameters.abort()
            raise CommandRejected(str(refusal)) from refusal

    @command(deadline=60.0, carries=Carries.PARAMETERS)
    def activate_parameters(self, expected: dict[str, Any] | None = None) -> None:
        """Makes the staged parameter values active, between two signals.

        `expected`: all that the ground has loaded; where anything else is staged, all of that is
        dropped. Hazardous if fault protection goes by one of them.
        """
        try:
            if expected is not None and self.context.structure.keeps(READ_BACK):
                self.parameters.compare(expected)
            self.parameters.activate()
        except ParameterRefusal as refusal:
            raise CommandRejected(str(refusal)) from refusal

    @command(deadline=60.0, carries=Carries.SEQUENCE, harmless=True)
    def load_sequence(self, sequence: dict[str, Any]) -> None:
        """Loads and validates a stored sequence; hazardous if a command in it is."""
        try:
            self.sequences.validate(self.sequences.load(sequence).name)
        except SequenceRefusal as refusal:
            raise CommandRejected(str(refusal)) from refusal

    @command(deadline=60.0, carries=Carries.STORED_SEQUENCE)
    def start_sequence(self, name: SequenceName) -> None:
        """Starts a loaded sequence, but not in the safe state; hazardous if a command in it is."""
        if self.is_in(SAFE):
            raise CommandRejected(f"start_sequence: no sequence runs in the state {SAFE}")
        try:
            self.sequences.start(name, self.acting_identifier)
        except SequenceRefusal as refusal:
            raise CommandRejected(str(refusal)) from refusal
        self.execute_sequence(name)

    @command(deadline=60.0, harmless=True)
    def abort_sequence(self, name: SequenceName) -> None:
        """Ends a running sequence; the command in flight goes on."""
        try:
            self.sequences.abort(name, "commanded")
        except SequenceRefusal as refusal:
            raise CommandRejected(str(refusal)) from refusal
