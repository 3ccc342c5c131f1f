"""The computers of a run: how they come up, their clocks, watchdogs, two sides, protections."""
