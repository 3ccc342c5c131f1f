"""What an entry vehicle and the lander in it are made of."""

from typing import Annotated

import msgspec

from flight.configuration.files import Quantity

Kilograms = Annotated[float, Quantity("kg", gt=0, le=10_000)]
Metres = Annotated[float, Quantity("m", gt=0, le=50)]
Newtons = Annotated[float, Quantity("N", gt=0, le=50_000)]
Seconds = Annotated[float, Quantity("s", gt=0, le=60)]
Inertia = Annotated[float, Quantity("kg m2", gt=0, le=100_000)]


class AeroshellParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sphere-cone. `trim_angle`: of attack, from a centre of mass that lies off the axis."""

    diameter: Metres
    half_angle: Annotated[float, Quantity("deg", ge=30, le=80)]
    trim_angle: Annotated[float, Quantity("deg", ge=0, le=30)]
    bank_rate: Annotated[float, Quantity("deg/s", gt=0, le=90)]
    bank_acceleration: Annotated[float, Quantity("deg/s2", gt=0, le=90)]
    trim_time: Seconds
    cruise_stage: Kilograms
    cruise_balance: Kilograms
    entry_balance: Kilograms
    heat_shield: Kilograms
    backshell: Kilograms


class ParachuteParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parachute. `line_stretch` and `inflation`: seconds from mortar to taut, then to full.

    `swing_rate`: standard deviation of the body's rate after inflation about either cross axis.
    """

    diameter: Metres
    line_stretch: Seconds
    inflation: Seconds
    riser: Metres
    swing_rate: Annotated[float, Quantity("deg/s", ge=0, le=300)]
    swing_damping: Annotated[float, Quantity("1", ge=0, le=1)]


class EngineParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The descent engines: alike, on a ring, each canted along the ring in turn to both sides."""

    count: Annotated[int, msgspec.Meta(ge=3, le=24)]
    least_thrust: Newtons
    greatest_thrust: Newtons
    specific_impulse: Annotated[float, Quantity("s", gt=50, le=500)]
    lag: Seconds
    ring_radius: Metres
    below_centre: Metres
    cant: Annotated[float, Quantity("deg", ge=0, le=30)]
    propellant: Kilograms


class LegParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Four legs with crushable absorbers."""

    radius: Metres
    centre_height: Metres
    stiffness: Annotated[float, Quantity("N/m", gt=0, le=1e7)]
    damping: Annotated[float, Quantity("N s/m", gt=0, le=1e6)]
    friction: Annotated[float, Quantity("1", gt=0, le=2)]
    stroke: Metres
    clearance: Metres


class EntryVehicleParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole. `dry_mass`, inertias (across and along the axis) and `drag_area` (drag
    coefficient times area) are the lander's own."""

    aeroshell: AeroshellParameters
    parachute: ParachuteParameters
    engines: EngineParameters
    legs: LegParameters
    dry_mass: Kilograms
    inertia_across: Inertia
    inertia_along: Inertia
    drag_area: Annotated[float, Quantity("m2", gt=0, le=200)]
