"""In which states the MAV's watchdog waits no longer than some tenths of a second."""

from flight.core.fault_protection.watchdog import BURN_INTERVAL, Watched

WATCHED = (
    Watched(
        (
            "launching.ejecting",
            "launching.first_burn",
            "launching.holding",
            "launching.second_burn",
        ),
        BURN_INTERVAL,
        held=("effectors",),  # the nozzle stays where it is, a pulse ends as it was asked for
    ),
    # Nothing is felt, five beats a second; at its end the second motor is lit.
    Watched(("launching.coasting", "launching.trimming"), 2.0, held=("effectors",)),
)
