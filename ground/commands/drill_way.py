"""A demo with a drill flies to where the drill begins, at full speed, and goes on from there."""

from typing import Any

from flight.runtime.loop import NANOSECONDS
from ground.commands.first_contact import SOMEBODY
from ground.commands.own_paces import OwnPaces
from ground.testbed.operating.control_client import ControlRefused, RefusedByRun, RunControl

KEY, SESSION = "console/drill", "console"


class DrillWay:
    """A run on its way there. `trainer`: in whose name the drill is begun; `request`: what for;
    `pace`: at which it goes on (None: as fast as it goes)."""

    def __init__(self, trainer: str, request: dict[str, Any], pace: float | None) -> None:
        self._trainer, self._request, self._pace = trainer, request, pace
        self._paces = OwnPaces()
        self._goes_on = False  # whether it was told to, perhaps
        self.is_left = False
        """Whether somebody else has set a pace, which holds."""

    def arrived(self, control: RunControl) -> str | None:
        """Whether it is there, in words; lets it begin and go on its way first. One that does not
        answer is asked again, under the same key."""
        try:
            look, before = control.look(), self._paces.count
            if not self._paces.are_all(look["paces"]):
                self.is_left = True
                return SOMEBODY
            if not self._paces.count:
                control.ask(self._trainer, self._request, KEY, SESSION)
                self._paces.set(control, None)
                return None
            goes_on = self._goes_on and self._paces.count > before
            if not goes_on and look["pace"] != 0.0:
                return None  # on its way: where the drill begins, it stands
            told = control.ask(self._trainer, {"do": "drill"})
            if not goes_on:
                self._goes_on = True
                self._paces.set(control, self._pace)
        except RefusedByRun as refusal:
            return f"no drill begins: {refusal}"
        except ControlRefused:
            return None
        if told["state"] == "waiting":
            return "somebody has it stand before the drill begins; it waits for its start"
        hours = (told.get("began_ns") or 0) / NANOSECONDS / 3600.0
        return f"the drill has begun, {hours:.1f} h on: {told.get('title', '')}"


def request_of(name: str, text: str, case: str) -> dict[str, Any]:
    """What begins a drill where its file says, and has the run stand there."""
    return {"do": "drill_begin", "name": name, "text": text, "case": case, "stand": True}
