"""Which looks at the truth there are: of each vehicle, what can be asked, its unit, what it means.

Besides these, vehicles with a heated body have a probe `temperature.<node>` in K for each node.
"""

from typing import NamedTuple

Value = float | bool | str | None


class Probe(NamedTuple):
    """Unit (1: a number without; empty: no number) and meaning of a probe."""

    unit: str
    meaning: str


_POWER = {
    "power_time": Probe("s", "mission time up to which the power system is integrated"),
    "energy": Probe("J", "in the battery, as of power_time"),
    "state_of_charge": Probe("1", "energy over the capacity when new, as of power_time"),
    "lowest_state_of_charge": Probe("1", "the least state of charge so far"),
    "net_power": Probe("W", "into the battery during the last step; negative: out of it"),
    "brownout": Probe("", "whether all loads are shed, or the vehicle is dead"),
}
_STANDING = {
    "east": Probe("m", "from the site's origin, of a vehicle on the ground"),
    "north": Probe("m", "from the site's origin, of a vehicle on the ground"),
    "heading": Probe("rad", "from north over east"),
}
_DRIVING = {
    "wheel_depth": Probe("m", "how deep the wheels have dug themselves in, as of the last motion"),
}
_ORBIT = {
    "apoapsis": Probe("m", "of the osculating orbit, over the mean radius; none on an escape"),
    "periapsis": Probe("m", "of the osculating orbit, over the mean radius"),
    "inclination": Probe("rad", "of the osculating orbit"),
}
_DESCENT = {
    "height": Probe("m", "centre of mass over the ground below; none without an entry"),
    "descent_speed": Probe("m/s", "over the ground"),
    "descent_mass": Probe("kg", "with all that is still attached"),
    "propellant": Probe("kg", "left in the descent engines' tanks"),
    "under_aeroshell": Probe("", "whether the parachute has not been fired"),
    "verdict": Probe("", "flying, landed, damaged or crashed"),
    "touchdown_speed": Probe("m/s", "at first contact, both components; none before"),
    "touchdown_tilt": Probe("rad", "at first contact; none before"),
}
_ASCENT = {
    "ejected": Probe("", "whether it has left its tube"),
    "height": Probe("m", "over the ellipsoid; none in the tube"),
    "speed": Probe("m/s", "inertial"),
    "mass": Probe("kg", "with all that is still attached"),
    "burning": Probe("", "none, first motor, second motor"),
    "gas": Probe("kg", "left for the upper reaction control"),
    "crashed": Probe("", "whether it has hit the ground"),
    "has_first_stage": Probe("", "whether the first stage is attached"),
    "has_container": Probe("", "whether the container is attached"),
    "angle_of_attack": Probe("rad", "the largest so far while the air presses"),
    "dynamic_pressure": Probe("Pa", "the largest so far"),
    "acceleration": Probe("m/s2", "the largest felt so far"),
    **_ORBIT,
}
_ORBITER = {
    "centre": Probe("", "what its state refers to: mars, sun or earth"),
    "distance": Probe("m", "from the centre"),
    "speed": Probe("m/s", "relative to the centre"),
    "mass": Probe("kg", "with propellant and what was taken on board"),
    "propellant": Probe("kg", "in the tanks, as of the end of the last burn"),
    "captured": Probe("", "whether the container is in the cage"),
    "capsule_on_board": Probe("", "whether the capsule has not been let go"),
    "closest": Probe("m", "least distance to the free container so far"),
    "container_range": Probe("m", "to the free container; none without one"),
    **_ORBIT,
}
_CAPSULE = {
    "released": Probe("", "whether it has been let go"),
    "landed": Probe("", "whether it is on the ground of Earth"),
    "height": Probe("m", "over the ellipsoid; none before the entry interface"),
    "speed": Probe("m/s", "inertial; none before the entry interface"),
    "peak_load": Probe("m/s2", "the largest felt so far, the landing included"),
    "peak_heating": Probe("W/m2", "the largest at the stagnation point so far"),
    "touchdown_speed": Probe("m/s", "through the air; none before"),
}

PROBES: dict[str, dict[str, Probe]] = {
    "lander": {**_POWER, **_STANDING, **_DESCENT},
    "rover": {**_POWER, **_STANDING, **_DRIVING},
    "perseverance": {**_POWER, **_STANDING, **_DRIVING},
    "arm": _POWER,
    "mav": {**_POWER, **_ASCENT},
    "container": {"free": Probe("", "whether it flies by itself"), **_ORBIT},
    "orbiter": {**_POWER, **_ORBITER},
    "entry": {**_POWER, **_CAPSULE},
}
"""By vehicle, and the container; arm and MAV have the lander's power."""
