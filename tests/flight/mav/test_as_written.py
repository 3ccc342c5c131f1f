"""States, transitions, commands and bounds of the MAV are as they were written."""

from tests.as_written import differences


def test_no_table_has_changed_unseen() -> None:
    assert differences("flight.mav") == []
