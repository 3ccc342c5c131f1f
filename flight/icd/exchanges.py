"""Topics of the exchanges between vehicles that more than one of them names."""

SET_ENTRY = "capsule.set_entry"
"""Orbiter to capsule, while it is armed: {"entry_after": seconds from separation to the entry}."""
