"""What a device drives, and between which limits: what nothing that is commanded may leave."""

from typing import NamedTuple


class DrivenAxis(NamedTuple):
    """One driven axis as it truly is: where it stands, and its limits, in `unit`."""

    name: str
    at: float
    lowest: float
    highest: float
    unit: str = "rad"

    def is_within(self, tolerance: float) -> bool:
        """Whether it stands between its limits, but for a tolerance in its unit."""
        return self.lowest - tolerance <= self.at <= self.highest + tolerance
