"""FIRE that waits for ARM's answer: over a death of mission control, and to the last second."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import CommandReport, Rung
from tests.ground.mission_control.conftest import PASS_PERIOD
from tests.ground.mission_control.service.approving import approved
from tests.ground.mission_control.service.desk_bench import Desked, at_the_desk


def armed(folder: Path, then: Callable[[Desked, str], Any]) -> None:
    """ARM of st-1 is there; of its answers nothing comes down by itself."""

    async def flight(desk: Desked) -> None:
        desk.stations.lose_down = lambda number: True
        approved(desk, unit=False, lifetime=2.0 * PASS_PERIOD)
        [arm] = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        await desk.until(700.0)
        await then(desk, arm)

    at_the_desk(folder, flight)


def sent(desk: Desked) -> list[str]:
    return [each.order.stage for each in desk.control.tracker.commands()]


def test_arms_answer_that_nobody_acted_upon_before_a_death_sends_no_fire(tmp_path: Path) -> None:
    async def then(desk: Desked, arm: str) -> None:
        desk.control.downlink.on_report = lambda report, taken: None  # it dies in between
        desk.rung(arm, Rung.ACCEPTED)
        desk.rung(arm, Rung.COMPLETED)
        await desk.kill()
        assert desk.item("st-1").state == "expired"
        assert "was started anew after ARM's answer" in desk.item("st-1").problems[0]
        desk.rung(arm, Rung.COMPLETED)
        assert sent(desk) == ["arm"]

    armed(tmp_path, then)


def test_it_waits_on_over_a_death_and_leaves_once(tmp_path: Path) -> None:
    async def then(desk: Desked, arm: str) -> None:
        await desk.kill()
        desk.rung(arm, Rung.RECEIVED)
        desk.rung(arm, Rung.STARTED)
        desk.rung(arm, Rung.PROGRESS)
        assert sent(desk) == ["arm"]  # none of these is an ACCEPTED
        assert desk.item("st-1").state == "released"

    armed(tmp_path, then)


def test_a_second_accepted_sends_no_second_fire(tmp_path: Path) -> None:
    async def then(desk: Desked, arm: str) -> None:
        desk.rung(arm, Rung.ACCEPTED)
        assert sent(desk) == ["arm", "fire"]
        desk.rung(arm, Rung.ACCEPTED)
        desk.rung(arm, Rung.COMPLETED)
        assert sent(desk) == ["arm", "fire"]
        fire = desk.control.tracker.commands()[1]
        assert fire.order.lifetime == 0.0  # it is ARM that lasts
        assert fire.order.origin == "operator.anna"
        assert desk.item("st-1").identifiers == [arm, fire.order.identifier]
        await desk.kill()
        desk.rung(arm, Rung.ACCEPTED)
        assert sent(desk) == ["arm", "fire"]

    armed(tmp_path, then)


@pytest.mark.parametrize("rung", [Rung.REJECTED, Rung.FAILED, Rung.ABORTED, Rung.TIMED_OUT])
def test_no_bad_end_of_arm_is_an_accepted(tmp_path: Path, rung: Rung) -> None:
    async def then(desk: Desked, arm: str) -> None:
        desk.rung(arm, rung)
        assert sent(desk) == ["arm"]
        assert desk.item("st-1").state == "expired"
        assert f"ARM was not accepted: {rung}" in desk.item("st-1").problems[0]

    armed(tmp_path, then)


@pytest.mark.parametrize(("beyond", "leaves"), [(0, True), (1_000, False)])
def test_fire_has_to_be_there_within_arms_lifetime_counted_from_its_answer(
    tmp_path: Path, beyond: int, leaves: bool
) -> None:
    async def then(desk: Desked, arm: str) -> None:
        now = desk.control.clock.now_ns()
        needs = desk.control.stations.window("rover").delivery
        left = round((2.0 * PASS_PERIOD - needs) * 1e9) + beyond
        desk.tell(CommandReport(arm, "rover", Rung.ACCEPTED, now - left))
        assert (sent(desk) == ["arm", "fire"]) is leaves
        if not leaves:
            assert "ARM lasts" in desk.item("st-1").problems[0]

    armed(tmp_path, then)


def test_fire_that_waits_for_its_link_is_not_held_to_arms_pass(tmp_path: Path) -> None:
    """In which pass FIRE leaves is a matter of ARM's lifetime."""

    async def then(desk: Desked, arm: str) -> None:
        desk.rung(arm, Rung.ACCEPTED)
        await desk.until(PASS_PERIOD + 100.0)
        assert [each.stage for each in desk.vehicle.received] == ["arm", "fire"]

    armed(tmp_path, then)


def test_one_that_waits_is_looked_at_again_before_it_leaves(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk, when="rover.charge > 0.5")
        desk.done("anna", "release", stages=["st-1"])
        desk.control.downlink.on_news = desk.service.desk.releases.heard  # nobody has voided it
        desk.mode("safe", charge=0.9)
        assert desk.item("st-1").state == "void"
        assert desk.control.tracker.commands() == []

    at_the_desk(tmp_path, flight)


def test_the_time_of_an_approval_that_waits_for_a_condition_can_be_over(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk, when="rover.charge > 0.5")
        desk.done("anna", "release", stages=["st-1"])
        desk.done("edge", "expire", stage="st-1")
        desk.mode("idle", charge=0.9)
        assert desk.item("st-1").state == "void"
        assert desk.control.tracker.commands() == []

    at_the_desk(tmp_path, flight)
