"""The kit of `msr hil check` bites: most changes of one line of the C core are found by it."""

import pytest

from tests.mutants.c_core import SAME, mutants, survivors, why_same


def test_there_are_more_changes_than_are_drawn_and_each_changes_its_line() -> None:
    found = mutants()
    assert len(found) > 300 and {each.file for each in found} == {"device.c", "wire.c", "pack.c"}
    assert all(each.before.split("/*")[0] != each.after for each in found)


def test_what_nobody_can_tell_is_little_and_each_reason_is_of_some_change() -> None:
    there = mutants()
    whys = [why for each in there if (why := why_same(each))]
    assert set(whys) == {why for *_, why in SAME} and len(whys) < 0.13 * len(there), len(whys)


@pytest.mark.check
@pytest.mark.timeout(1800)
def test_seven_of_eight_are_found() -> None:
    judged, left = survivors(100, 1)
    assert judged == 100 and len(left) <= 12, [each.words() for each in left]
