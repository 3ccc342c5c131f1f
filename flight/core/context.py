"""What a node is given to run with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.fault_protection.structure import Structure
from flight.core.fault_protection.watchdog import NoTimer, WatchdogTimer
from flight.core.keeping.clock import SpacecraftClock
from flight.core.keeping.storage import Storage
from flight.icd.devices.base import DeviceInterface
from flight.runtime.bus import Bus

POWER_OFF_AFTER = 1.2 * SOL_SECONDS  # s from the command until a decommissioned vehicle is off


@dataclass(frozen=True)
class Wire:
    """What a node expects at one of its devices: its interface, and parts of it by name, such as
    the switches of a power distribution."""

    interface: type[DeviceInterface]
    names: tuple[str, ...] = ()


@dataclass
class NodeContext:
    """What a node is given to run with; nothing in it belongs to another node.

    `store_damage`: what was wrong with the store when it was opened, as a sentence; `store_lost`:
    because of that it is a fresh one. `deleted`: what waited there to be sent and was deleted
    unread, in a crippled boot. `earlier_boots`: how many there were, as far as is known
    beside the store. `mission["all_tubes"]`: a node that has lost its store says openly that it
    knows of none of them.
    `planned_boot`: an operator asked for this boot, so that it is never a reduced one.
    `request_reboot`: ends the node in good order and boots it again; None where nobody can.
    `request_swap`: ends it and starts the vehicle's other computer. `side`: which computer this is;
    `side_before`: which flew until now, where that was another.
    `request_power_off`: ends it for good after a while, so that its last words reach Earth.
    `structure`: the protections that are in no table. `protection`: the table of the others.
    """

    bus: Bus
    storage: Storage
    clock: SpacecraftClock
    seed: int
    parameters: Mapping[str, Any]
    boot_cause: str = "power on"
    watchdog: WatchdogTimer = field(default_factory=NoTimer)
    mission: Mapping[str, Any] = field(default_factory=dict)  # the vehicle's part of the load
    planned_boot: bool = False
    store_damage: str = ""
    store_lost: bool = False
    earlier_boots: int = 0
    deleted: int | None = None
    request_reboot: Callable[[], None] | None = None
    request_power_off: Callable[[], None] | None = None
    request_swap: Callable[[], None] | None = None
    side: str = "A"
    side_before: str = ""
    structure: Structure = field(default_factory=Structure)
    protection: Mapping[str, Any] = field(default_factory=dict)
