"""The verdicts as JUnit XML, for whoever reads that: UNKNOWN counts as a failure."""

import math
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as xml

from flight.configuration.whole_files import replace_file
from ground.drills.results import Shown


def write_junit(path: Path, shown: Sequence[Shown]) -> None:
    """Writes one test suite with a test case for each drill."""
    suite = xml.Element("testsuite", _counts(shown))
    for each in shown:
        _case(suite, each)
    suites = xml.Element("testsuites", {"name": "msr drill"})
    suites.append(suite)
    xml.indent(suites)
    data = xml.tostring(suites, encoding="utf-8", xml_declaration=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, data + b"\n")


def _counts(shown: Sequence[Shown]) -> dict[str, str]:
    verdicts = [each.judged.verdict for each in shown]
    failures = sum(verdict in ("FAIL", "UNKNOWN") for verdict in verdicts)
    return {
        "name": "drills",
        "tests": str(len(shown)),
        "failures": str(failures),
        "errors": str(verdicts.count("ERROR")),
        "time": f"{math.fsum(each.judged.record.wall for each in shown):.3f}",
    }


def _case(suite: xml.Element, shown: Shown) -> None:
    record, judged = shown.judged.record, shown.judged
    name = f"{record.drill} (seed {record.seed})"
    case = xml.SubElement(
        suite, "testcase", name=_plain(name), classname=_plain(record.scenario),
        file=record.file, time=f"{record.wall:.3f}",
    )  # fmt: skip
    properties = xml.SubElement(case, "properties")
    for key, value in (
        ("requirement", shown.told.requirement),
        ("sha256", record.sha256),
        ("phase", record.phase),
        ("again", shown.told.again),
    ):
        if value:
            xml.SubElement(properties, "property", name=key, value=_plain(value))
    if judged.verdict == "PASS":
        return
    kind = "error" if judged.verdict == "ERROR" else "failure"
    first = judged.because[0].splitlines()[0] if judged.because else judged.verdict
    found = xml.SubElement(case, kind, type=judged.verdict, message=_plain(first))
    found.text = _plain("\n".join([*judged.because, f"again: {shown.told.again}"]))


def _plain(text: str) -> str:
    """A text without the characters that XML has no way to write."""
    return "".join(c if c in "\t\n" or " " <= c < "\ufffe" else "\ufffd" for c in text)
