"""What is hazardous needs two people, who agree to exactly what leaves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flight.icd.messages import Rung
from tests.ground.mission_control.conftest import PASS_LENGTH, PASS_PERIOD
from tests.ground.mission_control.service.approving import DROP, approved, nothing_left, staged
from tests.ground.mission_control.service.desk_bench import Desked, Flight, at_the_desk


def test_a_stages_b_approves_a_releases_and_arm_and_fire_leave_together(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk)
        assert desk.item("st-1").approved_note == "read", "who comes later reads it as well"
        names = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        await desk.until(3000.0)
        assert [order.stage for order in desk.vehicle.received] == ["arm", "fire"]
        assert [order.arguments for order in desk.vehicle.obeyed] == [{"tube": "M1"}]
        assert desk.item("st-1").identifiers == names
        told = [entry.what for entry in desk.entries("stack")]
        assert told == ["staged", "approved", "released"]
        assert "st-1 was released already" in desk.refused("anna", "release", stages=["st-1"])
        assert len(desk.vehicle.received) == 2

    at_the_desk(tmp_path, flight)


@pytest.mark.requirement("OPS-05")
def test_who_may_not_approve(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        read = staged(desk)
        approve = {"stage": "st-1", "hash": read}
        assert "not approved" in desk.refused("anna", "release", stages=["st-1"])
        assert "needs the role director" in desk.refused("anna", "approve", **approve)
        assert "needs the role director" in desk.refused("eve", "approve", **approve)
        # Anna with a director's role in another session is the same person.
        desk.done("max", "roles_set", user="anna", roles=["operator", "director"])
        same = desk.refused("anna", "approve", session="another", **approve)
        assert same == "st-1 was staged by anna: somebody else has to read and approve it"
        session = desk.refused("ben", "approve", session="of anna", **approve)
        assert "from a session of one's own" in session
        assert "is not what was read" in desk.refused(
            "ben", "approve", stage="st-1", hash="0" * 64
        )
        assert "nothing is staged so" in desk.refused("ben", "approve", stage="st-2", hash=read)
        assert nothing_left(desk)
        desk.done("ben", "approve", **approve)
        assert "waits for no approval" in desk.refused("cleo", "approve", **approve)
        assert "who alone releases it" in released_by_another(desk)
        assert nothing_left(desk)

    def released_by_another(desk: Desked) -> str:
        desk.done("anna", "authority_offer", vehicle="rover", to="ben")
        desk.done("ben", "authority_accept", vehicle="rover")
        return desk.refused("ben", "release", stages=["st-1"])

    at_the_desk(tmp_path, flight)


def test_who_was_made_director_by_the_one_who_staged_cannot_approve(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("max", "roles_set", user="anna", roles=["operator", "admin"])
        desk.done("anna", "roles_set", user="eve", roles=["director"])
        approve = {"stage": "st-1", "hash": staged(desk)}
        assert "eve has these roles from anna" in desk.refused("eve", "approve", **approve)
        await desk.kill()  # nor after a restart of mission control
        assert "eve has these roles from anna" in desk.refused("eve", "approve", **approve)
        desk.done("max", "roles_set", user="eve", roles=["director"])  # nor by giving them twice
        assert "eve has these roles from anna" in desk.refused("eve", "approve", **approve)
        assert "needs the role admin" in desk.refused("ben", "roles_set", user="eve", roles=[])
        assert "nobody is called so" in desk.refused("max", "roles_set", user="edge", roles=[])
        assert nothing_left(desk)

    at_the_desk(tmp_path, flight)


async def edited(desk: Desked) -> str:
    desk.done("anna", "edit", stage="st-1", note="another reason")
    assert desk.item("st-1").approved_by == desk.item("st-1").approved_session == ""
    assert desk.item("st-1").approved_note == ""
    return "not approved"


async def edited_by_the_approver(desk: Desked) -> str:
    desk.done("anna", "authority_offer", vehicle="rover", to="ben")
    desk.done("ben", "authority_accept", vehicle="rover")
    desk.done("ben", "edit", stage="st-1", arguments={"tube": "M2"})
    hash_now = desk.item("st-1").hash
    assert "staged by ben" in desk.refused("ben", "approve", stage="st-1", hash=hash_now)
    desk.done("ben", "authority_offer", vehicle="rover", to="anna")
    desk.done("anna", "authority_accept", vehicle="rover")
    desk.done("anna", "edit", stage="st-1", note="anna's again, and ben had a hand in it")
    hash_now = desk.item("st-1").hash
    assert "staged by ben" in desk.refused("ben", "approve", stage="st-1", hash=hash_now)
    return "not approved"


async def in_another_mode(desk: Desked) -> str:
    desk.mode("safe")
    assert "in state safe, not idle" in desk.item("st-1").problems[0]
    return "not approved"


async def in_another_mode_and_back(desk: Desked) -> str:
    desk.mode("safe")
    desk.mode("idle")
    return "not approved"


async def booted(desk: Desked) -> str:
    desk.boot = 2
    desk.event("booted", number=2)
    assert "has booted since: boot 2, not 1" in desk.item("st-1").problems[0]
    return "not approved"


async def expired(desk: Desked) -> str:
    assert "by the edge alone" in desk.refused("anna", "expire", stage="st-1")
    desk.done("edge", "expire", stage="st-1")
    assert "no approval that could expire" in desk.refused("edge", "expire", stage="st-1")
    return "not approved"


async def refused(desk: Desked) -> str:
    desk.done("cleo", "refuse", stage="st-1", note="no room is needed")
    assert desk.item("st-1").problems == ["refused by cleo: no room is needed"]
    return "is refused: it is hazardous, and not approved"


async def after_the_pass(desk: Desked) -> str:
    await desk.until(PASS_LENGTH + 1.0)
    return "the pass for which it was staged is over"


async def let_go_of(desk: Desked) -> str:
    desk.done("anna", "authority_release", vehicle="rover")
    return "anna does not hold rover"


@pytest.mark.requirement("OPS-06")
@pytest.mark.parametrize(
    "happens",
    [
        edited, edited_by_the_approver, in_another_mode, in_another_mode_and_back, booted, expired,
        refused, after_the_pass, let_go_of,
    ],
)  # fmt: skip
@pytest.mark.parametrize("restarted", [False, True])
def test_an_approval_is_void_when(
    tmp_path: Path, happens: Callable[[Desked], Any], restarted: bool
) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk)
        words = await happens(desk)
        if restarted:
            await desk.kill()
        assert words in desk.refused("anna", "release", stages=["st-1"])
        assert desk.item("st-1").approved_by in ("", "ben")
        await desk.until(3.0 * PASS_PERIOD)
        assert nothing_left(desk)

    at_the_desk(tmp_path, flight)


def test_what_is_staged_anew_has_another_hash_also_where_nothing_changed(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk)
        before = desk.item("st-1").hash
        desk.done("edge", "expire", stage="st-1")
        again = desk.done("anna", "edit", stage="st-1")
        assert again["state"] == "waiting_approval"
        assert again["hash"] != before  # so an old approval, or an old expiry, is of nothing
        assert "not what was read" in desk.refused("ben", "approve", stage="st-1", hash=before)
        desk.done("ben", "approve", stage="st-1", hash=again["hash"])
        desk.done("edge", "expire", stage="st-1")
        assert desk.item("st-1").state == "void"

    at_the_desk(tmp_path, flight)


def test_an_approval_holds_over_a_restart_of_mission_control(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk)
        await desk.kill()
        desk.done("anna", "release", stages=["st-1"])
        await desk.until(3000.0)
        assert len(desk.vehicle.obeyed) == 1

    at_the_desk(tmp_path, flight)


def test_the_limit_of_time_is_met_exactly(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        limit = round(500.0 * 1e9)
        approved(desk, not_after=limit)
        await desk.until(500.0)
        desk.done("anna", "release", stages=["st-1"])  # at the last instant

    at_the_desk(tmp_path, flight)


def test_after_the_limit_of_time_it_is_void(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk, not_after=round(500.0 * 1e9))
        await desk.until(500.001)
        assert "it was to leave by" in desk.refused("anna", "release", stages=["st-1"])
        assert desk.item("st-1").state == "void"

    at_the_desk(tmp_path, flight)


@pytest.mark.parametrize("happens", [in_another_mode, booted, expired])
def test_what_was_released_and_waits_for_its_link_does_not_leave_when(
    tmp_path: Path, happens: Callable[[Desked], Any]
) -> None:
    async def flight(desk: Desked) -> None:
        approved(desk)
        desk.stations.blocked_until = 700.0
        names = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        await desk.until(20.0)
        if happens is expired:
            desk.done("edge", "expire", stage="st-1")
        elif happens is booted:
            desk.boot = 2
            desk.event("booted", number=2)
        else:
            desk.mode("safe")
        await desk.until(PASS_PERIOD)
        assert desk.vehicle.received == []
        assert [desk.control.tracker.command(name).verdict for name in names] == ["CANCELLED"] * 2
        assert desk.item("st-1").state == "expired"

    at_the_desk(tmp_path, flight)


def test_a_note_and_a_known_state_are_needed(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        assert "a note has to say" in desk.refused("anna", "stage", **{**DROP, "note": "  "})
        assert desk.service.desk.stack.all() == []

    at_the_desk(tmp_path, flight)


# --------------------------------------------------------------- ARM, then FIRE


LASTS = 2.0 * PASS_PERIOD  # s: ARM, until FIRE comes in the next pass


def split_flight(then: Callable[[Desked, str], Any], *, lost: bool = False) -> Flight:
    async def flight(desk: Desked) -> None:
        desk.stations.lose_down = lambda number: lost
        approved(desk, unit=False, lifetime=LASTS)
        [arm] = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        await desk.until(700.0)  # it is there, and its answer on the way
        assert [order.stage for order in desk.vehicle.received] == ["arm"]
        await then(desk, arm)

    return flight


def test_fire_waits_for_arms_accepted(tmp_path: Path) -> None:
    async def then(desk: Desked, arm: str) -> None:
        await desk.until(PASS_PERIOD + 100.0)
        assert [order.stage for order in desk.vehicle.received] == ["arm", "fire"]
        assert [entry.what for entry in desk.entries("stack")][-1] == "fired"

    at_the_desk(tmp_path, split_flight(then))


def test_fire_does_not_leave_when_arm_was_not_accepted(tmp_path: Path) -> None:
    async def then(desk: Desked, arm: str) -> None:
        desk.rung(arm, Rung.REJECTED, detail="not now")
        await desk.until(PASS_PERIOD + 100.0)
        assert [order.stage for order in desk.vehicle.received] == ["arm"]
        assert "ARM was not accepted: REJECTED" in desk.item("st-1").problems[0]

    at_the_desk(tmp_path, split_flight(then))


def test_fire_does_not_leave_in_another_mode(tmp_path: Path) -> None:
    async def then(desk: Desked, arm: str) -> None:
        desk.mode("safe")
        await desk.until(PASS_PERIOD + 100.0)
        assert [order.stage for order in desk.vehicle.received] == ["arm"]
        assert "FIRE was not sent: rover is in state safe" in desk.item("st-1").problems[0]

    at_the_desk(tmp_path, split_flight(then))


def test_fire_does_not_leave_for_a_foreign_accepted(tmp_path: Path) -> None:
    async def then(desk: Desked, arm: str) -> None:
        desk.rung(arm, Rung.ACCEPTED, source="lander")
        await desk.until(1600.0)
        assert [order.stage for order in desk.vehicle.received] == ["arm"]
        assert (desk.item("st-1").state, desk.item("st-1").identifiers) == ("released", [arm])

    at_the_desk(tmp_path, split_flight(then, lost=True))


def test_fire_that_would_come_after_arms_lifetime_does_not_leave(tmp_path: Path) -> None:
    async def then(desk: Desked, arm: str) -> None:
        await desk.until(2.0 * PASS_PERIOD + 20.0)
        desk.tell_accepted(arm, at=610.0)  # type: ignore[attr-defined]
        await desk.until(4.0 * PASS_PERIOD)
        assert {order.stage for order in desk.vehicle.received} == {"arm"}
        assert "ARM lasts" in desk.item("st-1").problems[0]

    class Late(Desked):
        def tell_accepted(self, arm: str, at: float) -> None:
            from flight.icd.messages import CommandReport

            self.tell(CommandReport(arm, "rover", Rung.ACCEPTED, round(at * 1e9)))

    at_the_desk(tmp_path, split_flight(then, lost=True), kind=Late)


def test_where_arm_cannot_last_until_its_answer_is_here_it_is_said_at_once(
    tmp_path: Path,
) -> None:
    async def flight(desk: Desked) -> None:
        told = desk.done("anna", "stage", **DROP, unit=False, lifetime=600.0)
        assert "stage both as one unit" in told["problems"][0]
        assert told["state"] == "draft"
        assert "not approved" in desk.refused("anna", "release", stages=["st-1"])

    at_the_desk(tmp_path, flight)
