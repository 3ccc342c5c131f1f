"""How far a command has come: monotone, by identity, over losses, copies and restarts."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.icd.messages import Rung
from tests.ground.mission_control.conftest import PASS_PERIOD
from tests.ground.mission_control.service import desk_bench
from tests.ground.mission_control.service.desk_bench import Desked, at_the_desk

DRIVE: dict[str, Any] = {
    "vehicle": "rover", "command": "drive", "arguments": {"distance": 5.0},
}  # fmt: skip


def sent(desk: Desked) -> str:
    """A command that left, of which nothing is heard by itself."""
    desk.stations.lose_up = lambda number: True
    desk.done("anna", "stage", **DRIVE)
    [identifier] = desk.done("anna", "release", stages=["st-1"])["identifiers"]
    return str(identifier)


def row(desk: Desked) -> dict[str, Any]:
    found: dict[str, Any] = desk.done("eve", "history")["commands"][0]
    return found


def statuses(desk: Desked) -> list[str]:
    return [entry.data["status"] for entry in desk.entries("cmd")]


@pytest.mark.requirement("OPS-07")
@pytest.mark.parametrize("bad", [Rung.FAILED, Rung.REJECTED, Rung.TIMED_OUT, Rung.ABORTED])
@pytest.mark.parametrize("restarted", [False, True])
def test_after_a_bad_rung_nothing_turns_green(
    tmp_path: Path, bad: Rung, restarted: bool
) -> None:
    async def flight(desk: Desked) -> None:
        identifier = sent(desk)
        await desk.until(100.0)
        desk.rung(identifier, Rung.ACCEPTED)
        desk.rung(identifier, bad, detail="no")
        if restarted:
            await desk.kill()
        for later in (Rung.STARTED, Rung.PROGRESS, Rung.COMPLETED):
            await desk.until(desk.stations.now + 1.0)
            desk.rung(identifier, later)
        assert (row(desk)["status"], row(desk)["detail"]) == (str(bad), "no")
        told = desk.entries("cmd")[-1]
        assert (told.what, told.data["not_counted"]) == ("rung_not_counted", "after_the_end")
        assert told.data["status"] == str(bad)
        counted = [each["rung"] for each in row(desk)["rungs"] if "not_counted" not in each]
        if not restarted:  # how each was taken is in the journal
            assert counted == ["ACCEPTED", str(bad)]

    at_the_desk(tmp_path, flight)


def test_a_rung_of_another_vehicle_or_of_no_command_is_shown_as_such(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        identifier = sent(desk)
        await desk.until(100.0)
        desk.rung(identifier, Rung.COMPLETED, source="lander")
        desk.rung("mc-0-00099", Rung.COMPLETED)
        assert row(desk)["status"] == "SENT"
        foreign, unknown = desk.entries("cmd")[-2:]
        assert (foreign.vehicle, foreign.data["not_counted"]) == ("lander", "foreign")
        assert (unknown.data["identifier"], unknown.data["not_counted"]) == (
            "mc-0-00099", "unknown",
        )  # fmt: skip
        [shown] = row(desk)["rungs"]
        assert shown["not_counted"] == "foreign"
        await desk.kill()
        [shown] = row(desk)["rungs"]
        assert shown["not_counted"] == "foreign"
        assert row(desk)["status"] == "SENT"

    at_the_desk(tmp_path, flight)


def test_a_rung_that_was_overtaken_does_not_go_back(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        identifier = sent(desk)
        await desk.until(100.0)
        desk.rung(identifier, Rung.STARTED)
        desk.rung(identifier, Rung.RECEIVED)
        assert row(desk)["status"] == "STARTED"
        assert desk.entries("cmd")[-1].data["not_counted"] == "earlier"

    at_the_desk(tmp_path, flight)


def test_a_copy_is_told_once(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        identifier = sent(desk)
        await desk.until(100.0)
        before = len(desk.entries("cmd"))
        desk.rung(identifier, Rung.ACCEPTED)
        desk.rung(identifier, Rung.ACCEPTED)
        await desk.kill()
        desk.control.downlink.take(desk.stations.kept[-1])
        assert len(desk.entries("cmd")) == before + 1
        numbers = [entry.n for entry in desk.entries()]
        assert numbers == list(range(1, len(numbers) + 1))

    at_the_desk(tmp_path, flight)


def test_late_is_not_timed_out_and_unanswered_is_neither(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        identifier = sent(desk)
        await desk.until(6.0 * PASS_PERIOD)
        assert "LATE" in statuses(desk)
        desk.rung(identifier, Rung.PROGRESS, detail="half the way")
        assert row(desk)["status"] == "PROGRESS"
        await desk.until(100.0 * PASS_PERIOD)
        assert row(desk)["status"] == "UNANSWERED"
        assert "TIMED_OUT" not in statuses(desk)
        desk.rung(identifier, Rung.COMPLETED)
        assert row(desk)["status"] == "UNANSWERED"
        assert desk.entries("cmd")[-1].data["not_counted"] == "after_the_end"

    at_the_desk(tmp_path, flight)


# ------------------------------------------------------------------ taking back


@pytest.mark.requirement("OPS-08")
def test_what_waits_for_its_link_can_be_taken_back(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.stations.blocked_until = 2000.0
        desk.done("anna", "stage", **DRIVE)
        [identifier] = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        await desk.until(400.0)
        assert "does not hold" in desk.refused("ben", "cancel", identifier=identifier)
        desk.done("anna", "cancel", identifier=identifier)
        assert row(desk)["status"] == "CANCELLED"
        assert desk.item("st-1").state == "cancelled"
        assert "is over: CANCELLED" in desk.refused("anna", "cancel", identifier=identifier)
        await desk.kill()
        await desk.until(3.0 * PASS_PERIOD)
        assert desk.vehicle.received == []
        assert row(desk)["status"] == "CANCELLED"

    at_the_desk(tmp_path, flight)


def test_who_asked_for_it_is_told_to_the_vehicle_also_after_a_restart(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.stations.blocked_until = 500.0
        desk.done("anna", "stage", **DRIVE)
        desk.done("anna", "release", stages=["st-1"])
        await desk.kill()
        await desk.until(PASS_PERIOD)
        assert [order.origin for order in desk.vehicle.received] == ["operator.anna"]
        assert row(desk)["user"] == "anna"

    at_the_desk(tmp_path, flight)


def test_what_has_left_or_may_have_left_cannot_be_taken_back(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        identifier = sent(desk)
        await desk.until(100.0)
        assert "it has left the ground" in desk.refused("anna", "cancel", identifier=identifier)
        assert "no such command" in desk.refused("anna", "cancel", identifier="mc-0-00077")

    at_the_desk(tmp_path, flight)


def test_what_the_stations_took_without_saying_so_cannot_be_taken_back(tmp_path: Path) -> None:
    class Silent(Desked):
        async def __aenter__(self) -> Any:
            found = await super().__aenter__()
            took = self.stations.uplink

            async def uplink(**arguments: Any) -> Any:
                await took(**arguments)
                await asyncio.sleep(1e5)

            self.stations.uplink = uplink  # type: ignore[method-assign]
            return found

    async def flight(desk: Desked) -> None:
        desk.done("anna", "stage", **DRIVE)
        [identifier] = desk.done("anna", "release", stages=["st-1"])["identifiers"]
        await desk.until(13.0)
        assert "it is leaving the ground now" in desk.refused(
            "anna", "cancel", identifier=identifier
        )
        await desk.kill()  # while it leaves: nobody knows whether it did
        assert "cannot be taken back" in desk.refused("anna", "cancel", identifier=identifier)
        assert identifier in desk.control.uplink.perhaps
        assert row(desk)["status"] == "PERHAPS_SENT"  # neither WAITING nor SENT would be true

    at_the_desk(tmp_path, flight, kind=Silent)


# ------------------------------------------------------------------ conditions


def test_a_command_waits_for_its_condition_and_leaves_when_it_holds(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.done("anna", "stage", **DRIVE, when="rover.charge > 0.5 and rover.mode == 'idle'")
        assert desk.done("anna", "release", stages=["st-1"])["identifiers"] == []
        assert desk.item("st-1").state == "waiting"
        desk.mode("idle", charge=0.5)  # the limit exactly met is not above it
        assert desk.control.tracker.commands() == []
        await desk.kill()
        desk.mode("idle", charge=None)
        assert desk.control.tracker.commands() == []
        assert "released already, and waits" in desk.refused("anna", "release", stages=["st-1"])
        desk.mode("idle", charge=0.6)
        [command] = desk.control.tracker.commands()
        assert desk.item("st-1").state == "released"
        desk.mode("idle", charge=0.7)
        assert desk.control.tracker.commands() == [command]  # once
        await desk.until(2000.0)
        assert len(desk.vehicle.received) == 1

    at_the_desk(tmp_path, flight)


@pytest.mark.parametrize("restarted", [False, True])
def test_it_waits_no_longer_than_its_limit(tmp_path: Path, restarted: bool) -> None:
    async def flight(desk: Desked) -> None:
        limit = round(500.0 * 1e9)
        desk.done("anna", "stage", **DRIVE, when="rover.charge > 0.5", not_after=limit)
        desk.done("anna", "release", stages=["st-1"])
        if restarted:
            await desk.kill()
        await desk.until(499.0)
        assert desk.item("st-1").state == "waiting"
        await desk.until(501.0)
        assert desk.item("st-1").state == "expired"
        desk.mode("idle", charge=0.9)
        assert desk.control.tracker.commands() == []

    at_the_desk(tmp_path, flight)


def test_what_is_so_already_is_not_waited_for_and_waiting_has_an_end(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        desk.mode("idle", charge=0.9)
        desk.done("anna", "stage", **DRIVE, when="rover.charge > 0.5")
        assert len(desk.done("anna", "release", stages=["st-1"])["identifiers"]) == 1
        desk.done("anna", "stage", **DRIVE, when="rover.charge > 0.95")
        desk.done("anna", "release", stages=["st-2"])
        sol = 88_775_244_000_000  # ns: nothing waits for ever
        limit = desk.item("st-2").waits_until
        assert limit is not None and abs(limit - desk.control.clock.now_ns() - sol) < 1_000_000
        desk.done("anna", "unstage", stage="st-2")
        desk.mode("idle", charge=0.99)
        assert len(desk.control.tracker.commands()) == 1

    at_the_desk(tmp_path, flight)


def test_how_long_is_waited_is_for_the_operators_to_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = msgspec.structs.replace(desk_bench.ABOUT, condition_sols=2.0)
    monkeypatch.setattr(desk_bench, "ABOUT", about)

    async def flight(desk: Desked) -> None:
        assert desk.done("eve", "hello")["condition_sols"] == 2.0
        desk.mode("idle", charge=0.5)
        desk.done("anna", "stage", **DRIVE, when="rover.charge > 0.95")
        desk.done("anna", "release", stages=["st-1"])
        limit, sols = desk.item("st-1").waits_until, 2 * 88_775_244_000_000
        assert limit is not None and abs(limit - desk.control.clock.now_ns() - sols) < 1_000_000

    at_the_desk(tmp_path, flight)


def test_a_hazardous_one_that_waits_is_void_in_another_mode(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        told = desk.done(
            "anna", "stage", vehicle="rover", command="release", arguments={"tube": "M1"},
            note="why", when="rover.charge > 0.5",
        )  # fmt: skip
        desk.done("ben", "approve", stage="st-1", hash=told["hash"])
        desk.done("anna", "release", stages=["st-1"])
        assert desk.item("st-1").state == "waiting"
        desk.mode("safe", charge=0.9)
        assert desk.item("st-1").state == "void"
        assert desk.control.tracker.commands() == []

    at_the_desk(tmp_path, flight)


def test_what_becomes_of_a_command_on_the_ground_is_told_with_all_there_is_to_it(
    tmp_path: Path,
) -> None:
    async def flight(desk: Desked) -> None:
        identifier = sent(desk)
        await desk.until(100.0)
        issued, left = desk.entries("cmd")
        assert (issued.what, issued.vehicle, issued.data) == (
            "issued", "rover",
            {
                "identifier": identifier, "status": "WAITING", "detail": "", "command": "drive",
                "arguments": {"distance": 5.0}, "stage": "run", "origin": "operator.anna",
            },
        )  # fmt: skip
        command = desk.control.tracker.command(identifier)
        assert (left.what, left.data["attempt"]) == ("sent", 1)
        assert left.data["expected_ns"] == command.expected_ns
        desk.rung(identifier, Rung.ACCEPTED, repeated=True)  # from the vehicle's history
        told = desk.entries("cmd")[-1]
        assert (told.what, told.data["not_counted"]) == ("rung", "repeated")

    at_the_desk(tmp_path, flight)


def test_the_history_is_told_by_vehicle_command_and_who_asked(tmp_path: Path) -> None:
    async def flight(desk: Desked) -> None:
        drive: dict[str, Any] = {"command": "drive", "arguments": {"distance": 1.0}}
        for stage in ("st-1", "st-2"):
            desk.done("anna", "stage", vehicle="rover", **drive)
            desk.done("anna", "release", stages=[stage])
            await asyncio.sleep(10.0)
        told = [row["identifier"] for row in desk.done("eve", "history")["commands"]]
        assert len(told) == 2 and told == sorted(told, reverse=True)

        def found(**asked: Any) -> list[str]:
            return [row["identifier"] for row in desk.done("eve", "history", **asked)["commands"]]

        assert found(vehicle="rover", name="drive", user="anna") == told
        assert found(name="leave_safe") == found(user="ben") == []
        assert found(limit=1) == told[:1] and found(before=told[0]) == told[1:]
        assert found(before=told[1]) == []
        issued = [row["issued_ns"] for row in desk.done("eve", "history")["commands"]]
        assert issued[0] > issued[1]
        assert found(until_ns=issued[0]) == told and found(until_ns=issued[0] - 1) == told[1:]
        assert found(until_ns=issued[1] - 1) == []
        assert "no such command" in desk.refused("eve", "history", before="mc-9-00009")
        assert "allowed is one of rover" in desk.refused("eve", "history", vehicle="lander")
        control = desk.control
        assert control.tracker.together == control.archive.together, "a step is kept whole"
        assert control.downlink.together == control.archive.together

    at_the_desk(tmp_path, flight)
