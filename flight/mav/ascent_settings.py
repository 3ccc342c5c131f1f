"""The figures of the ascent, from the node's parameters, in the shape in which they are used."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.finite_burn import Stage
from flight.mav.ascent_guidance import FirstStage
from flight.mav.attitude_control import BurnGains, GasThrusters
from flight.mav.navigation import Pad
from flight.mav.wind_estimate import Shape


@dataclass(frozen=True)
class AscentSettings:
    """All that guidance, navigation and control of the ascent need to know beforehand."""

    pad: Pad
    tube_elevation: float
    tube_azimuth: float
    target_radius: float
    inclination: float
    apoapsis_bias: float
    pitch_rate: float
    first: FirstStage
    shape: Shape
    second: Stage
    first_gains: BurnGains
    second_gains: BurnGains
    first_gas: GasThrusters
    second_gas: GasThrusters
    forward_thrust: float
    ignition_delay: float
    guidance_start: float
    trim_limit: float
    trim_reserve: float

    @classmethod
    def of(cls, p: Mapping[str, Any]) -> "AscentSettings":
        """From parameters; raises ValueError for a vehicle that cannot be."""
        first = Stage(
            p["lift_off_mass"], p["first_propellant"], p["first_burn_time"],
            p["first_exhaust_speed"],
        )  # fmt: skip
        second = Stage(
            p["second_ignition_mass"], p["second_propellant"], p["second_burn_time"],
            p["second_exhaust_speed"],
        )  # fmt: skip
        if second.mass >= first.mass - first.propellant:
            raise ValueError(
                f"the second stage of {second.mass} kg is heavier than what is left of the whole "
                f"vehicle after the first burn, {first.mass - first.propellant} kg"
            )
        gas = {
            "roll_moment": p["roll_moment"],
            "least_pulse": p["least_pulse"],
        }
        return cls(
            pad=Pad(
                math.radians(p["launch_latitude"]), math.radians(p["launch_longitude"]),
                p["launch_radius"],
            ),
            tube_elevation=math.radians(p["tube_elevation"]),
            tube_azimuth=math.radians(p["tube_azimuth"]),
            target_radius=MARS_MEAN_RADIUS + p["target_height"],
            inclination=math.radians(p["target_inclination"]),
            apoapsis_bias=p["apoapsis_bias"],
            pitch_rate=p["pitch_tangent_rate"],
            first=FirstStage(
                first, p["drag_area"], p["air_density"], p["launch_radius"], p["scale_height"],
                math.radians(p["largest_angle_of_attack"] - p["angle_of_attack_reserve"]),
            ),
            shape=Shape(p["front_area"], p["side_area"], p["nose_arm"], p["side_arm"]),
            second=second,
            first_gains=BurnGains(
                first.exhaust_speed * first.propellant / first.burn_time,
                first.mass, first.propellant,
                p["first_lever_start"], p["first_lever_end"],
                p["first_inertia_start"], p["first_inertia_end"],
            ),
            second_gains=BurnGains(
                second.exhaust_speed * second.propellant / second.burn_time,
                second.mass, second.propellant,
                p["second_lever_start"], p["second_lever_end"],
                p["second_inertia_start"], p["second_inertia_end"],
            ),
            first_gas=GasThrusters(
                axial_inertia=p["first_axial_inertia"],
                transverse_inertia=p["first_inertia_end"],
                turning_moment=p["first_turning_moment"], **gas,
            ),
            second_gas=GasThrusters(
                axial_inertia=p["second_axial_inertia"],
                transverse_inertia=p["second_inertia_start"],
                turning_moment=p["turning_moment"], **gas,
            ),
            forward_thrust=p["forward_thrust"],
            ignition_delay=p["ignition_delay"],
            guidance_start=p["guidance_start"],
            trim_limit=p["trim_limit"],
            trim_reserve=p["trim_reserve"],
        )  # fmt: skip
