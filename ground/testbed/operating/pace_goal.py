"""What a run is to stand at, where that is no instant: an event that is heard, a command's verdict.

It is looked for where mission control keeps its journal, within the run, so that it stands at that
very instant also at full speed. To stand is no input: it changes no bit.
"""

from collections.abc import Callable
from typing import Annotated

import msgspec

from ground.api.entries import Entry
from ground.mission_control import DictionaryRefusal, Service
from ground.testbed.record.inputs import InputRefused

OVER = (
    "COMPLETED", "REJECTED", "FAILED", "TIMED_OUT", "ABORTED", "UNANSWERED", "CANCELLED",
)  # fmt: skip
Text = Annotated[str, msgspec.Meta(max_length=120)]


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event of a `vehicle` by its name, or the `verdict` of the command of an identifier."""

    event: Text = ""
    vehicle: Text = ""
    verdict: Text = ""

    def __post_init__(self) -> None:
        if bool(self.event) == bool(self.verdict) or bool(self.event) != bool(self.vehicle):
            raise ValueError("told: allowed is {vehicle, event}, or {verdict: identifier}")

    def words(self) -> str:
        """For who looks."""
        return f"the verdict of {self.verdict}" if self.verdict else f"{self.vehicle} {self.event}"


class PaceGoal:
    """Of one run. `stand` has it stand."""

    def __init__(self, service: Callable[[], Service | None], stand: Callable[[], None]) -> None:
        self._service = service
        self._stand = stand
        self.told: Told | None = None

    def check(self, told: Told | None) -> None:
        """Raises InputRefused for what can never come."""
        if told is None:
            return
        service = self._service()
        if service is None:
            raise InputRefused("mission control is down: it would hear of nothing")
        control = service.desk.control
        if told.verdict:
            if not control.tracker.knows(told.verdict):
                raise InputRefused(f"told: verdict = {told.verdict!r}: no such command was issued")
            status = service.desk.ladder.status(control.tracker.command(told.verdict))
            if status in OVER:
                raise InputRefused(f"told: {told.verdict} has its verdict already: {status}")
            return
        try:
            if told.vehicle not in service.desk.vehicles:
                raise DictionaryRefusal(f"there is no vehicle {told.vehicle!r} in this run")
            control.dictionary.vehicle(told.vehicle).event(told.event)
        except DictionaryRefusal as error:
            raise InputRefused(f"told: {error}") from error

    def hear(self, entry: Entry) -> None:
        """An entry of the journal was kept."""
        told = self.told
        if told is None:
            return
        if told.verdict:
            mine = entry.topic == "cmd" and entry.data.get("identifier") == told.verdict
            come = mine and entry.data.get("status") in OVER
        else:
            come = (entry.topic, entry.vehicle, entry.what) == ("ev", told.vehicle, told.event)
        if come:
            self.told = None
            self._stand()
