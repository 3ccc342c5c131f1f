"""What the kernel declares for every vehicle is as it was written."""

from tests.as_written import differences


def test_no_table_has_changed_unseen() -> None:
    assert differences("flight.core") == []
