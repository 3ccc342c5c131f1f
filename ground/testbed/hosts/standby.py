"""A run that stands by: it follows the record of another in memory, ready to take its place.

It flies what was recorded, and no further than the other is known to have come; so it is at each
instant what the other was there, bit for bit. When the other is dead, a copy of this process takes
its folder, and is that run from there on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any, cast

from flight.runtime.discs import MemoryDisc
from flight.runtime.following_loop import FollowingLoop
from flight.runtime.movable_disc import MovableDisc
from flight.runtime.throttled_loop import Descriptors, Input, Pace, ThrottledLoop
from ground.testbed.host import Happenings, Setting
from ground.testbed.hosts.standby_folder import StandbyFolder
from ground.testbed.hosts.throttled import Throttled, ThrottledHost

LOOKS = 0.2  # wall seconds, on the way, from one call of `stands` to the next


class StandbyLoop(FollowingLoop):
    """One that also has `stands` called every now and then on the way, and goes on by itself from
    `go_live` on."""

    def __init__(self, stands: Callable[[], None], **more: Any) -> None:
        super().__init__(stands, **more)
        self.is_there = False
        """Whether all is done that is due up to where it is to fly to."""
        self._stands_by = True
        self._look_at = -inf

    def follow(self, until_ns: int, inputs: Iterable[Input] = ()) -> None:
        """See `FollowingLoop`."""
        super().follow(until_ns, inputs)
        self._look_at = self.outside.now() + LOOKS

    def go_live(self, outside: Descriptors) -> None:
        """From now on it is held back by who speaks to it; it stands until then."""
        self.outside = outside
        self.pace = Pace(outside, inf, self.time_ns())
        self.set_pace(0.0)
        self._looked = outside.now()
        self._stands_by = False

    def _hold_back(self, due_ns: int | None) -> bool:
        if self._stands_by:
            return super()._hold_back(due_ns)
        return ThrottledLoop._hold_back(self, due_ns)

    def _flies_on(self, due_ns: int | None) -> bool:
        self.is_there = not super()._flies_on(due_ns)
        return not self.is_there and self.outside.now() < self._look_at


@dataclass(frozen=True)
class Standby(Throttled):
    """`stands`: called where the run stands. `session` is checked; inputs come by `follow`."""

    in_memory: bool = True
    serve: bool = False
    stands: Callable[[], None] = field(default=lambda: None, compare=False)
    opened: "list[StandbyHost]" = field(default_factory=list, compare=False)
    """The host, once there is one."""

    def loop(self) -> StandbyLoop:
        """One that goes where it is told to."""
        return StandbyLoop(self.stands, shuffle=self.order())

    def open(self, setting: Setting, happenings: Happenings) -> "StandbyHost":
        """The host of the run."""
        host = StandbyHost(setting, happenings, self)
        self.opened.append(host)
        return host


class StandbyHost(ThrottledHost):
    """All in memory until `take_over`."""

    def __init__(self, setting: Setting, happenings: Happenings, kind: Standby) -> None:
        super().__init__(setting, happenings, kind)
        self.durable = True  # of a disc that is none yet
        self.scratch = setting.folder.path
        """A folder of its own, until it has that of the other."""

    @property
    def held_loop(self) -> StandbyLoop:
        """The loop of the run."""
        assert isinstance(self._held_loop, StandbyLoop)
        return self._held_loop

    @property
    def files(self) -> StandbyFolder:
        """Its folder."""
        return cast(StandbyFolder, self._setting.folder)

    def memory_disc(self) -> MemoryDisc:
        """One that files can be made of."""
        return MovableDisc()

    def take_over(self, path: Path) -> None:
        """Takes over the folder of a run that has died, and serves who speaks to it. To be called
        from between two rounds, in the process that goes on as that run. Raises
        ConfigurationError, OSError, sqlite3.Error."""
        folder = self.files
        folder.take(path)
        self._stores.use(cast(MovableDisc, self._memory).move(self.scratch, folder.path))
        if self.control is not None:
            self.control.folder = folder.ground
        outside = Descriptors()
        self.held_loop.go_live(outside)
        self._serve(outside)
