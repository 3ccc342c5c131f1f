"""How much mission control tells, asks and bears at the most, and of what it tells at all."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import Command, EventReport, Severity
from ground.mission_control import mission_control
from ground.mission_control.alarms.alarms import Alarms
from ground.mission_control.archive.archive import Archive
from ground.mission_control.commanding.tracker import CommandTracker, Verdict
from ground.mission_control.execution.survey import find_from_orbit
from ground.mission_control.execution.tools import StepFailed
from ground.mission_control.procedures.bounds import StepCount, TooLarge, check_value
from ground.mission_control.timing.windows import Window
from ground.mission_control.views import on_board
from ground.mission_control.views import passes as pass_view
from ground.mission_control.views.changes import changes, since_pass
from ground.mission_control.views.history import EVER
from ground.mission_control.views.products import products

SECOND = 1_000_000_000


class Told:
    """An archive that answers each question by a table that is named in it."""

    def __init__(self, *samples: Any, **tables: Any) -> None:
        self.tables = tables
        self.sampled = SimpleNamespace(
            newest_at=lambda at: [], as_told=lambda vehicle, channel: list(samples)
        )

    @contextmanager
    def seeing(self) -> Iterator[Callable[..., Any]]:
        yield self._look

    def _look(self, question: str, given: Any = ()) -> list[Any]:
        asked = question.split("FROM ")[1].split()[0]  # what is within it is not asked
        rows = self.tables.get(asked, [])
        return rows(*given) if callable(rows) else list(rows)

    def seen(self, question: str, given: Any = ()) -> list[Any]:
        return self._look(question, given)

    def get(self, key: str) -> Any:
        return None


def event(name: str, severity: str = "ACTIVITY_LO") -> tuple[Any, ...]:
    return ("rover", name, severity, "words", "charge", "RED", 1, 2)


# ---------------------------------------------------------------------------- what changed


@pytest.mark.parametrize(("count", "left"), [(500, {}), (501, {"rungs": 1})])
def test_of_each_kind_the_last_five_hundred_are_told(count: int, left: dict[str, int]) -> None:
    rows = [(f"c{n}", "rover", "drive", "COMPLETED", "", n, n) for n in range(count)]
    archive: Any = Told(rungs=rows)
    found = changes(archive, 0, 10)
    assert len(found["rungs"]) == 500 and found["left"] == left
    assert found["rungs"][-1]["identifier"] == f"c{count - 1}"
    assert len(found["log"].splitlines()) == 60


def test_limits_and_warnings_are_these() -> None:
    names = ["limit_crossed", "limit_red", "limit_cleared", "drive_setback"]
    archive: Any = Told(events=[
        *map(event, names), event("a", "WARNING_LO"), event("b", "WARNING_HI"), event("c", "FATAL"),
    ])  # fmt: skip
    found = changes(archive, 0, 10)
    assert len(found["limits"]) == 3
    assert [row["name"] for row in found["warnings"]] == ["b", "c"]
    assert found["events"] == {"ACTIVITY_LO": 4, "FATAL": 1, "WARNING_HI": 1, "WARNING_LO": 1}
    assert found["log"] == "7 events"


@pytest.mark.parametrize(
    ("back", "begin"), [(1, 500), (2, 300), (3, 100), (4, 0)]
)
def test_passes_over_several_vehicles_that_overlap_are_one(back: int, begin: int) -> None:
    rows = [(520, 600), (500, 580), (300, 400), (100, 200)]
    archive: Any = Told(passes=rows)
    assert since_pass(archive, 700, back) == begin


# -------------------------------------------------------------------------- what is aboard


def done(name: str, number: int = 0, verdict: Any = Verdict.COMPLETED, **more: Any) -> Any:
    order = Command(f"c{number}", more.pop("target", "rover"), name, more.pop("arguments", {}),
                    "mc", more.pop("stage", "run"))  # fmt: skip
    return SimpleNamespace(order=order, verdict=verdict, issued_ns=number)


def aboard(*commands: Any, **tables: Any) -> dict[str, Any]:
    archive: Any = Told(**tables)
    tracker: Any = SimpleNamespace(commands=lambda: list(commands))
    return on_board.on_board(archive, tracker, "rover")


PROTECTING = (
    "activate_protection", "arm_response", "disable_response", "enable_monitor",
    "disable_monitor", "set_sensor_aside", "use_sensor",
)  # fmt: skip


def test_each_command_to_fault_protection_is_told_and_no_other() -> None:
    found = aboard(*[done(name, n) for n, name in enumerate(("drive_to", *PROTECTING, "reboot"))])
    assert [each["command"] for each in found["protection_commands"]] == list(PROTECTING)
    refused = aboard(
        done("use_sensor", verdict=Verdict.REJECTED), done("use_sensor", stage="arm"),
        done("use_sensor", target="lander"), done("use_sensor", verdict=None),
    )  # fmt: skip
    assert refused["protection_commands"] == [], "only what it has done itself"


@pytest.mark.parametrize(("count", "told"), [(100, 100), (101, 100)])
def test_a_hundred_of_them_are_told(count: int, told: int) -> None:
    found = aboard(*[done("use_sensor", n) for n in range(count)])
    assert len(found["protection_commands"]) == told
    assert found["protection_commands"][-1]["issued_ns"] == count - 1
    asked: list[Any] = []
    archive: Any = Told(events=lambda *given: asked.append(given) or [])
    on_board.on_board(archive, SimpleNamespace(commands=list), "rover")  # type: ignore[arg-type]
    assert asked == [("rover", EVER), ("rover", EVER, 100)]


def test_what_is_thought_of_parameters_is_what_was_activated() -> None:
    values = {"values": {"visits": 5}}
    report = ("parameters_activated", json.dumps({"data": {"changed": {"visits": 4}}}), 7)

    def told(*given: Any) -> list[Any]:
        return [report] if len(given) == 2 else []

    loaded = aboard(done("load_parameters", arguments=values), events=told)["parameters"]
    assert loaded == {"visits": {"thought": None, "told": 4, "agrees": False, "staged": 5}}
    both = aboard(
        done("load_parameters", arguments=values), done("activate_parameters", 1), events=told
    )["parameters"]
    assert both == {"visits": {"thought": 5, "told": 4, "agrees": False, "staged": None}}


# --------------------------------------------------------------------------------- passes


class Contacts:
    """Passes of the rover, each of 600 s, and the bytes that came in frames at instants (s)."""

    def __init__(self, frames: dict[float, int], starts: tuple[int, ...], light: float = 0.0):
        self.frames = frames
        self.rows = [("rover", n * SECOND, (n + 600) * SECOND, 0) for n in starts]
        self.archive: Any = Told(
            passes=self._passes, downlinks=self._came, light_times=[(light,)] if light else []
        )

    def _passes(self, *given: Any) -> list[Any]:
        if given[0] == "rover":  # those before an instant, the last first
            before = [(start, end) for _, start, end, _ in self.rows if end < given[1]]
            return sorted(before, reverse=True)[: given[2]]
        return [row for row in self.rows if row[2] >= given[0] and row[1] < given[1]]

    def _came(self, begin: int, end: int, craft: str) -> list[Any]:
        assert craft == "relay/rover"
        sizes = [size for at, size in self.frames.items() if begin <= at * SECOND < end]
        return [(len(sizes), sum(sizes), len(sizes))]

    def told(self, now: float, since: float = 0.0) -> list[Any]:
        stations: Any = SimpleNamespace(passes=list)
        now_ns, from_ns = round(now * SECOND), round(since * SECOND)
        return pass_view.passes(self.archive, stations, now_ns, from_ns, 10**18, 50)


TEN = tuple(range(0, 70_000, 10_000))


def test_what_comes_within_an_hour_of_a_pass_is_of_it_and_five_say_what_to_expect() -> None:
    sizes = dict(zip(TEN, (100, 1, 2, 3, 4, 5, 0), strict=True))
    contacts = Contacts({float(at): size for at, size in sizes.items()}, TEN)
    found = contacts.told(60_100)
    expected = [each["expected_bytes"] for each in found]
    assert expected[0] is None and expected[1] == 100
    assert expected[6] == 3, "the middle of the five before, and the first is forgotten"
    assert [each["state"] for each in found] == ["past"] * 6 + ["now"]
    assert pass_view._state(10, 20, 9) == "coming" and pass_view._state(10, 20, 20) == "past"


def test_the_first_frame_of_a_pass_is_of_it_though_the_light_time_is_kept_by_steps() -> None:
    """It has become shorter by up to a second since it was kept: the frame comes sooner."""
    last = 600.0 + 100.0 + 3600.0
    frames = {99.0: 1, 100.0: 10, last - 0.001: 100, last: 1000, 98.999: 10_000}
    [found] = Contacts(frames, (0,), light=100.0).told(9_000)
    assert (found["frames"], found["bytes"]) == (3, 111)


def test_what_is_to_be_expected_of_a_pass_does_not_hang_on_since_when_is_asked() -> None:
    contacts = Contacts({float(at): at for at in TEN}, TEN)
    whole = contacts.told(100_000)
    for since in (15_000, 35_000, 60_000):
        part = contacts.told(100_000, since)
        assert part == [each for each in whole if each["end_ns"] >= since * SECOND] and part


def test_a_pass_of_which_more_may_come_says_nothing_of_the_next(
) -> None:
    contacts = Contacts({0.0: 100, 10_000.0: 4, 13_000.0: 96}, (0, 10_000, 20_000))
    here = 10_600.0 + 3600.0
    for now, expected in ((here - 0.001, 100), (here, 100), (12_000.0, 100)):
        assert contacts.told(now)[2]["expected_bytes"] == expected
    contacts.frames[13_000.0] = 1
    assert contacts.told(here)[2]["expected_bytes"] == 100, "the greater of two"
    contacts.rows.insert(1, ("rover", 5000 * SECOND, 5600 * SECOND, 0))
    contacts.frames[5000.0] = 2
    assert contacts.told(here)[3]["expected_bytes"] == 5
    assert contacts.told(here - 0.001)[3]["expected_bytes"] == 100


# ----------------------------------------------------------------------- alarms and events


@pytest.mark.parametrize("severity", list(Severity))
def test_a_warning_of_the_higher_kind_and_what_is_fatal_call(
    tmp_path: Path, severity: Severity
) -> None:
    archive = Archive(tmp_path / "archive.sqlite")
    alarms = Alarms(archive, lambda: 0)
    raised = alarms.take(EventReport("rover", "motor_fault", severity, 1, "wheel 3", {}, 1))
    assert (raised is not None) is (severity in (Severity.WARNING_HI, Severity.FATAL))
    if raised is not None:
        with pytest.raises(ValueError, match="500 characters"):
            alarms.own(raised.number, "anna", "x" * 501)
        alarms.own(raised.number, "anna", "x" * 500)
        for words in ("", "  ", "x" * 501):
            with pytest.raises(ValueError, match="500 characters"):
                alarms.add_note(raised.number, "anna", words)
        alarms.add_note(raised.number, "anna", "x" * 500)
    archive.close()


def test_the_last_eight_events_that_are_worth_it_are_kept_and_five_shown() -> None:
    control: Any = object.__new__(mission_control.MissionControl)
    heard: list[str] = []
    control.recent_events = mission_control.deque(maxlen=mission_control.RECENT_EVENTS)
    control.on_event = lambda event: heard.append(event.name)
    control.tracker = SimpleNamespace(ask=lambda source: heard.append(f"asked {source}"))
    kept_in_touch: list[str] = []
    control.touch = SimpleNamespace(heard=lambda event: kept_in_touch.append(event.name))
    for number, severity in enumerate(Severity):
        control._event(EventReport("rover", f"e{number}", severity, 1, "", {}, 1))
    kept = [each.severity for each in control.recent_events]
    assert kept == [Severity.ACTIVITY_HI, Severity.WARNING_LO, Severity.WARNING_HI, Severity.FATAL]
    for number in range(10):
        control._event(EventReport("rover", f"f{number}", Severity.FATAL, 1, "", {}, 1))
    assert [each.name for each in control.recent_events] == [f"f{n}" for n in range(2, 10)]
    assert len(heard) == 17 and kept_in_touch == heard


def test_the_next_round_is_in_six_hours_or_when_something_is_due() -> None:
    control: Any = object.__new__(mission_control.MissionControl)
    control.clock = SimpleNamespace(now=lambda: 1_000.0)
    due: list[float | None] = [None]
    coming: list[Any] = []
    control.stations = SimpleNamespace(passes=lambda: coming)
    control.tracker = SimpleNamespace(next_check=lambda: due[0])
    assert control._until_next_round() == 21_600.0
    coming.append(SimpleNamespace(end=3_000.0))
    assert control._until_next_round() == 2_000.0
    due[0] = 1_500.0
    assert control._until_next_round() == 500.0
    due[0] = 999.0
    assert control._until_next_round() == 1.0, "never shorter than a second"


# --------------------------------------------------------------------- commands, procedures


def test_a_command_that_nobody_answers_leaves_four_times(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.sqlite")
    now, sent = [0.0], []
    tracker: Any = None

    def send(orders: list[Command]) -> None:
        sent.append([order.identifier for order in orders])
        tracker.sent(sent[-1], round(now[0] * 1e9))

    tracker = CommandTracker(
        archive, lambda vehicle: Window(600.0, 700.0, 30_000.0), send, lambda: round(now[0] * 1e9)
    )
    tracker.issue("step", [Command("mc-1", "mav", "condition", {}, "mission_control")], 60.0)
    for _ in range(600):
        now[0] += 1_800.0
        tracker.check()
    assert len(sent) == 4 and tracker.command("mc-1").verdict is not None
    archive.close()


def test_ten_thousand_steps_and_values_are_borne_and_not_one_more() -> None:
    count = StepCount()
    for _ in range(10_000):
        count.add()
    with pytest.raises(TooLarge, match="10000 steps"):
        count.add()
    check_value("x" * 9_999)
    with pytest.raises(TooLarge, match="10000 values"):
        check_value("x" * 10_000)
    check_value([1] * 9_999)
    for large in ([1] * 10_000, {"a": {"b": ["xx"] * 4_000}}):
        with pytest.raises(TooLarge):
            check_value(large)


async def test_a_picture_is_asked_for_each_six_hours_within_the_limit() -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    asked: list[float] = []
    found: list[Any] = []

    async def find(vehicle: str) -> Any:
        asked.append(loop.time() - begun)
        return found[0] if found and len(asked) > 2 else "it is cloudy"

    kept: dict[str, Any] = {}
    tools: Any = SimpleNamespace(
        imagery=SimpleNamespace(find=find), clock=SimpleNamespace(now=lambda: loop.time() - begun),
        archive=SimpleNamespace(put=kept.__setitem__),
    )  # fmt: skip
    step: Any = SimpleNamespace(vehicle="lander", limit_sols=1.0)
    with pytest.raises(StepFailed, match="not found from orbit: it is cloudy"):
        await find_from_orbit(step, tools, 0.0)
    assert asked == [0.0, 21_600.0, 43_200.0, 64_800.0, 86_400.0]
    asked.clear()
    begun = loop.time()
    found.append(SimpleNamespace(east=1.0, north=2.0, error=3.0))
    assert "1.0 m east" in await find_from_orbit(step, tools, 0.0)
    assert asked == [0.0, 21_600.0, 43_200.0] and next(iter(kept.values()))["error"] == 3.0
    tools.imagery = None
    with pytest.raises(StepFailed, match="there are no pictures"):
        await find_from_orbit(step, tools, -1e9)


def test_two_hundred_numbers_of_missing_pieces_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    piece = SimpleNamespace(count=300, missing=tuple(range(250)), whole=False, first_gap=(0, 249))
    monkeypatch.setattr("ground.mission_control.views.products.product_in", lambda *given: piece)
    archive: Any = Told((1, 1, 2, "x", 1))
    telemetry: Any = SimpleNamespace()
    (found,) = products(archive, telemetry, [("mav", "record")], [], [])
    assert found["missing"] == list(range(200)) and found["here"] == 50 and found["again"] is None
