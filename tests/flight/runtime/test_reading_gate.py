"""The gate of readings: what it lets through, what it refuses, and that it judges all there is."""

import importlib
import math
import pkgutil
from typing import Annotated, Any

import msgspec
import pytest

import flight.icd.devices
from flight.icd.devices.base import DeviceInterface, Method, Reading, ReadingInvalid, usable
from flight.icd.devices.descent import RadarReading
from flight.icd.devices.measured import measured
from flight.icd.devices.orbiter_navigation import Image, ImagedTarget
from flight.icd.devices.thermal import HeaterStates, NodeTemperatures, ZoneState
from flight.runtime.reading_fields import fields_of, struct_problem
from flight.runtime.reading_gate import ReadingGate, check_values

SLACK_NS = 1_000_000

SECOND = 1_000_000_000
NOT_FINITE = (math.nan, math.inf, -math.inf)


class Sonar(Reading, frozen=True, kw_only=True):
    """A range of 1 to 5 m, and what goes with it."""

    range: Annotated[float, measured("m", 1.0, 5.0)]
    beams: Annotated[tuple[float, float], measured("rad", -1.0, 1.0)] = (0.0, 0.0)
    height: float | None = None
    name: str = ""


def method(**options: Any) -> Method:
    return Method("ping", "reading", 5.0, msgspec.Struct, (), Sonar, "", **options)


def admitted(reading: Reading, *, asked: int = 0, now: int = 0, **options: Any) -> Any:
    return ReadingGate().admit(method(**options), reading, asked, now, 0)


def test_a_sound_reading_passes_as_it_is() -> None:
    reading = Sonar(range=3.0, beams=(0.5, -0.5), height=2.0)
    assert admitted(reading) is reading


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("field", ["range", "beams", "height"])
def test_what_is_not_finite_arrives_as_not_valid_and_without_a_figure(
    field: str, value: float
) -> None:
    wrong: Any = (0.0, value) if field == "beams" else value
    judged = admitted(msgspec.structs.replace(Sonar(range=3.0, height=1.0), **{field: wrong}))
    assert not judged.valid
    assert judged.reason.startswith(field)
    assert "not a finite number" in judged.reason
    assert math.isnan(judged.range) and math.isnan(judged.height)
    assert all(math.isnan(beam) for beam in judged.beams)


@pytest.mark.parametrize("value", [1.0, 5.0])
def test_the_ends_of_the_range_are_measured(value: float) -> None:
    assert admitted(Sonar(range=value)).valid


@pytest.mark.parametrize("value", [math.nextafter(1.0, 0.0), math.nextafter(5.0, 9.0), -3.0])
def test_what_the_instrument_cannot_measure_is_not_valid(value: float) -> None:
    judged = admitted(Sonar(range=value))
    assert not judged.valid
    assert "measured is 1 to 5 m" in judged.reason


def test_a_stamp_may_be_as_old_as_the_question_and_not_older() -> None:
    asked = 100 * SECOND
    good = Sonar(range=3.0, time_ns=asked - SLACK_NS)
    assert admitted(good, asked=asked, now=asked).valid
    late = msgspec.structs.replace(good, time_ns=good.time_ns - 1)
    judged = admitted(late, asked=asked, now=asked)
    assert not judged.valid
    assert "before it was asked for" in judged.reason


def test_a_device_that_samples_by_itself_may_be_a_period_late() -> None:
    asked = 100 * SECOND
    reading = Sonar(range=3.0, time_ns=asked - 10 * SECOND)
    assert admitted(reading, asked=asked, now=asked, period=10.0).valid
    assert not admitted(reading, asked=asked, now=asked, period=9.9).valid
    assert admitted(reading, asked=asked, now=asked, archived=True).valid


def test_a_stamp_in_the_future_is_not_valid() -> None:
    now = 100 * SECOND
    assert admitted(Sonar(range=3.0, time_ns=now + SLACK_NS), asked=now, now=now).valid
    judged = admitted(Sonar(range=3.0, time_ns=now + SLACK_NS + 1), asked=now, now=now)
    assert not judged.valid
    assert "in the future" in judged.reason
    archived = Sonar(range=3.0, time_ns=now + SECOND)
    assert not admitted(archived, asked=now, now=now, archived=True).valid


def test_what_machines_delay_is_granted() -> None:
    late = Sonar(range=3.0, time_ns=SECOND)
    gate = ReadingGate()
    assert not gate.admit(method(), late, 2 * SECOND, 2 * SECOND, 0).valid
    assert gate.admit(method(), late, 2 * SECOND, 2 * SECOND, SECOND).valid


@pytest.mark.requirement("FP-02")
def test_what_the_device_itself_calls_invalid_has_no_figures_and_is_not_refused() -> None:
    heard: list[tuple[str, str]] = []
    gate = ReadingGate(lambda name, reading, wrong: heard.append((name, wrong)))
    judged = gate.admit(method(), Sonar(range=3.0, name="bow", valid=False), 0, 0, 0)
    assert not judged.valid and math.isnan(judged.range)
    assert judged.name == "bow" and judged.reason == ""
    assert heard == [("ping", "")]


def test_an_open_gate_lets_everything_through() -> None:
    reading = Sonar(range=math.nan, time_ns=-SECOND)
    assert ReadingGate(open=True).admit(method(), reading, 0, 0, 0) is reading


def test_a_further_check_is_asked_only_of_what_has_passed() -> None:
    asked: list[Any] = []

    def further(reading: Any, now: int) -> tuple[str, str] | None:
        asked.append(reading.range)
        return ("range", "too good to be true") if reading.range == 4.0 else None

    gate = ReadingGate()
    gate.further["ping"] = [further]
    assert gate.admit(method(), Sonar(range=3.0), 0, 0, 0).valid
    refused = gate.admit(method(), Sonar(range=4.0), 0, 0, 0)
    assert (refused.valid, refused.reason) == (False, "too good to be true")
    assert not gate.admit(method(), Sonar(range=math.nan), 0, 0, 0).valid
    assert asked == [3.0, 4.0]


# ------------------------------------------------------------------ validities of their own


def radar(**changes: Any) -> RadarReading:
    sound = RadarReading(
        range=1000.0, range_valid=True, velocity=(1.0, 2.0, 3.0), velocity_valid=True
    )
    return msgspec.structs.replace(sound, **changes)


def test_a_field_with_a_validity_of_its_own_takes_no_other_with_it() -> None:
    judged: Any = check_values(radar(range=math.nan))
    assert judged.valid and not judged.range_valid and judged.velocity_valid
    assert judged.velocity == (1.0, 2.0, 3.0) and math.isnan(judged.range)
    assert "range" in judged.reason
    both: Any = check_values(radar(range=math.nan, velocity=(0.0, math.inf, 0.0)))
    assert both.valid and not both.range_valid and not both.velocity_valid


def test_one_bad_temperature_is_left_out_and_named() -> None:
    judged: Any = check_values(
        NodeTemperatures(temperatures={"arm": math.nan, "mav": 240.0}, invalid=["deck"])
    )
    assert judged.valid
    assert judged.temperatures == {"mav": 240.0}
    assert judged.invalid == ["deck", "arm"]


def test_figures_inside_structures_are_judged_too() -> None:
    spot = ImagedTarget([1.0, 0.0, math.nan], 5.0)
    judged: Any = check_values(Image(targets=[spot], quaternion=[1.0, 0.0, 0.0, 0.0]))
    assert not judged.valid
    assert "targets[0].direction[2]" in judged.reason
    assert judged.targets == []
    zone = ZoneState(enabled=True, setpoint=math.nan, on=True, power=5.0)
    assert not check_values(HeaterStates(zones={"arm": zone})).valid
    assert struct_problem(zone).startswith("setpoint = nan")


# --------------------------------------------------------------------------- all of the ICD


def interfaces() -> list[type[DeviceInterface]]:
    for module in pkgutil.iter_modules(flight.icd.devices.__path__):
        importlib.import_module(f"flight.icd.devices.{module.name}")
    return DeviceInterface.__subclasses__()


def answers() -> list[type[msgspec.Struct]]:
    found: dict[type[msgspec.Struct], None] = {}
    for interface in interfaces():
        if not interface.__module__.startswith("flight.icd."):
            continue
        for each in interface.methods.values():
            if isinstance(each.result, type) and issubclass(each.result, msgspec.Struct):
                found[each.result] = None
    return list(found)


@pytest.mark.parametrize("kind", answers(), ids=lambda kind: kind.__name__)
def test_each_number_of_each_answer_in_the_icd_is_judged(kind: type[msgspec.Struct]) -> None:
    judged = {field.name for field in fields_of(kind)}
    for field in msgspec.structs.fields(kind):
        holds_figures = "float" in repr(field.type) and field.name != "time_ns"
        assert not holds_figures or field.name in judged, field.name
    flags: dict[str, str] = getattr(kind, "own_validity", {})
    for name, flag in flags.items():
        assert {name, flag} <= set(kind.__struct_fields__)


# ------------------------------------------------------------------------------- who needs it


def test_who_can_do_nothing_without_a_reading_gets_an_error_with_its_reason() -> None:
    reading = Sonar(range=3.0)
    assert usable(reading) is reading
    with pytest.raises(ReadingInvalid, match="Sonar is not valid: broken") as caught:
        usable(Sonar(range=3.0, valid=False, reason="broken"))
    assert caught.value.code == "invalid"


@pytest.mark.parametrize("limits", [(2.0, 2.0), (3.0, 2.0), (0.0, math.inf), (math.nan, 1.0)])
def test_a_range_that_is_none_is_refused(limits: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="finite, rising"):
        measured("m", *limits)


def test_a_device_that_is_set_aside_is_judged_and_not_used() -> None:
    heard: list[str] = []
    gate = ReadingGate(lambda name, reading, wrong: heard.append(wrong))
    gate.set_aside = True
    refused = gate.admit(method(), Sonar(range=3.0), 0, 0, 0)
    assert (refused.valid, refused.reason) == (False, "set aside")
    assert math.isnan(refused.range)
    gate.admit(method(), Sonar(range=math.nan), 0, 0, 0)
    assert heard[0] == "" and heard[1].startswith("range")
    gate.set_aside = False
    assert gate.admit(method(), Sonar(range=3.0), 0, 0, 0).valid


def test_a_further_check_takes_back_a_single_figure_where_it_can() -> None:
    gate = ReadingGate()
    gate.further["measure"] = [lambda reading, now: ("range", "too far")]
    asked = Method("measure", "reading", 5.0, msgspec.Struct, (), RadarReading, "")
    judged: Any = gate.admit(asked, radar(), 0, 0, 0)
    assert judged.valid and not judged.range_valid and judged.velocity_valid
    assert judged.reason == "too far"
    gate.further["state"] = [lambda reading, now: ("temperatures.mav", "frozen")]
    asked = Method("state", "reading", 5.0, msgspec.Struct, (), NodeTemperatures, "")
    told = NodeTemperatures(temperatures={"arm": 250.0, "mav": 240.0}, invalid=[])
    left: Any = gate.admit(asked, told, 0, 0, 0)
    assert left.valid and left.temperatures == {"arm": 250.0} and left.invalid == ["mav"]
