"""The stack: what is staged, each item whole in the journal as often as it changes."""

from collections.abc import Callable
from typing import Any

import msgspec

from ground.api.entries import Entry, StackItem
from ground.mission_control.service.handling import Refused
from ground.mission_control.service.journal import Journal

MOST = 200  # staged at once
OVER = ("released", "refused", "expired", "cancelled")
"""States in which an item is no longer staged."""
REMEMBERED = 100  # items that are over and still shown


class Stack:
    """The staged commands, in the order of staging."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._items: dict[str, StackItem] = {}
        self._number = 0
        self.on_change: Callable[[StackItem], None] = lambda item: None

    def take(self, entry: Entry) -> None:
        """An entry of the journal about an item."""
        item = msgspec.convert(entry.data, StackItem)
        self._number = max(self._number, int(item.stage.removeprefix("st-")))
        self._items[item.stage] = item
        over = [name for name, each in self._items.items() if each.state in OVER]
        for name in over[:-REMEMBERED]:
            del self._items[name]

    def next_name(self) -> str:
        """Of the item that is staged next; raises Refused where the stack is full."""
        if len(self.staged()) >= MOST:
            raise Refused(f"the stack is full: allowed are {MOST} staged commands")
        return f"st-{self._number + 1}"

    def keep(self, item: StackItem, what: str, who: str) -> StackItem:
        """Keeps a new or changed item, and tells of it."""
        plain: dict[str, Any] = msgspec.to_builtins(item)
        number = self._journal.add("stack", what, who=who, vehicle=item.vehicle, data=plain)
        self.take(self._journal.after(number - 1, limit=1)[0])
        self.on_change(item)
        return item

    def change(self, item: StackItem, what: str, who: str, **fields: Any) -> StackItem:
        """Keeps an item with other fields."""
        return self.keep(msgspec.structs.replace(item, **fields), what, who)

    def item(self, stage: str) -> StackItem:
        """What is staged under a name; raises Refused with what there is."""
        item = self._items.get(stage)
        if item is None:
            raise Refused(f"stage = {stage!r}: nothing is staged so; {self._names()}")
        return item

    def staged_item(self, stage: str) -> StackItem:
        """The same, where it is not over; raises Refused."""
        item = self.item(stage)
        if item.state in OVER:
            raise Refused(f"{stage} is {item.state}: it is no longer staged; {self._names()}")
        return item

    def _names(self) -> str:
        return f"staged: {', '.join(item.stage for item in self.staged()[:20]) or 'nothing'}"

    def staged(self) -> list[StackItem]:
        """The items that are not over."""
        return [item for item in self._items.values() if item.state not in OVER]

    def all(self) -> list[StackItem]:
        """Those, and the last that are over."""
        return list(self._items.values())
