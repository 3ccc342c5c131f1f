"""Each rule by which the ground follows a command, at its limits, and over a restart."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import Command, CommandReport, EventReport, Rung, Severity
from ground.mission_control.archive.archive import Archive, order_of
from ground.mission_control.commanding.tracker import CommandTracker, Taken, TrackedCommand, Verdict
from ground.mission_control.timing.spacecraft_clocks import SpacecraftClocks
from ground.mission_control.timing.windows import Window

ASK_AFTER = 2 * 88775.24414688001  # s: two sols
ATTEMPTS = 4
MARGIN = 900.0

WAY = Window(light_time=600.0, delivery_wait=700.0, answer_wait=30_000.0)
FIRST = 600.0 + 700.0 + 30_000.0 + 600.0  # s until the first report
DEADLINE = 5000.0
S = 1_000_000_000


class Ground:
    """A tracker whose stations send at once, unless they are `silent`; the test sets the time."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "archive.sqlite"
        self.now = 0.0
        self.silent = False
        self.left: list[list[str]] = []
        self.told: list[tuple[str, str]] = []
        self.begin()

    def begin(self) -> None:
        """A start of mission control, from what is in its archive."""
        self.archive = Archive(self.path)
        self.tracker = CommandTracker(self.archive, lambda vehicle: WAY, self._send, self.now_ns)
        self.tracker.on_change = self._changed

    def die(self) -> None:
        self.archive.close()
        self.begin()

    def now_ns(self) -> int:
        return round(self.now * S)

    def _send(self, orders: list[Command]) -> None:
        self.left.append([order.identifier for order in orders])
        if not self.silent:
            self.tracker.sent(self.left[-1], self.now_ns(), "relay")

    def _changed(self, command: TrackedCommand, what: str) -> None:
        self.told.append((command.order.identifier, what))

    def issue(self, *identifiers: str, step: str = "step", deadline: float = DEADLINE) -> None:
        orders = [Command(each, "mav", "work", {"n": 1}, "mission_control") for each in identifiers]
        self.tracker.issue(step, orders, deadline)

    def hear(self, rung: Rung, identifier: str = "a", **more: Any) -> bool:
        source = more.pop("source", "mav")
        return self.tracker.report(CommandReport(identifier, source, rung, 0, **more))

    def check_at(self, instant: float) -> None:
        self.now = instant
        self.tracker.check()

    def __getitem__(self, identifier: str) -> TrackedCommand:
        return self.tracker.command(identifier)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    ground = Ground(tmp_path)
    yield ground
    ground.archive.close()


# ------------------------------------------------------------------- the way


def test_the_way_there_and_back_adds_up() -> None:
    assert (WAY.delivery, WAY.answer, WAY.first_report) == (1300.0, 30_600.0, FIRST)
    assert WAY.end_after(10.0) == 30_610.0


def test_it_is_late_at_the_margin_and_not_a_nanosecond_before(ground: Ground) -> None:
    ground.now = 100.0
    ground.issue("a")
    due = 100.0 + FIRST + MARGIN
    assert ground["a"].expected_ns == round((100.0 + FIRST) * S)
    assert ground.tracker.next_check() == pytest.approx(due, abs=1e-6)
    ground.check_at(due - 1e-6)
    assert (ground["a"].status, ground.left) == ("SENT", [["a"]])
    ground.check_at(due)
    assert (ground["a"].status, ground.left) == ("LATE", [["a"], ["a"]])
    assert ground["a"].attempts == ground["a"].unanswered == 2
    ground.tracker.check()
    assert len(ground.left) == 2, "it has the whole way once more"
    assert ground.told == [("a", "issued"), ("a", "sent"), ("a", "late"), ("a", "sent")]


def test_it_is_sent_so_many_times_and_given_up_after_the_last_has_had_its_time(
    ground: Ground,
) -> None:
    ground.issue("a")
    for number in range(1, ATTEMPTS):
        ground.check_at(number * (FIRST + MARGIN))
        assert len(ground.left) == number + 1 and ground["a"].verdict is None
    ground.check_at(ATTEMPTS * (FIRST + MARGIN) - 1e-6)
    assert ground["a"].verdict is None
    ground.check_at(ATTEMPTS * (FIRST + MARGIN))
    assert (ground["a"].verdict, len(ground.left)) == (Verdict.UNANSWERED, ATTEMPTS)
    assert ground["a"].detail == "no report, sent 4 times"
    assert [what for _, what in ground.told].count("late") == 1, "told once"
    assert ground.tracker.next_check() is None
    assert not ground.hear(Rung.COMPLETED), "what comes now changes nothing"
    assert ground["a"].verdict is Verdict.UNANSWERED


def test_what_waits_for_a_pass_is_not_late(ground: Ground) -> None:
    ground.silent = True
    ground.issue("a")
    assert (ground["a"].status, ground.tracker.next_check()) == ("WAITING", None)
    ground.check_at(100 * FIRST)
    assert (ground["a"].status, ground["a"].attempts, ground.left) == ("WAITING", 0, [["a"]])


def test_a_report_gives_it_all_its_attempts_back(ground: Ground) -> None:
    ground.issue("a")
    ground.check_at(FIRST + MARGIN)
    assert ground.hear(Rung.RECEIVED)
    assert (ground["a"].unanswered, ground["a"].late, ground["a"].status) == (0, False, "RECEIVED")


# ---------------------------------------------------------------- at work


def test_a_vehicle_at_work_is_late_when_its_end_is_due_and_asked_before(ground: Ground) -> None:
    ground.issue("a", deadline=10 * ASK_AFTER)
    assert ground.hear(Rung.STARTED)
    end = 10 * ASK_AFTER + WAY.answer
    assert ground["a"].end_ns == round(end * S)
    assert ground["a"].expected_ns == round(ASK_AFTER * S)
    ground.check_at(ASK_AFTER + MARGIN)
    assert len(ground.left) == 2 and not ground["a"].late and ground["a"].status == "STARTED"
    for _ in range(3 * ATTEMPTS):
        ground.check_at(ground.now + FIRST + MARGIN)
    assert ground["a"].verdict is None, "it is at work: it is asked however often"
    ground.check_at(max(end, ground.now + FIRST + MARGIN))
    assert ground["a"].verdict is Verdict.UNANSWERED
    assert ground["a"].detail.startswith("nothing after STARTED, sent ")


def test_a_short_work_is_expected_at_its_end_and_a_later_report_never_shortens_it(
    ground: Ground,
) -> None:
    ground.issue("a")
    ground.now = 50.0
    ground.hear(Rung.ACCEPTED)
    first = ground["a"].expected_ns
    assert first == round((50.0 + DEADLINE + WAY.answer) * S) == ground["a"].end_ns
    ground.now = 40.0
    ground.hear(Rung.STARTED)
    assert ground["a"].end_ns == first
    ground.now = 60.0
    ground.hear(Rung.PROGRESS)
    assert ground["a"].end_ns == first + 10 * S
    ground.now = 70.0
    assert ground.hear(Rung.PROGRESS)
    assert ground["a"].end_ns == first + 10 * S, "the same rung, and no answer to a question"
    ground.hear(Rung.PROGRESS, repeated=True)
    assert ground["a"].end_ns == first + 20 * S


def test_only_who_has_lost_its_memory_is_asked_and_only_of_its_work(ground: Ground) -> None:
    ground.issue("a")
    ground.issue("b")
    ground.hear(Rung.STARTED)
    expected = ground["b"].expected_ns
    ground.now = 1000.0
    ground.tracker.ask("rover")
    assert ground["a"].expected_ns != round((1000.0 - MARGIN) * S)
    ground.tracker.ask("mav")
    assert ground["a"].expected_ns == round((1000.0 - MARGIN) * S)
    assert ground["b"].expected_ns == expected, "it has not said a word of it"
    ground.tracker.check()
    assert ground.left[2:] == [["a"]]


# ------------------------------------------------------------------ reports


@pytest.mark.parametrize(
    ("before", "report", "taken", "new"),
    [
        ([], ("x", "mav", Rung.STARTED, False), Taken.UNKNOWN, False),
        ([], ("a", "rover", Rung.COMPLETED, False), Taken.FOREIGN, False),
        ([], ("a", "mav", Rung.RECEIVED, False), Taken.NEW, True),
        ([Rung.STARTED], ("a", "mav", Rung.ACCEPTED, False), Taken.EARLIER, False),
        ([Rung.STARTED], ("a", "mav", Rung.STARTED, False), Taken.NEW, True),
        ([Rung.STARTED], ("a", "mav", Rung.STARTED, True), Taken.REPEATED, True),
        ([Rung.STARTED], ("a", "mav", Rung.FAILED, True), Taken.NEW, True),
        ([Rung.COMPLETED], ("a", "mav", Rung.FAILED, False), Taken.AFTER_THE_END, False),
        ([Rung.COMPLETED], ("a", "rover", Rung.FAILED, False), Taken.FOREIGN, False),
    ],
)
def test_what_a_report_is(
    ground: Ground, before: list[Rung], report: tuple[Any, ...], taken: Taken, new: bool
) -> None:
    ground.issue("a")
    for rung in before:
        assert ground.hear(rung)
    said = ground["a"].status
    identifier, source, rung, repeated = report
    told = CommandReport(identifier, source, rung, 0, "said", repeated=repeated)
    assert ground.tracker.judge(told) is taken
    assert ground["a"].status == said, "to judge is not to take"
    assert ground.tracker.report(told) is new
    assert ground["a"].status == (str(rung) if new else said)
    assert ground["a"].detail == ("said" if new else "")


@pytest.mark.parametrize("rung", ["REJECTED", "COMPLETED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_each_end_is_a_verdict_and_ends_its_own_command_alone(ground: Ground, rung: str) -> None:
    verdicts: list[tuple[str, Verdict | None]] = []
    ground.tracker.on_verdict = lambda each: verdicts.append((each.order.identifier, each.verdict))
    ground.issue("a", "b")
    ground.hear(Rung(rung), detail="thus")
    assert verdicts == [("a", Verdict(rung))]
    assert (ground["a"].status, ground["a"].detail) == (rung, "thus")
    assert not ground.tracker.is_open("a") and ground.tracker.is_open("b")
    assert [each.order.identifier for each in ground.tracker.bundle("a")] == ["b"]


# ------------------------------------------------------------------- bundles


def test_of_a_bundle_only_what_has_not_ended_is_sent_again_in_its_order(ground: Ground) -> None:
    ground.issue("a", "b", "c")
    ground.issue("d")
    ground.hear(Rung.COMPLETED, "b")
    ground.check_at(FIRST + MARGIN)
    assert ground.left == [["a", "b", "c"], ["d"], ["a", "c"], ["d"]]
    ground.tracker.sent(["b"], ground.now_ns(), "relay")
    assert ground["b"].attempts == 1, "what has ended has not left"


def test_a_command_that_was_taken_back_is_cancelled_once(ground: Ground) -> None:
    ground.silent = True
    ground.issue("a", "b")
    ground.tracker.take_back("a", "out of its window")
    assert (ground["a"].status, ground["a"].detail) == ("CANCELLED", "out of its window")
    with pytest.raises(KeyError):
        ground.tracker.take_back("a", "again")
    with pytest.raises(KeyError):
        ground.tracker.take_back("x", "nobody knows it")
    assert ground["b"].verdict is None


def test_a_command_is_given_up_for_a_reason_and_one_that_is_over_is_not(ground: Ground) -> None:
    ground.issue("a")
    ground.issue("b")
    ground.hear(Rung.COMPLETED, "b")
    for identifier in ("a", "b", "x"):
        ground.tracker.give_up(identifier, "the window has closed")
    assert (ground["a"].status, ground["a"].detail) == ("UNANSWERED", "the window has closed")
    assert (ground["b"].status, ground["b"].detail) == ("COMPLETED", "")


def test_what_was_given_up_is_asked_for_anew_with_all_its_attempts(ground: Ground) -> None:
    ground.issue("a", "b", "c")
    ground.issue("d")
    ground.hear(Rung.COMPLETED, "b")
    for identifier in ("a", "c", "d"):
        ground.tracker.give_up(identifier, "no pass")
    ground.now = 7.0
    ground.tracker.ask_again("a")
    assert ground.left[2:] == [["a", "c"]]
    assert ground["b"].verdict is Verdict.COMPLETED and ground["d"].verdict is Verdict.UNANSWERED
    assert (ground["a"].status, ground["a"].unanswered, ground["a"].attempts) == ("SENT", 1, 2)
    assert ground["a"].expected_ns == round((7.0 + FIRST) * S)
    ground.tracker.ask_again("b")
    assert len(ground.left) == 3, "nothing of it is unanswered now"
    assert ground.hear(Rung.COMPLETED, "c")


# ------------------------------------------------------------------- restart


def test_after_a_restart_it_goes_on_with_what_it_has_asked_and_when(ground: Ground) -> None:
    ground.issue("a")
    ground.check_at(FIRST + MARGIN)
    before = ground["a"].expected_ns
    assert ground.archive.last_link("a") == "relay"
    attempts = ground.archive.rows("SELECT attempt, sent_ns, expected_ns FROM attempts")
    assert attempts == [(1, 0, round(FIRST * S)), (2, ground.now_ns(), before)]
    ground.die()
    again = ground["a"]
    assert (again.attempts, again.unanswered, again.expected_ns) == (2, 2, before)
    assert again.of_another_start and again.order.arguments == {"n": 1}
    assert again.deadline == DEADLINE and again.order.origin == "mission_control"
    ground.tracker.resume()
    assert len(ground.left) == 2, "it has left: its answer is waited for"
    for number in (2, 3):
        ground.check_at(number * (FIRST + MARGIN))
    assert len(ground.left) == ATTEMPTS and ground["a"].verdict is None
    ground.check_at(4 * (FIRST + MARGIN))
    assert ground["a"].verdict is Verdict.UNANSWERED, "none too many over a restart"


def test_after_a_restart_what_had_not_left_is_sent_as_it_was_bundled(ground: Ground) -> None:
    ground.silent = True
    ground.issue("a", "b")
    ground.issue("c")
    ground.tracker.take_back("b", "not this one")
    ground.left.clear()
    ground.die()
    assert ground["b"].verdict is Verdict.CANCELLED and ground["b"].detail == "not this one"
    ground.tracker.resume()
    assert ground.left == [["a"], ["c"]]


def test_verdicts_and_steps_outlive_a_restart(ground: Ground) -> None:
    ground.issue("a", step="one")
    ground.issue("b", "c", step="two")
    ground.hear(Rung.FAILED, "b", detail="it is stuck")
    ground.die()
    assert (ground["b"].status, ground["b"].detail) == ("FAILED", "it is stuck")
    assert not ground.hear(Rung.COMPLETED, "b")
    assert [each.order.identifier for each in ground.tracker.of_step("two")] == ["b", "c"]
    assert ground.tracker.of_step("three") == []
    opened = [each.order.identifier for each in ground.tracker.open_commands()]
    assert opened == ["a", "c"]
    assert ground["c"].bundle == "b"


def test_no_identifier_is_given_twice_and_those_of_another_life_are_told_apart(
    ground: Ground,
) -> None:
    life = ground.archive.life
    first = ground.tracker.next_identifiers(2)
    assert first == [f"mc-{life}-00001", f"mc-{life}-00002"]
    assert ground.tracker.next_identifiers(1) == first[:1], "to ask is not to take"
    ground.issue(*first)
    assert ground.tracker.next_identifiers(1) == [f"mc-{life}-00003"]
    ground.die()
    assert ground.tracker.next_identifiers(1) == [f"mc-{life}-00003"]
    assert not ground.tracker.is_of_another_life(first[0])
    assert ground.tracker.is_of_another_life("mc-77-00001")
    assert not ground.tracker.is_of_another_life("rover.sequence/1")


# ------------------------------------------------------------------- waiting


async def test_who_waits_hears_the_verdict_and_who_has_gone_does_not_matter(
    ground: Ground,
) -> None:
    ground.issue("a")
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(ground.tracker.verdict("a")) for _ in range(3)]
    await asyncio.sleep(1.0)
    tasks[1].cancel()
    await asyncio.sleep(1.0)
    assert not tasks[0].done()
    ground.hear(Rung.STARTED)
    await asyncio.sleep(1.0)
    assert not tasks[0].done()
    ground.hear(Rung.ABORTED)
    await asyncio.sleep(1.0)
    assert [tasks[0].result(), tasks[2].result()] == [Verdict.ABORTED] * 2
    assert tasks[1].cancelled()
    assert await ground.tracker.verdict("a") is Verdict.ABORTED
    with pytest.raises(KeyError):
        await ground.tracker.verdict("x")


def test_an_order_leaves_as_it_was_completed(ground: Ground) -> None:
    def completed(order: Command) -> Command:
        return Command(order.identifier, order.target, order.name, {"n": 2}, order.origin)

    ground.tracker.completed = completed
    ground.issue("a")
    assert ground["a"].order.arguments == {"n": 2}
    ground.die()
    assert ground["a"].order.arguments == {"n": 2}


# -------------------------------------------------------------------- clocks


def step(source: str, number: int, seconds: Any, name: str = "clock_corrected") -> EventReport:
    return EventReport(
        source, name, Severity.ACTIVITY_HI, 0, "", {"step": seconds}, number, boot=1
    )


def test_a_stamp_is_moved_by_the_steps_that_came_after_it_and_by_those_of_its_vehicle() -> None:
    clocks = SpacecraftClocks()
    clocks.take(step("rover", 10, -2.5))
    clocks.take(step("rover", 20, 1.0))
    clocks.take(step("lander", 5, 100.0))
    clocks.take(step("rover", 30, 50.0, "arrived"))
    clocks.take(step("rover", 40, "far"))

    def place(number: int) -> int:
        return order_of(step("rover", number, 0.0))

    assert clocks.present("rover", place(9), 10 * S) == round(8.5 * S)
    assert clocks.present("rover", place(10), 10 * S) == 11 * S, "the step itself is stamped anew"
    assert clocks.present("rover", place(19), 10 * S) == 11 * S
    assert clocks.present("rover", place(20), 10 * S) == 10 * S
    assert clocks.present("mav", place(1), 10 * S) == 10 * S
    clocks.take(step("rover", 10, -2.5))
    assert clocks.present("rover", place(9), 10 * S) == round(8.5 * S), "heard twice, taken once"
