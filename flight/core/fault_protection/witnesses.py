"""Witnesses: the result is verified, not the answer.

That a device has acknowledged says that it has heard. Whether it has happened another device says:
one that did not do it, on a power switch of its own where the vehicle has several. Each
irreversible actuation has such a witness (`Confirmation`); the tables stand with the vehicles, and
are held against their devices before anything flies (`witness_checks`). Where the sensors of both
sides of a hand-over claim one tube, a third look decides, if there is one; what is not decided is
unknown until somebody looks (`flight.core.custody`).
"""

from dataclasses import dataclass

from flight.core.fault_protection.safeguards import Safeguard

WITNESSES = Safeguard(
    "witnesses",
    "what a device acknowledges is believed when another device has seen it",
    "Perseverance, 6 August 2021: the tube was sealed and stored as it should be, and empty",
)
CONTRADICTS = "contradicts "
"""What the reading of a sensor begins with whose word stands against another's."""


@dataclass(frozen=True)
class Confirmation:
    """An irreversible actuation (`device.method`, of it the `part`), and the reading of another
    device by which it is known to have happened; `doc`: what that shows.

    `own_sensor`: why a reading of the same device will do: its sensor is apart from what moves.
    `same_switch`: why it will do that both hang on one power switch, where they do.
    `unconfirmed`: what is done then.
    """

    actuation: str
    witness: str
    doc: str
    unconfirmed: str = ""
    part: str = ""
    own_sensor: str = ""
    same_switch: str = ""

    @property
    def device(self) -> str:
        """The device that acts."""
        return self.actuation.partition(".")[0]

    @property
    def seen_by(self) -> str:
        """The device that sees it."""
        return self.witness.partition(".")[0]

    @property
    def what(self) -> str:
        """The actuation as events name it."""
        return f"{self.actuation} {self.part}".rstrip()
