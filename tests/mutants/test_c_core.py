"""The kit of `msr hil check` bites: most changes of one line of the C core are found by it."""

import pytest

from tests.mutants.c_core import mutants, survivors


def test_there_are_more_changes_than_are_drawn_and_each_changes_its_line() -> None:
    found = mutants()
    assert len(found) > 300 and {each.file for each in found} == {"device.c", "wire.c", "pack.c"}
    assert all(each.before.split("/*")[0] != each.after for each in found)


@pytest.mark.check
@pytest.mark.timeout(1800)
def test_four_of_five_are_found() -> None:
    judged, left = survivors(100, 1)
    assert judged == 100 and len(left) <= 20, [each.words() for each in left]
