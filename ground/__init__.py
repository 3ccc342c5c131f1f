"""The ground: mission control, the testbed that composes a run, the command `msr`."""
