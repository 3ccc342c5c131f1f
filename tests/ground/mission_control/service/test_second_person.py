"""The guards of each request, one by one: who may, in which state, and what is left undone."""

from pathlib import Path
from typing import Any

import pytest

from tests.ground.mission_control.conftest import PASS_LENGTH
from tests.ground.mission_control.service.approving import DROP, approved, nothing_left, staged
from tests.ground.mission_control.service.desk_bench import Desked, at_the_desk

DRIVE: dict[str, Any] = {
    "vehicle": "rover", "command": "drive", "arguments": {"distance": 5.0},
}  # fmt: skip


def test_a_vehicle_is_taken_once_and_offered_to_somebody_else(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        again = desk.refused("anna", "authority_take", vehicle="rover")
        assert again == "anna holds rover already"
        own = desk.refused("anna", "authority_offer", vehicle="rover", to="anna")
        assert own == "to = 'anna': holds rover already"
        other = desk.refused("ben", "authority_accept", vehicle="rover")
        assert other == "rover is offered to nobody, not ben"
        assert desk.done("cleo", "authority_offer", vehicle="rover", to="ben")["holder"] == "anna"
        desk.done("ben", "authority_accept", vehicle="rover")
        assert "offered to nobody" in desk.refused("ben", "authority_accept", vehicle="rover")
        desk.done("ben", "authority_release", vehicle="rover")
        nobody = desk.refused("ben", "authority_release", vehicle="rover")
        assert nobody == "nobody holds rover"
        for do in ("authority_take", "authority_accept", "authority_release"):
            assert "allowed is one of rover" in desk.refused("ben", do, vehicle="moon")
        offer = desk.refused("ben", "authority_offer", vehicle="moon", to="anna")
        assert "allowed is one of rover" in offer

    at_the_desk(tmp_path, flight)


def test_who_holds_nothing_and_is_no_director_offers_and_lets_go_of_nothing(
    tmp_path: Path,
) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("max", "roles_set", user="eve", roles=["operator"])
        for do, more in (("authority_offer", {"to": "eve"}), ("authority_release", {})):
            assert "eve does not hold rover" in desk.refused("eve", do, vehicle="rover", **more)
        assert desk.service.desk.authority.holder("rover") == "anna"
        await desk.kill()
        assert "eve does not hold rover" in desk.refused("eve", "stage", **DRIVE)
        assert desk.service.desk.authority.holder("rover") == "anna"

    at_the_desk(tmp_path, flight)


def test_approving_and_editing_ask_for_who_and_state_one_by_one(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        read = staged(desk)
        desk.done("anna", "stage", **DRIVE)
        plain = desk.refused("ben", "approve", stage="st-2", hash=read)
        assert plain == "st-2 is ready: it waits for no approval"
        refuse = desk.refused("ben", "refuse", stage="st-2", note="no")
        assert refuse == "st-2 is ready: it waits for no approval"
        assert "no approval that could expire" in desk.refused("edge", "expire", stage="st-2")
        desk.done("anna", "stage", **DRIVE, when="rover.charge > 0.5")
        desk.done("anna", "release", stages=["st-3"])
        waits = desk.refused("anna", "edit", stage="st-3", note="later")
        assert waits == "st-3 is waiting: cancel it, and stage it anew"
        assert desk.item("st-3").version == 1
        assert "released already, and waits" in desk.refused("anna", "release", stages=["st-3"])

    at_the_desk(tmp_path, flight)


def test_what_became_void_unnoticed_is_void_when_somebody_approves_it(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        read = staged(desk)
        await desk.until(PASS_LENGTH)
        await desk.until(PASS_LENGTH + 0.001)
        late = desk.refused("ben", "approve", stage="st-1", hash=read)
        assert late == "st-1 is void: the pass for which it was staged is over"
        assert (desk.item("st-1").state, desk.item("st-1").approved_by) == ("void", "")
        assert "st-1 is void" in desk.refused("ben", "approve", stage="st-1", hash=read)
        assert nothing_left(desk)

    at_the_desk(tmp_path, flight)


def test_a_void_approval_names_nobody_and_says_why(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk)
        assert desk.item("st-1").approved_session == "of ben"
        assert desk.item("st-1").approved_at_ns is not None
        desk.mode("safe")
        item = desk.item("st-1")
        assert (item.state, item.approved_by, item.approved_session) == ("void", "", "")
        assert item.approved_at_ns is None

    at_the_desk(tmp_path, flight)


def test_news_of_a_vehicle_let_what_is_not_hazardous_be(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("anna", "stage", **DRIVE)
        desk.mode("safe")
        assert desk.item("st-1").state == "ready"
        desk.done("anna", "release", stages=["st-1"])

    at_the_desk(tmp_path, flight)


@pytest.mark.parametrize("field", ["mode", "boot"])
def test_of_an_unknown_state_nothing_hazardous_is_staged(tmp_path: Path, field: str) -> None:
    async def flight(desk: Desked) -> None:
        telemetry = desk.control.telemetry
        if field == "boot":
            telemetry.boot = lambda source: None  # type: ignore[method-assign]
        else:
            desk.mode(None)  # type: ignore[arg-type]
        refused = desk.refused("anna", "stage", **DROP)
        assert refused.endswith("and nothing is known of the state of rover")
        assert desk.service.desk.stack.all() == []

    at_the_desk(tmp_path, flight)


def test_a_vehicle_that_was_switched_off_is_commanded_no_more(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("anna", "stage", **DRIVE)
        desk.control.decommissioned = lambda: ["rover"]  # type: ignore[method-assign, return-value]
        for do, fields in (("stage", DRIVE), ("dry_run", DRIVE), ("release", {"stages": ["st-1"]})):
            assert "switched off for good" in desk.refused("anna", do, **fields)
        assert nothing_left(desk)

    at_the_desk(tmp_path, flight)


def test_what_is_too_late_is_not_released_also_where_it_is_not_hazardous(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("anna", "stage", **DRIVE, not_after=round(500e9))
        await desk.until(500.0)
        await desk.until(500.001)
        assert "st-1: it was to leave by" in desk.refused("anna", "release", stages=["st-1"])
        assert nothing_left(desk)

    at_the_desk(tmp_path, flight)


def test_what_is_released_and_came_too_late_to_its_turn_does_not_leave(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.stations.blocked_until = 700.0
        desk.done("anna", "stage", **DRIVE, not_after=round(500e9))
        [name] = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        await desk.until(1500.0)
        assert desk.vehicle.received == []
        assert desk.control.tracker.command(name).verdict == "CANCELLED"
        assert "it was to leave by" in desk.item("st-1").problems[0]

    at_the_desk(tmp_path, flight)


def test_an_expired_approval_of_what_has_left_takes_nothing_back(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk)
        desk.done("anna", "release", stages=["st-1"])
        await desk.until(20.0)
        assert "no approval that could expire" in desk.refused("edge", "expire", stage="st-1")
        assert desk.item("st-1").state == "released"

    at_the_desk(tmp_path, flight)


def test_arm_and_fire_are_taken_back_together(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.stations.blocked_until = 700.0
        approved(desk)
        arm, fire = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        assert desk.done("anna", "cancel", identifier=fire)["identifiers"] == [arm, fire]
        await desk.until(2000.0)
        assert nothing_left(desk) or desk.vehicle.received == []
        verdicts = [desk.control.tracker.command(name).verdict for name in (arm, fire)]
        assert verdicts == ["CANCELLED"] * 2
        assert desk.item("st-1").state == "cancelled"

    at_the_desk(tmp_path, flight)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_hazardous_one_that_was_approved_waits_for_its_condition_and_leaves(
    tmp_path: Path, restarted: bool
) -> None:
    """Its limit was written into what had been hashed: it was void at the first news."""

    async def flight(desk: Desked) -> None:
        approved(desk, when="rover.charge > 0.5")
        assert desk.done("anna", "release", stages=["st-1"])["identifiers"] == []
        desk.mode("idle", charge=0.4)
        assert (desk.item("st-1").state, desk.item("st-1").approved_by) == ("waiting", "ben")
        if restarted:
            await desk.kill()
        desk.mode("idle", charge=0.9)
        assert desk.item("st-1").state == "released"
        await desk.until(2000.0)
        assert [order.stage for order in desk.vehicle.received] == ["arm", "fire"]

    at_the_desk(tmp_path, flight)


def test_what_waits_with_another_carried_content_is_void_when_its_condition_holds(
    tmp_path: Path,
) -> None:
    async def flight(desk: Desked) -> None:
        load = {"vehicle": "rover", "command": "load_protection"}
        desk.done("anna", "stage", **load, arguments={"table": {"heater": 1}})
        desk.done("anna", "release", stages=["st-1"])
        told = desk.done(
            "anna", "stage", vehicle="rover", command="activate_protection", note="why",
            when="rover.charge > 0.5",
        )  # fmt: skip
        desk.done("ben", "approve", stage="st-2", hash=told["hash"])
        desk.done("anna", "release", stages=["st-2"])
        desk.done("anna", "stage", **load, arguments={"table": {"heater": None}})
        desk.done("anna", "release", stages=["st-3"])
        desk.mode("idle", charge=0.9)
        assert desk.item("st-2").state == "void"
        assert "not what was read" in desk.item("st-2").problems[0]
        assert len(desk.control.tracker.commands()) == 2

    at_the_desk(tmp_path, flight)
