"""What a device measures, put right by its calibration: by serial number, with a due date."""

import datetime
from typing import Annotated, Any

import msgspec

Number = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is true is `scale` times what the device tells, and `offset` more, in its unit."""

    scale: Number = 1.0
    offset: Number = 0.0


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A certificate. `fields`: by the name of a field of a reading; `date`, `due`: days."""

    format: int
    serial: str
    date: str
    due: str
    by: str
    fields: dict[str, Correction]

    def __post_init__(self) -> None:
        for name in ("date", "due"):
            try:
                datetime.date.fromisoformat(getattr(self, name))
            except ValueError:
                raise ValueError(
                    f"{name} = {getattr(self, name)}: allowed is a day such as 2028-05-01"
                ) from None

    def overdue(self, today: datetime.date) -> int:
        """By how many days it is over; 0 on the last day, and before."""
        return max(0, (today - datetime.date.fromisoformat(self.due)).days)

    def applied(self, told: dict[str, Any]) -> dict[str, Any]:
        """What a device has told, put right; what is no number is left as it is."""
        return {
            name: self._one(name, value) if name in self.fields else value
            for name, value in told.items()
        }

    def _one(self, name: str, value: Any) -> Any:
        each = self.fields[name]
        if isinstance(value, list):
            return [self._one(name, part) for part in value]
        if type(value) not in (int, float):
            return value
        return value * each.scale + each.offset
