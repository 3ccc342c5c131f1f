"""The paces that one who leads a run has set, also where the answer was lost."""

from ground.testbed.operating.control_client import ControlRefused, RefusedByRun, RunControl


class OwnPaces:
    """Counts them: another number of the run's means that somebody else has set one.

    A run that does not answer may have heard all the same. Then the next look tells.
    """

    def __init__(self) -> None:
        self.count = 0
        self._lost = False

    def are_all(self, paces: int) -> bool:
        """Whether nobody else has set one, of a run in which so many were set."""
        if self._lost and paces == self.count + 1:
            self.count = paces
        self._lost = False
        return paces == self.count

    def set(self, control: RunControl, rate: float | None, until: float | None = None) -> None:
        """Sets one; see `RunControl.pace`. Raises ControlRefused."""
        try:
            control.pace(rate, until, after=self.count)
        except RefusedByRun:
            raise
        except ControlRefused:
            self._lost = True
            raise
        self.count += 1
