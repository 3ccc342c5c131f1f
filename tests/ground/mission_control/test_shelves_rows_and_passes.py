"""What a library keeps, which derived values are told anew, which passes are listed, and when an
answer can come first."""

from collections.abc import Callable
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.mission_control.execution.recovery import Recoverer
from ground.mission_control.procedures import library
from ground.mission_control.service import polling
from ground.mission_control.service.watch import Watch
from ground.mission_control.views import passes as pass_view

S = 1_000_000_000


class Kept(dict[str, Any]):
    def put(self, key: str, value: Any) -> None:
        self[key] = value


def shelves(compile: Callable[..., Any] | None) -> library.ProcedureLibrary:
    kept: Any = Kept()
    return library.ProcedureLibrary(kept, SimpleNamespace(), compile, lambda: 7)  # type: ignore[arg-type]


@pytest.fixture
def some(monkeypatch: pytest.MonkeyPatch) -> library.ProcedureLibrary:
    program = SimpleNamespace(title="T", instructions=())
    monkeypatch.setattr(library, "_named", lambda program, *names: program)
    return shelves(lambda path: program)


def test_a_library_takes_as_many_procedures_and_a_new_draft_of_each(
    some: library.ProcedureLibrary,
) -> None:
    for number in range(library.MOST):
        some.save(f"p{number}", "a", "anna")
    some.save("p3", "b", "ben")
    assert some.shelf("p3").draft.hands == ["anna", "ben"]  # type: ignore[union-attr]
    with pytest.raises(library.NotSo, match="there are 100 procedures, and no more are kept"):
        some.save("one_more", "a", "anna")
    assert len(some.names()) == library.MOST == 100


@pytest.mark.parametrize("name", ["", "Drop", "a b", "1a", "mission", "a-b", "../a"])
def test_a_procedure_is_called_by_a_plain_name(name: str, some: library.ProcedureLibrary) -> None:
    with pytest.raises(library.NotSo, match="allowed are small letters"):
        some.save(name, "a", "anna")
    assert some.names() == []


def test_nothing_is_submitted_approved_or_run_before_its_turn(
    some: library.ProcedureLibrary,
) -> None:
    for act in (
        lambda: some.submit("drop", "anna"), lambda: some.approve("drop", "v", "ben", ""),
        lambda: some.approved("drop"),
    ):  # fmt: skip
        with pytest.raises(library.NotSo, match="there is no such procedure; there are mission"):
            act()
    version = some.save("drop", "a", "anna").version
    with pytest.raises(library.NotSo, match="was not submitted"):
        some.approve("drop", version, "ben", "")
    with pytest.raises(library.NotSo, match="is not approved"):
        some.approved("drop")
    some.submit("drop", "cora")
    with pytest.raises(library.NotSo, match="has no draft"):
        some.submit("drop", "cora")
    for hand in ("anna", "cora"):
        with pytest.raises(library.NotSo, match=f"{hand} has written or submitted it"):
            some.approve("drop", version, hand, "")
    assert some.approve("drop", version, "ben", "read").approved_ns == 7
    with pytest.raises(library.NotSo, match="has no draft"):
        some.submit("drop", "cora")
    some.save("drop", "b", "ben")
    assert some.approved("drop").version == version, "until the new one is approved"


def test_clients_are_told_each_version_that_there_is_and_its_text_where_they_ask(
    some: library.ProcedureLibrary,
) -> None:
    version = some.save("drop", "a", "anna").version
    told = some.plain("drop")
    assert told["name"] == "drop" and told["approved"] is None
    assert told["draft"]["version"] == version and "text" not in told["draft"]
    assert some.plain("drop", text=True)["draft"]["text"] == "a"
    some.submit("drop", "cora")
    some.approve("drop", version, "ben", "read")
    told = some.plain("drop")
    assert told["draft"] is None and told["approved"]["note"] == "read"
    assert "text" not in told["approved"]


def test_without_the_missions_variables_no_procedure_is_read() -> None:
    with pytest.raises(library.NotSo, match="no procedure can be read here"):
        shelves(None).save("drop", "a", "anna")


# ---------------------------------------------------------------------------- derived values

SOC, TILT, FAR = ("rover", "charge"), ("rover", "tilt"), ("mav", "tank")


def rows(changed: set[tuple[str, str]], stale: dict[str, bool], **known: Any) -> list[Any]:
    watch: Any = Watch.__new__(Watch)
    watch.limits = SimpleNamespace(state=lambda vehicle, channel, value, at_ns: "OK")
    watch.derived = {
        ("rover", "both"): SimpleNamespace(inputs=(SOC, TILT)),
        ("mav", "across"): SimpleNamespace(inputs=(SOC, FAR)),
    }
    watch._tell = {("rover", "both"): lambda: 1.0, ("mav", "across"): lambda: 2.0}
    watch.control = SimpleNamespace(telemetry=SimpleNamespace(
        sample=lambda vehicle, channel: known.get(channel)
    ))  # fmt: skip
    return watch.derived_rows(changed, stale)  # type: ignore[no-any-return]


def at(occurred: int, received: int) -> Any:
    return SimpleNamespace(occurred_ns=occurred, received_ns=received)


def test_a_derived_value_is_as_new_as_the_newest_and_as_old_as_the_vehicle_that_is_silent() -> None:
    known = {"charge": at(3, 8), "tilt": at(5, 6), "tank": at(1, 9)}
    both, across = ["rover", "both", 1.0, 5, 8, "OK"], ["mav", "across", 2.0, 3, 9, "OK"]
    assert rows({SOC}, {}, **known) == [both, across]
    assert rows({TILT}, {"mav": True}, **known) == [both]
    assert rows({FAR, ("lander", "x")}, {"rover": False}, **known) == [across]
    assert rows({FAR}, {"rover": True}, **known) == [[*across[:5], "STALE"]]
    assert rows({("lander", "x")}, {}, **known) == [] == rows(set(), {}, **known)
    assert rows({SOC}, {}, tilt=at(5, 6)) == [["rover", "both", 1.0, 5, 6, "OK"]]
    assert rows({SOC}, {}) == []


# ----------------------------------------------------------------------------------- passes


def listed(*predicted: tuple[str, float, float], since: int = 0, until: int = 1000) -> list[Any]:
    """A pass of the rover from 100 s to 200 s is kept; others are predicted."""
    rows = [("rover", 100 * S, 200 * S, 5)]

    @contextmanager
    def seeing() -> Any:
        yield lambda question, given=(): (
            list(rows) if "FROM passes WHERE end_ns" in question
            else [(0, 0, 0)] if "downlinks" in question else []
        )  # fmt: skip

    coming = [SimpleNamespace(vehicle=v, start=start, end=end) for v, start, end in predicted]
    archive: Any = SimpleNamespace(seeing=seeing)
    stations: Any = SimpleNamespace(passes=lambda: coming)
    found = pass_view.passes(archive, stations, 7, since * S, until * S, 10)
    return [
        (each["vehicle"], each["start_ns"] // S) for each in found if each["predicted_ns"] != 5
    ]


@pytest.mark.parametrize(
    ("vehicle", "start", "end", "new"),
    [
        ("rover", 100.0, 200.0, False), ("rover", 101.0, 210.0, False),
        ("rover", 50.0, 101.0, False), ("rover", 120.0, 130.0, False),
        ("rover", 90.0, 300.0, False), ("rover", 10.0, 100.0, True),
        ("rover", 200.0, 260.0, True), ("rover", 300.0, 400.0, True),
        ("mav", 100.0, 200.0, True), ("mav", 150.0, 180.0, True),
    ],
)  # fmt: skip
def test_a_pass_that_is_predicted_is_listed_if_none_of_the_vehicle_overlaps_it(
    vehicle: str, start: float, end: float, new: bool
) -> None:
    assert listed((vehicle, start, end)) == ([(vehicle, start)] if new else [])


def test_passes_that_only_touch_the_stretch_of_time_are_listed_at_its_beginning_alone() -> None:
    far = [("rover", 300.0, 400.0), ("rover", 500.0, 600.0)]
    assert listed(*far, since=400) == [("rover", 300), ("rover", 500)]
    assert listed(*far, since=401) == [("rover", 500)]
    assert listed(*far, until=500) == [("rover", 300)]
    assert listed(*far, until=501) == [("rover", 300), ("rover", 500)]


# ------------------------------------------------------------------------------------ waits


def test_the_first_answer_is_that_of_the_vehicle_that_can_answer_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: dict[str, int | None] = {"rover": 90 * S, "mav": None, "lander": 60 * S}
    monkeypatch.setattr(polling, "outlook", lambda stations, vehicle, now: SimpleNamespace(
        estimate=SimpleNamespace(earliest_answer_ns=answers[vehicle])
    ))  # fmt: skip
    monkeypatch.setattr(polling, "_utc", lambda desk, seconds: seconds)
    desk: Any = SimpleNamespace(vehicles=list(answers), control=SimpleNamespace(
        clock=SimpleNamespace(now=lambda: 50.0, text=str, sol=int),
        stations=SimpleNamespace(light_time=8.0, passes=list),
    ))  # fmt: skip
    told = polling.clock(desk)
    assert told["answer_at"] == 60.0 and told["seen_at"] == 42.0 and told["next_pass"] is None
    desk.control.stations.passes = lambda: [SimpleNamespace(vehicle="mav", start=1.5, end=2.0)]
    assert polling.clock(desk)["next_pass"] == {
        "vehicle": "mav", "start_ns": 1_500_000_000, "end_ns": 2 * S,
    }  # fmt: skip
    answers |= {"rover": None, "lander": None}
    assert polling.clock(desk)["answer_at"] is None


@pytest.mark.parametrize(("limit", "until"), [(1e9, 50.0 + 2.0 * SOL_SECONDS), (60.0, 60.0)])
def test_a_recovery_takes_as_long_as_its_rules_and_the_step_allow(
    limit: float, until: float
) -> None:
    recoverer: Any = Recoverer.__new__(Recoverer)
    recoverer._rules = SimpleNamespace(limit_sols=2.0)
    assert recoverer._until(50.0, limit) == until
