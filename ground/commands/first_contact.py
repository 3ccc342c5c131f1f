"""A demo begins where there is something to be seen: at the end of the first pass in which a
vehicle was heard. Before it a newcomer looks at empty screens."""

from typing import Any

from flight.runtime.loop import NANOSECONDS
from ground.commands.own_paces import OwnPaces
from ground.testbed.operating.control_client import ControlRefused, RefusedByRun, RunControl

MOST_PASSES = 8
"""After so many in which nobody was heard the demo goes on as it is."""
SOMEBODY = "somebody has set the pace of the demo, which holds"


class FirstContact:
    """A run on its way there, at full speed; it goes on at `pace` (None: as fast as it goes).

    It changes nothing of the run but its pace, which is no input.
    """

    def __init__(self, pace: float | None) -> None:
        self._pace = pace
        self._left = MOST_PASSES
        self._paces = OwnPaces()
        self._goes_on = False  # whether it was told to, perhaps
        self.is_left = False
        """Whether somebody else has set a pace, which holds."""

    def arrived(self, control: RunControl) -> str | None:
        """Whether it is there, in words; lets it go on its way, pass by pass, until then. One that
        does not answer is asked again."""
        try:
            state = control.poll(limit=1)
            before = self._paces.count
            if not self._paces.are_all(state["paces"]):
                self.is_left = True
                return SOMEBODY
            goes_on = self._goes_on and self._paces.count > before
            if not goes_on and self._paces.count and state["pace"] != 0.0:
                return None  # on its way: where that ends, it stands
            heard = sorted({str(row[0]) for row in state.get("telemetry", ())})
            coming = (state.get("clock") or {}).get("next_pass")
            if not goes_on:
                if not heard and coming and self._left:
                    self._left -= 1
                    self._paces.set(control, None, _end_of(coming, state))
                    return None
                self._goes_on = True
                self._paces.set(control, self._pace)
        except RefusedByRun as refusal:
            return f"the demo does not fly ahead: {refusal}"
        except ControlRefused:
            return None
        hours = state["time_ns"] / NANOSECONDS / 3600.0
        if not heard:
            return f"the demo is {hours:.1f} h on, and nobody was heard"
        return (
            f"the demo is at the end of its first pass, {hours:.1f} h on: {', '.join(heard)} "
            f"{'was' if len(heard) == 1 else 'were'} heard"
        )


def _end_of(coming: dict[str, Any], state: dict[str, Any]) -> float:
    """Mission time (s) at which the last of a pass is on the ground."""
    light_time = float((state.get("clock") or {}).get("light_time_s") or 0.0)
    end = float(coming["end_ns"]) / NANOSECONDS + light_time
    return max(end, float(state["time_ns"]) / NANOSECONDS + 1.0)
