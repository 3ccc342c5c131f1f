"""Limits of the ground that go by the phase in which each vehicle is."""

from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.messages import Telemetry
from ground.mission_control.alarms.active_limits import ActiveLimits
from ground.mission_control.alarms.alarms import Alarms
from ground.mission_control.alarms.ground_limits import GroundLimits
from ground.mission_control.alarms.limit_sets import load_limit_sets
from ground.mission_control.archive.archive import Archive
from ground.mission_control.dictionary.dictionary import Dictionary, VehicleEntry
from ground.mission_control.telemetry.telemetry import LatestTelemetry

S = 1_000_000_000
SETS = """format: 1
sets:
  day:
    doc: by day
    settling_seconds: 100
    limits:
      rover.charge: {yellow: [0.5, null], red: [0.1, null], source: test}
      rover.pieces: {yellow: [null, 3], source: test}
  night:
    doc: at night
    settling_seconds: 50
    limits:
      rover.charge: {yellow: [0.3, null], red: [0.2, null], source: test}
phases:
  rover:
    on_board: [idle]
    day: [driving]
    night: [driving.asleep]
"""
LOW, MANY = "limit charge (ground)", "limit pieces (ground)"


class Flown:
    """A rover whose values come down at once."""

    def __init__(self, folder: Path, dictionary: Dictionary) -> None:
        rover = dictionary.vehicles["rover"]
        states = ("idle", "safe", "driving", "driving.asleep", "driving.planning")
        fields = {name: getattr(rover, name) for name in VehicleEntry.__struct_fields__}
        self.dictionary = Dictionary(
            format=dictionary.format,
            vehicles={"rover": VehicleEntry(**(fields | {"states": states}))},
        )
        self.file = folder / "limit_sets.yaml"
        self.file.write_text(SETS)
        self.telemetry = LatestTelemetry()
        self.alarms = Alarms(Archive(folder / "archive.sqlite"), lambda: 0)
        self.limits = ActiveLimits(load_limit_sets(self.file, self.dictionary), self.dictionary)
        self.told: list[tuple[str, str, str, str, int]] = []
        self.now = 0
        self.ground = GroundLimits(
            self.limits, self.telemetry, self.alarms, lambda: self.now
        )
        self.ground.on_phase = lambda *told: self.told.append(told)
        self._number = 0

    def tell(self, second: int, **values: object) -> None:
        self._number += 1
        self.now = second * S
        self.take(Telemetry("rover", second * S, values, self._number))

    def take(self, report: Telemetry) -> None:
        for channel, sample in self.telemetry.take(report, self.now).items():
            self.ground.take("rover", channel, sample)

    @property
    def raised(self) -> list[tuple[str, str, str]]:
        return [(a.name, a.severity, str(a.state)) for a in self.alarms.all()]

    @property
    def set(self) -> str:
        return self.limits.in_force("rover")


@pytest.fixture
def flown(tmp_path: Path, dictionary: Dictionary) -> Flown:
    return Flown(tmp_path, dictionary)


def test_the_state_that_a_vehicle_tells_puts_the_set_of_its_phase_in_force(flown: Flown) -> None:
    assert (flown.limits.name, flown.set) == ("by_phase", "on_board")
    flown.tell(1, mode="driving.planning", charge=0.6)
    assert flown.set == "day"
    flown.tell(2, mode="driving.asleep")
    assert flown.set == "night", "the state itself goes before the one that it is within"
    flown.tell(3, mode="idle")
    assert flown.set == "on_board"
    assert flown.told == [
        ("rover", "day", "on_board", "driving.planning", 1 * S),
        ("rover", "night", "day", "driving.asleep", 2 * S),
        ("rover", "on_board", "night", "idle", 3 * S),
    ]


def test_a_state_that_tells_no_phase_keeps_what_was(flown: Flown) -> None:
    flown.tell(1, mode="driving.asleep")
    flown.tell(500, mode="safe", charge=0.25)
    assert flown.set == "night" and len(flown.told) == 1
    told = flown.limits.plain()["vehicles"]["rover"]
    assert told == {
        "set": "night", "by": "phase", "since_ns": 1 * S, "mode": "safe", "settling": [],
    }  # fmt: skip
    flown.tell(501, mode=None)
    assert flown.set == "night"
    assert flown.raised == [(LOW, "WARNING_LO", "ACTIVE")]


def test_a_value_that_comes_with_a_new_state_is_judged_by_the_set_of_that_state(
    flown: Flown,
) -> None:
    flown.tell(1, mode="driving")
    flown.tell(200, charge=0.5)
    flown.tell(201, charge=0.4, mode="driving.asleep")  # yellow by day, good at night
    assert flown.raised == []
    flown.take(Telemetry("rover", 150 * S, {"charge": 0.0, "mode": "driving"}, 2))
    assert (flown.set, flown.raised) == ("night", []), "what comes late is history"


def test_until_a_phase_has_settled_a_value_is_judged_by_the_set_under_which_it_looks_best(
    flown: Flown,
) -> None:
    flown.tell(1, mode="driving.asleep", charge=0.4)
    flown.tell(100, mode="driving", pieces=4)  # by day at least 0.5, and 3 pieces at most
    assert flown.raised == []
    assert flown.limits.plain()["vehicles"]["rover"]["settling"] == ["night"]
    assert flown.limits.state("rover", "charge", 0.4) == "OK"
    flown.tell(199, charge=0.4)
    assert flown.raised == []
    flown.tell(200, other=1)  # the time is over with the vehicle's next word, whatever it says
    assert flown.raised == [(LOW, "WARNING_LO", "ACTIVE"), (MANY, "WARNING_LO", "ACTIVE")]
    assert flown.limits.state("rover", "charge", 0.4) == "YELLOW"


def test_what_is_wrong_by_both_phases_is_wrong_at_once_and_as_bad_as_by_the_milder(
    flown: Flown,
) -> None:
    flown.tell(1, mode="driving.asleep")
    flown.tell(100, mode="driving", charge=0.15)  # red at night, yellow by day
    assert flown.raised == [(LOW, "WARNING_LO", "ACTIVE")]


def test_to_and_fro_between_two_phases_raises_nothing(flown: Flown) -> None:
    flown.tell(1, mode="driving.asleep", charge=0.4)
    for second in range(60, 700, 20):  # 0.4 is good at night and yellow by day
        flown.tell(second, mode="driving" if second % 40 else "driving.asleep", charge=0.4)
    assert flown.raised == []
    flown.tell(2000, mode="driving", charge=0.4)
    flown.tell(2100, charge=0.4)
    assert flown.raised == [(LOW, "WARNING_LO", "ACTIVE")]
    assert flown.alarms.all()[0].count == 1


def test_an_alarm_that_the_new_phase_does_not_have_returns_to_normal(flown: Flown) -> None:
    flown.tell(1, mode="driving")
    flown.tell(200, charge=0.4, pieces=4)
    flown.alarms.acknowledge(2, "anna")
    flown.tell(300, mode="driving.asleep")
    assert flown.raised == [(LOW, "WARNING_LO", "RETURNED"), (MANY, "WARNING_LO", "CLOSED")]
    assert flown.alarms.all()[0].text == "charge = 0.4 is OK by the limit set night"
    flown.tell(400, charge=0.25)
    assert flown.raised[0] == (LOW, "WARNING_LO", "ACTIVE")


def test_a_set_that_a_person_chose_holds_at_once_and_for_as_long_as_it_is_chosen(
    flown: Flown,
) -> None:
    flown.tell(1, mode="driving.asleep", charge=0.4)
    flown.ground.decide("day", "rover")
    assert flown.raised == [(LOW, "WARNING_LO", "ACTIVE")], "nobody waits for it to settle"
    flown.tell(300, mode="driving")
    flown.tell(310, mode="driving.asleep")
    told = flown.limits.plain()
    assert (flown.set, told["name"], told["vehicles"]["rover"]["by"]) == ("day", "by_phase", "hand")
    flown.ground.decide("by_phase", "rover")
    assert (flown.set, flown.raised) == ("night", [(LOW, "WARNING_LO", "RETURNED")])
    flown.ground.decide("day", "rover")
    flown.ground.decide("on_board")  # for all: also where another was chosen for one
    assert (flown.set, flown.limits.own("rover", "charge")) == ("on_board", None)
    flown.ground.decide("by_phase", "rover")
    assert flown.set == "night"


def test_how_it_was_at_an_instant_is_known_by_receipt(flown: Flown) -> None:
    flown.tell(10, mode="driving")
    flown.tell(20, mode="driving.asleep")
    flown.now = 30 * S
    flown.ground.decide("on_board")
    known = [flown.limits.in_force("rover", second * S) for second in (9, 10, 19, 20, 30)]
    assert known == ["on_board", "day", "day", "night", "on_board"]
    assert [flown.limits.chosen(second * S) for second in (29, 30)] == ["by_phase", "on_board"]
    assert flown.limits.state("rover", "charge", 0.4, 15 * S) == "YELLOW"
    assert flown.limits.state("rover", "charge", 0.4, 25 * S) == "OK"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  rover:\n    on_board", "  rovr:\n    on_board", r"yaml:\d+.*phases.rovr.*did you mean"),
        ("    day: [driving]", "    dya: [driving]", r"phases.rover.dya.*did you mean day"),
        ("day: [driving]", "day: [drivng]", r"drivng is no state of it.*did you mean driving"),
        ("day: [driving]", "day: [idle]", "idle is named under on_board already"),
        ("day: [driving]", "day: [driving, driving]", "driving is named under day already"),
        ("day: [driving]", "day: []", "phases"),
        ("  night:\n    doc", "  by_phase:\n    doc", "any name but that of the choice by phase"),
        ("settling_seconds: 50", "settling_seconds: -1", "settling_seconds"),
    ],
)
def test_wrong_phases_are_refused_by_a_sentence(
    flown: Flown, old: str, new: str, problem: str
) -> None:
    assert old in SETS
    flown.file.write_text(SETS.replace(old, new, 1))
    with pytest.raises(ConfigurationError, match=problem):
        load_limit_sets(flown.file, flown.dictionary)
