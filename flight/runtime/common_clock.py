"""The clock that the processes of one run have in common: it goes on when all have done what was
due.

A table in a small file that every participant maps into memory; each writes into its own cells, and
all read them. A participant is busy at an instant, or idle until its next timer. A message that was
sent and not yet taken, and a connection that is being made, are work as well. While there is any
such work mission time stands, for everybody and however long the machine takes; when there is none
it goes on to the earliest timer of all. So what a computer is late by is never time of the mission.

Cells are whole numbers of eight bytes, each written by one process, which the machine reads and
writes as one. Two readings that are alike are one state, since whoever becomes busy counts it.
"""

import contextlib
import mmap
import os
import struct
import time
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import NamedTuple

NANOSECONDS = 1_000_000_000
NEVER = 1 << 62  # ns: who waits for no timer
PLACES = 16  # participants at most
NAP = 0.05  # wall seconds between looks of who waits to be woken: a safety, no way to be told

_BEGUN, _WALL, _RATE = range(3)
_HEAD = 8
# One cell each, then one for each sender to each receiver, and each to whom each is connected.
_HORIZON, _ACTIVITY, _AT, _TAKEN, _FORGIVEN, _SENT = (_HEAD + PLACES * k for k in range(6))
_ANSWERED = _SENT + PLACES * PLACES
_STANDS = _ANSWERED + PLACES
_LIFE, _WANTED, _LINKED = _STANDS + PLACES, _STANDS + 2 * PLACES, _STANDS + 3 * PLACES
_CELLS = _LINKED + PLACES * PLACES
_LINKS = 8 * _STANDS  # where the bytes begin that tell who is connected


class View(NamedTuple):
    """A state of all. `at`: the latest instant at which anybody was busy; `horizon`: the earliest
    timer; both in ns."""

    at: int
    horizon: int
    next: tuple[int, ...]  # the places whose timer is the earliest
    busy: tuple[int, ...]
    in_flight: tuple[tuple[int, int], ...]  # receivers, and how many they have not yet taken
    unlinked: tuple[tuple[int, int], ...]  # who is not yet connected to whom
    others: tuple[int, ...] = ()  # changes when anybody else works, or a message goes or comes

    @property
    def settled(self) -> bool:
        """Whether all has been done that was due."""
        return not (self.busy or self.in_flight or self.unlinked)


class Following:
    """A connection to a service of another participant, which makes time stand until it is up."""

    def __init__(self, clock: "CommonClock", place: int) -> None:
        self.life = 0  # of the other side, when the connection came up
        self._clock = clock
        self._place = place
        clock.connections(place).append(self)
        clock.tell_links(place)

    def up(self) -> None:
        """It is up."""
        self.life = self._clock.life(self._place)
        self._clock.tell_links(self._place)

    def lost(self) -> None:
        """It was lost."""
        self.life = 0
        self._clock.tell_links(self._place)

    def expected(self) -> bool:
        """Whether the other side is running, or starts: then it will come up."""
        return self._clock.life(self._place) > 0

    def sent(self) -> None:
        """A message is under way to the other side."""
        self._clock.sent_to(self._place)

    def taken(self) -> None:
        """One of the other side has arrived."""
        self._clock.taken()

    def close(self) -> None:
        """It is not wanted any more."""
        with contextlib.suppress(ValueError):
            self._clock.connections(self._place).remove(self)
        self._clock.tell_links(self._place)


class CommonClock:
    """The table, as the participant `own` sees it.

    `names` of all participants, in one order for everybody; `owner` tells who serves a service.
    """

    def __init__(
        self, path: Path, names: Sequence[str], own: str, owner: Callable[[str], str]
    ) -> None:
        self.names = tuple(names)
        self._places = {name: place for place, name in enumerate(self.names)}
        self._owner = owner
        self._own = self._places[own]
        number = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._map = mmap.mmap(number, 8 * _CELLS)
        finally:
            os.close(number)
        self._cells = memoryview(self._map).cast("q")
        self._doors = [_open_door(path, place) for place in range(len(self.names))]
        self._following: dict[int, list[Following]] = {}
        self._raw = b""
        self._links = b""  # the last that were found complete
        self._view = View(0, 0, (), (), (), ())
        self._alone: tuple[int, int] | None = None
        self._cells[_WANTED + self._own] = 0
        self._cells[_LINKED + PLACES * self._own : _LINKED + PLACES * (self._own + 1)] = (
            memoryview(bytes(8 * PLACES)).cast("q")
        )

    @staticmethod
    def create(path: Path, names: Sequence[str]) -> None:
        """Makes the file of a clock that stands at zero, and the doors to knock at."""
        if len(names) > PLACES:
            raise ValueError(f"{len(names)} participants; allowed are {PLACES}")
        path.write_bytes(bytes(8 * _CELLS))
        for place in range(len(names)):
            os.mkfifo(_door(path, place), 0o600)

    # ------------------------------------------------------------------ time

    @property
    def begun(self) -> bool:
        """Whether mission time has begun to run."""
        return self._cells[_BEGUN] != 0

    def at(self) -> int:
        """The instant that it is, in ns."""
        if self._alone is not None:
            wall, at = self._alone
            return at + time.monotonic_ns() - wall
        return max(self._cells[_AT : _AT + len(self.names)])

    def busy(self, now_ns: int) -> None:
        """This participant works at that instant: time stands."""
        cells, own = self._cells, self._own
        if not cells[_ACTIVITY + own] & 1:
            cells[_ACTIVITY + own] += 1
        cells[_AT + own] = now_ns
        cells[_HORIZON + own] = now_ns

    def idle(self, due_ns: int) -> None:
        """This participant has nothing to do before that instant."""
        cells, own = self._cells, self._own
        if self._alone is None and cells[_ACTIVITY + own] & 1:
            cells[_HORIZON + own] = due_ns
            cells[_ACTIVITY + own] += 1

    def leave(self) -> None:
        """From here on time stands for all others, and goes by the wall for this one alone."""
        if self._alone is None:
            self._alone = time.monotonic_ns(), self.at()

    def wait(self, due_ns: int) -> float:
        """Wall seconds for which to wait, as far as can be seen; 0: that instant has come.

        To be asked when idle. Knocks at those whose turn it is.
        """
        if self._alone is not None:
            return max(0.0, (due_ns - self.at()) / NANOSECONDS)
        view = self.look()
        if not view.settled:
            return NAP
        seconds = self._wall_until(view.horizon)
        if due_ns > view.horizon:
            if seconds <= 0.0:
                self._knock(view.next)
            return NAP
        return max(0.0, seconds)

    def _wall_until(self, time_ns: int) -> float:
        if time_ns >= NEVER:
            return NAP
        rate = struct.unpack("<d", self._map[8 * _RATE : 8 * _RATE + 8])[0]
        if rate == inf:
            return 0.0
        passed = time.monotonic_ns() - self._cells[_WALL]
        return float(time_ns / rate - passed) / NANOSECONDS if rate > 0.0 else NAP

    # --------------------------------------------------------------- doorbell

    @property
    def descriptor(self) -> int:
        """Becomes readable when somebody knocks."""
        return self._doors[self._own]

    def knock(self) -> None:
        """Wakes this participant itself; also from a handler of signals."""
        self._knock((self._own,))

    def _knock(self, places: Sequence[int]) -> None:
        for place in places:
            with contextlib.suppress(BlockingIOError):
                os.write(self._doors[place], b"!")

    def answer_door(self) -> None:
        """Takes in who has knocked, and lets all see that it has been awake since."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.descriptor, 4096)
            self._cells[_ANSWERED + self._own] += 1

    # ------------------------------------------------------ messages and links

    def place(self, name: str) -> int | None:
        """The place of a participant; None for a stranger."""
        return self._places.get(name)

    def sent_to(self, place: int) -> None:
        """A message is under way to a participant."""
        self._cells[_SENT + PLACES * place + self._own] += 1

    def taken(self) -> None:
        """A participant's message has arrived."""
        self._cells[_TAKEN + self._own] += 1

    def follow(self, service: str) -> Following | None:
        """A new connection to a service; None when it is no participant's."""
        place = self._places.get(self._owner(service))
        return None if place is None else Following(self, place)

    def life(self, place: int) -> int:
        """Which start of a participant this is, from 1; 0 when it does not run."""
        return int(self._cells[_LIFE + place])

    def connections(self, place: int) -> list[Following]:
        """Those of this participant to another."""
        return self._following.setdefault(place, [])

    def tell_links(self, place: int) -> None:
        """Writes down whether all connections to another stand."""
        cells, kept = self._cells, self.connections(place)
        lives = {each.life for each in kept}
        bit = 1 << place
        wanted = cells[_WANTED + self._own]
        cells[_WANTED + self._own] = wanted | bit if kept else wanted & ~bit
        cells[_LINKED + PLACES * self._own + place] = lives.pop() if len(lives) == 1 else 0

    # ---------------------------------------------------------------- looking

    def look(self) -> View:
        """The state of all; one that changes meanwhile has somebody busy."""
        raw = self._map[:]
        if raw == self._raw:
            return self._view
        if raw != self._map[:]:
            return View(self.at(), 0, (), (self._own,), (), ())
        self._raw, self._view = raw, self._read(memoryview(raw).cast("q"))
        return self._view

    def _read(self, cells: memoryview) -> View:
        count = len(self.names)
        live = _live(cells, count)
        horizon = min((cells[_HORIZON + place] for place in live), default=NEVER)
        waiting = [(place, _waiting(cells, place)) for place in live]
        return View(
            at=max(cells[_AT : _AT + count]),
            horizon=horizon,
            next=tuple(place for place in live if cells[_HORIZON + place] == horizon),
            busy=tuple(place for place in live if cells[_ACTIVITY + place] & 1),
            in_flight=tuple((place, waits) for place, waits in waiting if waits),
            unlinked=self._unlinked(cells, live),
            others=(
                *(cells[_TAKEN + place] for place in live),
                *(cells[_ACTIVITY + place] for place in live if place != self._own),
            ),
        )

    def _unlinked(self, cells: memoryview, live: list[int]) -> tuple[tuple[int, int], ...]:
        links = bytes(cells.cast("B")[_LINKS:])
        if links == self._links:
            return ()
        found = tuple(
            (one, other)
            for one in live
            for other in live
            if cells[_WANTED + one] >> other & 1
            and cells[_LINKED + PLACES * one + other] != cells[_LIFE + other]
        )
        if not found:
            self._links = links
        return found

    def close(self) -> None:
        """Lets go of the file and the doors."""
        for door in self._doors:
            os.close(door)
        self._cells.release()
        self._map.close()


class ClockKeeper(CommonClock):
    """The clock as the process has it that starts all others: it says who takes part."""

    def begin(self, rate: float = inf) -> None:
        """Lets mission time run, at most `rate` seconds in a second of the wall."""
        self._cells[_WALL] = time.monotonic_ns()
        self._map[8 * _RATE : 8 * _RATE + 8] = struct.pack("<d", rate)
        self._cells[_BEGUN] = 1

    def start(self, name: str, now_ns: int, life: int) -> None:
        """A participant is being started: it is busy until it says otherwise."""
        cells, place = self._cells, self._places[name]
        self.is_ending(name, now_ns)
        cells[_WANTED + place] = 0
        cells[_FORGIVEN + place] += _waiting(cells, place)  # what its earlier life has not taken
        cells[_LIFE + place] = life

    def is_ending(self, name: str, now_ns: int) -> None:
        """A participant is being ended, also one that stands: it is busy until it has ended."""
        cells, place = self._cells, self._places[name]
        cells[_ACTIVITY + place] += 2 if cells[_ACTIVITY + place] & 1 else 1
        cells[_AT + place] = now_ns
        cells[_HORIZON + place] = now_ns
        cells[_STANDS + place] = 0

    def end(self, name: str) -> None:
        """A participant has ended: nothing waits for it."""
        self._cells[_LIFE + self._places[name]] = 0

    def stand(self, name: str) -> None:
        """A participant is held up: nothing waits for it until it goes on or is started anew."""
        self._cells[_STANDS + self._places[name]] = 1

    def go_on(self, name: str) -> None:
        """It is held up no more, and does first what has become due meanwhile."""
        self._cells[_STANDS + self._places[name]] = 0

    def forgive(self, place: int) -> None:
        """Gives up messages to a participant that are under way and will not be taken."""
        self._cells[_FORGIVEN + place] += _waiting(self._cells, place)

    def take_back(self) -> None:
        """Forgives no more what was given up and has been taken after all.

        Only while nobody works: a message counts as sent when it is under way, and may be taken
        before that.
        """
        view = self.look()
        if not view.busy:
            for place, waits in view.in_flight:
                self._cells[_FORGIVEN + place] += min(0, waits)

    def knock_at(self, places: Sequence[int]) -> None:
        """Wakes participants, to see whether they answer."""
        self._knock(places)

    def running(self) -> list[int]:
        """The places of all for whom time stands: they run, and are not held up."""
        return _live(self._cells, len(self.names))

    def answers(self, place: int) -> int:
        """How often a participant has answered at its door: whether it is given time to run."""
        return int(self._cells[_ANSWERED + place])

    def excuse(self, one: int, other: int) -> None:
        """No more waits for the connections of one participant to another."""
        self._cells[_LINKED + PLACES * one + other] = self.life(other)


def _live(cells: memoryview, count: int) -> list[int]:
    return [p for p in range(count) if cells[_LIFE + p] and not cells[_STANDS + p]]


def _waiting(cells: memoryview, place: int) -> int:
    """How many messages to a participant were sent and neither taken nor forgiven."""
    first = _SENT + PLACES * place
    sent: list[int] = cells[first : first + PLACES].tolist()
    return sum(sent) - int(cells[_TAKEN + place]) - int(cells[_FORGIVEN + place])


def _door(path: Path, place: int) -> Path:
    return path.with_name(f"{path.name}.{place}")


def _open_door(path: Path, place: int) -> int:
    # Open at both ends, so that it never tells of an end, and nobody waits for another to open it.
    return os.open(_door(path, place), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
