"""Amounts with their units, parts of files key by key, and why arguments are refused."""

import math
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from flight.configuration.argument_refusals import infinite_sentence, refusal_sentence
from flight.configuration.files import ConfigurationError
from flight.configuration.sections import Section, load_section
from flight.icd.amounts import Amount
from flight.icd.devices.base import DeviceInterface, actuation
from flight.icd.devices.measured import LARGEST, measured, range_of, unit_of

Wait = Annotated[float, Amount("s", ge=0.0, le=7_200.0)]
Share = Annotated[float, Amount("1", ge=0.0, le=1.0)]


def section(tmp_path: Path, text: str) -> Section:
    file = tmp_path / "some.yaml"
    file.write_text(text, encoding="utf-8")
    return load_section(file)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5 s", 5.0), ("2 h", 7_200.0), ("0 s", 0.0), ("1.5 min", 90.0), ("1e2 s", 100.0),
     ("+3s", 3.0), (".5 min", 30.0), ("{value: 2, unit: min}", 120.0),
     ("{value: 2, unit: min, source: x}", 120.0)],
)  # fmt: skip
def test_an_amount_is_read_in_any_of_its_units(tmp_path: Path, text: str, seconds: float) -> None:
    kind: Any = Wait
    assert section(tmp_path, f"wait: {text}").at("wait").read(kind) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2.0001 h", "2.0001 h: allowed is"), ("-1 s", "-1 s: allowed is"), ("5", "with its unit"),
        ("5 km", "with its unit"), ("soon", "with its unit"), ("true", "with its unit"),
        ("[5 s]", "with its unit"), ("{value: 5}", "unit: ..."), ("{unit: s}", "unit: ..."),
        ("{value: 5, unit: s, more: 1}", "unit: ..."), ("{value: x, unit: s}", "a finite number"),
        ("{value: true, unit: s}", "a finite number"), ("{value: 5, unit: [s]}", "with its unit"),
        ("1e400 s", "allowed is"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_where_it_stands(tmp_path: Path, text: str, why: str) -> None:
    kind: Any = Wait
    with pytest.raises(ConfigurationError) as refused:
        section(tmp_path, f"\nwait: {text}").at("wait").read(kind)
    assert why in str(refused.value) and refused.value.line == 2
    assert "wait" in str(refused.value)


@pytest.mark.parametrize(("text", "share"), [("0.3", 0.3), ("30 %", 0.3), ("1", 1.0)])
def test_a_share_needs_no_unit(tmp_path: Path, text: str, share: float) -> None:
    kind: Any = Share
    assert section(tmp_path, f"part: {text}").at("part").read(kind) == pytest.approx(share)
    with pytest.raises(ConfigurationError):
        section(tmp_path, "part: 101 %").at("part").read(kind)


def test_a_part_of_a_file_says_where_it_is_and_what_may_be_in_it(tmp_path: Path) -> None:
    whole = section(tmp_path, "a: 1\nb:\n  c: [x, {d: 2}]\n")
    inner = whole.at("b").at("c").items()[1].at("d")
    assert (inner.key, inner.line, inner.plain()) == ("b.c[1].d", 3, 2)
    assert whole.is_mapping and not whole.is_list and whole.at("b").at("c").is_list
    assert whole.get("z") is None
    with pytest.raises(ConfigurationError, match="z is missing: allowed is a name") as missing:
        whole.at("z", "a name")
    assert missing.value.line == 1
    whole.only(("a", "b"), ("a",))
    with pytest.raises(ConfigurationError, match="b is not a known key"):
        whole.only(("a",))
    with pytest.raises(ConfigurationError, match="z is missing"):
        whole.only(("a", "b", "z"), ("z",))
    with pytest.raises(ConfigurationError, match="a list"):
        whole.items()
    with pytest.raises(ConfigurationError, match="a mapping"):
        whole.at("a").entries()
    assert list(whole.without(("a",)).entries()) == ["b"]


def test_a_part_can_be_taken_with_other_values_and_keeps_its_place(tmp_path: Path) -> None:
    whole = section(tmp_path, "a: 1\nb:\n  - {c: 2}\n  - 3\n")
    assert whole.with_value("b[0].c", 7).plain() == {"a": 1, "b": [{"c": 7}, 3]}
    assert whole.with_value("b[0].new", [1]).plain() == {"a": 1, "b": [{"c": 2, "new": [1]}, 3]}
    assert whole.with_value("d", {"e": 1}).at("d").line == 1
    assert whole.plain() == {"a": 1, "b": [{"c": 2}, 3]}
    for nowhere in ("b[2]", "a.x", "z.y"):
        with pytest.raises(KeyError):
            whole.with_value(nowhere, 1)
    other = section(tmp_path, "b: 5\nc: 6\n")
    assert whole.overlaid(other).plain() == {"a": 1, "b": 5, "c": 6}


# --------------------------------------------------------------------------- arguments


class Goal(msgspec.Struct):
    east: Annotated[float, msgspec.Meta(ge=-10.0, le=10.0, extra={"unit": "m"})]
    names: list[str] = []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"east": 11.0}, "drive: argument east = 11.0: allowed is"),
        ({"west": 1.0}, "drive has no argument 'west'"),
        ({}, "drive: argument east is missing: allowed is"),
        ({"east": "x"}, 'argument east = "x"'),
        ({"east": 1.0, "names": ["a", 2]}, "at names[1]"),
    ],
)  # fmt: skip
def test_a_refused_argument_is_named_with_its_value_and_what_is_allowed(
    given: dict[str, Any], why: str
) -> None:
    try:
        msgspec.convert(given, Goal, strict=True)
        error = msgspec.ValidationError("unknown")
    except msgspec.ValidationError as raised:
        error = raised
    sentence = refusal_sentence("drive", given, Goal, error)
    assert why in sentence
    assert (", in m" in sentence) is ("east" in sentence and "names" not in sentence
                                      and "west" not in sentence)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "finite"),
    [(1.0, True), (math.inf, False), (math.nan, False), ([1.0, math.inf], False), ([1, "x"], True),
     ({"a": {"b": math.nan}}, False), ({"a": None}, True), (True, True)],
)  # fmt: skip
def test_what_is_infinite_is_named(value: Any, finite: bool) -> None:
    sentence = infinite_sentence("drive", {"first": 0, "east": value})
    assert (sentence == "") is finite
    assert finite or "argument east =" in sentence


# ----------------------------------------------------------------------------- devices


@pytest.mark.parametrize(("low", "high", "allowed"), [
    (0.0, 1.0, True), (1.0, 1.0, False), (2.0, 1.0, False), (-math.inf, 1.0, False),
    (0.0, math.inf, False), (math.nan, 1.0, False),
])  # fmt: skip
def test_a_range_is_of_finite_rising_numbers(low: float, high: float, allowed: bool) -> None:
    if allowed:
        kind = Annotated[float, measured("m", low, high)]
        assert range_of(kind) == (low, high) and unit_of(kind) == "m"
    else:
        with pytest.raises(ValueError, match="finite, rising numbers"):
            measured("m", low, high)
    assert range_of(float) == (-LARGEST, LARGEST) and unit_of(float) == "1"


class Horn(DeviceInterface):
    """A horn."""

    fault_codes = ("no_power",)

    @actuation(limit=5.0)
    async def blow(self, seconds: float, tone: int = 3) -> None:
        """Blows."""
        raise NotImplementedError


def test_the_arguments_of_a_call_are_packed_as_those_of_a_function() -> None:
    method = Horn.methods["blow"]
    assert method.pack((2.0,), {}) == {"seconds": 2.0}
    assert method.pack((2.0,), {"tone": 5}) == {"seconds": 2.0, "tone": 5} == method.pack(
        (2.0, 5), {}
    )
    assert method.pack((), {}) == {}
    with pytest.raises(TypeError, match="takes 2 arguments, not 3"):
        method.pack((1.0, 2, 3), {})
    with pytest.raises(TypeError, match="got seconds twice"):
        method.pack((1.0,), {"seconds": 2.0})
