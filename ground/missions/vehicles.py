"""The vehicles that there are: the one list of them. A further one is a line here, a package in
`flight`, one file in `sim_hw/assembly` and one in `configs/vehicles`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vehicle:
    """One vehicle or mechanism with a node of its own.

    `node`: where its class is, as `module:Class`. `on_the_lander`: it draws its power from there.
    `needed`: no mission does without it.
    """

    name: str
    node: str
    needed: bool = False
    on_the_lander: bool = False


VEHICLES = {
    each.name: each
    for each in (
        Vehicle("lander", "flight.lander.node:Lander", needed=True),
        Vehicle("rover", "flight.rover.node:FetchRover", needed=True),
        Vehicle("arm", "flight.arm.node:Arm", needed=True, on_the_lander=True),
        Vehicle("mav", "flight.mav.node:Mav", needed=True, on_the_lander=True),
        Vehicle("perseverance", "flight.perseverance.node:Perseverance", needed=True),
        Vehicle("orbiter", "flight.orbiter.node:Orbiter"),
        Vehicle("entry", "flight.entry.node:EntryCapsule"),
    )
}
"""In the order in which they boot."""

ALL_VEHICLES = tuple(VEHICLES)
NEEDED = tuple(name for name, each in VEHICLES.items() if each.needed)
ON_THE_LANDER = tuple(name for name, each in VEHICLES.items() if each.on_the_lander)
