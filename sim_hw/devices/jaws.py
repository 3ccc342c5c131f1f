"""Two jaws that are driven together: what both grippers have in common."""

from typing import Protocol

from flight.icd.devices.base import DeviceFault
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure

OPENING_NOISE = 0.008
"""m, 1 sigma: grit between the jaws makes their position a poor witness of what they hold
(assumption)."""
FORCE_NOISE = 2.0
"""N, 1 sigma (assumption)."""


class JawParameters(Protocol):
    """What a pair of jaws can do: m, N, s, W."""

    @property
    def opening(self) -> float: ...

    @property
    def force(self) -> float: ...

    @property
    def seconds(self) -> float: ...

    @property
    def power(self) -> float: ...


class Jaws(PoweredDevice):
    """Two jaws. `jammed` may be set to let them fail."""

    def __init__(self, context: PoweredContext, jaws: JawParameters) -> None:
        super().__init__(context)
        self.jammed = False
        self._jaws = jaws
        self._opening = jaws.opening
        self._force = 0.0

    @failure
    def fail_jam(self) -> Failing:
        """The jaws do not move any more."""
        self.jammed = True
        yield
        self.jammed = False

    async def _move(self) -> None:
        """Drives the jaws to their end; raises DeviceFault when they do not move."""
        await self.work(self._jaws.seconds, self._jaws.power)
        if self.jammed:
            raise DeviceFault("jam", f"{self.service} does not move")

    def _opened(self) -> None:
        """They stand open."""
        self._opening, self._force = self._jaws.opening, 0.0

    def _closed_on(self, width: float) -> None:
        """They are driven until the motor's current says so: on something so wide (m), or on each
        other."""
        self._opening, self._force = width, self._jaws.force

    def _felt(self) -> tuple[float, float]:
        """Opening (m) and force (N) as the jaws tell them."""
        gauss = self.random.gauss
        opening = max(0.0, self._opening + OPENING_NOISE * gauss(0.0, 1.0))
        return opening, max(0.0, self._force + FORCE_NOISE * gauss(0.0, 1.0))
