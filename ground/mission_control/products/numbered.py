"""What came down of a data product that travels in numbered pieces, and what is missing of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from flight.icd.ascent_record import collect


@dataclass(frozen=True)
class Product:
    """How many pieces there are (0: not known), and the numbers of those that are not here."""

    count: int
    missing: tuple[int, ...]

    @property
    def whole(self) -> bool:
        """Whether all pieces are here."""
        return self.count > 0 and not self.missing

    @property
    def first_gap(self) -> tuple[int, int]:
        """First and last number of the first missing pieces in a row. Raises ValueError when
        nothing is missing."""
        if not self.missing:
            raise ValueError("nothing is missing")
        last = self.missing[0]
        for before, after in pairwise(self.missing):
            if after != before + 1:
                break
            last = after
        return self.missing[0], last

    def __str__(self) -> str:
        if self.count == 0:
            return "nothing came"
        here = self.count - len(self.missing)
        return f"{here} of {self.count} pieces came"


def product_in(texts: Iterable[str], announced: int = 0) -> Product:
    """The product of the pieces that came; damaged ones count as missing.

    A piece says of how many it is one; `announced` is what was said besides.
    """
    here, told = collect(texts)
    count = max(announced, told)
    return Product(count, tuple(number for number in range(count) if number not in here))
