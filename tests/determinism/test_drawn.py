"""What a drawn sample may show: the share of a whole within chance, and no more."""

import pytest

from tests.drawn import CHANCE, above, beyond


@pytest.mark.parametrize(("of", "part", "most"), [(200, 0.05, 21), (110, 0.05, 14), (150, 0.01, 6)])
def test_a_sample_is_held_against_its_bar_within_chance(of: int, part: float, most: int) -> None:
    assert not beyond(0, of, part) and not beyond(round(of * part), of, part)
    assert not beyond(most, of, part) and beyond(most + 1, of, part)
    assert above(most, of, part), "a whole is held against the bar itself"


def test_a_whole_just_at_its_bar_meets_it() -> None:
    assert not above(10, 200, 0.05) and above(11, 200, 0.05)
    assert CHANCE <= 0.001
    assert not beyond(0, 0, 0.05) and not above(0, 0, 0.05)
