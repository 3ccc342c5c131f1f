"""Two recordings side by side, call by call: what was expected, and what has come.

The k-th call of a method is held against the k-th of the other, as long as both were asked the
same. Of a shadow or monitor a recording has both sides, which are held together by mission time:
not each call was answered by both.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from ground.testbed.bench.file import load_bench
from sim_hw.bench.comparison import Comparison, Tolerance, leaves_of
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.recorder import CannotRecord
from sim_hw.bench.recording import RECORDING, NoRecording, read_recording

ALIKE = 1e-9  # of an argument, relative: of one program it is the same number
TOGETHER = 1.0  # s of mission time after the simulated one in which the real one is asked
INSTANT = 1e-6  # s
ENOUGH = 0.5  # of the calls: whoever has compared fewer knows nothing of the others
SHOWN = 3  # instants of each field
Calls = dict[tuple[str, str], list["OneCall"]]


@dataclass
class OneCall:
    """One call in a recording. `seconds`: from the question to the answer, of the wall where the
    device is real; `error`: "" for an answer."""

    at: float
    arguments: dict[str, Any]
    result: Any = None
    error: str = "none"
    seconds: float = 0.0


@dataclass
class Sides:
    """What is in one recording."""

    file: Path
    head: dict[str, Any] = field(default_factory=dict)
    simulated: Calls = field(default_factory=dict)
    real: Calls = field(default_factory=dict)


def read_sides(place: Path) -> Sides:
    """The calls of a recording; raises ConfigurationError."""
    file = place / RECORDING if place.is_dir() or not place.suffix else place
    if not file.is_file():
        problem = "there is no such recording: fly one with `msr fly --bench`"
        raise ConfigurationError(str(file), None, "", problem)
    found = Sides(file)
    open_calls: dict[tuple[str, int], tuple[OneCall, int]] = {}
    try:
        for each in read_recording(file):
            if each.topic == "/run/head":
                found.head = each.plain()
            elif each.what == "call":
                told = each.plain()
                call = OneCall(float(told["mission_s"]), dict(told["arguments"]))
                found.real.setdefault((each.service, told["method"]), []).append(call)
                open_calls[each.service, told["number"]] = (call, each.wall_ns)
            elif each.what == "reply":
                told = each.plain()
                entry = open_calls.pop((each.service, told["number"]), None)
                if entry is not None:
                    call, asked_ns = entry
                    call.result, call.error = told["result"], told["error"]
                    call.seconds = (each.wall_ns - asked_ns) * 1e-9
            elif each.what == "sim":
                told = each.plain()
                found.simulated.setdefault((each.service, told["method"]), []).append(
                    OneCall(
                        float(told["asked_s"]), dict(told["arguments"]), told["result"],
                        told["error"], float(told["seconds"]),
                    )
                )  # fmt: skip
    except (NoRecording, CannotRecord, KeyError, TypeError, ValueError) as error:
        problem = str(error) if not isinstance(error, KeyError) else f"{error} is missing in it"
        problem = problem.removeprefix(f"{file}: ")
        raise ConfigurationError(str(file), None, "", problem) from error
    return found


def tolerances_of(place: Path) -> dict[str, float]:
    """Those of the bench file of a recording, by `service.field`; nothing where it is gone."""
    sides = read_sides(place)
    name = str(sides.head.get("bench", ""))
    if not name or not Path(name).is_file():
        return {}
    _, bench = load_bench(name, allow_network=True)
    return {
        f"{service}.{name}": each.absolute
        for service, device in bench.devices.items()
        for name, each in device.tolerance.items()
    }


def compared(
    first: Path, second: Path, tolerances: Mapping[str, float], *, all_held: bool = True
) -> dict[str, Any]:
    """What is alike and what is not, as plain data; raises ConfigurationError where nothing can be
    held against anything, and with `all_held` where a tolerance is of nothing that was compared.

    `within` is None without a band, and where all that was compared is within but not enough was.
    """
    ours, theirs = read_sides(first), read_sides(second)
    for key in ("mission", "seed"):
        if ours.head.get(key) != theirs.head.get(key):
            raise ConfigurationError(
                str(theirs.file), None, key,
                f"= {theirs.head.get(key)}, and {ours.head.get(key)} in {ours.file}: allowed are "
                "two runs of one mission and seed",
            )  # fmt: skip
    left = {**ours.real, **ours.simulated}
    right = {**theirs.simulated, **theirs.real}
    if ours.file.resolve() == theirs.file.resolve() and not (ours.simulated and ours.real):
        raise ConfigurationError(
            str(ours.file), None, "", "it has one side alone: allowed twice is a run with a shadow "
            "or a monitor",
        )  # fmt: skip
    both = [key for key in left if key in right]
    if not both:
        known = ", ".join(sorted({service for service, _ in (*left, *right)})) or "none"
        raise ConfigurationError(
            str(theirs.file), None, "", f"no method of one device was called in both ({known}): "
            "fly both with the device in the bench file, as mode real, shadow, monitor or sim",
        )  # fmt: skip
    one = ours.file.resolve() == theirs.file.resolve()
    pairs_of = _by_time if one else _by_count
    methods = {
        f"{service}.{method}": _method(
            left[service, method], right[service, method], _of(tolerances, service), method,
            pairs_of,
        )
        for service, method in both
    }
    if all_held:
        _refuse_unheld(tolerances, methods, both, theirs.file)
    missing, enough = _not_compared(left, right, methods, one=one)
    verdicts = [
        each["within"]
        for method in methods.values()
        for each in method["fields"].values()
        if each["within"] is not None
    ]
    wrong = any(method["errors_unlike"] for method in methods.values())
    return {
        "first": str(ours.file), "second": str(theirs.file), "methods": methods,
        "not_compared": missing,
        "within": _verdict(verdicts, wrong=wrong, enough=enough),
    }  # fmt: skip


def _verdict(verdicts: list[bool], *, wrong: bool, enough: bool) -> bool | None:
    if not verdicts:
        return None
    if wrong or not all(verdicts):
        return False
    return True if enough else None


def _of(tolerances: Mapping[str, float], service: str) -> dict[str, Tolerance]:
    """Those for one service: given with its name, or for all."""
    prefix = f"{service}."
    return {
        name.removeprefix(prefix): Tolerance(value)
        for name, value in sorted(tolerances.items(), key=lambda each: each[0].startswith(prefix))
    }


def _refuse_unheld(
    tolerances: Mapping[str, float], methods: Mapping[str, Any], both: list[tuple[str, str]],
    file: Path,
) -> None:  # fmt: skip
    """A band that nothing was held against is a mistyped one, or none that a verdict can be of."""
    held: dict[str, None] = {}
    for service, method in both:
        for name in methods[f"{service}.{method}"]["fields"]:
            whole = name.partition("[")[0]
            leaf = whole.partition(".")[2]
            for form in (leaf, whole, f"{service}.{leaf}", f"{service}.{whole}"):
                held[form] = None
    for name in tolerances:
        if name not in held:
            allowed = ", ".join(sorted(n for n in held if n.count(".") <= 1 and n)) or "none"
            raise ConfigurationError(
                str(file), None, "--tolerance",
                f"= {name}: allowed is one of what was compared: {allowed}",
            )  # fmt: skip


def _not_compared(
    ours: Calls, theirs: Calls, methods: Mapping[str, Any], *, one: bool
) -> tuple[list[str], bool]:
    """What was not compared, as sentences; and whether a verdict can be given all the same.

    Flights that were asked others go ways of their own, as far as they were asked the same they are
    held together. One that has called less than half as often, or a method not at all, is another
    matter. In one recording the real device was asked what it could be asked: that much alone.
    """
    found, enough = [], True
    services = {service for service, _ in ours} & {service for service, _ in theirs}
    for service, method in dict.fromkeys((*ours, *theirs)):
        name = f"{service}.{method}"
        if name not in methods:
            if service in services and not one:
                where = "second" if (service, method) in ours else "first"
                found.append(f"{name}: not called in the {where}")
                enough = False
            continue
        left, right = methods[name]["calls"]
        pairs = methods[name]["compared"]
        calls = f"{name}: {left - pairs} of {left} and {right - pairs} of {right} calls"
        banded = any(each["within"] is not None for each in methods[name]["fields"].values())
        if not one and pairs < min(left, right):
            found.append(f"{calls}, for they were asked others")
            enough &= pairs > 0 or not banded
        elif banded and pairs < ENOUGH * (right if one else max(left, right)):
            found.append(calls)
            enough = False
    return found, enough


def _method(
    left: list[OneCall], right: list[OneCall], tolerances: Mapping[str, Tolerance], method: str,
    pairs_of: Callable[[list[OneCall], list[OneCall]], Iterator[tuple[OneCall, OneCall]]],
) -> dict[str, Any]:  # fmt: skip
    """One method, as far as both were asked the same."""
    comparison = Comparison(tolerances)
    unlike, paired = 0, 0
    for ours, theirs in pairs_of(left, right):
        paired += 1
        if bool(ours.error) != bool(theirs.error):
            unlike += 1
        elif not ours.error:
            comparison.add(method, ours.result, theirs.result, ours.at)
    took = Histogram.of(each.seconds for each in right if not each.error)
    before = Histogram.of(each.seconds for each in left if not each.error)
    return {
        "calls": [len(left), len(right)], "compared": paired, "errors_unlike": unlike,
        "response_s": {"first": _times(before), "second": _times(took)},
        "fields": {
            name: {**each.told(), "within": each.within, "worst": each.told()["worst"][:SHOWN]}
            for name, each in comparison.fields.items()
        },
    }  # fmt: skip


def _by_count(left: list[OneCall], right: list[OneCall]) -> Iterator[tuple[OneCall, OneCall]]:
    """The first with the first, until they were asked something else."""
    for ours, theirs in zip(left, right, strict=False):
        if not _same(ours.arguments, theirs.arguments):
            return
        yield ours, theirs


def _by_time(left: list[OneCall], right: list[OneCall]) -> Iterator[tuple[OneCall, OneCall]]:
    """Each real call with the simulated one that it was made beside."""
    index = 0
    for theirs in right:
        while index < len(left) and left[index].at <= theirs.at + INSTANT:
            ours, index = left[index], index + 1
            if theirs.at - ours.at <= TOGETHER and _same(ours.arguments, theirs.arguments):
                yield ours, theirs
                break


def _times(histogram: Histogram) -> dict[str, float]:
    return {"p50": histogram.at(0.5), "p99": histogram.at(0.99), "max": histogram.largest}


def _same(ours: Any, theirs: Any) -> bool:
    left, right = leaves_of(ours), leaves_of(theirs)
    if left.keys() != right.keys():
        return False
    for name, value in left.items():
        other = right[name]
        if isinstance(value, float) and isinstance(other, int | float):
            if not math.isclose(value, other, rel_tol=ALIKE, abs_tol=ALIKE):
                return False
        elif value != other:
            return False
    return True


def comparison_lines(told: Mapping[str, Any]) -> list[str]:
    """For people."""
    lines = [f"{told['first']} beside {told['second']}"]
    for name, method in told["methods"].items():
        ours, theirs = method["calls"]
        after = "" if method["compared"] == min(ours, theirs) else ", then they were asked others"
        lines.append(
            f"{name}: {method['compared']} of {ours} and {theirs} calls compared{after}; "
            f"{method['errors_unlike']} failed in one alone; answers "
            f"p50 {1e3 * method['response_s']['second']['p50']:.3f}, "
            f"p99 {1e3 * method['response_s']['second']['p99']:.3f} ms"
        )
        for leaf, each in method["fields"].items():
            verdict = {True: "ok", False: "OFF", None: ""}[each["within"]]
            band = "" if each["tolerance"] is None else f" (allowed {each['tolerance']:g})"
            unlike = f", {each['unlike']} not alike" if each["unlike"] else ""
            lines.append(
                f"    {verdict:3} {leaf}: mean {each['mean']:.4g}, rms {each['rms']:.4g}, "
                f"max {each['max']:.4g}{band}{unlike}"
            )
            if each["within"] is False:
                lines += [
                    f"        at {worst['at_s']:.3f} s: {worst['simulated']} and {worst['real']}"
                    for worst in each["worst"]
                ]
    lines += [f"not compared: {each}" for each in told["not_compared"]]
    banded = any(
        each["within"] is not None
        for method in told["methods"].values() for each in method["fields"].values()
    )  # fmt: skip
    unknown = "unknown: what was compared is within" if banded else "no field has a tolerance"
    right = "what was compared is within" if told["not_compared"] else "all within"
    return [*lines, {True: right, False: "not within", None: unknown}[told["within"]]]
