"""What the lander remembers of its way down, over a reboot in the air and for ever after."""

import msgspec

from flight.core.keeping.memory import Remembered
from flight.lander.descent_navigation import KeptNavigation


class Landing(msgspec.Struct, frozen=True):
    """The landing by its own navigation: place and its error (m), whether it was found on the map,
    what told the touchdown, propellant left (kg), mission time (s)."""

    east: float
    north: float
    sigma: float
    fixed: bool
    how: str
    propellant: float
    time: float


class DescentMemory:
    """Of a vehicle with a storage, or of what stands for it in a study."""

    descent_navigation = Remembered[KeptNavigation | None](
        KeptNavigation | None, None, doc="where it was, some moments ago"
    )
    balanced = Remembered(bool, False, doc="whether the balance masses of the cruise are gone")
    mortar_time = Remembered[float | None](
        float | None, None, doc="mission time (s) at which the mortar was fired"
    )
    parachute_pulled = Remembered(bool, False, doc="whether the parachute has opened")
    heat_shield_gone = Remembered(bool, False, doc="whether the heat shield was let go")
    legs_out = Remembered(bool, False, doc="whether the legs were deployed and the engines primed")
    landing = Remembered[Landing | None](Landing | None, None, doc="once it stands")
