"""Rules of a bench between its devices: one is safe while another moves, is armed, or is missing.

They are in the bench process, beside the stop, and need no run that listens. What is inhibited by
one is armed again, as far as it was, when that holds no more.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from sim_hw.bench.device_link import ABSENT, ARMED, LOST, REFUSED, DeviceLink

RULED = "interlock rule: "
"""What the words of a state begin with while a rule keeps a device safe."""
What = Literal["moving", "armed", "missing", "real"]


class Rule(msgspec.Struct, frozen=True):
    """`inhibit` is safe while `beside` is `what`, and for `after` s after; `real`: always."""

    inhibit: str
    beside: str
    what: What
    after: float = 0.0

    @property
    def words(self) -> str:
        """Why it is safe."""
        return f"{RULED}{self.beside} is {self.what}" + (
            f", or was within {self.after:g} s" if self.after else ""
        )


class Between:
    """Keeps the rules of some links; `look` is called whenever one of them has changed."""

    def __init__(self, rules: Sequence[Rule], links: Mapping[str, DeviceLink]) -> None:
        self._rules = rules
        self._links = links
        self._loop = asyncio.get_running_loop()
        self._holding = [False] * len(rules)
        self._was = [False] * len(rules)  # true of it when it was looked at last
        self._until = [float("-inf")] * len(rules)  # s of the loop's time
        self._timers: dict[int, asyncio.TimerHandle] = {}
        for link in links.values():
            link.on_change = self.look
        self.look()

    def look(self) -> None:
        """Inhibits what a rule says, and allows what none says any more."""
        for number, rule in enumerate(self._rules):
            holds = self._holds(number, rule)
            if holds == self._holding[number]:
                continue
            self._holding[number] = holds  # first: what follows from it looks again
            link, key = self._links[rule.inhibit], f"rule {number}"
            if holds:
                link.inhibit(key, rule.words)
            else:
                link.allow(key)

    def _holds(self, number: int, rule: Rule) -> bool:
        now, was = self._loop.time(), self._was[number]
        self._was[number] = self._is(rule)
        if self._was[number]:
            return True
        if was and rule.after:
            self._until[number] = now + rule.after
            if number in self._timers:
                self._timers[number].cancel()
            self._timers[number] = self._loop.call_at(self._until[number], self.look)
        return now < self._until[number]

    def _is(self, rule: Rule) -> bool:
        if rule.what == "real":
            return True
        link = self._links[rule.beside]
        if rule.what == "moving":
            return link.guard.in_motion
        if rule.what == "armed":
            return link.state == ARMED
        return link.state in (ABSENT, LOST, REFUSED)

    def close(self) -> None:
        """Looks no more."""
        for link in self._links.values():
            link.on_change = lambda: None
        for timer in self._timers.values():
            timer.cancel()
