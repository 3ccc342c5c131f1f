"""What the kernel declares for every vehicle, and its figures, are as they were written."""

from tests.as_written import differences


def test_no_table_and_no_figure_has_changed_unseen() -> None:
    assert differences("flight.core") == []
