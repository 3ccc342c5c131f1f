"""Trade files (`configs/trades`): a criterion, and variants as changes to the MAV's vehicle file.

What is unknown, out of range or impossible is refused with file, line, key, value and what was
allowed, before anything is flown.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from flight.configuration.files import (
    NotAllowed,
    Quantity,
    find_configuration,
    load_configuration,
    refusal,
    refusal_of_relation,
)
from flight.mav.node import Mav
from ground.missions.vehicle_files import VehicleFile, load_vehicle_file, parameter_fields
from ground.studies.trade.changes import Refused, changes_of, merged
from ground.studies.trade.design import Design, hybrid_design, solid_design
from sim_hw.assembly.mav import HARDWARE, MavHardware
from sim_hw.dynamics.hybrid_vehicle import Hybrid

Share = Annotated[float, Quantity("1", ge=0, le=1)]
Kilometres = Annotated[float, Quantity("km", ge=100, le=2000)]
Margin = Annotated[float, Quantity("m/s", ge=-1000, le=1000)]
MOST_VARIANTS = 40


class Orbit(Struct, frozen=True, forbid_unknown_fields=True):
    """Which orbits count as reached: heights over 3389.5 km, and the angle off the plane."""

    lowest: Kilometres
    highest: Kilometres
    largest_plane_error: Annotated[float, Quantity("deg", gt=0, le=10)]

    def __post_init__(self) -> None:
        if self.lowest >= self.highest:
            raise NotAllowed("lowest", f"less than highest ({self.highest:g} km)")


class Criterion(Struct, frozen=True, forbid_unknown_fields=True):
    """What a design must do to be chosen, and which of those that do it is.

    `least_margin` must be left in all flights but a share of `margin_risk`. `prefer`: the lightest
    at lift-off, the heaviest payload, or the largest margin.
    """

    least_share: Share
    least_margin: Margin
    margin_risk: Annotated[float, Quantity("1", ge=0, le=0.5)]
    heaviest_lift_off: Annotated[float, Quantity("kg", gt=0, le=5000)]
    largest_acceleration: Annotated[float, Quantity("m/s^2", gt=0, le=1000)]
    least_payload: Annotated[float, Quantity("kg", ge=0, le=500)]
    prefer: Literal["lift_off_mass", "payload", "margin"]


FlightChanges = msgspec.defstruct(
    "FlightChanges", parameter_fields(Mav.parameter_declarations, optional=True),
    frozen=True, forbid_unknown_fields=True,
)  # fmt: skip


class Variant(Struct, frozen=True, forbid_unknown_fields=True):
    """One design: changes to the vehicle file, or to another variant that stands before it.

    `flight` changes what the flight computer believes, beyond what follows from the hardware.
    With `hybrid` one stage with a hybrid motor flies in place of the two solid ones.
    `least_margin` in place of the criterion's: a design that is less sure needs more.
    """

    title: Annotated[str, Meta(min_length=1, max_length=44)]
    like: str | None = None
    least_margin: Margin | None = None
    hardware: changes_of(MavHardware) | None = None  # type: ignore[valid-type]
    hybrid: changes_of(Hybrid) | None = None  # type: ignore[valid-type]
    flight: FlightChanges | None = None  # type: ignore[valid-type]


Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$(?!\n)")]


class TradeFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A trade file as it stands."""

    title: str
    orbit: Orbit
    criterion: Criterion
    variants: Annotated[dict[Name, Variant], Meta(min_length=1, max_length=MOST_VARIANTS)]


@dataclass(frozen=True)
class Trade:
    """A trade, checked: its designs can be flown."""

    file: Path
    title: str
    orbit: Orbit
    criterion: Criterion
    designs: tuple[Design, ...]
    least_margins: dict[str, float]
    """m/s that each design must have left, by its name."""


@dataclass(frozen=True)
class _Parts:
    """What a variant consists of, before its flight computer is told."""

    hardware: MavHardware
    hybrid: Hybrid | None
    beliefs: dict[str, float]
    least_margin: float


def load_trade(name: str) -> Trade:
    """Loads a trade by its name in `configs/trades` or by the path of a file.

    Raises ConfigurationError.
    """
    file = find_configuration("trades", name)
    read = load_configuration(file, TradeFile)
    base = load_vehicle_file(Mav, HARDWARE)
    parts: dict[str, _Parts] = {}
    vehicle_file = _Parts(base.hardware, None, {}, read.criterion.least_margin)
    for key, variant in read.variants.items():
        parts[key] = _parts(file, key, variant, vehicle_file, parts)
    designs = [
        _design(file, key, variant, base, parts[key]) for key, variant in read.variants.items()
    ]
    margins = {key: part.least_margin for key, part in parts.items()}
    return Trade(file, read.title, read.orbit, read.criterion, tuple(designs), margins)


def _parts(
    file: Path, name: str, variant: Any, vehicle_file: _Parts, known: dict[str, _Parts]
) -> _Parts:
    key = f"variants.{name}"
    if variant.like is not None and variant.like not in known:
        names = ", ".join(known) or "none: there is none before this one"
        raise refusal(file, f"{key}.like", f"a variant that stands before this one ({names})")
    before = known[variant.like] if variant.like is not None else vehicle_file
    hybrid = before.hybrid
    try:
        hardware = merged(MavHardware, before.hardware, variant.hardware, "hardware")
        if variant.hybrid is not None:
            hybrid = merged(Hybrid, before.hybrid, variant.hybrid, "hybrid")
    except Refused as error:
        raise refusal_of_relation(file, f"{key}.{error.path}", error.problem) from None
    if hybrid is not None and getattr(variant.hardware, "vehicle", None) is not None:
        allowed = "nothing beside hybrid: there the vehicle is hybrid.vehicle"
        raise refusal(file, f"{key}.hardware.vehicle", allowed)
    given = variant.flight
    told = {} if given is None else {n: getattr(given, n) for n in given.__struct_fields__}
    beliefs = {name: value for name, value in told.items() if value is not None}
    margin = before.least_margin if variant.least_margin is None else variant.least_margin
    return _Parts(hardware, hybrid, {**before.beliefs, **beliefs}, margin)


def _design(file: Path, name: str, variant: Any, base: VehicleFile, parts: _Parts) -> Design:
    given = (name, variant.title, base.hardware, parts.hardware)
    if parts.hybrid is None:
        design = solid_design(*given, base.flight, parts.beliefs)
    else:
        design = hybrid_design(*given, parts.hybrid, base.flight, parts.beliefs)
    try:
        Mav.check_parameters(design.flight)
    except NotAllowed as error:
        raise refusal_of_relation(file, f"variants.{name}.flight", error) from None
    return design
