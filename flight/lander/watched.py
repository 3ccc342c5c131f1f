"""In which states the lander's watchdog waits no longer than some tenths of a second."""

from flight.core.fault_protection.watchdog import BURN_INTERVAL, Watched

WATCHED = (
    # Beats of a second; what turns it goes on turning it, as it would without a computer.
    Watched(("entry.cruise_stage_separation", "entry.coasting"), 5.0, held=("attitude_thrusters",)),
    Watched(("entry.entering",), BURN_INTERVAL, held=("attitude_thrusters",)),
    Watched(("entry.parachuting",), BURN_INTERVAL),
    # The engines close by themselves when they hear nothing for a second.
    Watched(("entry.powered",), BURN_INTERVAL, held=("descent_engines",)),
)
