"""What must hold of the software of a run, and of what becomes of its vehicles."""

from flight.icd.messages import EventReport, Message
from ground.drills.invariant import Invariant
from ground.testbed.run import Run

SOFTWARE_FAULTS = (
    "activity_fault", "statechart_fault", "command_fault", "look_failed", "sample_fault"
)  # fmt: skip
"""Events of a vehicle whose own software has raised; what a device does raises none of them."""
STANDSTILLS = ("Deadlock", "Livelock", "TooManyCallbacks")


class NoTraceback(Invariant):
    """No software ends by an error of its own: no participant, no activity, no command."""

    def hear(self, message: Message) -> str:
        if isinstance(message, EventReport) and message.name in SOFTWARE_FAULTS:
            return f"{message.source}: {message.text}"
        return ""

    def end(self, broke: BaseException | None) -> str:
        if broke is None or type(broke).__name__ in STANDSTILLS:
            return ""
        return f"the run ended by {type(broke).__name__}: {broke}"


class NoDeadlock(Invariant):
    """The run neither waits for ever nor works without an end."""

    def end(self, broke: BaseException | None) -> str:
        if broke is None or type(broke).__name__ not in STANDSTILLS:
            return ""
        return str(broke)


class NoVehicleLost(Invariant):
    """No vehicle is lost: none crashes, none is taken away for good."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._before = dict(run.hardware.lost)

    def look(self) -> str:
        for vehicle, time in self.run.hardware.lost.items():
            if vehicle not in self._before:
                return f"{vehicle} was lost at {time:.1f} s"
        return ""

    def hear(self, message: Message) -> str:
        if isinstance(message, EventReport) and message.name == "mode_changed":
            after = str(message.data.get("after", ""))
            if after.split(".")[-1] == "lost":
                return f"{message.source} has given itself up as lost ({after})"
        return ""
