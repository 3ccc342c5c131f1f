"""Where a drill in a run under way begins, which calls fail in turn, and what is surveyed."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.messages import EventReport, Severity
from flight.runtime.loop import VirtualLoop, run
from ground.drills import possible, surveying
from ground.drills.drill import AtTime, Drill, Start
from ground.drills.happenings import EventComes, StateEntered
from ground.drills.nth import nth_drills, target_of
from ground.drills.possible import matrix_table, possible_cells
from ground.drills.reading import load_drill
from ground.drills.scenario import Scenario, load_scenario
from ground.drills.starting import Starting
from ground.drills.survey import Calls, Survey
from tests.ground.drills.conftest import Write


def event(name: str, source: str = "rover", **data: Any) -> EventReport:
    return EventReport(source, name, Severity.ACTIVITY_HI, 0, "", data, 1)


# ------------------------------------------------------------------------------ where it begins


class Flight:
    """A run in which only states and messages are, and the instants at which a drill began."""

    def __init__(self, at: Any, delay: float = 0.0, nth: int = 1) -> None:
        self.loop = VirtualLoop()
        self.state: str | None = "idle"
        self.run = SimpleNamespace(observers=[], host=self)
        self.began: list[float] = []
        drill: Any = SimpleNamespace(start=Start(at, delay, nth))
        scenario: Any = SimpleNamespace(vocabulary=None)
        self.starting = Starting(
            self.run, drill, scenario, self.loop,  # type: ignore[arg-type]
            lambda: self.began.append(self.loop.time()),
        )  # fmt: skip

    def runs(self, vehicle: str) -> bool:
        return self.state is not None

    def node(self, vehicle: str) -> Any:
        return SimpleNamespace(is_in=lambda state: self.state == state)

    def hear(self, message: EventReport) -> None:
        for each in self.run.observers:
            each(message)

    def live(self, seconds: float, **at: Any) -> list[float]:
        """Flies on; what is done at `t5`, `t7`, ... s is called then."""

        async def story() -> None:
            for name, act in at.items():
                self.loop.call_at(float(name[1:]), act)
            for _ in range(round(2.0 * seconds)):
                await asyncio.sleep(0.5)

        run(story(), self.loop)
        return self.began


@pytest.mark.parametrize(("delay", "begins"), [(0.0, 20.0), (5.0, 25.0)])
def test_a_drill_begins_at_its_time_and_its_delay_later(delay: float, begins: float) -> None:
    flight = Flight(AtTime(20.0), delay)
    flight.starting.wait()
    assert flight.live(100.0) == [begins]


@pytest.mark.parametrize(("at", "late"), [(0.0, False), (10.0, False), (10.01, True), (90.0, True)])
def test_a_time_that_is_over_is_refused_and_one_that_is_now_is_not(at: float, late: bool) -> None:
    flight = Flight(AtTime(10.0))
    refused = []

    def wait() -> None:
        try:
            flight.starting.wait()
        except ValueError as error:
            refused.append(str(error))

    flight.live(100.0, **{f"t{at}": wait})
    assert flight.began == ([] if late else [10.0])
    assert refused == ([f"start = 10 s: the run is at {at:g} s; begin it now"] if late else [])


@pytest.mark.parametrize(
    ("nth", "delay", "begins"), [(1, 0.0, [5.0]), (2, 0.0, [8.0]), (2, 3.0, [11.0]), (3, 0.0, [])]
)
def test_it_begins_with_the_nth_event_and_once(
    nth: int, delay: float, begins: list[float]
) -> None:
    flight = Flight(EventComes("rover", "arrived"), delay, nth)
    flight.starting.wait()
    arrived, left = event("arrived"), event("left")
    other = event("arrived", "lander")
    flight.live(
        50.0, t3=lambda: flight.hear(left), t4=lambda: flight.hear(other),
        t5=lambda: flight.hear(arrived), t8=lambda: flight.hear(arrived),
    )  # fmt: skip
    assert flight.began == begins


def test_a_state_that_no_message_tells_is_seen_within_a_second() -> None:
    flight = Flight(StateEntered("rover", "driving"))
    flight.starting.wait()

    def drive() -> None:
        flight.state = "driving"

    assert flight.live(50.0, t7=drive) in ([7.0], [7.5], [8.0])
    stays = Flight(StateEntered("rover", "idle"))
    stays.starting.wait()
    assert stays.live(50.0) == [], "it is there already: it does not come into it"


def test_nothing_begins_after_nobody_waits_any_more_and_nothing_twice() -> None:
    given_up = Flight(EventComes("rover", "arrived"))
    given_up.starting.wait()
    given_up.starting.give_up()
    assert given_up.live(50.0, t5=lambda: given_up.hear(event("arrived"))) == []
    late = Flight(EventComes("rover", "arrived"), delay=9.0)
    late.starting.wait()
    assert late.live(
        50.0, t5=lambda: late.hear(event("arrived")), t8=late.starting.give_up
    ) == []  # fmt: skip
    now = Flight(AtTime(20.0))
    now.starting.wait()
    assert now.live(50.0, t5=now.starting.come, t6=now.starting.come) == [5.0]


# ----------------------------------------------------------------------------- the n-th call


def test_a_reading_drops_out_and_an_actuation_is_acknowledged_and_does_nothing(
    good: Drill,
) -> None:
    radar = ("lander.landing_radar", "measure", "dropout")
    assert target_of(good, "lander.landing_radar.measure") == radar
    assert target_of(good, "rover.wheels.drive") == (
        "rover.wheels", "drive", "acknowledged_without_effect",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("lander.landing_rada.measure", "lander.landing_radar"),
     ("lander.landing_radar.mesure", "a method of lander.landing_radar: "), ("measure", "one of")],
)  # fmt: skip
def test_a_call_that_there_is_not_is_refused_with_those_that_there_are(
    good: Drill, path: str, allowed: str
) -> None:
    with pytest.raises(ConfigurationError, match="--nth") as refused:
        target_of(good, path)
    assert allowed in str(refused.value) and path in str(refused.value)


TEXT = """\
format: 1
title: A battery gauge
scenario: short
start: {at: 10 s}
horizon: 0.5 sol
protects: [lander.monitors.battery_low]
faults:
  - {id: gauge, device: lander.battery, method: state, kind: dropout}
always: [tubes_accounted]
within:
  lands: {state: lander.landed, in: 5 min, since: start}
  told: {warning: lander, in: 5 min}
heal: {at: 1000 s, then: {state: lander.landed, in: 5 min}}
"""


@pytest.mark.parametrize(("calls", "found"), [(0, 0), (1, 1), (3, 3), (201, 200)])
def test_each_of_the_first_calls_fails_alone_in_a_drill_of_its_own(
    write: Write, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, calls: int, found: int
) -> None:
    written: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        "ground.drills.nth.write_drill",
        lambda folder, name, plain: written.append((name, plain)) or name,
    )
    drill = load_drill(write(TEXT.replace("protects: [lander.monitors.battery_low]\n", "")))
    made = nth_drills(drill, "lander.battery.state", "", calls, tmp_path)
    assert len(made) == len(written) == found
    for number, (name, plain) in enumerate(written, 1):
        assert name == f"drill-lander-battery-state-{number:03d}"
        assert plain["title"] == f"Call {number} of lander.battery.state fails"
        assert plain["faults"] == [{
            "id": "nth", "device": "lander.battery", "method": "state", "kind": "dropout",
            "when": {"nth": number, "calls": 1},
        }]  # fmt: skip
        assert list(plain["within"]) == ["lands"], "what counts from a fault that is gone is not"
        assert "heal" not in plain and plain["always"] == ["tubes_accounted"]


def test_a_kind_that_is_said_is_that_of_each_call(good: Drill, tmp_path: Any) -> None:
    [one] = nth_drills(good, "lander.landing_radar.measure", "not_a_number", 1, tmp_path)
    [fault] = one.faults
    assert fault.kind.name() == "not_a_number" and fault.target.name == "lander.landing_radar"


# ------------------------------------------------------------------------ what could be broken


class Kinds:
    """A catalogue of two kinds, of which a wheel can have one."""

    def matrix(self, targets: Any) -> dict[tuple[str, str], dict[str, str]]:
        wheels = {"dropout": "", "stuck": "it has no value", "jam": "it has no value"}
        return {
            ("device", "rover.wheels"): wheels,
            ("device", "rover.lamp"): {"dropout": ""},
            ("line", "rover.wheels"): {"open": ""},
            ("world", "dust"): {"storm": ""},
        }


SURVEY = Survey(
    scenario="short", seed=1, phases={"ascent": 500.0, "surface": 100.0, "entry": 0.0},
    calls=[
        Calls("rover.wheels", "drive", "surface"), Calls("rover.wheels", "state", "entry"),
        Calls("rover.lamp", "write", "surface", sort="store"),
    ],
)  # fmt: skip


def test_what_could_be_broken_is_what_is_used_in_the_phases_of_its_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(possible, "catalogue", Kinds)
    scenario: Any = SimpleNamespace(targets=None)
    assert possible_cells(scenario, SURVEY) == {
        ("dropout", "device rover.wheels"): ("entry", "surface"),
        ("storm", "world dust"): ("entry", "surface", "ascent"),
    }
    table = matrix_table(scenario).splitlines()
    assert table[2] == "| device rover.wheels | dropout | stuck, jam: it has no value |"
    assert table[-1] == "| world dust | storm |  |" and len(table) == 6


def test_what_is_on_a_line_is_met_by_the_calls_of_its_device() -> None:
    """Of a real mission: nothing of a line stands in the table, and each cell can be there."""
    scenario: Scenario = load_scenario("surface")
    survey = Survey(
        scenario="surface", seed=1, phases={"surface": 0.0},
        calls=[Calls("rover.wheels", "drive", "surface")],
    )  # fmt: skip
    cells = possible_cells(scenario, survey)
    assert not [target for _, target in cells if target.startswith("line ")]
    devices = {target for _, target in cells if target.startswith("device ")}
    assert devices == {"device rover.wheels"}
    assert set(cells.values()) == {("surface",)}


# ------------------------------------------------------------------------------- the survey


class Surveyed:
    """A run that is surveyed, message by message."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loop = VirtualLoop()
        self.unknown: list[str] = []
        self.called: list[Any] = []
        self.mode = "waiting"
        mission = SimpleNamespace(in_space=True, vehicles=("lander",))
        self.run = SimpleNamespace(
            observers=[], host=self, mission=mission, hardware=SimpleNamespace(called=self.called)
        )
        self.used: list[Any] = []
        monkeypatch.setattr(surveying, "unknown_tubes", lambda run: list(self.unknown))
        monkeypatch.setattr(surveying, "hear_traffic", lambda run, used: self.used.append(used))
        self.survey = Survey(scenario="short", seed=1)
        self.surveyor = surveying._Surveyor(self.run, self.survey)  # type: ignore[arg-type]
        self.surveyor.begin(self.loop)

    def runs(self, vehicle: str) -> bool:
        return True

    def node(self, vehicle: str) -> Any:
        return SimpleNamespace(is_in=lambda state: self.mode == state)

    def hear(self, at: float, message: Any) -> None:
        self.loop.call_at(at, lambda: self.run.observers[0](message))

    def fly(self, seconds: float) -> Survey:
        run(asyncio.sleep(seconds), self.loop)
        self.surveyor.end()
        return self.survey


def test_a_survey_notes_states_events_warnings_phases_and_unknown_tubes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flown = Surveyed(monkeypatch)
    flown.hear(5.0, event("booted", "lander", mode="waiting", number=1))
    flown.hear(6.0, event("mode_changed", "lander", before="waiting", after="entry"))
    flown.hear(7.0, event("arrived"))
    severities = (Severity.WARNING_LO, Severity.FATAL, Severity.COMMAND)
    for at, severity in zip((8.0, 9.0, 9.5), severities, strict=True):
        flown.hear(at, EventReport("rover", "odd", severity, 0, "so", {}, 1))
    flown.hear(10.0, SimpleNamespace())  # no event: a report, a sample

    def land() -> None:
        flown.mode, flown.unknown = "landed", ["M1"]

    flown.loop.call_at(200.0, land)
    flown.hear(201.0, event("mode_changed", "lander", before="entry", after="landed"))
    survey = flown.fly(400.0)
    assert [(s.time, s.vehicle, s.state, s.phase) for s in survey.steps] == [
        (5.0, "lander", "waiting", "entry"), (6.0, "lander", "entry", "entry"),
        (201.0, "lander", "landed", "surface"),
    ]  # fmt: skip
    assert [name for _, _, name in survey.events] == ["arrived", "odd", "odd", "odd"]
    assert survey.warnings == [(8.0, "rover", "odd: so"), (9.0, "rover", "odd: so")]
    assert survey.phases == {"entry": 0.0, "surface": 201.0}
    assert survey.unknown == [(201.0, ["M1"])] and survey.ended == 400.0
    assert len(flown.used) == 1 and len(flown.called) == 1, "it listens to the hardware once"


def test_of_many_calls_of_one_method_ever_fewer_times_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flown = Surveyed(monkeypatch)
    flown.hear(0.5, event("booted", "lander", mode="waiting"))
    for second in range(1, 1001):
        flown.loop.call_at(float(second), lambda: flown.called[0]("lander.radio", "state"))
    flown.loop.call_at(3.5, lambda: flown.called[0]("lander.radio", "send"))
    survey = flown.fly(1001.0)
    [state, send] = survey.calls
    assert (state.service, state.method, state.phase, state.sort) == (
        "lander.radio", "state", "entry", "device",
    )  # fmt: skip
    assert state.count == 1000 and (send.count, send.times) == (1, [3.5])
    # All of the first 400, then every second, then every fourth.
    assert 150 < len(state.times) < 400 and state.times == sorted(state.times)
    assert state.times[-1] == 1000.0
    assert {b - a for a, b in zip(state.times[-50:], state.times[-49:], strict=False)} == {4.0}


def test_the_work_done_is_looked_at_each_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    flown = Surveyed(monkeypatch)
    flown.hear(0.5, event("booted", "lander", mode="waiting"))
    for second in range(1, 300):
        flown.loop.call_at(float(second), lambda: None)
    survey = flown.fly(300.0)
    assert survey.work_times[-1] == 300.0 and len(survey.work_times) == len(survey.work)
    assert survey.work == sorted(survey.work) and survey.work[-1] >= 299
    apart = [b - a for a, b in zip(survey.work_times, survey.work_times[1:-1], strict=False)]
    assert len(apart) == 4 and all(60.0 <= each <= 61.0 for each in apart)
