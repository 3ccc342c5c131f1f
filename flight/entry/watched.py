"""In which states the capsule's watchdog waits no longer than some tenths of a second.

Nobody can start it anew from outside: what stands still from its waking to the ground stands still
over its one landing. Nothing moves on its behalf meanwhile, so nothing is held.
"""

from flight.core.fault_protection.watchdog import BURN_INTERVAL, Watched

QUESTIONS = 25.0
"""s that the sensors may take to answer, all of them at their limits: 5 s each."""

WATCHED = (
    # A day, in which it looks once a minute: asking it twelve times a minute is cheap enough.
    Watched(("awake",), 25.0, beats=False),
    Watched(("entering",), BURN_INTERVAL),
    # Minutes at tens of metres a second: nothing is decided before the ground.
    Watched(("descending",), 2.0),
)
