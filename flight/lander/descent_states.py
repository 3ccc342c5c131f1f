"""The states of entry, descent and landing, and what leads from one to the next.

A phase that gives up ends in `entry.lost`: the lander then claims nothing, and listens. The way to
the safe state is closed until the ground is reached: in the air nothing is safer than going on.
"""

import asyncio

from flight.core.chart.statechart import On, Safing, Signal, State
from flight.lander import entry_phases, parachute, powered_phase
from flight.lander.divert import DivertChoice
from flight.lander.vehicle import LanderVehicle

STANDS_STILL = 30.0
"""Seconds after touchdown before the lander begins its work on the ground."""
RESTARTS = 2
"""How often a phase is taken up again after an error of its software, as after a reboot."""
WOKEN = ("in_space", "on_ground")
PHASES = (
    "entry.cruise_stage_separation",
    "entry.coasting",
    "entry.entering",
    "entry.parachuting",
    "entry.powered",
)


async def wake(node: LanderVehicle, signal: Signal) -> str:
    """Finds in the mission load whether the flight begins in space or on the ground."""
    in_space = node.context.mission.get("start", "landed") == "entry"
    return "in_space" if in_space else "on_ground"


async def separate(node: LanderVehicle, signal: Signal) -> str:
    """Lets the cruise stage go."""
    await entry_phases.separate_cruise_stage(node.descent)
    return "done"


async def coast(node: LanderVehicle, signal: Signal) -> str:
    """Coasts to the entry interface."""
    await entry_phases.coast(node.descent)
    return "done"


async def enter(node: LanderVehicle, signal: Signal) -> str:
    """Flies the guided entry."""
    await entry_phases.enter(node.descent)
    return "done"


async def hang(node: LanderVehicle, signal: Signal) -> Signal:
    """Descends under the parachute."""
    choice = await parachute.descend(node.descent)
    return Signal("done", carried=choice)


async def land(node: LanderVehicle, signal: Signal) -> str:
    """Lands on the engines."""
    # After a reboot in the air it is chosen anew.
    known = signal.carried if isinstance(signal.carried, DivertChoice) else None
    before = node.descent.memory.landing
    landing = await powered_phase.land(node.descent, known)
    node.landed_at(landing)
    # After a reboot on the ground it has stood for a while already.
    stood = 0.0 if before is None else node.descent.navigation.time - before.time
    left = min(max(STANDS_STILL - stood, 0.0), STANDS_STILL)
    node.vigil.alive(left)
    await asyncio.sleep(left)
    return "done"


def _claims_nothing(node: LanderVehicle, signal: Signal) -> None:
    node.landing_not_claimed(reason=str(signal.data.get("reason", "no reason given")))


ENTRY = State(
    "entry",
    doc="on the way down; where a flight begins is in the mission load",
    safing=Safing.FORBIDDEN,
    children=[
        State("cruise_stage_separation", initial=True, activity=separate, restarts=RESTARTS),
        State("coasting", activity=coast, restarts=RESTARTS),
        State("entering", activity=enter, restarts=RESTARTS, doc="guided by the bank angle"),
        State("parachuting", activity=hang, restarts=RESTARTS),
        State("powered", activity=land, restarts=RESTARTS, doc="on the descent engines"),
        State("lost", entry=_claims_nothing, safing=Safing.ALLOWED,
              doc="given up: no landing is claimed"),
    ],
)

ENTRY_TRANSITIONS = (
    On("in_space", "waking", "entry"),
    On("on_ground", "waking", "landed"),
    On("failed", "waking", "landed"),
    On("done", "entry.cruise_stage_separation", "entry.coasting"),
    On("done", "entry.coasting", "entry.entering"),
    On("done", "entry.entering", "entry.parachuting"),
    On("done", "entry.parachuting", "entry.powered"),
    On("done", "entry.powered", "landed"),
    On("failed", "entry.cruise_stage_separation", "entry.coasting"),
    On("failed", "entry.coasting", "entry.entering"),
    On("failed", "entry.entering", "entry.parachuting"),
    On("failed", "entry.parachuting", "entry.powered"),
    On("failed", "entry.powered", "entry.lost"),
    On("claim_landing", "entry.lost", "landed"),
)
