"""Limits of the ground by phase, and what it computes from what came down."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError, find_configuration
from flight.icd.messages import Telemetry
from ground.mission_control.alarms.active_limits import ActiveLimits
from ground.mission_control.alarms.alarms import Alarms
from ground.mission_control.alarms.ground_limits import GroundLimits
from ground.mission_control.alarms.limit_sets import judge, load_limit_sets
from ground.mission_control.archive.archive import Archive
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.telemetry.derived_channels import load_derived, over_time
from ground.mission_control.telemetry.telemetry import LatestTelemetry
from ground.testbed.control_room.control_room import make_dictionary

SETS = """format: 1
sets:
  night:
    doc: at night
    limits:
      rover.charge: {yellow: [0.4, null], red: [0.2, 1.0], latched: true, source: test}
  day:
    doc: by day
    limits:
      rover.pieces: {yellow: [null, 3], source: test}
"""
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(text: str) -> Path:
        (tmp_path / "file.yaml").write_text(text, encoding="utf-8")
        return tmp_path / "file.yaml"

    return to


class Watched:
    """Limits that judge what comes down, and the alarms that they raise."""

    def __init__(self, folder: Path, file: Path, dictionary: Dictionary) -> None:
        self.folder = folder
        self.telemetry = LatestTelemetry()
        self.alarms = Alarms(Archive(folder / "archive.sqlite"), lambda: 0)
        self.limits = ActiveLimits(load_limit_sets(file, dictionary), dictionary)
        self.ground = GroundLimits(self.limits, self.telemetry, self.alarms)

    def measure(self, number: int, **values: float | None) -> None:
        report = Telemetry("rover", number, values, number)
        for channel, sample in self.telemetry.take(report, number).items():
            self.ground.take("rover", channel, sample)

    @property
    def states(self) -> list[tuple[str, str, str]]:
        return [(a.name, a.severity, str(a.state)) for a in self.alarms.all()]


@pytest.fixture
def watched(tmp_path: Path, write: Write, dictionary: Dictionary) -> Watched:
    return Watched(tmp_path, write(SETS), dictionary)


LOW = "limit charge (ground)"


@pytest.mark.parametrize(
    ("value", "state"),
    [(0.4, "OK"), (0.39, "YELLOW"), (0.2, "YELLOW"), (0.19, "RED"), (1.0, "OK"), (1.01, "RED"),
     (None, "NONE"), (float("nan"), "NONE"), ("low", "OK"), (True, "OK")],
)  # fmt: skip
def test_what_meets_a_limit_exactly_is_inside(value: object, state: str) -> None:
    assert judge(value, (0.4, None), (0.2, 1.0)) == state


def test_at_first_the_limits_of_the_vehicles_alone_are_in_force(watched: Watched) -> None:
    watched.measure(1, charge=0.0)
    assert watched.states == []
    assert watched.limits.state("rover", "charge", 0.0) == "OK"  # it has none on board


def test_clients_are_told_the_limits_of_the_set_in_force_and_of_no_other(watched: Watched) -> None:
    assert watched.limits.plain()["limits"] == {}
    watched.ground.decide("night")
    told = watched.limits.plain()
    assert told["name"] == "night"
    assert told["limits"] == {"rover.charge": {"yellow": [0.4, None], "red": [0.2, 1.0]}}
    watched.ground.decide("on_board")
    assert watched.limits.plain()["limits"] == {}


def test_a_set_raises_worsens_and_ends_an_alarm_of_its_own(watched: Watched) -> None:
    watched.ground.decide("night")
    watched.measure(1, charge=0.4)
    assert watched.states == []
    watched.measure(2, charge=0.3)
    watched.measure(3, charge=0.29)
    assert watched.states == [(LOW, "WARNING_LO", "ACTIVE")]
    assert watched.alarms.all()[0].count == 1  # as long as it stays so it is no news
    watched.measure(4, charge=0.1)
    assert watched.states == [(LOW, "WARNING_HI", "ACTIVE")]
    watched.alarms.acknowledge(1, "anna")
    watched.measure(5, charge=0.5)
    assert watched.states == [(LOW, "WARNING_HI", "LATCHED")]  # as the set says
    watched.measure(6, charge=0.3)
    assert watched.states == [(LOW, "WARNING_HI", "ACTIVE")]


@pytest.mark.requirement("REC-01")
def test_what_was_stored_and_comes_late_raises_no_alarm(watched: Watched) -> None:
    watched.ground.decide("night")
    watched.measure(5, charge=0.5)
    watched.measure(4, charge=0.0)
    watched.measure(6, charge=None)  # nothing is known: neither good nor bad
    assert watched.states == []


def test_another_set_judges_anew_what_is_known(watched: Watched) -> None:
    watched.measure(1, charge=0.3, pieces=4)
    watched.ground.decide("night")
    assert watched.states == [(LOW, "WARNING_LO", "ACTIVE")]
    watched.ground.decide("day")
    assert watched.states == [
        (LOW, "WARNING_LO", "RETURNED"), ("limit pieces (ground)", "WARNING_LO", "ACTIVE")
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"name = 'dusk'.*allowed is one of"):
        watched.ground.decide("dusk")
    assert watched.limits.name == "day"


def test_an_alarm_of_a_set_tells_when_it_was_measured_and_ends_with_the_set(
    watched: Watched,
) -> None:
    report = Telemetry("rover", 700, {"charge": 0.3}, 5, 2)
    for channel, sample in watched.telemetry.take(report, 900).items():
        watched.ground.take("rover", channel, sample)
    assert watched.states == []
    watched.ground.decide("night")
    [alarm] = watched.alarms.all()
    place = watched.telemetry.sample("rover", "charge").place  # type: ignore[union-attr]
    assert (alarm.raised_ns, alarm.last_ns, alarm.last_place) == (700, 700, place) and place != 700
    assert alarm.text == "charge = 0.3 is YELLOW by the limit set night"
    watched.ground.decide("day")
    assert (alarm.last_ns, alarm.last_place, str(alarm.state)) == (700, place, "RETURNED")


def test_a_vehicle_that_was_switched_off_raises_none(watched: Watched) -> None:
    watched.alarms.retire("rover")
    watched.ground.decide("night")
    watched.measure(1, charge=0.0)
    assert watched.states == []


def test_an_alarm_of_the_ground_is_taken_up_after_a_restart(
    watched: Watched, write: Write, dictionary: Dictionary
) -> None:
    watched.ground.decide("night")
    watched.measure(1, charge=0.3)
    again = Watched(watched.folder, write(SETS), dictionary)
    again.ground.limits.decide("night")
    again.measure(2, charge=0.3)
    assert again.states == [(LOW, "WARNING_LO", "ACTIVE")]
    again.measure(3, charge=0.9)
    assert again.states == [(LOW, "WARNING_LO", "RETURNED")]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("rover.charge", "rover.chagre", r"file.yaml:6.*chagre"),
        ("rover.charge", "lander.charge", r"there is no vehicle 'lander'"),
        ("rover.charge", "rover.mode", r"rover.mode is of type text: allowed is a number"),
        ("[0.2, 1.0]", "[1.0, 0.2]", "a lower limit below the upper one"),
        ("[0.2, 1.0]", "[0.5, 1.0]", "limits at or beyond those of yellow"),
        ("yellow: [null, 3], ", "", "at least one limit"),
        ("[null, 3]", "[null, 3], red: [3, null]", "leave, with yellow, values between"),
        ("[null, 3]", "[3, 3]", "a lower limit below the upper one"),
        ("[0.2, 1.0]", "[0.40001, 1.0]", "limits at or beyond those of yellow"),
        ("yellow: [0.4, null]", "yellow: [0.4, 1.00001]", "limits at or beyond those of yellow"),
        ("format: 1", "format: 2", "format"),
        ("night:", "on_board:", "any name but"),
        ("source: test}\n  day", "}\n  day", "source"),
    ],
)
def test_a_wrong_set_is_refused_by_a_sentence(
    write: Write, dictionary: Dictionary, old: str, new: str, problem: str
) -> None:
    assert old in SETS
    with pytest.raises(ConfigurationError, match=problem):
        load_limit_sets(write(SETS.replace(old, new, 1)), dictionary)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[null, 3]", "[null, 3], red: [2.9999, null]"), ("[0.2, 1.0]", "[0.4, 1.0]"),
        ("yellow: [0.4, null]", "yellow: [0.4, 1.0]"), ("[null, 3]", "[2.9999, 3]"),
    ],
)  # fmt: skip
def test_limits_that_just_leave_something_are_right(
    write: Write, dictionary: Dictionary, old: str, new: str
) -> None:
    assert load_limit_sets(write(SETS.replace(old, new, 1)), dictionary).sets.keys() == {
        "night",
        "day",
    }


def test_the_files_that_come_along_are_right() -> None:
    dictionary = make_dictionary()
    sets = load_limit_sets(find_configuration("operators", "limit_sets"), dictionary)
    named = {name for states in sets.phases.values() for name in states} - {"on_board"}
    assert named == set(sets.sets), "each set has a phase in which it is in force by itself"
    for vehicle, states in sets.phases.items():
        for name in set(states) - {"on_board"}:
            assert any(path.startswith(f"{vehicle}.") for path in sets.sets[name].limits)
    assert load_derived(find_configuration("operators", "derived_channels"), dictionary)


DERIVED = """format: 1
channels:
  rover.left: {doc: what is left, value: rover.charge - 0.25}
  rover.low: {doc: whether it is low, holds: rover.charge < 0.25 and rover.mode == 'idle'}
"""


def test_derived_channels_are_computed_and_unknown_where_an_input_is(
    write: Write, dictionary: Dictionary
) -> None:
    derived = load_derived(write(DERIVED), dictionary)
    values = {("rover", "charge"): 0.75, ("rover", "mode"): "idle"}
    tell = {key: each.compile(lambda v, c: values.get((v, c))) for key, each in derived.items()}
    assert [each() for each in tell.values()] == [0.5, False]
    values[("rover", "charge")] = 0.125
    assert [each() for each in tell.values()] == [-0.125, True]
    del values[("rover", "charge")]
    assert [each() for each in tell.values()] == [None, None]


def test_a_derived_channel_over_time_has_a_value_at_each_of_its_inputs(
    write: Write, dictionary: Dictionary
) -> None:
    derived = load_derived(write(DERIVED), dictionary)[("rover", "low")]
    samples = {
        ("rover", "charge"): [(10, 0.5), (30, 0.125)],
        ("rover", "mode"): [(20, "idle"), (40, "driving")],
    }
    assert over_time(derived, samples) == [(10, False), (20, False), (30, True), (40, False)]
    assert over_time(derived, {}) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("rover.left", "rover.charge", "rover has a channel 'charge' itself"),
        ("rover.left", "lander.left", "there is no vehicle 'lander'"),
        ("rover.charge - 0.25", "rover.speed - 0.25", r"file.yaml:3.*rover has no channel 'speed'"),
        ("rover.charge - 0.25", "rover.charge - 0.25 m", "cannot be added up"),
        ("rover.charge - 0.25", "rover.mode", "allowed is a number"),
        ("rover.charge - 0.25", "1 + 2", "made from a channel"),
        ("rover.charge - 0.25", "rover.charge <", "the end"),
        ("value: rover.charge - 0.25", "value: rover.charge, holds: rover.low", "exactly one"),
        ("== 'idle'", "> 'idle'", "allowed is == and !="),
        ("== 'idle'", "== 'idle' while rover.charge > 0.5", "without it"),
    ],
)
def test_a_wrong_derived_channel_is_refused_by_a_sentence(
    write: Write, dictionary: Dictionary, old: str, new: str, problem: str
) -> None:
    assert old in DERIVED
    with pytest.raises(ConfigurationError, match=problem):
        load_derived(write(DERIVED.replace(old, new, 1)), dictionary)


def test_the_grounds_own_alarm_says_the_unit_of_the_value(
    tmp_path: Path, write: Write, dictionary: Dictionary
) -> None:
    watched = Watched(tmp_path, write(SETS), dictionary)
    watched.alarms.units = lambda source, channel: "A h" if channel == "charge" else ""
    watched.ground.decide("night")
    watched.measure(1, charge=0.1 + 0.2)  # 0.30000000000000004
    watched.ground.decide("day")
    watched.measure(2, pieces=4)
    texts = [alarm.text for alarm in watched.alarms.all()]
    assert texts[-1] == "pieces = 4 is YELLOW by the limit set day"
    watched.ground.decide("night")
    assert watched.alarms.all()[0].text == "charge = 0.3 A h is YELLOW by the limit set night"
