"""The timing of a flight on a bench, for machines (JUnit) and for people (one HTML file)."""

import html
import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE
from flight.configuration.whole_files import replace_file
from ground.testbed.bench.evidence import BENCH_FILE, FORMAT, worse_floor

JUNIT, PAGE = "bench.junit.xml", "bench.html"
BARS = 60  # of a picture of a histogram
FILL = {"ok": "#2b7", "missed": "#c33", "unknown": "#999"}


def read_evidence(folder: Path) -> dict[str, Any]:
    """The evidence in a run folder, of which all can be told; raises ConfigurationError where there
    is none."""
    file = folder / BENCH_FILE
    try:
        told = json.loads(file.read_bytes())
    except (OSError, *UNDECODABLE) as error:
        problem = f"no evidence of a bench ({error}); fly with `msr fly --bench`"
        raise ConfigurationError(str(file), None, "", problem) from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ConfigurationError(str(file), None, "format", f"allowed is {FORMAT}")
    try:
        summary(told), junit(told), page(told)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        problem = f"the evidence is damaged: {type(error).__name__}: {error}"
        raise ConfigurationError(str(file), None, "", problem) from None
    return told


def write_reports(folder: Path) -> tuple[Path, Path]:
    """JUnit and HTML beside the evidence."""
    told = read_evidence(folder)
    return (
        replace_file(folder / JUNIT, tostring(junit(told), encoding="unicode") + "\n"),
        replace_file(folder / PAGE, page(told)),
    )


def _methods(told: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{service}.{method}", each)
        for service, device in told["devices"].items()
        for method, each in device["methods"].items()
    ]


def summary(told: dict[str, Any]) -> list[str]:
    """A line for the floor, and one for each method."""
    lines = []
    if told["floor"] is not None:
        lines += [_floor_words(name, floor) for name, floor in _floors(told)]
    lines += _devices(told)
    lines += [f"{name}: {verdict_of(told, each)}: {_words(each)}" for name, each in _methods(told)]
    return [*lines, *_beside(told), *_recorded(told), *_evidence(told)]


def _floors(told: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """That of before the flight, and that of the flight, where it was measured."""
    floor = told["floor"]
    during = floor.get("in_flight")
    found = [("before the flight", floor), ("during the flight", during)]
    return [(name, each) for name, each in found if each is not None]


def _floor_words(name: str, floor: dict[str, Any]) -> str:
    if not floor["lateness"]["n"]:
        return f"floor {name}: not measured: nothing real was at work for as long as a cycle takes"
    times = ", ".join(f"{n[:3]} {1e3 * floor['lateness'][n]:.3f}" for n in TIMES)
    return (
        f"floor {name}: {floor['rate_hz']:g} Hz, late by {times} ms, {floor['miss_rate']:.2%} "
        f"beyond the deadline, {floor['slips']} slips"
    )


def _good(floor: dict[str, Any], most: float) -> str:
    if not floor["lateness"]["n"]:
        return "not measured"
    return "bad" if floor["miss_rate"] > most else "good"


def _devices(told: dict[str, Any]) -> list[str]:
    """Who each was: real, a shadow, only looked at, or simulated; and what was there."""
    return [f"{service}: {_device(told, each)}" for service, each in told["devices"].items()]


def _device(told: dict[str, Any], device: dict[str, Any]) -> str:
    named = " ".join(str(device["identity"].get(name, "")) for name in NAMED).strip()
    if device["mode"] == "sim":
        return "sim"
    words = [device["mode"], device["state"], named or "of no name", f"boot {device['boots']}"]
    if device.get("clock") is not None:
        words.append(clock_words(device["clock"]))
    if device.get("anybody"):
        words.append("anyone on its network could move it")
    return ", ".join(words)


def clock_words(clock: dict[str, Any]) -> str:
    """How the clock of a device goes beside the bench's."""
    offset = f"its clock is {clock['offset']:+.6f} s from the bench's"
    offset += f" (to {1e3 * clock['offset_within']:.3f} ms)"
    if clock["ppm"] is None:
        return offset
    return f"{offset}, {clock['ppm']:+.1f} ppm (to {clock['ppm_within']:.1f})"


def _beside(told: dict[str, Any]) -> list[str]:
    """What shadows and monitors have told beside the simulation: the fields with a band."""
    lines = []
    for service, device in told["devices"].items():
        beside = device.get("beside")
        if beside is None:
            continue
        lines.append(
            f"{service}: {device['mode']}: {beside['compared']} answers compared, "
            f"{beside['unanswered']} without one, {beside['unlike']} failed otherwise, "
            f"{beside['not_asked']} not asked for it was at work"
        )
        for name, each in beside["fields"].items():
            if each["tolerance"] is not None:
                off = "OFF" if each["beyond"] or each["unlike"] else "ok"
                lines.append(
                    f"    {off} {name}: mean {each['mean']:.4g}, rms {each['rms']:.4g}, max "
                    f"{each['max']:.4g} (allowed {each['tolerance']:g}), {each['beyond']} beyond"
                )
    return lines


def _recorded(told: dict[str, Any]) -> list[str]:
    """How devices that are recordings have answered."""
    lines = []
    for service, device in told["devices"].items():
        each = device.get("recorded")
        if each is None:
            continue
        lines.append(
            f"{service}: replay of {each['file']}: {each['answered']} calls answered, readings up "
            f"to {each['farthest_s']:.3f} s from their instant, {each['refused']} refused"
        )
        lines += [f"    REFUSED {why}" for why in each["reasons"]]
    return lines


def _evidence(told: dict[str, Any]) -> list[str]:
    """What there is to look at, and what of it is missing."""
    lines = [f"not permitted: {each}" for each in told.get("not_permitted", ())]
    lines += [f"UNKNOWN: {each}" for each in told.get("starved", ())]
    recording = told.get("recording")
    if recording is None:
        return lines
    if recording["file"] is None:
        return [*lines, f"no recording: {recording['because']}"]
    torn = "" if recording["whole"] else "; torn"
    since, why = recording.get("incomplete_from_s"), recording["because"]
    if since is not None:
        torn += f"; INCOMPLETE from t={since:.3f} s on"
    torn += f": {why}" if why else ""
    return [
        *lines, f"{recording['file']}: {recording['messages']} messages, {recording['dropped']} "
        f"dropped{torn}",
    ]  # fmt: skip


def verdict_of(told: dict[str, Any], method: dict[str, Any]) -> str:
    """Of one method: ok, missed, or unknown where it has no deadline or the floor is bad."""
    most = told["most_misses"]
    misses = None if told["floor"] is None else worse_floor(told["floor"])
    if told.get("starved"):
        return "unknown"
    if not method["deadline_s"] or misses is None or misses > most:
        return "unknown"
    return "missed" if method["misses"] > most * method["n"] else "ok"


def junit(told: dict[str, Any]) -> Element:
    """A case for each method: failed where it missed, skipped where nobody can say."""
    methods = _methods(told)
    verdicts = [verdict_of(told, each) for _, each in methods]
    suite = Element(
        "testsuite", name=f"bench: {told['title']}", tests=str(len(methods)),
        failures=str(verdicts.count("missed")), skipped=str(verdicts.count("unknown")),
    )  # fmt: skip
    properties = SubElement(suite, "properties")
    for service, device in told["devices"].items():
        SubElement(properties, "property", name=f"{service}.mode", value=device["mode"])
        if device.get("clock") is not None:
            words = clock_words(device["clock"])
            SubElement(properties, "property", name=f"{service}.clock", value=words)
        for name in ("model", "serial", "firmware"):
            value = str(device["identity"].get(name, ""))
            SubElement(properties, "property", name=f"{service}.{name}", value=value)
    for (name, each), verdict in zip(methods, verdicts, strict=True):
        case = SubElement(suite, "testcase", classname="bench", name=name)
        if verdict == "missed":
            SubElement(case, "failure", message=_words(each))
        elif verdict == "unknown":
            SubElement(case, "skipped", message=_why_unknown(told))
        mode = told["devices"][name.rpartition(".")[0]]["mode"]
        SubElement(case, "system-out").text = f"{mode}: {_words(each)}"
    return suite


def _why_unknown(told: dict[str, Any]) -> str:
    starved = told.get("starved", ())
    return "; ".join(starved) or "no deadline, or the floor of this machine is bad"


def _words(method: dict[str, Any]) -> str:
    response = method["response"]
    return (
        f"{method['n']} calls, {method['misses']} misses (the longest run "
        f"{method['longest_run_of_misses']}), {method['slips']} slips, {method['unanswered']} "
        f"without an answer; response p50 {1e3 * response['p50_s']:.3f}, p99 "
        f"{1e3 * response['p99_s']:.3f}, max {1e3 * response['max_s']:.3f} ms"
    )


def page(told: dict[str, Any]) -> str:
    """One file, without anything from elsewhere."""
    escape = html.escape
    rows, pictures = [], []
    for when, floor in _floors(told) if told["floor"] is not None else ():
        lateness = floor["lateness"]
        way = f"{escape(told['floor']['way'])}, {floor['rate_hz']:g} Hz, {when}"
        rows.append(
            f"<tr><td>floor of this machine ({way})</td>"
            f"<td>{_good(floor, told['most_misses'])}</td><td>"
            f"{lateness['n']}</td><td>{floor['miss_rate']:.2%}</td><td>{floor['slips']}</td>"
            f"{_times(lateness)}</tr>"
        )
        pictures.append(_picture(f"floor {when}: lateness", lateness, 0.0))
    for name, each in _methods(told):
        verdict = verdict_of(told, each)
        rows.append(
            f"<tr><td>{escape(name)}</td><td style='color:{FILL[verdict]}'>{verdict}</td>"
            f"<td>{each['n']}</td><td>{each['misses']}</td><td>{each['slips']}</td>"
            f"{_times(each['response'])}</tr>"
        )
        pictures.append(_picture(f"{name}: response", each["response"], each["deadline_s"]))
    devices = "".join(
        f"<li>{escape(service)}: {escape(_device(told, device))}</li>"
        for service, device in told["devices"].items()
    )
    return (
        "<!doctype html><meta charset=utf-8><title>bench</title><style>body{font:15px sans-serif;"
        "margin:2em;max-width:60em}td,th{padding:.2em .8em;text-align:right}td:first-child{"
        f"text-align:left}}</style><h1>{escape(told['title'])}</h1><p>Timing: <b>"
        f"{escape(told['timing'])}</b> (a miss in {1 / told['most_misses']:.0f} is forgiven)</p>"
        f"<ul>{devices}</ul><table><tr><th></th><th></th><th>n</th><th>misses</th><th>slips</th>"
        f"<th>p50 ms</th><th>p99 ms</th><th>max ms</th></tr>{''.join(rows)}</table>"
        f"{''.join(pictures)}<h2>Evidence</h2><pre>"
        f"{escape(chr(10).join([*_beside(told), *_recorded(told), *_evidence(told)]))}</pre>\n"
    )


TIMES = ("p50_s", "p99_s", "max_s")
NAMED = ("vendor", "model", "serial", "firmware")


def _times(histogram: dict[str, Any]) -> str:
    return "".join(f"<td>{1e3 * histogram[n]:.3f}</td>" for n in TIMES)


def _picture(title: str, histogram: dict[str, Any], deadline: float) -> str:
    """Bars over time, up to a little more than the longest; a line at the deadline."""
    longest = max(histogram["max_s"], deadline, 1e-6) * 1.05
    bars = [0] * BARS
    for upper_ns, count in histogram["counts_ns"]:
        bars[min(BARS - 1, int(upper_ns * 1e-9 / longest * BARS))] += count
    most = max(*bars, 1)
    drawn = "".join(
        f"<rect x={10 * k} y={100 - 96 * n / most:.1f} width=9 height={96 * n / most:.1f} "
        f"fill=#48a />"
        for k, n in enumerate(bars)
        if n
    )
    line = ""
    if deadline:
        x = deadline / longest * 10 * BARS
        line = f"<line x1={x:.1f} x2={x:.1f} y1=0 y2=100 stroke=#c33 />"
    return (
        f"<h2>{html.escape(title)}</h2><svg viewBox='0 0 {10 * BARS} 118' width=600>{drawn}{line}"
        f"<text y=116 font-size=12>0</text><text x={10 * BARS} y=116 font-size=12 "
        f"text-anchor=end>{1e3 * longest:.2f} ms</text></svg>"
    )
