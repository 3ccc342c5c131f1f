"""What the parts of a device were told to be, held against what it says that they are.

Who has never obeyed and who has obeyed and then changed look the same at one look. So it is
remembered of which parts a device has said that they are as they were told to be last: only these
can have changed by themselves.
"""

from collections.abc import Mapping
from typing import Any


class Obedience:
    """Of all devices of one vehicle since its boot."""

    def __init__(self) -> None:
        self._right: dict[tuple[str, str], Any] = {}
        self._otherwise: dict[str, tuple[str, ...]] = {}

    def otherwise(
        self, device: str, told: Mapping[str, Any], says: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """The parts of which a device says something else than they were told to be last (None:
        they are not to be minded). What it does not name is not known, and no difference."""
        found = []
        for part, wanted in told.items():
            known = self._right.get((device, part))
            if known is not None and known != wanted:
                del self._right[device, part]  # it was told something else since
            said = says.get(part)
            if wanted is None or said is None:
                continue
            if said == wanted:
                self._right[device, part] = wanted
            else:
                found.append(part)
        self._otherwise[device] = tuple(found)
        return self._otherwise[device]

    def was_right(self, device: str) -> bool:
        """Whether one of the parts that were otherwise at the last look had been right, and was
        told nothing else since."""
        return any((device, part) in self._right for part in self._otherwise.get(device, ()))

    def told_again(self, device: str) -> None:
        """The parts that were otherwise are told again: from now on they have to obey anew."""
        for part in self._otherwise.get(device, ()):
            self._right.pop((device, part), None)


def switched(parts: tuple[str, ...], says: Mapping[str, bool]) -> str:
    """Parts that are on or off, in words."""
    return ", ".join(f"{part} {'on' if says[part] else 'off'}" for part in parts)
