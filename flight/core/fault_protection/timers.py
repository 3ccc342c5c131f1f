"""Timers: what happens when no command comes, and when new settings of the radio are not confirmed.

Both count by the oscillator, which nobody sets, and their rest survives reboots.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from flight.core.chart.statechart import Safing, Statechart, chain
from flight.core.fault_protection.tables import (
    CommandLoss,
    ConfirmCommunication,
    Monitor,
    Response,
    Table,
)
from flight.core.keeping.storage import Storage, StorageDamage

NAMESPACE = "timers"
COMMAND_LOSS = "command_loss"


class _Heard(msgspec.Struct, frozen=True):
    """When the last valid command came, and until when silence is announced; s of the count."""

    at: float
    silent_until: float = 0.0


class CommandLossTimer:
    """How long no valid command has come, against how long that may be.

    `count`: seconds of the oscillator. A store that remembers nothing begins anew.
    """

    def __init__(self, entry: CommandLoss, storage: Storage, count: Callable[[], float]) -> None:
        self.entry = entry
        self._storage = storage
        self._count = count
        self._heard = self._restored()

    def heard(self) -> None:
        """A valid command has come; silence that was announced stays so to its end, and what is
        allowed without counts from there."""
        self._keep(_Heard(self._count(), self._heard.silent_until))

    def announce_silence(self, seconds: float) -> None:
        """None will come for so long (s), and that is meant; 0: none is announced any more."""
        now = self._count()
        self._keep(_Heard(now, now + seconds))

    def limit(self, state: str) -> float:
        """The longest silence in a state, s: that of the innermost state that has one."""
        return _in_state(self.entry.in_states, state, self.entry.after)

    def planned(self, state: str) -> float:
        """The longest silence that is announced without a second look in a state, s."""
        announced = math.inf if self.entry.announced is None else self.entry.announced
        return _in_state(self.entry.announced_in, state, announced)

    @property
    def longest(self) -> float:
        """The longest silence that can be announced at all, s."""
        return math.inf if self.entry.longest is None else self.entry.longest

    def left(self, state: str) -> float:
        """Seconds until the silence is too long; below zero: it is."""
        expected = max(self._heard.at, self._heard.silent_until)
        return expected + self.limit(state) - self._count()

    @property
    def announced(self) -> float:
        """Seconds of announced silence that are left; 0: none is."""
        return max(0.0, self._heard.silent_until - self._count())

    @property
    def age(self) -> float:
        """Seconds since the last valid command."""
        return self._count() - self._heard.at

    def _keep(self, heard: _Heard) -> None:
        self._heard = heard
        self._storage.put(NAMESPACE, COMMAND_LOSS, msgspec.to_builtins(heard))

    def _restored(self) -> _Heard:
        now = self._count()
        try:
            kept = msgspec.convert(self._storage.get(NAMESPACE, COMMAND_LOSS), _Heard)
        except (StorageDamage, msgspec.ValidationError):
            heard = _Heard(now)
            self._storage.put(NAMESPACE, COMMAND_LOSS, msgspec.to_builtins(heard))
            return heard
        # A count that began anew (another oscillator) must not wait for an instant long past.
        return kept if kept.at <= now else _Heard(now, now + max(0.0, kept.silent_until - kept.at))


def _in_state(by_state: Mapping[str, float], state: str, otherwise: float) -> float:
    """Of the innermost state that has one."""
    return next((by_state[p] for p in reversed(chain(state)) if p in by_state), otherwise)


def with_timers(table: Table, chart: Statechart) -> Table:
    """The table with the timers as monitors and responses of their own.

    Where safing is forbidden no command is missed: what would be done about it is no help there.
    """
    loss = table.timers.command_loss
    if loss is None:
        return table
    forbidden = tuple(leaf for leaf in chart.leaves if chart.safing(leaf) is Safing.FORBIDDEN)
    monitor = Monitor(
        says="no valid command has come for longer than is allowed here",
        violated_if="command_silence_left <= 0 s",
        not_in=forbidden,
    )
    response = Response(
        says="what is done when no command comes",
        on=COMMAND_LOSS,
        do=loss.do,
        then=loss.then,
        priority=10,
        interruptible=True,
        cool_down=loss.rest,
    )
    return msgspec.structs.replace(
        table,
        monitors={**table.monitors, COMMAND_LOSS: monitor},
        responses={**table.responses, COMMAND_LOSS: response},
    )


class _Waiting(msgspec.Struct, frozen=True):
    """Values to go back to, how many passes are left, and since when (s of the count) they wait."""

    before: dict[str, Any]
    passes: int
    since: float = 0.0


class Confirmation:
    """New settings of the radio go back by themselves unless Earth is heard by them.

    A pass is what begins with the new ones: a link that comes up and goes down again. `count`:
    seconds of the oscillator. `revert(values)` makes the old ones active.
    """

    def __init__(
        self,
        entry: ConfirmCommunication,
        storage: Storage,
        revert: Callable[[Mapping[str, Any]], None],
        count: Callable[[], float],
    ) -> None:
        self.entry = entry
        self._storage = storage
        self._revert = revert
        self._count = count
        self._risen: set[str] = set()
        self._reverting = False
        try:
            kept = storage.get(NAMESPACE, "confirmation")
            self._waiting = None if kept is None else msgspec.convert(kept, _Waiting)
        except (StorageDamage, msgspec.ValidationError):
            self._waiting = None

    def changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Parameters have changed. Those that wait already go back to what was confirmed last."""
        if self._reverting:
            return
        mine = {n: before[n] for n in self.entry.parameters if before[n] != after[n]}
        if not mine:
            return
        kept = {} if self._waiting is None else self._waiting.before
        self._risen.clear()  # a pass that has begun shows nothing of the new ones
        self._keep(_Waiting({**mine, **kept}, self.entry.passes, self._count()))

    def confirm(self) -> bool:
        """Earth has heard, and says so; False: nothing was to be confirmed."""
        waited = self._waiting is not None
        self._keep(None)
        return waited

    @property
    def passes_left(self) -> int:
        """Passes in which Earth may still confirm; 0: nothing waits for it."""
        return 0 if self._waiting is None else self._waiting.passes

    def link_changed(self, peer: str, up: bool) -> bool:
        """A link towards Earth has come up or gone down, as it also does when a radio is switched;
        whether a pass has begun in which Earth can confirm."""
        waiting = self._waiting
        if up:
            self._risen.add(peer)
            return waiting is not None
        if peer not in self._risen:
            return False
        self._risen.discard(peer)
        if waiting is not None and waiting.passes > 1:
            self._keep(msgspec.structs.replace(waiting, passes=waiting.passes - 1))
        elif waiting is not None:
            self._go_back(waiting)
        return False

    def look(self) -> None:
        """Goes back when too long has passed, however many passes there were."""
        waiting, within = self._waiting, self.entry.within
        if waiting is not None and within is not None:
            waited = self._count() - waiting.since
            if waited < 0.0:  # another oscillator
                self._keep(msgspec.structs.replace(waiting, since=self._count()))
            elif waited >= within:
                self._go_back(waiting)

    def _go_back(self, waiting: _Waiting) -> None:
        self._keep(None)
        self._reverting = True
        try:
            self._revert(waiting.before)
        finally:
            self._reverting = False

    def _keep(self, waiting: _Waiting | None) -> None:
        if waiting is None and self._waiting is None:
            return
        self._waiting = waiting
        plain = None if waiting is None else msgspec.to_builtins(waiting)
        self._storage.put(NAMESPACE, "confirmation", plain)
