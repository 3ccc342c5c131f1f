"""A demo with a drill flies to where the drill begins, at full speed, and goes on from there."""

from typing import Any

from flight.runtime.loop import NANOSECONDS
from ground.commands.first_contact import SOMEBODY
from ground.testbed.operating.control_client import ControlRefused, RunControl

KEY, SESSION = "console/drill", "console"


class DrillWay:
    """A run on its way there. `trainer`: in whose name the drill is begun; `request`: what for;
    `pace`: at which it goes on (None: as fast as it goes)."""

    def __init__(self, trainer: str, request: dict[str, Any], pace: float | None) -> None:
        self._trainer, self._request, self._pace = trainer, request, pace
        self._asked = False
        self.is_left = False
        """Whether somebody else has set a pace, which holds."""

    def arrived(self, control: RunControl) -> str | None:
        """Whether it is there, in words; lets it begin and go on its way first."""
        try:
            if not self._asked:
                self._asked = True
                control.ask(self._trainer, self._request, KEY, SESSION)
                control.pace(None, after=0)
                return None
            look = control.look()
            if look["paces"] != 1:
                self.is_left = True
                return SOMEBODY
            if look["pace"] != 0.0:
                return None  # on its way: where the drill begins, it stands
            told = control.ask(self._trainer, {"do": "drill"})
            control.pace(self._pace, after=1)
        except ControlRefused as refusal:
            return f"no drill begins: {refusal}"
        if told["state"] == "waiting":
            return "somebody has it stand before the drill begins; it waits for its start"
        hours = (told.get("began_ns") or 0) / NANOSECONDS / 3600.0
        return f"the drill has begun, {hours:.1f} h on: {told.get('title', '')}"


def request_of(name: str, text: str, case: str) -> dict[str, Any]:
    """What begins a drill where its file says, and has the run stand there."""
    return {"do": "drill_begin", "name": name, "text": text, "case": case, "stand": True}
