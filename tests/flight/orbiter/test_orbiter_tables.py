"""The tables of the orbiter are as they were written: states, transitions, commands, bounds,
severities, and the figures of its modules."""

from tests.flight.orbiter import orbiter_tables


def test_no_table_has_changed_unseen() -> None:
    kept = orbiter_tables.KEPT.read_text().splitlines()
    assert orbiter_tables.written().splitlines() == kept
    assert len(kept) > 250
