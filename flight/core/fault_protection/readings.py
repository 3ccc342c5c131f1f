"""The readings of one vehicle: a gate for each device, and what is told of what does not pass."""

from collections.abc import Callable
from typing import Any

from flight.runtime.reading_gate import ReadingGate

Heard = Callable[[str, str, Any, str], None]
"""Called with device, method, reading and why it is not to be used ("": it passed); without a
reading when none came."""


class Readings:
    """Makes the gates of a vehicle's devices, and tells of the first that fails in a row.

    `invalid(device, method, reason)`: a reading has been refused, and the one before was not, or
    for another reason. `valid(device, method, count)`: one has passed after so many in a row that
    did not.
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
        self.listeners: list[Heard] = []

    def gate(self, device: str) -> ReadingGate:
        """The gate of a device; one however often it is asked for."""
        gate = self._gates.get(device)
        if gate is None:
            gate = ReadingGate(self._listener(device), open=self._open)
            self._gates[device] = gate
        return gate

    def _listener(self, device: str) -> Callable[[str, Any, str], None]:
        def heard(method: str, reading: Any, wrong: str) -> None:
            if reading is None:
                pass  # who asked tells of it
            elif wrong:
                self._refused(device, method, wrong)
            elif self._failing and reading.valid:
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

    def _passed(self, device: str, method: str) -> None:
        failed = self._failing.pop((device, method), None)
        if failed is not None:
            self._valid(device, method, failed[1])


def _kind(wrong: str) -> str:
    """What is the same of a reason from reading to reading: its words without the figures."""
    return "".join(each for each in wrong if each.isalpha() or each == " ")
