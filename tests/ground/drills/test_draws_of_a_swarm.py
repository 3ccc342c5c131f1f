"""How large, how long and when what a swarm breaks is: each draw at both of its ends."""

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from ground.drills import swarm as of_swarm
from ground.drills import swarm_faults
from ground.drills.milestones import Milestone
from ground.drills.scenario import Scenario
from ground.drills.survey import Calls, Step, Survey
from ground.drills.swarm import Swarm, trunk_seeds
from ground.drills.swarm_faults import (
    Choice,
    _figure,
    _figures,
    _number,
    _one_of,
    _runs,
    _times,
    can_be_drawn,
    choices_in,
    drawn_figures,
    fits,
    plain_fault,
)
from sim_hw.faults.answer_kinds import Dropout
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.spurious_kinds import SpuriousActuation
from sim_hw.faults.value_kinds import Bias, Saturation, Stuck
from tests.ground.drills.test_flights_by_hand import Draws

INF = math.inf


# --------------------------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("low", "high", "amount", "shares", "figure"),
    [
        (-1.0, 1.0, False, [0.0], -1.0), (-1.0, 1.0, False, [1.0], 1.0),
        (0.0, 1.0, False, [0.25], 0.25), (0.0, 1.0, False, [0.12345], 0.123),
        (0.0, INF, False, [0.0], 0.01), (0.0, INF, False, [1.0], 1000.0),
        (0.0, INF, True, [0.0], 0.1), (0.0, INF, True, [1.0], 316.0),
        (-1.1, INF, False, [1.0, 0.499], -1.1), (-1.1, INF, False, [1.0, 0.5], 1000.0),
        (-INF, INF, False, [1.0, 0.0], -1000.0), (-INF, 7.0, False, [1.0, 0.9], 7.0),
        (5.0, INF, False, [0.0], 5.0), (0.0, 1.1, False, [1.0], 1.1),
        (-1.0, 1.01, False, [0.5, 0.9], 1.01), (-1.01, 1.0, False, [0.0, 0.0], -0.01),
    ],
)  # fmt: skip
def test_a_figure_without_a_range_is_of_any_size_and_else_within_it(
    low: float, high: float, amount: bool, shares: list[float], figure: float
) -> None:
    assert _number(low, high, amount, Draws(*shares)) == figure


AMOUNT_OF_TIME = msgspec.Meta(gt=0.0, extra={swarm_faults.AMOUNT: "time", swarm_faults.UNIT: "s"})


@pytest.mark.parametrize(
    ("kind", "shares", "figure"),
    [
        (Literal["a", "b"], [], "a"), (bool, [0.499], True), (bool, [0.5], False),
        (str, [], None), (float, [], None), (Annotated[str, msgspec.Meta(min_length=1)], [], None),
        (Annotated[float, msgspec.Meta(ge=0.0, le=1.0)], [1.0], 1.0),
        (Annotated[float, msgspec.Meta(ge=0.5), msgspec.Meta(le=0.75)], [0.0], 0.5),
        (Annotated[float, msgspec.Meta(gt=0.0, lt=0.5)], [1.0], 0.5),
        (Annotated[float, AMOUNT_OF_TIME], [0.0], 0.1), (Annotated[float, AMOUNT_OF_TIME], [1.0],
                                                         316.0),
    ],
)  # fmt: skip
def test_a_figure_is_drawn_by_its_type(kind: Any, shares: list[float], figure: Any) -> None:
    assert _figure(kind, Draws(*shares)) == figure


@pytest.mark.parametrize(
    ("metas", "least", "most"),
    [((), 0, 3), ((msgspec.Meta(ge=2),), 2, 3), ((msgspec.Meta(ge=0, le=1),), 0, 1),
     ((msgspec.Meta(ge=-4),), 0, 3)],
)  # fmt: skip
def test_a_count_is_three_at_the_most(metas: Any, least: int, most: int) -> None:
    kind = Annotated[(int, *(metas or (msgspec.Meta(),)))]  # type: ignore[valid-type]
    draw: Any = Draws()
    draw.randint = lambda low, high: (low, high)
    assert _figure(kind, draw) == (least, most)


def test_what_must_be_said_is_said_and_of_the_rest_a_half() -> None:
    class Kind(Bias, frozen=True, kw_only=True, tag="of_a_test"):  # type: ignore[call-arg]
        bits: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.0

    assert set(_figures(Kind, Draws(0.5, 0.5, 0.5, 0.4999))) == {"offset", "bits"}
    assert set(_figures(Kind, Draws(0.5, 0.5, 0.5, 0.5))) == {"offset"}


@pytest.mark.parametrize(("shares", "left"), [([0.9, 0.9, 0.1, 0.9, 0.9, 0.1], {"highest"})])
def test_a_gauge_saturates_at_one_end_and_beyond_what_lies_around_zero(
    shares: list[float], left: set[str]
) -> None:
    found = _figures(Saturation, Draws(*shares))
    assert set(found) == left and found["highest"] < 0.0
    assert set(_one_of(Saturation, Draws())) == {"lowest"}
    for seed in range(1, 20):
        draw = swarm_faults.random.Random(seed)
        found = _figures(Saturation, draw)
        assert len(found) == 1 and found.get("lowest", 1.0) > 0.0 > found.get("highest", -1.0)


def test_kinds_that_no_healing_brings_back_are_never_drawn() -> None:
    every = {
        name: kind
        for sort in ("device", "world", "node", "bus", "link", "store", "ground")
        for name, kind in catalogue().kinds(sort).items()  # type: ignore[arg-type]
    }
    assert not can_be_drawn(every["lost"]) and not can_be_drawn(every["propellant_leak"])
    assert can_be_drawn(every["dropout"]) and can_be_drawn(every["bias"])


def test_figures_that_do_not_go_together_are_drawn_twenty_times() -> None:
    drawn: list[int] = []

    class Never(Bias, frozen=True, tag="never_fits"):  # type: ignore[call-arg]
        def __post_init__(self) -> None:
            drawn.append(1)
            raise ValueError("no")

    assert "offset" in drawn_figures(Never, Draws()) and len(drawn) == 20
    drawn.clear()
    assert not can_be_drawn(Never) and len(drawn) == 21


def test_what_concerns_readings_alone_is_at_no_motion(scenario: Scenario) -> None:
    part = scenario.targets.parts["device"]["rover.wheels"]
    kinds = catalogue().at("device", part)
    for name in ("slow_rate", "stale", "stale_stamp"):
        assert fits(kinds[name], part, "state") and not fits(kinds[name], part, "turn")
    assert fits(SpuriousActuation, part, "drive") and not fits(SpuriousActuation, part, "state")


# ------------------------------------------------------------------------ what is used, and when


HERE = [
    Calls("rover", "read", "loading", 1, [5.0], sort="store"),
    Calls("rover", "write", "loading", 1, [7.0], sort="store"),
    Calls("rover", "open", "loading", 1, [3.0], sort="store"),
    Calls("ground.stations", "uplink", "loading", 2, [9.0, 8.0]),
    Calls("ground.stations", "other", "loading", 1, [1.0]),
    Calls("relay", "", "loading", 1, [2.0], sort="link"),
]


@pytest.mark.parametrize(
    ("sort", "kind", "name", "times"),
    [
        ("store", "dead", "rover", (3.0, 5.0, 7.0)), ("store", "empty", "rover", (3.0,)),
        ("store", "full", "rover", (7.0,)), ("store", "dead", "lander", ()),
        ("link", "outage", "relay", (2.0,)), ("link", "outage", "dsn", ()),
        ("node", "hang", "rover", None),
    ],
)  # fmt: skip
def test_a_fault_acts_on_what_its_target_does_in_the_phase(
    sort: Any, kind: str, name: str, times: Any
) -> None:
    assert _times(catalogue().kinds(sort)[kind], sort, name, HERE) == times


def test_what_leaves_the_ground_is_broken_at_its_uplinks() -> None:
    from flight.icd.devices.ground_station import STATIONS_SERVICE

    calls = [Calls(STATIONS_SERVICE, "uplink", "x", 2, [9.0, 8.0]),
             Calls(STATIONS_SERVICE, "listen", "x", 1, [1.0])]  # fmt: skip
    kind = next(iter(catalogue().kinds("ground").values()))
    assert _times(kind, "ground", "anything", calls) == (8.0, 9.0)


def test_a_computer_runs_where_it_hears_something_or_nobody_knows_who_does() -> None:
    heard = [Calls("rover", "", "x", 1, [1.0], sort="bus"), Calls("lander.radar", "x", "x", 1)]
    assert _runs("rover", heard) and not _runs("lander", heard)
    assert _runs("lander", heard[1:]) and _runs("lander", [])


def test_only_what_is_called_in_a_phase_can_be_broken_there(scenario: Scenario) -> None:
    calls = [
        Calls("rover.wheels", "state", "surface", 2, [10.0, 20.0]),
        Calls("rover.wheels", "turn", "surface", 1, []),
        Calls("rover.wheels", "fly", "surface", 1, [10.0]),
        Calls("nobody.device", "state", "surface", 1, [10.0]),
    ]
    found = [each for each in choices_in("surface", calls, scenario.targets) if each.part]
    assert {(each.target, each.method) for each in found} == {("rover.wheels", "state")}
    assert choices_in("loading", calls, scenario.targets) == [
        each for each in choices_in("loading", [], scenario.targets)
    ]


# ---------------------------------------------------------------------------------- in a file


def spurious(scenario: Scenario) -> Choice:
    part: Any = scenario.targets.parts["device"]["rover.wheels"]
    return Choice(SpuriousActuation, "device", "rover.wheels", "drive", (10.0, 20.0), part)


@pytest.mark.parametrize(("share", "at"), [(0.0, 0.0), (1.0, 54.0), (0.5, 27.0)])
def test_an_output_comes_on_before_nine_tenths_of_the_time_to_its_call(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, share: float, at: float
) -> None:
    figures: dict[str, Any] = {}
    monkeypatch.setattr(swarm_faults, "drawn_figures", lambda kind, draw: dict(figures))
    monkeypatch.setattr(swarm_faults, "_unasked", lambda *given: {"welded": False})
    found = plain_fault(2, spurious(scenario), 60.0, 100.0, Draws(share))
    assert found["when"] == {"at": f"{at} s"} and found["lasts"] == "100.000 s"
    for every, told in ((1.0, 20.0), (19.9, 20.0), (20.1, 20.1)):
        figures["every"] = every
        again = plain_fault(2, spurious(scenario), 60.0, 100.0, Draws(share))
        assert again["every"] == told, "five times at the most"


@pytest.mark.parametrize(
    ("share", "single"), [(0.0, True), (0.2999, True), (0.3, False), (1.0, False)]
)
def test_three_in_ten_faults_hit_some_calls_alone_and_one_to_five_of_them(
    share: float, single: bool
) -> None:
    choice = Choice(Dropout, "device", "rover.wheels", "state", (10.0, 20.0))
    draw: Any = Draws(0.9, share)
    draw.randint = lambda low, high: f"{low} to {high}"
    found = plain_fault(1, choice, 4.0, 6.0, draw)
    assert found["lasts"] == "10.000 s"
    assert found.get("when") == ({"nth": 1, "calls": "1 to 5"} if single else None)
    lasting = plain_fault(1, Choice(Stuck, "device", "a.b", "c", (1.0, 2.0)), 4.0, 6.0, Draws(0.0))
    assert "when" not in lasting, "what does nothing to a single reading hits more than one"


# ------------------------------------------------------------------------------ where it begins


def trunk(**more: Any) -> Survey:
    plain: dict[str, Any] = {
        "scenario": "surface", "seed": 5, "ended": 1e6, "phases": {"entry": 100.0, "surface": 1e5},
        "steps": [Step(90.0, "lander", "entry.cruise", "entry"),
                  Step(5e5, "lander", "landed", "surface")],
    }  # fmt: skip
    return Survey(**(plain | more))


def place(
    drawn: Swarm, phase: str, found: Survey, choice: Choice, *shares: float
) -> of_swarm._Place | None:
    return drawn._place(phase, found, choice, Draws(*shares))


@pytest.fixture
def drawn(scenario: Scenario, tmp_path: Path) -> Swarm:
    return Swarm(scenario, [trunk()], 1, tmp_path)


@pytest.mark.parametrize(("phase", "lead"), [("entry", 2.0), ("surface", 60.0), ("ascent", 1.0)])
def test_a_drill_begins_so_long_before_its_call_at_the_most(
    drawn: Swarm, phase: str, lead: float
) -> None:
    choice = Choice(Dropout, "device", "a.b", "c", (2e5, 3e5))
    found = trunk(phases={phase: 100.0})
    at = place(drawn, phase, found, choice, 1.0)
    assert at is not None and (at.call, at.start, at.phase) == (2e5, 2e5 - lead, phase)
    assert at.anchor["at"] == {"state": "lander.entry.cruise"}
    soon = Choice(Dropout, "device", "a.b", "c", (100.5,))
    at = place(drawn, phase, found, soon, 1.0)
    assert at is not None and at.start == 100.0, "not before its phase"


@pytest.mark.parametrize(("after", "drawn_there"), [(0.0019, False), (0.002, True)])
def test_what_is_called_as_a_phase_begins_is_not_meant(
    drawn: Swarm, after: float, drawn_there: bool
) -> None:
    steps = [Step(0.0, "lander", "entry.x", "entry"), Step(9e5, "lander", "landed", "entry")]
    found = trunk(phases={"entry": 0.0}, steps=steps)
    choice = Choice(Dropout, "device", "a.b", "c", (after,))
    assert (place(drawn, "entry", found, choice, 1.0) is not None) is drawn_there
    by_itself = Choice(Dropout, "device", "a.b", "c", ())
    at = place(drawn, "entry", found, by_itself, 0.0, 1.0)
    assert at is not None and (at.call, at.start) == (0.0, 0.0), "it waits for no call"


@pytest.mark.parametrize(("share", "there"), [(0.6, True), (0.6001, False)])
def test_long_ways_to_a_milestone_are_drawn_more_rarely(
    drawn: Swarm, share: float, there: bool
) -> None:
    found = trunk(work_times=[0.0, 1e6], work=[0, 100_000])
    choice = Choice(Dropout, "device", "a.b", "c", (2e5, 3e5))
    assert (place(drawn, "surface", found, choice, 1.0, share) is not None) is there


def test_what_cannot_be_drawn_in_forty_tries_is_refused_with_the_last_reason(
    drawn: Swarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def written(folder: Path, name: str, plain: Any) -> Any:
        tries.append(name)
        raise ConfigurationError("f", None, "k", f"no {len(tries)}")

    choice = Choice(Dropout, "device", "rover.wheels", "state", (2e5, 3e5))
    monkeypatch.setattr(of_swarm, "choices_in", lambda *given: [choice])
    monkeypatch.setattr(of_swarm, "write_drill", written)
    monkeypatch.setattr(Swarm, "_plain", lambda *given: {"x": 1})
    with pytest.raises(ConfigurationError, match="no 40"):
        drawn.drill(7)
    assert tries == ["swarm-1-0007"] * 40
    monkeypatch.setattr(of_swarm, "choices_in", lambda *given: [])
    other = Swarm(drawn.scenario, drawn.surveys, 1, drawn.folder)
    with pytest.raises(ConfigurationError, match="nothing is used in the phase entry"):
        other.drill(0)


@pytest.mark.parametrize(("call", "drawn_too"), [(2e5 + 120.0, True), (2e5 + 120.1, False)])
def test_instead_of_it_five_others_are_drawn_of_what_is_used_soon(
    drawn: Swarm, monkeypatch: pytest.MonkeyPatch, call: float, drawn_too: bool
) -> None:
    choice = Choice(Dropout, "device", "rover.wheels", "state", (call,))
    found = trunk()
    drawn._choices[5, "surface"] = [choice]
    at = of_swarm._Place("surface", found, 2e5, {}, call)
    plains = iter([{"n": 1}, None, {"n": 3}, {"n": 4}, {"n": 5}])
    monkeypatch.setattr(Swarm, "_plain", lambda *given: next(plains))
    texts = list(drawn._instead(0, at, Draws()))
    assert len(texts) == (4 if drawn_too else 0), "one of the five had no meaning"


def test_of_what_was_drawn_all_is_healed_and_the_next_milestone_has_half_as_long_again(
    drawn: Swarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = trunk()
    drawn._ahead[5] = [Milestone(5e5, "lander", "landed")]
    choice = Choice(Dropout, "device", "rover.wheels", "state", (2e5, 2e5 + 10.0))
    drawn._choices[5, "surface"] = [choice]
    at = of_swarm._Place("surface", found, 2e5 - 40.0, {"at": "x"}, 2e5)
    monkeypatch.setattr(of_swarm, "_with_others", lambda *given: [choice])
    monkeypatch.setattr(of_swarm, "_duration", lambda phase, draw: 100.0)
    plain = drawn._plain(3, at, choice, Draws())
    assert plain is not None and plain["heal"]["at"] == "140.001 s"
    limit = 1.5 * (5e5 - (2e5 - 40.0) - 140.001)
    assert plain["heal"]["then"] == {"state": "lander.landed", "in": f"{limit:.3f} s"}
    assert plain["horizon"] == f"{140.001 + limit + 1.0:.3f} s" and plain["ends"] == "when_met"
    assert plain["title"] == "Swarm 1, 3: surface, dropout at rover.wheels"
    assert plain["seed"] == 5 and plain["scenario"] == "surface"
    assert "no_vehicle_lost" in plain["always"], "of one sensor that shows of itself"
    drawn._ahead[5] = []
    assert drawn._plain(3, at, choice, Draws()) is None, "nothing comes afterwards"


@pytest.mark.parametrize(("back", "drawn_there"), [(499_999.9, True), (500_000.0, False)])
def test_no_computer_is_away_when_its_vehicle_comes_to_its_milestone(
    drawn: Swarm, monkeypatch: pytest.MonkeyPatch, back: float, drawn_there: bool
) -> None:
    drawn._ahead[5] = [Milestone(5e5, "lander", "landed")]
    for name, there in (("lander", drawn_there), ("rover", True)):
        choice = Choice(catalogue().kinds("node")["hang"], "node", name)
        monkeypatch.setattr(of_swarm, "_with_others", lambda *given, c=choice: [c])
        monkeypatch.setattr(of_swarm, "standing_until", lambda *given: back)
        at = of_swarm._Place("surface", trunk(), 2e5, {}, 2e5)
        assert (drawn._plain(0, at, choice, Draws()) is not None) is there


@pytest.mark.parametrize(("count", "seeds"), [(1, 1), (749, 1), (751, 2), (1000, 2), (1251, 3)])
def test_five_hundred_drills_share_a_trunk(count: int, seeds: int) -> None:
    found = trunk_seeds(4, count)
    assert len(found) == seeds == len(set(found)) and all(1 <= seed < 2**31 for seed in found)
