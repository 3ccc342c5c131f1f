"""Watches that mission time does not stand for ever for something that will not come.

Mission time stands while anybody works, however long a loaded machine takes for it. What never ends
has to be told from what takes long: by looks, so that a machine that lets nobody run does not let
the watch run either; and only by looks between which all have answered a knock at their doors, so
that one that is not let run is not taken for one to whom, or from whom, nothing comes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flight.runtime.common_clock import ClockKeeper, View

LOOK = 0.25  # wall seconds between looks
LOST = 20  # answered looks without any change: a message is lost, or a connection will not be
HUNG = 480  # looks in which somebody gets no further or does not answer: it is taken for hung


@dataclass(frozen=True)
class Tell:
    """Whom the watch tells of what it has found."""

    hung: Callable[[str], None]
    """Somebody hangs: by its name on the bus."""
    gone_on: Callable[[str], None]
    """Mission time has gone on without something, in words."""


class ClockWatch:
    """Looks at the common clock now and then, from the process that keeps it."""

    def __init__(self, clock: ClockKeeper, tell: Tell) -> None:
        self._clock = clock
        self._tell = tell
        self._before: tuple[int, ...] = ()
        self._looks = 0
        self._answered = 0  # of them those at which all had answered
        self._answers: dict[int, int] = {}

    def look(self) -> None:
        """To be called each LOOK seconds, between two instants."""
        self._clock.take_back()
        view = self._clock.look()
        if view.settled or view.others != self._before:
            self._before, self._looks, self._answered = view.others, 0, 0
            return
        self._looks += 1
        if view.busy:
            if self._looks >= HUNG:
                self._looks = 0
                self._tell.hung(self._clock.names[view.busy[0]])
            return
        if self._all_answered():
            self._answered += 1
        if self._answered >= LOST or self._looks >= HUNG:
            self._go_on(view)

    def _all_answered(self) -> bool:
        """Whether all have been awake since the last look; knocks at them. One that is not let run
        may be who has to take a message, and who has sent it and has it still."""
        before = self._answers
        self._answers = {place: self._clock.answers(place) for place in self._clock.running()}
        self._clock.knock_at(list(self._answers))
        return all(count != before.get(place) for place, count in self._answers.items())

    def _go_on(self, view: View) -> None:
        names = self._clock.names
        for place, count in view.in_flight:
            self._clock.forgive(place)
            self._tell.gone_on(f"{names[place]} has not taken {count} messages sent to it")
        for one, other in view.unlinked:
            self._clock.excuse(one, other)
            self._tell.gone_on(f"{names[one]} is not connected to {names[other]}")
