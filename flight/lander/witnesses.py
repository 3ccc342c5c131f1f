"""What the lander does that cannot be undone, and by which reading it knows that it has happened.

The answer of an initiator says that current has flowed; whether the part is gone says who feels or
sees it. Where nobody does, it is fired again (`confirming`).
"""

from flight.core.fault_protection.witnesses import Confirmation

FIRE = "pyrotechnics.fire"
FELT = "descent_inertial_unit.increments"
AGAIN = "both sides are fired again, after pauses that grow"

CRUISE_STAGE = Confirmation(
    FIRE, "descent_inertial_unit.alignment", "the star scanner went with it", AGAIN, "cruise_stage"
)
CRUISE_BALANCE = Confirmation(
    FIRE, FELT, "the axis is turned off the way it flies", AGAIN, "cruise_balance"
)
ENTRY_BALANCE = Confirmation(
    FIRE, FELT, "the axis lies along the way it flies again", AGAIN, "entry_balance"
)
MORTAR = Confirmation(
    FIRE, FELT, "the parachute pulls", "both sides are fired again after four seconds", "mortar"
)
HEAT_SHIELD = Confirmation(
    FIRE, "landing_radar.measure", "the radar sees the ground", AGAIN, "heat_shield"
)
BACKSHELL = Confirmation(
    FIRE, FELT, "it falls freely; no engine is lit before that", AGAIN, "backshell"
)
LEGS = Confirmation(
    FIRE, "touchdown_sensors.state", "they bear a load on the ground: too late for another try",
    "both sides are fired again in any case, before the parachute is left", "legs",
)  # fmt: skip
TANKS = Confirmation(
    "descent_engines.prime", "descent_engines.throttle", "the engines take what they are told",
    "the tanks are opened again",
    own_sensor="closed valves show in the chambers' pressure, whatever the valves said",
)  # fmt: skip
SHUT_DOWN = Confirmation(
    "descent_engines.shut_down", "touchdown_sensors.state", "the legs bear it",
    "they are shut again; engines that hear nothing close by themselves after a second",
)  # fmt: skip

ON_THE_WAY_DOWN = (
    CRUISE_STAGE, CRUISE_BALANCE, ENTRY_BALANCE, MORTAR, HEAT_SHIELD, BACKSHELL, LEGS,
    TANKS, SHUT_DOWN,
)  # fmt: skip
CONFIRMATIONS = (
    *ON_THE_WAY_DOWN,
    Confirmation(
        "solar_array.deploy", "solar_array.state", "its end switches",
        "it is deployed again; the lander works with what it has",
        own_sensor="end switches and the array's current are apart from its motors",
    ),
)  # fmt: skip
