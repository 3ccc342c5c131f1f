"""The checks that a table asks of a reading: whether they have a meaning, and their figures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from flight.core.fault_protection.names import Names
from flight.core.fault_protection.tables import MOST_EQUAL, Checks, Figure, Monitor, Noise
from flight.icd.expression_values import Symbol, same_kind
from flight.icd.expressions import ExpressionError

READINGS = 1.0e6
"""Readings of one device in a mission, for the rate of false alarms: a day of 10 Hz."""
FALSE_ALARMS = 1.0e-9
"""Probability in a mission with which sound noise may be taken for a frozen sensor."""


@dataclass(frozen=True)
class Rules:
    """The checks of one reading with all figures in the units of what they judge. `noise`: one
    sigma, and what part of the figure more; `against`: how far from another it may be, and what
    part of that more.

    `field`: the figure that is judged; empty for the whole reading.
    """

    device: str
    method: str
    field: str
    range: tuple[float, float] | None
    rate: float | None
    noise: tuple[float, float]
    frozen_after: int | None
    stamp_age: float | None
    against: dict[str, tuple[float, float]]
    reopen_after: int


def converted(figure: Figure, unit: str) -> float | None:
    """A figure in another unit; None when it is not one of its kind."""
    kind = same_kind(unit)
    if figure.unit not in kind:
        return None
    return figure.value if figure.unit == unit else figure.value * kind[figure.unit] / kind[unit]


def _noise(noise: Noise, unit: str) -> tuple[float, float]:
    return converted(Figure(value=noise.value, unit=noise.unit), unit) or 0.0, noise.part


def per_second(unit: str) -> str:
    """The unit of a rate."""
    return "1/s" if unit == "1" else f"{unit}/s"


def rules_of(monitor: Monitor, names: Names) -> Rules:
    """The checks of a monitor that was found good."""
    device, method, field = names.reading(monitor.of)
    checks = monitor.checks or Checks()
    unit = names.figure(monitor.of).unit if field else "1"

    def figure(given: Figure | None, wanted: str) -> float | None:
        return None if given is None else converted(given, wanted)

    span = checks.range
    ends = None
    if span is not None:
        low, high = (converted(Figure(value=v, unit=span.unit), unit) for v in span.value)
        ends = (low or 0.0, high or 0.0)
    return Rules(
        device=device,
        method=method.name,
        field=field,
        range=ends,
        rate=figure(checks.rate, per_second(unit)),
        noise=(0.0, 0.0) if checks.noise is None else _noise(checks.noise, unit),
        frozen_after=checks.frozen_after,
        stamp_age=checks.stamp_age,
        against={
            name: (converted(each.within, unit) or 0.0, each.part)
            for name, each in checks.against.items()
        },
        reopen_after=checks.reopen_after,
    )


def check_rules(monitor: Monitor, names: Names) -> Iterator[tuple[str, str]]:
    """What is wrong with the reading that a monitor judges, and with its checks: key, sentence."""
    try:
        device, _, field = names.reading(monitor.of)
        symbol = names.figure(monitor.of) if field else None
    except ExpressionError as error:
        yield "of", str(error)
        return
    checks = monitor.checks or Checks()
    asked = {
        "range": checks.range, "rate": checks.rate, "against": checks.against or None,
        "noise": checks.noise, "quantum": checks.quantum, "frozen_after": checks.frozen_after,
    }  # fmt: skip
    if symbol is None or symbol.kind != "number":
        for name, value in asked.items():
            if value is not None:
                yield f"checks.{name}", f"{monitor.of} is no single figure: name a field in `of`"
        return
    yield from _check_units(checks, symbol.unit)
    yield from _check_frozen(checks, symbol.unit)
    yield from _check_sources(checks, device, symbol, names)


def _check_units(checks: Checks, unit: str) -> Iterator[tuple[str, str]]:
    figures = {"range": checks.range, "noise": checks.noise, "quantum": checks.quantum}
    given = {name: each.unit for name, each in figures.items() if each is not None}
    given |= {f"against.{name}.within": each.within.unit for name, each in checks.against.items()}
    wanted = dict.fromkeys(given, unit)
    if checks.rate is not None:
        given["rate"], wanted["rate"] = checks.rate.unit, per_second(unit)
    for name, each in given.items():
        kind = same_kind(wanted[name])
        if each not in kind:
            yield f"checks.{name}.unit", f"{each!r}: allowed is {', '.join(kind)}"


def _check_frozen(checks: Checks, unit: str) -> Iterator[tuple[str, str]]:
    if checks.frozen_after is None:
        return
    if checks.noise is None:
        yield (
            "checks.frozen_after",
            "allowed only where the `noise` of the figure is given: what has none may stand still",
        )
        return
    sigma, _ = _noise(checks.noise, unit)
    quantum = 0.0 if checks.quantum is None else converted(checks.quantum, unit)
    least = least_frozen(sigma, quantum or 0.0)
    if least > MOST_EQUAL:
        yield (
            "checks.frozen_after",
            f"not allowed with a quantum of {quantum:g} {unit} and noise of {sigma:g} {unit}: a "
            f"sound sensor says the same {MOST_EQUAL} times in a row",
        )
    elif checks.frozen_after < least:
        yield (
            "checks.frozen_after",
            f"{checks.frozen_after}: allowed is at least {least}, so that noise is taken for a "
            f"frozen sensor with a probability of {FALSE_ALARMS:g} in a mission at most",
        )


def least_frozen(sigma: float, quantum: float) -> float:
    """How many equal readings in a row noise of `sigma`, rounded to `quantum`, does not give;
    infinite where the noise is lost in the rounding."""
    if sigma <= 0.0:
        return math.inf
    # Two readings are equal when their difference, of sigma times root two, rounds to nothing.
    same = math.erf(0.5 * quantum / (sigma * 2.0)) if quantum > 0.0 else 1.0e-9
    if same >= 1.0:
        return math.inf
    return 1 + max(1, math.ceil(math.log(FALSE_ALARMS / READINGS) / math.log(same)))


def _check_sources(
    checks: Checks, device: str, symbol: Symbol, names: Names
) -> Iterator[tuple[str, str]]:
    for name in checks.against:
        key = f"checks.against.{name}"
        try:
            other = names.resolve(name)
        except ExpressionError as error:
            yield key, str(error)
            continue
        if other.kind != "number" or other.unit != symbol.unit:
            yield key, f"{name} is in {other.unit}, what is judged in {symbol.unit}"
        sources = names.quantities[name].sources if name in names.quantities else ()
        if device in sources or name.partition(".")[0] == device:
            yield key, f"{name} comes from {device} itself: nothing is held against its own data"
