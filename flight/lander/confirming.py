"""Whether what was fired on the way down has happened: seen by another, and fired again if not.

A second current through an initiator that has fired does no harm; a part that is still there is
the end of the lander. So doubt is enough to fire again, and tries are spread in time: what disturbs
all that come at once has passed before the last.
"""

import math
from collections.abc import Awaitable, Callable

from flight.astrodynamics.vectors import dot, norm
from flight.core.fault_protection.witnesses import WITNESSES, Confirmation
from flight.icd.devices.base import DeviceError
from flight.lander.descent import Descent
from flight.lander.witnesses import BACKSHELL, CRUISE_STAGE, HEAT_SHIELD

STAGE_PAUSES = (1.0, 5.0, 20.0)
SHIELD_PAUSES = (2.0, 4.0, 8.0, 8.0)
"""s after the radar could see at the earliest, and after each further try."""
SHELL_PAUSES = (0.6, 1.0, 1.5)
HANGING = 2.0
"""m/s^2 felt, above which something carries it: under the parachute it feels its weight, 3.7."""
TRIMMED = math.radians(5.0)
"""Angle of attack above which the masses of the cruise are gone, and below which all are: with one
set gone alone it is 16 degrees."""
BALANCE_PAUSE, BALANCE_TRIES = 4.0, 3  # s; times

Wait = Callable[[float], Awaitable[None]]


def unconfirmed(descent: Descent, row: Confirmation) -> None:
    """Tells that a witness does not see what was acknowledged."""
    descent.host.result_unconfirmed(actuation=row.what, witness=row.seen_by)


async def confirm_cruise_stage(descent: Descent, period: float) -> None:
    """The star scanner goes with the cruise stage: as long as it sees stars the stage is there."""
    if not descent.structure.keeps(WITNESSES):
        return
    for number, pause in enumerate(STAGE_PAUSES):
        if not await _sees_stars(descent):
            return
        if number == 0:
            unconfirmed(descent, CRUISE_STAGE)
        await descent.insist(CRUISE_STAGE.part)
        await _wait(descent, pause, period)


async def _sees_stars(descent: Descent) -> bool:
    try:
        return (await descent.devices.inertial_unit.alignment()).valid
    except DeviceError as error:
        descent.trouble(device="descent_inertial_unit", reason=str(error))
        return False  # nobody can tell: then the answer is what there is


async def _wait(descent: Descent, seconds: float, period: float) -> None:
    begun = descent.navigation.time
    while descent.navigation.time - begun < seconds:
        await descent.tick(period)


class Balance:
    """Watches whether masses are gone by the angle at which it flies; to be asked beat by beat.

    `turned`: it flies at an angle of attack once they are gone; else without.
    """

    def __init__(self, descent: Descent, row: Confirmation, *, turned: bool, after: float) -> None:
        self._descent = descent
        self._row = row
        self._turned = turned
        self._next = descent.navigation.time + after
        self._tries = BALANCE_TRIES if descent.structure.keeps(WITNESSES) else 0

    async def beat(self) -> None:
        """Looks, when it is time, and fires again."""
        d = self._descent
        if self._tries == 0 or d.navigation.time < self._next:
            return
        if (angle_of_attack(d) > TRIMMED) == self._turned:
            self._tries = 0
            return
        if self._tries == BALANCE_TRIES:
            unconfirmed(d, self._row)
        self._tries -= 1
        self._next = d.navigation.time + BALANCE_PAUSE
        await d.insist(self._row.part)


def angle_of_attack(descent: Descent) -> float:
    """Angle between the axis and the way it flies, by its own navigation, rad."""
    axis, moving = descent.navigation.body_axis(), descent.navigation.local_velocity()
    along = -dot(axis, moving) / max(norm(moving), 1e-9)
    return math.acos(max(-1.0, min(1.0, along)))


class Shield:
    """Watches whether the radar sees the ground: it cannot through the heat shield."""

    def __init__(self, descent: Descent, listen_from: float) -> None:
        self._descent = descent
        self._next = listen_from + SHIELD_PAUSES[0]
        self._tried = 0

    async def beat(self) -> None:
        """Fires again, when it is time and the radar has seen nothing yet."""
        if self._descent.navigation.time >= self._next and self._tried + 1 < len(SHIELD_PAUSES):
            self._tried += 1
            self._next += SHIELD_PAUSES[self._tried]
            await self._insist()

    async def last(self) -> None:
        """Once more before the engines, which it would stand in the way of."""
        await self._insist()

    async def _insist(self) -> None:
        d = self._descent
        if d.sensing.has_seen or not d.structure.keeps(WITNESSES):
            return
        if self._tried <= 1:
            unconfirmed(d, HEAT_SHIELD)
        await d.insist(HEAT_SHIELD.part)


async def confirm_backshell(descent: Descent, period: float) -> None:
    """What hangs under a parachute feels its weight; what falls feels hardly anything."""
    for number, pause in enumerate(SHELL_PAUSES):
        await _wait(descent, pause, period)
        carried = norm(descent.navigation.felt) > HANGING
        if descent.is_deaf or not carried or not descent.structure.keeps(WITNESSES):
            return
        if number == 0:
            unconfirmed(descent, BACKSHELL)
        await descent.insist(BACKSHELL.part)
    await _wait(descent, SHELL_PAUSES[0], period)
