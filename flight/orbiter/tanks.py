"""How much propellant there must be, by the burns that were felt: beside what the gauge says.

The gauge alone does not tell a leak from a burn, and without it nobody would know what the vehicle
weighs. The book starts from what the gauge has said first, and loses what each burn took (rocket
equation). What is missing by the gauge beyond the error of both has gone another way.
"""

import math

import msgspec

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.core.keeping.memory import Remembered
from flight.core.node import Node
from flight.core.sound_readings import sound
from flight.core.telling.channels import Channel
from flight.icd.devices.base import DeviceError
from flight.icd.devices.orbiter_propulsion import MainEngine, PropellantState

GAUGE_SIGMA = 2.5  # kg, of one reading of the gauge (assumption)
FELT = 0.002
"""Of what a burn took: error of what was felt and of the specific impulse, one standard deviation
(assumption)."""
TOLD = 0.03
"""The same of a burn that nobody has felt: what the engines were told."""
SIGMAS = 6.0  # beyond which what is missing is no error: 2e-9 of a normal one
_DRY_MASS = 3_000.0
"""kg that are planned with before anything has said what the vehicle weighs."""


class TankBook(msgspec.Struct, frozen=True):
    """Propellant and mass of the vehicle (kg) by the burns, and the error of both (kg, one standard
    deviation)."""

    propellant: float
    mass: float
    error: float

    def burnt(self, delta_v: float, impulse: float, *, felt: bool) -> "TankBook":
        """After a velocity change of so many m/s at a specific impulse (s)."""
        spent = self.mass * (1.0 - math.exp(-delta_v / (impulse * STANDARD_GRAVITY)))
        return TankBook(
            max(0.0, self.propellant - spent),
            self.mass - spent,
            self.error + (FELT if felt else TOLD) * spent,
        )


class KeepsTankBook(Node):
    """A vehicle that burns: what is left in its tanks, by its gauge and by its burns."""

    tank_book = Remembered[TankBook | None](
        TankBook | None, None, doc="what is in the tanks by the burns"
    )

    propellant = Channel(float, unit="kg", doc="by the gauge", yellow=(100.0, None))
    mass = Channel(float, unit="kg", doc="by book-keeping")
    propellant_expected = Channel(float, unit="kg", doc="by the burns that were felt")
    propellant_missing = Channel(
        float, unit="kg", doc="what the gauge says less than the burns have left"
    )
    missing_limit = Channel(float, unit="kg", doc="of that, what gauge and burns may be wrong by")
    delta_v_left = Channel(float, unit="m/s", doc="that the propellant suffices for")

    def note_gauge(self, gauge: PropellantState) -> None:
        """Takes what the gauge says; one that is not valid says nothing."""
        if not gauge.valid:
            self.note_no_gauge()
            return
        book = self.tank_book or TankBook(gauge.propellant, gauge.mass, GAUGE_SIGMA)
        book = msgspec.structs.replace(book, mass=gauge.mass)
        if book != self.tank_book:
            self.tank_book = book
        self.propellant, self.mass = round(gauge.propellant, 1), round(gauge.mass, 1)
        self.propellant_missing = round(book.propellant - gauge.propellant, 1)
        self._show(book, min(gauge.propellant, gauge.mass - 1.0))

    def note_no_gauge(self) -> None:
        """What is not said is not known; what the vehicle weighs the burns tell."""
        self.propellant = self.propellant_missing = None
        book = self.tank_book
        self.mass = None if book is None else round(book.mass, 1)
        if book is not None:
            self._show(book, book.propellant)

    def note_burn(self, delta_v: float, impulse: float, *, felt: bool = True) -> None:
        """Takes out what a velocity change (m/s) took, at a specific impulse (s)."""
        if self.tank_book is not None and delta_v > 0.0:
            self.tank_book = self.tank_book.burnt(delta_v, impulse, felt=felt)

    def begin_book_anew(self, gauge: PropellantState) -> None:
        """From what the gauge says now on."""
        self.tank_book = None
        self.note_gauge(gauge)

    def weight(self) -> float:
        """What the vehicle weighs (kg), by whoever has said it last."""
        book = self.tank_book
        return _DRY_MASS if book is None else book.mass

    async def weigh(self, engine: MainEngine) -> float:
        """What the vehicle weighs (kg), by the gauge, or by the burns where it says nothing."""
        try:
            self.note_gauge(await sound(engine.propellant))
        except DeviceError as error:
            self.note_no_gauge()
            self.gauge_silent(reason=str(error))
        return self.weight()

    def gauge_silent(self, reason: str) -> None:
        """To be told of a gauge that does not answer."""

    def _show(self, book: TankBook, left: float) -> None:
        self.propellant_expected = round(book.propellant, 1)
        self.missing_limit = round(SIGMAS * math.hypot(GAUGE_SIGMA, book.error), 1)
        exhaust = float(self.parameters["specific_impulse"]) * STANDARD_GRAVITY
        mass = max(book.mass, left + 1.0)
        self.delta_v_left = round(exhaust * math.log(mass / (mass - max(0.0, left))), 1)
