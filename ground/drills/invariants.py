"""What must hold in every run, faults or not; a drill names them under `always`."""

from ground.drills.invariant import Invariant
from ground.drills.invariants_of_commands import ArmedBeforeFired, CommandsEndOnce
from ground.drills.invariants_of_runs import NoDeadlock, NoTraceback, NoVehicleLost
from ground.drills.invariants_of_truth import (
    DrivenWithinLimits,
    EnergyCloses,
    LedgersAgree,
    NoBrownout,
    NoTubeUnknown,
    PropellantCloses,
    TubesAccounted,
)

INVARIANTS: dict[str, type[Invariant]] = {
    "tubes_accounted": TubesAccounted,
    "ledgers_agree": LedgersAgree,
    "commands_end_once": CommandsEndOnce,
    "armed_before_fired": ArmedBeforeFired,
    "driven_within_limits": DrivenWithinLimits,
    "energy_closes": EnergyCloses,
    "propellant_closes": PropellantCloses,
    "no_traceback": NoTraceback,
    "no_deadlock": NoDeadlock,
    "no_brownout": NoBrownout,
    "no_vehicle_lost": NoVehicleLost,
    "no_tube_unknown": NoTubeUnknown,
}
"""By the names that drills use."""
SURVIVED = ("no_brownout", "no_vehicle_lost", "no_tube_unknown")
"""What only a scenario that can be survived must hold."""
ALWAYS_ON = tuple(name for name in INVARIANTS if name not in SURVIVED)
"""Judged in every drill, whether it names them or not."""
