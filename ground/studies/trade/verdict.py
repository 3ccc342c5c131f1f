"""What the flights say of each design, and which design the criterion chooses."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ground.studies.trade.design import Design
from ground.studies.trade.flight import TradeResult
from ground.studies.trade.statistics import Spread, exceeded_by, wilson
from ground.studies.trade.trade_file import Criterion, Orbit, Trade

TUMBLED = 30.0
"""Degrees of angle of attack in air that presses, from which a vehicle counts as out of control."""


@dataclass(frozen=True)
class Verdict:
    """One design: figures over its flights, and what speaks against it (nothing: it may fly)."""

    design: str
    title: str
    lift_off_mass: float
    payload: float
    propellant: float
    runs: int
    reached: int
    share: float
    share_interval: tuple[float, float]
    apoapsis_km: Spread
    periapsis_km: Spread
    margin: Spread
    sure_margin: float
    """m/s: left in all flights but the share of the criterion's `margin_risk`."""
    least_margin: float
    """m/s that is asked for of this design."""
    dynamic_pressure: float
    """The largest of all flights, Pa; likewise the acceleration, m/s^2."""
    acceleration: float
    against: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """All verdicts, and the name of the design that is recommended; empty when none is."""

    verdicts: tuple[Verdict, ...]
    recommended: str


def reaches(result: TradeResult, orbit: Orbit) -> bool:
    """Whether the whole orbit lies between the heights, and its plane near the one aimed at."""
    return (
        result.in_orbit
        and orbit.lowest <= result.periapsis_km
        and result.apoapsis_km <= orbit.highest
        and result.plane_error <= orbit.largest_plane_error
    )


def decide(trade: Trade, results: dict[str, list[TradeResult]]) -> Decision:
    """Judges every design by the criterion of the trade."""
    verdicts = tuple(judge(design, results[design.name], trade) for design in trade.designs)
    fit = [verdict for verdict in verdicts if not verdict.against]
    best = max(fit, key=lambda verdict: _merit(verdict, trade.criterion), default=None)
    return Decision(verdicts, best.design if best is not None else "")


def judge(design: Design, results: Sequence[TradeResult], trade: Trade) -> Verdict:
    """The figures of one design. Raises ValueError without flights."""
    reached = [result for result in results if reaches(result, trade.orbit)]
    flown = [result for result in results if result.in_orbit]
    share = len(reached) / len(results) if results else math.nan
    sure = exceeded_by([result.margin for result in results], trade.criterion.margin_risk)

    def most(values: list[float]) -> float:
        sound = [value for value in values if math.isfinite(value)]
        return max(sound, default=math.nan)

    pressure = most([result.dynamic_pressure for result in results])
    acceleration = most([result.acceleration for result in results])
    return Verdict(
        design=design.name, title=design.title, lift_off_mass=design.lift_off_mass,
        payload=design.payload, propellant=design.propellant, runs=len(results),
        reached=len(reached), share=share, share_interval=wilson(len(reached), len(results)),
        apoapsis_km=Spread.of([result.apoapsis_km for result in flown]),
        periapsis_km=Spread.of([result.periapsis_km for result in flown]),
        margin=Spread.of([result.margin for result in results]), sure_margin=sure,
        least_margin=trade.least_margins[design.name],
        dynamic_pressure=pressure, acceleration=acceleration,
        against=tuple(_against(design, results, trade, share, sure, acceleration)),
    )  # fmt: skip


def _against(
    design: Design, results: Sequence[TradeResult], trade: Trade, share: float, sure: float,
    acceleration: float,
) -> list[str]:  # fmt: skip
    """What the criterion holds against a design, as parts of a sentence."""
    criterion, found = trade.criterion, []
    if share < criterion.least_share:
        missed = [result for result in results if not reaches(result, trade.orbit)]
        why = why_missed(missed, trade.orbit)
        found.append(f"reaches the orbit in {100 * share:.0f} % of its flights: {why}")
    elif sure < trade.least_margins[design.name]:
        asked = trade.least_margins[design.name]
        found.append(f"has {sure:+.0f} m/s left for sure, of the {asked:.0f} asked for")
    if design.lift_off_mass > criterion.heaviest_lift_off:
        found.append(
            f"weighs {design.lift_off_mass:.0f} kg, over the {criterion.heaviest_lift_off:.0f} kg "
            "that the lander carries"
        )
    if design.payload < criterion.least_payload:
        found.append(f"carries {design.payload:g} kg of the {criterion.least_payload:g} kg needed")
    if acceleration > criterion.largest_acceleration:
        limit = criterion.largest_acceleration
        found.append(f"is pressed with {acceleration:.0f} m/s², over the limit of {limit:.0f}")
    return found


def why_missed(missed: Sequence[TradeResult], orbit: Orbit) -> str:
    """The commonest reason of the flights that missed the orbit, in words."""
    reasons = Counter(_reason(result, orbit) for result in missed)
    reason = reasons.most_common(1)[0][0]
    short = [-result.margin for result in missed if result.margin < 0.0]
    if reason == "short" and short:
        return f"its motors are {math.fsum(short) / len(short):.0f} m/s short"
    return reason


def _reason(result: TradeResult, orbit: Orbit) -> str:
    if result.angle_of_attack > TUMBLED:
        return "the air turned it over"
    if result.failure:
        words = result.failure.partition(":")[0]  # what comes after it tells of this flight alone
        return f"it {words}" if words.startswith("fell") else words
    if result.margin < 0.0:
        return "short"
    if result.plane_error > orbit.largest_plane_error:
        return "it ends beside the plane"
    if result.apoapsis_km > orbit.highest:
        return "it ends too high"
    return "it ends too low"


def _merit(verdict: Verdict, criterion: Criterion) -> tuple[float, ...]:
    """What is compared, the larger the better; among equals the one named first is taken."""
    lightness = -verdict.lift_off_mass
    if criterion.prefer == "margin":
        return (verdict.sure_margin,)
    pair = (lightness, verdict.payload)
    return pair if criterion.prefer == "lift_off_mass" else pair[::-1]
