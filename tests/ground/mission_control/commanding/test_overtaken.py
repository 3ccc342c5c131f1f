"""What was lost on a direct link is sent again once a later command is answered by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flight.icd.messages import Command, CommandReport, Rung
from ground.mission_control.commanding.tracker import Verdict
from tests.ground.mission_control.commanding.test_tracking import (
    ATTEMPTS,
    DEADLINE,
    FIRST,
    MARGIN,
    Ground,
)


class ByDirectLink(Ground):
    """The radio of the orbiter serves the capsule as well; `way` is how a frame leaves next."""

    way = "orbiter"

    def begin(self) -> None:
        super().begin()
        self.again: list[str] = []  # by the link that has answered since
        self.tracker.radio_of = lambda vehicle: "orbiter" if vehicle == "entry" else vehicle

    def _send(self, orders: list[Command]) -> None:
        self.left.append([order.identifier for order in orders])
        self.again += [each for each in self.left[-1] if self[each].is_overtaken]
        self.tracker.sent(self.left[-1], self.now_ns(), self.way)

    def order(self, identifier: str, vehicle: str, at: float) -> None:
        self.now = at
        self.tracker.issue(
            "step", [Command(identifier, vehicle, "work", {}, "mission_control")], DEADLINE
        )

    def answer(self, identifier: str, vehicle: str, at: float) -> None:
        self.now = at
        self.tracker.report(CommandReport(identifier, vehicle, Rung.RECEIVED, 0))


@pytest.fixture
def direct(tmp_path: Path) -> Iterator[ByDirectLink]:
    ground = ByDirectLink(tmp_path)
    yield ground
    ground.archive.close()


def test_what_left_before_one_that_is_answered_is_lost_and_sent_again_at_once_and_once(
    direct: ByDirectLink,
) -> None:
    direct.order("a", "entry", 0.0)
    direct.order("b", "orbiter", MARGIN)
    direct.answer("b", "orbiter", MARGIN + 30.0)
    assert direct.left == [["a"], ["b"], ["a"]] and direct["a"].unanswered == 1
    assert direct.again == ["a"] and not direct["a"].is_overtaken
    direct.order("c", "orbiter", 3000.0)
    direct.answer("c", "orbiter", 3030.0)
    assert direct.left[2:] == [["a"], ["c"]]
    for wait in range(ATTEMPTS - 1):  # it has lost none of its waits
        direct.check_at(MARGIN + 30.0 + (wait + 1) * (FIRST + MARGIN))
    assert direct["a"].verdict is None
    direct.check_at(MARGIN + 30.0 + ATTEMPTS * (FIRST + MARGIN))
    assert direct["a"].verdict is Verdict.UNANSWERED


@pytest.mark.parametrize(
    ("vehicle", "later", "first_way", "second_way"),
    [
        ("entry", MARGIN - 0.001, "orbiter", "orbiter"),  # its answer may be on its way
        ("entry", MARGIN, "relay", "orbiter"),
        ("entry", MARGIN, "orbiter", "relay"),
        ("lander", MARGIN, "orbiter", "orbiter"),  # another radio
    ],
)
def test_what_can_still_be_on_its_way_is_not_sent_again(
    vehicle: str, later: float, first_way: str, second_way: str, direct: ByDirectLink
) -> None:
    direct.way = first_way
    direct.order("a", vehicle, 0.0)
    direct.way = second_way
    direct.order("b", "orbiter", later)
    direct.answer("b", "orbiter", later + 30.0)
    assert direct.left == [["a"], ["b"]]


def test_an_answer_to_one_that_was_sent_twice_says_nothing_of_others(direct: ByDirectLink) -> None:
    direct.order("a", "entry", 0.0)
    direct.order("b", "orbiter", MARGIN)
    direct.now = 5000.0
    direct.tracker.sent(["b"], direct.now_ns(), "orbiter")
    direct.answer("b", "orbiter", 5030.0)
    assert direct.left == [["a"], ["b"]]


def test_one_that_is_answered_is_not_overtaken(direct: ByDirectLink) -> None:
    direct.order("a", "entry", 0.0)
    direct.answer("a", "entry", 20.0)
    direct.order("b", "orbiter", MARGIN)
    direct.answer("b", "orbiter", MARGIN + 30.0)
    assert direct.left == [["a"], ["b"]]


def test_what_left_is_asked_for_at_once_with_all_of_its_bundle_when_its_way_is_clear_again(
    direct: ByDirectLink,
) -> None:
    direct.issue("arm", "fire")
    direct.now = 5000.0
    direct.tracker.ask_now("fire")
    assert direct.left == [["arm", "fire"]] * 2 and direct.again == ["arm", "fire"]
    assert direct["arm"].unanswered == direct["fire"].unanswered == 1
    direct.hear(Rung.COMPLETED, "arm")
    direct.now = 6000.0
    direct.tracker.ask_now("fire")
    assert direct.left[2:] == [["fire"]]
    direct.hear(Rung.COMPLETED, "fire")
    direct.tracker.ask_now("fire")
    assert len(direct.left) == 3


def test_what_has_not_left_is_not_sent_twice(direct: ByDirectLink) -> None:
    direct.silent = True
    direct._send = lambda orders: direct.left.append(  # type: ignore[method-assign]
        [order.identifier for order in orders]
    )
    direct.tracker._send = direct._send
    direct.issue("a")
    direct.tracker.ask_now("a")
    assert direct.left == [["a"]]


@pytest.mark.parametrize(
    ("heard_by", "again"), [("orbiter", ["a"]), ("relay", []), ("", []), ("lander", [])]
)
def test_who_tells_by_its_own_link_that_it_has_forgotten_is_asked_by_that(
    direct: ByDirectLink, heard_by: str, again: list[str]
) -> None:
    direct.order("a", "entry", 0.0)
    direct.now = 2000.0
    direct.hear(Rung.STARTED, "a", source="entry")
    direct.tracker.ask("entry", heard_by)
    direct.check_at(2000.0)
    assert direct.left == [["a"], ["a"]] and direct.again == again
