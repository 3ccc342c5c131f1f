"""The readings of one vehicle: a gate for each device, and what is told of what does not pass."""

from collections.abc import Callable
from typing import Any

from flight.runtime.reading_gate import ReadingGate

OWN_WORD = 5
"""Readings in a row that a device itself calls invalid, from which on it is told: a camera that
finds nothing now and then is no news; where nothing breaks, two in a row are the most."""
Good = dict[tuple[str, str], Any]
"""By device and method, what was read last."""
Heard = Callable[[str, str, Any, str], None]
"""Called with device, method, reading and why it is not to be used ("": it passed); without a
reading when none came."""


class Readings:
    """Makes the gates of a vehicle's devices, and tells of the first that fails in a row.

    `invalid(device, method, reason)`: a reading has been refused, and the one before was not, or
    for another reason; or the device itself has called so many in a row invalid.
    `valid(device, method, count)`: one has passed after so many in a row that did not.
    """

    def __init__(
        self,
        invalid: Callable[[str, str, str], None],
        valid: Callable[[str, str, int], None],
        *,
        open: bool = False,
    ) -> None:
        self._invalid = invalid
        self._valid = valid
        self._open = open
        self._gates: dict[str, ReadingGate] = {}
        self._failing: dict[tuple[str, str], tuple[str, int]] = {}
        self._own_word: dict[tuple[str, str], int] = {}
        self._good: Good = {}
        self.listeners: list[Heard] = []

    def gate(self, device: str) -> ReadingGate:
        """The gate of a device; one however often it is asked for."""
        gate = self._gates.get(device)
        if gate is None:
            gate = ReadingGate(self._listener(device), open=self._open)
            self._gates[device] = gate
        return gate

    def good_since(self) -> Good:
        """What was read that is good since this was asked last."""
        good, self._good = self._good, {}
        return good

    def _listener(self, device: str) -> Callable[[str, Any, str], None]:
        def heard(method: str, reading: Any, wrong: str) -> None:
            if reading is None:
                pass  # who asked tells of it
            elif wrong:
                self._refused(device, method, wrong)
            elif not reading.valid and reading.reason in reading.no_fault:
                pass
            elif not reading.valid:
                self._called_invalid(device, method, reading.reason)
            else:
                self._good[device, method] = reading
                if self._failing or self._own_word:
                    self._passed(device, method)
            for listener in self.listeners:
                listener(device, method, reading, wrong)

        return heard

    def _refused(self, device: str, method: str, wrong: str) -> None:
        kind = _kind(wrong)
        before, count = self._failing.get((device, method), ("", 0))
        self._failing[device, method] = (kind, count + 1)
        if kind != before:
            self._invalid(device, method, wrong)

    def _called_invalid(self, device: str, method: str, reason: str) -> None:
        """By the device itself, which is no fault of it once or twice."""
        count = self._own_word.get((device, method), 0) + 1
        self._own_word[device, method] = count
        if count == OWN_WORD and not self._open and (device, method) not in self._failing:
            why = reason or "it does not say why"
            told = f"the device says so itself, {count} times in a row: {why}"
            self._invalid(device, method, told)

    def _passed(self, device: str, method: str) -> None:
        failed = self._failing.pop((device, method), None)
        own_word = self._own_word.pop((device, method), 0)
        if failed is not None:
            self._valid(device, method, failed[1])
        elif own_word >= OWN_WORD:
            self._valid(device, method, own_word)


def _kind(wrong: str) -> str:
    """What is the same of a reason from reading to reading: its words without the figures."""
    return "".join(each for each in wrong if each.isalpha() or each == " ")
