"""The Earth Return Orbiter."""
