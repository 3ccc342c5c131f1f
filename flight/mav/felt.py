"""What the inertial unit feels, reading by reading, and what is taken for it while it says nothing.

The unit sums up between readings. An answer that is lost or not valid has taken its sums with it,
a question that was lost has not; which of both it was shows in the next reading's interval. So
while there is nothing valid the flight goes on by what was felt last, from a state that is kept;
with the next valid reading it goes back there and takes what was really felt.
"""

import copy

from flight.astrodynamics.vectors import scale
from flight.icd.devices.ascent import Increments
from flight.icd.devices.base import DeviceError
from flight.mav.navigation import Navigation
from flight.mav.vehicle import MavVehicle
from flight.runtime.loop import NANOSECONDS

MISSED = 1e-3
"""s by which a reading's interval may differ from the time since the one before: rounding."""
ALIKE = 5
"""Readings in a row that may be the same to the last bit: those of a unit that works have noise."""
LONG = 0.2
"""s missed, after which the attitude errs by what was missed rather than since the tube: a nozzle
turns the MAV by degrees in them, and it was aligned to tenths."""


class Felt:
    """The inertial unit of one phase of the flight."""

    def __init__(self, node: MavVehicle, navigation: Navigation) -> None:
        self._node = node
        self._navigation = navigation
        self._stamp: int | None = None  # ns, of the last valid reading
        self._kept: Navigation | None = None  # as it was at that reading, while there is none
        self._told = False
        self._last: tuple[object, ...] = ()
        self._alike = 1  # readings in a row that said the same

    @property
    def is_blind(self) -> bool:
        """Whether the unit says nothing valid now."""
        return self._kept is not None

    async def read(self, cycle: float) -> Increments:
        """What navigation is to take next; `cycle` (s) is how long that is when nobody knows."""
        try:
            seen = await self._node.inertial_unit.increments()
            why = self._wrong(seen) if seen.valid else seen.reason or "not valid"
        except DeviceError as error:
            why = str(error)
        if why:
            return self._bridged(cycle, why)
        self._told = False
        self._take_back()
        missed = 0.0
        if self._stamp is not None:
            missed = (seen.time_ns - self._stamp) / NANOSECONDS - seen.interval
        self._stamp = seen.time_ns
        if missed > MISSED:
            self._navigation.take_long(self._as_before(missed), coasting=False)
            self._navigation.bridged += missed
        if missed > LONG:
            self._navigation.begin_anew()
        return seen

    def _wrong(self, seen: Increments) -> str:
        """What no unit that works can say, though it says that it is valid; "": nothing."""
        sums = (seen.interval, seen.delta_angle, seen.delta_velocity)
        self._alike = self._alike + 1 if sums == self._last else 1
        self._last = sums
        if self._stamp is not None:
            since = (seen.time_ns - self._stamp) / NANOSECONDS
            if seen.interval > since + MISSED:
                return f"it sums up over {seen.interval:g} s, {since:g} s after the reading before"
        if self._alike > ALIKE and any((*seen.delta_angle, *seen.delta_velocity)):
            return f"it has said the same {self._alike} times in a row"
        return ""

    def _bridged(self, cycle: float, why: str) -> Increments:
        if not self._told:
            self._told = True
            self._node.device_trouble(reason=f"nothing is felt: {why}")
        if self._kept is None:
            self._kept = copy.copy(self._navigation)
        return self._as_before(cycle)

    def _take_back(self) -> None:
        """Navigation as it was when something valid was felt last."""
        if self._kept is not None:
            vars(self._navigation).update(vars(self._kept))
            self._kept = None

    def _as_before(self, seconds: float) -> Increments:
        """What would have been felt had nothing changed."""
        navigation = self._navigation
        return Increments(
            interval=seconds,
            delta_angle=_with_bias(navigation, seconds),
            delta_velocity=scale(seconds, navigation.acceleration),
            saturated=False,
        )


def _with_bias(navigation: Navigation, seconds: float) -> tuple[float, float, float]:
    rate, bias = navigation.rate, navigation.gyro_bias
    return (
        seconds * (rate[0] + bias[0]), seconds * (rate[1] + bias[1]), seconds * (rate[2] + bias[2])
    )  # fmt: skip
