"""How computers come up: again from kept memory, or from storage after power."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Start:
    """A kind of start, and how long after the end of its computer the software runs again, s."""

    name: str
    seconds: float


WARM = Start("warm", 0.5)
"""The process again, from state that is kept: as Curiosity's warm reset of November 2013 (NASA),
which started the flight software anew and left the computer powered. The figure is an assumption:
what a vehicle in flight can go without its software."""
COLD = Start("cold", 30.0)
"""From storage, after the power was gone: computer, self-test, software, state. The figure is an
assumption."""
HARDWARE_LIFE = 1
"""Of the participant that serves the devices: it begins with the run and does not begin anew, so
that what it says a second time is known for a repetition."""
