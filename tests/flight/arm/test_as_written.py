"""States, transitions, commands, bounds and figures of the arm are as they were written."""

from tests.as_written import differences


def test_no_table_and_no_figure_has_changed_unseen() -> None:
    assert differences("flight.arm") == []
